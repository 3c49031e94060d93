/** The guests' screen: numbers only, for weeks on end. It asks every few seconds; an unchanged picture costs a 304. */

import { timeAt } from "./clock.js";

const ASK_MS = 3_000;
const STALE_MS = 20_000;
const RELOAD_MS = 12 * 60 * 60_000; // takes up a new version of this page, at a moment when the server answers

const { slug, timezone } = document.body.dataset;
const bornAt = performance.now();
let answeredAt = performance.now();
let ready = null; // the numbers that were ready before, none of them for the first picture

async function ask() {
  try {
    const response = await fetch(`/api/branches/${slug}/screen/`, { cache: "no-cache", signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(response.statusText);
    show(await response.json());
    answeredAt = performance.now();
    if (performance.now() - bornAt > RELOAD_MS) location.reload();
  } catch {
    // the next one may come through
  }
  document.querySelector(".screen-stale").hidden = performance.now() - answeredAt < STALE_MS;
  document.querySelector(".screen-time").textContent = timeAt(Date.now(), timezone);
  setTimeout(ask, ASK_MS);
}

function show(picture) {
  const fresh = new Set(ready ? picture.ready.filter((number) => !ready.has(number)) : []);
  draw("making", picture.making, new Set());
  draw("ready", picture.ready, fresh);
  ready = new Set(picture.ready);
}

/** Only what changed is touched, so that a number that flashes goes on flashing. */
function draw(name, numbers, fresh) {
  const list = document.querySelector(`[data-of="${name}"]`);
  const present = new Map([...list.children].map((element) => [element.textContent, element]));
  for (const [number, element] of present) if (!numbers.includes(number)) element.remove();
  numbers.forEach((number, index) => {
    const element = present.get(number) ?? document.createElement("li");
    if (!present.has(number)) {
      element.textContent = number;
      element.classList.toggle("is-fresh", fresh.has(number));
    }
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  list.dataset.many = numbers.length > 24 ? "very" : numbers.length > 10 ? "yes" : "no";
}

ask();
