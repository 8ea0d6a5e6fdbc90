"""How long a note takes: this parser beside the reference, on the same notes, in turns.

    npm install mfm-js@0.25.0
    MFM_JS=…/node_modules/mfm-js python -m benchmarks.mfm

Each round goes through all notes once with one and then with the other. The first
rounds warm both up and are not counted. Prints the median of the rest.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from app.mfm import parse
from app.mfm.html import Context, render
from benchmarks.mfm.corpus import corpus

WARM_UP = 3
ROUNDS = 9


def ours(notes: list[str]) -> float:
    """Microseconds per note, once through."""
    begin = time.perf_counter()
    for note in notes:
        parse(note)
    return (time.perf_counter() - begin) / len(notes) * 1e6


def rendering(notes: list[str]) -> float:
    """Microseconds per note to make HTML of its tree."""
    trees = [parse(note) for note in notes]
    context = Context()
    begin = time.perf_counter()
    for tree in trees:
        render(tree, context)
    return (time.perf_counter() - begin) / len(notes) * 1e6


def main() -> int:
    """Measure and print; 1 when this parser is less than twice as fast."""
    notes = corpus()
    script = Path(__file__).with_name("reference.cjs")
    node = subprocess.Popen(
        ["node", str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert node.stdin is not None
    assert node.stdout is not None
    node.stdin.write(json.dumps(notes) + "\n")
    times: list[tuple[float, float]] = []
    for _ in range(WARM_UP + ROUNDS):
        node.stdin.write("once\n")
        node.stdin.flush()
        theirs = float(node.stdout.readline())
        times.append((ours(notes), theirs))
    node.stdin.close()
    node.wait()
    counted = times[WARM_UP:]
    mine, other = (statistics.median(column) for column in zip(*counted, strict=True))
    average = sum(map(len, notes)) / len(notes)
    print(f"{len(notes)} notes of {average:.1f} characters, median of {ROUNDS} rounds")
    print(f"  app.mfm.parse   {mine:6.2f} µs per note")
    print(f"  mfm-js          {other:6.2f} µs per note")
    print(f"  ratio           {other / mine:6.2f}")
    print(f"  app.mfm.render  {rendering(notes):6.2f} µs per note, besides")
    return 0 if other >= 2 * mine else 1


if __name__ == "__main__":
    sys.exit(main())
