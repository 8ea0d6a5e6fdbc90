"""What stands within a line: emphasis, functions, mentions, tags, addresses, links.

See ``app.mfm.parser`` for how reading goes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

from app.mfm import patterns as p
from app.mfm.closings import Closings
from app.mfm.emoji import emoji_end
from app.mfm.nodes import (
    Bold,
    EmojiCode,
    Fn,
    Hashtag,
    InlineCode,
    Italic,
    Link,
    MathInline,
    Mention,
    Node,
    Parent,
    Plain,
    Small,
    Strike,
    Text,
    UnicodeEmoji,
    Url,
)

_TAG_NODES: dict[str, type[Parent]] = {"b": Bold, "small": Small, "i": Italic, "s": Strike}
_ALNUM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
# What was read at a place: the node (None when it stays text), and where it ends.
Read = tuple[Node | None, int]
# What holds others: where its content begins, what ends it, what it becomes.
Opening = tuple[int, p.Stop, Callable[[list[Node]], Node]]


class Inline:
    """Reads what stands within the lines of one text.

    ``depth`` is how many constructs lie around a place, ``label`` whether one of them is
    a link's label.
    """

    __slots__ = ("closers", "closings", "length", "limit", "targets", "text")

    def __init__(self, text: str, limit: int) -> None:
        self.text = text
        self.length = len(text)
        self.limit = limit
        self.closers: dict[re.Pattern[str], list[int]] = {}
        self.closings: dict[bool, Closings] = {}
        self.targets: dict[tuple[int, int], tuple[str, int] | None] = {}

    # -- what stands within a line --------------------------------------------------------

    def _walk(self, at: int, depth: int, stop: p.Stop, label: bool, nodes: list[Node]) -> int:
        """Read from ``at`` into ``nodes``; where ``stop`` stands, or -1 if nowhere.

        There is at least one character before the stop.
        """
        text = self.text
        if depth >= self.limit:
            bare = stop.here.search(text, at)
            if bare is None:
                return -1
            nodes.append(Text(text[at : bare.start()]))
            return bare.start()
        scan = stop.label if label else stop.inline
        start = at
        while (found := scan(text, at)) is not None:
            begin = found.start()
            if found.lastindex == p.STOP:
                if start < begin:
                    nodes.append(Text(text[start:begin]))
                return begin
            node, at = self._item(found, begin, depth, label)
            if node is not None:
                if start < begin:
                    nodes.append(Text(text[start:begin]))
                nodes.append(node)
                start = at
        return -1

    def _item(self, found: re.Match[str], begin: int, depth: int, label: bool) -> Read:
        """What a scan found at ``begin``; one character of text when it was nothing."""
        kind = found.lastindex
        if kind == p.OTHER:
            if self.text[begin] in "*~$<":
                opening = self.opening(begin)
                if opening is not None:
                    return self._content(opening, depth, label)
            elif self.text[begin] in "[?":
                return self._link(begin, depth)
        return self.leaf(found, begin, depth, label)

    def leaf(self, found: re.Match[str], begin: int, depth: int, label: bool) -> Read:
        """As ``_item``, for what holds nothing."""
        kind = found.lastindex
        if kind == p.CODE:
            return EmojiCode(found[p.CODE]), found.end()
        if kind == p.EMOJI:
            end = emoji_end(self.text, begin)
            return (UnicodeEmoji(self.text[begin:end]), end) if end > begin else (None, begin + 1)
        if kind == p.NAME or kind == p.HOST:
            return _mention(found)
        if kind == p.TAG:
            return self.hashtag(begin, found.end(), depth)
        if kind == p.URL:
            return self._url(begin, found.start(p.URL), found.end(), depth)
        if kind == p.KEYCAP:
            return UnicodeEmoji(found[0]), found.end()
        sign = self.text[begin]
        read: Read | None = None
        if sign == "`":
            code = p.INLINE_CODE(self.text, begin)
            read = code and (InlineCode(code[1]), code.end())
        elif sign == "_":
            bold = p.BOLD_UNDER(self.text, begin)
            read = (Bold([Text(bold[1])]), bold.end()) if bold else self._italic(begin)
        elif sign == "*":
            read = self._italic(begin)
        elif sign == "\\":
            read = self._math_inline(begin)
        elif sign == "$":
            # A function without the space before its content: what was read is text.
            opened = p.FN_OPEN(self.text, begin)
            read = opened and (None, opened.end())
        else:
            read = self.plain(begin) or (None if label else self._angle(begin))
        return read or (None, begin + 1)

    def opening(self, begin: int) -> Opening | None:
        """What begins at ``begin`` and holds others: its content, its stop, its node."""
        text = self.text
        sign = text[begin]
        if sign == "*":
            if text.startswith("***", begin):
                return begin + 3, p.BIG, _tada
            return (begin + 2, p.BOLD, Bold) if text.startswith("**", begin) else None
        if sign == "~":
            return begin + 2, p.WAVE, Strike
        if sign == "$":
            found = p.FN_OPEN(text, begin)
            if found is None or found["space"] is None:
                return None
            name: str = found[1]
            args = _args(found[2])
            return found.end(), p.FN, lambda nodes: Fn(name, args, nodes)
        tag = p.TAG_OPEN(text, begin)
        return tag and (tag.end(), p.TAGS[tag[1]], _TAG_NODES[tag[1]])

    def _content(self, opening: Opening, depth: int, label: bool) -> Read:
        """A construct with others in it. Unclosed, all that was read stays text."""
        inside, stop, make = opening
        text = self.text
        if inside == self.length or stop.here.match(text, inside):
            return None, inside
        nodes: list[Node] = []
        at = self._walk(inside, depth + 1, stop, label, nodes)
        if at < 0:
            return None, self.length
        if stop is p.WAVE and text[at] != "~":
            return None, at
        return make(nodes), at + stop.size

    def _italic(self, begin: int) -> Read | None:
        found = p.ITALIC(self.text, begin)
        if found is None or (begin and self.text[begin - 1] in _ALNUM):
            return None
        return Italic([Text(found[2])]), found.end()

    def _math_inline(self, begin: int) -> Read | None:
        inside = begin + 2
        if self.text[begin + 1] == "(":
            stop = self.next(p.MATH_INLINE_CLOSE, inside)
            if stop > inside and self.text[stop] == "\\":
                return MathInline(self.text[inside:stop]), stop + 2
        return None

    def plain(self, begin: int) -> Read | None:
        """``<plain>`` at ``begin``, or None when it is none."""
        found = p.PLAIN_OPEN(self.text, begin)
        if found is None:
            return None
        inside = found.end()
        stop = self.next(p.PLAIN_CLOSE, inside)
        close = p.PLAIN_END(self.text, stop) if stop > inside else None
        return close and (Plain([Text(self.text[inside:stop])]), close.end())

    # -- addresses, tags and links -----------------------------------------------------------

    def hashtag(self, begin: int, run_end: int, depth: int) -> Read:
        """The tag at ``begin`` whose characters, up to the first bracket, end here."""
        end = self._with_groups(run_end, depth, p.TAG_RUN, p.TAG_PAIRS)
        name = self.text[begin + 1 : end]
        if not name or (name.isascii() and name.isdigit()):
            return None, begin + 1
        return Hashtag(name), end

    def _url(self, begin: int, inside: int, run_end: int, depth: int) -> Read:
        """``https://…``; when nothing but dots and commas follows, that is text."""
        end, kept = self.url_ends(run_end, depth)
        if end == inside:
            return None, begin + 1
        return (Url(self.text[begin:kept]), kept) if kept > inside else (None, end)

    def url_ends(self, run_end: int, depth: int) -> tuple[int, int]:
        """Where an address ends whose first run ends here: with, and without, its dots."""
        end = kept = self._with_groups(run_end, depth, p.URL_RUN, p.URL_PAIRS)
        while self.text[kept - 1] in ".,":
            kept -= 1
        return end, kept

    def _angle(self, begin: int) -> Read | None:
        found = p.ANGLE_OPEN(self.text, begin)
        if found is None:
            return None
        stop = self.next(p.ANGLE_CLOSE, found.end())
        if stop <= found.end() or self.text[stop] != ">":
            return None
        return Url(self.text[begin + 1 : stop], True), stop + 1

    def _with_groups(self, at: int, depth: int, run: p.Search, pairs: dict[str, str]) -> int:
        """Go on from ``at`` over bracketed groups and what may follow them."""
        text = self.text
        while text[at : at + 1] in pairs:
            end = self._group(at, depth, run, pairs)
            if end < 0:
                break
            after = run(text, end)
            at = after.end() if after else end
        return at

    def _group(self, at: int, depth: int, run: p.Search, pairs: dict[str, str]) -> int:
        """The end of the bracketed group that opens at ``at``; -1 when it does not close."""
        text = self.text
        close = pairs[text[at]]
        at += 1
        while True:
            after = run(text, at)
            at = after.end() if after else at
            sign = text[at : at + 1]
            if sign == close:
                return at + 1
            if sign not in pairs or depth + 1 >= self.limit:
                return -1
            at = self._group(at, depth + 1, run, pairs)
            if at < 0:
                return -1

    def _link(self, begin: int, depth: int) -> Read:
        silent = self.text[begin] == "?"
        inside = begin + 2 if silent else begin + 1
        stop = self._stop_of(inside, depth + 1, label=True)
        target = self.target(stop, depth) if stop > inside else None
        if target is None:
            return None, begin + 1
        nodes: list[Node] = []
        self._walk(inside, depth + 1, p.LABEL, True, nodes)
        return Link(silent, target[0], nodes), target[1]

    def target(self, stop: int, depth: int) -> tuple[str, int] | None:
        """The address behind a label that stops here, and where the link ends."""
        key = (stop, depth)
        if key not in self.targets:
            self.targets[key] = self._read_target(stop, depth)
        return self.targets[key]

    def _read_target(self, stop: int, depth: int) -> tuple[str, int] | None:
        if not self.text.startswith("](", stop):
            return None
        begin = stop + 2
        read = self._angle(begin)
        if read is None:
            found = p.URL_OPEN(self.text, begin)
            if found is None:
                return None
            run = p.URL_RUN(self.text, found.end())
            read = self._url(begin, found.end(), run.end() if run else begin, depth)
        node, end = read
        if isinstance(node, Url) and self.text.startswith(")", end):
            return node.url, end + 1
        return None

    def closings_of(self, inside: int, *, label: bool) -> Closings | None:
        """What is known of labels, or of centred blocks; None when none can close."""
        last = self.all(p.LABEL_CLOSE if label else p.CENTER_CLOSE)
        if not last or last[-1] < inside:
            return None
        if label not in self.closings:
            self.closings[label] = Closings(self, inside, last[-1], label)
        return self.closings[label]

    def _stop_of(self, inside: int, depth: int, *, label: bool) -> int:
        """Where a label, or a centred block, with this content stops; -1 if nowhere."""
        closings = self.closings_of(inside, label=label)
        return -1 if closings is None else closings.stop_of(inside, depth)

    # -- closers -------------------------------------------------------------------------------

    def next(self, pattern: re.Pattern[str], at: int) -> int:
        """Where ``pattern`` next matches at or after ``at``; -1 if nowhere."""
        found = self.all(pattern)
        index = bisect_left(found, at)
        return found[index] if index < len(found) else -1

    def all(self, pattern: re.Pattern[str]) -> list[int]:
        """All places where ``pattern``, a look-ahead, matches."""
        found = self.closers.get(pattern)
        if found is None:
            found = [match.start() for match in pattern.finditer(self.text)]
            self.closers[pattern] = found
        return found


