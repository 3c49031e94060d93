/** What a tap on the board does to an order, and how it is taken back. */

import { OPEN, dueAt } from "./book.js";
import { byName, panel } from "./elements.js";

const HAND_OVER_MS = 5_000; // for so long it can be undone
const UNDO = 40;
const NEXT = { accepted: "preparing", preparing: "ready" };
const STEP_BACK = { ready: "preparing", preparing: "accepted" };

/** Tells "change" when something is to be drawn anew. */
export class Acts extends EventTarget {
  #texts;
  #clock;
  #book;
  #taps;
  #printing;
  #undo = []; // for each tap what it sent: [{tap, back}], and how that is sent back
  #touched = new Set(); // orders that have stopped to ring
  #arrived = new Set(); // accepted at another branch: new here all the same
  #refusals = new Map(); // order id: what the server said
  #dismissed = new Set(JSON.parse(localStorage.getItem("board.dismissed") ?? "[]"));
  branch = null; // its name stands on receipts

  constructor({ texts, clock, book, taps, printing }) {
    super();
    [this.#texts, this.#clock, this.#book, this.#taps, this.#printing] = [texts, clock, book, taps, printing];
    taps.addEventListener("refused", ({ detail }) => this.#refused(detail));
    document.body.addEventListener("act", ({ detail }) => this.#act(detail));
    byName("order-cancel").addEventListener("submit", (event) => this.#cancel(event));
  }

  get canTakeBack() {
    return this.#undo.length > 0;
  }

  /** The board hears of this order for the first time. */
  meet({ id, status, channel, seen_at }) {
    if (status === "accepted" && channel === "app" && !seen_at) this.#arrived.add(id);
  }

  /** True as long as nobody has accepted it here, or touched it. */
  isNew({ id, status }) {
    const isNews = status === "pending" || (status === "accepted" && this.#arrived.has(id));
    return isNews && !this.#touched.has(id);
  }

  isDismissed(order) {
    return this.#dismissed.has(order.id);
  }

  refusalOf(order) {
    return this.#refusals.get(order.id);
  }

  #act({ act, order, item, made, before, minutes }) {
    const isNew = this.isNew(order);
    this.#touched.add(order.id);
    this.#refusals.delete(order.id);
    const acts = {
      head: () => this.#tapHead(order, isNew),
      made: () => this.#remember([this.#make(order, item, made, before)]),
      hand: () => this.#handOver(order),
      more: () => this.open(order),
      pay: () => this.#change(order, { is_paid: !order.paid_at }, { is_paid: Boolean(order.paid_at) }),
      back: () => this.#change(order, { status: STEP_BACK[order.status] }, { status: order.status }),
      delay: () => this.#change(order, { promised_at: new Date(Math.max(dueAt(order), this.#clock.now()) + minutes * 60_000).toISOString() }),
      labels: () => this.#printing.labels(order),
      receipt: () => this.#printing.receipt(order, this.branch?.name),
      dismiss: () => this.#dismiss(order),
      understood: () => {},
    };
    acts[act]?.();
    this.#tell();
  }

  /** A new order is accepted; of an accepted one all cups are made; one that was recalled with all its cups moves on. */
  #tapHead(order, isNew) {
    if (order.status === "pending") return this.#change(order, { status: "accepted" });
    if (isNew) return undefined; // accepted elsewhere: the touch says that it is known here
    const left = order.items.filter((item) => (item.made ?? 0) < item.quantity);
    if (!left.length) return this.#change(order, { status: NEXT[order.status] }, { status: order.status });
    return this.#remember(left.map((item) => this.#make(order, item.id, item.quantity, item.made ?? 0)));
  }

  #make(order, item, made, before) {
    if (order.status === "pending") this.#send(order, `status:${order.id}`, { status: "accepted" });
    return { tap: this.#sendMade(order, item, made), back: () => this.#sendMade(order, item, before) };
  }

  #sendMade(order, item, made) {
    const path = `/api/orders/${order.id}/items/${item}/`;
    return this.#taps.add({ key: `made:${order.id}:${item}`, order: order.id, path, body: { made } });
  }

  #handOver(order) {
    const tap = this.#send(order, `status:${order.id}`, { status: "completed" }, HAND_OVER_MS);
    this.#remember([{ tap, back: null }]);
    this.toast(this.#texts.handedOver.replace("%s", order.number), HAND_OVER_MS);
  }

  #change(order, body, back) {
    const [name] = Object.keys(body);
    const tap = this.#send(order, `${name}:${order.id}`, body);
    this.#remember([{ tap, back: back && (() => this.#send(order, `${name}:${order.id}`, back)) }]);
    panel("order").close();
  }

  #send(order, key, body, holdMs = 0) {
    return this.#taps.add({ key, order: order.id, path: `/api/orders/${order.id}/`, body, holdMs });
  }

  #remember(step) {
    this.#undo = [...this.#undo, step].slice(-UNDO);
  }

  /** The last tap with all that it did. What cannot be sent back is taken back as long as it waits. */
  takeBack() {
    for (const { tap, back } of this.#undo.pop() ?? []) {
      if (back) back();
      else this.#taps.takeBack(tap);
    }
    byName("toast").hidden = true;
    this.#tell();
  }

  #dismiss(order) {
    this.#dismissed.add(order.id);
    localStorage.setItem("board.dismissed", JSON.stringify([...this.#dismissed].slice(-200)));
  }

  open(order) {
    const dialog = panel("order");
    dialog.dataset.order = order.id;
    byName("order-title").textContent = [order.number, order.customer_name].filter(Boolean).join(" · ");
    const isOpen = OPEN.includes(order.status);
    dialog.querySelector('[data-act="pay"]').textContent = order.paid_at ? this.#texts.notPaidAfterAll : this.#texts.paid;
    dialog.querySelector('[data-act="back"]').hidden = !(order.status in STEP_BACK);
    for (const button of dialog.querySelectorAll('[data-act="delay"]')) button.hidden = !isOpen;
    byName("order-cancel").hidden = !isOpen;
    byName("order-cancel").reset();
    dialog.showModal();
  }

  #cancel(event) {
    event.preventDefault();
    const order = this.#book.get(Number(panel("order").dataset.order));
    if (order) this.#send(order, `status:${order.id}`, { status: "cancelled", cancel_reason: event.target.elements.cancel_reason.value });
    if (order) this.#dismiss(order); // whoever cancels here knows it
    panel("order").close();
  }

  /** A button of an order that is no ticket: in its dialog, or in the list of what is ready. */
  actIn(element, button) {
    const order = this.#book.get(Number(element.dataset.order));
    if (order) this.#act({ act: button.dataset.act, order, minutes: Number(button.dataset.minutes) });
  }

  #toastTimer;
  toast(text, ms = 4_000) {
    byName("toast-text").textContent = text;
    byName("toast").hidden = false;
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => (byName("toast").hidden = true), ms);
  }

  #refused({ tap, detail }) {
    this.#refusals.set(tap.order, detail);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
