/** One product, large: its options, how many, and what that costs. Also changes a line that is in the basket already. */

import { isToBeHad, usualOptions } from "./menu.js";
import { View } from "./view.js";
import { cents } from "./words.js";

export class Sheet {
  #shop;
  #dialog = document.querySelector("dialog");
  #view = null;
  #product = null;
  #line = null; // the index of the line that is changed
  #quantity = 1;

  constructor(shop) {
    this.#shop = shop;
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#leave();
    });
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#leave());
    this.#dialog.addEventListener("close", () => (this.#product = null));
    shop.menu.addEventListener("change", () => this.#refresh());
  }

  /** A product of the menu that is shown. */
  open(id) {
    this.#show(this.#shop.menu.products.get(id), null, null);
  }

  /** A line of the basket. */
  edit(index) {
    const line = this.#shop.basket.lines[index];
    this.#show(this.#shop.menu.products.get(line.product), index, line);
  }

  close() {
    this.#dialog.close();
  }

  #leave() {
    const { router, menu } = this.#shop;
    if (this.#line === null) router.back(`/at/${menu.slug}/`);
    else this.close();
  }

  #show(product, index, line) {
    const { words, menu, router } = this.#shop;
    if (!product) {
      if (index === null && menu.branch) router.replace(`/at/${menu.slug}/`);
      return;
    }
    [this.#product, this.#line, this.#quantity] = [product, index, line?.quantity ?? 1];
    this.#view = new View("product-sheet").picture("picture", product, "medium");
    this.#view.fill({ name: product.name, description: product.description });
    this.#view.slots.soldOut.hidden = product.is_available;
    const chosen = new Set(line?.options ?? usualOptions(product));
    this.#view.slots.groups.replaceChildren(...product.option_groups.map((group) => this.#group(group, chosen)));
    this.#view.on("close", "click", () => this.#leave()).on("form", "submit", (event) => this.#take(event));
    this.#view.on("less", "click", () => this.#count(-1)).on("more", "click", () => this.#count(1));
    this.#view.on("form", "change", (event) => this.#limit(event.target));
    this.#view.on("favourite", "click", () => this.#keep());
    this.#view.slots.favourite.hidden = index !== null;
    this.#view.slots.takeText.textContent = words.text(line ? "change" : "add");
    this.#dialog.replaceChildren(this.#view.element);
    this.#dialog.setAttribute("aria-label", product.name);
    for (const group of this.#view.element.querySelectorAll("fieldset")) this.#limitGroup(group);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    this.#view.slots.name.focus({ preventScroll: true });
    this.#draw();
  }

  #group(group, chosen) {
    const { words } = this.#shop;
    const view = new View("option-group").fill({ name: group.name, rule: this.#rule(group) });
    const isOne = group.max_choices === 1 && group.min_choices === 1;
    Object.assign(view.element.dataset, { most: group.max_choices, least: group.min_choices });
    for (const option of group.options.filter((one) => one.is_active)) {
      const delta = cents(option.price_delta);
      const row = new View("option").fill({ name: option.name, delta: delta ? signed(words, delta) : "" });
      const { input } = row.slots;
      Object.assign(input, { type: isOne ? "radio" : "checkbox", name: `group-${group.id}`, value: option.id });
      input.disabled = !isToBeHad(option);
      row.slots.out.hidden = !input.disabled;
      input.checked = chosen.has(option.id) && !input.disabled;
      view.slots.options.append(row.element);
    }
    return view.element;
  }

  #rule({ min_choices: least, max_choices: most }) {
    const { words } = this.#shop;
    if (least && least === most) return words.text("chooseExactly", { n: least });
    if (least) return words.text("chooseBetween", { least, most });
    return most > 1 ? words.text("chooseUpTo", { n: most }) : words.text("ifYouLike");
  }

  /** A group of at most one changes its mind; a fuller one lets no more be ticked. */
  #limit(input) {
    const group = input.closest("fieldset");
    if (!group) return;
    if (group.dataset.most === "1" && input.checked) {
      for (const other of group.querySelectorAll("input")) if (other !== input) other.checked = false;
    }
    this.#limitGroup(group);
    this.#draw();
  }

  #limitGroup(group) {
    const boxes = [...group.querySelectorAll("input[type=checkbox]")];
    const isFull = Number(group.dataset.most) > 1 && boxes.filter((box) => box.checked).length >= Number(group.dataset.most);
    for (const box of boxes) {
      const isOut = !box.closest(".option").querySelector(".option-out").hidden;
      box.disabled = isOut || (isFull && !box.checked);
    }
  }

  #count(change) {
    this.#quantity = Math.min(99, Math.max(1, this.#quantity + change));
    this.#draw();
  }

  #chosen() {
    return [...this.#view.element.querySelectorAll("input:checked")].map((input) => Number(input.value)).filter(Boolean);
  }

  #draw() {
    const { words, menu } = this.#shop;
    const price = menu.price({ product: this.#product.id, options: this.#chosen() }) ?? 0;
    const { count, takePrice, less, take } = this.#view.slots;
    count.textContent = this.#quantity;
    takePrice.textContent = words.money(price * this.#quantity, menu.currency);
    less.disabled = this.#quantity <= 1;
    take.disabled = !this.#product.is_available;
  }

  #take(event) {
    event.preventDefault();
    const { basket, frame, words, router, menu } = this.#shop;
    const missing = [...this.#view.element.querySelectorAll("fieldset")].find(
      (group) => group.querySelectorAll("input:checked").length < Number(group.dataset.least),
    );
    if (missing) {
      missing.classList.add("is-missing");
      return (missing.querySelector("input:not(:disabled)") ?? missing).focus();
    }
    const values = { options: this.#chosen().sort((one, other) => one - other), quantity: this.#quantity };
    if (this.#line !== null) {
      basket.change(this.#line, values);
      return this.close();
    }
    basket.add(this.#product.id, values.options, values.quantity);
    frame.tell(words.text("added", { name: this.#product.name }));
    return router.back(`/at/${menu.slug}/`);
  }

  /** A favourite belongs to somebody: without an account, to a guest. */
  async #keep() {
    const { api, session, language, frame, words, menu } = this.#shop;
    const [product, options] = [this.#product.id, this.#chosen()];
    const name = [this.#product.name, ...menu.optionNames({ product, options })].join(", ").slice(0, 100);
    this.#view.slots.favourite.disabled = true;
    try {
      if (!session.isSignedIn) await session.becomeGuest("", language);
      await api.post("/api/favourites/", { name, product, options });
      frame.tell(words.text("keptFavourite", { name }));
    } catch (error) {
      frame.fail(error);
      this.#view.slots.favourite.disabled = false;
    }
  }

  /** The menu has changed under the sheet: what has run out says so. */
  #refresh() {
    const product = this.#product && this.#shop.menu.products.get(this.#product.id);
    if (!product || !this.#dialog.open) return;
    this.#product = product;
    this.#view.slots.soldOut.hidden = product.is_available;
    this.#draw();
  }
}

function signed(words, delta) {
  return `${delta > 0 ? "+" : "−"}${words.money(Math.abs(delta))}`;
}
