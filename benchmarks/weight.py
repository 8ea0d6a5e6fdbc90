"""What a visit weighs on a slow line: bytes, requests, and the time until a note is seen.

    make weight                               prints the measures, fails if one is missed
    python benchmarks/weight.py --no-judge    only prints them
    python benchmarks/weight.py --rounds 9    more visits of a kind than the usual five

Starts a sandbox that answers in 50 ms and Engawa under gunicorn, signs in as a person of
the sandbox, and visits pages in headless Chromium, on lines and a processor it makes slow.
A cold visit has nothing in its cache, a warm one has what the cold one left there.
benchmarks/README.md says what each line means.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.home import Visitor, running_sandbox, sign_in
from scripts.installation import Installation
from scripts.stage import launch

ROUNDS = 5
OFFICIAL_BYTES = 507_000
"""What the official client 2025.11 fetches for home behind gzip, cold (issue 4)."""

TIMES_LIGHTER = 15
MOST_REQUESTS = 8
CPU_SLOWDOWN = 4
ICON_SECONDS = 10
"""How long the tab's icon is waited for."""

PICTURES = ("Image", "Media")

# When the first note (or, where there is none, the first line of the page) was painted: a
# frame in which it is laid out was drawn when the frame after it begins. Frames wait for
# style sheets, so this is no earlier than what an eye sees.
_WATCH = """
window.firstSeen = null;
const look = () => {
  const first = document.querySelector(".note, .notification, main li");
  if (first && first.getBoundingClientRect().height > 0) {
    requestAnimationFrame(() => { window.firstSeen = performance.now(); });
  } else {
    requestAnimationFrame(look);
  }
};
requestAnimationFrame(look);
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line to the world: bits a second down, milliseconds there and back, and the most
    seconds a cold and a warm visit may take on it."""

    name: str
    bits: int
    latency: int
    cold: float
    warm: float


LINES = (
    Line("1.6 Mbit/s, 150 ms", 1_600_000, 150, 1.2, 0.8),
    Line("400 kbit/s, 400 ms", 400_000, 400, 3.0, 1.6),
)


@dataclass
class Visit:
    """What came over the line for one page, and how long its first note took."""

    requests: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def without_pictures(self, counted: Counter[str]) -> int:
        """The sum of all kinds but pictures."""
        return sum(number for kind, number in counted.items() if kind not in PICTURES)


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description="What a visit weighs on a slow line.")
    parser.add_argument("--no-judge", action="store_true", help="print, and never fail")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="visits of a kind")
    options = parser.parse_args()
    missed: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox() as sandbox_url,
        Installation(Path(folder), settings={"LOG_LEVEL": "warning"}) as engawa,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        person = Visitor(engawa.url)
        sign_in(person, Visitor(sandbox_url))
        for name, path in pages(person):
            for line in LINES:
                colds, warms = [], []
                for _ in range(options.rounds):
                    cold, warm = visits(browser, engawa.url, path, person.cookies, line)
                    colds.append(cold)
                    warms.append(warm)
                missed += report(name, line, "cold", colds, line.cold)
                missed += report(name, line, "warm", warms, line.warm)
    if missed:
        print(f"Missed: {'; '.join(missed)}.")
    return 1 if missed and not options.no_judge else 0


def pages(person: Visitor) -> list[tuple[str, str]]:
    """The pages that are visited, by name."""
    reply = re.search(r'<p class="why">.*?<a href="(/notes/[^"]+)"', person.go("/"), re.DOTALL)
    if reply is None:
        raise RuntimeError("nobody on home answers anybody")
    return [
        ("home", "/"),
        ("thread", reply[1]),
        ("profile", "/@bob"),
        ("notifications", "/notifications"),
    ]


