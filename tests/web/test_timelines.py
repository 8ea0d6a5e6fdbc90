"""Every row of the table of timelines: one call, paged by id, filtered as the server can."""

from __future__ import annotations

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from app.timelines import KINDS, TIMELINES
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in
from tests.sent import a_note


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice, whose standing is not known yet."""
    return let_in(browser, "alice")


def link(page: Page, label: str) -> str | None:
    """Where the link with these words leads."""
    found = [a.get("href") for a in page.all("a") if "".join(a.itertext()).strip() == label]
    return found[0] if found else None


def sent(sandbox: Sandbox, endpoint: str) -> list[dict[str, object]]:
    """What was sent to that endpoint, without the credential."""
    return [
        {name: value for name, value in call.body.items() if name != "i"}
        for call in sandbox.calls_of(endpoint)
    ]


def set_endpoints(app: Flask, sandbox: Sandbox, *, without: str) -> None:
    """Let the server lack an endpoint."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if name != without]
        db.session.commit()


def set_account(app: Flask, **values: object) -> None:
    """Change the only account there is."""
    with app.app_context():
        account = db.session.scalars(db.select(Account)).one()
        for name, value in values.items():
            setattr(account, name, value)
        db.session.commit()


@pytest.mark.parametrize("name", sorted(TIMELINES))
def test_each_is_one_call_beside_the_standing(alice: Browser, sandbox: Sandbox, name: str) -> None:
    page = alice.get(f"/timelines/{name}")
    assert page.status == 200
    assert page.note_ids()
    row = TIMELINES[name]
    assert {call.endpoint for call in sandbox.calls} == {"i", row.endpoint}
    assert sent(sandbox, row.endpoint) == [{"limit": 20, **row.params}]
    sandbox.clear_calls()
    alice.get(f"/timelines/{name}")
    assert [call.endpoint for call in sandbox.calls] == [row.endpoint], "asked a moment ago"


def test_local_holds_what_people_here_say_to_everybody(alice: Browser, sandbox: Sandbox) -> None:
    for note_id in alice.get("/timelines/local").note_ids():
        note = sandbox.world.notes[note_id]
        assert note.visibility == "public"
        assert sandbox.world.people[note.user_id].host is None


def test_going_older_and_back(alice: Browser, sandbox: Sandbox) -> None:
    first = alice.get("/timelines/local")
    second = alice.get(str(link(first, "Older notes")))
    assert second.note_ids()
    assert not set(first.note_ids()) & set(second.note_ids())
    assert alice.get(str(link(second, "Newer notes"))).note_ids() == first.note_ids()
    assert link(second, "Newest notes") == "/timelines/local"


def test_favourites_are_paged_by_their_own_ids(alice: Browser, sandbox: Sandbox) -> None:
    me = sandbox.person("alice")
    for note in list(sandbox.world.newest_first())[:25]:
        if (me.id, note.id) not in sandbox.world.favorites:
            sandbox.world.add_favorite(me, note)
    kept = sorted(((id, key[1]) for key, id in sandbox.world.favorites.items()), reverse=True)
    first = alice.get("/timelines/favourites")
    assert first.note_ids() == [note for _, note in kept[:20]]
    second = alice.get(str(link(first, "Older notes")))
    assert second.note_ids() == [note for _, note in kept[20:]]
    assert sent(sandbox, "i/favorites")[1] == {"limit": 20, "untilId": kept[19][0]}


def test_a_favourite_without_its_note_does_not_take_the_page_away(
    alice: Browser, sandbox: Sandbox
) -> None:
    note = a_note()
    body = [{"id": "fav2", "note": note}, {"id": "fav1", "note": None}]
    sandbox.misbehave("i/favorites", "answer", body=body)
    assert alice.get("/timelines/favourites").note_ids() == [note["id"]]


FILTERED = {
    "no-renotes": {
        "withRenotes": False,
        "includeMyRenotes": False,
        "includeRenotedMyNotes": False,
        "includeLocalRenotes": False,
    },
    "replies": {"withReplies": True},
    "files": {"withFiles": True},
}


@pytest.mark.parametrize("name", sorted(FILTERED))
def test_a_filter_is_a_link_that_stays_on_the_way_down(
    alice: Browser, sandbox: Sandbox, name: str
) -> None:
    words = {
        "no-renotes": "Without renotes",
        "replies": "With replies to others",
        "files": "Only with files",
    }[name]
    page = alice.get("/timelines/local")
    sandbox.clear_calls()
    page = alice.get(str(link(page, words)))
    assert sent(sandbox, "notes/local-timeline") == [{"limit": 20, **FILTERED[name]}]
    older = link(page, "Older notes")
    assert older is None or f"{name}=1" in older
    assert link(page, words) is None, "its link switches it off now"


