"""What Engawa bears: pages a second and core, many people at once, a server that hangs
among others, and memory over many pages.

    python benchmarks/load.py rate        pages a second and core, beside the bare call
    python benchmarks/load.py crowd       500 people in flight, a server that takes 200 ms
    python benchmarks/load.py hanging     ten servers, of which one hangs
    python benchmarks/load.py memory      100,000 pages
    python benchmarks/load.py             all of them, one after another

Each prints its measures beside their targets, and ends with 1 if one is missed; `--no-judge`
only prints. `--seconds`, `--people` and `--pages` make it larger or smaller.
benchmarks/README.md says what each means.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.crowds import (
    Servers,
    Taken,
    cpu_seconds,
    keep_open,
    megabytes,
    open_at_a_pace,
    open_so_many,
    servers,
    sign_in,
)
from benchmarks.home import Measure
from scripts.installation import Installation

AT_ONCE = 8
"""Browsers of the trials that are not about how many there are."""

LATENCY = 200.0
FOR_A_CROWD = {"THREADS": "600", "CALLS_PER_SERVER": "300"}
"""As docs/scaling.md has it for one large server: each of them may wait in a thread."""

SERVERS = 10
PER_SECOND = 4.0
"""Pages that the people of one server open in a second, far below what one core can do."""


@contextmanager
def running(**settings: str) -> Iterator[Installation]:
    """Engawa as it is served, on SQLite, with one process."""
    common = {"LOG_LEVEL": "warning"}
    with (
        tempfile.TemporaryDirectory() as folder,
        Installation(Path(folder), settings=common | settings) as engawa,
    ):
        yield engawa


def rate(options: argparse.Namespace) -> list[Measure]:
    """Pages a second of one process, what they cost, and the call they make by itself."""
    with servers(1, 0) as upstream, running() as engawa:
        cookies = sign_in(engawa, upstream.hosts, AT_ONCE)
        keep_open(engawa.url, cookies, 2)
        spent = cpu_seconds(engawa)
        taken = keep_open(engawa.url, cookies, options.seconds, warm_up=0)
        spent = cpu_seconds(engawa) - spent
        bare = _bare_calls(upstream, options.seconds / 2)
    pages = len(taken.milliseconds)
    return [
        Measure("pages a second of one process", taken.rate, ""),
        Measure("CPU of a page", spent * 1000 / pages, "ms", 10),
        Measure("pages a second and core", pages / spent, ""),
        Measure("the bare call, a second, of this measurer", bare, ""),
        Measure("errors", len(taken.errors), "", 0),
    ]


def _bare_calls(upstream: Servers, seconds: float) -> float:
    """How many timelines a second come without Engawa, to as many browsers."""
    host = upstream.hosts[0]
    port = urlsplit(f"http://{host}").port
    body = b'{"i":"x","limit":20}'
    head = f"POST /api/notes/timeline HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}"
    request = head.encode() + b"\r\n\r\n" + body

    async def ask(until: float) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 0
        while time.monotonic() < until:
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(upstream.timeline))
            count += 1
        writer.close()
        return count

    async def all_of_them() -> int:
        until = time.monotonic() + seconds
        return sum(await asyncio.gather(*(ask(until) for _ in range(AT_ONCE))))

    return asyncio.run(all_of_them()) / seconds


def crowd(options: argparse.Namespace) -> list[Measure]:
    """Many people of one server in flight all the time, as fast as pages come. How long
    they wait is how many they are, divided by how many pages a second there are; none may
    be turned away."""
    with servers(1, LATENCY) as upstream, running(**FOR_A_CROWD | options.settings) as engawa:
        cookies = sign_in(engawa, upstream.hosts, options.people)
        taken = keep_open(engawa.url, cookies, options.seconds, warm_up=5)
    return [
        Measure("people in flight", options.people, ""),
        Measure("pages a second of one process", taken.rate, ""),
        Measure("p50", taken.p50, "ms"),
        Measure("p95", taken.p95, "ms"),
        Measure(_named("errors", taken), len(taken.errors), "", 0),
    ]


def hanging(options: argparse.Namespace) -> list[Measure]:
    """The people of nine servers, with the tenth well and with the tenth hanging, in turns."""
    well, ill = Taken(), Taken()
    with servers(SERVERS, 50) as upstream, running() as engawa:
        cookies = sign_in(engawa, upstream.hosts, SERVERS * AT_ONCE)
        by_server = [cookies[number::SERVERS] for number in range(SERVERS)]
        open_at_a_pace(engawa.url, [(mine, Taken()) for mine in by_server], PER_SECOND, 3)
        for _ in range(3):
            for pace, taken in ((50.0, well), (None, ill)):
                upstream.pace(upstream.hosts[-1], pace)
                # The tenth's people go on trying; what they see is not counted.
                crowds = [(mine, taken) for mine in by_server[:-1]]
                crowds.append((by_server[-1], Taken()))
                open_at_a_pace(engawa.url, crowds, PER_SECOND, options.seconds / 3)
            # Their calls end, and the tenth is forgiven.
            time.sleep(12 + 10)
    return [
        Measure("pages of the nine", len(well.milliseconds) + len(ill.milliseconds), ""),
        Measure("p50 of the nine, the tenth well", well.p50, "ms"),
        Measure("p95 of the nine, the tenth well", well.p95, "ms"),
        Measure("p50 of the nine, the tenth hanging", ill.p50, "ms"),
        Measure("p95 of the nine, the tenth hanging", ill.p95, "ms"),
        Measure("p95, as a multiple", ill.p95 / well.p95, "x", 1.2),
        Measure(_named("errors of the nine", well, ill), len(well.errors + ill.errors), "", 0),
    ]


def memory(options: argparse.Namespace) -> list[Measure]:
    """What the process holds while it answers many pages of several kinds, to many people;
    the last tenth beside the second."""
    slices, held = 20, list[float]()
    each = max(1, options.pages // slices)
    errors = 0
    with servers(4, 0) as upstream, running() as engawa:
        cookies = sign_in(engawa, upstream.hosts, 64)
        groups = [cookies[start : start + AT_ONCE] for start in range(0, 64, AT_ONCE)]
        for number in range(slices):
            group = groups[number % len(groups)]
            taken = open_so_many(engawa.url, group, _any_page, each)
            errors += len(taken.errors)
            held.append(megabytes(engawa))
            print(f"    {each * (number + 1):>9,} pages {held[-1]:7,.1f} MB {taken.rate:6,.0f}/s")
    early, late = median(held[2:4]), median(held[-2:])
    return [
        Measure("pages", each * slices, ""),
        Measure("memory after a tenth or two", early, "MB"),
        Measure("memory at the end", late, "MB"),
        Measure("memory, as a multiple", late / early, "x", 1.05),
        Measure("errors", errors, "", 0),
    ]


def _any_page(number: int) -> tuple[str, int]:
    """Home half of the time, else others, some of which nobody has opened before."""
    kinds = (("/compose", 200), ("/settings", 200), (f"/nothing/{number}", 404))
    return ("/", 200) if number % 2 else kinds[number // 2 % len(kinds)]


def _named(name: str, *taken: Taken) -> str:
    kinds = sorted({error for one in taken for error in one.errors})
    return f"{name} ({', '.join(kinds)})" if kinds else name


TRIALS: dict[str, Callable[[argparse.Namespace], list[Measure]]] = {
    "rate": rate,
    "crowd": crowd,
    "hanging": hanging,
    "memory": memory,
}


def main() -> int:
    """Measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description="What Engawa bears.")
    parser.add_argument("trials", nargs="*", help=f"of {', '.join(TRIALS)}; all unless named")
    parser.add_argument("--no-judge", action="store_true", help="print, and never fail")
    parser.add_argument("--seconds", type=float, default=30, help="of each trial")
    parser.add_argument("--people", type=int, default=500, help="in flight, of `crowd`")
    parser.add_argument("--pages", type=int, default=100_000, help="of `memory`")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="of Engawa, in `crowd`"
    )
    options = parser.parse_args()
    options.settings = dict(setting.split("=", 1) for setting in options.set)
    if unknown := set(options.trials) - set(TRIALS):
        parser.error(f"there is no trial {', '.join(sorted(unknown))}")
    missed: list[str] = []
    for name in options.trials or TRIALS:
        print(name, flush=True)
        for measure in TRIALS[name](options):
            print(measure, flush=True)
            if measure.is_missed:
                missed.append(f"{name}: {measure.name}")
    if missed:
        print(f"Missed: {', '.join(missed)}.")
    return 1 if missed and not options.no_judge else 0


if __name__ == "__main__":
    sys.exit(main())
