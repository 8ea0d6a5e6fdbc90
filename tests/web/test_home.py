"""Home: what it shows, how it pages, what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urljoin

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from app.extensions import db
from app.models import StoredSession
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in
from tests.sent import a_note

# Budgets. They are counts, so they are held exactly.
CALLS_PER_HOME = 1
QUERIES_PER_HOME = 4  # The session, the account, its server, and that one's emoji.
MOST_HTML = 12_000  # Bytes, gzipped, of a home of twenty notes.
MOST_OF_A_COLD_VISIT = 25_000  # … and with everything the page asks for, pictures aside.

NO_IDS = [
    "",
    " ",
    "a b",
    "abc-def",
    "../../etc",
    "あいう",
    "１２３",
    "<script>",
    "abc\n",
    "\0",
    "abc%00",
    "a" * 65,
    "a" * 5000,
    '{"$gt":""}',
]


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice, by the quickest way."""
    return let_in(browser, "alice")


def home_of(sandbox: Sandbox, username: str) -> list[str]:
    """The ids of that person's whole home timeline, newest first, by the sandbox's rules."""
    me = sandbox.person(username)
    return [n.id for n in sandbox.world.newest_first() if sandbox.world.in_home_of(n, me)]


def body_of_the_only_call(sandbox: Sandbox) -> dict[str, object]:
    """What was sent in the one call there was, without the credential."""
    assert [call.endpoint for call in sandbox.calls] == ["notes/timeline"]
    body = dict(sandbox.calls[0].body)
    assert len(str(body.pop("i"))) == 64
    return body


def link(page: Page, label: str) -> str | None:
    """Where the link with these words leads."""
    found = [a.get("href") for a in page.all("a") if "".join(a.itertext()).strip() == label]
    return found[0] if found else None


