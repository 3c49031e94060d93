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
import { Words } from "./words.js";

/** A part whose module comes when it is wanted for the first time. @returns {() => Promise<object>} */
function late(load) {
  let part = null;
  return async () => (part ??= await load());
}

/** Styles of every screen but the menu's, which shall not wait for them. */
const styled = late(async () => {
  const link = document.getElementById("late-style");
  link.media = "all";
  if (link.sheet) return;
  const arrived = new Promise((resolve) => (link.onload = link.onerror = resolve));
  link.href = link.href; // perhaps it had failed
  await arrived;
});

/** A screen whose module comes when it is wanted for the first time. */
function lateScreen(load) {
  return late(async () => (await Promise.all([load(), styled()]))[0]);
}

const language = document.documentElement.lang;
const shelf = new Shelf("storefront.");
const tokens = new Tokens({ storage: shelf, key: "storefront.refresh" });
const api = new Api({ tokens, language });
const session = new Session({ api, tokens, shelf });
const basket = new Basket({ api, shelf, session });

/** Shared by every screen. */
const shop = {
  ...{ api, basket, language, session, shelf },
  words: new Words(JSON.parse(document.getElementById("texts").textContent), language),
  branches: new Branches({ api, shelf, embedded: document.getElementById("first-branches") }),
  menu: new Menu({ api, shelf, embedded: document.getElementById("first-menu") }),
  live: new LiveOrders({ api, session, tokens }),
  router: new Router(),
  placing: late(async () => new (await import("./placing.js")).Placing({ api, shelf, session, basket })),
  sheet: late(async () => new (await import("./sheet.js")).Sheet(shop)),
};
shop.usual = new Usual(shop);
shop.frame = new Frame(shop);

const menuScreen = new MenuScreen(shop);
shop.router
  .add(/^\/$/, menuScreen)
  .add(/^\/at\/(?<branch>[\w-]+)\/(?:(?<product>\d+)\/)?$/, menuScreen)
  .add(/^\/branches\/$/, lateScreen(async () => new (await import("./branchscreen.js")).BranchScreen(shop)))
  .add(/^\/cart\/$/, lateScreen(async () => new (await import("./cartscreen.js")).CartScreen(shop, await shop.placing())))
  .add(/^\/orders\/(?<id>\d+)\/$/, lateScreen(async () => new (await import("./orderscreen.js")).OrderScreen(shop)))
  .add(/^\/orders\/$/, lateScreen(async () => new (await import("./ordersscreen.js")).OrdersScreen(shop)))
  .add(/^\/stamps\/$/, lateScreen(async () => new (await import("./stampsscreen.js")).StampsScreen(shop)))
  .add(/^\/profile\/(?:(?<part>[\w-]+)\/)?$/, lateScreen(async () => new (await import("./profilescreen.js")).ProfileScreen(shop)))
  .start();

shop.frame.start();
