"""What is one emoji: the longest sequence of code points that is one, at a place.

The sequences are data (``emoji_data``), made from the list the reference asks. Three
habits of the reference are kept: the longest sequence wins; a few signs that are
text by nature (``☎``) are emoji too, unless U+FE0E follows; a selector U+FE0F that
belongs to no sequence is text.
"""

from __future__ import annotations

from itertools import product

from app.mfm import emoji_data

_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_TEXT_STYLE = "\ufe0e"


def _runs(pairs: str) -> frozenset[str]:
    """The characters of pairs of first and last, end to end."""
    return frozenset(
        chr(code)
        for first, last in zip(pairs[::2], pairs[1::2], strict=True)
        for code in range(ord(first), ord(last) + 1)
    )


def _sequences() -> frozenset[str]:
    """Every emoji of more than one code point, skin tones filled in."""
    found = set(emoji_data.PLAIN.split())
    for shapes, alike in ((emoji_data.TONED, True), (emoji_data.TWO_TONED, False)):
        for shape in shapes.split():
            for tones in product(_TONES, repeat=shape.count("T")):
                if alike or len(set(tones)) > 1:
                    pieces = iter(tones)
                    found.add("".join(next(pieces) if sign == "T" else sign for sign in shape))
    return frozenset(word.replace("J", "\u200d").replace("V", "\ufe0f") for word in found)


SINGLES = _runs(emoji_data.SINGLES)
SEQUENCES = _sequences()
_UNSTYLED = _runs(emoji_data.UNSTYLED)


def _lengths() -> dict[str, tuple[int, ...]]:
    """For each first code point the lengths an emoji may have, longest first."""
    lengths: dict[str, set[int]] = {character: {1} for character in SINGLES}
    for word in SEQUENCES:
        lengths.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


_LENGTHS = _lengths()
FIRST = frozenset(_LENGTHS)


def emoji_end(text: str, at: int) -> int:
    """Where the emoji that begins at ``at`` ends; ``at`` itself when none does.

    ``at`` must be a place in ``text``. Nothing is raised.
    """
    for length in _LENGTHS.get(text[at], ()):
        if length == 1:
            if text[at] in _UNSTYLED and text.startswith(_TEXT_STYLE, at + 1):
                return at
            return at + 1
        # Near the end of the text the slice is shorter, and may be a shorter emoji.
        word = text[at : at + length]
        if word in SEQUENCES:
            return at + len(word)
    return at
