/** Cart and checkout in one: lines, where, when, for whom, code and free cup, and what it all costs. */

import { states } from "./branches.js";
import { Problems } from "./problems.js";
import { isSignedOut } from "./session.js";
import { View } from "./view.js";
import { When } from "./when.js";
import { cents } from "./words.js";

const OF_TIME = new Set(["branch_closed", "branch_paused", "slot_full"]);

export class CartScreen {
  tab = "menu";
  hasNoBar = true;
  #shop;
  #placing;
  #view = new View("cart-screen");
  #when;
  #problems;
  #refusal = null; // the last answer to "Order", until something changes
  #refused = ""; // what was wanted then
  #isBusy = false;
  #rewards = 0;

  constructor(shop, placing) {
    [this.#shop, this.#placing] = [shop, placing];
    const { slots } = this.#view;
    this.#when = new When(shop, slots, async () => {
      await this.#identify();
      if (!shop.basket.cart) await shop.basket.write();
    });
    this.#problems = new Problems(shop, this.#when);
    this.#when.addEventListener("change", () => this.#changed());
    shop.basket.addEventListener("change", () => (this.#wanted === this.#refused ? this.#draw() : this.#changed()));
    shop.basket.addEventListener("failed", ({ detail }) => this.#isShown && this.#shop.frame.fail(detail));
    for (const part of [shop.menu, placing, shop.branches]) part.addEventListener("change", () => this.#draw());
    shop.session.addEventListener("change", () => this.#draw());
    this.#view.on("form", "submit", (event) => this.#order(event)).on("promoSubmit", "submit", (event) => this.#promo(event));
    this.#view.on("ask", "click", () => this.#ask()).on("reward", "change", () => this.#reward());
    this.#view.on("removePromo", "click", () => this.#run(() => shop.basket.setPromo(null)));
    for (const name of ["name", "note"]) slots[name].addEventListener("input", () => shop.shelf.write(name, slots[name].value));
    for (const place of ["togo", "here"]) slots[place].addEventListener("change", () => shop.shelf.write("here", slots.here.checked));
  }

  get element() {
    return this.#view.element;
  }

  get title() {
    return this.#view.slots.title.textContent;
  }

  get #isShown() {
    return this.#shop.router.current === this;
  }

  async show() {
    const { basket, menu, language, session, shelf, branches } = this.#shop;
    const { slots } = this.#view;
    this.#refusal = null;
    slots.name.value = session.user?.first_name || shelf.read("name") || "";
    slots.note.value = shelf.read("note") ?? "";
    slots[shelf.read("here") ? "here" : "togo"].checked = true;
    this.#draw();
    const slug = basket.branch ?? branches.suggested;
    if (slug) await menu.open(slug, language).catch((error) => this.#shop.frame.fail(error));
    if (slug) branches.look(slug).catch(() => {});
    if (session.isSignedIn) {
      basket.recall().catch((error) => error.status && this.#shop.frame.fail(error));
      this.#lookForRewards();
    }
    this.#draw();
  }

  #changed() {
    if (!this.#isBusy) this.#refusal = null;
    this.#draw();
  }

  /** Key of what is ordered: writing or reading the same cart again makes no other. */
  get #wanted() {
    const { branch, lines, cart } = this.#shop.basket;
    return JSON.stringify([branch, lines, cart?.promo_code ?? "", cart?.use_reward ?? false]);
  }

  // --- What is shown -------------------------------------------------------------------------------------------------

  #draw() {
    if (!this.#isShown) return;
    const { basket, menu, branches } = this.#shop;
    const { slots } = this.#view;
    const isEmpty = !basket.lines.length;
    slots.empty.hidden = !isEmpty || Boolean(this.#placing.pending);
    slots.form.hidden = isEmpty;
    slots.pending.hidden = !this.#placing.pending || this.#isBusy;
    if (isEmpty || !menu.branch) return;
    const branch = { ...menu.branch, ...branches.find(menu.slug) };
    slots.lines.replaceChildren(...basket.lines.map((line, index) => this.#line(line, index)));
    this.#drawBranch(branch);
    this.#when.draw(branch, basket.cart?.ready_at);
    this.#drawPerson();
    this.#drawProblems();
    this.#drawSum();
    this.#drawPromo();
  }

  #line(line, index) {
    const { basket, menu, words, sheet } = this.#shop;
    const view = new View("cart-line");
    const [product, item] = [menu.products.get(line.product), basket.itemFor(line)];
    const name = product?.name ?? item?.product_name ?? words.text("goneProduct");
    const unit = item ? cents(item.unit_price) : (menu.price(line) ?? 0);
    const options = item ? item.options.map((option) => option.name) : menu.optionNames(line);
    view.picture("picture", product ?? { name }).fill({ name, options: options.join(", ") });
    view.slots.count.textContent = line.quantity;
    view.slots.sum.textContent = words.money(unit * line.quantity, menu.currency);
    view.slots.less.setAttribute("aria-label", words.text(line.quantity > 1 ? "less" : "remove", { name }));
    view.slots.more.setAttribute("aria-label", words.text("more", { name }));
    view.slots.edit.hidden = !product?.option_groups.length;
    view.on("less", "click", () => this.#count(index, line.quantity - 1, "less"));
    view.on("more", "click", () => this.#count(index, Math.min(99, line.quantity + 1), "more"));
    view.on("edit", "click", async () => (await sheet()).edit(index));
    const problems = item?.problems ?? (product?.is_available === false ? [this.#soldOut()] : product ? [] : [this.#soldOut()]);
    view.slots.problems.replaceChildren(...problems.map((problem) => this.#problems.view(problem, index)));
    return view.element;
  }

  #soldOut() {
    return { code: "product_unavailable", detail: this.#shop.words.text("soldOut") };
  }

  /** The list is drawn anew; the finger stays where it was. */
  #count(index, quantity, slot) {
    this.#shop.basket.change(index, { quantity });
    this.#view.slots.lines.children[index]?.querySelector(`[data-slot=${slot}]`)?.focus();
  }

  #drawBranch(branch) {
    const { words, branches } = this.#shop;
    this.#view.fill({ branchName: branch.name, branchAddress: branch.address, branchState: states(branch, words).state });
    this.#view.slots.branch.dataset.open = branch.is_open;
    this.#view.slots.sure.hidden = Boolean(branches.chosen) || branches.all.length < 2;
  }

  #drawPerson() {
    const { session } = this.#shop;
    this.#view.slots.person.hidden = session.isSignedIn && !session.isGuest;
    this.#view.slots.signIn.hidden = session.isSignedIn && !session.isGuest;
  }

  #drawProblems() {
    const { basket } = this.#shop;
    const moment = this.#when.moment;
    const ofCart = (basket.cart?.problems ?? []).filter((problem) => problem.item === null && !(moment && OF_TIME.has(problem.code)));
    const ofRefusal = this.#refusal ? [this.#refusal] : [];
    const codes = new Set(ofRefusal.map((problem) => problem.code));
    const all = [...ofRefusal, ...ofCart.filter((problem) => !codes.has(problem.code))];
    this.#view.slots.problems.replaceChildren(...all.map((problem) => this.#problems.view(problem)));
    this.#view.slots.order.disabled = this.#isBusy || Boolean(this.#placing.pending);
  }

  /** Total to pay: the server's where it has seen these lines, else our own sum. */
  #total() {
    const { basket, menu } = this.#shop;
    if (basket.cart) return cents(basket.cart.total_price);
    return basket.lines.reduce((sum, line) => sum + (menu.price(line) ?? 0) * line.quantity, 0);
  }

  #drawSum() {
    const { basket, words, menu } = this.#shop;
    const { slots } = this.#view;
    const discounts = basket.cart?.discounts ?? [];
    slots.discounts.replaceChildren(
      ...discounts.map(({ detail, code, amount }) => {
        return new View("sum-row").fill({ name: words.discount({ detail, code }), amount: `−${words.money(amount, menu.currency)}` }).element;
      }),
    );
    slots.subtotalRow.hidden = !discounts.length;
    slots.subtotal.textContent = basket.cart?.subtotal_price ? words.money(basket.cart.subtotal_price, menu.currency) : "";
    slots.total.textContent = words.money(this.#total(), menu.currency);
    slots.orderText.textContent = words.text(this.#isBusy ? "ordering" : "order");
    slots.orderSum.textContent = this.#isBusy ? "" : words.money(this.#total(), menu.currency);
    slots.order.setAttribute("aria-busy", this.#isBusy);
  }

  #drawPromo() {
    const { basket } = this.#shop;
    const code = basket.cart?.promo_code ?? basket.cart?.discounts?.find((one) => one.code)?.code ?? "";
    const isRefused = basket.cart?.problems.some((problem) => problem.code === "promo_not_applicable");
    this.#view.slots.promoForm.hidden = Boolean(code) || isRefused;
    this.#view.slots.promoSet.hidden = !code;
    this.#view.slots.promoCode.textContent = code;
    const isUsed = basket.cart?.use_reward ?? false;
    this.#view.slots.rewardRow.hidden = !this.#rewards && !isUsed;
    this.#view.slots.reward.checked = isUsed;
  }

  async #lookForRewards() {
    const { api } = this.#shop;
    this.#rewards = await api.get("/api/stamps/").then((stamps) => stamps.rewards, () => 0);
    this.#draw();
  }

  // --- What is done --------------------------------------------------------------------------------------------------

  async #promo(event) {
    event.preventDefault();
    const { basket } = this.#shop;
    const code = this.#view.slots.promo.value.trim();
    if (!code) return this.#view.slots.promo.focus();
    await this.#run(async () => {
      await this.#identify();
      await basket.setPromo(code);
      this.#view.slots.promo.value = "";
    });
  }

  #reward() {
    return this.#run(() => this.#shop.basket.useReward(this.#view.slots.reward.checked));
  }

  async #run(work) {
    await work().catch((error) => this.#shop.frame.fail(error));
    this.#draw();
  }

  /** An order needs somebody to belong to: without an account a guest is made, by the name alone. */
  async #identify() {
    const { session, shelf, language } = this.#shop;
    const name = this.#view.slots.name.value.trim();
    shelf.write("name", name);
    if (!session.isSignedIn) return session.becomeGuest(name, language);
    if (!session.user) await session.refresh();
    if (name && session.isGuest && session.user.first_name !== name) await session.change({ first_name: name });
  }

  async #order(event) {
    event.preventDefault();
    const { slots } = this.#view;
    if (this.#isBusy || this.#placing.pending) return;
    if (!slots.person.hidden && !slots.name.value.trim()) return this.#wantName();
    if (this.#when.moment === undefined) return slots.time.focus();
    this.#refusal = null;
    this.#setBusy(true);
    try {
      const order = await this.#place(this.#total());
      if (order) this.#ordered(order);
    } catch (error) {
      await this.#explain(error);
    }
    this.#setBusy(false);
  }

  /** Nothing is ordered that differs from what was on the screen. Resolves to the order, or null. */
  async #place(seen) {
    const { basket } = this.#shop;
    await this.#identify();
    if (!basket.cart) await basket.write();
    const moment = this.#when.moment;
    const isInTheWay = basket.cart.problems.some((problem) => !(moment && OF_TIME.has(problem.code)));
    if (isInTheWay) return null; // they are shown with the cart
    if (cents(basket.cart.total_price) !== seen) {
      this.#refusal = this.#changedTotal(basket.cart.total_price);
      return null;
    }
    return this.#placing.place({
      branch: basket.branch,
      note: this.#view.slots.note.value.trim(),
      pickup_at: moment,
      is_takeaway: this.#view.slots.togo.checked,
      expected_total: basket.cart.total_price,
    });
  }

