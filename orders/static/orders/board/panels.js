/** The bar's own panels: what is out, how many work, a pause. Each change goes at once and says when it failed. */

import { timeAt } from "./clock.js";

const MINUTE_MS = 60_000;

export class StopList {
  #dialog;
  #request;
  #path;
  #texts;
  #things = []; // what can be stopped: {kind, id, name}
  #entries = [];
  #timeZone;

  constructor(dialog, { request, slug, texts }) {
    this.#dialog = dialog;
    this.#request = request;
    this.#path = `/api/branches/${slug}/stop-list/`;
    this.#texts = texts;
    this.#find("stop-search").addEventListener("input", () => this.#showFound());
    this.#find("stop-found").addEventListener("click", (event) => this.#stop(event.target.closest("button")));
    this.#find("stop-entries").addEventListener("click", (event) => this.#release(event.target.closest("button")));
  }

  async open(menu, ingredients) {
    this.#timeZone = menu.branch.timezone;
    this.#things = [...thingsOf(menu), ...ingredients.map(({ id, name }) => ({ kind: "ingredient", id, name }))];
    this.#dialog.showModal();
    this.#find("stop-search").value = "";
    this.#showFound();
    await this.#attempt(() => this.#refresh());
  }

  async #refresh() {
    const answer = await this.#request("GET", this.#path);
    this.#entries = answer.results ?? answer;
    this.#showEntries();
  }

  #showFound() {
    const words = this.#find("stop-search").value.toLowerCase().split(/\s+/);
    const found = this.#things.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    this.#find("stop-found").replaceChildren(...found.slice(0, 40).map((thing) => this.#thingElement(thing)));
  }

  #thingElement({ kind, id, name }) {
    const row = this.#clone("stop-thing-template");
    row.querySelector(".stop-name").textContent = name;
    row.querySelector(".stop-kind").textContent = this.#texts.kinds[kind];
    Object.assign(row.dataset, { kind, id });
    return row;
  }

  #showEntries() {
    const rows = this.#entries.map((entry) => {
      const kind = ["product", "option", "ingredient"].find((one) => entry[one]);
      const row = this.#clone("stop-entry-template");
      row.querySelector(".stop-name").textContent = entry.name ?? this.#nameOf(kind, entry[kind]);
      row.querySelector(".stop-until").textContent = untilText(entry.until, { texts: this.#texts, timeZone: this.#timeZone });
      row.querySelector("button").dataset.entry = entry.id;
      return row;
    });
    this.#find("stop-entries").replaceChildren(...rows);
    this.#find("stop-none").hidden = rows.length > 0;
  }

  #nameOf(kind, id) {
    return this.#things.find((thing) => thing.kind === kind && thing.id === id)?.name ?? `#${id}`;
  }

  #stop(button) {
    if (!button) return;
    const { kind, id } = button.closest("[data-kind]").dataset;
    const until = { half: new Date(Date.now() + 30 * MINUTE_MS).toISOString(), today: "today", open: null }[button.dataset.until];
    this.#attempt(async () => {
      const answer = await this.#request("POST", this.#path, { [kind]: Number(id), until });
      const orders = answer.orders ?? [];
      this.#say(orders.length ? this.#texts.stillHeld.replace("%s", orders.map((order) => order.number).join(", ")) : "");
      await this.#refresh();
    });
  }

  #release(button) {
    if (button) this.#attempt(() => this.#request("DELETE", `${this.#path}${button.dataset.entry}/`).then(() => this.#refresh()));
  }

  async #attempt(act) {
    try {
      await act();
    } catch (error) {
      this.#say(error.message);
    }
  }

  #say(text) {
    this.#find("panel-problem").textContent = text;
  }

  #clone(name) {
    return this.#find(name).content.firstElementChild.cloneNode(true);
  }

  #find(name) {
    return this.#dialog.querySelector(`.${name}`);
  }
}

function thingsOf(menu) {
  const products = menu.categories.flatMap((category) => category.products);
  const groups = new Map(products.flatMap((product) => product.option_groups).map((group) => [group.id, group]));
  return [
    ...products.map(({ id, name }) => ({ kind: "product", id, name })),
    ...[...groups.values()].flatMap((group) => (group.options ?? []).map(({ id, name }) => ({ kind: "option", id, name }))),
  ];
}

function untilText(until, { texts, timeZone }) {
  return until ? texts.until.replace("%s", timeAt(until, timeZone)) : texts.untilIsay;
}

export class Bar {
  #dialog;
  #request;
  #slug;
  #texts;
  #onchange;

  /** `onchange` hears of {baristas, paused_until} as they are afterwards. */
  constructor(dialog, { request, slug, texts, onchange }) {
    this.#dialog = dialog;
    this.#request = request;
    this.#slug = slug;
    this.#texts = texts;
    this.#onchange = onchange;
    dialog.addEventListener("click", (event) => this.#tapped(event.target.closest("button")));
  }

  open(branch) {
    this.show(branch);
    this.#dialog.showModal();
  }

  show(branch) {
    this.#find("bar-baristas").textContent = branch.baristas ?? 1;
    this.#find("bar-paused").textContent = branch.is_paused ? untilText(branch.paused_until, { texts: this.#texts, timeZone: branch.timezone }) : this.#texts.notPaused;
    this.#find("bar-resume").hidden = !branch.is_paused;
  }

  #tapped(button) {
    if (!button) return;
    const { baristas, pause } = button.dataset;
    const now = Number(this.#find("bar-baristas").textContent);
    if (baristas) this.#change({ baristas: Math.min(20, Math.max(1, now + Number(baristas))) });
    else if (pause) this.#change({ paused_until: pause === "0" ? null : new Date(Date.now() + pause * MINUTE_MS).toISOString() });
  }

  async #change(body) {
    this.#find("panel-problem").textContent = "";
    try {
      this.#onchange(await this.#request("PATCH", `/api/branches/${this.#slug}/bar/`, body));
    } catch (error) {
      this.#find("panel-problem").textContent = error.message;
    }
  }

  #find(name) {
    return this.#dialog.querySelector(`.${name}`);
  }
}
