/** The stamp card and promo codes. */

import { View, show } from "./view.js";

export class StampsScreen {
  tab = "stamps";
  #shop;
  #view = new View("stamps-screen");

  constructor(shop) {
    this.#shop = shop;
    this.#view.on("codeForm", "submit", (event) => this.#enter(event));
  }

  get element() {
    return this.#view.element;
  }

  get title() {
    return this.#view.slots.title.textContent;
  }

  async show() {
    const { api, session, frame } = this.#shop;
    const { slots } = this.#view;
    const programme = await api.get("/api/stamps/programme/", { isPublic: true }).catch(() => null);
    const isOver = programme?.is_active === false;
    slots.off.hidden = !isOver;
    slots.section.hidden = isOver; // unless there is something on it
    slots.nobody.hidden = session.isSignedIn;
    this.#draw({ stamps: 0, rewards: 0, needed: programme?.stamps_needed ?? 10 });
    if (!session.isSignedIn) return;
    try {
      const card = await api.get("/api/stamps/");
      this.#draw(card);
      slots.section.hidden = isOver && !card.stamps && !card.rewards;
    } catch (error) {
      frame.fail(error);
    }
  }

  #draw({ stamps, needed, rewards }) {
    const { words } = this.#shop;
    const marks = Array.from({ length: Math.min(needed, 50) }, (_, index) => {
      const { element } = new View("stamp");
      element.classList.toggle("is-stamped", index < stamps);
      return element;
    });
    this.#view.slots.card.replaceChildren(...marks);
    this.#view.fill({
      progress: words.text("stampsLeft", { n: Math.max(0, needed - stamps) }),
      rewards: rewards ? words.text("rewards", { n: rewards }) : "",
    });
  }

  async #enter(event) {
    event.preventDefault();
    const { basket, session, language, router, frame, branches } = this.#shop;
    const { codeForm, code } = this.#view.slots;
    show(codeForm, null);
    if (!code.value.trim()) return code.focus();
    try {
      if (!session.isSignedIn) await session.becomeGuest("", language);
      if (!basket.branch) basket.moveTo(branches.suggested);
      await basket.setPromo(code.value.trim());
      const problem = basket.cart.problems.find((one) => one.code === "promo_not_applicable");
      if (problem && ["unknown", "expired", "used_up"].includes(problem.reason)) {
        await basket.setPromo(null);
        return show(codeForm, problem.detail);
      }
      code.value = "";
      router.go(basket.quantity ? "/cart/" : "/");
      frame.tell(problem?.detail ?? this.#shop.words.text("codeTaken"));
    } catch (error) {
      show(codeForm, frame.explain(error));
    }
  }
}
