"""What all entities share: the base, numbers and times that can be shown, custom emoji."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Count = Annotated[float, msgspec.Meta(ge=-(2.0**53), le=2.0**53)]
"""A number that can be shown. Decoding that is not strict also reads "inf" and "nan";
counts below zero have happened on old servers."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone; one without can't be compared with now."""


class Entity(msgspec.Struct, rename="camel", kw_only=True, gc=False):
    """Base of all: camelCase on the wire."""


# Old servers send a list of {name, url}, newer ones a map of names to URLs, or nothing
# (FACTS C.4). `emoji_urls` reads all of them.
class EmojiItem(Entity):
    """A custom emoji as old servers list it beside a note."""

    name: str
    url: str | None = None


Emojis = list[EmojiItem] | dict[str, str] | None


def emoji_urls(*sources: Emojis) -> dict[str, str]:
    """`{name: url}` of custom emoji, from every shape servers send them in."""
    urls: dict[str, str] = {}
    for source in sources:
        if isinstance(source, dict):
            urls.update(source)
        elif source:
            urls.update({item.name: item.url for item in source if item.url})
    return urls
