/**
 * The orders that a board knows: of each the newest version, and above it the taps that are not stored yet.
 *
 * Events: `order` ({order, before}) for every picture that is newer than ours, `shown` whenever what to draw changed.
 */

export const OPEN = ["pending", "accepted", "preparing", "ready"];

export class OrderBook extends EventTarget {
  #orders = new Map();
  #taps;

  /** @param {import("./taps.js").Taps} taps */
  constructor(taps) {
    super();
    this.#taps = taps;
    taps.addEventListener("change", () => this.#emit("shown"));
  }

  /** One order as the server has it. An older version than ours is ignored. */
  put(order) {
    const before = this.#orders.get(order.id);
    if (before && before.version >= order.version) return;
    this.#orders.set(order.id, order);
    this.#emit("order", { order, before });
    this.#emit("shown");
  }

  /** The whole picture. An order that is missing there has ended, and ended long ago. */
  replace(orders) {
    const present = new Set(orders.map((order) => order.id));
    for (const id of this.#orders.keys()) if (!present.has(id)) this.#orders.delete(id);
    orders.forEach((order) => this.put(order));
    this.#emit("shown");
  }

  /** It has gone to another branch. */
  remove(id) {
    if (this.#orders.delete(id)) this.#emit("shown");
  }

  get(id) {
    const order = this.#orders.get(id);
    return order && this.#taps.applied(order);
  }

  /** Every order as it shall be shown, the earliest promise first. */
  all() {
    return [...this.#orders.values()].map((order) => this.#taps.applied(order)).sort(byPromise);
  }

  get openCount() {
    return [...this.#orders.values()].filter((order) => OPEN.includes(order.status)).length;
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Due time of an order: its promise, the pick-up asked for, or as soon as it came. */
export function dueAt(order) {
  return Date.parse(order.promised_at ?? order.pickup_at ?? order.created_at);
}

/** Whether its customer does not find it: what was made anew since then is not missed yet. */
export function isMissing({ status, missing_at, events = [] }) {
  const readyAt = events.findLast((event) => event.status === "ready")?.at;
  return status === "ready" && Boolean(missing_at) && !(Date.parse(readyAt) > Date.parse(missing_at));
}

function byPromise(one, other) {
  return dueAt(one) - dueAt(other) || one.id - other.id;
}
