"""Compare our trees with the reference's: recordings, public cases, generated texts.

    MFM_JS=… nice python -m scripts.mfm_oracle.compare --seed 1 --count 20000
    MFM_JS=… python -m scripts.mfm_oracle.compare --recordings DIR [DIR …]

Each difference is printed with the text that shows it, made as short as it will go.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.mfm.emoji import SEQUENCES, SINGLES
from app.mfm.nodes import to_json
from app.mfm.parser import parse, parse_simple
from scripts.mfm_oracle.oracle import Oracle
from scripts.mfm_oracle.pieces import PIECES, SIGNS

EMOJI = sorted(SEQUENCES | SINGLES)
OPENERS = ["**", "***", "~~", "<b>", "<i>", "<s>", "<small>", "$[x ", "[", "?[", "<center>", ">"]
CLOSERS = {
    "<b>": "</b>",
    "<i>": "</i>",
    "<s>": "</s>",
    "<small>": "</small>",
    "$[x ": "]",
    "[": "](https://a.b)",
    "?[": "](http://c)",
    "<center>": "</center>",
    ">": "\n",
}


def generated(seed: int, count: int) -> Iterator[str]:
    """Texts from the pieces of the grammar; the same seed gives the same texts."""
    dice = random.Random(seed)
    for _ in range(count):
        kind = dice.random()
        if kind < 0.5:
            yield "".join(dice.choices(PIECES, k=dice.randint(1, 14)))
        elif kind < 0.6:
            few = dice.choices(PIECES, k=dice.randint(2, 4))
            yield "".join(dice.choices(few, k=dice.randint(3, 30)))
        elif kind < 0.7:
            yield "".join(dice.choices(EMOJI + SIGNS + ["\ufe0f", "\u200d"] * 50, k=8))
        else:
            yield nested(dice, dice.choice([2, 3, 4, 8, 18, 19, 20, 21, 22, 24]))


def nested(dice: random.Random, depth: int) -> str:
    """Constructs within constructs, some left open, with loose pieces between."""

    def loose() -> str:
        return "".join(dice.choices(PIECES, k=dice.choice([0, 0, 0, 1, 1, 2])))

    few = dice.choices(OPENERS, k=dice.randint(1, 4))
    text: str = dice.choice(["a", *PIECES])
    for _ in range(depth):
        opener = dice.choice(few)
        closer = CLOSERS.get(opener, opener)
        if dice.random() < 0.08:
            closer = loose()
        text = opener + loose() + text + loose() + closer
    return text


def recorded(folders: list[Path]) -> Iterator[str]:
    """Every string in recorded answers: texts, names, descriptions and all else."""

    def strings(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for key, item in value.items():
                yield key
                yield from strings(item)
        elif isinstance(value, list):
            for item in value:
                yield from strings(item)

    seen: set[str] = set()
    for folder in folders:
        for path in sorted(folder.rglob("*.json")):
            for text in strings(json.loads(path.read_text(encoding="utf-8"))):
                if text not in seen:
                    seen.add(text)
                    yield text


def differs(oracle: Oracle, text: str, simple: bool, limit: int) -> bool:
    """Whether the two parsers make different trees of the text."""
    ours = to_json(parse_simple(text) if simple else parse(text, limit))
    return bool(ours != oracle.ask(text, simple=simple, limit=limit))


def shortened(oracle: Oracle, text: str, simple: bool, limit: int) -> str:
    """The text with everything left out that the difference does not need."""
    size = max(1, len(text) // 2)
    while size:
        at = 0
        while at < len(text):
            shorter = text[:at] + text[at + size :]
            if differs(oracle, shorter, simple, limit):
                text = shorter
            else:
                at += size
        size //= 2
    return text


def main() -> int:
    """Compare, print, give 1 when there is a difference."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--recordings", type=Path, nargs="*")
    chosen = options.parse_args()
    texts = (
        recorded(chosen.recordings) if chosen.recordings else generated(chosen.seed, chosen.count)
    )
    count = found = 0
    dice = random.Random(chosen.seed)
    with Oracle() as oracle:
        for raw in texts:
            # JavaScript sees two lone halves side by side as one character.
            text = raw.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
            limit = 20 if dice.random() < 0.7 else dice.choice([0, 1, 2, 3, 5])
            for simple in (False, True):
                count += 1
                if differs(oracle, text, simple, limit):
                    found += 1
                    text = shortened(oracle, text, simple, limit)
                    ours = to_json(parse_simple(text) if simple else parse(text, limit))
                    print(f"{text!r} limit={limit} simple={simple}")
                    print("  ours  ", json.dumps(ours))
                    print("  theirs", json.dumps(oracle.ask(text, simple=simple, limit=limit)))
                    if found >= 10:
                        return 1
    print(f"{count} comparisons, {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
