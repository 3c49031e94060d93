/**
 * A socket that comes back by itself: opens with a token, backs off, renews the token in time, and keeps the pace that
 * the server accepts. It knows no frames but `ready` and `auth_expiring`; docs/websocket.md describes the protocol.
 *
 *   const connection = new Connection({
 *     address: "/ws/orders/",
 *     subprotocol: "orders.v1",
 *     getToken: async (isFresh) => "access token",
 *   });
 *   connection.addEventListener("frame", ({ detail: { isOurs, frame } }) => console.log(isOurs, frame));
 *   connection.connect();
 *
 * Events: `state` (see `state`); `ready` with the server's frame, after every connection; `frame` is everything that goes
 * over the wire, both ways. A subclass may override the hooks `parameters`, `prepare`, `resume`, `receive` and `reset`.
 */

import { SignedOut } from "./signedout.js";

const RETRY_MS = 500; // doubled with every failure,
const RETRY_MAX_MS = 30_000; // up to this
const ANSWER_MS = 10_000; // no answer for so long: the connection is dead, even if nobody has told the browser
// The server closes a socket that sends more than 60 frames at once, or 10 a second in the long run.
const BURST = 40;
const FRAME_MS = 125;

export { SignedOut };

export class Connection extends EventTarget {
  /** "stopped", "connecting", "ready", "waiting" (to try again), "crowded" (too many sockets), "signed_out". */
  state = "stopped";
  user = null;

  #getToken;
  #address;
  #subprotocol;
  #socket = null;
  #isTokenStale = false;
  #failures = 0;
  #retryTimer;
  #answerTimer;
  #queue = [];
  #budget = BURST;
  #pacer;

  /** `getToken(isFresh)` resolves to an access token, one that was just fetched if `isFresh`. */
  constructor({ getToken, address, subprotocol }) {
    super();
    this.#getToken = getToken;
    this.#subprotocol = subprotocol;
    this.#address = new URL(address, location.href);
    this.#address.protocol = this.#address.protocol.replace("http", "ws");
    globalThis.addEventListener("online", () => this.state === "waiting" && this.#open());
  }

  connect() {
    if (["connecting", "ready"].includes(this.state)) return;
    this.#failures = 0;
    this.#open();
  }

  stop(state = "stopped") {
    clearTimeout(this.#retryTimer);
    this.#forgetSocket();
    this.#become(state);
  }

  /** Send soon, at a pace that the server accepts. Without a connection it is dropped: what matters is said again. */
  say(frame) {
    if (this.state !== "ready") return;
    this.#queue.push(frame);
    this.#drain();
  }

  /** The connection counts as dead unless `answered` follows in time. */
  expectAnswer() {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.reconnect(), ANSWER_MS);
  }

  answered() {
    clearTimeout(this.#answerTimer);
  }

  /** Give the connection up, and come back soon. */
  reconnect() {
    this.#closed(1006);
  }

  /** The API over HTTP, with the same token. Throws an Error with the server's own words. */
  async request(method, path, body) {
    for (const isFresh of [false, true]) {
      const token = await this.#getToken(isFresh);
      const headers = { Authorization: `Bearer ${token}`, "Accept-Language": document.documentElement.lang };
      if (body !== undefined) headers["Content-Type"] = "application/json";
      const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      if (response.status === 401) continue;
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.detail ?? JSON.stringify(answer));
      return answer;
    }
    throw new SignedOut();
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // --- Hooks of a subclass -------------------------------------------------------------------------------------------

  /** Query parameters of the next connection. */
  parameters() {
    return {};
  }

  /** The server's `ready` has come; frames cannot be sent yet. */
  prepare(_ready) {}

  /** Frames can be sent again, and whoever listens for `ready` is told after this. */
  resume(_ready) {}

  /** A frame that is neither `ready` nor `auth_expiring`. New kinds of frames are no error. */
  receive(_frame) {}

  /** The socket is gone, and with it what was on its way. */
  reset() {}

  // --- Open and close ------------------------------------------------------------------------------------------------

  async #open() {
    clearTimeout(this.#retryTimer);
    this.#become("connecting");
    let token;
    try {
      token = await this.#getToken(this.#isTokenStale);
    } catch (error) {
      return error instanceof SignedOut ? this.stop("signed_out") : this.#retryLater();
    }
    if (this.state !== "connecting" || this.#socket) return; // stopped, or opened meanwhile
    this.#isTokenStale = false;
    const address = new URL(this.#address);
    for (const [name, value] of Object.entries(this.parameters())) address.searchParams.set(name, value);
    // A browser cannot set headers here, and tokens do not belong into addresses: it goes as a subprotocol.
    const socket = (this.#socket = new WebSocket(address, [this.#subprotocol, `bearer.${token}`]));
    socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    socket.onclose = (event) => this.#closed(event.code);
    this.expectAnswer();
  }

  #closed(code) {
    this.#forgetSocket();
    if (code === 4403) return this.stop("signed_out"); // blocked, or logged out everywhere
    if (code === 4429) return this.stop("crowded"); // coming back by ourselves would push out another tab, and so on
    if (code === 4401) this.#isTokenStale = true;
    this.#retryLater();
  }

  /** Exponential back-off with jitter, so that a thousand clients do not come back in the same moment. */
  #retryLater() {
    const longest = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.#failures++);
    this.#become("waiting");
    this.#retryTimer = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
  }

  #forgetSocket() {
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#pacer);
    const socket = this.#socket;
    this.#socket = this.#pacer = null;
    this.#queue = [];
    this.reset();
    if (socket) {
      socket.onmessage = socket.onclose = null; // a dead connection takes its time to close
      socket.close();
    }
  }

  #become(state) {
    this.state = state;
    this.emit("state", state);
  }

  #hear(frame) {
    this.emit("frame", { isOurs: false, frame });
    switch (frame.type) {
      case "ready":
        return this.#start(frame);
      case "auth_expiring": // not at once: all who came back after a restart got the notice in the same second
        return setTimeout(() => this.#renewToken(), frame.expires_in * 250 * Math.random());
      default:
        return this.receive(frame);
    }
  }

  #start(frame) {
    this.answered();
    this.#failures = 0;
    this.#budget = BURST;
    this.user = frame.user;
    this.prepare(frame);
    this.#become("ready");
    this.resume(frame);
    this.emit("ready", frame);
  }

  async #renewToken() {
    const socket = this.#socket;
    try {
      const token = await this.#getToken(true);
      if (socket && socket === this.#socket) this.say({ type: "auth", token });
    } catch (error) {
      if (error instanceof SignedOut) this.stop("signed_out");
    } // otherwise the server closes with 4401 when the time has come, and we try again then
  }

  // --- Pacing --------------------------------------------------------------------------------------------------------

  #drain() {
    while (this.#queue.length && this.#budget > 0) {
      const frame = this.#queue.shift();
      this.#budget -= 1;
      this.#socket.send(JSON.stringify(frame));
      this.emit("frame", { isOurs: true, frame });
    }
    if (this.#budget < BURST) this.#pacer ??= setTimeout(() => this.#refill(), FRAME_MS);
  }

  #refill() {
    this.#pacer = null;
    this.#budget += 1;
    this.#drain();
  }
}
