/**
 * Tokens of this browser: the access token in memory, the refresh token in a storage that outlives a reload.
 *
 * A refresh token works once. If the answer to its use is lost, the same use again, with the same Idempotency-Key and
 * within a minute, gets the same answer; so the key is made together with the token and kept beside it. Tabs that share
 * a storage take turns, and whoever waited uses what the other was given.
 */

import { SignedOut } from "../realtime/signedout.js";
import { uuid } from "../realtime/uuid.js";

export { SignedOut, uuid };

export class Tokens {
  #storage;
  #key;
  #access = null;
  #origin = null; // what was kept when the access token was got: another tab may have signed in as somebody else
  #refreshing = null;

  /** `storage` is like localStorage, which lasts until one signs out; sessionStorage ends with the tab. */
  constructor({ storage = localStorage, key = "users.refresh" } = {}) {
    this.#storage = storage;
    this.#key = key;
  }

  get isSignedIn() {
    return this.#storage.getItem(this.#key) !== null;
  }

  /** Throws an Error with the server's own words and `code`; for `otp_required` the same goes again with the code. */
  async signIn(username, password, otp = "") {
    const response = await post("/api/token/", { username, password, otp });
    const answer = await response.json();
    if (!response.ok) {
      const words = answer.detail ?? Object.values(answer).flat().join(" ");
      throw Object.assign(new Error(words), { code: answer.code });
    }
    this.keep(answer);
  }

  async signOut() {
    const { refresh } = JSON.parse(this.#storage.getItem(this.#key) ?? "{}");
    this.forget();
    if (refresh) await post("/api/token/blacklist/", { refresh });
  }

  forget() {
    this.#access = null;
    this.#storage.removeItem(this.#key);
  }

  /** Take a pair that the server has given: after signing in, as a guest, after a change of password. */
  keep({ access, refresh }) {
    const kept = JSON.stringify({ refresh, key: uuid() });
    this.#storage.setItem(this.#key, kept);
    this.#access = access;
    this.#origin = kept;
  }

  /** An access token, one that was just fetched if `isFresh`. Many who ask at the same time wait for one refresh. */
  get = async (isFresh = false) => {
    const isOurs = this.#origin === this.#storage.getItem(this.#key);
    if (this.#access && isOurs && !isFresh) return this.#access;
    this.#refreshing ??= this.#inTurn(() => this.#refresh()).finally(() => (this.#refreshing = null));
    await this.#refreshing;
    return this.#access;
  };

  /** One tab at a time, where the browser knows locks (on https and localhost). */
  #inTurn(refresh) {
    return navigator.locks ? navigator.locks.request(this.#key, refresh) : refresh();
  }

  async #refresh() {
    if (!this.isSignedIn) throw new SignedOut();
    const { refresh, key } = JSON.parse(this.#storage.getItem(this.#key)); // read when it is our turn
    const response = await post("/api/token/refresh/", { refresh }, { "Idempotency-Key": key });
    if (response.status === 401) throw new SignedOut();
    if (!response.ok) throw new Error(response.statusText); // later, with the same key
    this.keep(await response.json());
  }
}

function post(path, body, headers = {}) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    keepalive: true, // signing out goes on when the page is left
  });
}
