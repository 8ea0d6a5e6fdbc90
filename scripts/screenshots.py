"""Take a picture of every page: 360 and 1280 wide, light and dark, Japanese and English.

    python scripts/screenshots.py                 into test-results/screens/
    python scripts/screenshots.py FOLDER          into FOLDER
    python scripts/screenshots.py --only home     only pages whose name contains "home"
    python scripts/screenshots.py --readme        the one of the README, docs/screenshot.png
    python scripts/screenshots.py --sheets        and all of them on contact sheets beside them

Starts a sandbox and Engawa by itself, signs in as people of the sandbox, and needs the
system's Chromium, in which JavaScript is off. The pictures show whole pages, as they are
in a window high enough for them. They are called `LANGUAGE-THEME-WIDTH/PAGE.png`.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.installation import ROOT
from scripts.stage import Look, Stage, Stop, launch
from scripts.tour import STOPS

DEFAULT_FOLDER = ROOT / "test-results" / "screens"
README_PICTURE = ROOT / "docs" / "screenshot.png"
README_NAME = "@alice@misskey.example"
LARGEST_README_PICTURE = 250_000
SIZES = [(360, 780), (1280, 900)]
# Chromium paints no window higher than this, and no page needs it.
_HIGHEST = 16_000

_LOADED = "Promise.all([...document.images].map(image => image.decode().catch(() => null)))"


def main() -> int:
    """Take them; the exit status."""
    parser = argparse.ArgumentParser(description="Pictures of every page.")
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--only", default="", metavar="NAME", help="pages with this in their name")
    parser.add_argument("--readme", action="store_true", help="only docs/screenshot.png")
    parser.add_argument("--sheets", action="store_true", help="contact sheets as well")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        launch(playwright) as browser,
        Stage(browser, Path(folder)) as stage,
    ):
        if options.readme:
            return for_the_readme(stage)
        stops = [stop for stop in STOPS if options.only in stop.name]
        for language, theme, (width, height) in itertools.product(
            ("en", "ja"), ("light", "dark"), SIZES
        ):
            look = Look(language, "light" if theme == "light" else "dark", width, height)
            folder_of_look = options.folder / f"{language}-{theme}-{width}"
            take(stage, stops, look, folder_of_look)
            if options.sheets:
                contact_sheet(browser, stops, folder_of_look, width)
    print(f"Pictures of {len(stops)} pages are in {options.folder}")
    return 0


def take(stage: Stage, stops: list[Stop], look: Look, folder: Path) -> None:
    """A picture of each of `stops`, whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for stop in stops:
        page = stage.visit(stop, look)
        # The window grows with the page, so that what is fixed to its edge stays there and
        # pictures further down are fetched.
        needed = int(page.evaluate("document.scrollingElement.scrollHeight"))
        height = min(max(needed, look.height), _HIGHEST)
        page.set_viewport_size({"width": look.width, "height": height})
        page.evaluate(_LOADED)
        page.screenshot(path=folder / f"{stop.name}.png")


def contact_sheet(browser: Browser, stops: list[Stop], folder: Path, width: int) -> None:
    """The pictures in `folder` side by side, in `FOLDER.png`. Of long ones the beginning."""
    figures = "".join(
        f'<figure><img src="{folder.name}/{stop.name}.png" alt=""><figcaption>{stop.name}'
        "</figcaption></figure>"
        for stop in stops
    )
    thumbnail, height = (200, 420) if width < 720 else (400, 300)
    written = folder.with_suffix(".html")
    written.write_text(f"""<!doctype html><meta charset="utf-8"><style>
body {{ margin: 12px; width: 2500px; background: #8a8279; font: 14px sans-serif; }}
figure {{ display: inline-block; width: {thumbnail}px; margin: 0 12px 12px 0; }}
img {{ display: block; width: 100%; height: {height}px; object-fit: cover; object-position: top; }}
</style>{figures}""")
    page = browser.new_page(viewport={"width": 2524, "height": 1000})
    page.goto(written.resolve().as_uri())
    page.evaluate(_LOADED)
    page.screenshot(path=folder.with_suffix(".png"), full_page=True)
    page.close()
    written.unlink()


def for_the_readme(stage: Stage) -> int:
    """Home on a desk by day, and on a phone by night beside it."""
    desk = picture(stage.page(Look("en", "light", 1120, 800), "one"), stage)
    phone = picture(stage.page(Look("ja", "dark", 360, 700), "one"), stage)
    page = stage.page(Look("en", "light", 1280, 880, javascript=True))
    page.set_content(_composed(desk, phone))
    page.evaluate(_LOADED)
    content = page.screenshot()
    README_PICTURE.parent.mkdir(exist_ok=True)
    README_PICTURE.write_bytes(content)
    print(f"{README_PICTURE.relative_to(ROOT)}: {len(content):,} bytes")
    if len(content) > LARGEST_README_PICTURE:
        print(f"That is more than {LARGEST_README_PICTURE:,}.", file=sys.stderr)
        return 1
    return 0


def picture(page: Page, stage: Stage) -> str:
    """The home page as it first appears, as a data: URL. Only the name of the sandbox,
    which is a number, is put in words."""
    page.goto(stage.url)
    page.evaluate("name => { document.querySelector('.me').textContent = name }", README_NAME)
    page.evaluate(_LOADED)
    return "data:image/png;base64," + base64.b64encode(page.screenshot()).decode()


def _composed(desk: str, phone: str) -> str:
    return f"""<!doctype html><style>
body {{ margin: 0; background: #e9e1d3; }}
img {{ position: absolute; display: block; border: 1px solid #cfc4b0; }}
.desk {{ left: 40px; top: 40px; border-radius: 8px; }}
.phone {{ right: 28px; top: 150px; width: 316px; border-radius: 20px; }}
</style><img class="desk" src="{desk}" alt=""><img class="phone" src="{phone}" alt="">"""


if __name__ == "__main__":
    sys.exit(main())
