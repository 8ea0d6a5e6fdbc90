"""Write ``app/mfm/emoji_data.py``: the sequences of code points that are one emoji.

Source: the npm package ``@twemoji/parser`` 16.0.0 (MIT), the very list the reference
parser mfm-js 0.25.0 asks, so that both agree on what an emoji is. The package holds
one regular expression over UTF-16 units; the language of it is finite, so this script
lists its words and writes them as data, folded where skin tones are free. Nothing of
the expression itself is kept.

    npm install mfm-js@0.25.0
    python scripts/mfm_oracle/make_emoji.py node_modules/@twemoji/parser/dist/lib/regex.js
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
OUT = Path(__file__).parents[2] / "app/mfm/emoji_data.py"
NOT_TEXT_STYLE = "!"

HEADER = '''"""Which sequences of code points are one emoji. Generated: do not edit.

Written by ``scripts/mfm_oracle/make_emoji.py`` from the npm package
``@twemoji/parser`` 16.0.0 (Emoji 16.0), the list that mfm-js 0.25.0 asks.
That package is Copyright (c) 2018 Twitter, Inc and other contributors, MIT licence.

In the sequences J is U+200D (the joiner), V is U+FE0F (shown as emoji) and T is a skin
tone.
"""
'''


def words(sequence: Any) -> list[str]:
    """Every string a parsed expression matches; a look-ahead becomes a mark."""
    found = [""]
    for op, value in sequence:
        if op is ops.LITERAL:
            options = [chr(value)]
        elif op is ops.IN:
            options = []
            for kind, item in value:
                low, high = item if kind is ops.RANGE else (item, item)
                options += [chr(code) for code in range(low, high + 1)]
        elif op is ops.BRANCH:
            options = [word for branch in value[1] for word in words(branch)]
        elif op is ops.SUBPATTERN:
            options = words(value[3])
        elif op is ops.MAX_REPEAT and value[:2] == (0, 1):
            options = [*words(value[2]), ""]
        elif op is ops.ASSERT_NOT:
            options = [NOT_TEXT_STYLE]
        else:
            raise SystemExit(f"an operation this script does not know: {op}")
        found = [left + right for left in found for right in options]
    return found


def ranges(characters: set[str]) -> str:
    """Characters as pairs of first and last, end to end."""
    codes = sorted(map(ord, characters))
    pairs: list[list[int]] = []
    for code in codes:
        if pairs and pairs[-1][1] == code - 1:
            pairs[-1][1] = code
        else:
            pairs.append([code, code])
    return "".join(chr(first) + chr(last) for first, last in pairs)


def literal(name: str, meaning: str, value: str, width: int = 90) -> str:
    """One named string, broken over lines; what has no shape of its own is escaped."""
    escaped = [
        character if character.isprintable() else ascii(character)[1:-1] for character in value
    ]
    lines, line, taken = [], "", 0
    for piece in escaped:
        room = len(piece) if piece.isascii() else 2
        if taken + room > width:
            lines.append(line)
            line, taken = "", 0
        line += piece
        taken += room
    lines.append(line)
    body = "\n".join(f'    "{part}"' for part in lines)
    return f"\n# {meaning}\n{name} = (\n{body}\n)\n"


def main(source: Path) -> None:
    """Read the package's expression, write the module."""
    script = source.read_text(encoding="utf-8")
    pattern = script[script.index("/(?:") + 1 : script.rindex("/g")]
    every = {
        word.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        for word in words(_parser.parse(pattern))
    }
    every.discard("\ufe0f")  # The reference turns a lone selector back into text.
    unstyled = {word[0] for word in every if len(word) == 2 and word[1] == NOT_TEXT_STYLE}
    every = {word.replace(NOT_TEXT_STYLE, "") for word in every}

    shapes: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for word in every:
        tones = tuple(character for character in word if character in TONES)
        shape = word.replace("\u200d", "J").replace("\ufe0f", "V")
        shapes[re.sub(f"[{TONES}]", "T", shape)].add(tones)
    singles = {word for word in every if len(word) == 1}
    groups: dict[str, list[str]] = defaultdict(list)
    for shape, tones_of in sorted(shapes.items()):
        slots = shape.count("T")
        if len(shape) == 1:
            continue  # It is among the singles already.
        if slots == 0:
            groups["PLAIN"].append(shape)
        elif len(tones_of) == 5**slots:
            groups["TONED"].append(shape)
        elif slots == 2 and tones_of == {(a, b) for a in TONES for b in TONES if a != b}:
            groups["TWO_TONED"].append(shape)
        else:
            raise SystemExit(f"tones of {shape!r} follow no rule this script knows")

    text = HEADER
    text += literal("SINGLES", "One code point: first and last of each run.", ranges(singles))
    text += literal(
        "UNSTYLED",
        "Of those, the ones that U+FE0E after them turns into text; runs as above.",
        ranges(unstyled),
    )
    text += literal("PLAIN", "Sequences without skin tones.", " ".join(groups["PLAIN"]))
    text += literal("TONED", "Each T is any of the five.", " ".join(groups["TONED"]))
    text += literal("TWO_TONED", "The two T are never the same.", " ".join(groups["TWO_TONED"]))
    OUT.write_text(text, encoding="utf-8")
    print(len(every), "sequences,", len(text), "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
