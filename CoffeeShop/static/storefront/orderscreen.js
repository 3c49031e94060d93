/** One order, live: its number large, when it is ready, how far it is, and what its customer may do. */

import { minutesUntil } from "./branches.js";
import { described } from "./usual.js";
import { View } from "./view.js";
import { cents } from "./words.js";

const STEPS = ["pending", "accepted", "preparing", "ready"];
const TICK_MS = 15_000;

export class OrderScreen {
  tab = "orders";
  hasNoBar = true;
  #shop;
  #view = new View("order-screen");
  #id = null;
  #order = null;
  #ticker;

  constructor(shop) {
    this.#shop = shop;
    this.#view.on("cancel", "click", () => this.#askToCancel()).on("keep", "click", () => this.#askToCancel(false));
    this.#view.on("really", "click", () => this.#run(() => this.#cancel()));
    this.#view.on("missing", "click", () => this.#run(() => this.#missing()));
    this.#view.on("share", "click", () => this.#run(() => this.#share())).on("again", "click", () => this.#run(() => this.#again()));
    this.#view.on("retry", "click", () => this.#load());
    shop.live.addEventListener("order", ({ detail }) => detail.order.id === this.#id && this.#draw(detail.order));
  }

  get element() {
    return this.#view.element;
  }

  get title() {
    return this.#order ? this.#shop.words.text("orderTitle", { number: this.#order.number }) : "";
  }

  show({ id }) {
    const { live } = this.#shop;
    this.#id = Number(id);
    this.#order = live.orders.get(this.#id) ?? null;
    this.#askToCancel(false);
    this.#view.slots.body.hidden = !this.#order;
    this.#view.slots.heading.hidden = Boolean(this.#order);
    this.#view.slots.problem.hidden = true;
    if (this.#order) this.#draw(this.#order);
    this.#load();
    clearInterval(this.#ticker);
    this.#ticker = setInterval(() => this.#order && this.#drawPromise(), TICK_MS);
  }

  leave() {
    clearInterval(this.#ticker);
  }

  async #load() {
    const { live, frame, words } = this.#shop;
    try {
      await live.load(this.#id);
      live.start();
      this.#view.slots.problem.hidden = true;
    } catch (error) {
      const isAway = [401, 404].includes(error.status) || error.message === "";
      this.#view.fill({ problemText: isAway && error.status ? words.text("notYourOrder") : frame.explain(error) });
      this.#view.slots.retry.hidden = isAway;
      this.#view.slots.others.hidden = !isAway;
      this.#view.slots.problem.hidden = false;
    }
  }

  #draw(order) {
    const { words, branches, session } = this.#shop;
    this.#order = order;
    const { slots } = this.#view;
    slots.body.hidden = false;
    slots.heading.hidden = true;
    slots.ticket.dataset.status = order.status;
    slots.number.textContent = order.number;
    document.title = `${this.title} · CoffeeShop`;
    const branch = branches.find(order.branch);
    this.#view.fill({
      name: order.customer_name ? words.text("for", { name: order.customer_name }) : "",
      status: words.text(`status.${order.status}`),
      place: [branch?.name, branch?.address].filter(Boolean).join(", "),
      pickupPlace: order.status === "ready" || order.status === "preparing" ? (order.pickup_place ?? "") : "",
      kind: words.text(order.is_takeaway === false ? "here" : "toGo"),
      note: order.note,
      reason: words.has(`reason.${order.cancel_reason}`) ? words.text(`reason.${order.cancel_reason}`) : order.cancel_reason,
    });
    slots.place.href = `/at/${order.branch}/`;
    this.#drawSteps();
    this.#drawPromise();
    this.#drawItems();
    this.#drawActions();
    slots.claim.hidden = !session.isGuest;
  }

  #drawSteps() {
    const at = STEPS.indexOf(this.#order.status === "completed" ? "ready" : this.#order.status);
    this.#view.slots.steps.hidden = at < 0;
    [...this.#view.slots.steps.children].forEach((step, index) => {
      step.dataset.state = index < at ? "done" : index === at ? "now" : "next";
      if (index === at) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
    const { items } = this.#order;
    const [all, made] = [sum(items, "quantity"), sum(items, "made")];
    const share = { pending: 0.06, accepted: 0.14, preparing: 0.2 + 0.7 * (all ? made / all : 0) }[this.#order.status] ?? 1;
    this.#view.slots.ticket.style.setProperty("--full", share.toFixed(2));
  }

  #drawPromise() {
    const { words, branches } = this.#shop;
    const order = this.#order;
    const zone = branches.find(order.branch)?.timezone;
    const moment = order.promised_at ?? order.pickup_at;
    const isOpen = ["pending", "accepted", "preparing"].includes(order.status);
    let promise = "";
    if (isOpen && moment) {
      const isLate = new Date(moment) < Date.now();
      const values = { time: words.time(moment, zone), n: minutesUntil(moment) };
      promise = words.text(isLate ? "soonReady" : new Date(moment) - Date.now() > 3600_000 ? "readyAt" : "readyAtIn", values);
    }
    const isLater = isOpen && order.first_promised_at && moment && new Date(moment) > new Date(order.first_promised_at);
    this.#view.fill({ promise, later: isLater ? words.text("putOff", { time: words.time(order.first_promised_at, zone) }) : "" });
  }

  #drawItems() {
    const { words } = this.#shop;
    const { items, discounts = [], total_price: total, currency } = this.#order;
    this.#view.slots.items.replaceChildren(
      ...items.map((item) => {
        const name = item.quantity > 1 ? `${item.quantity} × ${item.product_name}` : item.product_name;
        const options = item.options.map((option) => option.name).join(", ");
        return new View("order-item").fill({ name, options, amount: words.money(item.subtotal, currency) }).element;
      }),
      ...discounts.map(({ detail, code, amount }) => {
        const name = words.discount({ detail, code });
        return new View("order-item").fill({ name, options: "", amount: `−${words.money(amount, currency)}` }).element;
      }),
    );
    this.#view.slots.total.textContent = words.money(total, currency);
    this.#view.fill({ pay: this.#order.paid_at || cents(total) === 0 || !this.#isOpen ? "" : words.text("payAtCounter") });
  }

