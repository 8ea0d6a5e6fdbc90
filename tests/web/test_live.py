"""Events of an open page: what it is told, what it is not, and when that ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import live
from app.extensions import db
from app.misskey import Secret, streaming
from app.models import Account
from app.views import live as view
from sandbox import Sandbox, chats, notices
from sandbox.endpoints.table import shapes
from sandbox.records import Note, Poll
from sandbox.world import Event as Happened
from tests import stored
from tests.browsing import Browser, Page
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Iterator[Flask]:
    """The installation of this module, empty, with no stream open."""
    app = emptied(house)
    live.init_app(app, app.extensions["engawa.settings"])
    yield app
    app.extensions["engawa.live"].close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_PATIENCE", 1.0)
    monkeypatch.setattr(streaming, "QUIET", 0.3)
    monkeypatch.setattr(view, "HEARTBEAT", 0.5)
    monkeypatch.setattr(live, "_pause", lambda failures: 0.1)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


@dataclass
class Event:
    """One event as a browser reads it."""

    name: str
    data: dict[str, Any]
    id: str | None = None


class Stream:
    """What a browser makes of the answer: its events, one after another."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self._pieces = iter(response.response)

    def next(self, name: str | None = None) -> Event:
        """The next event, or the next of that name."""
        until = time.monotonic() + 8
        for piece in self._pieces:
            assert time.monotonic() < until, f"no {name}"
            event = self._read(piece if isinstance(piece, str) else piece.decode())
            if event is not None and name in (None, event.name):
                return event
        raise AssertionError("it ended")

    def rest(self) -> list[Event]:
        """Everything until it ends."""
        texts = (piece if isinstance(piece, str) else piece.decode() for piece in self._pieces)
        return [event for text in texts if (event := self._read(text)) is not None]

    def quiet(self) -> bool:
        """Whether nothing but a sign of life comes next."""
        return self._read(next(self._pieces)) is None

    def _read(self, piece: str | bytes) -> Event | None:
        text = piece if isinstance(piece, str) else piece.decode()
        assert text.endswith("\n\n")
        if text.startswith(":"):
            return None
        fields = dict(line.split(": ", 1) for line in text.strip().split("\n"))
        return Event(fields["event"], json.loads(fields["data"]), fields.get("id"))


def address_of(browser: Browser, path: str = "/", **more: str) -> str:
    """Where that page is told of what happens, newer than its newest note."""
    (link,) = browser.get(path).all("a", rel="prev")
    newest = link.get("href", "").rpartition("since=")[2]
    return f"{link.get('data-stream')}&{urlencode({'after': newest, **more})}"


@contextmanager
def listening(browser: Browser, path: str = "/", **more: str) -> Iterator[Stream]:
    """What a page at `path` is told while it is open, once the server was told about it."""
    address = address_of(browser, path, **more)
    with browser.client.get(address, headers=browser.headers) as response:
        assert response.status_code == 200
        stream = Stream(response)
        assert stream.quiet()
        assert browser.sandbox is not None
        sandbox = browser.sandbox
        if "/streaming" not in [rule["endpoint"] for rule in sandbox.site.misbehaviours.in_force()]:
            until(lambda: any(len(socket.channels) > 1 for socket in sandbox.streams))
        yield stream


