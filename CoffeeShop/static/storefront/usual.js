/** The usual order: what somebody orders most often, in one tap. */

import { isOwn } from "./session.js";

export class Usual extends EventTarget {
  #api;
  #shelf;
  #session;
  #isAsked = false;

  constructor({ api, shelf, session }) {
    super();
    [this.#api, this.#shelf, this.#session] = [api, shelf, session];
    session.addEventListener("change", ({ detail }) => detail.isOther && this.#forget());
  }

  /** At this branch, or null. */
  here(branch) {
    const kept = this.#shelf.read("usual");
    return kept && kept.user === this.#session.user?.id ? (kept.byBranch[branch] ?? null) : null;
  }

  /** Once for each page: it changes slowly. */
  async refresh() {
    this.dispatchEvent(new Event("change"));
    if (this.#isAsked || !this.#session.isSignedIn) return;
    this.#isAsked = true;
    try {
      const { results } = await this.#api.get(await this.#session.ownOrders("page_size=30"));
      this.#shelf.write("usual", { user: this.#session.user?.id, byBranch: mostFrequent(results) });
      this.dispatchEvent(new Event("change"));
    } catch {
      this.#isAsked = false; // another time
    }
  }

  #forget() {
    this.#isAsked = false;
    this.refresh();
  }
}

/** By branch: of what was fetched most often, the latest order. They come newest first. */
function mostFrequent(orders) {
  const kinds = new Map();
  for (const order of orders.filter((one) => one.status !== "cancelled" && isOwn(one))) {
    const key = `${order.branch}|${order.items.map(described).sort().join("|")}`;
    const kind = kinds.get(key) ?? { order, times: 0 };
    kinds.set(key, { ...kind, times: kind.times + 1 });
  }
  const byBranch = {};
  for (const { order, times } of kinds.values()) {
    if ((byBranch[order.branch]?.times ?? 0) < times) byBranch[order.branch] = { times, ...shown(order) };
  }
  return byBranch;
}

function shown({ id, items, total_price, currency }) {
  return { order: id, title: items.map(described).join(" + "), product: items[0]?.product, total: total_price, currency };
}

export function described({ product_name, options, quantity }) {
  const name = quantity > 1 ? `${quantity} × ${product_name}` : product_name;
  return [name, ...options.map((option) => option.name)].join(", ");
}
