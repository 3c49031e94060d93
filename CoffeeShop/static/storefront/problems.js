/** Texts for the problems of a cart, each with a way out. */

import { View } from "./view.js";

export class Problems {
  #shop;
  #when;

  constructor(shop, when) {
    [this.#shop, this.#when] = [shop, when];
  }

  /** @param {object} problem of a cart or of a refusal @param {number | null} index of the line of the basket */
  view(problem, index = null) {
    const { words } = this.#shop;
    const view = new View("problem").fill({ text: problem.detail ?? words.text("refused.other") });
    view.slots.out.hidden = true;
    const out = this.#wayOut(problem, index);
    if (!out) return view.element;
    view.fill({ out: out.text }).on("out", "click", async () => {
      view.slots.out.disabled = true;
      await Promise.resolve(out.act()).catch((error) => this.#shop.frame.fail(error));
      view.slots.out.disabled = false;
    });
    return view.element;
  }

  #wayOut({ code, available, next_at: nextAt, opens_at: opensAt, paused_until: pausedUntil }, index) {
    const { words, basket, router, menu, sheet } = this.#shop;
    const isKnown = index !== null && menu.products.has(basket.lines[index]?.product);
    const remove = { text: words.text("takeOut"), act: () => basket.change(index, { quantity: 0 }) };
    switch (code) {
      case "product_unavailable":
        return index === null ? null : remove;
      case "insufficient_stock":
        if (index === null || !available) return index === null ? null : remove;
        return { text: words.text("takeOnly", { n: available }), act: () => basket.change(index, { quantity: available }) };
      case "option_unavailable":
      case "too_few_choices":
      case "too_many_choices":
        return isKnown ? { text: words.text("chooseAgain"), act: async () => (await sheet()).edit(index) } : index === null ? null : remove;
      case "branch_closed":
      case "branch_paused":
      case "slot_full":
        return { text: words.text("chooseTime"), act: () => this.#when.choose(nextAt ?? opensAt ?? pausedUntil) };
      case "promo_not_applicable":
        return { text: words.text("removeCode"), act: () => basket.setPromo(null) };
      case "reward_not_available":
      case "reward_not_applicable":
        return { text: words.text("removeReward"), act: () => basket.useReward(false) };
      case "too_many_open_orders":
        return { text: words.text("seeOrders"), act: () => router.go("/orders/") };
      case "cart_empty":
        return { text: words.text("toMenu"), act: () => router.go("/") };
      default:
        return null;
    }
  }
}
