"""What we ask a person's server for, and the shorter list for servers that refuse it.

An app's permissions cannot be changed later (there is no app/update, FACTS B.7), so
everything the product needs is asked for at once; a changed list makes a new app and
every person consents again. Names: FACTS D.2 (misskey-js `permissions`). `read:account`
is always among them: without it newer servers refuse the streaming API (FACTS B.9).
"""

from __future__ import annotations

PERMISSIONS: tuple[str, ...] = (
    "read:account",
    "write:account",
    "read:blocks",
    "write:blocks",
    "read:channels",
    "write:channels",
    "read:chat",
    "write:chat",
    "write:clip-favorite",
    "read:clip-favorite",
    "read:drive",
    "write:drive",
    "read:favorites",
    "write:favorites",
    "read:federation",
    "read:flash",
    "write:flash",
    "read:flash-likes",
    "write:flash-likes",
    "read:following",
    "write:following",
    "read:gallery",
    "write:gallery",
    "read:gallery-likes",
    "write:gallery-likes",
    "read:invite-codes",
    "write:invite-codes",
    "read:messaging",
    "write:messaging",
    "read:mutes",
    "write:mutes",
    "write:notes",
    "read:notifications",
    "write:notifications",
    "read:page-likes",
    "write:page-likes",
    "read:pages",
    "write:pages",
    "read:reactions",
    "write:reactions",
    "write:report-abuse",
    "write:votes",
)
"""The whole list: everything PRODUCT.md promises, and nothing for administrators."""

OLDEST_PERMISSIONS: tuple[str, ...] = (
    "read:account",
    "write:account",
    "read:blocks",
    "write:blocks",
    "read:drive",
    "write:drive",
    "read:favorites",
    "write:favorites",
    "read:following",
    "write:following",
    "read:mutes",
    "write:mutes",
    "write:notes",
    "read:notifications",
    "write:notifications",
    "read:reactions",
    "write:reactions",
    "write:votes",
)
"""What Misskey 11 knew, without pages and messaging: for servers that refuse
permission names they do not know (FoundKey; FACTS B.8)."""
