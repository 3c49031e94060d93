/** One's orders: the open ones, favourites, and all before, each to be had again with a tap. */

import { isOwn } from "./session.js";
import { described } from "./usual.js";
import { View } from "./view.js";

export class OrdersScreen {
  tab = "orders";
  #shop;
  #view = new View("orders-screen");
  #next = null;
  #isLoaded = false;
  #times = 0; // that it was shown

  constructor(shop) {
    this.#shop = shop;
    this.#view.on("earlier", "click", () => this.#more()).on("retry", "click", () => this.show());
    shop.live.addEventListener("change", () => this.#drawOpen());
    shop.session.addEventListener("change", ({ detail }) => detail.isOther && shop.router.current === this && this.show());
  }

  get element() {
    return this.#view.element;
  }

  get title() {
    return this.#view.slots.title.textContent;
  }

  async show() {
    const { session, live, frame } = this.#shop;
    const { slots } = this.#view;
    slots.nobody.hidden = session.isSignedIn;
    for (const name of ["earlier", "past", "favourites", "empty", "problem"]) slots[name].hidden = true;
    this.#isLoaded = false;
    const time = (this.#times += 1);
    slots.pastList.replaceChildren();
    this.#drawOpen();
    if (!session.isSignedIn) return;
    live.start();
    this.#loadFavourites();
    try {
      const orders = await this.#shop.api.get(await session.ownOrders("page_size=20"));
      if (time !== this.#times) return; // shown again meanwhile, perhaps to somebody else
      this.#take(orders);
      this.#isLoaded = true;
      this.#drawOpen();
    } catch (error) {
      this.#view.fill({ problemText: frame.explain(error) });
      slots.problem.hidden = false;
    }
  }

  #drawOpen() {
    const { live } = this.#shop;
    const { open, pastList, empty } = this.#view.slots;
    open.replaceChildren(...live.open.map((order) => this.#openCard(order)));
    empty.hidden = !this.#isLoaded || Boolean(pastList.children.length || live.open.length);
  }

  #openCard(order) {
    const { words, branches } = this.#shop;
    const zone = branches.find(order.branch)?.timezone;
    const moment = order.promised_at ?? order.pickup_at;
    const isWaiting = moment && order.status !== "ready";
    const view = new View("open-order").fill({
      status: words.text(`status.${order.status}`),
      promise: isWaiting ? words.text("readyAt", { time: words.time(moment, zone) }) : "",
      items: order.items.map(described).join(" + "),
    });
    view.slots.number.textContent = order.number;
    view.element.dataset.status = order.status;
    view.slots.link.href = `/orders/${order.id}/`;
    return view.element;
  }

  #take({ results, next }) {
    const past = results.filter((order) => isOwn(order) && ["completed", "cancelled"].includes(order.status));
    this.#view.slots.pastList.append(...past.map((order) => this.#pastRow(order)));
    this.#view.slots.past.hidden = !this.#view.slots.pastList.children.length;
    this.#next = next && next.slice(next.indexOf("/api/"));
    this.#view.slots.earlier.hidden = !next;
  }

  #more() {
    return this.#run(async () => this.#take(await this.#shop.api.get(this.#next)));
  }

  #pastRow(order) {
    const { words, branches } = this.#shop;
    const branch = branches.find(order.branch);
    const view = new View("past-order").fill({
      items: order.items.map(described).join(" + "),
      when: [words.time(order.created_at, branch?.timezone), branch?.name].filter(Boolean).join(" · "),
      cancelled: order.status === "cancelled" ? words.text("status.cancelled") : "",
      total: words.money(order.total_price, order.currency),
    });
    view.slots.link.href = `/orders/${order.id}/`;
    view.on("again", "click", () => this.#run(() => this.#again(order)));
    return view.element;
  }

  async #again(order) {
    const { basket, router, frame, words } = this.#shop;
    const skipped = await basket.reorder(order.id, order.branch);
    if (skipped.length) frame.tell(words.text("skipped", { names: skipped.map((one) => one.product_name).join(", ") }));
    if (basket.quantity) router.go("/cart/");
  }

  async #loadFavourites() {
    const { api } = this.#shop;
    const answer = await api.get("/api/favourites/?page_size=100").catch(() => []);
    const favourites = answer.results ?? answer;
    this.#view.slots.favouriteList.replaceChildren(...favourites.map((one) => this.#favourite(one)));
    this.#view.slots.favourites.hidden = !favourites.length;
  }

  #favourite({ id, name }) {
    const { api, basket, branches, router, frame, words } = this.#shop;
    const view = new View("favourite").fill({ name });
    view.on("order", "click", () =>
      this.#run(async () => {
        if (!basket.branch) basket.moveTo(branches.suggested);
        if (basket.isDirty) await basket.write();
        await api.post(`/api/favourites/${id}/order/?branch=${basket.branch}`);
        await basket.recall();
        router.go("/cart/");
      }),
    );
    view.slots.remove.setAttribute("aria-label", words.text("remove", { name }));
    view.on("remove", "click", () =>
      this.#run(async () => {
        await api.delete(`/api/favourites/${id}/`);
        view.element.remove();
        frame.tell(words.text("removed", { name }));
      }),
    );
    return view.element;
  }

  async #run(work) {
    await work().catch((error) => this.#shop.frame.fail(error));
  }
}
