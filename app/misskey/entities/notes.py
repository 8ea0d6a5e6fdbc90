"""Notes, their polls, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from app.misskey.entities.base import Count, Emojis, Entity, Moment
from app.misskey.entities.drive import DriveFile
from app.misskey.entities.users import User

Visibility = Literal["public", "home", "followers", "specified"]
VISIBILITIES: tuple[Visibility, ...] = ("public", "home", "followers", "specified")


class PollChoice(Entity):
    """One answer of a poll."""

    text: str
    votes: Count = 0
    is_voted: bool | None = None


class Poll(Entity):
    """A poll on a note."""

    choices: list[PollChoice]
    multiple: bool | None = None
    expires_at: Moment | None = None

    def __post_init__(self) -> None:
        if self.expires_at is not None:
            self.expires_at = self.expires_at.astimezone(UTC)

    @property
    def total(self) -> int:
        """All votes of all answers."""
        return int(sum(choice.votes for choice in self.choices))

    @property
    def has_voted(self) -> bool:
        """Whether the reader has."""
        return any(choice.is_voted for choice in self.choices)

    def is_open_at(self, moment: datetime) -> bool:
        """Whether votes are still taken at `moment`."""
        return self.expires_at is None or moment < self.expires_at


class Channel(Entity):
    """The channel a note is in."""

    id: str
    name: str = ""
    allow_renote_to_external: bool | None = None


class Note(Entity):
    """A note, with its reply and renote targets as far as the server sends them."""

    id: str
    created_at: Moment
    user: User
    user_id: str | None = None
    text: str | None = None
    cw: str | None = None
    visibility: str = "public"
    local_only: bool | None = None
    is_hidden: bool | None = None
    reply_id: str | None = None
    renote_id: str | None = None
    # Unset where the server did not send them, None where the target is gone (2025.8+).
    reply: Note | msgspec.UnsetType | None = msgspec.UNSET
    renote: Note | msgspec.UnsetType | None = msgspec.UNSET
    files: list[DriveFile] | None = None
    poll: Poll | None = None
    reactions: dict[str, Count] | None = None
    my_reaction: str | None = None
    emojis: Emojis = None
    reaction_emojis: Emojis = None
    reaction_acceptance: str | None = None
    channel: Channel | None = None
    visible_user_ids: list[str] | None = None
    updated_at: Moment | None = None
    uri: str | None = None
    url: str | None = None
    replies_count: Count = 0
    renote_count: Count = 0
    # In how many clips it is, anybody's; None where the server does not say (before 13).
    clipped_count: Count | None = None

    def __post_init__(self) -> None:
        self.created_at = self.created_at.astimezone(UTC)
        if self.updated_at is not None:
            self.updated_at = self.updated_at.astimezone(UTC)

    @property
    def reply_is_gone(self) -> bool:
        """Whether the note this answers was deleted, as far as the server says so."""
        return bool(self.reply_id) and self.reply is None

    @property
    def renote_is_gone(self) -> bool:
        """Whether the renoted or quoted note was deleted."""
        return bool(self.renote_id) and self.renote is None

    @property
    def is_pure_renote(self) -> bool:
        """Whether this only passes another note on (FACTS C.4)."""
        return bool(self.renote_id) and not (self.text or self.cw or self.files or self.poll)

    @property
    def reaction_counts(self) -> list[tuple[str, int]]:
        """Reactions with at least one, most first. Old servers keep zeros in the map."""
        counted = [(name, int(count)) for name, count in (self.reactions or {}).items()]
        return sorted((item for item in counted if item[1] > 0), key=lambda item: -item[1])


_note_decoder = msgspec.json.Decoder(Note, strict=False)


def readable_notes(raws: list[msgspec.Raw] | None) -> list[Note]:
    """What of these notes can be read; a malformed one does not take its page away."""
    notes = []
    for raw in raws or []:
        try:
            notes.append(_note_decoder.decode(raw))
        except (ValueError, OverflowError, RecursionError):
            continue
    return notes


class NoteState(Entity):
    """Answer of `notes/state`."""

    is_favorited: bool = False
    is_muted_thread: bool | None = None


class NoteReaction(Entity):
    """One person's reaction (`notes/reactions`)."""

    id: str
    user: User
    type: str
    note: Note | None = None
    """Only where a person's reactions are listed (`users/reactions`)."""


class Favourite(Entity):
    """One of the account's favourites (`i/favorites`): it has an id of its own."""

    id: str
    note: Note | None = None


class BegunPoll(Entity):
    """The poll of a draft. It ends at a time, or so many milliseconds after it is posted."""

    choices: list[str] = []
    multiple: bool | None = None
    expires_at: Moment | None = None
    expired_after: Count | None = None

    def __post_init__(self) -> None:
        if self.expires_at is not None:
            self.expires_at = self.expires_at.astimezone(UTC)


class NoteDraft(Entity):
    """A note that was begun and is kept at the server (`notes/drafts/list`)."""

    id: str
    created_at: Moment | None = None
    text: str | None = None
    cw: str | None = None
    visibility: str = "public"
    visible_user_ids: list[str] | None = None
    local_only: bool | None = None
    reaction_acceptance: str | None = None
    reply_id: str | None = None
    renote_id: str | None = None
    channel: Channel | None = None
    files: list[DriveFile] | None = None
    poll: BegunPoll | None = None
    is_actually_scheduled: bool | None = None


class CreatedDraft(Entity):
    """Answer of `notes/drafts/create`."""

    created_draft: NoteDraft


class Translation(Entity):
    """Answer of `notes/translate`."""

    text: str
    source_lang: str = ""


class CreatedNote(Entity):
    """Answer of `notes/create`."""

    created_note: Note
