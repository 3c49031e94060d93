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

const language = document.documentElement.lang;

/** What is loaded when it is wanted for the first time. @returns {() => Promise<object>} */
function late(load) {
  let loading = null;
  const failed = (error) => {
    loading = null; // it is tried again
    throw error;
  };
  return () => (loading ??= load().catch(failed));
}

/** Templates and styles of every screen but the menu's, which shall not wait for them. */
const screens = late(async () => {
  const response = await fetch("/screens/", { headers: { "Accept-Language": language } });
  if (!response.ok) throw new Error(response.statusText);
  const fragment = document.createRange().createContextualFragment(await response.text());
  const style = fragment.querySelector("link");
  const arrived = new Promise((resolve) => (style.onload = style.onerror = resolve));
  document.body.append(fragment);
  await arrived;
});

/** @param {() => Promise<object>} load its module @param {(module: object) => object} make */
function lateScreen(load, make) {
  return late(async () => make((await Promise.all([load(), screens()]))[0]));
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
  placing: late(async () => new (await import("./placing.js")).Placing({ api, shelf, session, basket })),
  sheet: lateScreen(() => import("./sheet.js"), ({ Sheet }) => new Sheet(shop)),
};
shop.usual = new Usual(shop);
shop.frame = new Frame(shop);

const menuScreen = new MenuScreen(shop);
shop.router
  .add(/^\/$/, menuScreen)
  .add(/^\/at\/(?<branch>[\w-]+)\/(?:(?<product>\d+)\/)?$/, menuScreen)
  .add(/^\/branches\/$/, lateScreen(() => import("./branchscreen.js"), ({ BranchScreen }) => new BranchScreen(shop)))
  .add(/^\/cart\/$/, lateScreen(() => import("./cartscreen.js"), async ({ CartScreen }) => new CartScreen(shop, await shop.placing())))
  .add(/^\/orders\/(?<id>\d+)\/$/, lateScreen(() => import("./orderscreen.js"), ({ OrderScreen }) => new OrderScreen(shop)))
  .add(/^\/orders\/$/, lateScreen(() => import("./ordersscreen.js"), ({ OrdersScreen }) => new OrdersScreen(shop)))
  .add(/^\/stamps\/$/, lateScreen(() => import("./stampsscreen.js"), ({ StampsScreen }) => new StampsScreen(shop)))
  .add(/^\/profile\/(?:(?<part>[\w-]+)\/)?$/, lateScreen(() => import("./profilescreen.js"), ({ ProfileScreen }) => new ProfileScreen(shop)))
  .start();

painted().then(() => shop.frame.start());
