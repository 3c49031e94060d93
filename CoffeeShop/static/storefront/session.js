/** The session: nobody yet, a guest without any form, or somebody with an account. */

import { SignedOut } from "../users/tokens.js";
import { Refused } from "./api.js";

export class Session extends EventTarget {
  #api;
  #tokens;
  #shelf;
  #becoming = null;
  /** As `/api/users/me/` shows it, from the last time that it was asked for. */
  user = null;

  constructor({ api, tokens, shelf }) {
    super();
    Object.assign(this, { user: tokens.isSignedIn ? shelf.read("user") : null });
    [this.#api, this.#tokens, this.#shelf] = [api, tokens, shelf];
    api.addEventListener("signedout", () => this.#become(null));
    shelf.watch("user", () => this.#changed(shelf.read("user"))); // signed in or out in another tab
  }

  get isSignedIn() {
    return this.#tokens.isSignedIn;
  }

  get isGuest() {
    return Boolean(this.user?.is_guest);
  }

  /** Where to ask for one's own orders, and for nobody else's: staff may see those of their branch. */
  async ownOrders(query) {
    if (!this.user) await this.refresh();
    return `/api/orders/?${query}&user=${this.user.id}`;
  }

  async refresh() {
    if (!this.isSignedIn) return null;
    this.#become(await this.#api.get("/api/users/me/"));
    return this.user;
  }

  async signIn(username, password, otp = "") {
    this.#tokens.keep(await this.#api.post("/api/token/", { username, password, otp }, { isPublic: true }));
    await this.refresh();
  }

  /** Registers and signs in. */
  async register(values) {
    await this.#api.post("/api/users/", values, { isPublic: true });
    await this.signIn(values.username, values.password);
  }

  /** A tap on "Order" twice makes one guest. */
  becomeGuest(name, language) {
    this.#becoming ??= this.#makeGuest(name, language).finally(() => (this.#becoming = null));
    return this.#becoming;
  }

  async #makeGuest(name, language) {
    const { user, ...pair } = await this.#api.post("/api/users/guest/", { name, language }, { isPublic: true });
    this.#tokens.keep(pair);
    this.#become(user);
  }

  /** From guest to an account that can be signed in to elsewhere. */
  async claim(values) {
    this.#become(await this.#api.post("/api/users/claim/", values));
  }

  async change(values) {
    this.#become(await this.#api.patch("/api/users/me/", values));
  }

  async changePassword(values) {
    this.#tokens.keep(await this.#api.post("/api/users/password/change/", values));
  }

  async signOut() {
    await this.#tokens.signOut().catch(() => {}); // without a connection it is forgotten here, at least
    this.#become(null);
  }

  async close(password) {
    await this.#api.delete("/api/users/me/", password === undefined ? {} : { password });
    this.#tokens.forget();
    this.#become(null);
  }

  #become(user) {
    if (user) this.#shelf.write("user", user);
    else this.#shelf.remove("user");
    this.#changed(user);
  }

  #changed(user) {
    const isOther = user?.id !== this.user?.id;
    this.user = user;
    this.dispatchEvent(new CustomEvent("change", { detail: { isOther } }));
  }
}

const OVER = ["not_authenticated", "token_not_valid"]; // other 401s refuse to sign in

/** True for an error that means: sign in again. */
export function isSignedOut(error) {
  return error instanceof SignedOut || (error instanceof Refused && OVER.includes(error.code));
}

/** An order from the counter is the guest's who stood there, not the barista's who typed it in. */
export function isOwn(order) {
  return order.channel !== "counter";
}
