"""The tree a text becomes: one small class for each kind of node.

The kinds and their fields are those of Misskey's reference parser, mfm-js 0.25
(its ``docs/syntax.md`` and the published type names). ``to_json`` gives a tree in
that parser's shape, ``{"type", "props"?, "children"?}``, so that the two can be
compared.

The classes are slotted and written out by hand: a page of notes makes hundreds of
nodes, and this is the cheapest object Python can build that still has a type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar


class Node:
    """What every node of the tree is; ``type`` is the reference's name of its kind."""

    __slots__: ClassVar[tuple[str, ...]] = ()
    type: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]] = ()  # The node's own values, in the reference's order.

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node) or other.type != self.type:
            return NotImplemented
        return _node_to_json(self) == _node_to_json(other)

    __hash__ = None  # type: ignore[assignment]  # compared by value, so not a key

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({_node_to_json(self)})"

    def props(self) -> dict[str, Any] | None:
        """The node's own values by the reference's names, or None when it has none."""
        return {name: getattr(self, name) for name in self.fields} or None


class Parent(Node):
    """A node that holds other nodes and, by itself, nothing else."""

    __slots__ = ("children",)

    def __init__(self, children: list[Node]) -> None:
        self.children = children


class Text(Node):
    """Plain characters. No two stand side by side, and none is empty."""

    __slots__ = fields = ("text",)
    type = "text"

    def __init__(self, text: str) -> None:
        self.text = text


class UnicodeEmoji(Node):
    """One emoji, with all the code points it is made of."""

    __slots__ = fields = ("emoji",)
    type = "unicodeEmoji"

    def __init__(self, emoji: str) -> None:
        self.emoji = emoji


class EmojiCode(Node):
    """A custom emoji by its name, without the colons."""

    __slots__ = fields = ("name",)
    type = "emojiCode"

    def __init__(self, name: str) -> None:
        self.name = name


class Mention(Node):
    """A person: ``username``, ``host`` (None when not written), ``acct`` as written."""

    __slots__ = fields = ("username", "host", "acct")
    type = "mention"

    def __init__(self, username: str, host: str | None, acct: str) -> None:
        self.username = username
        self.host = host
        self.acct = acct


class Hashtag(Node):
    """A tag, without its ``#``."""

    __slots__ = fields = ("hashtag",)
    type = "hashtag"

    def __init__(self, hashtag: str) -> None:
        self.hashtag = hashtag


class Url(Node):
    """An address; ``brackets`` tells that it was written as ``<https://…>``."""

    __slots__ = ("brackets", "url")
    type = "url"

    def __init__(self, url: str, brackets: bool = False) -> None:
        self.url = url
        self.brackets = brackets

    def props(self) -> dict[str, Any]:
        """``brackets`` is only there when true, as in the reference."""
        return {"url": self.url, "brackets": True} if self.brackets else {"url": self.url}


class Link(Parent):
    """``[label](url)``; ``silent`` is ``?[label](url)``, which asks for no preview."""

    __slots__ = fields = ("silent", "url")
    type = "link"

    def __init__(self, silent: bool, url: str, children: list[Node]) -> None:
        self.silent = silent
        self.url = url
        self.children = children


class Fn(Parent):
    """``$[name.args content]``; a value is a string, or True when only named."""

    __slots__ = fields = ("name", "args")
    type = "fn"

    def __init__(self, name: str, args: dict[str, str | bool], children: list[Node]) -> None:
        self.name = name
        self.args = args
        self.children = children


class Bold(Parent):
    """``**text**``, ``__text__`` or ``<b>text</b>``."""

    __slots__ = ()
    type = "bold"


class Italic(Parent):
    """``*text*``, ``_text_`` or ``<i>text</i>``."""

    __slots__ = ()
    type = "italic"


class Strike(Parent):
    """``~~text~~`` or ``<s>text</s>``."""

    __slots__ = ()
    type = "strike"


class Small(Parent):
    """``<small>text</small>``."""

    __slots__ = ()
    type = "small"


class Center(Parent):
    """``<center>`` on lines of its own."""

    __slots__ = ()
    type = "center"


class Quote(Parent):
    """Lines that begin with ``>``, which hold a whole text of their own."""

    __slots__ = ()
    type = "quote"


class Plain(Parent):
    """``<plain>``: one text, in which no markup is read."""

    __slots__ = ()
    type = "plain"


class InlineCode(Node):
    """Code within a line."""

    __slots__ = fields = ("code",)
    type = "inlineCode"

    def __init__(self, code: str) -> None:
        self.code = code


class BlockCode(Node):
    """Code on lines of its own; ``lang`` is None when not written."""

    __slots__ = fields = ("code", "lang")
    type = "blockCode"

    def __init__(self, code: str, lang: str | None) -> None:
        self.code = code
        self.lang = lang


class MathInline(Node):
    """A formula within a line."""

    __slots__ = fields = ("formula",)
    type = "mathInline"

    def __init__(self, formula: str) -> None:
        self.formula = formula


class MathBlock(Node):
    """A formula on lines of its own."""

    __slots__ = fields = ("formula",)
    type = "mathBlock"

    def __init__(self, formula: str) -> None:
        self.formula = formula


class Search(Node):
    """A line that asks for a search: ``query``, and ``content`` as written."""

    __slots__ = fields = ("query", "content")
    type = "search"

    def __init__(self, query: str, content: str) -> None:
        self.query = query
        self.content = content


def to_json(nodes: Iterable[Node]) -> list[dict[str, Any]]:
    """The tree as dicts and lists in the reference's shape, ready for ``json.dumps``."""
    return [_node_to_json(node) for node in nodes]


def _node_to_json(node: Node) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": node.type}
    props = node.props()
    if props is not None:
        shape["props"] = props
    if isinstance(node, Parent):
        shape["children"] = to_json(node.children)
    return shape
