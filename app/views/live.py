"""`/live`: what happens on a page while it is open, as Server-Sent Events; without the
script, a count of newer notes in a frame.

The events carry the same HTML as pages do, for this reader, in their language. A view
holds one thread for as long as the page is open (see gunicorn.conf.py), but no connection
to the database while it waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import Blueprint, Response, abort, render_template, request
from flask.ctx import RequestContext
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import live, preferences, timelines
from app.chat import TALKS
from app.extensions import db
from app.live import Reader
from app.misskey import Client, MisskeyError, Note, User
from app.misskey.entities.base import EmojiItem
from app.misskey.streaming import ChatChange, NoteChange
from app.models import Account, now
from app.reading import Reading, reading_as
from app.rendering import unread_label
from app.security import framed, public, safe_next, signed_in_account
from app.servers import client_for
from app.timelines import FILTERS, Stretch, Timeline, misskey_id

bp = Blueprint("live", __name__)

HEARTBEAT = 15.0
"""Seconds after which something is sent in any case: so a browser that has gone is
noticed, and nothing in between takes the connection for dead."""
LONGEST_PAUSE = 10
"""Minutes after which a frame looks again, at most; it can't know whether anybody sees it."""
_MOST_SENT = 1000
_MOST_PAGES_MISSED = 3


