"""Generated texts to compare parsers by: from the pieces of the grammar, seeded."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.mfm.emoji import SEQUENCES, SINGLES
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


class Question(NamedTuple):
    """What a parser is asked: a text, by which grammar, nested how deep at most."""

    text: str
    simple: bool
    limit: int


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


def questions(texts: Iterable[str], seed: int) -> Iterator[Question]:
    """What to ask of each text: both grammars, now and then with a lower limit."""
    dice = random.Random(seed)
    for raw in texts:
        # JavaScript sees two lone halves side by side as one character.
        text = raw.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        limit = 20 if dice.random() < 0.7 else dice.choice([0, 1, 2, 3, 5])
        yield Question(text, simple=False, limit=limit)
        yield Question(text, simple=True, limit=limit)
