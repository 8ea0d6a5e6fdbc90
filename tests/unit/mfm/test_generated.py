"""On 20,000 generated texts, by both grammars, our trees are the reference's.

The reference's are in `digests.json`, made by `scripts.mfm_oracle.make_digests`.
"""

from __future__ import annotations

import json
from pathlib import Path

from scripts.mfm_oracle.compare import ours
from scripts.mfm_oracle.make_digests import BATCHES, TEXTS, batch, digest, digests

KNOWN = json.loads(Path(__file__).with_name("digests.json").read_text(encoding="ascii"))


def test_the_questions_are_those_the_reference_was_asked() -> None:
    assert BATCHES * TEXTS >= 20_000
    asked = digest(question for seed in range(BATCHES) for question in batch(seed))
    assert asked == KNOWN["asked"], "make the digests anew: scripts/mfm_oracle/make_digests.py"


def test_every_batch_makes_the_reference_s_trees() -> None:
    trees = digests(range(BATCHES), ours)
    different = [seed for seed in trees if trees[seed] != KNOWN["trees"][seed]]
    assert different == [], (
        f"npm install mfm-js@0.25.0, and see the texts by: MFM_JS=…/node_modules/mfm-js "
        f"python -m scripts.mfm_oracle.compare --seed {different[0]} --count {TEXTS}"
    )
    assert len(trees) == len(KNOWN["trees"])


def test_a_batch_that_differs_is_noticed() -> None:
    """The measure itself: one other tree in a batch gives another digest."""
    (question, *_others) = batch(0)
    trees = digests(
        [0], lambda asked: ours(asked._replace(text="x") if asked == question else asked)
    )
    assert trees["0"] != KNOWN["trees"]["0"]