def visits(
    browser: Browser, origin: str, path: str, cookies: dict[str, str], line: Line
) -> tuple[Visit, Visit]:
    """A cold visit of `path` and a warm one, in a browser that was nowhere before."""
    with new_browser(browser, origin, cookies) as context:
        page = context.new_page()
        page.add_init_script(_WATCH)
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": line.latency,
                "downloadThroughput": line.bits / 8,
                "uploadThroughput": line.bits / 8,
            },
        )
        wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        cold = visit(page, wire, origin + path, waits_for_icon=True)
        page.goto("about:blank")
        return cold, visit(page, wire, origin + path)


@contextmanager
def new_browser(browser: Browser, origin: str, cookies: dict[str, str]) -> Iterator[BrowserContext]:
    """A browser of its own, signed in, of the size of a phone."""
    context = browser.new_context(viewport={"width": 360, "height": 780}, locale="en")
    try:
        context.add_cookies(
            [{"name": name, "value": value, "url": origin} for name, value in cookies.items()]
        )
        yield context
    finally:
        context.close()


def visit(page: Page, wire: CDPSession, url: str, *, waits_for_icon: bool = False) -> Visit:
    """Go there; count what comes until the page is quiet, and the tab's icon has come as
    well, if that is waited for: a browser fetches it when it likes, sometimes later."""
    seen = Visit()
    kinds: dict[str, str] = {}
    icons: set[str] = set()
    finished: set[str] = set()

    def on_request(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            kinds[event["requestId"]] = event["type"]
            if "/favicon" in event["request"]["url"]:
                icons.add(event["requestId"])

    def on_finished(event: dict[str, Any]) -> None:
        # What the cache answers has no bytes on the line, and is no request on it.
        if event["encodedDataLength"] and event["requestId"] in kinds:
            kind = kinds[event["requestId"]]
            seen.requests[kind] += 1
            seen.bytes[kind] += int(event["encodedDataLength"])
            finished.add(event["requestId"])

    wire.on("Network.requestWillBeSent", on_request)
    wire.on("Network.loadingFinished", on_finished)
    try:
        answer = page.goto(url, wait_until="networkidle")
        if answer is None or answer.status != 200:
            raise RuntimeError(f"{url}: {answer.status if answer else 'no answer'}")
        patience = time.monotonic() + ICON_SECONDS
        while waits_for_icon and not icons & finished:
            if time.monotonic() > patience:
                raise RuntimeError(f"{url}: no icon for the tab came")
            page.wait_for_timeout(20)
        milliseconds = page.evaluate("window.firstSeen")
    finally:
        wire.remove_listener("Network.requestWillBeSent", on_request)
        wire.remove_listener("Network.loadingFinished", on_finished)
    if milliseconds is None:
        raise RuntimeError(f"{url} shows nothing to wait for")
    seen.seconds = float(milliseconds) / 1000
    return seen


def report(name: str, line: Line, how: str, visits: list[Visit], most_seconds: float) -> list[str]:
    """Print one kind of visit; the names of targets it misses."""
    middle = sorted(visits, key=lambda one: one.seconds)[len(visits) // 2]
    seconds = median(one.seconds for one in visits)
    size, requests = middle.without_pictures(middle.bytes), middle.without_pictures(middle.requests)
    kinds = ", ".join(
        f"{kind.lower()} {middle.requests[kind]} × {middle.bytes[kind] / 1000:.1f} kB"
        for kind in sorted(middle.bytes)
    )
    print(
        f"{name:<14}{line.name}, {how}: {size / 1000:6.1f} kB in {requests} requests, "
        f"first note after {seconds:.2f} s (target {most_seconds} s)"
    )
    print(f"{'':<14}{kinds}")
    judged = {
        f"{name} {how} bytes": size > OFFICIAL_BYTES / TIMES_LIGHTER,
        f"{name} {how} requests": requests > MOST_REQUESTS,
        f"{name} {how} at {line.name}": seconds > most_seconds,
    }
    return [target for target, is_missed in judged.items() if is_missed]


if __name__ == "__main__":
    sys.exit(main())
