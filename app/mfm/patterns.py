"""The regular expressions the parser runs on, built once from named pieces.

A *scan* is the heart: one expression that finds the next place where markup may begin,
or where the construct being read stops, and tells which by the number of the last
group that took part. Its first piece is a single set of characters, so plain text is
passed over at the speed of the expression engine; what merely looks like a beginning
(an ``h`` that is no ``https://``, a digit that is no keycap) is turned down there too.

Everything is written out as ASCII ranges: the reference ignores case only among ASCII
letters, while Python's IGNORECASE would also take ``ſ`` for ``s``. No expression here
can be slow on its own: repetitions are over sets that the next piece cannot match.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from app.mfm.emoji import FIRST

Search = Callable[..., re.Match[str] | None]

# The groups of a scan, in the order in which they are tried.
STOP, CODE, NAME, HOST, URL, KEYCAP, TAG, LINE, EMOJI, OTHER = range(1, 11)

NEWLINE = r"(?:\r\n|[\r\n])"
SPACE = r"[ \u3000\t]"
URL_CHAR = r"[.,a-zA-Z0-9_/:%#@$&?!~=+\-]"
TAG_CHAR = r"""[^ \u3000\t.,!?'"#:/\[\]【】()「」（）<>\r\n]"""
WORDS = r"[a-zA-Z0-9 \u3000\t]"
_SEARCH_BUTTON = r"\[(?:検索|[sS][eE][aA][rR][cC][hH])\]|検索|[sS][eE][aA][rR][cC][hH]"
_ARG = r"[a-zA-Z0-9_]+(?:=[a-zA-Z0-9_.\-]+)?"


def _emoji_set() -> str:
    """The characters an emoji may begin with, but for the ASCII ones, as set ranges.

    The astral planes are taken as one range: nothing else is common there, and a long
    list of ranges would cost each character of every text.
    """
    codes = sorted(ord(character) for character in FIRST if character > "\x80")
    basic = [code for code in codes if code < 0x10000]
    return "".join(map(chr, basic)) + f"{chr(codes[len(basic)])}-{chr(codes[-1])}"


_EMOJI = _emoji_set()


def scan(
    stop: str = "(?!)",
    stops: str = "",
    *,
    label: bool = False,
    line: str = "(?!)",
    url_run: str = "*",
) -> Search:
    """Build one scanning expression and give its ``search``.

    ``stop``: what ends the construct being read, looking on from behind its first
    character, which is one of ``stops``. ``label``: within a link's label, where no
    link, mention, tag or address is read. ``line``: which line breaks matter, looking
    on from behind the first character. ``url_run``: how much of an address to take.
    """
    openers = "" if label else r"@h?\["
    breaks = "" if line == "(?!)" else r"\r\n"
    tag = "(?!)" if label else r"(?<=#)(?<![a-zA-Z0-9]#)"
    return re.compile(
        rf"[<*_`~$\\#:0-9{openers}{breaks}{stops}{_EMOJI}](?:"
        rf"(?:{stop})()"
        r"|(?<=:)([a-zA-Z0-9_+\-]+):(?![a-zA-Z0-9])"
        r"|(?<=@)(?<![a-zA-Z0-9]@)([a-zA-Z0-9_.\-]+)(?:@([a-zA-Z0-9_.\-]+))?"
        rf"|(?<=h)ttps?://({URL_CHAR}{url_run})"
        r"|(?<=[0-9#*])\ufe0f?\u20e3()"
        rf"|{tag}({TAG_CHAR}*)"
        rf"|(?<=[\r\n])(?:{line})()"
        rf"|(?<=[{_EMOJI}])()"
        r"|(?:(?<=[`\[])"
        rf"|(?<=\*){WORDS[:-1]}*]|(?<=_){WORDS[:-1]}_]"
        r"|(?<=<)(?:[bis]>|small>|plain>|https?://)"
        r"|(?<=\$)\[|(?<=~)~|(?<=\\)[\[(]|(?<=\?)\[)()"
        r")"
    ).search


class Stop:
    """What ends a construct that holds others.

    ``here`` tells whether it stands at a place, ``inline`` and ``label`` are the scans
    with it, ``size`` is the length of the closer.
    """

    __slots__ = ("here", "inline", "label", "size")

    def __init__(self, bare: str, stop: str, stops: str = "", size: int = 1) -> None:
        self.here = re.compile(f"(?={bare})")
        self.size = size
        self.inline = scan(stop, stops)
        self.label = scan(stop, stops, label=True)


def _tag_stop(name: str) -> Stop:
    return Stop(f"</{name}>", f"(?<=<)/{name}>", size=len(name) + 3)


# The newline of WAVE and LABEL stops them without closing them.
BIG = Stop(r"\*\*\*", r"(?<=\*)\*\*", size=3)
BOLD = Stop(r"\*\*", r"(?<=\*)\*", size=2)
WAVE = Stop(r"~~|[\r\n]", r"(?<=~)~|(?<=[\r\n])", r"\r\n", size=2)
FN = Stop(r"\]", r"(?<=\])", r"\]")
LABEL = Stop(r"[\]\r\n]", r"(?<=[\]\r\n])", r"\]\r\n")
CENTER = Stop(
    rf"{NEWLINE}?</center>", r"(?<=<)/center>|(?<=\r)\n?</center>|(?<=\n)</center>", r"\r\n"
)
TAGS = {name: _tag_stop(name) for name in ("b", "small", "i", "s")}

# What may begin at any place, for those who ask about all places beforehand.
ANY_INLINE = scan(url_run="?")
ANY_LABEL = scan(label=True)

# Which line breaks may begin a block: only what stands behind them can tell.
FULL = scan(line=r"(?=[\r\n]{0,3}>|\n?(?:```|\\\[|<center>))")
FULL_WITH_SEARCH = scan(line="")
SIMPLE = re.compile(
    rf"[:<#*0-9{_EMOJI}](?:(?<=:)([a-zA-Z0-9_+\-]+):(?![a-zA-Z0-9])"
    rf"|(?<=[0-9#*])\ufe0f?\u20e3()|(?<=<)plain>()|(?<=[{_EMOJI}])())"
).search

QUOTE = re.compile(
    rf"{NEWLINE}?{NEWLINE}?(?P<body>>[^\r\n]*(?:{NEWLINE}>[^\r\n]*)*){NEWLINE}?{NEWLINE}?"
).match
QUOTE_LINE = re.compile(rf">{SPACE}?([^\r\n]*)").findall
CENTER_OPEN = re.compile(rf"{NEWLINE}?<center>{NEWLINE}?").match
CENTER_CLOSE = re.compile(rf"(?={NEWLINE}?</center>(?:[\r\n]|\Z))")
CENTER_END = re.compile(rf"{NEWLINE}?</center>(?=[\r\n]|\Z){NEWLINE}?").match
CODE_OPEN = re.compile(rf"{NEWLINE}?```([^\r\n]*){NEWLINE}").match
CODE_CLOSE = re.compile(rf"(?={NEWLINE}```(?:[\r\n]|\Z))")
CODE_END = re.compile(rf"{NEWLINE}```{NEWLINE}?").match
MATH_OPEN = re.compile(rf"{NEWLINE}?\\\[{NEWLINE}?").match
MATH_CLOSE = re.compile(rf"(?={NEWLINE}?\\\])")
MATH_END = re.compile(rf"{NEWLINE}?\\\](?=[\r\n]|\Z){NEWLINE}?").match
SEARCH_ANY = re.compile(rf"{SPACE}(?:{_SEARCH_BUTTON})(?=[\r\n]|\Z)").search
SEARCH_LINE = re.compile(
    rf"{NEWLINE}?(?P<content>(?P<query>[^\r\n]+?){SPACE}(?:{_SEARCH_BUTTON}))"
    rf"(?=[\r\n]|\Z){NEWLINE}?"
).match
PLAIN_OPEN = re.compile(rf"<plain>{NEWLINE}?").match
PLAIN_CLOSE = re.compile(rf"(?={NEWLINE}?</plain>)")
PLAIN_END = re.compile(rf"{NEWLINE}?</plain>").match
TAG_OPEN = re.compile(r"<(b|small|i|s)>").match
ANGLE_OPEN = re.compile(r"<https?://").match
ANGLE_CLOSE = re.compile(r"[> \u3000\t]")
FN_OPEN = re.compile(rf"\$\[(?:([a-zA-Z0-9_]+)(?:\.({_ARG}(?:,{_ARG})*))?(?P<space> )?)?").match
INLINE_CODE = re.compile(r"`([^`´\r\n]+)`").match
MATH_INLINE_CLOSE = re.compile(r"\\\)|[\r\n]")
ITALIC = re.compile(rf"([*_])({WORDS}+)\1").match
BOLD_UNDER = re.compile(rf"__({WORDS}+)__").match
LABEL_CLOSE = re.compile(r"\]\((?=<?https?://)")
URL_OPEN = re.compile(r"https?://").match
URL_RUN = re.compile(rf"{URL_CHAR}*").match
TAG_RUN = re.compile(rf"{TAG_CHAR}*").match

# Brackets that may stand in an address, and in a tag, when they close.
URL_PAIRS = {"(": ")", "[": "]"}
TAG_PAIRS = {"(": ")", "[": "]", "「": "」", "（": "）"}
