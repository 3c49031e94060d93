/**
 * The support chat's protocol, without a page around it. docs/websocket.md describes what goes over the wire.
 *
 *   const client = new ChatClient({ getToken: async (isFresh) => "access token" });
 *   client.addEventListener("message", ({ detail }) => console.log(detail.seq, detail.text));
 *   client.connect();
 *   client.send("Where is my latte?");
 *
 * What it promises: `message` events come once each and in order, whatever happens to the connection; what was sent
 * is kept, with its `client_id`, until the server has stored it or refused it.
 *
 * Events: `state` (see `state`), `ready`, `message`, `read`, `typing`, `conversation`, `error` carry the server's frame.
 * `stored` is the answer to a message of ours, `failed` an outbox entry that was refused, `frame` is everything that
 * goes over the wire, for the curious.
 */

import { SignedOut, uuid } from "../users/tokens.js";

const RETRY_MS = 500; // doubled with every failure,
const RETRY_MAX_MS = 30_000; // up to this
const ANSWER_MS = 10_000; // no answer for so long: the connection is dead, even if nobody has told the browser
const TYPING_MS = 3_000;
const READ_MS = 250;
// The server closes a socket that sends more than 60 frames at once, or 10 a second in the long run.
const BURST = 40;
const FRAME_MS = 125;

export class ChatClient extends EventTarget {
  /** "stopped", "connecting", "ready", "waiting" (to try again), "crowded" (too many sockets), "signed_out". */
  state = "stopped";
  user = null;
  own = null; // a customer's conversation
  outbox = []; // what is not stored yet: {client_id, conversation, text, error?}

  #getToken;
  #address;
  #storage;
  #socket = null;
  #isTokenStale = false;
  #failures = 0;
  #retryTimer;
  #answerTimer;
  #cursors = new Map(); // conversation: seq of the last message that was handed on
  #read = new Map(); // conversation: how far the user has read
  #inFlight = null; // one message at a time, so that no later one overtakes it
  #typedAt = 0;
  #queue = [];
  #budget = BURST;
  #pacer;

