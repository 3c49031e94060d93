/**
 * One conversation on the screen: its messages with what became of them, and the place to write. Both chat pages use it.
 *
 * Whatever people wrote goes in as text (textContent), never as HTML.
 */

const PAGE = 50;
const MAX_LENGTH = 4000; // characters as the server counts them: an emoji is one, or a few, but not its UTF-16 units
const TYPING_MS = 5_000;
const AT_END = 80; // pixels: whoever is so near to the end wants to see what comes

export class Thread {
  conversation = null;

  #client;
  #texts;
  #isStaff;
  #parts;
  #marks; // how far the two sides have read: {customer, staff}
  #oldest;
  #newFrom; // the first message that was not read when the conversation was opened
  #isLoading = false;
  #isAtEnd = true;
  #typingTimer;
  #time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  #day = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", day: "numeric", month: "long" });

  /** `root` is what the template support/thread.html makes. */
  constructor(root, { client, texts, isStaff }) {
    this.#client = client;
    this.#texts = texts;
    this.#isStaff = isStaff;
    const find = (name) => root.querySelector(`.thread-${name}`);
    this.#parts = Object.fromEntries(
      ["scroll", "earlier", "start", "messages", "typing", "composer", "input", "counter", "live", "template"].map(
        (name) => [name, find(name)],
      ),
    );
    this.#listenToClient();
    this.#listenToUser();
  }

  /** Show a conversation, whose marks are as the server sends them, up to the message `cursor`. */
  async open({ id, customer_read_seq, staff_read_seq }, cursor) {
    this.close();
    this.conversation = id;
    this.#marks = { customer: customer_read_seq, staff: staff_read_seq };
    this.#oldest = cursor + 1;
    this.#newFrom = this.#marks[this.#isStaff ? "staff" : "customer"] + 1;
    for (const entry of this.#client.outbox.filter((one) => one.conversation === id)) this.#addPending(entry);
    await this.#loadEarlier();
    this.#scrollToEnd();
    this.#markRead();
  }

  close() {
    const { messages, earlier, start, input } = this.#parts;
    this.conversation = null;
    messages.replaceChildren();
    earlier.hidden = start.hidden = true;
    input.value = "";
    this.#inputChanged();
    this.#showTyping(null);
  }

  focus() {
    this.#parts.input.focus();
  }

  /** The marks moved while there was no connection. */
  setMarks({ customer_read_seq, staff_read_seq }) {
    this.#moveMark("customer", customer_read_seq);
    this.#moveMark("staff", staff_read_seq);
  }

  #listenToClient() {
    const here = (type, act) =>
      this.#client.addEventListener(type, ({ detail }) => detail.conversation === this.conversation && act(detail));
    here("message", (message) => this.#append(message));
    here("read", ({ by, seq }) => this.#moveMark(by, seq));
    here("typing", ({ author }) => this.#showTyping(author));
    here("failed", (entry) => this.#showFailure(this.#pendingItem(entry.client_id), entry));
  }

  #listenToUser() {
    const { composer, input, earlier, scroll } = this.#parts;
    composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    input.addEventListener("input", () => {
      this.#inputChanged();
      if (input.value) this.#client.typing(this.conversation);
    });
    earlier.addEventListener("click", () => this.#loadEarlier());
    new IntersectionObserver(([seen]) => seen.isIntersecting && this.#loadEarlier(), { root: scroll }).observe(earlier);
    scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    addEventListener("focus", () => this.#markRead());
    document.addEventListener("visibilitychange", () => this.#markRead());
    new ResizeObserver(() => this.#isAtEnd && this.#scrollToEnd()).observe(scroll); // the phone's keyboard
  }

  #send() {
    const { input } = this.#parts;
    if (!input.value.trim() || excess(input.value) > 0 || this.conversation === null) return;
    this.#addPending(this.#client.send(input.value, this.conversation));
    input.value = "";
    this.#inputChanged();
    this.#scrollToEnd();
  }

  #inputChanged() {
    const { input, counter, composer } = this.#parts;
    const over = excess(input.value);
    counter.hidden = over < -200;
    counter.textContent = (over > 0 ? this.#texts.tooLong : this.#texts.left).replace("%s", Math.abs(over));
    counter.classList.toggle("is-over", over > 0);
    composer.querySelector("button").disabled = !input.value.trim() || over > 0;
  }

  // --- Messages ------------------------------------------------------------------------------------------------------

  async #loadEarlier() {
    if (this.#isLoading || this.conversation === null || this.#parts.start.hidden === false) return;
    this.#isLoading = true;
    const { conversation } = this;
    try {
      const path = `/api/support/conversations/${conversation}/messages/?before=${this.#oldest}&limit=${PAGE}`;
      const { results } = this.#oldest > 1 ? await this.#client.request("GET", path) : { results: [] };
      if (conversation === this.conversation) this.#prepend(results);
    } catch {
      this.#parts.earlier.hidden = false; // to be pressed again
    } finally {
      this.#isLoading = false;
    }
    if (conversation !== this.conversation) await this.#loadEarlier(); // another one was opened meanwhile
  }

  #prepend(messages) {
    const { scroll, messages: list, earlier, start } = this.#parts;
    const fromEnd = scroll.scrollHeight - scroll.scrollTop;
    list.prepend(...messages.map((message) => this.#item(message)));
    if (messages.length) this.#oldest = messages[0].seq;
    earlier.hidden = this.#oldest <= 1;
    start.hidden = !earlier.hidden;
    this.#arrange();
    scroll.scrollTop = scroll.scrollHeight - fromEnd; // what was looked at stays where it is
  }

  #append(message) {
    const { messages: list, live } = this.#parts;
    const wasAtEnd = this.#isAtEnd;
    const item = this.#item(message);
    const pending = this.#pendingItem(message.client_id);
    pending?.remove();
    const firstPending = list.querySelector(".is-pending");
    list.insertBefore(item, firstPending);
    this.#moveMark(message.author.is_staff ? "staff" : "customer", message.seq); // who writes has read
    if (!this.#isMine(message)) {
      this.#showTyping(null);
      live.textContent = `${message.author.name}: ${message.text}`;
    }
    this.#arrange();
    if (wasAtEnd || pending) this.#scrollToEnd();
    this.#markRead();
  }

  #item({ seq, author, text, created_at, client_id }) {
    const item = this.#parts.template.content.firstElementChild.cloneNode(true);
    const part = (name) => item.querySelector(`.message-${name}`);
    item.dataset.author = author.id;
    item.dataset.clientId = client_id;
    item.classList.toggle("is-mine", this.#isMine({ author }));
    item.classList.toggle("is-own", author.id === this.#client.user?.id);
    part("new").hidden = seq !== this.#newFrom || this.#isMine({ author });
    part("author").textContent = author.name;
    part("text").textContent = text;
    part("time").textContent = this.#time.format(new Date(created_at));
    part("time").dateTime = created_at;
    item.dataset.day = this.#day.format(new Date(created_at));
    if (seq) item.dataset.seq = seq;
    if (seq) this.#showState(item);
    return item;
  }

  #addPending(entry) {
    const { client_id, text } = entry;
    const author = { ...this.#client.user, is_staff: this.#isStaff };
    const item = this.#item({ author, text, client_id, created_at: new Date().toISOString() });
    item.classList.add("is-pending");
    item.querySelector(".message-state").textContent = this.#texts.sending;
    const [again, away] = item.querySelectorAll("button");
    again.addEventListener("click", () => {
      this.#showFailure(item, {});
      this.#client.retry(entry);
    });
    away.addEventListener("click", () => {
      this.#client.discard(entry);
      item.remove();
      this.focus();
    });
    this.#parts.messages.append(item);
    this.#showFailure(item, entry);
    this.#arrange();
  }

  #showFailure(item, { error = "" }) {
    item.classList.toggle("is-failed", Boolean(error));
    item.querySelector(".message-failure").hidden = !error;
    item.querySelector(".message-reason").textContent = error;
    if (error) this.#parts.live.textContent = error;
  }

  #pendingItem(clientId) {
    return this.#parts.messages.querySelector(`.is-pending[data-client-id="${CSS.escape(clientId)}"]`);
  }

  /** Days get a heading; of messages by one author only the first says whose they are. */
  #arrange() {
    let before = null;
    for (const item of this.#parts.messages.children) {
      const isNewDay = item.dataset.day !== before?.dataset.day;
      item.querySelector(".message-day").textContent = isNewDay ? item.dataset.day : "";
      item.classList.toggle("is-first", isNewDay || item.dataset.author !== before.dataset.author);
      before = item;
    }
  }

  #isMine({ author }) {
    return author.is_staff === this.#isStaff;
  }

  // --- Who has read, who writes --------------------------------------------------------------------------------------

  #moveMark(side, seq) {
    if (seq <= this.#marks[side]) return;
    this.#marks[side] = seq;
    for (const item of this.#parts.messages.querySelectorAll(".is-mine[data-seq]")) this.#showState(item);
  }

  #showState(item) {
    if (!item.classList.contains("is-mine")) return;
    const isRead = Number(item.dataset.seq) <= this.#marks[this.#isStaff ? "customer" : "staff"];
    const state = item.querySelector(".message-state");
    state.textContent = isRead ? this.#texts.read : this.#texts.delivered;
    item.classList.toggle("is-read", isRead);
  }

  /** Send the read mark for what is on the screen of somebody who looks at it. */
  #markRead() {
    const last = this.#client.cursor(this.conversation);
    if (!last || document.hidden || !document.hasFocus() || !this.#isAtEnd) return;
    this.#client.markRead(last, this.conversation);
  }

  #showTyping(author) {
    clearTimeout(this.#typingTimer);
    this.#parts.typing.textContent = author ? this.#texts.typing.replace("%s", author.name) : "";
    if (author) this.#typingTimer = setTimeout(() => this.#showTyping(null), TYPING_MS);
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#parts.scroll;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END;
    this.#markRead();
  }

  #scrollToEnd() {
    this.#parts.scroll.scrollTop = this.#parts.scroll.scrollHeight;
    this.#isAtEnd = true;
  }
}

function excess(text) {
  return Array.from(text).length - MAX_LENGTH;
}
