/** The forms of the account: what each sends, and what happens when the server agrees. */

import { askForOtp } from "../users/otp.js";
import { View, show } from "./view.js";

export class AccountForms {
  #shop;
  #forms;

  constructor(shop) {
    this.#shop = shop;
    this.#forms = {
      "sign-in": this.#signIn,
      register: this.#register,
      forgotten: this.#forgotten,
      name: this.#name,
      email: this.#email,
      password: this.#password,
      data: this.#data,
      close: this.#close,
    };
  }

  has(name) {
    return name in this.#forms;
  }

  /** A fresh form, without what was typed before. */
  form(name) {
    const { session } = this.#shop;
    const { element } = new View(`form-${name}`);
    const fields = element.elements;
    for (const field of ["first_name", "last_name", "email"]) {
      if (fields[field] && name !== "email") fields[field].value = session.user?.[field] ?? "";
    }
    const kept = this.#shop.shelf.read("name");
    if (name === "register" && !fields.first_name.value && kept) fields.first_name.value = kept;
    if (name === "close" && session.isGuest) element.querySelector("[data-for-password]").remove();
    if (name === "register" && session.isGuest) element.dataset.guest = "true";
    element.addEventListener("submit", (event) => this.#submit(event, this.#forms[name]));
    return element;
  }

  async #submit(event, send) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    show(form, null);
    try {
      await send.call(this, Object.fromEntries(new FormData(form)), form);
    } catch (error) {
      button.disabled = false;
      show(form, error.fields ? error : this.#shop.frame.explain(error));
      if (form.elements.otp) askForOtp(form, error.code);
    }
    button.disabled = false;
  }

  async #signIn({ username, password, otp }) {
    const { session, router } = this.#shop;
    await session.signIn(username, password, otp);
    router.go("/profile/");
  }

  /** A guest keeps cart, orders and stamps, and becomes an account; nobody makes a new one. */
  async #register({ username, email, password, first_name }) {
    const { session, router, frame, words, language } = this.#shop;
    if (session.isGuest) {
      await session.claim({ username, email, password });
      if (first_name && first_name !== session.user.first_name) await session.change({ first_name });
    } else {
      await session.register({ username, email, password, first_name, language });
    }
    router.go("/profile/");
    frame.tell(words.text("registered", { email }));
  }

  async #forgotten({ email }, form) {
    await this.#shop.api.post("/api/users/password/reset/", { email }, { isPublic: true });
    this.#done(form);
  }

  async #name({ first_name, last_name }) {
    await this.#shop.session.change({ first_name, last_name });
    this.#saved();
  }

  async #email({ email, current_password }) {
    await this.#shop.session.change({ email, current_password });
    this.#saved();
  }

  async #password(values) {
    await this.#shop.session.changePassword(values);
    this.#saved();
  }

  /** Everything that is one's own, as a file. */
  async #data() {
    const everything = await this.#shop.api.get("/api/users/me/export/");
    const file = new Blob([JSON.stringify(everything, null, 2)], { type: "application/json" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: "coffeeshop.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async #close({ password }) {
    const { session, router, frame, words, basket } = this.#shop;
    await session.close(password);
    basket.clear();
    router.go("/profile/");
    frame.tell(words.text("accountClosed"));
  }

  #saved() {
    const { router, frame, words } = this.#shop;
    router.go("/profile/");
    frame.tell(words.text("saved"));
  }

  #done(form) {
    form.querySelector("[data-done]").hidden = false;
    form.querySelector("[data-ask]").hidden = true;
    form.querySelector("[data-done]").focus();
  }
}