  #ordered(order) {
    const { branches, live, router, shelf } = this.#shop;
    shelf.remove("note");
    branches.choose(order.branch); // it was the right shop
    live.take(order);
    live.start();
    router.go(`/orders/${order.id}/`);
  }

  async #explain(error) {
    const { basket, frame, menu, session, words } = this.#shop;
    if (error.status === 400) await menu.refresh().catch(() => {}); // what has left the menu is told at its line
    if (isSignedOut(error)) {
      this.#refusal = { code: "signed_out", detail: words.text("signedOutOrder") };
    } else if (error.code === "total_changed") {
      this.#refusal = this.#changedTotal(error.answer.total_price);
    } else if (error.status && error.code !== "cart_has_problems") {
      this.#refusal = { ...error.answer, detail: frame.explain(error) };
    } else if (!error.status && !this.#placing.pending) {
      this.#refusal = { code: "unreachable", detail: words.text("notSent") };
    }
    if (error.status === 409 && session.isSignedIn) await basket.recall().catch(() => {});
  }

  #changedTotal(total) {
    const { words, menu } = this.#shop;
    return { code: "total_changed", detail: words.text("totalChanged", { total: words.money(total, menu.currency) }) };
  }

  /** Retry the request that nobody has answered. */
  async #ask() {
    this.#setBusy(true);
    try {
      const order = await this.#placing.resume();
      if (order) this.#ordered(order);
    } catch (error) {
      await this.#explain(error);
    }
    this.#setBusy(false);
  }

  #wantName() {
    const { name, nameError } = this.#view.slots;
    nameError.textContent = this.#shop.words.text("nameMissing");
    name.setAttribute("aria-invalid", "true");
    name.focus();
    name.addEventListener("input", () => ((nameError.textContent = ""), name.removeAttribute("aria-invalid")), { once: true });
  }

  #setBusy(isBusy) {
    this.#isBusy = isBusy;
    this.#refused = this.#wanted;
    this.#draw();
    if (!isBusy) this.#view.slots.problems.querySelector("button:not([hidden])")?.focus();
  }
}