  get #isOpen() {
    return STEPS.includes(this.#order.status);
  }

  #drawActions() {
    const { status, allowed_statuses: allowed = [], missing_at: missing } = this.#order;
    const { slots } = this.#view;
    slots.cancelRow.hidden = !allowed.includes("cancelled") || !["pending", "accepted"].includes(status);
    slots.missing.hidden = status !== "ready";
    this.#view.fill({ missingTold: status === "ready" && missing ? this.#shop.words.text("missingTold") : "" });
    slots.again.hidden = this.#isOpen;
    slots.share.hidden = !this.#isOpen;
  }

  // --- What is done --------------------------------------------------------------------------------------------------

  #askToCancel(isAsked = true) {
    const { cancel, sure, really } = this.#view.slots;
    const hadFocus = this.element.contains(document.activeElement);
    sure.hidden = !isAsked;
    cancel.hidden = isAsked;
    if (isAsked) really.focus();
    else if (hadFocus && document.activeElement !== this.element) cancel.focus();
  }

  async #cancel() {
    const { api, live } = this.#shop;
    live.take(await api.patch(`/api/orders/${this.#id}/`, { status: "cancelled" }));
    this.#askToCancel(false);
  }

  async #missing() {
    const { api, live } = this.#shop;
    live.take(await api.post(`/api/orders/${this.#id}/missing/`));
  }

  async #again() {
    const { basket, router, frame, words } = this.#shop;
    const skipped = await basket.reorder(this.#id, this.#order.branch);
    if (skipped.length) frame.tell(words.text("skipped", { names: skipped.map((one) => one.product_name).join(", ") }));
    if (basket.quantity) router.go("/cart/");
  }

  /** For whoever fetches it: number, name and place, and a page that shows how far it is. */
  async #share() {
    const { api, words, branches, frame } = this.#shop;
    const { number, branch, items, customer_name: name } = this.#order;
    const shop = branches.find(branch);
    const place = [shop?.name, shop?.address].filter(Boolean).join(", ");
    const text = words.text("shareText", { number, name, place, items: items.map(described).join("; ") });
    const { url } = await api.get(`/api/orders/${this.#id}/share/`);
    try {
      if (navigator.share) return await navigator.share({ title: this.title, text, url });
      await navigator.clipboard.writeText(`${text}\n${url}`);
      frame.tell(words.text("copied"));
    } catch (error) {
      if (error.name !== "AbortError") frame.tell(`${text} ${url}`);
    }
  }

  async #run(work) {
    try {
      await work();
    } catch (error) {
      this.#shop.frame.fail(error);
      this.#load();
    }
  }
}

function sum(rows, name) {
  return rows.reduce((total, row) => total + (row[name] ?? 0), 0);
}
