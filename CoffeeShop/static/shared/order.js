/** Keeps a shared order as it is now: asks for the page again, and takes over what may have changed. */

const PAUSE_MS = 10_000;

const ticket = document.querySelector(".ticket");

async function look() {
  if (!ticket.hasAttribute("data-open")) return; // it is over: nothing will change
  if (!document.hidden) await renew().catch(() => {}); // no connection: "As of" says how old it is
  setTimeout(look, PAUSE_MS);
}

async function renew() {
  const response = await fetch(location.href, { cache: "no-store" });
  if (!response.ok && response.status !== 404) return; // a server that restarts; 404 says that the link has ended
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const other = page.querySelector(".ticket");
  if (!other) return location.reload();
  const [now, next] = [ticket, other].map((one) => [...one.querySelectorAll("[data-live]")]);
  now.forEach((place, index) => place.innerHTML !== next[index].innerHTML && place.replaceChildren(...next[index].childNodes));
  ticket.dataset.status = other.dataset.status;
  ticket.toggleAttribute("data-open", other.hasAttribute("data-open"));
}

document.addEventListener("visibilitychange", () => document.hidden || renew().catch(() => {}));
setTimeout(look, PAUSE_MS);
