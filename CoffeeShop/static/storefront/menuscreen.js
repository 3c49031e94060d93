/** The branch's menu: one's usual, categories as chips, a search, and every product with its picture. */

import { minutesUntil, states } from "./branches.js";
import { painted, View } from "./view.js";

const OLD_MS = 90_000;
const SETTLED_MS = 1_500; // after the first look at it

export class MenuScreen {
  tab = "menu";
  #shop;
  #view = new View("menu-screen");
  #sections = [];
  #observer;

  constructor(shop) {
    this.#shop = shop;
    const { menu, branches, basket, usual } = shop;
    menu.addEventListener("change", () => this.#draw());
    menu.addEventListener("age", () => this.#drawHead());
    branches.addEventListener("change", () => (this.#drawHead(), this.#drawUsual()));
    basket.addEventListener("change", () => this.#drawCounts());
    usual.addEventListener("change", () => this.#drawUsual());
    this.#view.on("search", "input", () => this.#filter()).on("retry", "click", () => this.#open(menu.slug));
    this.#view.on("usualButton", "click", () => this.#orderUsual());
    this.#view.on("searchForm", "submit", (event) => event.preventDefault());
    this.#observer = new IntersectionObserver((entries) => this.#mark(entries), { rootMargin: "-30% 0px -60% 0px" });
  }

  get element() {
    return this.#view.element;
  }

  get title() {
    return this.#shop.menu.branch?.name;
  }

  async show({ branch, product }) {
    const { branches, router, basket } = this.#shop;
    if (!branch) {
      if (!branches.suggested) await branches.load().catch(() => {});
      if (!branches.suggested) return this.#fail();
      if (location.pathname === "/") router.replace(`/at/${branches.suggested}/`);
      return;
    }
    if (!basket.branch || branches.chosen) basket.moveTo(branch);
    if (branches.chosen && branches.chosen !== branch) branches.choose(branch);
    await this.#open(branch);
    if (product) this.#openSheet(Number(product)).catch((error) => this.#shop.frame.fail(error));
    else document.querySelector("dialog").close();
    this.#drawHead();
    await painted();
    this.#shop.usual.refresh();
    branches.look(branch).catch(() => {}); // when it would be ready is good to know, and no more
  }

  async #openSheet(product) {
    const path = location.pathname;
    const sheet = await this.#shop.sheet();
    if (location.pathname === path) sheet.open(product); // not gone back meanwhile
  }

  async #open(branch) {
    const { menu, language, words } = this.#shop;
    this.#view.slots.problem.hidden = true;
    try {
      await menu.open(branch, language);
    } catch (error) {
      if (error.status === 404) return this.#shop.router.replace("/branches/");
      this.#fail(error);
    }
    words.currency = menu.currency ?? words.currency;
  }

  #fail(error) {
    const { frame, words } = this.#shop;
    this.#view.slots.waiting.hidden = true;
    this.#view.fill({ problemText: error ? frame.explain(error) : words.text("unreachable") });
    this.#view.slots.problem.hidden = false;
  }

  // --- The head ------------------------------------------------------------------------------------------------------

  #drawHead() {
    const { menu, branches, words, session } = this.#shop;
    if (!menu.branch) return;
    const branch = { ...menu.branch, ...branches.find(menu.slug) };
    const name = session.user?.first_name;
    const greeting = words.text(`greeting.${partOfDay()}`);
    this.#view.fill({ title: name ? words.text("greetingName", { greeting, name }) : greeting, branch: branch.name });
    this.#view.fill({ ...states(branch, words), address: branch.address, age: this.#age() });
    this.#view.slots.where.hidden = false;
    this.#view.slots.head.dataset.open = branch.is_open;
    const isUnsure = !branches.chosen && branches.all.length > 1;
    this.#view.slots.pick.hidden = !isUnsure;
    if (isUnsure) this.#drawPick();
  }

  #drawPick() {
    const { branches, menu, basket } = this.#shop;
    const chips = branches.all.slice(0, 6).map((branch) => {
      const view = new View("pick-chip").fill({ name: branch.name.replace(/^CoffeeShop /, "") });
      view.slots.name.href = `/at/${branch.slug}/`;
      if (branch.slug === menu.slug) view.slots.name.setAttribute("aria-current", "true");
      view.on("name", "click", () => {
        branches.choose(branch.slug);
        basket.moveTo(branch.slug);
      });
      return view.element;
    });
    this.#view.slots.pickList.replaceChildren(...chips);
  }

  #age() {
    const { menu, words } = this.#shop;
    const isOld = !menu.isFresh && menu.at && Date.now() - menu.at > OLD_MS;
    return isOld ? words.text("menuAge", { age: words.fromNow(menu.at) }) : "";
  }

  // --- One's usual ---------------------------------------------------------------------------------------------------

