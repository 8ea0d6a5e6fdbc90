"""The tree of a text is the reference's, whatever the text, and is there at once."""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mfm import Node, parse, parse_simple, to_json
from app.mfm import patterns as p
from app.mfm.nodes import Text
from app.mfm.parser import Reader
from tests.unit.mfm.hostile import ESCAPES, HOPE, LENGTH, UNITS

CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="ascii"))
PIECES = st.sampled_from(
    [
        *UNITS,
        *"]()」>?,.- ab",
        "](http://a)",
        "](http://a",
        "](",
        "</center>\n",
        "</i>",
        "<s>",
        "</s>",
        "\\)",
        "\\]",
        "</plain>",
        "</small>",
        "\r",
    ]
)
GOING_BACK = [
    "[", "[#", "**", "~~", "***", "<b>", "</b>", "$[x ", "]", "](http://a)", "\n<center>",
    "\n</center>\n", "\n", "#a(", "(b)", "https://a(", "@a", ":b:", "?[", "https://.",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=24).map("".join),
    st.lists(st.sampled_from(GOING_BACK), max_size=40).map("".join),
    st.text(max_size=60),
)


def tree_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    if case.get("simple"):
        return to_json(parse_simple(case["text"]))
    return to_json(parse(case["text"], case.get("limit", 20)))


def named(case: dict[str, Any]) -> str:
    return f"{case['about']}-{ascii(case['text'])[:40]}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_makes_the_reference_s_tree(case: dict[str, Any]) -> None:
    assert tree_of(case) == case["tree"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_hostile_text_is_read_within_a_second(unit: str) -> None:
    # Where coverage watches each line, a shorter text tells as much.
    length = LENGTH if sys.gettrace() is None else LENGTH // 20
    text = unit * (length // len(unit)) + HOPE
    begin = time.process_time()
    parse(text)
    assert time.process_time() - begin < 1


@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_takes_about_twice_the_time(unit: str) -> None:
    def spent(length: int) -> float:
        text = unit * (length // len(unit)) + HOPE
        best = 9.0
        for _ in range(2):
            begin = time.process_time()
            parse(text)
            best = min(best, time.process_time() - begin)
        return best

    # Fourfold text in sixteenfold time would be quadratic; the rest is the clock's noise.
    assert spent(8_000) < 10 * spent(2_000) + 0.02


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_never_raises_and_never_leaves_two_texts_side_by_side(text: str) -> None:
    def check(nodes: list[Node]) -> None:
        kinds = [node.type for node in nodes]
        assert ("text", "text") not in pairwise(kinds)
        assert Text("") not in nodes
        for node in nodes:
            check(getattr(node, "children", []))

    check(parse(text))
    check(parse_simple(text))


@settings(max_examples=250, deadline=None)
@given(TEXTS, st.sampled_from([20, 1, 2, 3]))
def test_knowing_where_labels_close_is_the_same_as_trying(text: str, limit: int) -> None:
    class Trying(Reader):
        """Reads on to see whether a label or a centred block closes, as often as asked."""

        def _stop_of(self, inside: int, depth: int, *, label: bool) -> int:
            stop = p.LABEL if label else p.CENTER
            if stop.here.match(self.text, inside):
                return inside
            return self._walk(inside, depth, stop, label, [])

    assert to_json(Reader(text, limit).full(0)) == to_json(Trying(text, limit).full(0))


@pytest.mark.parametrize("text", ESCAPES + UNITS)
def test_reads_every_hostile_text(text: str) -> None:
    assert parse(text)
    assert parse_simple(text)


def test_a_deep_limit_does_not_exhaust_the_stack() -> None:
    deep = sys.getrecursionlimit()
    assert parse("<b>" * deep + "a" + "</b>" * deep, nest_limit=10**9)
    assert parse("> " * deep + "a", nest_limit=10**9)
    assert parse("https://a" + "(" * deep + ")" * deep, nest_limit=10**9)


def test_a_negative_limit_is_no_nesting_at_all() -> None:
    assert to_json(parse("**:a:**", -5)) == to_json(parse("**:a:**", 0))
