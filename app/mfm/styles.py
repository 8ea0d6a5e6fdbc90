"""Values of functions (colours, times, sizes) without any inline style.

The pages' policy is ``style-src 'self'``: no ``style`` attribute, no ``<style>``. The
values people write are open-ended, so they cannot all stand in one fixed stylesheet. Of
the ways left:

- presentational attributes (``<font color>``) need no permission, but there is none for
  a background, a border, a turn or a speed;
- a nonce for a ``<style>`` element has to differ in every answer, which no cache and no
  fragment sent later could share, and an old browser that knows no nonce refuses it;
- a finite sheet of rounded values would be hundreds of kilobytes that hardly any page
  needs.

So: each value becomes a *class that says the value* (``mv-c-ff0000``), and a page, or a
fragment, that has any links a stylesheet of our own whose address lists exactly these:
``/mfm.css?v=c-ff0000~r-90``. Whoever serves that address hands the list to
``stylesheet``, which knows nothing but the strict grammar below: a piece that does not
fit it gives no rule, so nothing can be injected by address either. The answer depends
on the address alone and may be kept for ever; a page without such values links nothing;
any browser that knows stylesheets knows this, and without it the text is just text.

The grammar of a piece: a letter, then its values. Numbers are written with ``_`` for the
point and ``n`` for the minus, at most two decimals.

    c-HEX  colour            r-N    turn, degrees      t-N  time of one round, seconds
    b-HEX  background        s-N-N  scale, across, down     d-N  delay, seconds
    p-N-N  shift, em         o-STYLE-HEX-N-N  border: style, colour, width, radius, px
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from urllib.parse import quote

PREFIX = "mv-"
SEPARATOR = "~"
# A request line may have 4,094 bytes under gunicorn; well below, and proxies are happy.
_MAX_ADDRESS = 1500

BORDER_STYLES = frozenset(
    ("hidden", "dotted", "dashed", "solid", "double", "groove", "ridge", "inset", "outset")
)
# The least and the most that has any effect, by the letter and the place of the number.
_RANGES: dict[str, tuple[tuple[float, float], ...]] = {
    "r": ((-360, 360),),
    "s": ((-5, 5), (-5, 5)),
    "p": ((-30, 30), (-30, 30)),
    "t": ((0.1, 120),),
    "d": ((-120, 120),),
    "o": ((0, 20), (0, 200)),
}
_RULES = {
    "c": "color:{0}",
    "b": "background-color:{0}",
    "r": "transform:rotate({0}deg)",
    "s": "transform:scale({0},{1})",
    "p": "transform:translate({0}em,{1}em)",
    "t": "animation-duration:{0}s",
    "d": "animation-delay:{0}s",
    "o": "border:{2}px {0} {1};border-radius:{3}px",
}
_HEX = re.compile(r"(?:[0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6})\Z").match
_NUMBER = re.compile(r"n?[0-9]{1,3}(?:_[0-9]{1,2})?\Z").match
_FLOAT = re.compile(r"-?(?:[0-9]{1,9}(?:\.[0-9]*)?|\.[0-9]+)").match
_TIME = re.compile(r"(-?[0-9.]{1,12})s\Z").match


class Styles:
    """The values that one page, or one fragment, uses; filled in while rendering."""

    def __init__(self) -> None:
        self._pieces: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._pieces)

    def add(self, piece: str) -> str:
        """Note a piece; the class that has its effect."""
        self._pieces[piece] = None
        return PREFIX + piece

    def rules(self) -> str:
        """The rules of all of them, for a stylesheet that is a file."""
        return stylesheet(self._pieces)

    def addresses(self, path: str = "/mfm.css") -> list[str]:
        """The stylesheets to link, mostly none or one; ``path`` is where they are served.

        The pieces are sorted, so that pages with the same values share what is cached.
        """
        found: list[str] = []
        start = f"{path}?v="
        address = ""
        for piece in sorted(self._pieces):
            if address and len(address) + len(piece) >= _MAX_ADDRESS:
                found.append(address)
                address = ""
            address += quote(SEPARATOR + piece if address else start + piece, safe="/?=~")
        return [*found, address] if address else found


def stylesheet(pieces: str | Iterable[str]) -> str:
    """The rules for pieces, as given in an address or one by one; junk gives no rule."""
    if isinstance(pieces, str):
        pieces = pieces.split(SEPARATOR)
    rules = (_rule(piece) for piece in dict.fromkeys(pieces))
    return "".join(rule for rule in rules if rule)


def _rule(piece: str) -> str | None:
    kind, _, rest = piece.partition("-")
    template = _RULES.get(kind)
    if template is None:
        return None
    values = rest.split("-")
    shown: list[str] = []
    if kind == "o":
        if values[0] not in BORDER_STYLES:
            return None
        shown.append(values.pop(0))
    if kind in "cbo":
        if not values or not _HEX(values[0]):
            return None
        shown.append("#" + values.pop(0))
    ranges = _RANGES.get(kind, ())
    if len(values) != len(ranges):
        return None
    for value, (least, most) in zip(values, ranges, strict=True):
        if not _NUMBER(value):
            return None
        number = float(value.replace("n", "-").replace("_", "."))
        if not least <= number <= most:
            return None
        shown.append(f"{number:g}")
    # Two classes, so that these win over the fixed sheet whichever is linked first.
    return f".mfm.{PREFIX}{piece}{{{template.format(*shown)}}}"


def _written(number: float, kind: str, place: int = 0) -> str:
    """A number as a piece holds it, brought into its range."""
    least, most = _RANGES[kind][place]
    text = f"{min(max(number, least), most):.2f}".rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace("-", "n").replace(".", "_")


Value = str | bool | None


def number(value: Value, default: float) -> float:
    """The number a value begins with, as JavaScript's ``parseFloat`` reads it."""
    found = _FLOAT(value) if isinstance(value, str) else None
    return float(found[0]) if found else default


