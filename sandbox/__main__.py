"""`python -m sandbox --port 4000`: the sandbox as a program."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from . import Sandbox, Settings


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; gives the exit code."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A pretend Misskey server.")
    parser.add_argument("--port", type=int, default=4000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--origin", help="the address others know it by, if it is another")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="of every answer")
    parser.add_argument("--quiet", action="store_true", help="do not print requests")
    parser.add_argument(
        "--lively",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="a new note every half minute",
    )
    parser.add_argument(
        "--translator",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="notes can be translated, after a fashion",
    )
    parser.add_argument("--emoji", type=int, default=0, metavar="N", help="so many more emoji")
    options = parser.parse_args(arguments)
    sandbox = Sandbox(
        host=options.host,
        port=options.port,
        origin=options.origin,
        latency=options.latency / 1000,
        lively=options.lively,
        emoji=options.emoji,
        settings=Settings(translator=options.translator),
    )
    if not options.quiet:
        sandbox.site.log = lambda line: print(line, flush=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        sandbox.start()
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or error
        print(f"sandbox: cannot listen on {options.host}:{options.port}: {said}", file=sys.stderr)
        return 1
    if not options.quiet:
        print(f"The sandbox is at {sandbox.url}", flush=True)
    stop.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
