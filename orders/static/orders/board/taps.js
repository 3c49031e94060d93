/**
 * Taps that the server has not stored yet, in order, kept over a reload and a connection that is away.
 *
 * Each says what shall be, not what to do, so that sending one twice changes nothing. What the server refuses is told.
 * Events: `change`, `refused` ({tap, detail}).
 */

const RETRY_MS = 2_000;
const RETRY_MAX_MS = 15_000;
const FINAL = [400, 403, 404, 409, 410, 415, 422]; // no repetition will help

/**
 * @typedef {object} Tap
 * @property {string} key      what it is about: a later tap on the same takes its place, but for a status, see `add`
 * @property {number} order    the order's id
 * @property {string} path     where it is sent, by PATCH
 * @property {object} body     what shall be
 * @property {number} at       when it was made, in milliseconds
 * @property {number} notBefore until when it may be undone before it is sent
 */

export class Taps extends EventTarget {
  /** @type {Tap[]} */
  #waiting = [];
  #request;
  #storage;
  #name;
  #inFlight = null;
  #failures = 0;
  #timer;

  /** `request(method, path, body)` resolves to the order, or throws an error with the answer's `status`. */
  constructor({ request, storage, name }) {
    super();
    this.#request = request;
    this.#storage = storage;
    this.#name = name;
    this.#waiting = recall(storage, name);
    globalThis.addEventListener("online", () => this.flush());
  }

  get count() {
    return this.#waiting.length;
  }

  /** Those on one order. */
  of(orderId) {
    return this.#waiting.filter((tap) => tap.order === orderId);
  }

  /** A status is a step that the next one stands on: the server refuses who leaves one out, so all of them wait. */
  add({ key, order, path, body, holdMs = 0 }) {
    const isReplaced = (other) => other.key === key && !("status" in other.body) && other !== this.#inFlight;
    const tap = { key, order, path, body, at: Date.now(), notBefore: Date.now() + holdMs };
    this.#waiting = this.#waiting.filter((other) => !isReplaced(other));
    this.#waiting.push(tap);
    this.#changed();
    this.flush();
    return tap;
  }

  /** Unless it has been sent. */
  takeBack(tap) {
    if (tap === this.#inFlight) return;
    this.#waiting = this.#waiting.filter((other) => other !== tap);
    this.#changed();
  }

  /** The order as it will be when all that waits is stored. */
  applied(order) {
    return this.of(order.id).reduce(apply, order);
  }

  /** Send what waits, one after the other. */
  async flush() {
    clearTimeout(this.#timer);
    if (this.#inFlight) return;
    while (this.#waiting.length) {
      const tap = this.#waiting.find((one) => one.notBefore <= Date.now());
      if (!tap) return this.#later(Math.min(...this.#waiting.map((one) => one.notBefore)) - Date.now());
      if (!(await this.#send(tap))) return;
    }
  }

  async #send(tap) {
    this.#inFlight = tap;
    try {
      const answer = await this.#request("PATCH", tap.path, tap.body);
      this.#done(tap);
      this.dispatchEvent(new CustomEvent("stored", { detail: answer }));
    } catch (error) {
      if (!FINAL.includes(error.status)) {
        this.#inFlight = null;
        this.#later(Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.#failures++));
        return false;
      }
      this.#done(tap);
      this.dispatchEvent(new CustomEvent("refused", { detail: { tap, detail: error.message } }));
    }
    this.#failures = 0;
    return true;
  }

  #done(tap) {
    this.#inFlight = null;
    this.#waiting = this.#waiting.filter((other) => other !== tap);
    this.#changed();
  }

  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), Math.max(0, ms));
  }

  #changed() {
    try {
      this.#storage?.setItem(this.#name, JSON.stringify(this.#waiting));
    } catch {
      // a full or forbidden storage: they are kept for as long as the page lives
    }
    this.dispatchEvent(new Event("change"));
  }
}

function recall(storage, name) {
  try {
    return JSON.parse(storage?.getItem(name) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {object} order @param {Tap} tap */
function apply(order, { body, key }) {
  const [kind, , item] = key.split(":");
  if (kind !== "made") return { ...order, ...body, ...("is_paid" in body && { paid_at: body.is_paid ? order.paid_at ?? "now" : null }) };
  const items = order.items.map((one) => (one.id === Number(item) ? { ...one, made: body.made } : one));
  return { ...order, items, status: statusOf(order.status, items) };
}

/** As the server will: the first cup begins an order, the last makes it ready, one taken back undoes that. */
function statusOf(status, items) {
  const isAllMade = items.every((item) => item.made === item.quantity);
  if (isAllMade && ["accepted", "preparing"].includes(status)) return "ready";
  if (!isAllMade && status === "ready") return "preparing";
  if (status === "accepted" && items.some((item) => item.made > 0)) return "preparing";
  return status;
}
