"""The texts in the blocks of a page, as fields of a form, and back without losing a block.

A page is a list of blocks, and sections hold more of them (`pages/show`). Texts and titles
of sections can be changed here; pictures and notes stay as and where they are. A page with
anything else in it is left to the official client.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

MOST_BLOCKS = 300
DEEPEST = 10
ADDED = "part-new"
"""The field for a text that comes after all others."""
_KEPT = ("image", "note")

Content = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One block as it stands in the form: `field` is where its text is typed, empty where
    the block is only kept."""

    type: str
    field: str
    text: str


def parts_of(content: object) -> list[Part] | None:
    """The blocks from top to bottom; None if this form could not keep all of them."""
    try:
        parts = list(_walked(content, 0))
    except _CannotKeep:
        return None
    if len(parts) > MOST_BLOCKS:
        return None
    return [
        Part(type, "" if type in _KEPT else f"part-{number}", text)
        for number, (type, text) in enumerate(parts)
    ]


class _CannotKeep(Exception):
    """There is a block we know nothing of."""


def _walked(content: object, depth: int) -> Iterator[tuple[str, str]]:
    if not isinstance(content, list) or depth > DEEPEST:
        raise _CannotKeep
    for block in content:
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(kind, str):
            raise _CannotKeep
        if kind in _KEPT:
            yield kind, ""
            continue
        text = block.get(_TEXT_OF[kind]) if kind in _TEXT_OF else None
        if not isinstance(text, str):
            raise _CannotKeep
        yield kind, text
        if kind == "section":
            yield from _walked(block.get("children"), depth + 1)


_TEXT_OF = {"text": "text", "section": "title"}
"""Under which name a block keeps its text."""


def with_texts(content: Content, typed: Mapping[str, str]) -> Content:
    """`content`, whose blocks `parts_of` gave, with the texts as they were typed. A text
    that was emptied goes; what was typed into ADDED comes last."""
    changed = _changed(content, typed, iter(range(MOST_BLOCKS)))
    added = typed.get(ADDED, "")
    if added.strip():
        changed.append({"id": str(uuid.uuid4()), "type": "text", "text": added})
    return changed


def _changed(content: Content, typed: Mapping[str, str], numbers: Iterator[int]) -> Content:
    changed: Content = []
    for block in content:
        name, field = _TEXT_OF.get(block["type"]), f"part-{next(numbers)}"
        if name is None:
            changed.append(block)
            continue
        text = _as_before(typed.get(field, block[name]), block[name])
        inside = {}
        if block["type"] == "section":
            inside = {"children": _changed(block["children"], typed, numbers)}
        if text.strip() or block["type"] == "section" or not block[name].strip():
            changed.append({**block, name: text, **inside})
    return changed


def _as_before(typed: str, was: str) -> str:
    """What was typed; what was not touched stays as it was, though browsers send line ends
    of their own."""
    return was if typed == _lines(was) else typed


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def packed(content: Content) -> str:
    """The blocks as they go along with the form."""
    return msgspec.json.encode(content).decode()


def unpacked(raw: str) -> Content | None:
    """What `packed` made; None for what it can't have made."""
    try:
        content = msgspec.json.decode(raw.encode(errors="replace"))
    except (msgspec.DecodeError, RecursionError):
        return None
    return content if parts_of(content) is not None else None


def print_of(content: object) -> str:
    """A short mark of these blocks, to see whether others stand there by now."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:32]
