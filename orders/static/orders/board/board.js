/** The barista's board: signs in, follows a branch's orders over `ws/orders/`, and sends taps over HTTP. */

import { askForOtp } from "../../users/otp.js";
import { Tokens } from "../../users/tokens.js";
import { byName } from "./elements.js";
import { BoardPage } from "./page.js";

const texts = JSON.parse(document.getElementById("texts").textContent);
const { slug } = document.body.dataset;
const tokens = new Tokens({ storage: localStorage, key: "board.refresh" });

byName("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { username, password, otp } = event.target.elements;
  byName("sign-in-problem").textContent = "";
  try {
    await tokens.signIn(username.value, password.value, otp.value);
    event.target.reset();
    askForOtp(event.target);
    await enter();
  } catch (error) {
    byName("sign-in-problem").textContent = error instanceof TypeError ? texts.unreachable : error.message;
    askForOtp(event.target, error.code);
  }
});

async function enter() {
  byName("sign-in").hidden = true;
  if (slug) return new BoardPage({ slug, texts, tokens, onsignedout: askWho }).start();
  const response = await fetch("/api/branches/mine/", { headers: { Authorization: `Bearer ${await tokens.get(false)}` } });
  const mine = await response.json();
  if (mine.length === 1) return location.replace(`/board/${mine[0].branch}/`);
  byName("branches-list").replaceChildren(...mine.map(branchLink));
  byName("branches-none").hidden = mine.length > 0;
  byName("branches").hidden = false;
}

function branchLink({ branch, name }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/board/${branch}/`;
  link.textContent = name;
  item.append(link);
  return item;
}

function askWho() {
  tokens.forget();
  byName("board-main").hidden = true;
  byName("sign-in").hidden = false;
}

if (tokens.isSignedIn) enter();
else askWho();
