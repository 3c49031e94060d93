/** A storage that may be forbidden or full: what cannot be kept there lasts as long as the page. */
export class Shelf {
  #memory = new Map();
  #storage = null;
  #prefix;

  /** @param {() => Storage} open merely naming a storage throws where it is forbidden */
  constructor(prefix = "", open = () => localStorage) {
    this.#prefix = prefix;
    try {
      this.#storage = open();
    } catch {
      // forbidden by the visitor
    }
  }

  /** @returns {any} null if there is nothing, or nothing that can be read */
  read(name) {
    try {
      return JSON.parse(this.getItem(this.#prefix + name));
    } catch {
      return null;
    }
  }

  write(name, value) {
    this.setItem(this.#prefix + name, JSON.stringify(value));
  }

  remove(name) {
    this.removeItem(this.#prefix + name);
  }

  /** Calls back when another tab has written `name`. */
  watch(name, callback) {
    addEventListener("storage", ({ key }) => (key === this.#prefix + name || key === null) && callback());
  }

  // --- As a Storage, for Tokens ----------------------------------------------------------------------------------------

  getItem(key) {
    return this.#memory.get(key) ?? this.#storage?.getItem(key) ?? null;
  }

  setItem(key, text) {
    try {
      this.#storage.setItem(key, text);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, text);
    }
  }

  removeItem(key) {
    this.#memory.delete(key);
    this.#storage?.removeItem(key);
  }

  clear() {
    this.#memory.clear();
    this.#storage?.clear();
  }
}
