"""The table of notifications: every kind there is, its words and its picture.

A kind that is not here is shown plainly, with the name the server gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flask_babel import LazyString, lazy_gettext
from markupsafe import Markup, escape

from app.misskey import Client, Page
from app.misskey.entities.notifications import Notification
from app.models import Server

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its icon, and a sentence that may name the person as %(name)s.

    `note` says how the note is shown that it is about: whole, to be answered at once; in
    a line that leads to it; or not at all.
    """

    symbol: str
    sentence: LazyString | str
    note: Literal["whole", "line", "none"] = "none"

    def say(self, name: Markup) -> Markup:
        """The sentence with the person's `name` in it."""
        # Our own words, or the catalogue's.
        return Markup(str(self.sentence)) % {"name": name}  # noqa: S704


_REACTION = Kind("mood-smile", lazy_gettext("%(name)s reacted"), "line")
_RENOTE = Kind("repeat", lazy_gettext("%(name)s renoted your note"), "line")

KINDS: Mapping[str, Kind] = {
    "follow": Kind("user-plus", lazy_gettext("%(name)s follows you")),
    "receiveFollowRequest": Kind("user-plus", lazy_gettext("%(name)s asks to follow you")),
    "followRequestAccepted": Kind(
        "user-plus", lazy_gettext("%(name)s accepted your follow request")
    ),
    "mention": Kind("mail", lazy_gettext("%(name)s mentioned you"), "whole"),
    "reply": Kind("arrow-back-up", lazy_gettext("%(name)s replied to you"), "whole"),
    "quote": Kind("repeat", lazy_gettext("%(name)s quoted you"), "whole"),
    "note": Kind("pencil", lazy_gettext("%(name)s posted a note"), "whole"),
    "renote": _RENOTE,
    "renote:grouped": Kind("repeat", lazy_gettext("These people renoted your note"), "line"),
    "reaction": _REACTION,
    "reaction:grouped": Kind("mood-smile", lazy_gettext("These people reacted"), "line"),
    "pollVote": Kind("chart-bar", lazy_gettext("%(name)s voted in your poll"), "line"),
    "pollEnded": Kind("chart-bar", lazy_gettext("A poll is over: see the results"), "line"),
    "scheduledNotePosted": Kind("pencil", lazy_gettext("Your scheduled note was posted"), "line"),
    "scheduledNotePostFailed": Kind(
        "alert-triangle", lazy_gettext("Your scheduled note could not be posted")
    ),
    "roleAssigned": Kind("star", lazy_gettext("You were given a role")),
    "achievementEarned": Kind("star", lazy_gettext("You earned an achievement")),
    "exportCompleted": Kind("paperclip", lazy_gettext("An export is ready in your drive")),
    "login": Kind("login", lazy_gettext("Somebody signed in to your account")),
    "createToken": Kind("login", lazy_gettext("An access token was made for your account")),
    "chatRoomInvitationReceived": Kind("mail", lazy_gettext("%(name)s invited you to a chat room")),
    "groupInvited": Kind("mail", lazy_gettext("%(name)s invited you to a group")),
    "app": Kind("bell", lazy_gettext("From an app")),
    "test": Kind("bell", lazy_gettext("A test notification")),
}

FILTERS: dict[str, tuple[LazyString, tuple[str, ...]]] = {
    "mentions": (lazy_gettext("Mentions"), ("mention", "reply", "quote")),
    "reactions": (lazy_gettext("Reactions"), ("reaction",)),
    "renotes": (lazy_gettext("Renotes"), ("renote",)),
    "follows": (lazy_gettext("Follows"), ("follow", "receiveFollowRequest")),
}
"""Words for each filter, and the kinds it lets through: names that Misskey 11 knew, for
servers refuse the ones they do not know (FACTS C.3)."""


def kind_of(notification: Notification) -> Kind:
    """Its row of the table, or one made of the name the server gives it."""
    known = KINDS.get(notification.type)
    if known is not None and (
        notification.user is not None or "%(name)s" not in str(known.sentence)
    ):
        return known
    # Escaped where it is shown; a percent sign would be taken for a place to fill.
    plain = str(escape(notification.type)).replace("%", "%%")
    return Kind("bell", plain, "line" if notification.note else "none")


def read(
    client: Client,
    server: Server | None,
    *,
    only: str | None = None,
    until: str | None = None,
    marks_read: bool,
) -> Page[Notification]:
    """One page of notifications, newest first, grouped where the server can.

    Reading marks everything read on the server unless it is told not to, in every
    version (FACTS B.10), so it is always told. Raises MisskeyErrors.
    """
    is_grouped = server is not None and "i/notifications-grouped" in server.endpoints
    return client.page(
        "i/notifications-grouped" if is_grouped else "i/notifications",
        of=Notification,
        limit=PER_PAGE,
        untilId=until,
        includeTypes=list(FILTERS[only][1]) if only else None,
        markAsRead=marks_read,
    )
