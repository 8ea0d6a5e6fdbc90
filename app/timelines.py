"""The table of timelines. A timeline is a row; one view serves them all, and they page
by id, never by number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.misskey import Client, Note, Page

NOTES_PER_PAGE = 20
_ID = re.compile(r"[A-Za-z0-9]{1,64}")


@dataclass(frozen=True, slots=True)
class Timeline:
    """One kind of list of notes: the endpoint that gives it and its parameters."""

    name: str
    endpoint: str
    params: Mapping[str, Any] = field(default_factory=dict)


HOME = Timeline("home", "notes/timeline")


def of_person(user_id: str) -> Timeline:
    """A person's own notes, with their replies and renotes. Old and new names of the
    parameters are sent together, for servers ignore those they do not know (FACTS C.3)."""
    return Timeline(
        "person",
        "users/notes",
        {
            "userId": user_id,
            "withReplies": True,
            "withRenotes": True,
            "includeReplies": True,
            "includeMyRenotes": True,
        },
    )


def of_tag(tag: str) -> Timeline:
    """Notes with a hashtag."""
    return Timeline("tag", "notes/search-by-tag", {"tag": tag})


def misskey_id(text: str | None) -> str | None:
    """`text` if it could be an id of Misskey's (FACTS C.1), else None. Ids are opaque:
    aid, aidx, meid, ulid and ObjectId are all letters and digits."""
    return text if text and _ID.fullmatch(text) else None


def read(
    client: Client, timeline: Timeline, *, until: str | None = None, since: str | None = None
) -> Page[Note]:
    """One page of `timeline`, newest first: what is older than the note `until`, or what
    is newer than the note `since`, or the newest. Raises MisskeyErrors."""
    page = client.page(
        timeline.endpoint,
        of=Note,
        limit=NOTES_PER_PAGE,
        untilId=until,
        sinceId=None if until else since,
        **timeline.params,
    )
    if since and not until:
        # sinceId alone gives the oldest first (FACTS C.1).
        page.items.reverse()
    return page
