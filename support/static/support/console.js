/** The staff console: the queue on one side, the chosen conversation on the other. The address's #id says which. */

import { SignedOut } from "../realtime/connection.js";
import { showConnection } from "../realtime/status.js";
import { ChatClient } from "./client.js";
import { Queue } from "./queue.js";
import { Thread } from "./thread.js";

const API = "/api/support/conversations/";
const MANY = 100; // conversations in one answer

const root = document.querySelector(".console");
const find = (name) => root.querySelector(`.${name}`);
const texts = JSON.parse(document.getElementById("texts").textContent);

/** The page's own session stands behind the tokens: they end when it ends. */
let access = null;
async function getToken(isFresh) {
  if (access && !isFresh) return access;
  const response = await fetch(root.dataset.tokenUrl);
  if (response.status === 401) throw new SignedOut();
  if (!response.ok) throw new Error(response.statusText);
  access = (await response.json()).access;
  return access;
}

const client = new ChatClient({ getToken, storage: sessionStorage });
const queue = new Queue(root, texts);
const thread = new Thread(find("thread"), { client, texts, isStaff: true });
let next = null; // where the list goes on

showConnection(find("connection"), { client, texts, onSignIn: offerLogin });
client.addEventListener("ready", () => attempt(refresh).then(() => attempt(openChosen)));
client.addEventListener("conversation", ({ detail }) => queue.put(detail.conversation));
client.addEventListener("message", ({ detail }) => queue.passed(detail));
client.addEventListener("read", ({ detail }) => queue.marked(detail));
client.addEventListener("error", ({ detail }) => detail.client_id || tell(detail.detail));
root.addEventListener("shown", ({ detail: count }) => showRest(count));
addEventListener("hashchange", () => attempt(openChosen));
client.connect();

// --- The queue -------------------------------------------------------------------------------------------------------

/** Everybody who waits, however many; of the others as many as fit into one answer, and more when asked for. */
async function refresh() {
  const { status } = queue;
  const waiting = [];
  for (let path = `${API}?unanswered=true&page_size=${MANY}`; path; ) {
    const answer = await client.request("GET", path);
    waiting.push(...answer.results);
    path = pathOf(answer.next);
  }
  const others = await client.request("GET", `${API}?status=${status}&page_size=${MANY}`);
  if (status !== queue.status) return; // the other list is on its way
  next = pathOf(others.next);
  queue.replace([...waiting, ...others.results]);
  if (queue.chosen !== null) {
    const chosen = await client.request("GET", `${API}${queue.chosen}/`);
    queue.put(chosen);
    if (thread.conversation === chosen.id) thread.setMarks(chosen);
  }
}

async function showMore() {
  const answer = await client.request("GET", next);
  next = pathOf(answer.next);
  answer.results.forEach((conversation) => queue.put(conversation));
}

function pathOf(address) {
  return address && new URL(address).pathname + new URL(address).search;
}

for (const button of root.querySelectorAll("[data-status]")) {
  button.addEventListener("click", () => {
    queue.status = button.dataset.status;
    for (const other of root.querySelectorAll("[data-status]")) other.setAttribute("aria-pressed", other === button);
    queue.show();
    attempt(refresh);
  });
}
find("queue-more").addEventListener("click", () => attempt(showMore));

/** Update notices and buttons from the queue as shown now. */
function showRest(count) {
  find("queue-empty").hidden = count > 0 || client.state !== "ready";
  find("queue-more").hidden = !next;
  document.title = (queue.unread ? `(${queue.unread}) ` : "") + texts.title;
  showStanding();
}

// --- The chosen conversation -----------------------------------------------------------------------------------------

async function openChosen() {
  const id = Number(location.hash.slice(1)) || null;
  if (id === thread.conversation) return;
  if (thread.conversation !== null) client.unfollow(thread.conversation);
  thread.close();
  queue.chosen = null;
  root.classList.toggle("is-open", id !== null);
  find("conversation-empty").hidden = id !== null;
  find("conversation-head").hidden = find("conversation-thread").hidden = true;
  if (id === null) return queue.show();
  queue.chosen = id;
  queue.show();
  if (!queue.get(id)) queue.put(await client.request("GET", `${API}${id}/`));
  if (queue.chosen !== id) return; // another one was chosen meanwhile
  const conversation = queue.get(id);
  find("conversation-head").hidden = find("conversation-thread").hidden = false;
  client.follow(id, conversation.last_seq);
  const isOpen = thread.open(conversation, conversation.last_seq);
  if (matchMedia("(hover: hover)").matches) thread.focus(); // on a phone the keyboard would hide what was asked
  await isOpen;
}

function showStanding() {
  const conversation = queue.get(queue.chosen);
  if (!conversation) return;
  const { customer, assignee, status } = conversation;
  const isMine = assignee !== null && assignee.id === client.user?.id;
  find("conversation-customer").textContent = customer.name;
  find("conversation-customer").href = root.dataset.customerUrl.replace("/0/", `/${customer.id}/`);
  find("conversation-standing").textContent = isMine
    ? texts.assignedToMe
    : assignee ? texts.assignedTo.replace("%s", assignee.name) : texts.unassigned;
  find("conversation-assign").hidden = isMine;
  find("conversation-unassign").hidden = !assignee;
  find("conversation-close").hidden = status === "closed";
  find("conversation-reopen").hidden = status === "open";
}

const CHANGES = {
  "conversation-assign": () => ({ assignee: client.user.id }),
  "conversation-unassign": () => ({ assignee: null }),
  "conversation-close": () => ({ status: "closed" }),
  "conversation-reopen": () => ({ status: "open" }),
};
for (const [name, change] of Object.entries(CHANGES)) {
  find(name).addEventListener("click", () =>
    attempt(async () => queue.put(await client.request("PATCH", `${API}${queue.chosen}/`, change()))),
  );
}

// --- Keys ------------------------------------------------------------------------------------------------------------

const KEYS = { j: 1, k: -1 };
const ALT_KEYS = { ArrowDown: 1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const isWriting = event.target.closest("textarea, input, select");
  const steps = event.altKey ? ALT_KEYS[event.key] : !isWriting && !event.ctrlKey && !event.metaKey && KEYS[event.key];
  if (steps) {
    event.preventDefault();
    choose(queue.neighbour(steps));
  } else if (event.key === "Escape") {
    if (isWriting) queue.focus();
    else choose(null);
  } else if (event.key === "Enter" && event.target.matches("[aria-current]")) {
    event.preventDefault();
    thread.focus();
  }
});

function choose(id) {
  if (id !== undefined) location.hash = id ?? "";
}

// --- When something goes wrong ---------------------------------------------------------------------------------------

/** Run what a click or a connection started, and show its error; the page stays usable. */
async function attempt(act) {
  try {
    await act();
    find("console-notice").hidden = true;
  } catch (error) {
    if (error instanceof SignedOut) client.stop("signed_out");
    else if (client.state === "ready") tell(error.message); // otherwise the connection says it, and comes back
  }
}

function tell(reason) {
  find("console-notice").textContent = texts.failed.replace("%s", reason);
  find("console-notice").hidden = false;
}

function offerLogin() {
  const back = encodeURIComponent(location.pathname + location.hash);
  find("connection-login").href = `${root.dataset.loginUrl}?next=${back}`;
}
