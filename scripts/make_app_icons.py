"""Make the icons that browsers want as PNG from `static/favicon.svg`, with Chromium.

    python scripts/make_app_icons.py

`icon-SIZE.png` has the round corners of the drawing; `icon-whole-SIZE.png` is coloured
to its edges and keeps the drawing within the middle, for systems that cut a shape of
their own out of it (https://w3c.github.io/manifest/#icon-masks).
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.installation import ROOT
from scripts.stage import launch

STATIC = ROOT / "static"
GREEN = "#2f5d50"
# The middle of a whole icon that every shape leaves: a circle of 80 % of its width.
_SAFE = 0.8
_ICONS = {
    "icon-192.png": (192, 1.0),
    "icon-512.png": (512, 1.0),
    "icon-whole-180.png": (180, _SAFE),
    "icon-whole-512.png": (512, _SAFE),
}


def main() -> None:
    """Draw each of them."""
    drawing = (STATIC / "favicon.svg").read_text()
    with sync_playwright() as playwright, launch(playwright) as browser:
        page = browser.new_page()
        for name, (size, share) in _ICONS.items():
            page.set_viewport_size({"width": size, "height": size})
            page.set_content(_around(drawing, GREEN if share < 1 else "transparent", share))
            page.screenshot(path=STATIC / name, omit_background=True)
            print(f"{name}: {(STATIC / name).stat().st_size:,} bytes")


def _around(drawing: str, colour: str, share: float) -> str:
    return (
        f"<!doctype html><style>body {{ margin: 0; background: {colour} }} svg {{ display: block; "
        f"width: {share:.0%}; margin: {(1 - share) / 2:.0%} }}</style>{drawing}"
    )


if __name__ == "__main__":
    main()
