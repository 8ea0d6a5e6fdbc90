"""Tree to words alone, for titles, alternative texts and notifications."""

from __future__ import annotations

from collections.abc import Iterable

from app.mfm.nodes import (
    BlockCode,
    EmojiCode,
    Hashtag,
    InlineCode,
    MathBlock,
    MathInline,
    Mention,
    Node,
    Parent,
    Search,
    Text,
    UnicodeEmoji,
    Url,
)


def plain_text(tree: Iterable[Node]) -> str:
    """What a tree says, without its markup. The text is not escaped. Raises nothing."""
    return "".join(map(_words, tree))


def _words(node: Node) -> str:
    match node:
        case Text(text=words) | UnicodeEmoji(emoji=words) | Mention(acct=words) | Url(url=words):
            return words
        case InlineCode(code=words) | MathInline(formula=words):
            return words
        case EmojiCode(name=name):
            return f":{name}:"
        case Hashtag(hashtag=name):
            return f"#{name}"
        case BlockCode(code=words) | MathBlock(formula=words) | Search(content=words):
            return f"\n{words}\n"
        case Parent(type="quote" | "center", children=children):
            return f"\n{plain_text(children)}\n"
        case Parent(children=children):
            return plain_text(children)
    return ""
