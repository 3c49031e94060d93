/** Age of the last `alive` frame, the proof that the picture is whole: the server sends one every ten seconds. */

const YELLOW_MS = 15_000;
const RED_MS = 45_000;

export class Proof {
  #at = -Infinity; // on the monotonic clock
  #isWhole = true;

  /** A proof has come. `isWhole`: as many orders are open there as here. */
  renew(isWhole = true) {
    this.#at = performance.now();
    this.#isWhole = isWhole;
  }

  get ageMs() {
    return performance.now() - this.#at;
  }

  /** "fresh", "stale" or "untrusted". */
  get state() {
    if (this.ageMs > RED_MS) return "untrusted";
    return this.ageMs > YELLOW_MS || !this.#isWhole ? "stale" : "fresh";
  }
}
