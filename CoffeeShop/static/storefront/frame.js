/** The frame of every screen: tabs, the basket's bar, notices, and the manners of an installed app. */

import { isSignedOut } from "./session.js";

const SHELL = "/branches/"; // as the service worker keeps it
const NOTICE_MS = 6_000;
const SETTLED_MS = 1_500; // after loading

export class Frame {
  #shop;
  #main = document.getElementById("screen");
  #dialog = document.querySelector("dialog");
  #bar = document.querySelector(".basket-bar");
  #notice = document.querySelector(".notice");
  #offline = document.querySelector(".offline");
  #hasWorker = Boolean(navigator.serviceWorker?.controller);
  #timer;

  constructor(shop) {
    this.#shop = shop;
    shop.router.addEventListener("show", ({ detail }) => this.#show(detail));
    shop.router.addEventListener("failed", () => this.tell(shop.words.text("unreachable")));
    for (const part of [shop.basket, shop.menu]) part.addEventListener("change", () => this.#drawBar());
    shop.session.addEventListener("change", ({ detail }) => this.#met(detail));
    shop.api.addEventListener("signedout", () => this.tell(shop.words.text("signedOut")));
    shop.api.addEventListener("reach", ({ detail }) => (this.#offline.hidden = detail));
    addEventListener("offline", () => (this.#offline.hidden = false));
    shop.live.addEventListener("order", ({ detail }) => this.#heard(detail));
    this.#offline.hidden = navigator.onLine;
    document.addEventListener("error", ({ target }) => target.tagName === "IMG" && (target.hidden = true), true);
    this.#serve();
  }

  start() {
    const { branches, session, live, menu } = this.#shop;
    branches.load().catch(() => {});
    if (session.isSignedIn) {
      session.refresh().catch(() => {});
      live.start();
      this.#resume().catch(() => {}); // it is asked for again in the cart
    }
    document.addEventListener("visibilitychange", () => document.hidden || menu.refresh().catch(() => {}));
    this.#drawBar();
  }

  /** Retry an order whose answer was lost. */
  async #resume() {
    const { shelf, placing, router } = this.#shop;
    if (!shelf.read("placing")) return;
    const order = await (await placing()).resume();
    if (order) router.go(`/orders/${order.id}/`);
  }

  /** A word at the bottom, told to screen readers, too. */
  tell(text) {
    clearTimeout(this.#timer);
    this.#notice.textContent = text;
    this.#notice.hidden = false;
    this.#timer = setTimeout(() => (this.#notice.hidden = true), NOTICE_MS);
  }

  /** Text of an error. */
  explain(error) {
    const { words } = this.#shop;
    if (isSignedOut(error)) return words.text("signedOut");
    if (error.status === 429) return words.text("tooOften", { n: Math.ceil((error.retryAfter ?? 60) / 60) });
    if (error.code && words.has(`refused.${error.code}`)) return words.text(`refused.${error.code}`);
    return error.status ? error.message : words.text("unreachable");
  }

  fail(error) {
    this.tell(this.explain(error));
  }

  #show({ screen, parameters, before, scroll, isBack }) {
    if (before !== screen) {
      this.#notice.hidden = true;
      before?.leave?.();
      this.#dialog.close();
      this.#main.replaceChildren(screen.element);
    }
    screen.show(parameters);
    document.title = [screen.title, "CoffeeShop"].filter(Boolean).join(" · ");
    for (const tab of document.querySelectorAll(".tabs a")) {
      if (tab.dataset.tab === screen.tab) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    if (before && before !== screen) {
      scrollTo(0, scroll);
      if (!isBack || !scroll) screen.element.querySelector("h1")?.focus({ preventScroll: true });
    }
    this.#drawBar();
    this.#priceBasket(screen);
  }

  /** Load the menu for the basket's total on screens without one. */
  #priceBasket(screen) {
    const { basket, menu, language } = this.#shop;
    if (screen.hasNoBar || screen.tab === "menu" || menu.slug || !basket.quantity || !basket.branch) return;
    menu.open(basket.branch, language).catch(() => {});
  }

  #drawBar() {
    const { basket, words, router, menu } = this.#shop;
    const sum = basket.lines.reduce((total, line) => total + (menu.price(line) ?? 0) * line.quantity, 0);
    this.#bar.hidden = !basket.quantity || router.current?.hasNoBar === true;
    document.body.classList.toggle("has-bar", !this.#bar.hidden);
    this.#bar.querySelector(".basket-count").textContent = words.text("items", { n: basket.quantity });
    this.#bar.querySelector(".basket-sum").textContent = menu.branch ? words.money(sum, menu.currency) : "";
  }

  /** Somebody signed in or out, perhaps in another tab. */
  #met({ isOther }) {
    const { session, basket, language, live } = this.#shop;
    if (isOther && session.isSignedIn) this.#takeUp().catch(() => {});
    if (!session.isSignedIn) basket.disown();
    if (isOther) live.start();
    const wanted = session.user?.language;
    if (wanted && wanted !== language && this.#shop.shelf.read("spoken") !== wanted) this.speak(wanted);
  }

  /** What waits is settled first: lines that turn out to be ordered must not be put into the cart again. */
  async #takeUp() {
    await this.#resume().catch(() => {});
    await this.#shop.basket.recall();
  }

  /** The whole page in another language, also the one that is kept for times without a connection. */
  async speak(language) {
    this.#shop.shelf.write("spoken", language);
    document.cookie = `storefront_language=${language}; path=/; max-age=31536000; samesite=lax`;
    for (const name of (await globalThis.caches?.keys()) ?? []) await (await caches.open(name)).delete(SHELL);
    location.reload();
  }

  #heard({ order, before }) {
    const { words, router } = this.#shop;
    if (!before || before.status === order.status) return;
    const text = words.text(`told.${order.status}`, { number: order.number });
    if (order.status === "ready") navigator.vibrate?.([200, 100, 200]);
    if (!location.pathname.startsWith(`/orders/${order.id}/`) || document.hidden) this.tell(text);
    router.current?.heard?.(order);
  }

  /** The worker keeps the shell; when a new deploy has taken over, the next screen comes with it. */
  #serve() {
    const { serviceWorker } = navigator;
    if (!serviceWorker) return;
    // After the first screen: what it fetches is for the next visit.
    const register = () => serviceWorker.register("/service-worker.js").catch(() => {});
    if (document.readyState === "complete") register();
    else addEventListener("load", () => setTimeout(register, SETTLED_MS), { once: true });
    serviceWorker.addEventListener("controllerchange", () => {
      if (this.#hasWorker) this.#shop.router.leaveNext();
      this.#hasWorker = true;
    });
  }
}
