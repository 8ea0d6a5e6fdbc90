"""Compare our trees with the reference's: recordings, public cases, generated texts.

    MFM_JS=… nice python -m scripts.mfm_oracle.compare --seed 1 --count 20000
    MFM_JS=… python -m scripts.mfm_oracle.compare --recordings DIR [DIR …]

Each difference is printed with the text that shows it, made as short as it will go.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.mfm.nodes import to_json
from app.mfm.parser import parse, parse_simple
from scripts.mfm_oracle.oracle import Oracle
from scripts.mfm_oracle.texts import Question, generated, questions


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


def ours(question: Question) -> Any:
    """Our tree, in the reference's shape."""
    text, simple, limit = question
    return to_json(parse_simple(text) if simple else parse(text, limit))


def theirs(oracle: Oracle, question: Question) -> Any:
    """The reference's tree."""
    return oracle.ask(question.text, simple=question.simple, limit=question.limit)


def differs(oracle: Oracle, question: Question) -> bool:
    """Whether the two parsers make different trees of the text."""
    return bool(ours(question) != theirs(oracle, question))


def shortened(oracle: Oracle, question: Question) -> Question:
    """The text with everything left out that the difference does not need."""
    size = max(1, len(question.text) // 2)
    while size:
        at = 0
        while at < len(question.text):
            text = question.text[:at] + question.text[at + size :]
            shorter = question._replace(text=text)
            if differs(oracle, shorter):
                question = shorter
            else:
                at += size
        size //= 2
    return question


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
    with Oracle() as oracle:
        for question in questions(texts, chosen.seed):
            count += 1
            if not differs(oracle, question):
                continue
            found += 1
            shown = shortened(oracle, question)
            print(f"{shown.text!r} limit={shown.limit} simple={shown.simple}")
            print("  ours  ", json.dumps(ours(shown)))
            print("  theirs", json.dumps(theirs(oracle, shown)))
            if found >= 10:
                return 1
    print(f"{count} comparisons, {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
