"""The stylesheet stays light, and old browsers can use it."""

from __future__ import annotations

import gzip
import re

import pytest

from scripts.installation import ROOT

LARGEST = {
    "engawa.css": 6.5 * 1024,
    "compose.css": 1.5 * 1024,
    "drive.css": 1024,
    "chat.css": 1024,
    "works.css": 1024,
}
SHEETS = {name: (ROOT / "static" / name).read_text() for name in LARGEST}

# What browsers of 2015 do not know, and where a layout would fall apart without it.
_NEWER = (
    r": (?:inline-)?grid\b|\bgrid-[a-z-]+:",
    r"(?<![-\w])(?:row-|column-)?gap:",
    r"\b(?:min|max|clamp)\(",
    r":(?:is|where|has)\(",
    r"\binset:",
    r"\baspect-ratio:",
    r"\bposition: sticky",
    r"margin-inline|padding-inline|margin-block|padding-block",
    r"@(?:layer|container|import)",
)


def without(sheet: str, *beginnings: str) -> str:
    """`sheet` without comments and the blocks that begin so."""
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    for beginning in beginnings:
        while (start := sheet.find(beginning)) >= 0:
            end = sheet.index("{", start) + 1
            while sheet.count("{", start, end) > sheet.count("}", start, end):
                end += 1
            sheet = sheet[:start] + sheet[end:]
    return sheet


@pytest.mark.parametrize("name", SHEETS)
def test_it_is_light(name: str) -> None:
    assert len(gzip.compress(SHEETS[name].encode())) <= LARGEST[name]


@pytest.mark.parametrize("newer", _NEWER)
@pytest.mark.parametrize("name", SHEETS)
def test_what_is_newer_is_an_extra(name: str, newer: str) -> None:
    assert re.findall(newer, without(SHEETS[name], "@supports")) == []


def test_that_would_be_found() -> None:
    inside = "@supports (display: grid) { a { display: grid; gap: 1px } b { gap: 1px } }"
    assert without(f"a {{}} {inside} /* gap: */ c {{}}", "@supports").split() == [
        *("a", "{}"),
        *("c", "{}"),
    ]
    assert re.findall(_NEWER[0], without(f"{inside} a {{ display: grid }}", "@supports"))


@pytest.mark.parametrize("name", SHEETS)
def test_every_colour_is_a_token(name: str) -> None:
    """Outside the tokens a plain colour stands only right before the rule that says the
    same with a token, for browsers without var(); or it is pure black or white."""
    rules = without(SHEETS[name], ":root", "@media print")
    for declaration, following in re.findall(
        r"([-a-z]+: [^;{}]*#[0-9a-f]{3,6}\b[^;{}]*);\s*([^;{}]*)", rules
    ):
        name = declaration.partition(":")[0]
        plain = re.search(r"#(?:fff|000)\b", declaration)
        assert plain or "var(--" in following, declaration
        assert plain or following.startswith((name, "border")), declaration
