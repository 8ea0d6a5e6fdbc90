"""Text to tree, in time that grows with the length of the text and nothing else.

The rules are those of Misskey Flavored Markdown as mfm-js 0.25 reads it (its
``docs/syntax.md``, and where that is silent, what it answers). The answers are the
same tree for tree; the way there is not. The reference tries each rule at each
character and goes back when one fails. Here:

- One scan finds the next place that matters, so plain text costs nearly nothing.
- Most constructs never go back: in the reference too an unclosed ``**`` gives up what
  it has read as text. Only a link's label and ``<center>`` do. Whether these close is
  known beforehand (``app.mfm.closings``), and only what closes is read into nodes.
- Closers that may be far away (of code, formulas, ``<plain>``, ``<https://…>``) are
  listed once per text and looked up by bisection.

Since every text node is a piece of the input as it stands, text is never gathered:
it is what lies between two nodes. What stands within a line is in ``app.mfm.inline``;
here are the blocks, and the ways in.
"""

from __future__ import annotations

from app.mfm import patterns as p
from app.mfm.emoji import emoji_end
from app.mfm.inline import Inline, Read
from app.mfm.nodes import (
    BlockCode,
    Center,
    EmojiCode,
    MathBlock,
    Node,
    Quote,
    Search,
    Text,
    UnicodeEmoji,
)

NEST_LIMIT = 20
# Each level costs a few frames of Python's stack, so a caller's wish has an end.
MAX_NEST_LIMIT = 60

# What String.prototype.trim removes, which is not quite what str.strip does.
_JS_SPACES = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)


def parse(text: str, nest_limit: int = NEST_LIMIT) -> list[Node]:
    """Read a note's text, or a description, into its tree.

    ``nest_limit``: how deep constructs may lie within each other before everything is
    text; more than 60 counts as 60. Never raises, whatever the text holds.
    """
    return Reader(text, min(nest_limit, MAX_NEST_LIMIT)).full(0)


def parse_simple(text: str) -> list[Node]:
    """Read a person's name: only emoji, emoji codes and ``<plain>`` mean anything."""
    nodes: list[Node] = []
    reader = Reader(text, MAX_NEST_LIMIT)
    start = at = 0
    while (found := p.SIMPLE(text, at)) is not None:
        begin = found.start()
        at = begin + 1
        node: Node | None = None
        kind = found.lastindex
        if kind == 1:
            node, at = EmojiCode(found[1]), found.end()
        elif kind == 2:
            node, at = UnicodeEmoji(found[0]), found.end()
        elif kind == 3:
            node, at = reader.plain(begin) or (None, at)
        elif (end := emoji_end(text, begin)) > begin:
            node, at = UnicodeEmoji(text[begin:end]), end
        if node is not None:
            if start < begin:
                nodes.append(Text(text[start:begin]))
            nodes.append(node)
            start = at
    if start < len(text):
        nodes.append(Text(text[start:]))
    return nodes


class Reader(Inline):
    """Reads one text. A quote's content is a text of its own, with its own reader."""

    __slots__ = ()

    # -- the whole text -------------------------------------------------------------

    def full(self, depth: int) -> list[Node]:
        """Everything there is, blocks included, at this depth."""
        text = self.text
        searching = p.SEARCH_ANY(text) is not None
        scan = p.FULL_WITH_SEARCH if searching else p.FULL
        nodes: list[Node] = []
        start = at = 0
        fresh = True  # At the beginning of a line that no line break led to.
        while True:
            begin = at
            read = self._line_begin(at, depth, searching) if fresh else None
            fresh = False
            if read is None:
                found = scan(text, at)
                if found is None:
                    break
                begin = found.start()
                if found.lastindex != p.LINE:
                    read = self._item(found, begin, depth, False)
                else:
                    read = self._block(begin, depth, searching) or (None, begin + 1)
            node, at = read
            if node is not None:
                if start < begin:
                    nodes.append(Text(text[start:begin]))
                nodes.append(node)
                start = at
                # Only a block takes along the line break behind it.
                fresh = text[at - 1] in "\r\n"
        if start < self.length:
            nodes.append(Text(text[start:]))
        return nodes

    def _line_begin(self, at: int, depth: int, searching: bool) -> Read | None:
        """What begins a line here without a line break before it to take along."""
        if at == self.length or self.text[at] in "\r\n":
            return None  # A line break is found, and asked, by the scan.
        read = self._block(at, depth, False)
        if read is not None or not searching:
            return read
        # A search line comes last of all rules, so whatever else may begin here goes first,
        # even a selector that no emoji owns: the reference reads it, then finds it is text.
        if self.text[at] == "\ufe0f":
            return None, at + 1
        found = p.FULL_WITH_SEARCH(self.text, at)
        if found is not None and found.start() == at:
            node, end = self._item(found, at, depth, False)
            if node is not None or end > at + 1:
                return node, end
        return self._search(at)

    # -- blocks: each takes along the line break before it, and one behind it -----------

    def _block(self, at: int, depth: int, searching: bool) -> Read | None:
        """The block that begins at this line break, or at this begin of a line."""
        text = self.text
        line = at
        if text[at] == "\r":
            line = at + 2 if text.startswith("\n", at + 1) else at + 1
        elif text[at] == "\n":
            line = at + 1
        first = text[line : line + 1]
        read: Read | None = None
        if first == "<":
            read = self._center(at, depth)
        elif first == "`":
            read = self._block_code(at)
        elif first == "\\":
            read = self._math_block(at)
        elif first and first in ">\r\n":
            read = self._quote(at, depth)
        if read is None and searching:
            read = self._search(at)
        return read

    def _center(self, at: int, depth: int) -> Read | None:
        found = p.CENTER_OPEN(self.text, at)
        if found is None:
            return None
        inside = found.end()
        stop = self._stop_of(inside, depth + 1, label=False)
        close = p.CENTER_END(self.text, stop) if stop > inside else None
        if close is None:
            return None
        nodes: list[Node] = []
        self._walk(inside, depth + 1, p.CENTER, False, nodes)
        return Center(nodes), close.end()

    def _block_code(self, at: int) -> Read | None:
        found = p.CODE_OPEN(self.text, at)
        if found is None:
            return None
        inside = found.end()
        stop = self.next(p.CODE_CLOSE, inside)
        if stop <= inside:
            return None
        close = p.CODE_END(self.text, stop)
        lang = found[1].strip(_JS_SPACES)
        return close and (BlockCode(self.text[inside:stop], lang or None), close.end())

    def _math_block(self, at: int) -> Read | None:
        found = p.MATH_OPEN(self.text, at)
        if found is None:
            return None
        inside = found.end()
        stop = self.next(p.MATH_CLOSE, inside)
        if stop <= inside:
            return None
        close = p.MATH_END(self.text, stop)
        return close and (MathBlock(self.text[inside:stop]), close.end())

    def _quote(self, at: int, depth: int) -> Read | None:
        found = p.QUOTE(self.text, at)
        if found is None:
            return None
        lines: list[str] = p.QUOTE_LINE(found["body"])
        if lines == [""]:
            return None
        content = "\n".join(lines)
        if depth + 1 < self.limit:
            return Quote(Reader(content, self.limit).full(depth + 1)), found.end()
        return Quote([Text(content)]), found.end()

    def _search(self, at: int) -> Read | None:
        found = p.SEARCH_LINE(self.text, at)
        return None if found is None else (Search(found["query"], found["content"]), found.end())
