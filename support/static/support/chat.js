/**
 * The customer's page, and an example for whoever writes a client: signs in over HTTP (users/tokens.js), talks over the socket
 * (client.js), and shows what happens (thread.js). docs/websocket.md describes the protocol.
 */

import { showConnection } from "../realtime/status.js";
import { askForOtp } from "../users/otp.js";
import { Shelf } from "../users/shelf.js";
import { Tokens } from "../users/tokens.js";
import { ChatClient } from "./client.js";
import { Thread } from "./thread.js";

const root = document.querySelector(".chat");
const find = (name) => root.querySelector(`.${name}`);
const texts = JSON.parse(document.getElementById("texts").textContent);

// Whoever is signed in to the storefront, guests too, need not do it again.
const session = new Shelf("", () => sessionStorage);
const shopTokens = new Tokens({ storage: new Shelf(), key: "storefront.refresh" });
let tokens = shopTokens.isSignedIn ? shopTokens : new Tokens({ storage: session, key: "support.refresh" });
let client = null; // one for each sign-in
let unseen = 0;

find("chat-login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { username, password, otp } = event.target.elements;
  find("chat-problem").textContent = "";
  try {
    await tokens.signIn(username.value, password.value, otp.value);
    event.target.reset();
    askForOtp(event.target);
    enter();
  } catch (error) {
    find("chat-problem").textContent = error instanceof TypeError ? texts.unreachable : error.message;
    askForOtp(event.target, error.code);
  }
});

find("chat-guest").addEventListener("click", async ({ target }) => {
  target.disabled = true;
  find("chat-problem").textContent = "";
  try {
    shopTokens.keep(await becomeGuest());
    tokens = shopTokens;
    enter();
  } catch (error) {
    find("chat-problem").textContent = error instanceof TypeError ? texts.unreachable : error.message;
  }
  target.disabled = false;
});

find("chat-logout").addEventListener("click", () => {
  client.stop();
  tokens.signOut().catch(() => {}); // without a connection it is forgotten here, at least
  session.clear(); // unsent messages, too
  location.reload();
});

const ENDED = "support.ended"; // remembered over the reload that makes a fresh start

if (tokens.isSignedIn) enter();
else find("chat-door").hidden = false;
if (session.getItem(ENDED)) find("chat-problem").textContent = texts.states.signed_out;
session.removeItem(ENDED);

/** Whoever has a question need not register: the storefront knows the guest, too, and their orders. */
async function becomeGuest() {
  const headers = { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang };
  const body = JSON.stringify({ language: document.documentElement.lang });
  const response = await fetch("/api/users/guest/", { method: "POST", headers, body });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? Object.values(answer).flat().join(" "));
  return answer;
}

function enter() {
  find("chat-logout").hidden = tokens === shopTokens; // a guest could not come back
  find("chat-door").hidden = true;
  find("chat-room").hidden = false;
  client = new ChatClient({ getToken: tokens.get, storage: session });
  const thread = new Thread(find("thread"), { client, texts, isStaff: false });
  showConnection(find("connection"), { client, texts, onSignIn: leave });
  client.addEventListener("ready", ({ detail }) => welcome(thread, detail));
  client.addEventListener("message", ({ detail }) => heard(detail));
  client.addEventListener("frame", ({ detail }) => log(detail));
  client.connect();
}

/** The server says how things stand whenever we have connected, for the first time or again. */
function welcome(thread, { user, conversation }) {
  find("chat-user").textContent = user.name;
  find("thread").hidden = !conversation;
  if (!conversation) return tell(texts.staffOnly);
  tell(conversation.status === "closed" ? texts.closed : "");
  if (thread.conversation !== null) return thread.setMarks(conversation);
  thread.open(conversation, client.cursor(conversation.id));
  return thread.focus();
}

/** The session is over: blocked, logged out everywhere, or a password changed elsewhere. Unsent messages wait here. */
function leave() {
  tokens.forget();
  session.setItem(ENDED, "yes");
  location.reload();
}

function heard({ author }) {
  tell("");
  if (author.is_staff && !document.hasFocus()) showUnseen(unseen + 1);
}

addEventListener("focus", () => showUnseen(0));

function showUnseen(count) {
  unseen = count;
  document.title = (count ? `(${count}) ` : "") + `${texts.title} · CoffeeShop`;
}

function tell(text) {
  find("chat-notice").textContent = text;
  find("chat-notice").hidden = !text;
}

/** For those who write a client: what really goes over the wire, without the secrets. */
function log({ isOurs, frame }) {
  const shown = "token" in frame ? { ...frame, token: "…" } : frame;
  const frames = find("chat-frames");
  frames.append(`${isOurs ? "→" : "←"} ${JSON.stringify(shown)}\n`);
  while (frames.childNodes.length > 200) frames.firstChild.remove();
  frames.scrollTop = frames.scrollHeight;
}
