/** Pick-up time: as soon as possible, or at one of the times that the branch still has free. */

import { minutesUntil } from "./branches.js";

const DAYS = 7; // that are offered; the API takes 14

export class When extends EventTarget {
  #shop;
  #slots;
  #prepare;
  #asked = ""; // branch and day of the times that are offered

  /**
   * @param {Record<string, any>} slots of the cart's screen
   * @param {() => Promise<void>} prepare makes the server know the cart: what is free depends on what is in it
   */
  constructor(shop, slots, prepare) {
    super();
    [this.#shop, this.#slots, this.#prepare] = [shop, slots, prepare];
    for (const name of ["asap", "later"]) slots[name].addEventListener("change", () => this.#chosen());
    slots.day.addEventListener("change", () => this.#offer());
    slots.time.addEventListener("change", () => this.dispatchEvent(new Event("change")));
  }

  /** `pickup_at`: null for as soon as possible, undefined while nothing is chosen. */
  get moment() {
    if (!this.#slots.later.checked) return null;
    return this.#slots.time.value || undefined;
  }

  /** Ask for a time; the nearest that is free after `moment`, if one is given. */
  async choose(moment) {
    this.#slots.later.checked = true;
    await this.#chosen(moment);
    this.#slots.time.focus();
  }

  draw(branch, readyAt) {
    const { words } = this.#shop;
    const ready = readyAt ?? branch.ready_at;
    const isNow = branch.is_open && !branch.is_paused;
    const texts = { time: ready && words.time(ready, branch.timezone), n: ready && minutesUntil(ready) };
    this.#slots.asapText.textContent = words.text(ready ? "asapAt" : "asap", texts);
    this.#slots.asap.disabled = !isNow;
    if (!isNow && !this.#slots.later.checked) {
      this.#slots.later.checked = true;
      this.#chosen(branch.is_open ? branch.paused_until : branch.next_change_at);
    }
    this.#slots.times.hidden = !this.#slots.later.checked;
  }

  async #chosen(moment) {
    this.#slots.times.hidden = !this.#slots.later.checked;
    if (this.#slots.later.checked) {
      this.#fillDays();
      await this.#offer(moment);
    }
    this.dispatchEvent(new Event("change"));
  }

  #fillDays() {
    const { words, menu } = this.#shop;
    const zone = menu.branch.timezone;
    if (this.#slots.day.dataset.branch === menu.slug) return;
    this.#slots.day.dataset.branch = menu.slug;
    const days = Array.from({ length: DAYS }, (_, index) => new Date(Date.now() + index * 24 * 3600_000));
    const names = [words.text("today"), words.text("tomorrow")];
    this.#slots.day.replaceChildren(
      ...days.map((day, index) => new Option(names[index] ?? words.date(day, zone), words.day(day, zone))),
    );
  }

  async #offer(moment) {
    const { api, menu, words, frame } = this.#shop;
    const zone = menu.branch.timezone;
    if (moment) this.#slots.day.value = words.day(moment, zone);
    const asked = `${menu.slug} ${this.#slots.day.value}`;
    this.#asked = asked;
    try {
      await this.#prepare();
      const { slots } = await api.get(`/api/branches/${menu.slug}/slots/?date=${this.#slots.day.value}`);
      if (this.#asked === asked) this.#fillTimes(slots, zone, moment);
    } catch (error) {
      this.#fillTimes([], zone);
      frame.fail(error);
    }
  }

  #fillTimes(times, zone, moment) {
    const { words } = this.#shop;
    const before = this.#slots.time.value;
    const clock = new Intl.DateTimeFormat(words.language, { hour: "numeric", minute: "2-digit", timeZone: zone });
    this.#slots.time.replaceChildren(...times.map((at) => new Option(clock.format(new Date(at)), at)));
    const first = moment && times.find((at) => new Date(at) >= new Date(moment));
    if (first) this.#slots.time.value = first;
    else if (times.includes(before)) this.#slots.time.value = before;
    this.#slots.time.hidden = !times.length;
    this.#slots.noTimes.hidden = Boolean(times.length);
    this.dispatchEvent(new Event("change"));
  }
}
