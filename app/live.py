"""New things as they happen: one stream per account and process, shared by the account's
open pages.

A page that is open joins the hub as a `Reader` and takes events from it. The first reader
of an account opens its stream, in a thread of its own; it is closed some time after the
last one left. What happens to streams is kept from the pages: one that ends is opened
again, after a pause that grows, and readers are told that something may be missing
(`Missing`), which they look for by id. Where a server does not stream, they are told to
ask now and then instead (`Poll`). A reader that does not take its events loses them, and is
told so (`Behind`).
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask, current_app

from app import standing
from app.misskey import MisskeyError, Note, Secret, ServerAddress, Transport
from app.misskey.streaming import (
    AllRead,
    ChatChange,
    NewNote,
    NoteChange,
    Stream,
    StreamRefused,
    Told,
    open_stream,
)
from app.models import Account
from app.settings import Settings

log = logging.getLogger(__name__)

MOST_PAGES_OF_ACCOUNT = 6
"""As many as browsers open at once over HTTP/1.1; one more ends the oldest."""
MOST_WAITING = 100
"""Events a reader may leave lying."""
MOST_WATCHED = 200
"""Notes of a page whose changes are told."""
LINGER = 30.0
"""Seconds a stream without readers is kept: people go from page to page."""
_LONGEST_PAUSE = 60.0
# A server that streamed before may just be starting anew; that takes a minute.
_FAILURES_BEFORE_POLLING = 3
_FAILURES_AFTER_STREAMING = 6
# Seconds. A stream that ends sooner was as good as none.
_SHORT = 10.0
# Seconds in which a server that does not stream is not asked again.
_REFUSAL_HOLDS_FOR = 600.0
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the streaming API, with its parameters in an order that compares."""

    name: str
    params: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """The stream was not there for a while, or begins now: look for what came meanwhile."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Events were lost."""


@dataclass(frozen=True, slots=True)
class Poll:
    """There is no stream: ask now and then. The last event."""


@dataclass(frozen=True, slots=True)
class Unread:
    """The number of unread notifications is another now."""


Event = Note | NoteChange | ChatChange | Missing | Behind | Poll | Unread


class Reader:
    """One open page: takes events, from one thread."""

    def __init__(self, line: _Line, channel: Channel | None) -> None:
        self.channel = channel
        self.notes: set[str] = set()
        self._line = line
        self._events: deque[Event] = deque()
        self._changed = threading.Condition()

    def take(self, seconds: float) -> Event | None:
        """The next event; None after so many seconds without one."""
        with self._changed:
            if not self._events:
                self._changed.wait(seconds)
            return self._events.popleft() if self._events else None

    def watch(self, note_ids: Iterable[str]) -> None:
        """Be told what happens to these notes, too, as long as there are not too many."""
        self._line.watch(self, note_ids)

    def leave(self) -> None:
        """The page is gone."""
        self._line.leave(self)

    def put(self, event: Event) -> None:
        """Another event. Those before it go where nobody takes them."""
        with self._changed:
            if len(self._events) >= MOST_WAITING:
                self._events.clear()
                self._events.append(Behind())
            self._events.append(event)
            self._changed.notify()


