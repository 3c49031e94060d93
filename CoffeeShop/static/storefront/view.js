const UNSEEN_MS = 500; // a hidden tab draws nothing

/** A copy of a `<template>` of the page, and what is to be filled in there by the names in `data-slot`. */
export class View {
  /** @type {HTMLElement} */
  element;
  /** @type {Record<string, any>} */
  slots = {};

  constructor(template) {
    this.element = document.getElementById(template).content.firstElementChild.cloneNode(true);
    for (const slot of [this.element, ...this.element.querySelectorAll("[data-slot]")]) {
      if (slot.dataset.slot) this.slots[slot.dataset.slot] = slot;
    }
  }

  /** Texts are texts, whatever is in them; an empty one hides its place. */
  fill(texts) {
    for (const [name, text] of Object.entries(texts)) {
      this.slots[name].textContent = text ?? "";
      this.slots[name].hidden = !text;
    }
    return this;
  }

  on(name, type, listener) {
    this.slots[name].addEventListener(type, listener);
    return this;
  }

  /** The picture of a product in the smallest size that will do, or its initial on the same ground. */
  picture(name, product, size = "small") {
    const image = this.slots[name];
    const source = product?.images?.[size] ?? product?.image ?? "";
    image.hidden = !source;
    image.parentElement.dataset.initial = source ? "" : [...(product?.name ?? "")][0] ?? "";
    if (source && image.getAttribute("src") !== source) image.src = source;
    return this;
  }
}

/** Resolves after the next frame, or after UNSEEN_MS in a hidden tab. What can wait is done then: the frame comes earlier. */
export function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, UNSEEN_MS);
  });
}

/** A form's fields as an object, and the server's refusals beside them. */
export function show(form, error, words) {
  for (const place of form.querySelectorAll("[data-error]")) place.textContent = "";
  for (const field of form.elements) field.removeAttribute?.("aria-invalid");
  if (!error) return;
  const fields = error.fields ?? {};
  let rest = error.fields ? "" : words ? error.message : String(error);
  for (const [name, texts] of Object.entries(fields)) {
    const place = form.querySelector(`[data-error="${name}"]`);
    form.elements[name]?.setAttribute("aria-invalid", "true");
    if (place) place.textContent = [texts].flat().join(" ");
    else rest += ` ${[texts].flat().join(" ")}`;
  }
  form.querySelector('[data-error=""]').textContent = rest.trim();
  (form.querySelector("[aria-invalid]") ?? form.querySelector("button"))?.focus();
}
