/**
 * One order on the board. It is drawn once and then changed in place: what is under a finger stays there.
 *
 * A tap dispatches a bubbling `act` event: {act, order, item?, made?}.
 */

import { dueAt, isMissing } from "./book.js";

const LATE_SOON_MS = 60_000;
const MANY_CUPS = 6; // of one drink; more are counted by two buttons, not by one each

export class Ticket {
  #texts;
  #order = null;
  #rows = new Map(); // item id: {row, cups}

  /** @param {HTMLTemplateElement} template */
  constructor(template, texts) {
    this.#texts = texts;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.addEventListener("click", (event) => this.#tapped(event));
  }

  get order() {
    return this.#order;
  }

  find(name) {
    return this.element.querySelector(`.${name}`);
  }

  /** Draw the order as it is. `isNew`: it rings. `waiting`: taps on it that are not stored yet. `refusal`: what the server said to one. */
  show(order, { isNew = false, waiting = 0, refusal = "" } = {}) {
    const isOther = !this.#order || shapeOf(order) !== shapeOf(this.#order);
    this.#order = order;
    if (isOther) this.#drawItems();
    this.#showHead(isNew);
    this.#showItems();
    this.#showNotices(waiting, refusal);
    this.element.dataset.status = order.status;
    this.element.classList.toggle("is-new", isNew);
  }

  /** Once a second. @param {number} now the server's time */
  tick(now) {
    const left = dueAt(this.#order) - now;
    const urgency = left < 0 ? "late" : left < LATE_SOON_MS ? "soon" : "calm";
    const isDone = ["ready", "completed", "cancelled"].includes(this.#order.status);
    this.element.dataset.urgency = isDone ? "calm" : urgency;
    this.find("ticket-time").textContent = isDone ? "" : timeText(left, this.#texts);
    this.find("ticket-late").hidden = isDone || left >= 0;
    return !isDone && left < 0;
  }

  #showHead(isNew) {
    const { number, customer_name, is_takeaway, paid_at, status, channel } = this.#order;
    this.find("ticket-number").textContent = number;
    this.find("ticket-name").textContent = customer_name ?? "";
    this.find("ticket-place").textContent = is_takeaway === false ? this.#texts.here : this.#texts.toGo;
    this.find("ticket-place").dataset.place = is_takeaway === false ? "here" : "togo";
    this.find("ticket-unpaid").hidden = Boolean(paid_at);
    this.find("ticket-counter").hidden = channel !== "counter";
    this.find("ticket-does").textContent = this.#texts.does[isNew ? "pending" : status] ?? "";
    this.find("ticket-head").disabled = !(status in this.#texts.does);
    this.find("ticket-begun").textContent = this.#begunBy();
  }

  /** Name of who has begun it, so that no two make the same. */
  #begunBy() {
    if (this.#order.status !== "preparing") return "";
    const begun = this.#order.events?.findLast((event) => event.status === "preparing");
    return begun?.by ? this.#texts.begunBy.replace("%s", begun.by.username) : "";
  }

  #drawItems() {
    const list = this.find("ticket-items");
    const rowTemplate = this.find("ticket-item-template");
    list.replaceChildren();
    this.#rows.clear();
    for (const item of this.#order.items) {
      const row = rowTemplate.content.firstElementChild.cloneNode(true);
      row.querySelector(".item-quantity").textContent = item.quantity > 1 ? `${item.quantity} ×` : "";
      row.querySelector(".item-name").textContent = item.product_name;
      row.querySelector(".item-options").replaceChildren(...item.options.map(optionElement));
      const cups = row.querySelector(".item-cups");
      cups.dataset.item = item.id;
      cups.append(...this.#cupButtons(item));
      this.#rows.set(item.id, row);
      list.append(row);
    }
  }

  #cupButtons(item) {
    const count = item.quantity > MANY_CUPS ? 2 : item.quantity;
    return Array.from({ length: count }, (_, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "cup";
      button.dataset.cup = item.quantity > MANY_CUPS ? (index ? "more" : "less") : index;
      return button;
    });
  }

  #showItems() {
    const isClosed = ["completed", "cancelled"].includes(this.#order.status);
    for (const item of this.#order.items) {
      const row = this.#rows.get(item.id);
      const made = item.made ?? 0;
      row.classList.toggle("is-made", made === item.quantity);
      row.querySelector(".item-count").textContent = item.quantity > MANY_CUPS ? `${made}/${item.quantity}` : "";
      for (const button of row.querySelectorAll(".cup")) {
        const isMade = Number(button.dataset.cup) < made;
        const isCount = isNaN(button.dataset.cup);
        button.disabled = isClosed;
        if (!isCount) button.setAttribute("aria-pressed", isMade);
        button.textContent = isCount ? (button.dataset.cup === "more" ? "+" : "−") : isMade ? "✓" : "";
        const text = isMade || button.dataset.cup === "less" ? this.#texts.takeBack : this.#texts.make;
        button.setAttribute("aria-label", text.replace("%s", item.product_name));
      }
    }
  }

  #showNotices(waiting, refusal) {
    const { note, status, cancel_reason } = this.#order;
    this.find("ticket-note").textContent = note;
    this.find("ticket-note").hidden = !note;
    this.find("ticket-discounts").textContent = freeCups(this.#order, this.#texts);
    this.find("ticket-discounts").hidden = !this.find("ticket-discounts").textContent;
    this.find("ticket-waiting").hidden = waiting === 0;
    this.find("ticket-refusal").hidden = !refusal;
    this.find("ticket-refusal-text").textContent = refusal;
    this.find("ticket-cancelled").hidden = status !== "cancelled";
    this.find("ticket-reason").textContent = this.#texts.reasons[cancel_reason] ?? cancel_reason ?? "";
    this.find("ticket-missing").hidden = !isMissing(this.#order);
  }

  #tapped(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const cups = button.closest(".item-cups");
    if (cups) return this.#tappedCup(Number(cups.dataset.item), button.dataset.cup);
    if (button.dataset.act) this.#act(button.dataset.act);
  }

  #tappedCup(itemId, cup) {
    const item = this.#order.items.find((one) => one.id === itemId);
    const made = item.made ?? 0;
    const isTakenBack = cup === "less" || Number(cup) < made;
    const wanted = Math.min(item.quantity, Math.max(0, made + (isTakenBack ? -1 : 1)));
    this.#act("made", { item: itemId, made: wanted, before: made });
  }

  #act(act, detail = {}) {
    this.element.dispatchEvent(
      new CustomEvent("act", { bubbles: true, detail: { act, order: this.#order, ...detail } }),
    );
  }
}

/** Key of the lines, which may only change by drawing anew. */
function shapeOf(order) {
  return order.items.map((item) => `${item.id}:${item.quantity}:${item.product_name}`).join();
}

function optionElement(option) {
  const element = document.createElement("li");
  element.textContent = option.name;
  return element;
}

/** "4:05" left, or "+3 min" past the promise. */
export function timeText(left, texts) {
  if (left < 0) return texts.lateBy.replace("%s", Math.ceil(-left / 60_000));
  const minutes = Math.floor(left / 60_000);
  if (minutes >= 60) return texts.inHours.replace("%s", `${Math.floor(minutes / 60)}:${pad(minutes % 60)}`);
  return `${minutes}:${pad(Math.floor((left % 60_000) / 1000))}`;
}

function pad(number) {
  return String(number).padStart(2, "0");
}

function freeCups(order, texts) {
  const free = (order.discounts ?? []).filter((discount) => ["reward", "free_item", "stamps"].includes(discount.kind));
  return free.length ? texts.freeCup : "";
}
