/**
 * The orders of a branch, or a customer's own, over `ws/orders/`: the whole picture with every connection, then every
 * change, and every ten seconds the proof that nothing is missing.
 *
 * Events, beside those of Connection: `picture` ({at, orders}), `order`, `alive` ({at, open}).
 */

import { Connection } from "../../realtime/connection.js";

export class OrderFeed extends Connection {
  #slug;
  #said = new Set(); // `seen` was said of these since we connected

  /** Without a `slug`: the user's own orders. */
  constructor({ getToken, slug = null }) {
    super({ getToken, address: "/ws/orders/", subprotocol: "orders.v1" });
    this.#slug = slug;
  }

  /** This board shows the order; told once per connection. */
  seen({ id, version }) {
    if (this.state !== "ready" || this.#said.has(id)) return;
    this.#said.add(id);
    this.say({ type: "seen", order: id, version });
  }

  parameters() {
    return this.#slug ? { branch: this.#slug } : {};
  }

  resume({ at, orders }) {
    this.emit("picture", { at, orders });
  }

  receive(frame) {
    if (frame.type === "order") this.emit("order", frame.order);
    if (frame.type === "alive") this.emit("alive", frame);
  }

  reset() {
    this.#said.clear();
  }
}
