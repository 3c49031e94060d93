/** Addresses and screens: every screen has an address, the back button and a reload lead where one expects. */
export class Router extends EventTarget {
  #routes = [];
  #leaves = false;
  current = null;

  /**
   * @param {RegExp} pattern its groups are the screen's parameters
   * @param {object | (() => Promise<object>)} screen or how to get it when it is wanted for the first time
   */
  add(pattern, screen) {
    this.#routes.push({ pattern, screen });
    return this;
  }

  start() {
    history.scrollRestoration = "manual";
    addEventListener("popstate", () => this.#show(true));
    document.addEventListener("click", (event) => this.#follow(event));
    this.#show(false);
  }

  go(path) {
    this.#rememberScroll();
    if (this.#leaves) return location.assign(path);
    history.pushState({ isOurs: true }, "", path);
    this.#show(false);
  }

  /** Another address for the same place in the history. */
  replace(path) {
    history.replaceState(history.state, "", path);
    this.#show(false);
  }

  /** One step back if that is ours, else there. */
  back(path) {
    if (history.state?.isOurs) history.back();
    else this.replace(path);
  }

  /** A new deploy is waiting: the next screen is loaded with it. */
  leaveNext() {
    this.#leaves = true;
  }

  #follow(event) {
    const link = event.target.closest("a[href]");
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || !this.#find(link.pathname) || link.hash) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }

  #find(path) {
    for (const { pattern, screen } of this.#routes) {
      const match = pattern.exec(path);
      if (match) return { screen, parameters: match.groups ?? {} };
    }
    return null;
  }

  #rememberScroll() {
    history.replaceState({ ...history.state, scroll: scrollY }, "");
  }

  async #show(isBack) {
    const path = location.pathname;
    const found = this.#find(path) ?? this.#find("/");
    const scroll = (isBack && history.state?.scroll) || 0;
    let { screen } = found;
    try {
      if (typeof screen === "function") screen = await screen();
    } catch (error) {
      return this.dispatchEvent(new CustomEvent("failed", { detail: error })); // no connection, and never seen before
    }
    if (location.pathname !== path) return; // gone on meanwhile
    const { parameters } = found;
    const before = this.current;
    this.current = screen;
    this.dispatchEvent(new CustomEvent("show", { detail: { screen, parameters, before, scroll, isBack } }));
  }
}
