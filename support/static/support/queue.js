/** The conversations that staff work through: whoever has waited longest for an answer first. */

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

export class Queue {
  status = "open";
  chosen = null;

  #conversations = new Map();
  #items = new Map();
  #list;
  #template;
  #texts;
  #language = document.documentElement.lang;

  constructor(root, texts) {
    this.#list = root.querySelector(".queue-list");
    this.#template = root.querySelector(".queue-template");
    this.#texts = texts;
    setInterval(() => this.show(), 30_000); // "waits 5 min" grows
  }

  get(id) {
    return this.#conversations.get(id);
  }

  /** Replace the list by the server's, but for what has changed since. */
  replace(conversations) {
    const before = this.#conversations;
    this.#conversations = new Map();
    if (before.has(this.chosen)) this.#conversations.set(this.chosen, before.get(this.chosen));
    for (const conversation of conversations) {
      const known = before.get(conversation.id);
      this.#conversations.set(conversation.id, known?.updated_at > conversation.updated_at ? known : conversation);
    }
    this.show();
  }

  put(conversation) {
    const known = this.#conversations.get(conversation.id);
    if (known && known.updated_at > conversation.updated_at) return;
    this.#conversations.set(conversation.id, { ...known, ...conversation });
    this.show();
  }

  /** Followed conversations are told of by their messages and read marks alone. */
  passed({ conversation: id, seq, created_at, author }) {
    const known = this.get(id);
    if (!known || seq <= known.last_seq) return;
    Object.assign(known, { last_seq: seq, last_message_at: created_at });
    if (author.is_staff) Object.assign(known, { staff_read_seq: seq, waiting_since: null });
    else Object.assign(known, { customer_read_seq: seq, waiting_since: known.waiting_since ?? created_at, status: "open" });
    this.show();
  }

  marked({ conversation: id, by, seq }) {
    const known = this.get(id);
    if (!known) return;
    known[`${by}_read_seq`] = Math.max(known[`${by}_read_seq`], seq);
    this.show();
  }

  get unread() {
    return this.#with("open").reduce((sum, one) => sum + unreadOf(one), 0);
  }

  /** The id of the conversation so many steps after the chosen one in what is shown. */
  neighbour(steps) {
    const ids = this.#shown().map((one) => one.id);
    const here = ids.indexOf(this.chosen);
    if (here < 0) return ids[0];
    return ids[Math.min(Math.max(here + steps, 0), ids.length - 1)];
  }

  focus() {
    const item = this.#items.get(this.chosen) ?? this.#list.firstElementChild;
    item?.querySelector("a").focus();
  }

  show() {
    const shown = this.#shown();
    const focused = this.#list.contains(document.activeElement) ? document.activeElement : null;
    const ids = new Set(shown.map((one) => one.id));
    for (const [id, item] of this.#items) {
      if (ids.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    shown.forEach((conversation, place) => {
      const item = this.#item(conversation.id);
      this.#fill(item, conversation);
      if (this.#list.children[place] !== item) this.#list.insertBefore(item, this.#list.children[place] ?? null);
    });
    if (focused?.isConnected) focused.focus({ preventScroll: true }); // whatever is moved loses it
    this.#list.dispatchEvent(new CustomEvent("shown", { bubbles: true, detail: shown.length }));
  }

  #shown() {
    return this.#with(this.status).sort(byUrgency);
  }

  #with(status) {
    return Array.from(this.#conversations.values()).filter((one) => one.status === status);
  }

  #item(id) {
    if (!this.#items.has(id)) this.#items.set(id, this.#template.content.firstElementChild.cloneNode(true));
    return this.#items.get(id);
  }

  #fill(item, { id, customer, assignee, waiting_since, last_message_at, ...marks }) {
    const part = (name) => item.querySelector(`.queue-${name}`);
    const unread = unreadOf(marks);
    part("item").href = `#${id}`;
    part("item").ariaCurrent = id === this.chosen ? "true" : null;
    part("item").classList.toggle("is-waiting", Boolean(waiting_since));
    part("name").textContent = customer.name;
    part("time").textContent = last_message_at ? this.#moment(last_message_at) : "";
    part("time").dateTime = last_message_at ?? "";
    part("waits").textContent = this.#waiting(waiting_since, marks.last_seq);
    part("assignee").textContent = assignee ? `→ ${assignee.name}` : "";
    part("unread").textContent = unread || "";
    part("unread").ariaLabel = unread ? this.#texts.unread.replace("%s", unread) : null;
  }

  #waiting(since, lastSeq) {
    if (since) return this.#texts.waits.replace("%s", this.#age(since));
    return lastSeq ? this.#texts.answered : this.#texts.empty;
  }

  #moment(moment) {
    const date = new Date(moment);
    const isToday = date.toDateString() === new Date().toDateString();
    const format = isToday ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" };
    return new Intl.DateTimeFormat(this.#language, format).format(date);
  }

  #age(moment) {
    const age = Math.max(Date.now() - new Date(moment), 60_000);
    const [unit, length] = UNITS.find(([, length]) => age >= length);
    const format = new Intl.NumberFormat(this.#language, { style: "unit", unit, unitDisplay: "short" });
    return format.format(Math.floor(age / length));
  }
}

function unreadOf({ last_seq, staff_read_seq }) {
  return last_seq - staff_read_seq;
}

function byUrgency(one, other) {
  if (one.waiting_since && other.waiting_since) return one.waiting_since < other.waiting_since ? -1 : 1;
  if (one.waiting_since || other.waiting_since) return one.waiting_since ? -1 : 1;
  if (one.last_message_at !== other.last_message_at) return (one.last_message_at ?? "") > (other.last_message_at ?? "") ? -1 : 1;
  return other.id - one.id;
}