def _tada(nodes: list[Node]) -> Node:
    """``***text***`` is an older way to write ``$[tada text]``."""
    return Fn("tada", {}, nodes)


def _args(written: str | None) -> dict[str, str | bool]:
    """``a,b=c`` as a mapping; a bare name is True.

    The reference keeps these in a JavaScript object, where ``__proto__`` sets nothing
    and names that are numbers come first, in order.
    """
    args: dict[str, str | bool] = {}
    if written is None:
        return args
    for pair in written.split(","):
        name, equals, value = pair.partition("=")
        if name != "__proto__":
            args[name] = value if equals else True
    numbers = sorted(filter(_is_index, args), key=int)
    return {name: args[name] for name in [*numbers, *args]} if numbers else args


def _is_index(name: str) -> bool:
    """Whether JavaScript sorts this property's name as a number."""
    return len(name) < 10 and name.isdigit() and str(int(name)) == name


def _mention(found: re.Match[str]) -> Read:
    """Dots and hyphens may not begin a name or a host, and do not end them."""
    host: str | None = found[p.HOST]
    name: str = found[p.NAME]
    if host is not None:
        host = host.rstrip(".-")
        if not host or host[0] in ".-" or name[-1] in ".-":
            return None, found.end()
    else:
        name = name.rstrip(".-")
    if not name or name[0] in ".-":
        return None, found.end()
    acct = f"@{name}" if host is None else f"@{name}@{host}"
    return Mention(name, host, acct), found.start() + len(acct)
