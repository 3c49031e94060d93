/** "14:05" at the branch: a tablet may be set to another time zone. */
export function timeAt(moment, timeZone) {
  return new Date(moment).toLocaleTimeString([], { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** The server's time: tablets' own clocks differ, and a timer must not run backwards. */

export class ServerClock {
  #at = Date.now();
  #since = performance.now(); // counts on when somebody sets the tablet's clock

  /** Every frame that brings a time sets it. */
  set(at) {
    this.#at = Date.parse(at);
    this.#since = performance.now();
  }

  now() {
    return this.#at + performance.now() - this.#since;
  }
}
