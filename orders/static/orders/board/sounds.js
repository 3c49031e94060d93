/** Sounds made by Web Audio, each known by its melody: tones as [frequency in Hz, start and length in seconds]. */

const MELODIES = {
  new: { type: "triangle", tones: [[660, 0, 0.14], [880, 0.15, 0.14], [1175, 0.3, 0.26]] },
  cancelled: { type: "sawtooth", tones: [[520, 0, 0.2], [390, 0.22, 0.2], [260, 0.44, 0.4]] },
  late: { type: "square", tones: [[740, 0, 0.09], [740, 0.16, 0.09], [740, 0.32, 0.09]] },
  missing: { type: "sine", tones: [[990, 0, 0.18], [660, 0.2, 0.18], [990, 0.4, 0.18], [660, 0.6, 0.3]] },
  untrusted: { type: "sawtooth", tones: [[180, 0, 0.35], [150, 0.4, 0.5]] },
};
const VOLUME = 0.35;
const RING_MS = 4_000;

export class Sounds {
  #context = null;
  #ringing = new Map(); // name: timer

  /** Browsers allow it inside a touch only. Rejects where there is no sound at all. */
  async allow() {
    this.#context ??= new AudioContext();
    await this.#context.resume();
  }

  get isAllowed() {
    return this.#context?.state === "running";
  }

  /** `onchange` hears when the system takes the sound away, or gives it back. */
  watch(onchange) {
    if (this.#context) this.#context.onstatechange = onchange;
  }

  play(name) {
    if (!this.isAllowed) return;
    const { type, tones } = MELODIES[name];
    const now = this.#context.currentTime;
    for (const [frequency, start, length] of tones) this.#tone(type, frequency, now + start, length);
  }

  /** Again and again, until `isWanted` is false. */
  ring(name, isWanted) {
    if (isWanted && !this.#ringing.has(name)) {
      this.play(name);
      this.#ringing.set(name, setInterval(() => this.play(name), RING_MS));
    } else if (!isWanted && this.#ringing.has(name)) {
      clearInterval(this.#ringing.get(name));
      this.#ringing.delete(name);
    }
  }

  #tone(type, frequency, start, length) {
    const oscillator = new OscillatorNode(this.#context, { type, frequency });
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(VOLUME, start + 0.015);
    gain.gain.setValueAtTime(VOLUME, start + length * 0.7);
    gain.gain.linearRampToValueAtTime(0, start + length);
    oscillator.connect(gain).connect(this.#context.destination);
    oscillator.start(start);
    oscillator.stop(start + length);
  }
}