  #drawUsual() {
    const { usual, words, menu } = this.#shop;
    const kept = usual.here(menu.slug);
    this.#view.slots.usual.hidden = !kept;
    if (!kept) return;
    const ready = this.#shop.branches.find(menu.slug)?.ready_at;
    this.#view.fill({ usualName: kept.title, usualPrice: words.money(kept.total, kept.currency) });
    this.#view.fill({ usualReady: ready ? words.text("readyIn", { n: minutesUntil(ready) }) : "" });
    this.#view.picture("usualPicture", menu.products.get(kept.product) ?? { name: kept.title });
  }

  async #orderUsual() {
    const { usual, basket, router, frame, menu, words } = this.#shop;
    this.#view.slots.usualButton.disabled = true;
    try {
      const skipped = await basket.reorder(usual.here(menu.slug).order, menu.slug);
      if (skipped.length) frame.tell(words.text("skipped", { names: skipped.map((one) => one.product_name).join(", ") }));
      if (basket.quantity) router.go("/cart/");
    } catch (error) {
      frame.fail(error);
    }
    this.#view.slots.usualButton.disabled = false;
  }

  // --- The menu ------------------------------------------------------------------------------------------------------

  #draw() {
    const { menu } = this.#shop;
    this.#view.slots.waiting.hidden = true;
    this.#view.slots.body.hidden = false;
    this.#observer.disconnect();
    this.#sections = menu.categories.map((category) => this.#section(category));
    this.#view.slots.sections.replaceChildren(...this.#sections.map((section) => section.view.element));
    this.#view.slots.chips.replaceChildren(...this.#sections.map((section) => section.chip));
    for (const { view } of this.#sections) this.#observer.observe(view.element);
    this.#filter();
    this.#drawHead();
    this.#drawCounts();
    this.#drawUsual();
    setTimeout(() => this.#drawWhole(), SETTLED_MS);
  }

  /** Until then only what is near the screen is laid out, and the height of the rest is a guess. */
  #drawWhole() {
    this.#view.slots.sections.toggleAttribute("data-whole", true);
  }

  #section(category) {
    const view = new View("menu-section").fill({ name: category.name, description: category.description });
    view.element.id = `category-${category.slug}`;
    view.element.setAttribute("aria-labelledby", (view.slots.name.id = `name-${category.slug}`));
    const cards = category.products.map((product) => ({ product, view: this.#card(product) }));
    view.slots.products.append(...cards.map((card) => card.view.element));
    const chip = new View("chip").fill({ name: category.name }).element;
    chip.addEventListener("click", () => (this.#drawWhole(), view.element.scrollIntoView({ behavior: "smooth" })));
    return { category, view, cards, chip };
  }

  #card(product) {
    const { words, menu } = this.#shop;
    const view = new View("product-card").picture("picture", product);
    const isSimple = product.option_groups.length === 0;
    view.fill({ name: product.name, description: product.description, price: words.money(product.price, menu.currency) });
    view.slots.from.hidden = !product.option_groups.some((group) => group.min_choices);
    view.slots.soldOut.hidden = product.is_available;
    view.element.classList.toggle("is-sold-out", !product.is_available);
    view.slots.link.href = `/at/${menu.slug}/${product.id}/`;
    view.slots.add.hidden = !product.is_available;
    view.slots.add.setAttribute("aria-label", words.text(isSimple ? "addOne" : "chooseOne", { name: product.name }));
    view.on("add", "click", () => (isSimple ? this.#add(product) : view.slots.link.click()));
    return view;
  }

  #add(product) {
    const { basket, frame, words } = this.#shop;
    basket.add(product.id, []);
    frame.tell(words.text("added", { name: product.name }));
  }

  #drawCounts() {
    const counts = new Map();
    for (const { product, quantity } of this.#shop.basket.lines) counts.set(product, (counts.get(product) ?? 0) + quantity);
    for (const { product, view } of this.#sections.flatMap((section) => section.cards)) {
      view.fill({ count: String(counts.get(product.id) ?? "") });
    }
  }

  #filter() {
    const text = this.#view.slots.search.value.trim();
    const matches = this.#shop.menu.search(text);
    let found = 0;
    for (const { category, view, cards, chip } of this.#sections) {
      let shown = 0;
      for (const { product, view: card } of cards) {
        card.element.hidden = !matches(product, category);
        if (!card.element.hidden) shown += 1;
      }
      view.element.hidden = chip.hidden = !shown;
      found += shown;
    }
    this.#view.fill({ nothing: found ? "" : this.#shop.words.text("nothingFound", { text }) });
    this.#view.slots.found.textContent = text ? this.#shop.words.text("found", { n: found }) : "";
  }

  /** The chip of what is being looked at. */
  #mark(entries) {
    const isTop = scrollY < innerHeight / 4; // above the first of them, which is the next to come
    const shown = isTop ? this.#sections[0]?.view.element : entries.find((entry) => entry.isIntersecting)?.target;
    if (!shown) return;
    for (const { view, chip } of this.#sections) {
      const isHere = view.element === shown;
      chip.querySelector("button").toggleAttribute("data-here", isHere);
      if (isHere) chip.parentElement?.scrollTo({ left: chip.offsetLeft - 24, behavior: "smooth" });
    }
  }
}

function partOfDay() {
  const hour = new Date().getHours();
  if (hour < 5 || hour >= 22) return "night";
  return hour < 12 ? "morning" : hour < 18 ? "day" : "evening";
}
