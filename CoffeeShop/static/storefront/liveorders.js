/**
 * One's own open orders, as they are now: over the socket, which brings the whole picture and then every change, and over
 * HTTP, which says 304 as long as nothing has changed, where there is no socket.
 */

import { isOwn } from "./session.js";

const PAUSE_MS = 5_000;
const HIDDEN_PAUSE_MS = 30_000;

export class LiveOrders extends EventTarget {
  #api;
  #session;
  #tokens;
  #feed = null;
  #etag = null;
  #timer;
  /** By id; the higher `version` is the newer. */
  orders = new Map();

  constructor({ api, session, tokens }) {
    super();
    [this.#api, this.#session, this.#tokens] = [api, session, tokens];
    session.addEventListener("change", ({ detail }) => detail.isOther && this.#forget());
    document.addEventListener("visibilitychange", () => document.hidden || this.start());
    addEventListener("online", () => this.start());
  }

  get open() {
    return [...this.orders.values()].filter((order) => !["completed", "cancelled"].includes(order.status));
  }

  /** Look once; as long as something is open, keep looking. */
  start() {
    clearTimeout(this.#timer);
    if (this.#session.isSignedIn) this.#look();
  }

  /** @returns {boolean} whether it was newer than ours */
  take(order) {
    const known = this.orders.get(order.id);
    if (known && (known.version ?? 0) > (order.version ?? 0)) return false;
    this.orders.set(order.id, { allowed_statuses: known?.allowed_statuses, ...order });
    this.dispatchEvent(new CustomEvent("order", { detail: { order: this.orders.get(order.id), before: known } }));
    return true;
  }

  async load(id) {
    const order = await this.#api.get(`/api/orders/${id}/`);
    this.take(order);
    return order;
  }

  async #look() {
    try {
      const path = await this.#session.ownOrders("open=true&page_size=20");
      const changed = await this.#api.getIfChanged(path, this.#etag);
      if (changed) {
        this.#etag = changed.etag;
        this.#hear(changed.answer.results.filter(isOwn));
      }
    } catch {
      // next time
    }
    this.#goOn();
  }

  #goOn() {
    clearTimeout(this.#timer);
    if (!this.open.length) return this.#hangUp();
    this.#listen().catch(() => {}); // its module does not come: HTTP will do
    if (this.#feed?.state === "ready") return;
    this.#timer = setTimeout(() => this.#look(), document.hidden ? HIDDEN_PAUSE_MS : PAUSE_MS);
  }

  async #listen() {
    if (this.#feed) return;
    const { OrderFeed } = await import("../orders/board/feed.js");
    if (this.#feed || !this.open.length) return;
    const feed = (this.#feed = new OrderFeed({ getToken: this.#tokens.get }));
    feed.addEventListener("picture", ({ detail }) => this.#hear(detail.orders));
    feed.addEventListener("order", ({ detail }) => this.#changed(detail));
    feed.addEventListener("state", () => feed === this.#feed && this.#goOn());
    feed.connect();
  }

  #hangUp() {
    const feed = this.#feed;
    this.#feed = null;
    feed?.stop();
  }

  /** Everything that is open; what is not among it any more has ended. */
  #hear(orders) {
    const now = new Set(orders.map((order) => order.id));
    for (const order of orders) this.take(order);
    for (const { id } of this.open) if (!now.has(id)) this.load(id).catch(() => {});
    this.dispatchEvent(new Event("change"));
  }

  #changed(order) {
    if (this.take(order)) this.dispatchEvent(new Event("change"));
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#hangUp();
    this.#etag = null;
    this.orders.clear();
    this.dispatchEvent(new Event("change"));
    this.start();
  }
}
