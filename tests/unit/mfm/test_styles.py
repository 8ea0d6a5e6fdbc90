"""Values become classes and back rules, and nothing else does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mfm import Styles, styles, stylesheet

SAFE_RULE = re.compile(
    r"\.mfm\.mv-[a-z]-[a-z0-9_-]+\{[a-z-]+:[a-z0-9#.,() -]+(?:;[a-z-]+:[a-z0-9#.,() -]+)?\}"
)


@pytest.mark.parametrize(
    ("piece", "rule"),
    [
        ("c-f00", "color:#f00"),
        ("b-00ff00", "background-color:#00ff00"),
        ("r-n45_5", "transform:rotate(-45.5deg)"),
        ("s-1_5-n2", "transform:scale(1.5,-2)"),
        ("p-0_25-30", "transform:translate(0.25em,30em)"),
        ("t-1_5", "animation-duration:1.5s"),
        ("d-n0_5", "animation-delay:-0.5s"),
        ("o-dotted-fff-2-8", "border:2px dotted #fff;border-radius:8px"),
    ],
)
def test_each_kind_of_piece_has_its_rule(piece: str, rule: str) -> None:
    assert stylesheet(piece) == f".mfm.mv-{piece}{{{rule}}}"


@pytest.mark.parametrize(
    "piece",
    [
        "", "c", "c-", "c-red", "c-ff", "c-F00", "c-f00-1", "x-1", "r-1e3", "r-999", "r--1", "s-1",
        "s-6-1", "t-0", "t-n1", "d-1_234", "o-solid", "o-solid-fff", "o-none-fff-1-1", "-", "r-",
        "o-solid-fff-1-999", "c-f00}*{color:red", "r-1)", "t-１", "p-1-2-3", "c-f00\n", "r-_5",
        "o-solid-url(x)-1-1", "c-f00;x",
    ],
)  # fmt: skip
def test_junk_has_no_rule(piece: str) -> None:
    assert stylesheet(piece) == ""


def test_a_list_gives_each_rule_once_and_leaves_junk_out() -> None:
    assert stylesheet("c-f00~junk~c-f00~r-90") == stylesheet(["c-f00", "r-90"])


@given(st.text(alphabet="crbstpdo-_n0159fa~{}();:,*/\\<>\"'\n é", max_size=30))
def test_no_address_can_inject_a_rule(pieces: str) -> None:
    assert SAFE_RULE.sub("", stylesheet(pieces)) == ""


def test_a_page_without_values_links_nothing() -> None:
    assert Styles().addresses() == []
    assert len(Styles()) == 0


def test_the_address_holds_the_sorted_pieces() -> None:
    page = Styles()
    assert page.add("r-90") == "mv-r-90"
    page.add("c-f00")
    page.add("c-f00")
    assert len(page) == 2
    assert page.addresses("/x.css") == ["/x.css?v=c-f00~r-90"]


def test_many_values_take_several_addresses_of_bearable_length() -> None:
    page = Styles()
    for turn in range(361):
        page.add(f"r-{turn}")
    addresses = page.addresses()
    assert len(addresses) > 1
    assert max(map(len, addresses)) <= 1500
    rules = "".join(stylesheet(address.partition("=")[2]) for address in addresses)
    assert rules.count("{") == 361


@pytest.mark.parametrize(
    ("made", "piece"),
    [
        (styles.colored("c", "F0A"), "c-f0a"),
        (styles.colored("b", True), "b-f00"),
        (styles.colored("c", "12345"), "c-f00"),
        (styles.turned(None), "r-90"),
        (styles.turned("725"), "r-5"),
        (styles.turned("-0.001"), "r-0"),
        (styles.turned("1e5"), "r-1"),
        (styles.turned(".5x"), "r-0_5"),
        (styles.sized("s", "99", "-99", 1), "s-5-n5"),
        (styles.sized("p", "x", None, 0), "p-0-0"),
        (styles.timed("t", "1.5s"), "t-1_5"),
        (styles.timed("t", "0.001s"), "t-0_1"),
        (styles.timed("t", "0s"), None),
        (styles.timed("t", "1.2.3s"), None),
        (styles.timed("t", "1"), None),
        (styles.timed("d", "-1s"), "d-n1"),
        (styles.timed("d", True), None),
        (styles.bordered("dashed", "abc", "2", "4"), "o-dashed-abc-2-4"),
        (styles.bordered("none", "x", "-1", "1e9"), "o-solid-2f5d50-0-1"),
    ],
)
def test_values_are_brought_into_range(made: str | None, piece: str | None) -> None:
    assert made == piece
    assert piece is None or stylesheet(piece)
