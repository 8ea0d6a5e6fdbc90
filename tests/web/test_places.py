"""“Where you were”: a link on the newest page of a timeline to where one stopped reading."""

from __future__ import annotations

import pytest
from flask import Flask

from app import places
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def way_back(page: Page) -> str | None:
    """Where the link leads that goes on from where one was."""
    found = [a.get("href") for a in page.all("a") if a.text == "Where you were"]
    return found[0] if found else None


def many_come(sandbox: Sandbox, how_many: int = 30) -> None:
    """Bob writes that many notes more."""
    bob = sandbox.person("bob")
    for number in range(how_many):
        sandbox.world.create_note(bob, text=f"Later {number}")


def test_the_first_visit_has_nowhere_to_go_back_to(alice: Browser) -> None:
    assert way_back(alice.get("/")) is None
    assert way_back(alice.get("/")) is None


@pytest.mark.parametrize("path", ["/", "/timelines/local"])
def test_who_went_down_finds_the_same_page_again(
    alice: Browser, sandbox: Sandbox, path: str
) -> None:
    alice.get(path)
    older = next(a.get("href") for a in alice.page.all("a", rel="next"))
    there = alice.get(older).note_ids()
    many_come(sandbox)
    link = way_back(alice.get(path))
    assert link is not None
    # However often the newest page is opened, it stays.
    assert way_back(alice.get(path)) == link
    assert alice.get(link).note_ids() == there


def test_who_had_read_all_goes_on_upwards_without_a_gap(alice: Browser, sandbox: Sandbox) -> None:
    newest = alice.get("/").note_ids()[0]
    many_come(sandbox)
    link = way_back(alice.get("/"))
    assert link == f"/?since={newest}"
    page = alice.get(link)
    read = page.note_ids()
    assert min(read) > newest
    upwards = next(a.get("href") for a in page.all("a", rel="prev"))
    read += alice.get(upwards).note_ids()
    later = [note.id for note in sandbox.world.newest_first() if (note.text or "")[:5] == "Later"]
    assert set(later) <= set(read)


def test_where_nothing_lies_between_there_is_no_link(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/")
    many_come(sandbox, 5)
    assert way_back(alice.get("/")) is None


def test_a_script_that_looks_for_newer_notes_moves_nobody(alice: Browser, sandbox: Sandbox) -> None:
    newest = alice.get("/").note_ids()[0]
    many_come(sandbox)
    up = alice.get("/").note_ids()[0]
    alice.get(f"/?since={up}", Sec_Fetch_Mode="cors")
    assert way_back(alice.get("/")) == f"/?since={newest}"
    # What it loads further down was asked for by somebody who reads.
    alice.get(f"/?until={up}", Sec_Fetch_Mode="cors")
    many_come(sandbox)
    assert way_back(alice.get("/")) == f"/?until={up}"


def test_filters_stay_on_the_way_back(alice: Browser, sandbox: Sandbox) -> None:
    newest = alice.get("/?no-renotes=1").note_ids()[0]
    many_come(sandbox)
    assert way_back(alice.get("/?no-renotes=1")) == f"/?no-renotes=1&since={newest}"


def test_each_timeline_and_each_account_has_its_own(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/")
    many_come(sandbox)
    assert way_back(alice.get("/timelines/local")) is None
    let_in(alice, "haru")
    assert way_back(alice.get("/")) is None
    assert alice.get("/").status == 200


def test_only_so_many_are_kept(alice: Browser, sandbox: Sandbox) -> None:
    newest = alice.get("/").note_ids()[0]
    for number in range(places.MOST):
        alice.get(f"/tags/tag{number}?until={newest}")
    many_come(sandbox)
    assert way_back(alice.get("/")) is None


def test_a_quiet_timeline_keeps_no_place(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get("/tags/nobody-says-this").status == 200
    assert way_back(alice.get("/tags/nobody-says-this")) is None


@pytest.mark.parametrize("query", ["until=%00", "since=../x", "until=&since="])
def test_junk_is_no_place(alice: Browser, query: str) -> None:
    alice.get(f"/?{query}")
    assert way_back(alice.get("/")) is None
