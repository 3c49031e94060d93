/**
 * Places an order exactly once: the request is kept with its Idempotency-Key until the server has answered it, so that a
 * double tap, a lost answer, a reload or a second tab repeat the same request and never make another one.
 */

import { uuid } from "../users/tokens.js";
import { Unreachable } from "./api.js";
import { isOwn, isSignedOut } from "./session.js";

const FRESH_MS = 5 * 60_000; // sent again by itself: later nobody stands there and waits for a coffee
const LASTS_MS = 23 * 3600_000; // the server forgets a key after a day
const SKEW_MS = 5 * 60_000; // of clocks

export class Placing extends EventTarget {
  #api;
  #shelf;
  #session;
  #basket;
  #running = null;

  constructor({ api, shelf, session, basket }) {
    super();
    [this.#api, this.#shelf, this.#session, this.#basket] = [api, shelf, session, basket];
    addEventListener("online", () => this.resume().catch(() => {}));
  }

  /** A request of this user that nobody has answered yet. */
  get pending() {
    const kept = this.#shelf.read("placing");
    return kept && kept.user === this.#session.user?.id && Date.now() - kept.at < LASTS_MS ? kept : null;
  }

  /**
   * Order what is in the server's cart. Resolves to the order; throws Refused, or Unreachable when nobody knows.
   * @param {object} body of `POST /api/orders/`
   */
  place(body) {
    this.#running ??= this.#inTurn(() => this.#begin(body)).finally(() => (this.#running = null));
    return this.#running;
  }

  /** Ask again what became of a request without an answer. Resolves to the order, or null if there is none. */
  resume() {
    if (!this.pending) return Promise.resolve(null);
    this.#running ??= this.#inTurn(() => this.#goOn()).finally(() => (this.#running = null));
    return this.#running;
  }

  #goOn() {
    if (!this.pending) return null;
    return Date.now() - this.pending.at < FRESH_MS ? this.#send() : this.#look();
  }

  /** A request of long ago is not sent again: either its order is there, or nothing was ordered. */
  async #look() {
    const { at, body } = this.pending;
    const since = encodeURIComponent(new Date(at - SKEW_MS).toISOString());
    const query = `created_after=${since}&ordering=created_at&page_size=100`;
    const { results } = await this.#api.get(await this.#session.ownOrders(query));
    const known = this.#shelf.read("placed") ?? 0; // an order like it, whose answer came
    const isIt = (one) => one.branch === body.branch && one.total_price === body.expected_total;
    const order = results.find((one) => one.id > known && isOwn(one) && isIt(one));
    if (order) this.#end(order);
    else this.#shelf.remove("placing");
    this.dispatchEvent(new Event("change"));
    return order ?? null;
  }

  #begin(body) {
    if (!this.pending) {
      if (!this.#basket.lines.length) return null; // another tab was faster
      this.#shelf.write("placing", { key: uuid(), body, at: Date.now(), user: this.#session.user.id });
    }
    return this.#send();
  }

  async #send() {
    const { key, body, wasSent } = this.pending;
    this.#shelf.write("placing", { ...this.pending, wasSent: true });
    this.dispatchEvent(new Event("change"));
    try {
      const order = await this.#api.post("/api/orders/", body, { key });
      this.#end(order);
      return order;
    } catch (error) {
      // Whoever has to sign in again has not learned what became of the first time.
      const isUnknown = error instanceof Unreachable || error.status >= 500 || (wasSent && isSignedOut(error));
      if (!isUnknown) this.#shelf.remove("placing"); // refused: nothing was ordered
      throw error;
    } finally {
      this.dispatchEvent(new Event("change"));
    }
  }

  #end(order) {
    this.#shelf.write("placed", order.id);
    this.#shelf.remove("placing");
    this.#basket.clear();
  }

  #inTurn(work) {
    return navigator.locks ? navigator.locks.request("shop.placing", work) : work();
  }
}