  /**
   * `getToken(isFresh)` resolves to an access token, one that was just fetched if `isFresh`, or throws `SignedOut`.
   * `storage` (a sessionStorage) keeps unsent messages when the page is reloaded.
   */
  constructor({ getToken, address = "/ws/support/", storage = null }) {
    super();
    this.#getToken = getToken;
    this.#address = new URL(address, location.href);
    this.#address.protocol = this.#address.protocol.replace("http", "ws");
    this.#storage = storage;
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

  /** Staff: hand on what comes after `seq` in this conversation. A customer's own is followed by itself. */
  follow(conversation, seq) {
    this.#cursors.set(conversation, seq);
    this.#say({ type: "subscribe", conversation, after: seq });
  }

  unfollow(conversation) {
    this.#cursors.delete(conversation);
    this.#say({ type: "unsubscribe", conversation });
  }

  /** The last message of a conversation that was handed on. */
  cursor(conversation) {
    return this.#cursors.get(conversation);
  }

  /** Returns the entry of the outbox. Staff name the conversation. */
  send(text, conversation = this.own) {
    const entry = { client_id: uuid(), conversation, text };
    this.outbox.push(entry);
    this.#typedAt = 0; // what is typed next is another message
    this.#keepOutbox();
    this.#sendNext();
    return entry;
  }

  retry(entry) {
    delete entry.error;
    this.#sendNext();
  }

  discard(entry) {
    this.outbox = this.outbox.filter((other) => other !== entry);
    this.#keepOutbox();
  }

  markRead(seq, conversation = this.own) {
    if (seq <= (this.#read.get(conversation) ?? 0)) return;
    this.#read.set(conversation, seq);
    setTimeout(() => {
      if (this.#read.get(conversation) === seq) this.#sayRead(conversation, seq); // the last of many is enough
    }, READ_MS);
  }

  typing(conversation = this.own) {
    if (Date.now() - this.#typedAt < TYPING_MS) return;
    this.#typedAt = Date.now();
    this.#say({ type: "typing", ...this.#named(conversation) });
  }

  /** The same API over HTTP, with the same token. Throws an Error with the server's own words. */
  async request(method, path, body) {
    for (const isFresh of [false, true]) {
      const token = await this.#getToken(isFresh);
      const headers = { Authorization: `Bearer ${token}` };
      if (body !== undefined) headers["Content-Type"] = "application/json";
      const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      if (response.status === 401) continue;
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.detail ?? JSON.stringify(answer));
      return answer;
    }
    throw new SignedOut();
  }

  // --- The connection ------------------------------------------------------------------------------------------------

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
    if (this.#cursors.has(this.own)) address.searchParams.set("after", this.#cursors.get(this.own));
    // A browser cannot set headers here, and tokens do not belong into addresses: it goes as a subprotocol.
    const socket = (this.#socket = new WebSocket(address, ["support.v1", `bearer.${token}`]));
    socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    socket.onclose = (event) => this.#closed(event.code);
    this.#expectAnswer();
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

  #expectAnswer() {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.#closed(1006), ANSWER_MS);
  }

  #forgetSocket() {
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#pacer);
    const socket = this.#socket;
    this.#socket = this.#pacer = this.#inFlight = null;
    this.#queue = [];
    if (socket) {
      socket.onmessage = socket.onclose = null; // a dead connection takes its time to close
      socket.close();
    }
  }

  #become(state) {
    this.state = state;
    this.#emit("state", state);
  }

  async #renewToken() {
    const socket = this.#socket;
    try {
      const token = await this.#getToken(true);
      if (socket && socket === this.#socket) this.#say({ type: "auth", token });
    } catch (error) {
      if (error instanceof SignedOut) this.stop("signed_out");
    } // otherwise the server closes with 4401 when the time has come, and we try again then
  }

  // --- What comes ----------------------------------------------------------------------------------------------------

  #hear(frame) {
    this.#emit("frame", { isOurs: false, frame });
    switch (frame.type) {
      case "ready":
        return this.#start(frame);
      case "message":
        return this.#take(frame);
      case "auth_expiring": // not at once: all who came back after a restart got the notice in the same second
        return setTimeout(() => this.#renewToken(), frame.expires_in * 250 * Math.random());
      case "error":
        return this.#refused(frame);
      case "read":
      case "typing":
      case "conversation":
        return this.#emit(frame.type, frame);
    } // new kinds of frames are no error
  }

  #start(frame) {
    clearTimeout(this.#answerTimer);
    this.#failures = 0;
    this.user = frame.user;
    this.#budget = BURST;
    this.#recallOutbox();
    if (frame.conversation) {
      this.own = frame.conversation.id;
      if (!this.#cursors.has(this.own)) this.#cursors.set(this.own, frame.conversation.last_seq);
      for (const entry of this.outbox) entry.conversation ??= this.own; // written before we knew
    }
    this.#become("ready");
    for (const [conversation, after] of this.#cursors) {
      if (conversation !== this.own) this.#say({ type: "subscribe", conversation, after });
    }
    for (const [conversation, seq] of this.#read) this.#sayRead(conversation, seq);
    this.#emit("ready", frame);
    this.#sendNext();
  }

  /** Hand on every message of a followed conversation once and in order, and take ours off the outbox. */
  #take(message) {
    const isOurs = this.#settle(message.client_id);
    if (isOurs) this.#emit("stored", message);
    const cursor = this.#cursors.get(message.conversation);
    if (cursor === undefined || message.seq <= cursor) return;
    if (message.seq === cursor + 1) {
      this.#cursors.set(message.conversation, message.seq);
      this.#emit("message", message);
    } else if (!isOurs) {
      this.#closed(1006); // a gap: come back and read on from the cursor
    } // a repetition of ours is answered out of turn; it comes again when it is its turn
  }

  #refused(frame) {
    this.#emit("error", frame);
    const entry = this.outbox.find((one) => one.client_id === frame.client_id);
    if (!entry) return;
    this.#answered();
    if (frame.code === "unavailable") {
      setTimeout(() => this.#sendNext(), RETRY_MS * 4); // not now, but soon
    } else {
      entry.error = frame.detail;
      this.#keepOutbox();
      this.#emit("failed", entry);
      this.#sendNext();
    }
  }

  // --- What goes -----------------------------------------------------------------------------------------------------

  #sendNext() {
    if (this.state !== "ready" || this.#inFlight) return;
    const entry = this.outbox.find((one) => !one.error);
    if (!entry) return;
    const { client_id, text, conversation } = entry;
    this.#inFlight = client_id;
    this.#expectAnswer();
    this.#say({ type: "message", client_id, text, ...this.#named(conversation) });
  }

  #settle(client_id) {
    const entry = this.outbox.find((one) => one.client_id === client_id);
    if (!entry) return false;
    this.discard(entry);
    if (this.#inFlight === client_id) this.#answered();
    this.#sendNext();
    return true;
  }

  #answered() {
    clearTimeout(this.#answerTimer);
    this.#inFlight = null;
  }

  #sayRead(conversation, seq) {
    this.#say({ type: "read", seq, ...this.#named(conversation) });
  }

  /** Staff say which conversation they mean; a customer has one. */
  #named(conversation) {
    return conversation === this.own ? {} : { conversation };
  }

  /** Send soon, at a pace that the server accepts. Without a connection it is dropped: what matters is said again. */
  #say(frame) {
    if (this.state !== "ready") return;
    this.#queue.push(frame);
    this.#drain();
  }

  #drain() {
    while (this.#queue.length && this.#budget > 0) {
      const frame = this.#queue.shift();
      this.#budget -= 1;
      this.#socket.send(JSON.stringify(frame));
      this.#emit("frame", { isOurs: true, frame });
    }
    if (this.#budget < BURST) this.#pacer ??= setTimeout(() => this.#refill(), FRAME_MS);
  }

  #refill() {
    this.#pacer = null;
    this.#budget += 1;
    this.#drain();
  }

  // --- The outbox over a reload --------------------------------------------------------------------------------------

  #keepOutbox() {
    if (this.user) this.#storage?.setItem(this.#outboxKey(), JSON.stringify(this.outbox));
  }

  #recallOutbox() {
    const known = new Set(this.outbox.map((entry) => entry.client_id));
    const kept = JSON.parse(this.#storage?.getItem(this.#outboxKey()) ?? "[]");
    this.outbox = [...kept.filter((entry) => !known.has(entry.client_id)), ...this.outbox];
    this.#keepOutbox();
  }

  #outboxKey() {
    return `support.outbox.${this.user.id}`; // nobody sends what somebody else wrote
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
