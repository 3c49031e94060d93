/** Choice of a shop: the nearest first once we may know, the last used marked, open or closed and how busy. */

import { states } from "./branches.js";
import { View } from "./view.js";

const LOOKED_AT = 6;

export class BranchScreen {
  tab = "menu";
  hasNoBar = true;
  #shop;
  #view = new View("branch-screen");

  constructor(shop) {
    this.#shop = shop;
    this.#view.on("near", "click", () => this.#locate());
    shop.branches.addEventListener("change", () => this.#draw());
  }

  get element() {
    return this.#view.element;
  }

  get title() {
    return this.#view.slots.title.textContent;
  }

  show() {
    const { branches, frame } = this.#shop;
    this.#draw();
    branches.load().then(() => this.#lookAround(), (error) => frame.fail(error));
  }

  /** Fetch how busy the nearest ones are. */
  #lookAround() {
    const { branches } = this.#shop;
    for (const { slug } of branches.all.slice(0, LOOKED_AT)) branches.look(slug).catch(() => {});
  }

  async #locate() {
    const { near, problem } = this.#view.slots;
    near.disabled = true;
    problem.hidden = true;
    try {
      await this.#shop.branches.locate();
    } catch (error) {
      this.#view.fill({ problem: error.status ? error.message : this.#shop.words.text("noPosition") });
    }
    near.disabled = false;
  }

  #draw() {
    const { branches } = this.#shop;
    this.#view.slots.list.replaceChildren(...branches.all.map(({ slug }) => this.#card(branches.find(slug))));
    this.#view.slots.near.hidden = !navigator.geolocation || branches.all.length < 2;
  }

  #card(branch) {
    const { words, branches, basket } = this.#shop;
    const view = new View("branch-card");
    const distance = branch.distance_m === undefined || branch.distance_m === null ? "" : words.distance(branch.distance_m);
    view.fill({ name: branch.name, address: branch.address, distance, ...states(branch, words) });
    view.slots.last.hidden = branches.recent[0] !== branch.slug;
    view.element.dataset.open = branch.is_open;
    view.slots.link.href = `/at/${branch.slug}/`;
    view.on("link", "click", () => {
      branches.choose(branch.slug);
      basket.moveTo(branch.slug);
    });
    return view.element;
  }
}
