"""Tree to HTML that is safe to send as it is.

``render`` makes a string of HTML in which every character a person wrote has been
escaped, every address is http or https, and no element or attribute occurs but those
written down in this file: no script, frame, form, event handler or ``style``. What
functions look like is in ``static/mfm.css``; their values are classes collected in
``Context.styles``, for which see ``app.mfm.styles``.

Where the markup belongs: in an element of class ``mfm-text``, which keeps what is
shifted or enlarged from covering the rest of the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any, Final
from urllib.parse import quote, urlsplit

from app.mfm import nodes as n
from app.mfm.functions import ADVANCED, ANIMATED, look_of
from app.mfm.nyaize import nyaize
from app.mfm.plain import plain_text
from app.mfm.styles import Styles

# One note can ask for this many values; the next ones are shown without effect.
MAX_VALUES = 60

_REL: Final = "nofollow noopener noreferrer ugc"
_ADDRESS = re.compile(r"https?://[^\s]", re.ASCII).match
_IMAGE = re.compile(r"(?:https?://|/(?!/))[^\s]", re.ASCII).match
_IN_ADDRESS = re.compile(r"""[\x00-\x20\x7f\\"'<>`{|}^]""")
# Halves of surrogate pairs cannot be sent, and control characters mean nothing in HTML.
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[a-zA-Z0-9_+#.\-]{1,30}").match
_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,15})").match
_BREAK = re.compile(r"\r\n|\r|\n")


def no_emoji(name: str, host: str | None) -> str | None:
    """The resolver that knows no custom emoji."""
    return None


