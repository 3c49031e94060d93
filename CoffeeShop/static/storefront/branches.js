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

  constructor({ api, shelf }) {
    super();
    [this.#api, this.#shelf] = [api, shelf];
    this.all = shelf.read("branches") ?? [];
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
