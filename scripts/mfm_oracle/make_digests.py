"""Write ``tests/unit/mfm/digests.json``: what the reference makes of 20,000 texts.

    MFM_JS=… python -m scripts.mfm_oracle.make_digests

A batch is the hundred texts of one seed, each asked by both grammars; its digest is of all
the reference's trees. So the comparison can be repeated where there is no Node. Where a
batch differs, ``compare --seed SEED --count 100`` finds the text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from scripts.mfm_oracle.compare import theirs
from scripts.mfm_oracle.oracle import Oracle
from scripts.mfm_oracle.texts import Question, generated, questions

OUT = Path(__file__).parents[2] / "tests/unit/mfm/digests.json"
BATCHES = 200
TEXTS = 100


def batch(seed: int) -> list[Question]:
    """The questions of one batch."""
    return list(questions(generated(seed, TEXTS), seed))


def digest(values: Iterable[Any]) -> str:
    """64 bits of the SHA-256 of values as JSON, a line each, keys sorted, all ASCII."""
    found = hashlib.sha256()
    for value in values:
        found.update(json.dumps(value, sort_keys=True).encode("ascii") + b"\n")
    return found.hexdigest()[:16]


def digests(seeds: Iterable[int], parse: Callable[[Question], Any]) -> dict[str, str]:
    """The digest of what `parse` makes of each batch, by the batch's seed."""
    return {str(seed): digest(parse(question) for question in batch(seed)) for seed in seeds}


def main() -> None:
    """Ask for every text, write the file."""
    asked = digest(question for seed in range(BATCHES) for question in batch(seed))
    with Oracle() as oracle:
        trees = digests(range(BATCHES), lambda question: theirs(oracle, question))
    OUT.write_text(json.dumps({"asked": asked, "trees": trees}, indent=0) + "\n", encoding="ascii")
    print(BATCHES * TEXTS, "texts")


if __name__ == "__main__":
    main()
