/** All branches, the nearest first once we may know where we are, and the one that was chosen. */

const FAR_DIGITS = 3; // of a degree: a hundred metres are near enough, and nobody needs to know more

export class Branches extends EventTarget {
  #api;
  #shelf;
  #position = null;
  #loading = null;
  #looked = new Map();
  /** @type {Array<object>} as the API shows them */
  all = [];

  /** @param {HTMLElement?} embedded the branches that the page brings along for a first visit */
  constructor({ api, shelf, embedded }) {
    super();
    [this.#api, this.#shelf] = [api, shelf];
    this.all = shelf.read("branches") ?? JSON.parse(embedded?.textContent ?? "[]");
    shelf.watch("branch", () => this.dispatchEvent(new Event("change")));
  }

  /** The slug of the branch that somebody has chosen, or null. */
  get chosen() {
    return this.#shelf.read("branch");
  }

  get recent() {
    return this.#shelf.read("recent") ?? [];
  }

  /** The one to show before anybody has chosen. */
  get suggested() {
    return this.chosen ?? (this.all.find((one) => one.is_default) ?? this.all[0])?.slug ?? null;
  }

  find(slug) {
    const listed = this.all.find((one) => one.slug === slug);
    return listed && { ...listed, ...this.#looked.get(slug), distance_m: listed.distance_m };
  }

  /** The whole of one branch: when a cup would be ready there is not told in the list. */
  async look(slug) {
    const branch = await this.#api.get(`/api/branches/${slug}/`, { isPublic: true });
    this.#looked.set(slug, branch);
    this.dispatchEvent(new Event("change"));
  }

  choose(slug) {
    this.#shelf.write("branch", slug);
    this.#shelf.write("recent", [slug, ...this.recent.filter((other) => other !== slug)].slice(0, 3));
    this.dispatchEvent(new Event("change"));
  }

  /** Many who ask at the same time wait for one answer. */
  load() {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = null)));
  }

  async #load() {
    const near = this.#position ? `&near=${this.#position}` : "";
    const { results } = await this.#api.get(`/api/branches/?page_size=100${near}`, { isPublic: true });
    this.all = results;
    this.#shelf.write("branches", results.map(({ distance_m: _, ...kept }) => kept));
    this.dispatchEvent(new Event("change"));
  }

  /** Asks the browser where we are; its owner may refuse. */
  async locate() {
    const { coords } = await new Promise((resolve, reject) =>
      navigator.geolocation.getCurrentPosition(resolve, reject, { timeout: 10_000, maximumAge: 300_000 }),
    );
    this.#position = [coords.latitude, coords.longitude].map((degrees) => degrees.toFixed(FAR_DIGITS)).join(",");
    await this.load();
  }
}

/** Open or closed, until when, and when a cup ordered now would be ready. */
export function states(branch, words) {
  const change = branch.next_change_at && words.time(branch.next_change_at, branch.timezone);
  const name = branch.is_open ? (change ? "openUntil" : "open") : change ? "opensAt" : "closed";
  const state = words.text(name, { time: change });
  if (!branch.is_open) return { state, ready: "" };
  if (branch.is_paused) return { state, ready: words.text("pausedUntil", { time: words.time(branch.paused_until, branch.timezone) }) };
  return { state, ready: branch.ready_at ? words.text("readyIn", { n: minutesUntil(branch.ready_at) }) : "" };
}

export function minutesUntil(moment) {
  return Math.max(1, Math.ceil((new Date(moment) - Date.now()) / 60_000));
}
