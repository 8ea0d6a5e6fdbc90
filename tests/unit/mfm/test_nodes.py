"""Nodes are compared by what they say, and shown in the reference's shape."""

from app.mfm import parse, to_json
from app.mfm.nodes import Bold, Fn, Text, Url


def test_nodes_are_equal_when_they_say_the_same() -> None:
    assert parse("$[x.a **b**]") == [Fn("x", {"a": True}, [Bold([Text("b")])])]
    assert Bold([Text("a")]) != Bold([Text("b")])
    assert Text("a") != "a"


def test_brackets_are_only_named_when_there() -> None:
    assert to_json([Url("https://a"), Url("https://b", True)]) == [
        {"type": "url", "props": {"url": "https://a"}},
        {"type": "url", "props": {"url": "https://b", "brackets": True}},
    ]


def test_a_node_shows_what_it_is() -> None:
    assert repr(Text("a")) == "Text({'type': 'text', 'props': {'text': 'a'}})"
