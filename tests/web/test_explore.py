"""Who and what there is: people, hashtags, roles, other servers."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask import Flask

from app.exploring import CROWDS, PEOPLE
from app.extensions import db
from app.models import Server
from sandbox import Sandbox
from tests.browsing import Browser
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def role_of_alice(sandbox: Sandbox) -> str:
    """The id of the role alice has."""
    return sandbox.person("alice").roles[0].id


PLACES = {
    "/explore": ["users"],
    "/explore/picked": ["pinned-users"],
    "/explore/tags": ["hashtags/trend", "hashtags/list"],
    "/explore/roles": ["roles/list"],
    "/explore/servers": ["federation/instances"],
    "/servers/far.example": ["federation/show-instance", "federation/users"],
    "/servers/far.example/follows": ["federation/following"],
    "/servers/far.example/followed": ["federation/followers"],
    "/explore/servers/followed": ["federation/stats"],
    "/tags/engawa/people": ["hashtags/show", "hashtags/users"],
}


@pytest.mark.parametrize("path", sorted(PLACES))
def test_each_place_is_light(alice: Browser, sandbox: Sandbox, path: str) -> None:
    page = alice.get(path)
    assert page.status == 200
    assert [call.endpoint for call in sandbox.calls] == PLACES[path]
    assert page.root is not None
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000


@pytest.mark.parametrize("path", sorted(PLACES))
def test_what_the_server_lacks_is_not_there(
    alice: Browser, app: Flask, sandbox: Sandbox, path: str
) -> None:
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        lacking = PLACES[path][0] if path != "/tags/engawa/people" else "hashtags/users"
        server.endpoints = [name for name in server.endpoints if name != lacking]
        db.session.commit()
    assert path not in alice.get("/menu").links()
    sandbox.clear_calls()
    assert alice.get(path).status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("path", [p for p in PLACES if p.count("/") < 3 and "far" not in p])
def test_signed_out_they_lead_to_the_sign_in(browser: Browser, sandbox: Sandbox, path: str) -> None:
    page = browser.get(path, follow=False)
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "lost"])
@pytest.mark.parametrize("path", sorted(PLACES))
def test_a_server_that_fails_gets_its_page(
    alice: Browser, sandbox: Sandbox, path: str, answer: str
) -> None:
    sandbox.misbehave(PLACES[path][0], answer)
    assert alice.get(path).status in (502, 504)


# People -------------------------------------------------------------------


@pytest.mark.parametrize("crowd", sorted(CROWDS))
def test_people_of_every_kind(alice: Browser, sandbox: Sandbox, crowd: str) -> None:
    sandbox.world.pinned_people = [sandbox.person("haru").id]
    path = "/explore" if crowd == "popular" else f"/explore/{crowd}"
    page = alice.get(path)
    (call,) = sandbox.calls
    assert CROWDS[crowd].params.items() <= call.body.items()
    assert page.one("a", aria_current="true").get("href") == path
    assert ("/@juno@far.example" if crowd == "far" else "/@haru") in page.links()


def test_a_long_list_goes_on_by_number(alice: Browser, sandbox: Sandbox) -> None:
    many = [{"id": f"u{n}", "username": f"person{n}"} for n in range(PEOPLE)]
    sandbox.misbehave("users", "answer", body=many)
    assert "?page=2" in alice.get("/explore/new").links()
    alice.get("/explore/new?page=2")
    assert sandbox.calls[-1].body["offset"] == PEOPLE


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999", "１"])
def test_an_odd_number_is_the_first_page_or_the_last(
    alice: Browser, sandbox: Sandbox, number: str
) -> None:
    assert alice.get("/explore", follow=True).status == 200
    assert alice.get(f"/explore?page={number}").status == 200
    assert sandbox.calls[-1].body["offset"] == 0


# Hashtags -----------------------------------------------------------------


def test_hashtags_lead_to_notes_and_people(alice: Browser) -> None:
    links = alice.get("/explore/tags").links()
    assert any(link.startswith("/tags/") and link.count("/") == 2 for link in links)
    assert "/tags/engawa/people" in links
    assert "/@alice" in alice.get("/tags/engawa/people").links()
    assert "/tags/engawa/people" in alice.get("/tags/engawa").links()


def test_the_trend_stands_without_the_rest(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("hashtags/list", "internal-error")
    assert alice.get("/explore/tags").status == 200


def test_a_hashtag_nobody_knows_has_nobody(alice: Browser) -> None:
    page = alice.get("/tags/nothing_of_the_kind/people")
    assert page.status == 200
    assert "There is nobody here." in page.text


def test_a_hashtag_longer_than_any_makes_no_call(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get(f"/tags/{'x' * 129}/people").status == 404
    assert sandbox.calls == []


# Roles --------------------------------------------------------------------


def test_a_role_its_people_and_their_notes(alice: Browser, sandbox: Sandbox) -> None:
    role = f"/roles/{role_of_alice(sandbox)}"
    assert role in alice.get("/explore/roles").links()
    assert role in alice.get("/@alice").links()
    page = alice.get(role)
    assert "Sweeps the veranda." in page.text
    assert "/@alice" in page.links()
    sandbox.clear_calls()
    notes = alice.get(f"{role}/notes")
    assert [call.endpoint for call in sandbox.calls] == ["roles/show", "roles/notes"]
    assert notes.note_ids()
    assert role in notes.links()


def test_a_role_whose_people_are_hidden(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.person("alice").roles[0].explorable = False
    page = alice.get(f"/roles/{role_of_alice(sandbox)}")
    assert page.status == 200
    assert "There is nobody here." in page.text


@pytest.mark.parametrize("path", ["/roles/a-b", "/roles/a-b/notes", "/servers/a%40b"])
def test_what_can_be_no_id_makes_no_call(alice: Browser, sandbox: Sandbox, path: str) -> None:
    assert alice.get(path).status == 404
    assert sandbox.calls == []


def test_a_role_there_is_not(alice: Browser) -> None:
    assert alice.get("/roles/nothing").status == 404


# Other servers ------------------------------------------------------------


def test_another_server(alice: Browser, sandbox: Sandbox) -> None:
    assert "/servers/far.example" in alice.get("/explore/servers").links()
    assert "/servers/far.example" in alice.get("/@juno@far.example").links()
    page = alice.get("/servers/far.example")
    assert "A server far from here." in page.text
    assert "/@juno@far.example" in page.links()
    assert alice.get("/servers/unheard-of.example").status == 404
    assert "No server was found." in alice.get("/explore/servers?q=zzz").text


def test_who_is_followed_between_servers(alice: Browser, sandbox: Sandbox) -> None:
    """Each once, however many follow them."""
    alice_id, bob_id = sandbox.person("alice").id, sandbox.person("bob").id
    [juno] = [p for p in sandbox.world.people.values() if p.username == "juno"]
    sandbox.world.following |= {(juno.id, alice_id), (alice_id, juno.id), (bob_id, juno.id)}
    links = alice.get("/servers/far.example").links()
    for path in ("follows", "followed", "charts"):
        assert f"/servers/far.example/{path}" in links
    follows = alice.get("/servers/far.example/follows")
    assert "@alice" in [name.text for name in follows.all("span", class_="handle")]
    followed = alice.get("/servers/far.example/followed")
    handles = [name.text for name in followed.all("span", class_="handle")]
    assert handles.count("@juno@far.example") == 1
    assert "/explore/servers/followed" in alice.get("/explore/servers").links()
    assert "/servers/far.example" in alice.get("/explore/servers/followed").links()
    sandbox.clear_calls()
    assert alice.get("/servers/a%20b/follows").status == 404
    assert alice.get("/servers/far.example/nothing").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize(
    "body", [{}, [], {"topSubInstances": [{"host": "a/b", "followersCount": 2}]}]
)
def test_odd_counts_of_servers_break_nothing(alice: Browser, sandbox: Sandbox, body: Any) -> None:
    sandbox.misbehave("federation/stats", "answer", body=body)
    page = alice.get("/explore/servers/followed")
    assert page.status in (200, 502)
    assert not [link for link in page.links() if link.startswith("/servers/")]


@pytest.mark.parametrize(
    "odd",
    [
        {"host": "far.example", "name": "<b>x</b>", "description": "<script>alert(1)</script>x"},
        {"host": "far.example", "usersCount": None},
        {"host": "far.example", "firstRetrievedAt": "soon"},
        [],
    ],
)
def test_odd_servers_break_nothing(alice: Browser, sandbox: Sandbox, odd: Any) -> None:
    sandbox.misbehave("federation/show-instance", "answer", body=odd)
    page = alice.get("/servers/far.example")
    assert page.status in (200, 502)
    assert page.foreign_scripts() == []


def test_odd_hosts_are_left_out(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.misbehave("federation/instances", "answer", body=[{"host": "a/b?c"}, {"host": "ok"}])
    links = alice.get("/explore/servers").links()
    assert [link for link in links if link.startswith("/servers/")] == ["/servers/ok"]


# Of a person --------------------------------------------------------------


def test_achievements_are_said_in_words(alice: Browser, sandbox: Sandbox) -> None:
    assert "/@alice/achievements" in alice.get("/@alice").links()
    sandbox.person("alice").achievements |= {"brandNew": 0, "selfQuote": 8e12, "notesX": -1}
    page = alice.get("/@alice/achievements")
    assert "1 note written" in page.text
    assert "10 notes written" in page.text
    assert "Quoted a note of their own" in page.text
    assert "brandNew" in page.text, "what is not known keeps the server's name"
    assert "10 notes written" in alice.get("/notifications").text


def test_highlights_of_a_person(alice: Browser, sandbox: Sandbox) -> None:
    assert "/@bob/featured" in alice.get("/@bob").links()
    sandbox.clear_calls()
    assert alice.get("/@bob/featured").note_ids()
    assert [call.endpoint for call in sandbox.calls] == ["users/show", "users/featured-notes"]


def test_polls_to_vote_in(alice: Browser, sandbox: Sandbox) -> None:
    assert "/timelines/polls" in alice.get("/menu").links()
    sandbox.clear_calls()
    page = alice.get("/timelines/polls")
    assert "notes/polls/recommendation" in [call.endpoint for call in sandbox.calls]
    assert page.status == 200
