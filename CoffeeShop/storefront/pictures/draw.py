"""Draws the demo's pictures and the app's icons anew: `python -m CoffeeShop.storefront.pictures.draw`; needs Chromium."""

import shutil
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from CoffeeShop.storefront.pictures import drinks, food

ROOM = Path(__file__).parent
STATIC = ROOM.parent.parent / "static" / "storefront"
ICON_SIZES = (192, 512)


def pictures() -> dict[str, str]:
    """One for each product of the demo: `{file: SVG}`."""
    hot = drinks.espresso() | drinks.with_milk() | drinks.filtered()
    return hot | drinks.cold() | drinks.tea() | food.pastry() | food.cakes() | food.food()


def render(browser: Browser, svg: str, size: int) -> Image.Image:
    page = browser.new_page(viewport={"width": size, "height": size})
    page.set_content(f"<style>body{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}")
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    page.close()
    return picture


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, svg in pictures().items():
            render(browser, svg, 640).save(ROOM / "drawn" / f"{name}.webp", "WEBP", quality=80, method=6)
        icon = (STATIC / "icon.svg").read_text(encoding="utf-8")
        for size in ICON_SIZES:
            render(browser, icon, size).quantize(32).save(STATIC / f"icon-{size}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
