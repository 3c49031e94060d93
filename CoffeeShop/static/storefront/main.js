/**
 * The storefront: a client of the public API and an example for whoever writes one. This module puts the parts together;
 * each part is a class in a file of its own.
 */

import { Shelf } from "../users/shelf.js";
import { Tokens } from "../users/tokens.js";
import { Api } from "./api.js";
import { Basket } from "./basket.js";
import { Branches } from "./branches.js";
import { Frame } from "./frame.js";
import { LiveOrders } from "./liveorders.js";
import { Menu } from "./menu.js";
import { MenuScreen } from "./menuscreen.js";
import { Router } from "./router.js";
import { Session } from "./session.js";
import { Usual } from "./usual.js";
import { painted } from "./view.js";
import { Words } from "./words.js";

const LOADING_MS = 20_000;
const language = document.documentElement.lang;

/** Lazy loading: all callers share one `load`; a failure is not kept, so that the next call tries again. */
function lazy(load) {
  let loading = null;
  const failed = (error) => {
    loading = null;
    throw error;
  };
  return () => (loading ??= load().catch(failed));
}

/** Styles of every screen but the menu's, which shall not wait for them. */
const styles = lazy(
  () =>
    new Promise((resolve, reject) => {
      const link = document.getElementById("late-style").content.firstElementChild.cloneNode();
      const failed = () => (link.remove(), reject(new Error(`No ${link.href}`)));
      const timer = setTimeout(failed, LOADING_MS);
      link.onload = () => (clearTimeout(timer), resolve());
      link.onerror = failed;
      document.head.append(link);
    }),
);

/** Templates of those screens. */
const templates = lazy(async () => {
  const response = await fetch(`/screens/${language}/`, { signal: AbortSignal.timeout?.(LOADING_MS) });
  if (!response.ok) throw new Error(response.statusText);
  document.body.append(document.createRange().createContextualFragment(await response.text()));
});

/** A screen that is made of its module when it is wanted for the first time. */
function lazyScreen(load, make) {
  return lazy(async () => make((await Promise.all([load(), templates(), styles()]))[0]));
}

const shelf = new Shelf("storefront.");
const tokens = new Tokens({ storage: shelf, key: "storefront.refresh" });
const api = new Api({ tokens, language });
const session = new Session({ api, tokens, shelf });
const basket = new Basket({ api, shelf, session });

/** Shared by every screen. */
const shop = {
  ...{ api, basket, language, session, shelf },
  words: new Words(JSON.parse(document.getElementById("texts").textContent), language, shelf),
  branches: new Branches({ api, shelf, embedded: document.getElementById("first-branches") }),
  menu: new Menu({ api, shelf, embedded: document.getElementById("first-menu") }),
  live: new LiveOrders({ api, session, tokens }),
  router: new Router(),
  placing: lazy(async () => new (await import("./placing.js")).Placing({ api, shelf, session, basket })),
  sheet: lazy(async () => new (await import("./sheet.js")).Sheet(shop)),
};
shop.usual = new Usual(shop);
shop.frame = new Frame(shop);

const menuScreen = new MenuScreen(shop);
const screens = {
  branches: lazyScreen(() => import("./branchscreen.js"), ({ BranchScreen }) => new BranchScreen(shop)),
  cart: lazyScreen(
    () => import("./cartscreen.js"),
    async ({ CartScreen }) => new CartScreen(shop, await shop.placing()),
  ),
  order: lazyScreen(() => import("./orderscreen.js"), ({ OrderScreen }) => new OrderScreen(shop)),
  orders: lazyScreen(() => import("./ordersscreen.js"), ({ OrdersScreen }) => new OrdersScreen(shop)),
  stamps: lazyScreen(() => import("./stampsscreen.js"), ({ StampsScreen }) => new StampsScreen(shop)),
  profile: lazyScreen(() => import("./profilescreen.js"), ({ ProfileScreen }) => new ProfileScreen(shop)),
};
shop.router
  .add(/^\/$/, menuScreen)
  .add(/^\/at\/(?<branch>[\w-]+)\/(?:(?<product>\d+)\/)?$/, menuScreen)
  .add(/^\/branches\/$/, screens.branches)
  .add(/^\/cart\/$/, screens.cart)
  .add(/^\/orders\/(?<id>\d+)\/$/, screens.order)
  .add(/^\/orders\/$/, screens.orders)
  .add(/^\/stamps\/$/, screens.stamps)
  .add(/^\/profile\/(?:(?<part>[\w-]+)\/)?$/, screens.profile)
  .start();

painted().then(() => shop.frame.start());
