"""`/settings/decorations`: what stands around the account's picture, here and on profiles."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Account, Server
from sandbox import Sandbox
from sandbox.records import Decoration
from tests.browsing import Browser
from tests.house import emptied, let_in

PATH = "/settings/decorations"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, whose server has a hat and a scarf."""
    for id, name in (("hat", "A hat"), ("scarf", "マフラー")):
        made = Decoration(id, name, f"Warm: {name}", f"{sandbox.url}/files/{id}.png")
        sandbox.world.decorations[id] = made
    return let_in(browser, "alice")


def worn(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What alice wears, as her server keeps it."""
    kept: list[dict[str, Any]] = sandbox.person("alice").chosen.get("avatarDecorations", [])
    return kept


def wear(sandbox: Sandbox, id: str = "hat", **placed: Any) -> None:
    """Let alice wear one."""
    sandbox.person("alice").chosen["avatarDecorations"] = [{"id": id, **placed}]


def test_one_is_put_on_placed_and_taken_off(alice: Browser, sandbox: Sandbox) -> None:
    assert PATH in alice.get("/settings/pictures/avatar").links()
    assert PATH not in alice.get("/settings/pictures/banner").links()
    alice.get(PATH)
    page = alice.press(PATH, "put hat")
    assert "Saved at" in page.text
    assert worn(sandbox) == [{"id": "hat", "angle": 0, "flipH": False, "offsetX": 0, "offsetY": 0}]
    alice.press(PATH, **{"turn-hat": "-90", "x-hat": "12.5", "y-hat": "-25", "flip-hat": "1"})
    placed = {"id": "hat", "angle": -0.25, "flipH": True, "offsetX": 0.125, "offsetY": -0.25}
    assert worn(sandbox) == [placed]
    fields = alice.get(PATH).form(PATH).fields
    assert (fields["turn-hat"], fields["x-hat"], fields["y-hat"]) == ("-90", "12.5", "-25")
    assert fields["flip-hat"] == "1"
    first = alice.get(PATH).form(PATH).buttons[0]
    assert "value" not in first, "Enter in a field saves"
    alice.press(PATH, off="hat")
    assert worn(sandbox) == []


def test_the_page_is_two_calls(alice: Browser, sandbox: Sandbox) -> None:
    alice.get(PATH)
    assert [call.endpoint for call in sandbox.calls] == ["i", "get-avatar-decorations"]


def test_they_are_drawn_on_the_profile(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get("/@alice").all(f"{SVG}svg", class_="decorations") == []
    wear(sandbox, angle=0.25, flipH=True, offsetX=0.1, offsetY=-0.1)
    for path in ("/@alice", PATH):
        (drawing,) = alice.get(path).all(f"{SVG}svg", class_="decorations")
        (picture,) = list(drawing)
        assert picture.get("href") == f"{sandbox.url}/files/hat.png"
        placed = "translate(20 -20) rotate(90 100 100) matrix(-1 0 0 1 200 0)"
        assert picture.get("transform") == placed


@pytest.mark.parametrize(
    "junk",
    [
        7,
        None,
        {},
        {"id": 7},
        {"id": "x", "url": "javascript:alert(1)"},
        {"id": "x", "angle": "nan"},
    ],
)
def test_odd_decorations_take_nothing_away(alice: Browser, sandbox: Sandbox, junk: Any) -> None:
    good = {"id": "hat", "url": "https://far.example/hat.png"}
    sandbox.misbehave("users/show", "patch", values={"avatarDecorations": [junk, good]})
    page = alice.get("/@alice")
    assert page.status == 200
    assert [one.get("href") for one in page.all(f"{SVG}image")] == [good["url"]]


def test_those_for_a_role_are_for_that_role(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.decorations["hat"].roles = ["keepers"]
    values = [button.get("value") for button in alice.get(PATH).form(PATH).buttons]
    assert "put scarf" in values
    assert "put hat" not in values


def test_many_are_looked_through_by_words_and_pages(alice: Browser, sandbox: Sandbox) -> None:
    for number in range(60):
        id, url = f"b{number:02}", f"{sandbox.url}/files/b.png"
        sandbox.world.decorations[id] = Decoration(id, f"Bean {number}", "", url)
    page = alice.get(PATH)
    assert len(gzip.compress(page.html.encode(), 6)) <= 20_000
    assert f"{PATH}?from=24" in page.links()
    assert "Bean 40" in alice.get(f"{PATH}?from=24").text
    page = alice.get(f"{PATH}?q=bean 41")
    assert [b["value"] for b in page.form(PATH).buttons if "put" in b.get("value", "")] == [
        "put b41"
    ]
    assert "Nothing was found." in alice.get(f"{PATH}?q=zebra").text
    assert alice.get(f"{PATH}?from=x").status == 200


@pytest.mark.parametrize(
    ("field", "typed"),
    [("turn-hat", "181"), ("turn-hat", "x"), ("x-hat", "26"), ("y-hat", "nan"), ("y-hat", "-1e9")],
)
def test_what_is_no_place_comes_back(
    alice: Browser, sandbox: Sandbox, field: str, typed: str
) -> None:
    wear(sandbox)
    alice.get(PATH)
    page = alice.press(PATH, **{field: typed})
    assert page.status == 400
    assert "Write a number from" in page.text
    assert page.form(PATH).fields[field] == typed
    assert page.one("input", name=field).get("aria-invalid") == "true"
    assert worn(sandbox) == [{"id": "hat"}]


def test_more_than_the_role_allows_is_a_sentence(alice: Browser, sandbox: Sandbox) -> None:
    wear(sandbox)
    alice.get(PATH)
    page = alice.press(PATH, "put scarf", **{"turn-hat": "30"})
    assert "does not let this account wear so many" in page.text
    assert page.form(PATH).fields["turn-hat"] == "30"
    assert worn(sandbox) == [{"id": "hat"}]


def test_what_is_no_id_is_not_sent(alice: Browser, sandbox: Sandbox) -> None:
    fields = alice.get(PATH).form(PATH).fields
    alice.post(PATH, {**fields, "worn": ["a.b", ""], "do": "put ../x"})
    (call,) = [call for call in sandbox.calls if call.endpoint == "i/update"]
    assert call.body["avatarDecorations"] == []


@pytest.mark.parametrize("answer", ["internal-error", "rate-limited", "down"])
def test_what_was_typed_outlives_a_server_that_fails(
    alice: Browser, sandbox: Sandbox, answer: str
) -> None:
    wear(sandbox)
    alice.get(PATH)
    # All of it fails, not only this.
    sandbox.misbehave("*", answer)
    page = alice.press(PATH, **{"turn-hat": "30"})
    assert page.status in (429, 502, 504)
    assert page.form(PATH).fields["turn-hat"] == "30"


@pytest.mark.parametrize("answer", ["internal-error", "html", "empty", "garbage", "down"])
@pytest.mark.parametrize("endpoint", ["i", "get-avatar-decorations"])
def test_a_server_that_fails_gets_its_page(
    alice: Browser, sandbox: Sandbox, endpoint: str, answer: str
) -> None:
    sandbox.misbehave(endpoint, answer)
    assert alice.get(PATH).status in (502, 504)


def test_it_wants_our_token_and_the_account(alice: Browser, sandbox: Sandbox) -> None:
    fields = alice.get(PATH).form(PATH).fields
    sandbox.clear_calls()
    assert alice.post(PATH, {**fields, "csrf_token": ""}).status == 400
    other = alice.post(PATH, {**fields, "account": "0" * 32}, follow=False)
    assert other.response.headers["Location"] == "/accounts"
    assert sandbox.calls == []


def test_what_the_server_lacks_is_not_offered(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [n for n in server.endpoints if n != "get-avatar-decorations"]
        db.session.commit()
    assert PATH not in alice.get("/settings/pictures/avatar").links()
    sandbox.clear_calls()
    assert alice.get(PATH).status == 404
    assert sandbox.calls == []


def test_what_our_app_may_not_write_is_not_there(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    with app.app_context():
        db.session.query(Account).one().permissions = ["read:account"]
        db.session.commit()
    assert alice.get(PATH).status == 404
    assert sandbox.calls == []


def test_signed_out_it_leads_to_the_sign_in(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.get(PATH, follow=False)
    assert page.response.headers["Location"].startswith("/sign-in?next=")
    assert sandbox.calls == []


def test_it_is_there_in_japanese(alice: Browser, sandbox: Sandbox) -> None:
    wear(sandbox)
    alice.headers["Accept-Language"] = "ja"
    page = alice.get(PATH)
    assert page.status == 200
    assert "右へ動かす" in page.text
