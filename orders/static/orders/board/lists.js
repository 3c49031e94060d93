/** Lists beside the tickets: the row of what is ready, the drawer, the all-day list, the last forty. */

import { dueAt, isMissing } from "./book.js";
import { timeAt } from "./clock.js";

const RECALLED = 40;

export class Lists {
  laterCount = 0;
  #texts;

  constructor(texts) {
    this.#texts = texts;
  }

  show({ orders, later, toMake, timeZone }) {
    this.#showReady(orders.filter((order) => order.status === "ready"));
    this.#showLater(later, timeZone);
    this.#showDay(toMake);
    this.#showRecall(orders.filter((order) => ["ready", "completed", "cancelled"].includes(order.status)));
  }

  #showReady(orders) {
    keyed(find("ready-list"), orders, (order) => order.id, () => clone("ready-template"), (row, order) => {
      row.dataset.order = order.id;
      row.querySelector(".ready-number").textContent = order.number;
      row.querySelector(".ready-name").textContent = order.customer_name ?? "";
      row.querySelector(".ready-unpaid").hidden = Boolean(order.paid_at);
      row.querySelector(".ready-missing").hidden = !isMissing(order);
      row.classList.toggle("is-missing", isMissing(order));
    });
    find("ready-count").textContent = orders.length;
    find("ready-empty").hidden = orders.length > 0;
  }

  #showLater(orders, timeZone) {
    this.laterCount = orders.length;
    find("later-count").textContent = orders.length;
    find("later-empty").hidden = orders.length > 0;
    keyed(find("later-list"), orders, (order) => order.id, () => document.createElement("li"), (row, order) => {
      const cups = order.items.map((item) => `${item.quantity} × ${item.product_name}`).join(", ");
      row.textContent = `${timeAt(dueAt(order), timeZone)} · ${order.number} ${order.customer_name ?? ""} · ${cups}`;
    });
  }

  /** Count each drink with the same options that is still to be made. */
  #showDay(orders) {
    const counts = new Map();
    for (const item of orders.flatMap((order) => order.items)) {
      const name = [item.product_name, ...item.options.map((option) => option.name)].join(" · ");
      const left = item.quantity - (item.made ?? 0);
      if (left > 0) counts.set(name, (counts.get(name) ?? 0) + left);
    }
    const rows = [...counts].sort((one, other) => other[1] - one[1]);
    find("day-count").textContent = rows.reduce((sum, [, count]) => sum + count, 0);
    find("day-empty").hidden = rows.length > 0;
    keyed(find("day-list"), rows, ([name]) => name, () => document.createElement("li"), (row, [name, count]) => {
      row.textContent = `${count} × ${name}`;
    });
  }

  #showRecall(orders) {
    const last = orders.toSorted((one, other) => Date.parse(other.updated_at) - Date.parse(one.updated_at)).slice(0, RECALLED);
    find("recall-empty").hidden = last.length > 0;
    keyed(find("recall-list"), last, (order) => order.id, () => clone("recall-template"), (row, order) => {
      row.querySelector("button").dataset.recall = order.id;
      row.querySelector(".recall-number").textContent = order.number;
      row.querySelector(".recall-name").textContent = order.customer_name ?? "";
      row.querySelector(".recall-status").textContent = this.#texts.statuses[order.status];
    });
  }
}

/** Elements for rows, each kept as long as its row is there, so that nothing under a finger is made anew. */
function keyed(list, rows, keyOf, make, fill) {
  const present = new Map([...list.children].map((element) => [element.dataset.key, element]));
  rows.forEach((row, index) => {
    const key = String(keyOf(row));
    const element = present.get(key) ?? make();
    present.delete(key);
    element.dataset.key = key;
    fill(element, row);
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  present.forEach((element) => element.remove());
}

function clone(name) {
  return find(name).content.firstElementChild.cloneNode(true);
}

function find(name) {
  return document.querySelector(`.${name}`);
}
