"""Drafts that are kept at the person's server (2025.7 and newer), where its own client and
other apps find them as well.

They become drafts of ours to be written on (`draft_of`), and drafts of ours can be kept
there, too (`parameters`). A draft of ours remembers which one of the server's it is a copy
of, so that keeping it there again changes that one.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext

from app import drafts
from app.drafts import Attached, Draft, Named
from app.exploring import has
from app.misskey import Client, DriveFile, Page, User
from app.misskey.client import NULL
from app.misskey.entities.notes import VISIBILITIES, BegunPoll, NoteDraft
from app.models import Account, Server
from app.offers import Offer
from app.polls import MOST_CHOICES, PollDraft

PER_PAGE = 30
_MINUTE = 60_000
GONE = "NO_SUCH_NOTE_DRAFT"
REFUSALS = {
    GONE: lazy_gettext("The draft is not at your server any more."),
    "TOO_MANY_DRAFTS": lazy_gettext(
        "Your server keeps no more drafts for you. Throw one away there, then try again."
    ),
    "TOO_MANY_SCHEDULED_NOTES": lazy_gettext("Your server posts no more notes later for you."),
    "NO_SUCH_FILE": lazy_gettext("One of the files is not in your drive any more."),
    "NO_SUCH_CHANNEL": lazy_gettext("The channel is not there any more."),
    "NO_SUCH_REPLY_TARGET": lazy_gettext("The note you reply to is not there any more."),
    "NO_SUCH_RENOTE_TARGET": lazy_gettext("The note you quote is not there any more."),
    "INVALID_PARAM": lazy_gettext("Your server does not take this as a draft."),
}
"""What a server says of a draft it does not keep. The draft of ours stays as it is."""


def are_offered(account: Account, server: Server | None) -> bool:
    """Whether the account's server keeps drafts. Where it is not known what the server has,
    they are not offered: most servers are older than this."""
    return (
        server is not None
        and has(account, server, "notes/drafts/list", "read:account")
        and has(account, server, "notes/drafts/create", "write:account")
    )


def listed(client: Client, until: str | None) -> Page[NoteDraft]:
    """Those at the server, the newest first, from the id `until` on. Raises MisskeyErrors."""
    return client.page("notes/drafts/list", of=NoteDraft, limit=PER_PAGE, untilId=until)


def count(client: Client) -> int:
    """How many there are. Raises MisskeyErrors."""
    return int(client.call("notes/drafts/count", into=float))


def people_of(client: Client, draft: NoteDraft, me: str) -> list[User]:
    """Whom a direct note would be for. Raises MisskeyErrors: a circle must not become
    smaller without a word."""
    wanted = [one for one in dict.fromkeys(draft.visible_user_ids or []) if one != me]
    if draft.visibility != "specified" or not wanted:
        return []
    return client.page("users/show", of=User, userIds=wanted[: drafts.MOST_RECIPIENTS]).items


def draft_of(held: NoteDraft, people: list[User]) -> Draft:
    """A draft of ours with everything of the server's one in it."""
    channel = Named(held.channel.id, held.channel.name) if held.channel else None
    files: list[DriveFile] = held.files or []
    return Draft(
        text=held.text or "",
        cw=held.cw,
        visibility=held.visibility if held.visibility in VISIBILITIES else "public",
        local_only=bool(held.local_only),
        reply_id=held.reply_id or "",
        renote_id=held.renote_id or "",
        channel=channel,
        recipients=[Named(user.id, user.handle) for user in people],
        reaction_acceptance=held.reaction_acceptance or "",
        poll=_poll(held.poll) if held.poll else PollDraft(),
        files=[Attached.of(file) for file in files],
        server_id=held.id,
    )


def _poll(held: BegunPoll) -> PollDraft:
    # The form has room for two choices at least.
    choices = [*held.choices, "", ""][: max(2, min(len(held.choices), MOST_CHOICES))]
    draft = PollDraft(choices=choices, multiple=bool(held.multiple))
    if held.expired_after:
        draft.ends, draft.unit = "after", "minutes"
        draft.after = str(max(1, int(held.expired_after // _MINUTE)))
    elif held.expires_at is not None:
        # In UTC, which no time that could be read is beyond.
        draft.ends, draft.offset = "at", "0"
        draft.at = held.expires_at.strftime("%Y-%m-%dT%H:%M")
    return draft


def parameters(draft: Draft, recipients: list[str] | None, offer: Offer) -> dict[str, Any]:
    """What notes/drafts/create gets; or notes/drafts/update, which leaves as it was what it
    is not told."""
    said = drafts.parameters(draft, recipients, offer)
    # The server takes no content warning without words in a draft.
    said["cw"] = said["cw"] or None
    if not draft.server_id:
        return said
    empty: dict[str, Any] = {"text": "", "visibleUserIds": [], "fileIds": [], "localOnly": False}
    told = {name: empty.get(name, NULL) if value is None else value for name, value in said.items()}
    return told | {"draftId": draft.server_id}