class Hub:
    """All streams of this process, by account."""

    def __init__(self, app: Flask, settings: Settings, transport: Callable[[], Transport]) -> None:
        self.app = app
        self.transport = transport
        self.closing = threading.Event()
        self._most_pages = settings.live_pages
        self._lines: dict[str, _Line] = {}
        self._refused: dict[str, float] = {}
        self._lock = threading.Lock()

    def join(self, account: Account, channel: Channel | None) -> Reader | None:
        """A reader of what happens to `account`, which must have a credential, and of
        `channel`. None where the page had better ask now and then."""
        assert account.credential is not None
        replaced = None
        with self._lock:
            refused = self._refused.get(account.id)
            if self.closing.is_set() or (refused is not None and time.monotonic() < refused):
                return None
            if sum(len(line.readers) for line in self._lines.values()) >= self._most_pages:
                return None
            line = self._lines.get(account.id)
            if line is None or line.credential != account.credential:
                replaced = line
                line = _Line(self, account.id, account.address, account.credential)
                self._lines[account.id] = line
                line.start()
            reader = line.add(channel)
        # Outside of the lock: a server that does not read must not hold up the others.
        if replaced is not None:
            replaced.end()
        line.flush()
        return reader

    def close(self) -> None:
        """End every stream, and every page that reads one."""
        self.closing.set()
        with self._lock:
            lines = list(self._lines.values())
        for line in lines:
            line.end()

    def remove(self, line: _Line) -> bool:
        """Forget a line that has no readers; False if it has one again."""
        with self._lock:
            if line.readers:
                return False
            if self._lines.get(line.account_id) is line:
                del self._lines[line.account_id]
            return True

    def forget(self, line: _Line, *, is_refused: bool) -> None:
        """A line is over: its readers had better ask now and then. Where the server does not
        stream, the account's next pages do so at once, for a while."""
        with self._lock:
            if self._lines.get(line.account_id) is line:
                del self._lines[line.account_id]
                if is_refused:
                    self._remember_refusal(line.account_id)
        line.end()

    def _remember_refusal(self, account_id: str) -> None:
        if len(self._refused) >= _MOST_REMEMBERED:
            self._refused.clear()
        self._refused[account_id] = time.monotonic() + _REFUSAL_HOLDS_FOR


