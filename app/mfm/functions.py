"""``$[name.args content]``: what each function of the official client becomes here.

A function is a ``<span class="mfm mfm-NAME">``: what it does stands in ``mfm.css``,
what its arguments say in classes from ``app.mfm.styles``. Names, arguments and defaults
are those of Misskey 2025.11; one that is not known, or whose arguments say nothing, is
shown as it was written, with its content read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.mfm import styles
from app.mfm.nodes import Fn

# What a function asks for: classes of the fixed sheet, and pieces for the page's own.
Look = tuple[list[str], list[str | None]]

FONTS: Final = ("serif", "monospace", "cursive", "fantasy", "emoji", "math")
ANIMATED: Final = frozenset(
    ("tada", "jelly", "twitch", "shake", "jump", "bounce", "rainbow", "spin")
)
# What a reader who turned advanced markup off does not get to see.
ADVANCED: Final = frozenset(("x2", "x3", "x4", "scale", "position"))


def _timed(fn: Fn) -> list[str | None]:
    return [styles.timed("t", fn.args.get("speed")), styles.timed("d", fn.args.get("delay"))]


def _animated(fn: Fn) -> Look:
    return [f"mfm-{fn.name}"], _timed(fn)


def _spin(fn: Fn) -> Look:
    axis = "mfm-spin-x" if "x" in fn.args else "mfm-spin-y" if "y" in fn.args else "mfm-spin"
    if "left" in fn.args:
        return [axis, "mfm-left"], _timed(fn)
    return [axis, "mfm-alternate"] if "alternate" in fn.args else [axis], _timed(fn)


def _plain(fn: Fn) -> Look:
    return [f"mfm-{fn.name}"], []


def _flip(fn: Fn) -> Look:
    both = "h" in fn.args and "v" in fn.args
    return ["mfm-flip-hv" if both else "mfm-flip-v" if "v" in fn.args else "mfm-flip-h"], []


def _font(fn: Fn) -> Look | None:
    family = next((name for name in FONTS if name in fn.args), None)
    return None if family is None else ([f"mfm-font-{family}"], [])


def _border(fn: Fn) -> Look:
    args = fn.args
    piece = styles.bordered(
        args.get("style"), args.get("color"), args.get("width"), args.get("radius")
    )
    return ["mfm-border"] if "noclip" in args else ["mfm-border", "mfm-clip"], [piece]


_LOOKS: Final[dict[str, Callable[[Fn], Look | None]]] = {
    **dict.fromkeys(ANIMATED, _animated),
    **dict.fromkeys(("x2", "x3", "x4", "blur", "sparkle"), _plain),
    "spin": _spin,
    "flip": _flip,
    "font": _font,
    "border": _border,
    "rotate": lambda fn: (["mfm-rotate"], [styles.turned(fn.args.get("deg"))]),
    "scale": lambda fn: (
        ["mfm-scale"], [styles.sized("s", fn.args.get("x"), fn.args.get("y"), 1)],
    ),
    "position": lambda fn: (
        ["mfm-position"], [styles.sized("p", fn.args.get("x"), fn.args.get("y"), 0)],
    ),
    "fg": lambda fn: ([], [styles.colored("c", fn.args.get("color"))]),
    "bg": lambda fn: ([], [styles.colored("b", fn.args.get("color"))]),
}  # fmt: skip


def look_of(fn: Fn) -> Look | None:
    """The classes and pieces of a function; None when it is to be shown as written."""
    look = _LOOKS.get(fn.name)
    return None if look is None else look(fn)
