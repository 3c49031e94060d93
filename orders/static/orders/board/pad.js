/** Types in an order at the counter: drinks, their options, a name, paid or not. Nothing is sent before the last tap. */

import { uuid } from "../../realtime/uuid.js";

export class Pad {
  #dialog;
  #request;
  #slug;
  #texts;
  #menu = null;
  #lines = []; // {product, options: [option], quantity}
  #key = null; // of the order that is being sent: a repetition is the same order
  #onplaced;

  constructor(dialog, { request, slug, texts, onplaced }) {
    this.#dialog = dialog;
    this.#request = request;
    this.#slug = slug;
    this.#texts = texts;
    this.#onplaced = onplaced;
    this.#find("pad-categories").addEventListener("click", (event) => this.#chooseCategory(event.target.closest("button")));
    this.#find("pad-products").addEventListener("click", (event) => this.#chooseProduct(event.target.closest("button")));
    this.#find("pad-options").addEventListener("submit", (event) => this.#chosen(event));
    this.#find("pad-options-back").addEventListener("click", () => this.#showProducts());
    this.#find("pad-lines").addEventListener("click", (event) => this.#changeLine(event.target.closest("button")));
    this.#find("pad-order").addEventListener("submit", (event) => this.#send(event));
  }

  open(menu) {
    this.#menu = menu;
    this.#dialog.showModal();
    this.#find("pad-problem").textContent = "";
    this.#showCategories();
    this.#showLines();
  }

  #showCategories() {
    const buttons = this.#menu.categories.map((category, index) => textButton(category.name, { index }));
    this.#find("pad-categories").replaceChildren(...buttons);
    this.#chooseCategory(buttons[0]);
  }

  #chooseCategory(button) {
    if (!button) return;
    for (const other of this.#find("pad-categories").children) other.setAttribute("aria-pressed", other === button);
    const { products } = this.#menu.categories[button.dataset.index];
    const tiles = products.map((product) => {
      const tile = textButton(product.name, { product: product.id });
      tile.disabled = !product.is_available;
      if (!product.is_available) tile.append(small(this.#texts.soldOut));
      else tile.append(small(product.price));
      return tile;
    });
    this.#find("pad-products").replaceChildren(...tiles);
    this.#showProducts();
  }

  #showProducts() {
    this.#find("pad-options").hidden = true;
    this.#find("pad-products").hidden = false;
  }

  #chooseProduct(button) {
    if (!button) return;
    const id = Number(button.dataset.product);
    const product = this.#menu.categories.flatMap((category) => category.products).find((one) => one.id === id);
    const groups = groupsOf(product);
    if (!groups.length) return this.#add(product, []);
    this.#find("pad-options-title").textContent = product.name;
    this.#find("pad-groups").replaceChildren(...groups.map((group) => this.#groupElement(group)));
    this.#find("pad-options").dataset.product = id;
    this.#find("pad-options").hidden = false;
    this.#find("pad-products").hidden = true;
  }

  #groupElement(group) {
    const element = this.#find("pad-group-template").content.firstElementChild.cloneNode(true);
    element.querySelector("legend").textContent = group.name;
    const isOne = group.max_choices === 1;
    const options = group.options.filter((option) => option.is_active !== false);
    for (const [index, option] of options.entries()) {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: isOne ? "radio" : "checkbox", name: `group-${group.id}`, value: option.id });
      input.disabled = option.is_available === false;
      input.checked = isOne && group.min_choices === 1 && index === 0 && !input.disabled;
      label.append(input, document.createTextNode(option.name));
      if (Number(option.price_delta)) label.append(small(option.price_delta));
      element.append(label);
    }
    return element;
  }

  #chosen(event) {
    event.preventDefault();
    const form = this.#find("pad-options");
    const id = Number(form.dataset.product);
    const product = this.#menu.categories.flatMap((category) => category.products).find((one) => one.id === id);
    const ids = [...form.querySelectorAll("input:checked")].map((input) => Number(input.value));
    const options = groupsOf(product).flatMap((group) => group.options).filter((option) => ids.includes(option.id));
    this.#add(product, options);
    this.#showProducts();
  }

  #add(product, options) {
    const name = lineName(product, options);
    const line = this.#lines.find((one) => lineName(one.product, one.options) === name);
    if (line) line.quantity += 1;
    else this.#lines.push({ product, options, quantity: 1 });
    this.#changed();
  }

  #changeLine(button) {
    if (!button) return;
    const line = this.#lines[button.dataset.line];
    line.quantity += Number(button.dataset.change);
    this.#lines = this.#lines.filter((one) => one.quantity > 0);
    this.#changed();
  }

  #changed() {
    this.#key = null; // another order than the one that may have been sent
    this.#showLines();
  }

  #showLines() {
    const rows = this.#lines.map((line, index) => {
      const row = this.#find("pad-line-template").content.firstElementChild.cloneNode(true);
      row.querySelector(".line-name").textContent = `${line.quantity} × ${line.product.name}`;
      row.querySelector(".line-options").textContent = line.options.map((option) => option.name).join(", ");
      for (const button of row.querySelectorAll("button")) button.dataset.line = index;
      return row;
    });
    this.#find("pad-lines").replaceChildren(...rows);
    this.#find("pad-total").textContent = `${totalOf(this.#lines)} ${this.#menu.currency}`;
    this.#find("pad-send").disabled = rows.length === 0;
  }

  async #send(event) {
    event.preventDefault();
    const { customer_name, is_takeaway, is_paid } = event.target.elements;
    this.#key ??= uuid();
    this.#find("pad-send").disabled = true;
    this.#find("pad-problem").textContent = "";
    const body = {
      channel: "counter", branch: this.#slug, customer_name: customer_name.value.trim(),
      is_takeaway: is_takeaway.value === "true", is_paid: is_paid.checked,
      items: this.#lines.map(({ product, options, quantity }) => ({ product: product.id, quantity, options: options.map(({ id }) => id) })),
    };
    try {
      const order = await this.#request("POST", "/api/orders/", body, { "Idempotency-Key": this.#key });
      this.#lines = [];
      this.#changed();
      event.target.reset();
      this.#dialog.close();
      this.#onplaced(order);
    } catch (error) {
      const problems = error.answer?.problems?.map((problem) => problem.detail).join(" ");
      this.#find("pad-problem").textContent = problems || error.message;
      this.#find("pad-send").disabled = false;
    }
  }

  #find(name) {
    return this.#dialog.querySelector(`.${name}`);
  }
}

function groupsOf(product) {
  return product.option_groups.filter((group) => typeof group === "object"); // a menu has them in full
}

function lineName(product, options) {
  return `${product.id}:${options.map(({ id }) => id)}`;
}

/** In cents, so that no sum is a hair off. The server has the last word. */
function totalOf(lines) {
  const cents = (text) => Math.round(Number(text) * 100);
  const sum = lines.reduce((total, { product, options, quantity }) => {
    const each = options.reduce((price, option) => price + cents(option.price_delta), cents(product.price));
    return total + Math.max(0, each) * quantity;
  }, 0);
  return (sum / 100).toFixed(2);
}

function textButton(text, data) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(text);
  Object.assign(button.dataset, data);
  return button;
}

function small(text) {
  const element = document.createElement("small");
  element.textContent = text;
  return element;
}
