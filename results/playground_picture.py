"""Take the picture of the 2-D playground for the docs, in Debian's chromium, from a server that runs.

ganbench playground & python results/playground_picture.py http://127.0.0.1:8600/
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "playground-2d.png"
RECIPE, STEPS = "r3gan-ring8", 600
_MINUTES = 10


def main(address: str) -> None:
    """Train a recipe on the page, and take its picture."""
    expect.set_options(timeout=_MINUTES * 60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 960}, color_scheme="light")
        page.goto(address)
        expect(page.locator("#summary")).to_contain_text("generated points")
        page.get_by_label("Recipe").select_option(RECIPE)
        expect(page.get_by_role("status").first).to_contain_text(f"{RECIPE}, seed 0, is ready")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.locator("#count")).to_have_text(re.compile(rf"step {STEPS // 100}\d\d\b"))
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_role("status").first).to_have_text("paused")
        page.screenshot(path=PICTURE)
        browser.close()
    with Image.open(PICTURE) as picture:
        colours = picture.convert("RGB")
    palette = colours.quantize(256, Image.Quantize.MAXCOVERAGE)  # with the colours of all lines
    colours.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
