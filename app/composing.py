"""Writing a note: what has to be asked of the server before the form can be shown or the
note posted, and what its refusals mean beside the form's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from app import drafts
from app.drafts import Draft, Named
from app.errors import Explanation, explain
from app.misskey import (
    ApiError,
    Client,
    CredentialRefused,
    MisskeyError,
    Note,
    NotThere,
    User,
)
from app.misskey.entities.things import ChannelSummary
from app.models import Account
from app.offers import Offer
from app.problems import Problem
from app.timelines import misskey_id

_CHANNELS = 100


@dataclass(frozen=True, slots=True)
class Around:
    """The notes a draft belongs to, as far as they could be loaded."""

    reply: Note | None = None
    quoted: Note | None = None


def around(draft: Draft, client: Client) -> Around:
    """The notes that `draft` answers and quotes. Where one can't be loaded the form does
    without; only a refused credential is raised."""
    return Around(_note(draft.reply_id, client), _note(draft.renote_id, client))


def _note(note_id: str, client: Client) -> Note | None:
    if not misskey_id(note_id):
        return None
    try:
        return client.call("notes/show", into=Note, noteId=note_id)
    except CredentialRefused:
        raise
    except MisskeyError:
        return None


def begin(
    client: Client, account: Account, offer: Offer, asked: Mapping[str, str]
) -> tuple[Draft, Around]:
    """A draft to begin with: an answer to `reply_id`, a quote of `renote_id`, a note in
    `channel_id`, or an empty one with `text`. Raises MisskeyErrors."""
    draft, near = Draft(text=asked.get("text", "")), Around()
    if reply_id := misskey_id(asked.get("reply_id")):
        target = client.call("notes/show", into=Note, noteId=reply_id)
        circle = circle_of(target, account, client)
        draft, near = drafts.answering(target, account.user_id, circle), Around(reply=target)
    elif renote_id := misskey_id(asked.get("renote_id")):
        quoted = client.call("notes/show", into=Note, noteId=renote_id)
        draft, near = drafts.quoting(quoted), Around(quoted=quoted)
    elif channel_id := misskey_id(asked.get("channel_id")):
        draft.channel = _channel(channel_id, client) if offer.channels else None
    if not offer.channels:
        draft.channel = None
    return draft, near


def _channel(channel_id: str, client: Client) -> Named:
    found = client.call("channels/show", into=ChannelSummary, channelId=channel_id)
    return Named(found.id, found.name)


def circle_of(note: Note, account: Account, client: Client) -> list[User]:
    """The people a direct note is for, but for oneself: its author first. Raises
    MisskeyErrors: a circle must not become smaller without a word."""
    if note.visibility != "specified":
        return []
    others = [one for one in note.visible_user_ids or [] if one != account.user_id]
    author = [note.user] if note.user.id != account.user_id else []
    wanted = [one for one in dict.fromkeys(others) if one != note.user.id]
    if not wanted:
        return author
    return author + client.page("users/show", of=User, userIds=wanted).items


def channels(client: Client) -> list[ChannelSummary]:
    """The channels the account follows and may write in. Raises MisskeyErrors."""
    found = client.page("channels/followed", of=ChannelSummary, limit=_CHANNELS)
    return [channel for channel in found.items if not channel.is_archived]


def recipients(draft: Draft, account: Account, client: Client) -> list[str] | None:
    """The ids of the people a direct note is for; None for any other note.

    The server does not make readers of the people a text mentions, only of the one it
    answers: a client has to name them. Raises MisskeyErrors, NotThere for a name that
    belongs to nobody.
    """
    if draft.visibility != "specified":
        return None
    people = [who.id for who in draft.recipients]
    for username, host in drafts.handles(draft):
        remote = host.lower() if host and host.lower() != account.host else None
        found = client.call("users/show", into=User, username=username, host=remote)
        people.append(found.id)
    return list(dict.fromkeys(people))


# What went wrong, beside its field ------------------------------------------------------


def problem_before(error: MisskeyError) -> Problem:
    """A failure before anything was posted: nothing can have happened."""
    words = explain(error)
    if isinstance(error, NotThere):
        message = gettext("Somebody you mention is not there. Check the spelling of the names.")
        return Problem(message, gettext("What you wrote is still here."))
    return Problem(
        words.happened, _kept_advice(words), status=words.status, retry_after=words.retry_after
    )


def problem_of(error: MisskeyError, draft: Draft) -> Problem:
    """Why the note was not posted, or may not have been."""
    words = explain(error)
    if error.may_have_happened:
        message = gettext(
            "%(happened)s So we don't know whether your note was posted.", happened=words.happened
        )
        advice = gettext("Look at your newest notes before you post it again.")
        return Problem(message, advice, "text", words.status, words.retry_after)
    plain = _plain(error, draft)
    if plain is not None:
        return plain
    field = _blamed_field(error)
    message, advice = words.happened, _kept_advice(words)
    if field == "cw":
        message = gettext("The content warning is too long for %(server)s.", server=error.host)
        advice = gettext("Shorten it.")
        if not (draft.cw or "").strip():
            message = gettext(
                "%(server)s wants a content warning to have words.", server=error.host
            )
            advice = gettext("Say what readers are warned of, or take the warning away.")
    return Problem(message, advice, field, words.status, words.retry_after)


def _plain(error: MisskeyError, draft: Draft) -> Problem | None:
    """Refusals that say plainly what has to change."""
    code = error.code if isinstance(error, ApiError) else ""
    advice = gettext("What you wrote is still here.")
    if code == "NO_SUCH_FILE":
        words = gettext("One of the files is not in your drive any more.")
        return Problem(words, gettext("Take it off, then post again."), "files", 404)
    if code == "NO_SUCH_CHANNEL":
        words = gettext("The channel is not there any more.")
        return Problem(words, gettext("Choose another, or none."), "channel", 404)
    if code == "NO_SUCH_RENOTE_TARGET":
        words = gettext("The note you quote is not there any more.")
        return Problem(words, gettext("You can post this as a note of its own."), "reply_id", 404)
    if isinstance(error, NotThere):
        words = gettext("The note you reply to is not there any more.")
        return Problem(words, gettext("You can post this as a note of its own."), "reply_id", 404)
    refusals = {
        "CANNOT_CREATE_ALREADY_EXPIRED_POLL": (
            gettext("The poll would have ended already."),
            "poll",
        ),
        "CANNOT_RENOTE_TO_A_PURE_RENOTE": (
            gettext("Quote the note itself, not its renote."),
            "reply_id",
        ),
        "CANNOT_REPLY_TO_A_PURE_RENOTE": (
            gettext("Answer the note itself, not its renote."),
            "reply_id",
        ),
        "CANNOT_RENOTE_DUE_TO_VISIBILITY": (
            gettext("This note is not for passing on."),
            "reply_id",
        ),
        "CANNOT_RENOTE_OUTSIDE_OF_CHANNEL": (
            gettext("This note stays in its channel."),
            "channel",
        ),
        "CANNOT_REPLY_TO_SPECIFIED_VISIBILITY_NOTE_WITH_EXTENDED_VISIBILITY": (
            gettext("The answer to a direct note has to be a direct note."),
            "visibility",
        ),
    }
    if code not in refusals:
        return None
    words, field = refusals[code]
    return Problem(words, advice, field, 400)


def _kept_advice(words: Explanation) -> str:
    return gettext("%(advice)s What you wrote is still here.", advice=words.advice)


def _blamed_field(error: MisskeyError) -> str:
    """Which field the server complains of: `info.param` is `#/properties/cw/maxLength`
    (recording notes-create-too-long) or the plain name on old servers."""
    param = str(error.info.get("param", "")) if isinstance(error, ApiError) else ""
    parts = param.split("/")
    for name, field in (("cw", "cw"), ("poll", "poll"), ("fileIds", "files")):
        if name in parts:
            return field
    return "text"
