"""The tables.

    servers            what we know of a server, aged
    server_emojis      its custom emoji, aged too
    server_references  its description of its API, aged as well
    server_apps        our app there: one per server, callback and permission set
    accounts           one per person of a server; holds the credential, sealed
    browser_sign_ins   which browser is signed in to which accounts
    pending_sign_ins   sign-ins begun and not yet finished: ten minutes, tried once
    one_time_links     links from the command line that sign a browser in, once
    drafts             notes begun and not yet posted, by account
    scheduled_notes    notes to be posted at their time, by account
    deletion_rules     by which old notes are deleted: one an account, and how far it is
    found_notes        the notes it found and has not deleted yet
    summary_plans      when and how an account is told its summary
    measures           its numbers at those times
    exports            copies of what accounts have at their servers, being made or kept
    submissions        forms that may be carried out only once
    workers            the workers that run, each with its last sign of life
    sessions           Flask-Session's data, by the hash of the session's id
    server_rules       servers the operator blocked or allowed by command
    service_notices    the operator's notice to all, by language

Whatever opens a door (session ids, tokens, browser ids) is kept only as a hash, and
whatever has to be used again (credentials, app secrets) is sealed: a thief of the
database gets neither.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Base
from app.misskey import Secret, ServerAddress, parse_server
from app.misskey.address import display_host
from app.vault import Sealed


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A random id. Never reused, unlike a counter after a deletion, so that a stale
    reference leads nowhere instead of to somebody else."""
    return secrets.token_hex(16)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes, also on SQLite, which stores them without their zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Server(Base):
    """What a server said of itself when it was last asked."""

    __tablename__ = "servers"

    host: Mapped[str] = mapped_column(String(300), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[str] = mapped_column(String(100))
    max_note_length: Mapped[int]
    endpoints: Mapped[list[str]] = mapped_column(JSON)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def address(self) -> ServerAddress:
        """The address to call it at."""
        return address_of(self.host)


class ServerEmojis(Base):
    """A server's custom emoji as `app.emojis` packs them, and when they were asked for."""

    __tablename__ = "server_emojis"

    host: Mapped[str] = mapped_column(String(300), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ServerReference(Base):
    """A server's description of its API as `app.reference` packs it, and when it was asked
    for; a list without anything in it where the server has none."""

    __tablename__ = "server_references"

    host: Mapped[str] = mapped_column(String(300), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ServerApp(Base):
    """Our app at a server. `fingerprint` stands for the callback and the permissions
    that were asked for: when these change, another app is registered."""

    __tablename__ = "server_apps"
    __table_args__ = (UniqueConstraint("host", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(String(300))
    fingerprint: Mapped[str] = mapped_column(String(64))
    secret: Mapped[Secret | None] = mapped_column(Sealed)
    permissions: Mapped[list[str] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Account(Base):
    """A person of a server, and the credential that acts for them.

    The credential is None after the last browser signed out, or once the server
    refused it.
    """

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("host", "user_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    host: Mapped[str] = mapped_column(String(300))
    user_id: Mapped[str] = mapped_column(String(64))
    username: Mapped[str] = mapped_column(String(200))
    name: Mapped[str | None] = mapped_column(String(500))
    avatar_url: Mapped[str | None] = mapped_column(String(2000))
    credential: Mapped[Secret | None] = mapped_column(Sealed)
    server: Mapped[Server | None] = relationship(
        primaryjoin="foreign(Account.host) == Server.host", viewonly=True
    )
    # The permissions our app was given; None where that is not known (an API key).
    permissions: Mapped[list[str] | None] = mapped_column(JSON)
    # The way of the last sign-in; None where it was an API key, or before we noted it.
    way: Mapped[str | None] = mapped_column(String(10))
    # The reactions this person used last, newest first: their palette.
    recent_reactions: Mapped[list[str] | None] = mapped_column(JSON)
    # How it stands at its server, and when that was asked (`app.standing`).
    forbidden: Mapped[list[str] | None] = mapped_column(JSON)
    unread_notifications: Mapped[int | None]
    unread_announcements: Mapped[int | None]
    standing_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How its person likes to read (`app.preferences`); None until they say.
    preferences: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    # The clock this person last scheduled a note by, and how many need them (`app.scheduling`).
    zone: Mapped[str | None] = mapped_column(String(64))
    troubled_notes: Mapped[int] = mapped_column(default=0, server_default="0")
    # Whether the rule for old notes needs this person (`app.tidying`).
    has_troubled_rule: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whether a summary was left out (`app.summing`).
    has_troubled_summary: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The export that ended and that its person has not been told of (`app.exports`).
    export_news: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    browsers: Mapped[list[BrowserSignIn]] = relationship(
        back_populates="account", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def address(self) -> ServerAddress:
        """The address of the account's server."""
        return address_of(self.host)

    @property
    def handle(self) -> str:
        """`@alice@misskey.io`, as people write it."""
        return f"@{self.username}@{display_host(self.host)}"

    @property
    def display_name(self) -> str:
        """What the person calls themselves, or their username."""
        return self.name or self.username


class BrowserSignIn(Base):
    """One browser is signed in to one account."""

    __tablename__ = "browser_sign_ins"

    browser_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)

    account: Mapped[Account] = relationship(back_populates="browsers", lazy="joined")


class PendingSignIn(Base):
    """A sign-in that was begun. See `app.sign_in` for the rules it lives by."""

    __tablename__ = "pending_sign_ins"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64), index=True)
    way: Mapped[str] = mapped_column(String(10))
    host: Mapped[str] = mapped_column(String(300))
    app_secret: Mapped[Secret | None] = mapped_column(Sealed)
    # By OAuth there is no app: its code verifier, and the path where codes are redeemed.
    verifier: Mapped[Secret | None] = mapped_column(Sealed)
    token_path: Mapped[str | None] = mapped_column(String(2000))
    permissions: Mapped[list[str] | None] = mapped_column(JSON)
    tries_left: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    next_path: Mapped[str] = mapped_column(String(2000), default="/")


class OneTimeLink(Base):
    """A link printed by `flask account add` that signs one browser in, once."""

    __tablename__ = "one_time_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    account: Mapped[Account] = relationship(lazy="joined")


class Submission(Base):
    """A form that is carried out once, however often it is sent.

    `state` is sending, done, failed or unknown; `note_id` is the note that came of it.
    """

    __tablename__ = "submissions"

    form_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10), default="sending")
    note_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


class KeptDraft(Base):
    """A note that was begun: `data` is an `app.drafts.Draft` as JSON.

    With `is_kept` the person asked for it and finds it among their drafts; the others
    only bring what was typed over to another page and back, and are gone in a day or two.
    """

    __tablename__ = "drafts"
    __table_args__ = (Index("ix_drafts_account_id", "account_id", "changed_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    data: Mapped[str] = mapped_column(Text)
    is_kept: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ScheduledNote(Base):
    """A note to be posted later: `data` is its `app.drafts.Draft`, `parameters` what
    notes/create will get, both as JSON.

    `state` is waiting, sending, done, failed or unknown; see `app.posting` for how it goes
    from one to the next. Whoever changes it finds the `turn` they read and adds one, so
    that of several only one succeeds; an account has one note under way at most.
    """

    __tablename__ = "scheduled_notes"
    __table_args__ = (
        Index("ix_scheduled_notes_state", "state", "try_at"),
        Index("ix_scheduled_notes_account_id", "account_id", "due_at"),
        Index(
            "uq_scheduled_notes_sending",
            "account_id",
            unique=True,
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    data: Mapped[str] = mapped_column(Text)
    parameters: Mapped[str] = mapped_column(Text)
    # When, by whose clock, and in which language its person is sent a notification.
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    zone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    turn: Mapped[int] = mapped_column(default=0)
    # When something is to be done about it next; once it is done, when that was.
    try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    # How often it was looked for in vain after its answer was lost.
    looks: Mapped[int] = mapped_column(default=0)
    # Written before the call: when, and the newest note the account had then.
    marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    after_id: Mapped[str | None] = mapped_column(String(64))
    note_id: Mapped[str | None] = mapped_column(String(64))
    # Why it needs its person, by language, as JSON.
    problem: Mapped[str | None] = mapped_column(Text)


class DeletionRule(Base):
    """By which rule an account's old notes are deleted, and how far that is: `rule` is an
    `app.rules.Rule`, `look` an `app.tidying.Look`, both as JSON.

    `state` is off, looking, ready, running, resting, paused or failed; see `app.tidying`.
    Whoever changes it adds one to `turn`; the worker only goes on where it finds the one it
    read, so that its person's decision, or another worker, stops it before its next call.
    """

    __tablename__ = "deletion_rules"
    __table_args__ = (Index("ix_deletion_rules_state", "state", "try_at"),)

    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    rule: Mapped[str] = mapped_column(Text)
    # In which its person is sent a notification.
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    turn: Mapped[int] = mapped_column(default=0)
    # Whether the person has seen what this very rule deletes, and said yes.
    is_agreed: Mapped[bool] = mapped_column(default=False)
    # When something is to be done about it next.
    try_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    tries: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    look: Mapped[str] = mapped_column(Text, default="{}")
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Notes looked at; deleted in this run, or in the last one that ended; in all.
    seen: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    gone_in_all: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What went wrong last, and why it needs its person: by language, as JSON.
    error: Mapped[str | None] = mapped_column(Text)
    error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str | None] = mapped_column(Text)


class FoundNote(Base):
    """A note that goes by the account's rule, with as much of it as it takes to recognise
    it. The row goes with the note. `is_tried` is written before the call that deletes it."""

    __tablename__ = "found_notes"
    __table_args__ = (
        Index("ix_found_notes_place", "account_id", "place"),
        UniqueConstraint("account_id", "note_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    note_id: Mapped[str] = mapped_column(String(64))
    # The order they are deleted in: the newest first.
    place: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    beginning: Mapped[str] = mapped_column(String(200))
    files: Mapped[int] = mapped_column(default=0)
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_tried: Mapped[bool] = mapped_column(default=False)


class SummaryPlan(Base):
    """When and how an account is told its summary (`app.summaries`).

    Whoever changes it finds the `turn` they read and adds one, so that of several only one
    succeeds. `pending` is a notification that is not known to have arrived; `marked_at` is
    written before the call that tells it.
    """

    __tablename__ = "summary_plans"
    __table_args__ = (Index("ix_summary_plans_is_on", "is_on", "try_at"),)

    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    is_on: Mapped[bool]
    # `day` or `week`; the weekday, 0 for Monday; the hour, by the clock of `zone`.
    every: Mapped[str] = mapped_column(String(4))
    weekday: Mapped[int]
    hour: Mapped[int]
    zone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10))
    # `notification` or the visibility of a note.
    way: Mapped[str] = mapped_column(String(20))
    template: Mapped[str] = mapped_column(Text)
    turn: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    pending: Mapped[str | None] = mapped_column(Text)
    marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What went wrong last, by language, as JSON.
    error: Mapped[str | None] = mapped_column(Text)


class Measure(Base):
    """An account's numbers at one moment; `reactions` are those it was given since the
    measure before, None where that is not known."""

    __tablename__ = "measures"
    __table_args__ = (Index("ix_measures_account_id", "account_id", "taken_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    notes: Mapped[int]
    followers: Mapped[int]
    following: Mapped[int]
    reactions: Mapped[int | None]


class Export(Base):
    """A copy of what an account has at its server: being made (`running`), ready (`done`)
    or given up (`failed`). An account has one at most.

    Whoever works on it finds the `turn` they read and adds one, and has it to themselves
    until `try_at`; see `app.exporting`.
    """

    __tablename__ = "exports"
    __table_args__ = (
        UniqueConstraint("account_id"),
        Index("ix_exports_state", "state", "try_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    # What was chosen (`app.exports.PARTS`), and in which language the copy is.
    parts: Mapped[list[str]] = mapped_column(JSON)
    with_files: Mapped[bool]
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="running")
    turn: Mapped[int] = mapped_column(default=0)
    # When something is to be done about it next, how often that failed, and when it last
    # came further.
    try_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    tries: Mapped[int] = mapped_column(default=0)
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # What is left to do and what is there: an `app.exports.Progress` as JSON.
    progress: Mapped[str] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    # Why it was given up, by language, as JSON.
    problem: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # When it is deleted, once it has ended.
    kept_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RunningWorker(Base):
    """A worker, and when it last said that it is alive (`app.workers`). It is named by its
    machine and its process there."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class StoredSession(Base):
    """A browser's session, by the hash of its id."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_expires_at", "expires_at"),)

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ServerRule(Base):
    """What the operator decided about a server: `block` or `allow` (`app.house_rules`)."""

    __tablename__ = "server_rules"

    host: Mapped[str] = mapped_column(String(300), primary_key=True)
    rule: Mapped[str] = mapped_column(String(10))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ServiceNotice(Base):
    """The operator's notice to all, in one language."""

    __tablename__ = "service_notices"

    language: Mapped[str] = mapped_column(String(10), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


def address_of(host: str) -> ServerAddress:
    """The address behind a stored host. It was checked before it was stored; whether
    loopback is allowed now is checked where a call is made (`app.servers`)."""
    return parse_server(host, allow_loopback=True)


def storable(text: str, most: int) -> str:
    """As much of a server's or a browser's `text` as a column of `most` characters takes.
    PostgreSQL takes no zero bytes at all."""
    return text.replace("\0", "")[:most]


def in_minutes(minutes: float) -> datetime:
    """The time so many minutes from now."""
    return now() + timedelta(minutes=minutes)