def utc_time(moment: datetime) -> str:
    """A moment as people read it, when nobody says better."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


@dataclass
class Context:
    """What rendering needs to know of the page and of who wrote the text.

    ``emoji`` gives the address of a custom emoji's picture by its name and the host it
    is from (None: the reader's own server), or None. ``host``: where the author is from.
    ``is_cat``: whether the author speaks like one. ``mention_url`` has ``{acct}``,
    ``tag_url`` ``{tag}``, ``search_url`` ``{query}``; what goes in is percent-encoded.
    ``time`` words the moment of ``$[unixtime]``. ``advanced`` off: enlarging and shifting
    do nothing; ``animated`` off: nothing moves. ``styles`` collects over a whole page.
    """

    emoji: Callable[[str, str | None], str | None] = no_emoji
    host: str | None = None
    is_cat: bool = False
    mention_url: str = "/@{acct}"
    tag_url: str = "/tags/{tag}"
    search_url: str = "https://duckduckgo.com/?q={query}"
    time: Callable[[datetime], str] = utc_time
    advanced: bool = True
    animated: bool = True
    styles: Styles = field(default_factory=Styles)


def render(tree: Iterable[n.Node], context: Context | None = None) -> str:
    """The HTML of a tree, as ``parse`` or ``parse_simple`` gave it. Raises nothing."""
    renderer = _Renderer(context or Context())
    html = renderer.all(tree)
    return _UNSENDABLE.sub("\ufffd", html) if _UNSENDABLE.search(html) else html


class _Renderer:
    """Renders one tree; ``cat`` and ``linked`` say what surrounds the place it is at."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.cat = context.is_cat
        self.linked = False
        self.values = 0

    def all(self, tree: Iterable[n.Node]) -> str:
        return "".join([_RENDERERS[node.type](self, node) for node in tree])

    def text(self, node: Any) -> str:
        return self.words(node.text)

    def words(self, text: str) -> str:
        """A text as the author says it, line breaks and all."""
        if self.cat:
            text = nyaize(text)
        text = escape(text, quote=False)
        return _BREAK.sub("<br>", text) if "\n" in text or "\r" in text else text

    def uncat(self, children: list[n.Node]) -> str:
        """Content that is left as written even if the author is a cat."""
        before, self.cat = self.cat, False
        html = self.all(children)
        self.cat = before
        return html

    def plain(self, node: Any) -> str:
        return self.uncat(node.children)

    def unicode_emoji(self, node: Any) -> str:
        return escape(node.emoji, quote=False)

    def emoji_code(self, node: Any) -> str:
        code = escape(f":{node.name}:")
        source = self.context.emoji(node.name, self.context.host)
        if source is None or not _IMAGE(source):
            return code
        return (
            f'<img class="emoji" src="{_address(source)}" alt="{code}" title="{code}"'
            ' loading="lazy" decoding="async">'
        )

    def mention(self, node: Any) -> str:
        host = node.host or self.context.host
        acct = f"{node.username}@{host}" if host else node.username
        address = self.context.mention_url.format(acct=quote(acct, safe="@", errors="replace"))
        return self.inner("mention", address, escape(node.acct))

    def hashtag(self, node: Any) -> str:
        tag = quote(node.hashtag, safe="", errors="replace")
        return self.inner(
            "hashtag", self.context.tag_url.format(tag=tag), "#" + escape(node.hashtag)
        )

    def inner(self, name: str, address: str, label: str) -> str:
        """A link within the client."""
        if self.linked:
            return label
        return f'<a class="{name}" href="{escape(address)}">{label}</a>'

    def outer(self, url: str, label: str, name: str = "mfm-url") -> str:
        """A link to somewhere else, which is not told where the reader came from."""
        if self.linked or not _ADDRESS(url) or not _host(url):
            return label
        return f'<a class="{name}" href="{_address(url)}" rel="{_REL}">{label}</a>'

    def url(self, node: Any) -> str:
        return self.outer(node.url, escape(node.url))

    def link(self, node: Any) -> str:
        before, self.linked = self.linked, True
        label = self.uncat(node.children)
        self.linked = before
        html = self.outer(node.url, label, "mfm-link")
        host = _host(node.url)
        # A label may say anything; where it leads must be seen before it is pressed.
        if host is None or self.linked or host in plain_text(node.children).lower():
            return html
        return f'{html} <small class="mfm-host">({escape(host)})</small>'

    def inline_code(self, node: Any) -> str:
        return f"<code>{escape(node.code, quote=False)}</code>"

    def block_code(self, node: Any) -> str:
        known = _LANGUAGE(node.lang or "")
        language = f' data-lang="{escape(known[0])}"' if known else ""
        code = escape(node.code, quote=False)
        # Long lines scroll, which takes the keyboard's focus.
        return f'<pre class="mfm-code" tabindex="0"><code{language}>{code}</code></pre>'

    def math_inline(self, node: Any) -> str:
        return f'<code class="mfm-math">{escape(node.formula, quote=False)}</code>'

    def math_block(self, node: Any) -> str:
        formula = escape(node.formula, quote=False)
        return f'<pre class="mfm-math" tabindex="0"><code data-lang="latex">{formula}</code></pre>'

    def search(self, node: Any) -> str:
        query = quote(node.query, safe="", errors="replace")
        link = self.outer(
            self.context.search_url.format(query=query), escape(node.content, quote=False)
        )
        return f'<div class="mfm-search">{link}</div>'

    def fn(self, node: Any) -> str:
        special = _SPECIAL.get(node.name)
        if special is not None:
            return special(self, node)
        look = look_of(node)
        if look is None:
            return f"$[{escape(node.name)} {self.all(node.children)}]"
        content = self.all(node.children)
        still = node.name in ANIMATED and node.name != "rainbow" and not self.context.animated
        if still or (node.name in ADVANCED and not self.context.advanced):
            return content
        names, pieces = look
        classes = ["mfm", *names]
        if not self.context.animated:
            classes.append("mfm-still")
        for piece in pieces:
            if piece is not None and self.values < MAX_VALUES:
                self.values += 1
                classes.append(self.context.styles.add(piece))
        # What is blurred shows itself to the keyboard too.
        focus = ' tabindex="0"' if node.name == "blur" else ""
        return f'<span class="{" ".join(classes)}"{focus}>{content}</span>'

    def clickable(self, node: n.Fn) -> str:
        return self.all(node.children)

    def ruby(self, node: n.Fn) -> str:
        """The reading is the second word of a lone text, or else the last child."""
        children = node.children
        last = children[-1] if children else None
        if len(children) == 1 and isinstance(last, n.Text):
            base, _, rest = last.text.partition(" ")
            under, over = self.words(base), rest.partition(" ")[0]
        else:
            under = self.all(children[:-1])
            over = last.text.strip() if isinstance(last, n.Text) else ""
        reading = self.words(over)
        return f"<ruby>{under}<rp>(</rp><rt>{reading}</rt><rp>)</rp></ruby>"

    def unixtime(self, node: n.Fn) -> str:
        first = node.children[0] if node.children else None
        found = _INTEGER(first.text) if isinstance(first, n.Text) else None
        try:
            moment = datetime.fromtimestamp(int(found[1]), UTC) if found else None
        except (OverflowError, OSError, ValueError):
            moment = None
        if moment is None:
            return self.all(node.children)
        shown = escape(self.context.time(moment), quote=False)
        stamp = moment.replace(tzinfo=None).isoformat()
        return f'<time class="mfm-time" datetime="{stamp}Z">{shown}</time>'


def _around(opening: str, closing: str) -> Callable[[_Renderer, Any], str]:
    """A renderer that puts its node's content between two tags."""

    def render_around(renderer: _Renderer, node: Any) -> str:
        return f"{opening}{renderer.all(node.children)}{closing}"

    return render_around


def _address(url: str) -> str:
    """An address as an attribute's value; what may not stand in one is percent-encoded."""
    return escape(_IN_ADDRESS.sub(lambda found: f"%{ord(found[0]):02X}", url))


def _host(url: str) -> str | None:
    """The host an address leads to, in lower case; None when there is none to be read."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


_SPECIAL: Final[dict[str, Callable[[_Renderer, n.Fn], str]]] = {
    "clickable": _Renderer.clickable,
    "ruby": _Renderer.ruby,
    "unixtime": _Renderer.unixtime,
}
_RENDERERS: Final[dict[str, Callable[[_Renderer, Any], str]]] = {
    "text": _Renderer.text,
    "plain": _Renderer.plain,
    "unicodeEmoji": _Renderer.unicode_emoji,
    "emojiCode": _Renderer.emoji_code,
    "mention": _Renderer.mention,
    "hashtag": _Renderer.hashtag,
    "url": _Renderer.url,
    "link": _Renderer.link,
    "inlineCode": _Renderer.inline_code,
    "blockCode": _Renderer.block_code,
    "mathInline": _Renderer.math_inline,
    "mathBlock": _Renderer.math_block,
    "search": _Renderer.search,
    "fn": _Renderer.fn,
    "bold": _around("<b>", "</b>"),
    "italic": _around("<i>", "</i>"),
    "strike": _around("<del>", "</del>"),
    "small": _around("<small>", "</small>"),
    "center": _around('<div class="mfm-center">', "</div>"),
    "quote": _around("<blockquote>", "</blockquote>"),
}
