"""Load time and weight on a phone: first and second visit, in Chromium, throttled through the DevTools protocol.

4 × slower CPU, 1.6 Mbit/s, 150 ms: what Lighthouse calls a phone. Usable is a menu that is painted and whose products
can be tapped: the end of the first task of a tap's priority after the frame that shows it. The second visit is a new
tab, some time after the first one was closed, whose service worker has to be started first. Busy is the processor time
of the main thread until that is reported, slowed down as it is: what else the machine does adds to it, but less than to
all other times. Bytes are what the network brought, headers and all, without pictures.
"""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections import Counter
from statistics import median
from typing import NamedTuple

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

from benchmarks import Table, machine
from benchmarks.stage import open_stage, perform
from drills import Failed
from environment import ROOT

SLOWER = 4
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
REST = 1  # s, in which the browser ends the tab before, and has the process of the new one ready
GOALS = {"first": 1800, "second": 500}  # ms
MOST_BYTES, MOST_SCRIPT = 70_000, 40_000
USABLE = """
globalThis.usable = new Promise((resolve) => {
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".product .add")) return;
    observer.disconnect();
    const tappable = () => scheduler.postTask(() => resolve(performance.now()), { priority: "user-blocking" });
    requestAnimationFrame(tappable);
  }).observe(document, { childList: true, subtree: true });
});
"""
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class Visit(NamedTuple):
    """In milliseconds."""

    usable: float
    busy: float


def bench(short: bool) -> list[Table]:
    with open_stage() as shop, collected():
        shop.manage("seed_demo")
        server = perform(shop, "ws")  # the whole site, as `python run.py` and small installations serve it
        # A page is slowed down by spinning: on one core the browser's other processes would wait for that.
        with machine.pinned(machine.CORES):
            found = asyncio.run(visits(server.url, 3 if short else 9))
    return [times(found), weights(found[0]["bytes"])]


@contextlib.contextmanager
def collected():
    """Names with hashes and compressed files, as a deploy has them."""
    was_there = (ROOT / "staticfiles").exists()
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"], cwd=ROOT, check=True)
    try:
        yield
    finally:
        if not was_there:
            shutil.rmtree(ROOT / "staticfiles")


async def visits(address: str, rounds: int) -> list[dict]:
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        raise Failed("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=QUIET)
        return [await one_phone(browser, address) for _ in range(rounds)]


async def one_phone(browser: Browser, address: str) -> dict:
    """A phone that was never here, and comes again once the service worker has what it keeps, and was stopped."""
    context = await browser.new_context(base_url=address, locale="en", **PHONE)
    await context.add_init_script(USABLE)
    page, tools = await throttled(context)
    loaded = await weighed(page)
    first = await usable(page, tools)
    await page.wait_for_load_state("networkidle")
    found = Counter(loaded)
    await page.evaluate("navigator.serviceWorker.ready")
    await page.wait_for_function("navigator.serviceWorker.controller")
    await tools.send("ServiceWorker.enable")
    await tools.send("ServiceWorker.stopAllWorkers")
    await page.close()
    page, tools = await throttled(context)
    second = await usable(page, tools)
    if not await page.evaluate("Boolean(navigator.serviceWorker.controller)"):
        raise Failed("The second visit came without the service worker")
    await context.close()
    return {"first": first, "second": second, "bytes": found}


async def throttled(context: BrowserContext) -> tuple[Page, CDPSession]:
    page = await context.new_page()
    tools = await context.new_cdp_session(page)
    await tools.send("Network.enable")
    await tools.send("Network.emulateNetworkConditions", NETWORK)
    await tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    await tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    await asyncio.sleep(REST)
    return page, tools


async def weighed(page: Page) -> Counter:
    """Bytes by kind, counted from now on. What the service worker fetches for the next time is not the page's."""
    tools = await page.context.new_cdp_session(page)
    kinds, counted = {}, Counter()
    tools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    tools.on(
        "Network.loadingFinished",
        lambda event: counted.update({kinds.get(event["requestId"], "Other"): int(event["encodedDataLength"])}),
    )
    await tools.send("Network.enable")
    return counted


async def usable(page: Page, tools: CDPSession) -> Visit:
    before = await busy(tools)
    await page.goto("/", wait_until="commit")
    usable = await asyncio.wait_for(page.evaluate("globalThis.usable"), 60)
    return Visit(usable, await busy(tools) - before)


async def busy(tools: CDPSession) -> float:
    """Milliseconds of processor time of the page's main thread."""
    metrics = (await tools.send("Performance.getMetrics"))["metrics"]
    return next(1000 * metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def times(found: list[dict]) -> Table:
    rows = []
    for visit, goal in GOALS.items():
        measured = sorted(one[visit].usable for one in found)
        spread = f"{measured[0]:,.0f} – {measured[-1]:,.0f} ms"
        working = median(one[visit].busy for one in found)
        rows.append([f"{visit} visit", f"{median(measured):,.0f} ms", spread, f"{working:,.0f} ms", f"{goal:,} ms"])
    title = f"Until the menu is usable, CPU {SLOWER} × slower, 1.6 Mbit/s, 150 ms, HTTP/1.1"
    return Table(title, ["", "median", "lowest – highest", "busy", "goal"], rows)


def weights(counted: Counter) -> Table:
    """Fails above the goals: bytes do not depend on the machine."""
    without = Counter({kind: size for kind, size in counted.items() if kind != "Image"})
    script, total = without["Script"], sum(without.values())
    if script > MOST_SCRIPT or total > MOST_BYTES:
        raise Failed(f"The first visit weighs {total:,} bytes, {script:,} of them script")
    rows = [[kind.lower(), f"{size / 1000:,.1f} KB", ""] for kind, size in without.most_common()]
    rows.append(
        ["all but pictures", f"{total / 1000:,.1f} KB", f"{MOST_BYTES // 1000} KB; script {MOST_SCRIPT // 1000} KB"]
    )
    return Table("First visit, compressed", ["", "size", "goal"], rows)