def color(value: Value, default: str) -> str:
    """Three, four or six hexadecimal digits in lower case, or the default."""
    lowered = value.lower() if isinstance(value, str) else ""
    return lowered if _HEX(lowered) else default


def seconds(value: Value) -> float | None:
    """What is written like ``1.5s``, or None."""
    found = _TIME(value) if isinstance(value, str) else None
    try:
        return float(found[1]) if found else None
    except ValueError:  # 1.2.3s
        return None


def colored(kind: str, value: Value) -> str:
    """The piece for a text (``c``) or a background (``b``) of this colour; red if unclear."""
    return f"{kind}-{color(value, 'f00')}"


def turned(value: Value) -> str:
    """The piece for a turn by so many degrees, 90 if unclear."""
    return f"r-{_written(math.fmod(number(value, 90), 360), 'r')}"


def sized(kind: str, x: Value, y: Value, default: float) -> str:
    """The piece for a scale (``s``) or a shift (``p``)."""
    across, down = number(x, default), number(y, default)
    return f"{kind}-{_written(across, kind)}-{_written(down, kind, 1)}"


def timed(kind: str, value: Value) -> str | None:
    """The piece for a round's time (``t``, more than nothing) or a delay (``d``)."""
    found = seconds(value)
    if found is None or (kind == "t" and found <= 0):
        return None
    return f"{kind}-{_written(found, kind)}"


def bordered(style: Value, tint: Value, width: Value, radius: Value) -> str:
    """The piece for a border: solid, 1 px and the text's green if unclear."""
    drawn = style if isinstance(style, str) and style in BORDER_STYLES else "solid"
    wide = _written(number(width, 1), "o")
    round_ = _written(number(radius, 0), "o", 1)
    return f"o-{drawn}-{color(tint, '2f5d50')}-{wide}-{round_}"