def until(condition: Callable[[], object]) -> None:
    """Wait until that is so."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def post(sandbox: Sandbox, text: str, **fields: Any) -> Note:
    """Bob writes a note."""
    return sandbox.world.create_note(sandbox.person("bob"), text=text, **fields)


# Notes ----------------------------------------------------------------------------------


def test_a_note_comes_as_pages_show_it(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice) as stream:
        note = post(sandbox, "Fresh **tea** $[fg.color=2f5d50 :D]")
        event = stream.next("note")
        assert event.id == note.id
        html = event.data["html"]
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        article = next(iter(parser.parseFragment(html).iter("article")))
        assert article.get("id") == f"note-{note.id}"
        assert "<b>tea</b>" in html
        assert 'value="/"' in html  # Its forms come back to the page.
        assert alice.get("/").form(f"/notes/{note.id}/react").fields["next"] == "/"
        assert "stylesheet" in html


def test_its_forms_come_back_to_the_page(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice, "/?files=1", here="/?files=1") as stream:
        file = next(iter(sandbox.world.files.values()))
        post(sandbox, "A file", files=[file])
        assert 'value="/?files=1"' in stream.next("note").data["html"]


def test_in_the_reader_s_language(alice: Browser, sandbox: Sandbox) -> None:
    alice.headers = {"Accept-Language": "ja"}
    with listening(alice) as stream:
        post(sandbox, "お茶")
        assert "返信" in stream.next("note").data["html"]


def test_also_when_the_request_itself_wrote_to_the_database(
    alice: Browser, sandbox: Sandbox
) -> None:
    address = address_of(alice)
    # The first request of a day keeps that in the session, and its transaction is over.
    with alice.client.session_transaction() as session:
        session["seen"] = "2001-01-01"
    with alice.client.get(address) as response:
        stream = Stream(response)
        assert stream.quiet()
        until(lambda: sandbox.streams and len(sandbox.streams[0].channels) > 1)
        post(sandbox, "For you", visibility="specified", visible=[sandbox.person("alice")])
        assert "<bdi>you</bdi>" in stream.next("note").data["html"]


def test_how_it_is_answered(alice: Browser, sandbox: Sandbox) -> None:
    address = address_of(alice)
    headers = {"Accept-Encoding": "gzip, br, zstd"}
    with alice.client.get(address, headers=headers) as response:
        assert response.mimetype == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert "Content-Encoding" not in response.headers
        assert "Content-Length" not in response.headers


@pytest.mark.parametrize("row", ["local", "social", "global"])
def test_every_timeline_of_the_server(alice: Browser, sandbox: Sandbox, row: str) -> None:
    with listening(alice, f"/timelines/{row}") as stream:
        note = post(sandbox, "To all")
        assert stream.next("note").id == note.id


def test_a_list_an_antenna_a_channel_a_tag(alice: Browser, sandbox: Sandbox) -> None:
    world, me = sandbox.world, sandbox.person("alice")
    made = next(one for one in world.lists.values() if sandbox.person("bob").id in one.members)
    antenna = next(one for one in world.antennas.values() if one.user_id == me.id)
    place = next(iter(world.channels.values()))
    post(sandbox, "Before #engawa tea")
    post(sandbox, "Before", channel=place)
    for path, fields in (
        (f"/lists/{made.id}", {}),
        (f"/antennas/{antenna.id}", {}),
        (f"/channels/{place.id}", {"channel": place}),
        ("/tags/engawa", {}),
    ):
        with listening(alice, path) as stream:
            note = post(sandbox, "Now #engawa tea", **fields)
            assert stream.next("note").id == note.id, path


def test_favourites_and_mentions_are_not_streamed(alice: Browser) -> None:
    for path in ("/timelines/mentions", "/timelines/favourites"):
        for link in alice.get(path).all("a", rel="prev"):
            assert link.get("data-stream") is None


def test_filters_hold(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice, "/?files=1&no-renotes=1") as stream:
        first = post(sandbox, "No file")
        sandbox.world.create_note(sandbox.person("carol"), renote=first)
        file = next(iter(sandbox.world.files.values()))
        note = post(sandbox, "A file", files=[file])
        assert stream.next("note").id == note.id


def test_an_old_server_s_filters_are_ours(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice, "/?files=1") as stream:
        (socket,) = sandbox.streams
        for id, (name, _) in list(socket.channels.items()):
            socket.channels[id] = (name, {})
        post(sandbox, "No file")
        file = next(iter(sandbox.world.files.values()))
        note = post(sandbox, "A file", files=[file])
        assert stream.next("note").id == note.id


# What was missed ------------------------------------------------------------------------


def test_what_came_before_it_was_open_comes_too(alice: Browser, sandbox: Sandbox) -> None:
    address = address_of(alice)
    notes = [post(sandbox, f"Meanwhile {number}") for number in range(3)]
    with alice.client.get(address) as response:
        stream = Stream(response)
        assert [stream.next("note").id for _ in notes] == [note.id for note in notes]


def test_the_browser_s_own_last_id_counts_more(alice: Browser, sandbox: Sandbox) -> None:
    address = address_of(alice)
    seen, missed = post(sandbox, "Seen"), post(sandbox, "Missed")
    with alice.client.get(address, headers={"Last-Event-ID": seen.id}) as response:
        assert Stream(response).next("note").id == missed.id


def test_a_gap_is_filled_and_nothing_comes_twice(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice) as stream:
        first = post(sandbox, "Before")
        assert stream.next("note").id == first.id
        sandbox.misbehave("/streaming", "silent", seconds=0.3, times=1)
        sandbox.drop_streams()
        until(lambda: not sandbox.streams)
        missed = [post(sandbox, f"In between {number}") for number in range(2)]
        sandbox.behave()
        assert [stream.next("note").id for _ in missed] == [note.id for note in missed]
        until(lambda: sandbox.streams)
        until(lambda: len(sandbox.streams[0].channels) > 1)
        last = post(sandbox, "After")
        assert stream.next("note").id == last.id


def test_many_missed_notes(alice: Browser, sandbox: Sandbox) -> None:
    address = address_of(alice)
    for number in range(70):
        post(sandbox, f"So much {number}")
    with alice.client.get(address) as response:
        stream = Stream(response)
        ids = [stream.next("note").id for _ in range(60)]
        assert len(set(ids)) == 60
        assert stream.next().name == "behind"


def test_the_same_note_many_times_over(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice) as stream:
        (socket,) = sandbox.streams
        note = post(sandbox, "Once")
        id = next(id for id, (name, _) in socket.channels.items() if name == "homeTimeline")
        shown = shapes(sandbox.world, socket.person).note(note)
        for _ in range(3):
            socket.say("channel", {"id": id, "type": "note", "body": shown})
        last = post(sandbox, "Twice")
        assert [stream.next("note").id for _ in range(2)] == [note.id, last.id]


def test_a_page_that_does_not_read_loses_the_oldest(
    alice: Browser, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_WAITING", 10)
    with listening(alice) as stream:
        for number in range(15):
            note = post(sandbox, f"Fast {number}")
        (line,) = alice.app.extensions["engawa.live"]._lines.values()
        until(lambda: any(isinstance(event, live.Behind) for event in line.readers[0]._events))
        assert stream.next().name == "behind"
        while stream.next("note").id != note.id:
            pass


# What happens to notes ------------------------------------------------------------------


def test_reactions_votes_and_a_deletion(alice: Browser, sandbox: Sandbox) -> None:
    note = post(sandbox, "Tea?", poll=Poll(["yes", "no"]))
    carol = sandbox.person("carol")
    with listening(alice, notes=note.id) as stream:
        until(lambda: sandbox.streams[0].notes[note.id])
        custom = next(iter(sandbox.world.emojis))
        sandbox.world.react(note, carol, f":{custom}:")
        event = stream.next("reaction")
        assert event.data["note"] == note.id
        assert event.data["by"] == 1
        assert f'value=":{custom}@.:"' in event.data["html"]
        assert f'alt=":{custom}:"' in event.data["html"]
        sandbox.world.unreact(note, carol)
        assert stream.next("reaction").data["by"] == -1
        vote(sandbox, note, "carol")
        assert stream.next("vote").data == {"note": note.id, "choice": 1}
        sandbox.world.delete_note(note)
        assert stream.next("deleted").data == {"note": note.id}


def vote(sandbox: Sandbox, note: Note, username: str) -> None:
    """Somebody votes for the second choice."""
    assert note.poll is not None
    person = sandbox.person(username)
    note.poll.votes[person.id] = [1]
    sandbox.world.happened(Happened("pollVoted", note, person, 1))


def test_of_notes_that_came_over_the_stream_too(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice) as stream:
        target = post(sandbox, "Passed on")
        stream.next("note")
        renote = sandbox.world.create_note(sandbox.person("carol"), renote=target)
        stream.next("note")
        until(lambda: sandbox.streams[0].notes[renote.id] and sandbox.streams[0].notes[target.id])
        sandbox.world.react(target, sandbox.person("carol"), "👍")
        assert stream.next("reaction").data["note"] == target.id
        sandbox.world.delete_note(renote)
        assert stream.next("deleted").data["note"] == renote.id


def test_what_one_does_oneself_shows_already(alice: Browser, sandbox: Sandbox) -> None:
    note = post(sandbox, "React!")
    with listening(alice, notes=note.id) as stream:
        until(lambda: sandbox.streams[0].notes[note.id])
        sandbox.world.react(note, sandbox.person("alice"), "👍")
        vote_note = post(sandbox, "Next")
        assert stream.next().id == vote_note.id


def test_pages_share_one_stream_and_leave_it(
    alice: Browser, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LINGER", 0.2)
    note = post(sandbox, "Watched by two")
    with listening(alice, notes=note.id) as first:
        with listening(alice, "/timelines/local", notes=note.id) as second:
            (socket,) = sandbox.streams
            until(lambda: len(socket.channels) == 3)
            assert socket.notes[note.id] == 1
            sandbox.world.react(note, sandbox.person("carol"), "👍")
            for stream in (first, second):
                assert stream.next("reaction").data["note"] == note.id
        until(lambda: len(socket.channels) == 2)
        assert socket.notes[note.id] == 1
    until(lambda: not sandbox.streams)
    assert alice.app.extensions["engawa.live"]._lines == {}
    until(lambda: not any(thread.name == "live" for thread in threading.enumerate()))
    with listening(alice) as again:
        fresh = post(sandbox, "And again")
        assert again.next("note").id == fresh.id


# Notifications --------------------------------------------------------------------------


def test_what_happens_in_a_chat_is_told_and_not_read(alice: Browser, sandbox: Sandbox) -> None:
    world, me, bob = sandbox.world, sandbox.person("alice"), sandbox.person("bob")
    page = alice.get(f"/chat/people/{bob.id}")
    address = page.one("div", role="log").get("data-stream", "")
    with alice.client.get(address, headers=alice.headers) as response:
        stream = Stream(response)
        assert stream.quiet()
        assert stream.next().name == "chat", "what came before it was open"
        until(lambda: any(len(socket.channels) > 1 for socket in sandbox.streams))
        sandbox.clear_calls()
        chats.write_to_person(world, bob, me, "are you there?")
        assert stream.next("chat").data == {}
        chats.write_to_person(world, sandbox.person("haru"), me, "elsewhere")
        assert stream.quiet()
    assert sandbox.calls == []
    assert (me.id, f"user:{bob.id}") in world.chat_marks


def test_how_much_is_unread(alice: Browser, sandbox: Sandbox) -> None:
    stored.execute(alice.app, "UPDATE accounts SET unread_notifications = 2")
    with listening(alice) as stream:
        post(sandbox, "@alice, tea?")
        assert stream.next("unread").data == {"label": "3"}
        assert "(3)" in alice.get("/").title
        notices.mark_read(sandbox.world, sandbox.person("alice"))
        assert stream.next("unread").data == {"label": ""}
        assert "(" not in alice.get("/").title


def test_what_came_while_the_page_was_on_its_way_is_counted(
    alice: Browser, sandbox: Sandbox
) -> None:
    set_unread = "UPDATE accounts SET unread_notifications = "
    for path in ("/", "/settings"):
        stored.execute(alice.app, set_unread + "2")
        page = alice.get(path)
        told_at = [element.get("data-stream") for element in page.root.iter()]
        addresses = [address for address in told_at if address]
        assert addresses
        stored.execute(alice.app, set_unread + "3")
        for address in addresses:
            with alice.client.get(address) as response:
                assert Stream(response).next("unread").data == {"label": "3"}


def test_the_same_notification_counts_once(alice: Browser, sandbox: Sandbox) -> None:
    stored.execute(alice.app, "UPDATE accounts SET unread_notifications = 0")
    with listening(alice) as stream:
        (socket,) = sandbox.streams
        for id in ("a1", "a1", "a2"):
            body = {"id": "main", "type": "notification", "body": {"id": id, "type": "test"}}
            socket.say("channel", body)
        assert [stream.next("unread").data["label"] for _ in range(2)]
        fresh = post(sandbox, "The end")
        assert stream.next("note").id == fresh.id
    (row,) = stored.execute(alice.app, "SELECT unread_notifications FROM accounts")
    assert row["unread_notifications"] == 2


# When it is not to be, or ends ----------------------------------------------------------


def test_signed_out(browser: Browser, sandbox: Sandbox) -> None:
    for query in ("timeline=home", f"timeline=home&account={'0' * 32}", "account=\x00"):
        assert browser.get(f"/live?{query}", follow=False).status == 401
    assert sandbox.calls == []
    assert sandbox.streams == []


def test_a_page_says_whose_it_is(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get("/live?timeline=home", follow=False).status == 401
    assert sandbox.calls == []
    assert sandbox.streams == []


def test_another_person_s_account(
    alice: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    address = address_of(alice)
    stranger = let_in(new_browser(), "bob")
    sandbox.clear_calls()
    assert stranger.get(address, follow=False).status == 401
    assert sandbox.calls == []
    assert sandbox.streams == []


@pytest.mark.parametrize(
    "query",
    [
        *("timeline=nothing", "timeline=mentions", "timeline=favourites", "timeline=list"),
        *("timeline=list&thing=", "timeline=list&thing=../x", "timeline=tag", "timeline=\x00"),
        "timeline=clip&thing=abc",
        *("talk=people", "talk=people&talk_id=../x", "talk=things&talk_id=abc", "talk=&talk_id=a"),
    ],
)
def test_what_is_not_streamed(alice: Browser, sandbox: Sandbox, query: str) -> None:
    account = parse_qs(urlsplit(address_of(alice)).query)["account"][0]
    sandbox.clear_calls()
    assert alice.get(f"/live?account={account}&{query}", follow=False).status == 204
    assert sandbox.calls == []
    assert sandbox.streams == []


def test_the_data_saver(alice: Browser, sandbox: Sandbox) -> None:
    address = address_of(alice)
    sandbox.clear_calls()
    alice.client.set_cookie("engawa-data-saver", "1")
    assert alice.get(address, follow=False).status == 204
    assert sandbox.calls == []
    assert sandbox.streams == []


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_wrong_method(alice: Browser, method: str) -> None:
    headers = {"Origin": "http://localhost"}
    answer = getattr(alice.client, method)("/live?timeline=home", headers=headers)
    assert answer.status_code in (400, 405)


@pytest.mark.parametrize(
    "more",
    [
        {"notes": "," * 500, "after": "../../x"},
        {"notes": "\x00,é,' OR 1=1", "after": "\x00", "here": "//evil.example"},
    ],
)
def test_junk_changes_nothing(alice: Browser, sandbox: Sandbox, more: dict[str, str]) -> None:
    with listening(alice, **more) as stream:
        note = post(sandbox, "All the same")
        while (event := stream.next("note")).id != note.id:
            pass
        assert "evil.example" not in event.data["html"]


def test_a_server_that_does_not_stream_is_asked_now_and_then(
    alice: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("/streaming", "html", status=502)
    with listening(alice) as stream:
        assert [event.name for event in stream.rest()] == ["poll"]
    # It is not tried at every page again.
    sandbox.behave()
    assert alice.get(address_of(alice), follow=False).status == 204
    assert sandbox.streams == []


def test_a_server_that_is_gone(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("/streaming", "drop", seconds=0.01)
    with listening(alice) as stream:
        assert stream.rest()[-1].name == "poll"


def test_no_more_pages_of_an_account_than_browsers_open(
    alice: Browser, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_PAGES_OF_ACCOUNT", 1)
    with listening(alice) as first, listening(alice, "/timelines/local") as second:
        assert first.rest()[-1].name == "poll"
        note = post(sandbox, "For the second")
        assert second.next("note").id == note.id


def test_no_more_pages_than_there_are_threads_for(
    make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    for most, status in ((0, 204), (1, 200)):
        app = make_app(live_pages=most)
        browser = let_in(Browser(app, sandbox), "alice")
        with browser.client.get(address_of(browser)) as answer:
            assert answer.status_code == status
            assert browser.get(address_of(browser), follow=False).status == 204
        app.extensions["engawa.live"].close()


def test_it_ends_when_the_sign_in_does(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice) as stream:
        alice.get("/accounts/sign-out")
        stored.execute(alice.app, "DELETE FROM browser_sign_ins")
        time.sleep(0.6)
        post(sandbox, "Not for everybody")
        assert [event.name for event in stream.rest() if event.name != "unread"] == ["poll"]


def test_it_ends_when_we_do(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice) as stream:
        alice.app.extensions["engawa.live"].close()
        assert stream.rest()[-1].name == "poll"
    until(lambda: not sandbox.streams)
    assert alice.get(address_of(alice), follow=False).status == 204


@pytest.mark.parametrize("how", ["down", "html", "garbage", "empty", "shape"])
def test_a_gap_is_looked_for_until_it_is_filled(alice: Browser, sandbox: Sandbox, how: str) -> None:
    address = address_of(alice)
    missed = post(sandbox, "Before it was open")
    sandbox.misbehave("notes/timeline", how)
    with alice.client.get(address) as response:
        stream = Stream(response)
        assert stream.quiet()
        until(lambda: sandbox.streams and len(sandbox.streams[0].channels) > 1)
        note = post(sandbox, "Over the stream")
        assert stream.quiet()
        sandbox.behave()
        assert [stream.next("note").id for _ in range(2)] == [missed.id, note.id]
        asked = len(sandbox.calls_of("notes/timeline"))
        last = post(sandbox, "After it")
        assert stream.next("note").id == last.id
        assert len(sandbox.calls_of("notes/timeline")) == asked


def test_our_own_fault_ends_it_and_the_next_page_begins_anew(
    alice: Browser, sandbox: Sandbox
) -> None:
    address = address_of(alice)
    with listening(alice) as stream:
        stored.execute(alice.app, "ALTER TABLE accounts RENAME TO lost")
        (socket,) = sandbox.streams
        body = {"id": "main", "type": "notification", "body": {"id": "a1", "type": "test"}}
        socket.say("channel", body)
        until(lambda: not sandbox.streams)
        stored.execute(alice.app, "ALTER TABLE lost RENAME TO accounts")
        assert stream.rest()[-1].name == "poll"
    with alice.client.get(address) as response:
        note = post(sandbox, "And again")
        assert Stream(response).next("note").id == note.id


def test_a_new_credential_has_a_stream_of_its_own(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice) as old:
        (before,) = sandbox.streams
        with alice.app.app_context():
            account = db.session.scalars(select(Account)).one()
            again = sandbox.credential("alice", permission=["read:account", "write:notes"])
            account.credential = Secret(again)
            db.session.commit()
        with listening(alice) as new:
            assert old.rest()[-1].name == "poll"
            until(lambda: before not in sandbox.streams)
            time.sleep(0.5)  # Longer than until it would come back.
            assert len(sandbox.streams) == 1
            note = post(sandbox, "For the new one")
            assert new.next("note").id == note.id


def test_the_database_is_free_while_it_waits(alice: Browser, sandbox: Sandbox) -> None:
    with listening(alice) as stream:
        assert stream.quiet()
        with alice.app.app_context():
            assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


# A page that shows no timeline ----------------------------------------------------------


def test_every_page_is_told_what_is_unread_and_what_happens_to_its_notes(
    alice: Browser, sandbox: Sandbox
) -> None:
    note = post(sandbox, "Somewhere")
    page = alice.get("/settings")
    assert page.status == 200
    address = page.one("template", id="words").get("data-stream")
    with alice.client.get(f"{address}&notes={note.id}") as response:
        stream = Stream(response)
        until(lambda: sandbox.streams and sandbox.streams[0].notes[note.id])
        sandbox.world.react(note, sandbox.person("carol"), "👍")
        assert stream.next().data["note"] == note.id
        post(sandbox, "@alice, tea?")
        assert stream.next().name == "unread"
        assert len(sandbox.streams[0].channels) == 1


def test_the_data_saver_s_pages_ask_for_nothing(alice: Browser) -> None:
    alice.client.set_cookie("engawa-data-saver", "1")
    for path in ("/", "/settings"):
        page = alice.get(path)
        assert page.status == 200
        assert page.one("template", id="words").get("data-stream") is None
        assert page.all("iframe") == []


# Without the script: a frame that counts -------------------------------------------------


def frame_of(browser: Browser, path: str = "/") -> str:
    """The address of the frame of a page."""
    return browser.get(path).one("iframe").get("src") or ""


def next_look(page: Page) -> tuple[int, str]:
    """After how many seconds the frame looks again, and where."""
    seconds, address = (
        page.one("meta", **{"http-equiv": "refresh"}).get("content", "").split("; url=")
    )
    return int(seconds), address


def test_a_frame_counts_newer_notes(alice: Browser, sandbox: Sandbox) -> None:
    frame = frame_of(alice, "/?no-renotes=1")
    first = post(sandbox, "One")
    sandbox.clear_calls()
    page = alice.get(frame)
    assert sandbox.calls == []  # The page around it just looked.
    assert page.all("a") == []
    assert "Nothing newer yet." in page.text
    seconds, address = next_look(page)
    assert seconds == 60
    post(sandbox, "Two")
    page = alice.get(address)
    assert [call.endpoint for call in sandbox.calls] == ["notes/timeline"]
    link = page.one("a")
    assert link.get("target") == "_top"
    assert "2 new notes" in page.text
    assert first.id in alice.get(link.get("href") or "").note_ids()
    assert "no-renotes=1" in (link.get("href") or "")
    assert next_look(page)[0] == 120


def test_a_frame_that_has_a_page_full_looks_no_more(alice: Browser, sandbox: Sandbox) -> None:
    frame = frame_of(alice)
    for number in range(25):
        post(sandbox, f"So much {number}")
    page = alice.get(f"{frame}&looks=1")
    assert "20+ new notes" in page.text
    assert page.all("meta", **{"http-equiv": "refresh"}) == []


def test_the_pauses_of_a_frame_grow_to_ten_minutes(alice: Browser) -> None:
    for looks in ("9", "10", "99999999999999999999"):
        assert next_look(alice.get(f"{frame_of(alice)}&looks={looks}"))[0] == 600


@pytest.mark.parametrize("how", ["down", "html", "garbage", "empty", "shape"])
def test_a_frame_looks_again_where_the_server_did_not_answer(
    alice: Browser, sandbox: Sandbox, how: str
) -> None:
    frame = frame_of(alice)
    sandbox.misbehave("notes/timeline", how)
    page = alice.get(f"{frame}&looks=3")
    assert page.status == 200
    assert page.all("a") == []
    assert next_look(page)[0] == 240


def test_a_frame_of_somebody_who_is_not_signed_in(
    alice: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    frame = frame_of(alice)
    for stranger in (new_browser(), let_in(new_browser(), "bob")):
        sandbox.clear_calls()
        page = stranger.get(f"{frame}&looks=1", follow=False)
        assert page.status == 401
        assert page.all("a") == page.all("meta", **{"http-equiv": "refresh"}) == []
        assert sandbox.calls == []


@pytest.mark.parametrize(
    "query",
    [
        *("", "timeline=nothing", "timeline=mentions", "timeline=home", "timeline=home&newer=/"),
        *("timeline=home&newer=//evil.example/?since=abc", "timeline=list&newer=/?since=abc"),
    ],
)
def test_a_frame_of_nothing(alice: Browser, sandbox: Sandbox, query: str) -> None:
    assert alice.get(f"/live/newer?looks=1&{query}").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("looks", ["-1", "x", "", "\x00", "1" * 5000, "&_external=1&_scheme=x"])
def test_junk_in_a_frame_s_address(alice: Browser, looks: str) -> None:
    page = alice.get(f"{frame_of(alice)}&looks={looks}")
    assert page.status == 200
    assert next_look(page)[1].startswith("/live/newer?")


def test_only_our_own_pages_show_the_frame(alice: Browser) -> None:
    headers = alice.client.get(frame_of(alice)).headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert "script" not in headers["Content-Security-Policy"]
    assert alice.client.get("/").headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_wrong_method_of_a_frame(alice: Browser, method: str) -> None:
    headers = {"Origin": "http://localhost"}
    answer = getattr(alice.client, method)("/live/newer?timeline=home", headers=headers)
    assert answer.status_code in (400, 405)
