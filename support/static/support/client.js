/**
 * The support chat's protocol, without a page around it. docs/websocket.md describes what goes over the wire.
 *
 *   const client = new ChatClient({ getToken: async (isFresh) => "access token" });
 *   client.addEventListener("message", ({ detail }) => console.log(detail.seq, detail.text));
 *   client.connect();
 *   client.send("Where is my latte?");
 *
 * Delivery: `message` events come once each and in order, whatever happens to the connection; what was sent
 * is kept, with its `client_id`, until the server has stored it or refused it.
 *
 * Events, besides those of Connection: `message`, `read`, `typing`, `conversation`, `error` carry the server's frame.
 * `stored` is the answer to a message of ours, `failed` an outbox entry that was refused.
 */

import { Connection } from "../realtime/connection.js";
import { uuid } from "../realtime/uuid.js";

const BUSY_MS = 2_000; // until a message that was refused for now is sent again
const TYPING_MS = 3_000;
const READ_MS = 250;

export class ChatClient extends Connection {
  own = null; // a customer's conversation
  outbox = []; // what is not stored yet: {client_id, conversation, text, error?}

  #storage;
  #cursors = new Map(); // conversation: seq of the last message that was handed on
  #read = new Map(); // conversation: how far the user has read
  #inFlight = null; // one message at a time, so that no later one overtakes it
  #typedAt = 0;

  /** `storage` (a sessionStorage) keeps unsent messages when the page is reloaded. */
  constructor({ getToken, address = "/ws/support/", storage = null }) {
    super({ getToken, address, subprotocol: "support.v1" });
    this.#storage = storage;
  }

  /** Staff: hand on what comes after `seq` in this conversation. A customer's own is followed by itself. */
  follow(conversation, seq) {
    this.#cursors.set(conversation, seq);
    this.say({ type: "subscribe", conversation, after: seq });
  }

  unfollow(conversation) {
    this.#cursors.delete(conversation);
    this.say({ type: "unsubscribe", conversation });
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
    this.say({ type: "typing", ...this.#named(conversation) });
  }

  // --- The connection ------------------------------------------------------------------------------------------------

  parameters() {
    return this.#cursors.has(this.own) ? { after: this.#cursors.get(this.own) } : {};
  }

  prepare({ conversation }) {
    this.#recallOutbox();
    if (!conversation) return;
    this.own = conversation.id;
    if (!this.#cursors.has(this.own)) this.#cursors.set(this.own, conversation.last_seq);
    for (const entry of this.outbox) entry.conversation ??= this.own; // written before we knew
  }

  resume() {
    for (const [conversation, after] of this.#cursors) {
      if (conversation !== this.own) this.say({ type: "subscribe", conversation, after });
    }
    for (const [conversation, seq] of this.#read) this.#sayRead(conversation, seq);
    this.#sendNext();
  }

  reset() {
    this.#inFlight = null;
  }

  // --- What comes ----------------------------------------------------------------------------------------------------

  receive(frame) {
    switch (frame.type) {
      case "message":
        return this.#take(frame);
      case "error":
        return this.#refused(frame);
      case "read":
      case "typing":
      case "conversation":
        return this.emit(frame.type, frame);
    }
  }

  /** Hand on every message of a followed conversation once and in order, and take ours off the outbox. */
  #take(message) {
    const isOurs = this.#settle(message.client_id);
    if (isOurs) this.emit("stored", message);
    const cursor = this.#cursors.get(message.conversation);
    if (cursor === undefined || message.seq <= cursor) return;
    if (message.seq === cursor + 1) {
      this.#cursors.set(message.conversation, message.seq);
      this.emit("message", message);
    } else if (!isOurs) {
      this.reconnect(); // a gap: come back and read on from the cursor
    } // a repetition of ours is answered out of turn; it comes again when it is its turn
  }

  #refused(frame) {
    this.emit("error", frame);
    const entry = this.outbox.find((one) => one.client_id === frame.client_id);
    if (!entry) return;
    this.#answerCame();
    if (frame.code === "unavailable") {
      setTimeout(() => this.#sendNext(), BUSY_MS); // not now, but soon
    } else {
      entry.error = frame.detail;
      this.#keepOutbox();
      this.emit("failed", entry);
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
    this.expectAnswer();
    this.say({ type: "message", client_id, text, ...this.#named(conversation) });
  }

  #settle(client_id) {
    const entry = this.outbox.find((one) => one.client_id === client_id);
    if (!entry) return false;
    this.discard(entry);
    if (this.#inFlight === client_id) this.#answerCame();
    this.#sendNext();
    return true;
  }

  #answerCame() {
    this.answered();
    this.#inFlight = null;
  }

  #sayRead(conversation, seq) {
    this.say({ type: "read", seq, ...this.#named(conversation) });
  }

  /** Staff say which conversation they mean; a customer has one. */
  #named(conversation) {
    return conversation === this.own ? {} : { conversation };
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
}
