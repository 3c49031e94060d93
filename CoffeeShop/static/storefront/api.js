/** The public API: our language and token with every request, answers and refusals as objects. */

import { SignedOut } from "../users/tokens.js";

const TIMEOUT_MS = 20_000;

/** The server has said no, and why: `code` is for us, `message` for people. */
export class Refused extends Error {
  constructor(status, answer = {}, retryAfter = null) {
    const isFields = !answer.detail;
    const texts = isFields ? Object.values(answer).flat(2).filter((text) => typeof text === "string") : [];
    super(answer.detail ?? texts.join(" "));
    this.status = status;
    this.code = answer.code ?? (status === 400 ? "invalid" : "");
    this.answer = answer;
    this.fields = isFields && status === 400 ? answer : null;
    this.retryAfter = retryAfter;
  }
}

/** Nobody knows whether the request has arrived. */
export class Unreachable extends Error {}

export class Api extends EventTarget {
  #tokens;
  #language;

  constructor({ tokens, language }) {
    super();
    this.#tokens = tokens;
    this.#language = language;
  }

  get(path, options) {
    return this.#ask("GET", path, options);
  }

  post(path, body = {}, options = {}) {
    return this.#ask("POST", path, { ...options, body });
  }

  put(path, body) {
    return this.#ask("PUT", path, { body });
  }

  patch(path, body) {
    return this.#ask("PATCH", path, { body });
  }

  delete(path, body) {
    return this.#ask("DELETE", path, { body });
  }

  /**
   * Asks with `If-None-Match`.
   * @returns {Promise<{answer: any, etag: string} | null>} null: it is as it was
   */
  async getIfChanged(path, etag) {
    const response = await this.#send("GET", path, { headers: etag ? { "If-None-Match": etag } : {} });
    if (response.status === 304) return null;
    return { answer: await this.#read(response), etag: response.headers.get("ETag") };
  }

  async #ask(method, path, options = {}) {
    return this.#read(await this.#send(method, path, options));
  }

  /** With a token that is good, as long as there is one to be had; `isPublic` asks as nobody. */
  async #send(method, path, { body, key, isPublic = false, headers = {} } = {}) {
    const all = { ...headers, "Accept-Language": this.#language };
    if (body !== undefined) all["Content-Type"] = "application/json";
    if (key) all["Idempotency-Key"] = key;
    for (const isFresh of [false, true]) {
      const token = isPublic ? null : await this.#token(isFresh);
      if (token) all.Authorization = `Bearer ${token}`;
      const response = await this.#fetch(path, { method, headers: all, body: body && JSON.stringify(body) });
      if (response.status !== 401 || !token || isFresh) return response;
    }
  }

  async #token(isFresh) {
    if (!this.#tokens.isSignedIn) return null;
    try {
      return await this.#tokens.get(isFresh);
    } catch (error) {
      if (!(error instanceof SignedOut)) throw new Unreachable(error.message);
      this.#tokens.forget();
      this.dispatchEvent(new Event("signedout"));
      throw error;
    }
  }

  async #fetch(path, options) {
    const signal = AbortSignal.timeout?.(TIMEOUT_MS);
    try {
      const response = await fetch(path, { ...options, signal, cache: "no-store" });
      this.dispatchEvent(new CustomEvent("reach", { detail: true }));
      return response;
    } catch (error) {
      this.dispatchEvent(new CustomEvent("reach", { detail: false }));
      throw new Unreachable(error.message);
    }
  }

  async #read(response) {
    const text = await response.text().catch(() => {
      throw new Unreachable();
    });
    const answer = text && response.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : {};
    if (response.ok) return answer;
    if ([502, 504].includes(response.status)) throw new Unreachable(); // the proxy does not know either
    throw new Refused(response.status, answer, Number(response.headers.get("Retry-After")) || null);
  }
}