@dataclass
class _Line:
    """One account's stream, and the pages that read it."""

    hub: Hub
    account_id: str
    address: ServerAddress
    credential: Secret
    readers: list[Reader] = field(default_factory=list)
    _stream: Stream | None = None
    _is_ended: bool = False
    _channels: dict[Channel, str] = field(default_factory=dict)
    _watched: Counter[str] = field(default_factory=Counter)
    _told: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    _empty_since: float = field(default_factory=time.monotonic)
    _next_id: int = 0
    # What is still to be said to the server. Saying it may take long, so that happens under
    # a lock of its own, and never under the one over everything else.
    _to_say: deque[Callable[[Stream], None]] = field(default_factory=deque)
    _saying: threading.Lock = field(default_factory=threading.Lock)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> None:
        """Open the stream, and keep it open, in a thread of its own."""
        threading.Thread(target=self._run, name="live", daemon=True).start()

    # Readers --------------------------------------------------------------

    def add(self, channel: Channel | None) -> Reader:
        """One more reader; the oldest goes if there are too many. Waits for nobody."""
        with self._lock:
            if len(self.readers) >= MOST_PAGES_OF_ACCOUNT:
                self.readers[0].put(Poll())
                self._take_out(self.readers[0])
            reader = Reader(self, channel)
            self.readers.append(reader)
            if self._stream is not None:
                self._ask_for(channel)
                reader.put(Missing())
            return reader

    def leave(self, reader: Reader) -> None:
        """One reader less, and what only it wanted is not asked for any more."""
        with self._lock:
            self._take_out(reader)
        self.flush()

    def watch(self, reader: Reader, note_ids: Iterable[str]) -> None:
        """What `Reader.watch` says."""
        with self._lock:
            for note_id in note_ids:
                is_full = len(reader.notes) >= MOST_WATCHED
                if is_full or note_id in reader.notes or reader not in self.readers:
                    continue
                reader.notes.add(note_id)
                self._watched[note_id] += 1
                if self._watched[note_id] == 1:
                    self._to_say.append(partial(Stream.watch, note_id=note_id))
        self.flush()

    def end(self) -> None:
        """No more events for anybody, and no stream."""
        with self._lock:
            self._is_ended = True
            for reader in list(self.readers):
                reader.put(Poll())
                self._take_out(reader)
            stream = self._stream
        if stream is not None:
            stream.close()

    def flush(self) -> None:
        """Say what is to be said, in order; where there is no stream, it is asked for all
        of it when there is one."""
        with self._saying:
            while self._to_say:
                say, stream = self._to_say.popleft(), self._stream
                # Where it ended, the thread that reads it comes to know.
                with suppress(MisskeyError):
                    if stream is not None:
                        say(stream)

    def _take_out(self, reader: Reader) -> None:
        if reader not in self.readers:
            return
        self.readers.remove(reader)
        self._empty_since = time.monotonic()
        wanted = {other.channel for other in self.readers}
        for channel in [one for one in self._channels if one not in wanted]:
            self._to_say.append(partial(Stream.leave, id=self._channels.pop(channel)))
        for note_id in reader.notes:
            self._watched[note_id] -= 1
            if not self._watched[note_id]:
                del self._watched[note_id]
                self._to_say.append(partial(Stream.unwatch, note_id=note_id))

    def _ask_for(self, channel: Channel | None) -> None:
        if channel is None or channel in self._channels:
            return
        self._next_id += 1
        id = self._channels[channel] = str(self._next_id)
        params = dict(channel.params)
        self._to_say.append(partial(Stream.listen, id=id, channel=channel.name, params=params))

    # The stream -----------------------------------------------------------

    def _run(self) -> None:
        is_refused = False
        try:
            is_refused = self._keep_open()
        except Exception:
            # Of ours: the database does not answer, say. Pages ask now and then; the next
            # one begins anew.
            log.exception("the stream of %s broke", self.address.host)
        finally:
            self.hub.forget(self, is_refused=is_refused)

    def _keep_open(self) -> bool:
        """Have a stream until it is over; True where the server does not stream."""
        failures, most = 0, _FAILURES_BEFORE_POLLING
        while not self._is_over():
            began, is_refused = time.monotonic(), False
            try:
                with open_stream(self.hub.transport(), self.address, self.credential) as stream:
                    most = _FAILURES_AFTER_STREAMING
                    self._use(stream)
            except MisskeyError as error:
                log.info("stream of %s: %s", self.address.host, type(error).__name__)
                failures = failures + 1 if time.monotonic() - began < _SHORT else 1
                is_refused = isinstance(error, StreamRefused) and most == _FAILURES_BEFORE_POLLING
            with self._lock:
                self._stream = None
            if failures and (is_refused or failures >= most):
                return True
            self.hub.closing.wait(_pause(failures))
        return False

    def _use(self, stream: Stream) -> None:
        """Pass on what comes, until nobody is there. Raises StreamEnded."""
        with self._lock:
            self._stream = stream
            self._to_say.clear()
            self._channels.clear()
            for reader in self.readers:
                self._ask_for(reader.channel)
                reader.put(Missing())
            for note_id in self._watched:
                self._to_say.append(partial(Stream.watch, note_id=note_id))
        self.flush()
        while not self._is_over():
            event = stream.receive()
            if isinstance(event, NewNote | NoteChange | ChatChange):
                self._pass_on(event)
            elif isinstance(event, Told | AllRead):
                self._count(event)

    def _is_over(self) -> bool:
        """Whether it was ended, or nobody has read this for some time; then the hub forgets it."""
        if self._is_ended:
            return True
        is_idle = not self.readers and time.monotonic() - self._empty_since > LINGER
        return is_idle and self.hub.remove(self)

    def _pass_on(self, event: NewNote | NoteChange | ChatChange) -> None:
        with self._lock:
            for reader in self.readers:
                if isinstance(event, NoteChange):
                    if event.note_id in reader.notes:
                        reader.put(event)
                elif reader.channel and self._channels.get(reader.channel) == event.channel:
                    reader.put(event.note if isinstance(event, NewNote) else event)

    def _count(self, event: Told | AllRead) -> None:
        if isinstance(event, Told):
            # Some servers tell the same many times over (FACTS D.4).
            if event.notification_id in self._told:
                return
            self._told.append(event.notification_id)
        with self.hub.app.app_context():
            if isinstance(event, Told):
                standing.one_more_unread(self.account_id)
            else:
                standing.none_unread(self.account_id)
        with self._lock:
            for reader in self.readers:
                reader.put(Unread())


def _pause(failures: int) -> float:
    """Seconds until the next attempt: twice as long each time, and never all at once."""
    longest = min(_LONGEST_PAUSE, 2.0 ** max(0, failures))
    return random.uniform(longest / 2, longest)


def init_app(app: Flask, settings: Settings) -> None:
    """Give `app` its hub."""

    def transport() -> Transport:
        door: Transport = app.extensions["engawa.transport"]
        return door

    app.extensions["engawa.live"] = Hub(app, settings, transport)


def hub() -> Hub:
    """The running app's hub."""
    found: Hub = current_app.extensions["engawa.live"]
    return found


def channel_of(name: str, params: Mapping[str, Any]) -> Channel:
    """A channel with its parameters."""
    return Channel(name, tuple(sorted((key, _frozen(value)) for key, value in params.items())))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
