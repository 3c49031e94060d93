/** The page of one branch's board: what is shown where, and what rings. */

import { SignedOut } from "../../realtime/connection.js";
import { Acts } from "./acts.js";
import { OPEN, OrderBook, dueAt } from "./book.js";
import { ServerClock, timeAt } from "./clock.js";
import { byName, closeOnBackdrop, panel } from "./elements.js";
import { OrderFeed } from "./feed.js";
import { Lists } from "./lists.js";
import { Pad } from "./pad.js";
import { Bar, StopList } from "./panels.js";
import { Printing } from "./printing.js";
import { Proof } from "./proof.js";
import { Shift } from "./shift.js";
import { Sounds } from "./sounds.js";
import { Taps } from "./taps.js";
import { Ticket } from "./ticket.js";

const RESTS_MS = 15 * 60_000; // before its promise an order waits in the drawer

export class BoardPage {
  #slug;
  #texts;
  #tokens;
  #onsignedout;
  #clock = new ServerClock();
  #proof = new Proof();
  #sounds = new Sounds();
  #shift = new Shift(this.#sounds);
  #tickets = new Map(); // order id: Ticket
  #wereLate = new Set();
  #wasWhole = true;
  #branch = null;
  #menu = null;

  constructor({ slug, texts, tokens, onsignedout }) {
    this.#slug = slug;
    this.#texts = texts;
    this.#tokens = tokens;
    this.#onsignedout = onsignedout;
    const request = this.request.bind(this);
    this.taps = new Taps({ request, storage: localStorage, name: `board.taps.${slug}` });
    this.book = new OrderBook(this.taps);
    this.feed = new OrderFeed({ getToken: tokens.get, slug });
    this.lists = new Lists(texts);
    const printing = new Printing(byName("print"), texts);
    this.acts = new Acts({ texts, clock: this.#clock, book: this.book, taps: this.taps, printing });
    this.pad = new Pad(panel("pad"), { request, slug, texts, onplaced: (order) => this.book.put(order) });
    this.stopList = new StopList(panel("stop"), { request, slug, texts });
    this.bar = new Bar(panel("bar"), { request, slug, texts, onchange: (bar) => this.#showBar(bar) });
  }

  start() {
    byName("board-main").hidden = false;
    this.#listen();
    this.feed.connect();
    this.taps.flush();
    this.#loadBranch();
    setInterval(() => this.#tick(), 1000);
    setInterval(() => this.#loadBranch(), 60_000);
    this.#tick();
  }

  /** The API with our token. Throws an Error with the answer's words, `status` and `answer`. */
  async request(method, path, body, headers = {}) {
    for (const isFresh of [false, true]) {
      const token = await this.#tokens.get(isFresh);
      const response = await fetch(path, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          "Accept-Language": document.documentElement.lang, // the branch's, not the browser's
          ...(body && { "Content-Type": "application/json" }),
          ...headers,
        },
        body: body && JSON.stringify(body),
      });
      if (response.status === 401) continue;
      const answer = response.status === 204 ? null : await response.json();
      if (response.ok) return answer;
      throw Object.assign(new Error(answer.detail ?? Object.values(answer).flat().join(" ")), { status: response.status, answer });
    }
    throw new SignedOut();
  }

  #listen() {
    this.feed.addEventListener("picture", ({ detail }) => this.#pictured(detail));
    this.feed.addEventListener("order", ({ detail }) => this.#put(detail));
    this.feed.addEventListener("alive", ({ detail }) => this.#proven(detail));
    this.feed.addEventListener("state", ({ detail }) => detail === "signed_out" && this.#onsignedout());
    this.book.addEventListener("order", ({ detail }) => this.#changed(detail));
    this.book.addEventListener("shown", () => this.#drawSoon());
    this.taps.addEventListener("stored", ({ detail }) => this.#put(detail));
    this.acts.addEventListener("change", () => this.#drawSoon());
    document.body.addEventListener("click", (event) => this.#clicked(event));
    byName("shift-begin").addEventListener("click", () => this.#beginShift());
    document.addEventListener("visibilitychange", () => this.#drawSoon());
    for (const dialog of document.querySelectorAll("dialog")) closeOnBackdrop(dialog);
  }

  // --- What comes -----------------------------------------------------------------------------------------------------

  #pictured({ at, orders }) {
    if (at) this.#clock.set(at);
    this.#proof.renew();
    this.book.replace(orders);
    this.taps.flush();
  }

  #proven({ at, open }) {
    this.#clock.set(at);
    const isWhole = open === this.book.openCount;
    this.#proof.renew(isWhole || this.#wasWhole); // what changed while the proof was under way is no gap
    if (!isWhole && !this.#wasWhole) this.feed.reconnect(); // we have missed something: take the whole picture again
    this.#wasWhole = isWhole;
  }

  #put(order) {
    if (order.branch === this.#slug) this.book.put(order);
    else this.book.remove(order.id);
  }

  #changed({ order, before }) {
    if (!before) this.acts.meet(order);
    if (before && before.status !== "cancelled" && order.status === "cancelled") this.#sounds.play("cancelled");
    if (order.missing_at && order.missing_at !== before?.missing_at && before) this.#sounds.play("missing");
  }

  async #loadBranch() {
    try {
      this.#branch = await this.request("GET", `/api/branches/${this.#slug}/`);
      this.#showBar(await this.request("GET", `/api/branches/${this.#slug}/bar/`));
      this.#menu = await this.request("GET", `/api/branches/${this.#slug}/menu/`);
    } catch (error) {
      if (error instanceof SignedOut) this.#onsignedout();
    }
  }

  #showBar({ baristas, paused_until }) {
    this.#branch = { ...this.#branch, baristas, paused_until, is_paused: Boolean(paused_until) };
    this.acts.branch = this.#branch;
    this.#showBranch(this.#branch);
    this.bar.show(this.#branch);
  }

  #showBranch(branch) {
    byName("top-branch").textContent = branch.name;
    byName("bar-count").textContent = branch.baristas ?? "";
    byName("band-paused").hidden = !branch.is_paused;
    byName("band-paused").textContent = this.#texts.paused.replace("%s", timeAt(branch.paused_until, branch.timezone));
    document.title = `${branch.name} · ${this.#texts.title}`;
  }

  // --- What is shown --------------------------------------------------------------------------------------------------

  #isDrawing = false;
  #drawSoon() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw() {
    const now = this.#clock.now();
    const orders = this.book.all();
    const shown = orders.filter((order) => this.#isOnBoard(order, now));
    this.#drawTickets(shown);
    this.lists.show({
      orders,
      later: orders.filter((order) => this.#rests(order, now)),
      toMake: shown.filter((order) => order.status !== "cancelled"),
      timeZone: this.#branch?.timezone,
    });
    byName("tickets-empty").hidden = shown.length > 0;
    byName("top-waiting").hidden = this.taps.count === 0 || this.feed.state === "ready";
    byName("top-waiting").textContent = this.#texts.unsent.replace("%s", this.taps.count);
    byName("top-undo").disabled = !this.acts.canTakeBack;
    this.#sounds.ring("new", shown.some((order) => this.acts.isNew(order)));
    if (document.visibilityState === "visible") this.#tellSeen(orders);
  }

  #drawTickets(orders) {
    const list = byName("tickets");
    for (const [id, ticket] of this.#tickets) {
      if (orders.some((order) => order.id === id)) continue;
      ticket.element.remove();
      this.#tickets.delete(id);
    }
    orders.forEach((order, index) => {
      let ticket = this.#tickets.get(order.id);
      if (!ticket) this.#tickets.set(order.id, (ticket = new Ticket(byName("ticket-template"), this.#texts)));
      const waiting = this.feed.state === "ready" ? 0 : this.taps.of(order.id).length;
      ticket.show(order, { isNew: this.acts.isNew(order), waiting, refusal: this.acts.refusalOf(order) });
      ticket.tick(this.#clock.now());
      if (list.children[index] !== ticket.element) list.insertBefore(ticket.element, list.children[index] ?? null);
    });
  }

  #isOnBoard(order, now) {
    if (order.status === "cancelled") return !this.acts.isDismissed(order) && hadBegun(order);
    return ["pending", "accepted", "preparing"].includes(order.status) && !this.#rests(order, now);
  }

  #rests(order, now) {
    return ["pending", "accepted"].includes(order.status) && Boolean(order.pickup_at) && dueAt(order) - now > RESTS_MS;
  }

  /** Of every open order: the drawer and the row of what is ready show theirs, too. */
  #tellSeen(orders) {
    for (const order of orders) {
      if (!order.seen_at && OPEN.includes(order.status)) this.feed.seen(order);
    }
  }

  #tick() {
    const late = [...this.#tickets.values()].filter((ticket) => ticket.tick(this.#clock.now()));
    const newlyLate = late.filter((ticket) => !this.#wereLate.has(ticket.order.id));
    if (newlyLate.length) this.#sounds.play("late");
    this.#wereLate = new Set(late.map((ticket) => ticket.order.id));
    this.#showProof();
    byName("band-silent").hidden = !this.#shift.isSilent;
    if (this.lists.laterCount) this.#drawSoon(); // one of them may be due by now
  }

  #showProof() {
    const { state } = this.#proof;
    const seconds = Math.round(this.#proof.ageMs / 1000);
    const text = isFinite(seconds) ? this.#texts.proof[state].replace("%s", seconds) : this.#texts.connecting;
    if (byName("proof-text").textContent !== text) byName("proof-text").textContent = text;
    if (state === "untrusted" && document.body.dataset.proof !== "untrusted") this.#sounds.play("untrusted");
    document.body.dataset.proof = state;
    byName("band-untrusted").hidden = state !== "untrusted" || !isFinite(seconds);
  }

  // --- What opens -----------------------------------------------------------------------------------------------------

  #clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const dialog = button.closest("dialog");
    if ("close" in button.dataset) dialog.close();
    else if (button.dataset.open) this.#open(button.dataset.open);
    else if (button.classList.contains("top-undo") || button.classList.contains("toast-undo")) this.acts.takeBack();
    else if (dialog?.dataset.panel === "order" && button.dataset.act) this.acts.actIn(dialog, button);
    else if (button.dataset.recall) this.acts.open(this.book.get(Number(button.dataset.recall)));
    else if (button.closest(".ready-item")) this.acts.actIn(button.closest(".ready-item"), button);
  }

  async #open(name) {
    if (name === "bar" && this.#branch) return this.bar.open(this.#branch);
    if (["day", "later", "recall"].includes(name)) return panel(name).showModal();
    if (!this.#menu) await this.#loadBranch();
    if (!this.#menu) return this.acts.toast(this.#texts.unreachable);
    if (name === "pad") return this.pad.open(this.#menu);
    const ingredients = await this.request("GET", "/api/ingredients/?page_size=100").catch(() => ({ results: [] }));
    return this.stopList.open(this.#menu, ingredients.results);
  }

  async #beginShift() {
    await this.#shift.begin();
    this.#sounds.watch(() => this.#tick());
    this.#sounds.play("new");
    this.#tick();
  }
}

/** A cancelled order that nobody has begun and nobody has seen needs no crossing out. */
function hadBegun(order) {
  return Boolean(order.seen_at) || order.items.some((item) => item.made > 0);
}
