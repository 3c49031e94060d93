/** The account: nobody, a guest or a full one, and the forms that change it, each at its own address. */

import { AccountForms } from "./accountforms.js";
import { View } from "./view.js";

const FOR_NOBODY = new Set(["sign-in", "register", "forgotten"]);
const FOR_ACCOUNTS = new Set(["password", "email"]);

export class ProfileScreen {
  tab = "profile";
  hasNoBar = true;
  #shop;
  #forms;
  #view = new View("profile-screen");
  #part = "";

  constructor(shop) {
    [this.#shop, this.#forms] = [shop, new AccountForms(shop)];
    this.#view.on("signOut", "click", () => this.#signOut());
    for (const button of this.element.querySelectorAll("[data-language]")) {
      button.addEventListener("click", () => this.#speak(button.dataset.language));
      button.setAttribute("aria-pressed", button.dataset.language === shop.language);
    }
    shop.session.addEventListener("change", ({ detail }) => shop.router.current === this && this.#renew(detail.isOther));
  }

  get element() {
    return this.#view.element;
  }

  get title() {
    return this.element.querySelector("h1").textContent;
  }

  /** Redraw; what was typed into a form stays, unless somebody else has signed in. */
  #renew(isOther) {
    this.show({ part: this.#part, keepsForm: !isOther && this.#view.slots.form.hasChildNodes() });
  }

  show({ part = "", keepsForm = false }) {
    const { session, router } = this.#shop;
    const { user, isGuest } = session;
    const isAccount = Boolean(user) && !isGuest;
    const isOutOfPlace = (FOR_NOBODY.has(part) && isAccount) || (FOR_ACCOUNTS.has(part) && !isAccount);
    if (isOutOfPlace || (part && !this.#forms.has(part)) || (!user && ["name", "data", "close"].includes(part))) {
      return router.replace("/profile/");
    }
    this.#part = part;
    this.#view.slots.overview.hidden = Boolean(part);
    this.#view.slots.form.hidden = !part;
    if (part && keepsForm) return;
    if (part) return this.#view.slots.form.replaceChildren(this.#forms.form(part));
    this.#drawOverview(user, isAccount);
  }

  #drawOverview(user, isAccount) {
    const { words } = this.#shop;
    const { slots } = this.#view;
    slots.nobody.hidden = Boolean(user);
    slots.guest.hidden = !user?.is_guest;
    slots.account.hidden = !isAccount;
    slots.signedIn.hidden = !user;
    slots.close.hidden = !user;
    this.#view.fill({
      name: user ? user.first_name || user.username : "",
      email: isAccount ? user.email : "",
      unverified: isAccount && !user.is_verified ? words.text("unverified") : "",
      pending: user?.pending_email ? words.text("pendingEmail", { email: user.pending_email }) : "",
    });
  }

  async #signOut() {
    const { session, router, basket } = this.#shop;
    if (session.isGuest && !confirm(this.#shop.words.text("guestLeaves"))) return;
    await session.signOut();
    basket.clear();
    router.replace("/profile/");
  }

  async #speak(language) {
    const { session, frame } = this.#shop;
    if (session.isSignedIn) await session.change({ language }).catch(() => {});
    frame.speak(language);
  }
}
