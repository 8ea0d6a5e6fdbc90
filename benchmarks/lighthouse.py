"""What Lighthouse says of the pages: performance, accessibility, best practices, SEO.

    make lighthouse

Needs npm, which fetches Lighthouse, and the system's Chromium. Starts a sandbox that
answers in 50 ms and Engawa under gunicorn. Signed-out pages are to reach 100 in all four;
home is to reach it in the first three, for it is nobody's business to find it by search.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.home import Visitor, running_sandbox, sign_in
from scripts.installation import Installation
from scripts.stage import CHROMIUM_ARGUMENTS, chromium

VERSION = "12.8.2"
"""The last that runs on Node 20."""

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
SIGNED_OUT = ("/", "/sign-in", "/about", "/privacy")


def main() -> int:
    """Ask Lighthouse, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description="What Lighthouse says of the pages.")
    parser.add_argument("--no-judge", action="store_true", help="print, and never fail")
    options = parser.parse_args()
    missed: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox() as sandbox_url,
        Installation(Path(folder), settings={"LOG_LEVEL": "warning"}) as engawa,
    ):
        person = Visitor(engawa.url)
        sign_in(person, Visitor(sandbox_url))
        for path in SIGNED_OUT:
            missed += judge(path, verdict(engawa.url + path, {}), CATEGORIES)
        missed += judge("home", verdict(f"{engawa.url}/", person.cookies), CATEGORIES[:3])
    if missed:
        print(f"Below 100: {'; '.join(missed)}.")
    return 1 if missed and not options.no_judge else 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Points of 100 by category, and what was found wanting."""

    points: dict[str, int]
    wanting: list[str]


def verdict(url: str, cookies: dict[str, str]) -> Verdict:
    """What Lighthouse says of a page. Raises CalledProcessError if it fails."""
    headers = {"Accept-Language": "en"}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    command = [
        *("npx", "--yes", f"lighthouse@{VERSION}", url, "--quiet", "--output=json"),
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags=--headless=new {' '.join(CHROMIUM_ARGUMENTS)}",
        f"--extra-headers={json.dumps(headers)}",
    ]
    environment = os.environ | {"CHROME_PATH": chromium() or ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    return Verdict(
        {name: round(report["categories"][name]["score"] * 100) for name in CATEGORIES},
        [
            audit["title"]
            for audit in report["audits"].values()
            if audit["score"] is not None and audit["score"] < 0.9
        ],
    )


def judge(name: str, found: Verdict, wanted: tuple[str, ...]) -> list[str]:
    """Print what was said of a page; the categories that are wanted and below 100."""
    print(f"{name:<12}" + "  ".join(f"{one} {found.points[one]}" for one in CATEGORIES))
    for title in found.wanting:
        print(f"{'':<12}· {title}")
    return [f"{name} {category}" for category in wanted if found.points[category] < 100]


if __name__ == "__main__":
    sys.exit(main())
