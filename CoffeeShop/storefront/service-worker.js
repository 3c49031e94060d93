// VERSION and FILES stand above: the view writes them. Another deploy is another script, so browsers install it anew.
//
// Cached are the shell and its files, all of one version, so that an old page never meets a new module. The menu is
// cached by the page itself, with its age. Nothing of the API goes through here: an order is never pretended.

const CACHE = `storefront-${VERSION}`;
const SHELL = "/branches/"; // the page without the menu that a first visit gets: here it would only grow old
const SCREENS = /^\/(?:(?:branches|cart|orders|stamps|profile)\/(?:[\w-]+\/)?|at\/[\w-]+\/(?:\d+\/)?)?$/;
const PICTURES = "storefront-pictures";
const MOST_PICTURES = 120;

addEventListener("install", (event) => {
  event.waitUntil(install());
});

addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && SCREENS.test(url.pathname)) event.respondWith(shell(request));
  else if (FILES.includes(url.pathname)) event.respondWith(file(request));
  else if (url.pathname.startsWith("/media/")) event.respondWith(picture(request));
});

/** Asked again rather than taken from the browser's cache, which may hold the files of the deploy before. */
async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll([SHELL, ...FILES].map((path) => new Request(path, { cache: "no-cache" })));
  await skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => ![CACHE, PICTURES].includes(name)).map((name) => caches.delete(name)));
  await clients.claim();
}

/** Every screen is the same page. Who changes the language takes it out, and is answered by the server. */
async function shell(request) {
  const cached = await caches.match(SHELL, { cacheName: CACHE });
  if (cached) return cached;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(CACHE)).put(SHELL, response.clone()).catch(() => {}); // the storage is full
  return response;
}

/** The address alone tells what it is: templates of other screens have their language in it. */
async function file(request) {
  return (await caches.match(request.url, { cacheName: CACHE, ignoreSearch: true, ignoreVary: true })) ?? fetch(request);
}

/** Their names are never used again, so a cached one is the right one. */
async function picture(request) {
  const cache = await caches.open(PICTURES);
  const cached = await cache.match(request);
  if (cached) return cached;
  const response = await fetch(request);
  if (response.ok && response.type === "basic") {
    await cache.put(request, response.clone()).catch(() => {}); // the storage is full
    const all = await cache.keys();
    if (all.length > MOST_PICTURES) await cache.delete(all[0]);
  }
  return response;
}
