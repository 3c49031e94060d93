/** A shift begins with one tap: it allows sound, keeps the screen awake and fills it. All three need a touch. */

export class Shift {
  isOn = false;
  #sounds;
  #lock = null;

  /** @param {import("./sounds.js").Sounds} sounds */
  constructor(sounds) {
    this.#sounds = sounds;
    // The lock is lost when the page is hidden or the battery low.
    document.addEventListener("visibilitychange", () => this.isOn && this.#stayAwake());
  }

  async begin(root = document.documentElement) {
    const wishes = [this.#sounds.allow(), this.#stayAwake(), root.requestFullscreen?.({ navigationUI: "hide" })];
    await Promise.allSettled(wishes); // a tablet without one of them still works
    this.isOn = true;
  }

  /** Does a new order make itself heard? */
  get isSilent() {
    return !this.isOn || !this.#sounds.isAllowed;
  }

  async #stayAwake() {
    if (document.visibilityState !== "visible" || (this.#lock && !this.#lock.released)) return;
    this.#lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  }
}
