"""The HTML says what the tree says, and nothing gets out of it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mfm import Context, parse, parse_simple, render, stylesheet
from app.mfm.functions import ANIMATED
from app.mfm.html import MAX_VALUES
from app.mfm.nodes import Fn, Hashtag, Link, Mention, Node, Text, Url
from tests.unit.mfm.hostile import ESCAPES, LENGTH, UNITS

ALLOWED: dict[str, set[str]] = {
    "a": {"class", "href", "rel"}, "b": set(), "blockquote": set(), "br": set(),
    "code": {"class", "data-lang"}, "del": set(), "div": {"class"}, "i": set(),
    "pre": {"class", "tabindex"},
    "rp": set(), "rt": set(), "ruby": set(),
    "img": {"class", "src", "alt", "title", "loading", "decoding"}, "small": {"class"},
    "span": {"class", "tabindex"}, "time": {"class", "datetime"},
}  # fmt: skip
CLASSES = re.compile(r"(?:mfm|mfm-[a-z0-9-]+|mv-[a-z]-[a-z0-9_-]+|emoji|mention|hashtag)\Z")
ADDRESS = re.compile(r"(?:https?://|/@|/tags/)[^\s\"'<>\\]+\Z")
EMOJI = {
    "a": "https://e.example/a.webp?x=1&y=2",
    "evil": "javascript:alert(1)",
    "near": "//evil.example/a",
    "script": "/emoji/script.webp",
    "odd": 'https://e.example/"onerror="x',
}


def full(**changes: Any) -> Context:
    return Context(emoji=lambda name, host: EMOJI.get(name), **changes)


def html_of(text: str, **changes: Any) -> str:
    return render(parse(text), full(**changes))


def check(html: str) -> None:
    """Assert that a browser finds nothing in it but what is allowed."""
    html.encode("utf-8")
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    for element in tree.iter():
        if element is tree:
            continue
        assert element.tag in ALLOWED, html
        assert set(element.attrib) <= ALLOWED[element.tag], html
        for name in element.attrib.get("class", "").split():
            assert CLASSES.match(name), html
            if name.startswith("mv-"):
                assert stylesheet([name.removeprefix("mv-")]), name
        for key in ("href", "src"):
            value = element.attrib.get(key)
            assert value is None or ADDRESS.match(value) or value.startswith("/emoji/"), html
        if element.attrib.get("href", "").startswith("http"):
            assert element.attrib["rel"] == "nofollow noopener noreferrer ugc"


@pytest.mark.parametrize("text", ESCAPES + UNITS)
@pytest.mark.parametrize("is_cat", [False, True])
def test_a_hostile_note_stays_within_its_elements(text: str, is_cat: bool) -> None:
    check(html_of(text, is_cat=is_cat, host="remote.example"))
    check(render(parse_simple(text), full()))


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from([*ESCAPES, *UNITS, '"', "'", "<", ">", "&", "\n"]), max_size=8))
def test_any_mixture_stays_within_its_elements(pieces: list[str]) -> None:
    check(html_of("".join(pieces), is_cat=True))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_text_stays_within_its_elements(text: str) -> None:
    check(html_of(text))


@pytest.mark.parametrize(
    "node",
    [
        Mention('"><script>', 'x"y\ud800', "@<script>"), Hashtag("\ud800\"><script>"),
        Link(False, "data:text/html,x", [Text("a")]), Link(False, "https://", []),
        Url("javascript:x"), Fn("<script>", {}, []),
        Link(False, "https://a.example", [Url("https://b.example"), Mention("c", None, "@c")]),
        Link(False, "https://a.example", [Link(False, "https://b.example", [Text("c")])]),
        Fn("ruby", {}, []), Fn("unixtime", {}, []), Url("https://a/\x00\n\t b\\c"),
    ],
)  # fmt: skip
def test_a_tree_no_parser_made_is_as_safe(node: Node) -> None:
    html = render([node], full())
    check(html)
    assert html.count("<a ") <= 1


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb\r\nc", "a<br>b<br>c"),
        ("**a** *b* ~~c~~ <small>d</small>", "<b>a</b> <i>b</i> <del>c</del> <small>d</small>"),
        ("`a<b`", "<code>a&lt;b</code>"),
        (
            "```js\na<b\n```",
            '<pre class="mfm-code" tabindex="0"><code data-lang="js">a&lt;b</code></pre>',
        ),
        ("```\na\n```", '<pre class="mfm-code" tabindex="0"><code>a</code></pre>'),
        ("\\(x^2\\)", '<code class="mfm-math">x^2</code>'),
        ("\\[x\\]", '<pre class="mfm-math" tabindex="0"><code data-lang="latex">x</code></pre>'),
        ("> a", "<blockquote>a</blockquote>"),
        ("<center>a</center>", '<div class="mfm-center">a</div>'),
        ("<plain>**a**</plain>", "**a**"),
        ("😀", "😀"),
        ("@a", '<a class="mention" href="/@a">@a</a>'),
        ("@a@b.example", '<a class="mention" href="/@a@b.example">@a@b.example</a>'),
        ("#タ", '<a class="hashtag" href="/tags/%E3%82%BF">#タ</a>'),
        (
            ":a:",
            '<img class="emoji" src="https://e.example/a.webp?x=1&amp;y=2" alt=":a:" title=":a:"'
            ' loading="lazy" decoding="async">',
        ),
        (":none: :evil: :near:", ":none: :evil: :near:"),
        (
            "a&b 検索",
            '<div class="mfm-search"><a class="mfm-url" href="https://duckduckgo.com/?q=a%26b"'
            ' rel="nofollow noopener noreferrer ugc">a&amp;b 検索</a></div>',
        ),
        (
            "https://a.example/?b&c",
            '<a class="mfm-url" href="https://a.example/?b&amp;c"'
            ' rel="nofollow noopener noreferrer ugc">https://a.example/?b&amp;c</a>',
        ),
        (
            "[b](https://a.example/)",
            '<a class="mfm-link" href="https://a.example/" rel="nofollow noopener noreferrer ugc">'
            'b</a> <small class="mfm-host">(a.example)</small>',
        ),
        (
            "?[see A.example](https://a.example/)",
            '<a class="mfm-link" href="https://a.example/" rel="nofollow noopener noreferrer ugc">'
            "see A.example</a>",
        ),
        ("$[unknown.x=1 **a**]", "$[unknown <b>a</b>]"),
        ("$[font.x a]", "$[font a]"),
        ("$[clickable.ev=x **a**]", "<b>a</b>"),
        ("$[ruby 漢字 かんじ]", "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>"),
        ("$[ruby **a** b ]", "<ruby><b>a</b><rp>(</rp><rt>b</rt><rp>)</rp></ruby>"),
        ("$[ruby a **b**]", "<ruby>a <rp>(</rp><rt></rt><rp>)</rp></ruby>"),
        (
            "$[unixtime 1700000000]",
            '<time class="mfm-time" datetime="2023-11-14T22:13:20Z">2023-11-14 22:13 UTC</time>',
        ),
        ("$[unixtime x]", "x"),
        ("$[unixtime 99999999999999]", "99999999999999"),
        ("***a***", '<span class="mfm mfm-tada">a</span>'),
        ("$[tada.speed=2s,delay=1s a]", '<span class="mfm mfm-tada mv-t-2 mv-d-1">a</span>'),
        ("$[tada.speed=x a]", '<span class="mfm mfm-tada">a</span>'),
        ("$[spin a]", '<span class="mfm mfm-spin">a</span>'),
        ("$[spin.x,left a]", '<span class="mfm mfm-spin-x mfm-left">a</span>'),
        ("$[spin.y,alternate a]", '<span class="mfm mfm-spin-y mfm-alternate">a</span>'),
        ("$[flip a]", '<span class="mfm mfm-flip-h">a</span>'),
        ("$[flip.v a]", '<span class="mfm mfm-flip-v">a</span>'),
        ("$[flip.h,v a]", '<span class="mfm mfm-flip-hv">a</span>'),
        ("$[x2 a]", '<span class="mfm mfm-x2">a</span>'),
        ("$[font.serif a]", '<span class="mfm mfm-font-serif">a</span>'),
        ("$[blur a]", '<span class="mfm mfm-blur" tabindex="0">a</span>'),
        ("$[sparkle a]", '<span class="mfm mfm-sparkle">a</span>'),
        ("$[rainbow a]", '<span class="mfm mfm-rainbow">a</span>'),
        ("$[rotate a]", '<span class="mfm mfm-rotate mv-r-90">a</span>'),
        ("$[scale.x=2 a]", '<span class="mfm mfm-scale mv-s-2-1">a</span>'),
        ("$[position.y=-1 a]", '<span class="mfm mfm-position mv-p-0-n1">a</span>'),
        ("$[fg.color=0AF a]", '<span class="mfm mv-c-0af">a</span>'),
        ("$[bg a]", '<span class="mfm mv-b-f00">a</span>'),
        (
            "$[border.noclip a]",
            '<span class="mfm mfm-border mv-o-solid-2f5d50-1-0">a</span>',
        ),
        ("$[border a]", '<span class="mfm mfm-border mfm-clip mv-o-solid-2f5d50-1-0">a</span>'),
        ("\x00\ud800", "\ufffd\ufffd"),
    ],
)  # fmt: skip
def test_what_each_node_becomes(text: str, html: str) -> None:
    assert html_of(text) == html


def test_a_name_knows_emoji_only() -> None:
    assert render(parse_simple("**a** <b> :none:"), full()) == "**a** &lt;b&gt; :none:"


def test_no_context_is_needed() -> None:
    assert render(parse(":a: **b**")) == ":a: <b>b</b>"


def test_a_mention_without_host_is_from_where_the_author_is() -> None:
    assert 'href="/@a@remote.example"' in html_of("@a", host="remote.example")


def test_the_host_is_given_to_whoever_knows_the_emoji() -> None:
    asked: list[tuple[str, str | None]] = []

    def resolve(name: str, host: str | None) -> None:
        asked.append((name, host))

    render(parse(":a:"), Context(emoji=resolve, host="remote.example"))
    assert asked == [("a", "remote.example")]


def test_a_cat_s_words_change_and_nothing_else_does() -> None:
    said = (
        "な **な** $[tada な] `な` <plain>な</plain> @na :na: #な \\(na\\) $[ruby な な]"
        " [な **な**](https://a.example)な"
    )
    html = html_of(said, is_cat=True)
    assert html.startswith('にゃ <b>にゃ</b> <span class="mfm mfm-tada">にゃ</span>')
    assert "<code>な</code> な " in html
    assert ">@na</a> :na: <a" in html
    assert '<code class="mfm-math">na</code>' in html
    assert "<ruby>にゃ<rp>(</rp><rt>にゃ</rt>" in html
    assert ">な <b>な</b></a>" in html
    assert html.endswith("にゃ")


def test_advanced_markup_can_be_turned_off() -> None:
    assert html_of("$[x2 a]$[scale.x=2 b]$[position.x=1 c]$[tada d]", advanced=False) == (
        'abc<span class="mfm mfm-tada">d</span>'
    )


def test_animation_can_be_turned_off() -> None:
    assert html_of("$[spin a]$[rainbow b]$[x2 c]", animated=False) == (
        'a<span class="mfm mfm-rainbow mfm-still">b</span>'
        '<span class="mfm mfm-x2 mfm-still">c</span>'
    )


def test_addresses_and_times_are_the_page_s_to_choose() -> None:
    def just_year(moment: datetime) -> str:
        return f"<{moment.year}>"

    context = Context(
        mention_url="/u/{acct}", tag_url="/t?q={tag}", search_url="https://s.example/{query}",
        time=just_year,
    )  # fmt: skip
    html = render(parse("@a #b $[unixtime 0]\nc 検索"), context)
    for part in ('"/u/a"', '"/t?q=b"', '"https://s.example/c"', ">&lt;1970&gt;<"):
        assert part in html


def test_values_are_collected_over_a_page() -> None:
    context = full()
    render(parse("$[fg.color=f00 a]"), context)
    render(parse("$[fg.color=f00 a]$[rotate b]"), context)
    assert context.styles.addresses() == ["/mfm.css?v=c-f00~r-90"]


def test_one_note_cannot_ask_for_endless_values() -> None:
    context = full()
    note = "".join(f"$[rotate.deg={turn} a]" for turn in range(300))
    assert render(parse(note), context).count("mfm-rotate") == 300
    assert len(context.styles) == MAX_VALUES


def test_every_class_of_the_fixed_sheet_is_used_and_every_animation_there() -> None:
    sheet = (Path(__file__).parents[3] / "static/mfm.css").read_text(encoding="utf-8")
    assert sheet.count("{") == sheet.count("}")
    for name in ANIMATED:
        assert f"@keyframes mfm-{name} " in sheet
    moving = sheet.partition("@media (prefers-reduced-motion: no-preference)")
    assert "animation:" not in moving[0]
    assert "http" not in sheet
    assert "@import" not in sheet


@pytest.mark.parametrize("unit", ["**", "<b>a</b>", "[a](http://b)", "$[fg a]", ":a:", "@a ", "\n"])
def test_a_long_note_is_rendered_at_once(unit: str) -> None:
    html = html_of(unit * (LENGTH // len(unit)))
    assert len(html) >= LENGTH // len(unit)