@contextmanager
def queries(app: Flask) -> Iterator[list[str]]:
    """The SQL that `app` runs meanwhile."""
    said: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def test_the_newest_notes_come_first(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/")
    assert page.note_ids() == home_of(sandbox, "alice")[:20]
    assert body_of_the_only_call(sandbox) == {"limit": 20}


def test_a_link_leads_to_older_notes(alice: Browser, sandbox: Sandbox) -> None:
    first = alice.get("/")
    sandbox.clear_calls()
    second = alice.get(str(link(first, "Older notes")))
    assert second.note_ids() == home_of(sandbox, "alice")[20:40]
    assert body_of_the_only_call(sandbox) == {"limit": 20, "untilId": first.note_ids()[-1]}
    assert link(second, "Newest notes") == "/"


def test_a_link_leads_to_newer_notes_and_they_stand_newest_first(
    alice: Browser, sandbox: Sandbox
) -> None:
    expected = home_of(sandbox, "alice")
    older = alice.get(f"/?until={expected[39]}")
    sandbox.clear_calls()
    newer = alice.get(str(link(older, "Newer notes")))
    # The twenty directly above, not the newest of all: nothing is skipped on the way up.
    assert newer.note_ids() == expected[20:40]
    assert body_of_the_only_call(sandbox) == {"limit": 20, "sinceId": expected[40]}
    assert alice.get(str(link(newer, "Newer notes"))).note_ids() == expected[:20]


def test_walking_older_shows_every_note_once_and_ends(alice: Browser, sandbox: Sandbox) -> None:
    seen: list[str] = []
    path: str | None = "/"
    while path is not None:
        page = alice.get(path)
        seen += page.note_ids()
        path = link(page, "Older notes")
    assert seen == home_of(sandbox, "alice")
    assert "This is where your home timeline begins." in alice.get(f"/?until={seen[-1]}").text


def test_nothing_newer_is_said_so(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get(f"/?since={home_of(sandbox, 'alice')[0]}")
    assert page.note_ids() == []
    assert "Nothing newer yet." in page.text
    assert link(page, "Newest notes") == "/"


def test_a_note_written_meanwhile_is_among_the_newer(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/")
    written = sandbox.world.create_note(sandbox.person("bob"), text="Just in.")
    assert alice.get(str(link(page, "Newer notes"))).note_ids() == [written.id]


@pytest.mark.parametrize("name", ["until", "since"])
def test_what_can_not_be_an_id_is_as_if_it_were_not_there(
    alice: Browser, sandbox: Sandbox, name: str
) -> None:
    sandbox.misbehave("notes/timeline", "answer", body=[])  # A page that is quickly read.
    for junk in NO_IDS:
        sandbox.clear_calls()
        page = alice.get(f"/?{name}={quote(junk)}")
        assert page.status == 200, junk
        assert body_of_the_only_call(sandbox) == {"limit": 20}, junk
        assert link(page, "Newest notes") is None, junk


def test_until_wins_over_since_and_other_names_mean_nothing(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.get("/?since=aaaa&until=bbbb&limit=100&page=3&i=stolen&withFiles=1")
    assert body_of_the_only_call(sandbox) == {"limit": 20, "untilId": "bbbb"}


def test_an_id_nobody_has_is_asked_for_as_any_other(alice: Browser, sandbox: Sandbox) -> None:
    longest = "z" * 64
    assert len(alice.get(f"/?until={longest}").note_ids()) == 20
    assert body_of_the_only_call(sandbox) == {"limit": 20, "untilId": longest}


def test_an_empty_home_says_what_to_do(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("notes/timeline", "answer", body=[])
    page = alice.get("/")
    assert page.status == 200
    assert page.note_ids() == []
    assert "Your home is quiet." in page.text
    assert link(page, "Older notes") is None


def test_notes_that_can_not_be_read_are_counted_and_the_others_stand(
    alice: Browser, sandbox: Sandbox
) -> None:
    good = [a_note() for _ in range(18)]
    odd = [{"id": "odd1"}, a_note(user=None)]
    sandbox.misbehave("notes/timeline", "answer", body=[*good[:9], odd[0], *good[9:], odd[1]])
    page = alice.get("/")
    assert page.status == 200
    assert page.note_ids() == [note["id"] for note in good]
    assert "2 notes here could not be read." in page.text
    # Twenty came, so there may be more.
    assert link(page, "Older notes") == f"/?until={good[-1]['id']}"


def test_one_that_can_not_be_read_is_counted_in_the_singular(
    alice: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("notes/timeline", "answer", body=[a_note(), "not a note"])
    assert "1 note here could not be read." in alice.get("/").text


def test_a_home_of_which_nothing_can_be_read_is_the_servers_failure(
    alice: Browser, sandbox: Sandbox
) -> None:
    sandbox.misbehave("notes/timeline", "answer", body=[{"id": "odd1"}, {"id": "odd2"}])
    page = alice.get("/")
    assert page.status == 502
    assert f"{sandbox.host} gave an answer that can't be used" in page.text


ODD_VALUES = {
    "a count without end": {"reactions": {"👍": "Infinity"}},
    "a count that is no number": {"reactions": {"👍": "NaN"}},
    "replies without end": {"repliesCount": "-inf"},
    "a time without a zone": {"createdAt": "2026-01-02T03:04:05"},
    "the first of all days": {"createdAt": "0001-01-01T00:00:00+14:00"},
    "the last of all days": {"createdAt": "9999-12-31T23:59:59-14:00"},
    "no time at all": {"createdAt": "yesterday"},
    "a vote count without end": {"poll": {"choices": [{"text": "a", "votes": "inf"}]}},
    "a file without end": {"files": [{"id": "f", "size": "nan"}]},
}


@pytest.mark.parametrize("odd", ODD_VALUES.values(), ids=ODD_VALUES.keys())
def test_an_odd_value_never_takes_the_page_away(
    alice: Browser, sandbox: Sandbox, odd: dict[str, object]
) -> None:
    plain = a_note()
    sandbox.misbehave("notes/timeline", "answer", body=[plain, a_note(**odd)])
    page = alice.get("/")
    assert page.status == 200
    assert page.note_ids()[0] == plain["id"]


def test_notes_within_notes_without_end_are_the_servers_failure(
    alice: Browser, sandbox: Sandbox
) -> None:
    depth = 20_000
    body = "[" + '{"renote":' * depth + "{}" + "}" * depth + "]"
    sandbox.misbehave("notes/timeline", "answer", body=body)
    page = alice.get("/")
    assert page.status == 502
    assert "can't be used" in page.title


def test_home_is_one_call_and_two_queries(alice: Browser, sandbox: Sandbox, app: Flask) -> None:
    alice.get("/")  # Shows the notice of the sign-in, which is written off then.
    sandbox.clear_calls()
    with queries(app) as said:
        assert len(alice.get("/").note_ids()) == 20
    assert len(sandbox.calls) == CALLS_PER_HOME
    assert len(said) <= QUERIES_PER_HOME, said
    assert not [s for s in said if not s.startswith("SELECT")], "reading writes nothing"


def _weigh(browser: Browser, path: str) -> int:
    """How many bytes come over the line for `path`."""
    sent = {"Accept-Encoding": "gzip", "Accept-Language": "en"}
    with browser.client.get(path, headers=sent) as response:
        assert response.status_code == 200, path
        if "favicon" not in path:  # Too small to gain by it.
            assert response.headers["Content-Encoding"] == "gzip", path
        return len(response.data)


def test_home_is_light(alice: Browser) -> None:
    page = alice.get("/")
    assert len(page.note_ids()) == 20
    html = _weigh(alice, "/")
    assert html <= MOST_HTML
    # What is fetched to install Engawa or to search with it is not waited for.
    later = ("apple-touch-icon", "manifest", "search")
    links = [link for link in page.all("link") if link.get("rel") not in later]
    asked_for = {str(element.get("href")) for element in links}
    for element in page.root.iter():
        if str(element.tag).rpartition("}")[2] in ("use", "source", "iframe"):
            asked_for.add(str(element.get("href") or element.get("src")).partition("#")[0])
    # A stylesheet could ask for more: ours does not.
    sheet = next(path for path in asked_for if ".css" in path)
    with alice.client.get(sheet) as response:
        assert not re.search(r"url\(|@import", response.text)
    # Two sheets, the icon of the tab, the other icons, and the frame that counts newer
    # notes. The script is not fetched where there is none; test_script.py weighs it.
    assert len(asked_for) == 5, asked_for
    everything = html + sum(_weigh(alice, urljoin("/", path)) for path in asked_for)
    assert everything <= MOST_OF_A_COLD_VISIT


def test_somebody_who_is_not_signed_in_is_welcomed_without_a_trace(
    browser: Browser, sandbox: Sandbox, app: Flask
) -> None:
    browser.get("/")  # What the operator decided is heard of now, and holds for a moment.
    with queries(app) as said:
        page = browser.get("/?until=abc")
    assert page.status == 200
    assert "Sign in with your server" in page.text
    assert sandbox.calls == []
    assert "Set-Cookie" not in page.response.headers
    assert said == []
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(StoredSession)) == 0


def test_without_a_chosen_account_home_asks_which_and_calls_nobody(
    alice: Browser, sandbox: Sandbox
) -> None:
    alice.sign_in("bob")
    alice.get("/accounts")
    forms = [f for f in alice.page.forms() if f.action == "/sign-out"]  # type: ignore[union-attr]
    alice.post("/sign-out", forms[1].fields)  # Bob, the one who acts now.
    sandbox.clear_calls()
    page = alice.get("/")
    assert page.path == "/accounts"
    assert "Choose the account to go on with." in page.text
    assert sandbox.calls == []


def test_each_account_reads_its_own_home(
    new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    first, second = new_browser(), new_browser()
    first.sign_in("alice")
    second.sign_in("dave")
    assert second.get("/").note_ids() == home_of(sandbox, "dave")[:20]
    assert first.get("/").note_ids() == home_of(sandbox, "alice")[:20]
