/** A branch's menu: the cached one at once, the server's as soon as it is there, and how old it is. */

import { painted } from "./view.js";
import { cents } from "./words.js";

export class Menu extends EventTarget {
  #api;
  #shelf;
  #embedded;
  #etag = null;
  slug = null;
  branch = null;
  categories = [];
  products = new Map();
  /** Time of the server's last answer. */
  at = null;
  isFresh = false;

  /** @param {HTMLElement?} embedded the menu that the page brings along for a first visit */
  constructor({ api, shelf, embedded }) {
    super();
    [this.#api, this.#shelf, this.#embedded] = [api, shelf, embedded];
  }

  /** Resolves when there is something to show; throws only if there is nothing. */
  async open(slug, language) {
    if (this.slug === slug && this.branch) return this.refresh().catch(() => {});
    Object.assign(this, { slug, branch: null, categories: [], products: new Map(), isFresh: false });
    this.#etag = null;
    this.language = language;
    const cached = this.#known();
    if (!cached) return this.refresh();
    this.#etag = cached.etag;
    this.#take(cached.menu, new Date(cached.at));
    painted().then(() => this.slug === slug && this.refresh()).catch(() => {}); // its age is told
  }

  /** Of the stored and the embedded one the newer. The page itself may be an old one, which the service worker kept. */
  #known() {
    const name = `menu.${this.slug}.${this.language}`;
    const stored = this.#shelf.read(name);
    const { slug, etag, at } = this.#embedded?.dataset ?? {};
    if (slug !== this.slug || (stored && new Date(stored.at) >= new Date(at))) return stored;
    const embedded = { menu: JSON.parse(this.#embedded.textContent), etag, at };
    setTimeout(() => this.#shelf.write(name, embedded)); // drawing comes first
    return embedded;
  }

  async refresh() {
    const slug = this.slug;
    const changed = await this.#api.getIfChanged(`/api/branches/${slug}/menu/`, this.#etag);
    if (slug !== this.slug) return;
    this.isFresh = true;
    const at = new Date();
    if (!changed) {
      this.at = at;
      return this.dispatchEvent(new Event("age"));
    }
    this.#etag = changed.etag;
    this.#shelf.write(`menu.${slug}.${this.language}`, { menu: changed.answer, etag: changed.etag, at });
    this.#take(changed.answer, at);
  }

  #take({ branch, currency, categories }, at) {
    Object.assign(this, { branch, currency, categories, at });
    this.products = new Map(categories.flatMap(({ products }) => products.map((product) => [product.id, product])));
    this.dispatchEvent(new Event("change"));
  }

  /** @returns cents, or null for what is not on the menu */
  price({ product: id, options }) {
    const product = this.products.get(id);
    if (!product) return null;
    const chosen = new Set(options);
    const deltas = product.option_groups.flatMap((group) => group.options).filter((option) => chosen.has(option.id));
    return deltas.reduce((sum, option) => sum + cents(option.price_delta), cents(product.price));
  }

  /** The names of the chosen options, in the menu's order. */
  optionNames({ product: id, options }) {
    const chosen = new Set(options);
    const groups = this.products.get(id)?.option_groups ?? [];
    return groups.flatMap((group) => group.options).filter((option) => chosen.has(option.id)).map((option) => option.name);
  }

  /** Every word must occur in name, description or category. */
  search(text) {
    const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    return (product, category) => {
      const all = `${product.name} ${product.description} ${category.name}`.toLocaleLowerCase();
      return words.every((word) => all.includes(word));
    };
  }
}

export function isToBeHad(option) {
  return option.is_available ?? option.is_active;
}

/** Default options: the first that can be had of every group that wants something. */
export function usualOptions(product) {
  return product.option_groups.flatMap((group) =>
    group.options.filter(isToBeHad).slice(0, group.min_choices).map((option) => option.id),
  );
}
