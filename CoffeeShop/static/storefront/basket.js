/**
 * The cart on the phone: stored here, so that choosing needs no account and no connection, and written to the server's,
 * which knows prices, problems and when it would be ready, as soon as there is somebody to have one.
 */

const PAUSE_MS = 350; // of tapping, before it is written
const MOST = 99;

export class Basket extends EventTarget {
  #api;
  #shelf;
  #session;
  #timer;
  #writing = Promise.resolve();
  #changes = 0;
  /** The server's view of exactly these lines, or null. */
  cart = null;

  constructor({ api, shelf, session }) {
    super();
    [this.#api, this.#shelf, this.#session] = [api, shelf, session];
    shelf.watch("basket", () => this.#tell(false)); // another tab has changed it
  }

  /** @type {Array<{product: number, options: number[], quantity: number}>} */
  get lines() {
    return this.#kept.lines;
  }

  get branch() {
    return this.#kept.branch;
  }

  get quantity() {
    return this.lines.reduce((sum, line) => sum + line.quantity, 0);
  }

  /** True until it is written to the server. */
  get isDirty() {
    return this.#kept.isDirty;
  }

  get #kept() {
    return this.#shelf.read("basket") ?? { branch: null, lines: [], isDirty: false };
  }

  /** Prices and what is there are a branch's: the basket goes with whoever chooses another one. */
  moveTo(branch) {
    if (this.branch === branch) return;
    if (this.lines.length) return this.#keep({ branch });
    this.#shelf.write("basket", { ...this.#kept, branch }); // nothing that the server should be told
    this.cart = null;
    this.#tell(true);
  }

  add(product, options, quantity = 1) {
    this.#keep({ lines: merged([...this.lines, { product, options: sorted(options), quantity }]) });
  }

  change(index, values) {
    const lines = this.lines.map((line, at) => (at === index ? { ...line, ...values } : line));
    this.#keep({ lines: merged(lines.filter((line) => line.quantity > 0)) });
  }

  /** Its person is gone, and with them their cart on the server: these lines become the next one's. */
  disown() {
    if (this.lines.length) this.#keep({});
  }

  clear() {
    this.#changes += 1;
    clearTimeout(this.#timer);
    this.#shelf.write("basket", { branch: this.branch, lines: [], isDirty: false });
    this.#tell(true);
  }

  /** Make these lines the server's, and take what it says about them. Throws what the API throws. */
  write() {
    clearTimeout(this.#timer);
    this.#writing = this.#writing.catch(() => {}).then(() => this.#put());
    return this.#writing;
  }

  /** Read the server's cart, unless something was chosen here meanwhile. */
  async recall() {
    if (!this.#session.isSignedIn || !this.branch) return;
    if (this.isDirty) return this.write();
    const before = this.#changes;
    const cart = await this.#api.get(this.#path("/api/cart/"));
    if (this.#changes === before) this.adopt(cart); // else tapped on meanwhile, and written by that
  }

  /** A cart as the server answers it. */
  adopt(cart) {
    const lines = cart.items.map((item) => ({
      product: item.product,
      options: sorted(item.options.map((option) => option.id).filter(Boolean)),
      quantity: item.quantity,
    }));
    this.#shelf.write("basket", { branch: cart.branch ?? this.branch, lines, isDirty: false });
    this.cart = cart;
    this.#tell(true);
  }

  async setPromo(code) {
    await this.write();
    const path = this.#path("/api/cart/promo/");
    this.adopt(code ? await this.#api.put(path, { code }) : ((await this.#api.delete(path)), await this.#read()));
  }

  async useReward(isUsed) {
    await this.write();
    this.adopt(await this.#api.patch(this.#path("/api/cart/"), { use_reward: isUsed }));
  }

  /** An old order's lines beside what is here. Resolves to what is gone from the menu. */
  async reorder(order, branch) {
    this.moveTo(branch);
    if (this.isDirty) await this.write();
    const { skipped = [], ...cart } = await this.#api.post(`/api/orders/${order}/reorder/`, { branch });
    this.adopt(cart);
    return skipped;
  }

  /** The server's line for ours. */
  itemFor(line) {
    return this.cart?.items.find((item) => item.product === line.product && isSame(item, line)) ?? null;
  }

  #read() {
    return this.#api.get(this.#path("/api/cart/"));
  }

  #path(path) {
    return this.branch ? `${path}?branch=${encodeURIComponent(this.branch)}` : path;
  }

  async #put() {
    const lines = this.lines;
    const cart = await this.#api.put(this.#path("/api/cart/"), { items: lines });
    if (JSON.stringify(lines) !== JSON.stringify(this.lines)) return this.#put(); // tapped on meanwhile
    this.cart = cart;
    this.#shelf.write("basket", { ...this.#kept, isDirty: false });
    this.#tell(true);
  }

  #keep(values) {
    this.#changes += 1;
    this.#shelf.write("basket", { ...this.#kept, ...values, isDirty: true });
    this.cart = null;
    this.#tell(true);
    if (!this.#session.isSignedIn) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.write().catch((error) => this.#failed(error)), PAUSE_MS);
  }

  #failed(error) {
    this.dispatchEvent(new CustomEvent("failed", { detail: error }));
  }

  #tell(isOurs) {
    if (!isOurs) this.cart = null;
    this.dispatchEvent(new Event("change"));
  }
}

function sorted(ids) {
  return [...ids].sort((one, other) => one - other);
}

function isSame(item, line) {
  return sorted(item.options.map((option) => option.id)).join() === line.options.join();
}

/** The same with the same options is one line. */
function merged(lines) {
  const known = new Map();
  for (const line of lines) {
    const key = `${line.product}:${line.options.join()}`;
    const quantity = Math.min(MOST, (known.get(key)?.quantity ?? 0) + line.quantity);
    known.set(key, { ...line, quantity });
  }
  return [...known.values()];
}
