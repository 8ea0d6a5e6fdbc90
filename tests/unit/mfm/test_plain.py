"""Words without markup."""

import pytest

from app.mfm import parse, plain_text
from app.mfm.nodes import Node


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("**a** $[x2 b] [c](https://d)", "a b c"),
        ("@a@b #c :d: 😀 https://e", "@a@b #c :d: 😀 https://e"),
        ("`a` \\(b\\) <plain>**c**</plain>", "a b **c**"),
        ("```\na\n```", "\na\n"),
        ("\\[a\\]", "\na\n"),
        ("a search", "\na search\n"),
        ("> a\n<center>b</center>", "\na\n\nb\n"),
        ("<b>&", "<b>&"),
        ("", ""),
    ],
)
def test_what_a_text_says(text: str, words: str) -> None:
    assert plain_text(parse(text)) == words


def test_an_unknown_node_says_nothing() -> None:
    assert plain_text([Node()]) == ""
