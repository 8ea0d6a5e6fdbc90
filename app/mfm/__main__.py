"""``python -m app.mfm [--simple] < text``: the tree as JSON, in the reference's shape."""

from __future__ import annotations

import argparse
import json
import sys

from app.mfm.nodes import to_json
from app.mfm.parser import NEST_LIMIT, parse, parse_simple


def main(arguments: list[str] | None = None) -> int:
    """Read all of standard input as UTF-8, print one line of JSON, give 0.

    Bytes that are no UTF-8 are read as U+FFFD, as the reference's runtime does.
    """
    options = argparse.ArgumentParser(prog="python -m app.mfm", description=__doc__)
    options.add_argument("--simple", action="store_true", help="read a person's name")
    options.add_argument("--nest-limit", type=int, default=NEST_LIMIT, metavar="N")
    chosen = options.parse_args(arguments)
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    nodes = parse_simple(text) if chosen.simple else parse(text, chosen.nest_limit)
    json.dump(to_json(nodes), sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
