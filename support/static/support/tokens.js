/**
 * A customer's tokens: the access token in memory, the refresh token where this tab finds it after a reload.
 *
 * A refresh token works once. If the answer to its use is lost, the same use again, with the same Idempotency-Key and
 * within a minute, gets the same answer; so the key is made together with the token and kept beside it.
 */

import { SignedOut, uuid } from "./client.js";

const KEY = "support.refresh";

export class Tokens {
  #access = null;
  #refreshing = null;

  get isSignedIn() {
    return sessionStorage.getItem(KEY) !== null;
  }

  /** Throws an Error with the server's own words. */
  async signIn(username, password) {
    const response = await post("/api/token/", { username, password });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail ?? Object.values(answer).flat().join(" "));
    this.#keep(answer);
  }

  async signOut() {
    const { refresh } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    this.forget();
    if (refresh) await post("/api/token/blacklist/", { refresh });
  }

  forget() {
    this.#access = null;
    sessionStorage.removeItem(KEY);
  }

  /** What ChatClient asks for. Many who ask at the same time wait for one refresh. */
  get = async (isFresh) => {
    if (this.#access && !isFresh) return this.#access;
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    await this.#refreshing;
    return this.#access;
  };

  async #refresh() {
    if (!this.isSignedIn) throw new SignedOut();
    const { refresh, key } = JSON.parse(sessionStorage.getItem(KEY));
    const response = await post("/api/token/refresh/", { refresh }, { "Idempotency-Key": key });
    if (response.status === 401) throw new SignedOut();
    if (!response.ok) throw new Error(response.statusText); // later, with the same key
    this.#keep(await response.json());
  }

  #keep({ access, refresh }) {
    this.#access = access;
    sessionStorage.setItem(KEY, JSON.stringify({ refresh, key: uuid() }));
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