def test_a_server_before_2023_is_offered_only_what_it_understands(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    set_endpoints(app, sandbox, without="i/notifications-grouped")
    local = alice.get("/timelines/local?no-renotes=1&replies=1")
    assert link(local, "Without renotes") is None
    assert link(local, "With replies to others") is None
    assert link(local, "Only with files")
    assert sent(sandbox, "notes/local-timeline") == [{"limit": 20}]
    assert link(alice.get("/"), "Without renotes") == "/?no-renotes=1"


@pytest.mark.parametrize("query", ["no-renotes=0", "no-renotes=", "withRenotes=1", "files=true"])
def test_junk_filters_change_nothing(alice: Browser, sandbox: Sandbox, query: str) -> None:
    assert alice.get(f"/?{query}").status == 200
    assert sent(sandbox, "notes/timeline") == [{"limit": 20}]


def test_the_tabs_say_where_one_is(alice: Browser) -> None:
    page = alice.get("/timelines/social")
    here = [a for a in page.all("a", aria_current="page") if a.get("href") == "/timelines/social"]
    assert len(here) == 1
    for path in ("/", "/timelines/local", "/timelines/global"):
        assert path in page.links()


def test_what_the_server_lacks_is_not_offered_and_not_asked_for(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    set_endpoints(app, sandbox, without="notes/global-timeline")
    assert "/timelines/global" not in alice.get("/timelines/local").links()
    assert "/timelines/global" not in alice.get("/menu").links()
    sandbox.clear_calls()
    assert alice.get("/timelines/global").status == 404
    assert sandbox.calls == []


def test_what_our_app_may_not_read_is_not_offered(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    set_account(app, permissions=["read:account"])
    assert "/timelines/favourites" not in alice.get("/menu").links()
    sandbox.clear_calls()
    assert alice.get("/timelines/favourites").status == 404
    assert sandbox.calls == []


def test_what_the_roles_forbid_is_learnt_and_no_longer_offered(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    sandbox.world.settings.global_timeline = False
    page = alice.get("/timelines/global")
    assert page.status == 404
    assert "This timeline is switched off" in page.text
    assert "Global" in page.text
    assert "/timelines/global" not in alice.get("/").links()
    sandbox.clear_calls()
    assert alice.get("/timelines/global").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_list_of_things_leads_to_the_notes_of_each(
    alice: Browser, sandbox: Sandbox, kind: str
) -> None:
    index = alice.get(f"/{kind}")
    assert [call.endpoint for call in sandbox.calls] == [KINDS[kind].listed_by]
    paths = [path for path in index.links() if path.startswith(f"/{kind}/")]
    things = [path for path in paths if path != f"/{kind}/new"]
    assert things
    sandbox.clear_calls()
    pages = [alice.get(path) for path in things]
    assert {page.status for page in pages} == {200}
    assert any(page.note_ids() for page in pages)
    row = KINDS[kind]
    assert len(sandbox.calls) == 2 * len(things)
    for call in sandbox.calls_of(row.notes.endpoint):
        assert f"/{kind}/{call.body[row.key]}" in things


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_none_of_a_thing_is_said_so(alice: Browser, sandbox: Sandbox, kind: str) -> None:
    sandbox.misbehave(KINDS[kind].listed_by, "answer", body=[])
    assert "no" in alice.get(f"/{kind}").text
    assert str(KINDS[kind].none) in alice.get(f"/{kind}").text


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("thing_id", ["a-b", "x" * 65, "a b"])
def test_what_can_be_no_id_makes_no_call(
    alice: Browser, sandbox: Sandbox, kind: str, thing_id: str
) -> None:
    assert alice.get(f"/{kind}/{thing_id}").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_thing_there_is_not(alice: Browser, kind: str) -> None:
    assert alice.get(f"/{kind}/zzzz").status == 404


def test_another_persons_list_is_not_shown(alice: Browser, sandbox: Sandbox) -> None:
    made = next(iter(sandbox.world.lists.values()))
    made.user_id = sandbox.person("bob").id
    assert alice.get(f"/lists/{made.id}").status == 404


PATHS = ["/timelines/local", "/lists", "/lists/abc", "/tags/tea", "/menu"]


@pytest.mark.parametrize("path", PATHS)
def test_signed_out_nothing_is_asked(browser: Browser, sandbox: Sandbox, path: str) -> None:
    page = browser.get(path, follow=False)
    assert page.status == 303
    assert page.response.headers["Location"].startswith("/sign-in?")
    assert sandbox.calls == []


@pytest.mark.parametrize("path", PATHS)
def test_the_wrong_method(alice: Browser, sandbox: Sandbox, path: str) -> None:
    token = {"csrf_token": alice.get("/settings").forms()[0].fields["csrf_token"]}
    sandbox.clear_calls()
    assert alice.post(path, token).status == 405
    assert sandbox.calls == []


@pytest.mark.parametrize(("how", "status"), [("html", 502), ("http-500", 502), ("garbage", 502)])
@pytest.mark.parametrize("path", ["/timelines/local", "/lists"])
def test_a_server_that_fails_is_the_servers_failure(
    alice: Browser, sandbox: Sandbox, path: str, how: str, status: int
) -> None:
    endpoint = {"/timelines/local": "notes/local-timeline", "/lists": "users/lists/list"}[path]
    if how == "html":
        sandbox.misbehave(endpoint, "html")
    elif how == "http-500":
        sandbox.misbehave(endpoint, "answer", body={"error": {"code": "X"}}, status=500)
    else:
        sandbox.misbehave(endpoint, "answer", body={"a": 1})
    page = alice.get(path)
    assert page.status == status
    assert sandbox.host in page.text