@bp.get("/live")
@public
def events() -> ResponseReturnValue:
    """What happens on the timeline of that name (`timeline`, `thing`, filters) that is
    newer than `after`, and to the `notes` named; that something happened in the chat of
    that kind (`talk`, `talk_id`); and how much is unread.

    401 if this browser is not signed in to the `account`; nothing (204) where the page had
    better ask now and then: browsers don't come back after that.
    """
    account = signed_in_account(request.args.get("account"))
    if account is None:
        abort(401)
    timeline, on, talk = _timeline_asked_for(), _filters_asked_for(), _talk_asked_for()
    is_unknown = ("timeline" in request.args and timeline is None) or (
        "talk" in request.args and talk is None
    )
    if is_unknown or preferences.of(account).saves_data:
        return "", 204
    client = client_for(account)
    reading = reading_as(account, safe_next(request.args.get("here")))
    newest = misskey_id(request.headers.get("Last-Event-ID") or request.args.get("after"))
    # What the page knows of its reader outlives this request's session.
    db.session.expunge_all()
    # Last, for from here on there is a reader who has to leave.
    reader = live.hub().join(account, _channel(timeline, on) if timeline else talk)
    if reader is None:
        return "", 204
    reader.watch(filter(misskey_id, request.args.get("notes", "").split(",")))
    unread = request.args.get("unread", type=int)
    page = _OpenPage(
        request_ctx.copy(),
        account,
        client,
        reader,
        reading,
        timeline,
        on,
        newest,
        None if unread is None else _label(unread),
        talk is not None,
    )
    response = Response(page.events(), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    # nginx would collect the events before it passes them on.
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(reader.leave)
    return response


@bp.get("/live/newer")
@public
@framed
def newer() -> ResponseReturnValue:
    """For browsers without the script: how many notes are above the page `newer` of a
    timeline. It looks again by itself, after pauses that grow (`looks`), and not at first,
    for the page around it just did."""
    account, timeline = signed_in_account(request.args.get("account")), _timeline_asked_for()
    link = safe_next(request.args.get("newer"))
    since = misskey_id(link.rpartition("since=")[2])
    looks = min(request.args.get("looks", 0, int), LONGEST_PAUSE)
    if timeline is None or since is None:
        abort(404)
    if account is None:
        # The page around it says so as soon as somebody does something there.
        return render_template("live/newer.html", found=Stretch([])), 401
    preferences.read_by(account)
    found = Stretch([])
    if looks > 0:
        # It is looked for again, and the page around it says what is the matter.
        with suppress(MisskeyError):
            found = timelines.read(
                client_for(account), timeline, since=since, filters=_filters_asked_for()
            )
    looks = max(looks, 0) + 1
    again = {**request.args.to_dict(), "looks": looks}
    return render_template(
        "live/newer.html",
        found=found,
        link=link,
        again=None if found.is_full else f"{request.path}?{urlencode(again)}",
        pause=60 * min(looks, LONGEST_PAUSE),
    )


def _timeline_asked_for() -> Timeline | None:
    name, thing = request.args.get("timeline", ""), request.args.get("thing", "")
    return timelines.streamed(name, thing)


def _talk_asked_for() -> live.Channel | None:
    talk = TALKS.get(request.args.get("talk", ""))
    talk_id = misskey_id(request.args.get("talk_id"))
    if talk is None or talk_id is None:
        return None
    return live.channel_of(talk.channel, {talk.channel_key: talk_id})


def _filters_asked_for() -> tuple[str, ...]:
    return tuple(name for name in FILTERS if request.args.get(name) == "1")


def _channel(timeline: Timeline, on: tuple[str, ...]) -> live.Channel:
    params = dict(timeline.channel_params)
    for name in on:
        params |= FILTERS[name][2]
    return live.channel_of(timeline.channel or "", params)


@dataclass
class _OpenPage:
    """A page that is open in a browser, and what it was sent."""

    context: RequestContext
    account: Account
    client: Client
    reader: Reader
    reading: Reading
    timeline: Timeline | None
    filters: tuple[str, ...]
    newest: str | None
    """The id above which this page does not know the timeline, if it shows one."""
    unread_shown: str | None
    """What it says of unread notifications, if it tells us."""
    is_chat: bool = False
    _has_gap: bool = False
    _looks_again_at: float = 0.0
    _sent: dict[str, None] = field(default_factory=dict)
    _checked_at: float = field(default_factory=time.monotonic)

    def events(self) -> Iterator[str]:
        """Everything that happens, until the sign-in or the stream ends."""
        # Something at once: the browser learns that it was let in.
        yield ": engawa\n\n"
        with self.context.copy():
            preferences.read_by(self.account)
            unread = self._unread()
        # What came while the page was on its way was told to nobody.
        if self.unread_shown not in (None, unread):
            yield _event("unread", label=unread)
        is_over = False
        while not is_over:
            event = self.reader.take(HEARTBEAT)
            # Waiting and sending take long; nothing of the request is held meanwhile, and
            # its connection to the database least of all.
            with self.context.copy():
                preferences.read_by(self.account)
                is_over = isinstance(event, live.Poll) or not self._is_signed_in()
                tidings = [_event("poll")] if is_over else list(self._tidings(event))
            yield from tidings

    def _tidings(self, event: live.Event | None) -> Iterator[str]:
        if event is None:
            yield ": still here\n\n"
        elif isinstance(event, live.Missing):
            self._has_gap = self.timeline is not None and self.newest is not None
            self._looks_again_at = 0.0
        if self._has_gap and time.monotonic() >= self._looks_again_at:
            yield from self._missed()
        # A conversation is looked at as a whole; only who sees it does, for to look is to
        # have read it.
        if isinstance(event, ChatChange) or (self.is_chat and isinstance(event, live.Missing)):
            yield _event("chat")
        if isinstance(event, live.Behind):
            yield _event("behind")
        elif isinstance(event, live.Unread):
            yield _event("unread", label=self._unread())
        elif isinstance(event, NoteChange):
            yield from self._changed(event)
        elif isinstance(event, Note) and not self._has_gap:
            self.newest = event.id
            yield from self._new(event)

    def _is_signed_in(self) -> bool:
        if time.monotonic() - self._checked_at < HEARTBEAT:
            return True
        self._checked_at = time.monotonic()
        return signed_in_account(self.account.id) is not None

    def _missed(self) -> Iterator[str]:
        """What came while nobody listened, the oldest first. As long as that can't be had,
        what comes is a part of it."""
        assert self.timeline is not None
        for _ in range(_MOST_PAGES_MISSED):
            try:
                found = timelines.read(
                    self.client, self.timeline, since=self.newest, filters=self.filters
                )
            except MisskeyError:
                self._looks_again_at = time.monotonic() + HEARTBEAT
                return
            for note in reversed(found.items):
                yield from self._new(note)
            # Beyond those that were sent before, too, or that a filter is against.
            self.newest = found.newest or self.newest
            if not found.is_full:
                self._has_gap = False
                return
        self._has_gap = False
        yield _event("behind")

    def _new(self, note: Note) -> Iterator[str]:
        """A note, once, unless a filter of the page is against it."""
        if note.id in self._sent or not timelines.lets_through(self.filters, note):
            return
        if len(self._sent) >= _MOST_SENT:
            del self._sent[next(iter(self._sent))]
        self._sent[note.id] = None
        shown = note.renote if note.is_pure_renote and note.renote else note
        self.reader.watch({note.id, shown.id})
        html = render_template("live/note.html", note=note, reading=self.reading)
        yield _event("note", note.id, html=html)

    def _changed(self, change: NoteChange) -> Iterator[str]:
        """What happened to a note. What the reader did themselves shows already."""
        if change.user_id == self.account.user_id:
            return
        if change.kind == "deleted":
            yield _event("deleted", note=change.note_id)
        elif change.kind == "pollVoted":
            yield _event("vote", note=change.note_id, choice=change.choice)
        elif change.kind in ("reacted", "unreacted") and change.reaction:
            html = self._pill(change)
            by = 1 if change.kind == "reacted" else -1
            yield _event(
                "reaction", note=change.note_id, reaction=change.reaction, by=by, html=html
            )

    def _pill(self, change: NoteChange) -> str:
        """The reactions of a note that has this one, and only once."""
        note = Note(
            id=change.note_id,
            created_at=now(),
            user=User(id="", username=""),
            reactions={change.reaction: 1},
            reaction_emojis=[EmojiItem(name=change.emoji_name, url=change.emoji_url or None)],
        )
        return render_template("live/reactions.html", note=note, reading=self.reading)

    def _unread(self) -> str:
        unread = db.session.scalar(
            select(Account.unread_notifications).where(Account.id == self.account.id)
        )
        return _label(unread)


def _label(unread: int | None) -> str:
    return unread_label(unread) if unread else ""


def _event(name: str, id: str | None = None, **data: Any) -> str:
    """One event as browsers read it: JSON, for that is one line."""
    lines = [f"event: {name}", f"data: {msgspec.json.encode(data).decode()}"]
    # The browser gives the last id back when it comes again.
    return "\n".join([*lines, *([f"id: {id}"] if id else []), "", ""])
