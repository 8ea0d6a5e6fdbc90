"""`/activity`: charts of one's own activity."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
import requests
from flask import Flask

from app.charts import KINDS, OF_ANOTHER, OF_SERVER, POINTS, Kind
from app.extensions import db
from app.models import Server
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def numbers(page: Page) -> list[list[int]]:
    """The table's numbers, row by row."""
    rows = page.one("tbody").iter("tr")
    return [
        [int("".join(cell.itertext()).replace(",", "")) for cell in row.iter("td")] for row in rows
    ]


@pytest.mark.parametrize("by", ["", "?by=hour"])
@pytest.mark.parametrize("name", list(KINDS))
def test_each_chart_is_one_call(alice: Browser, sandbox: Sandbox, name: str, by: str) -> None:
    page = alice.get(f"/activity/{name}{by}")
    assert page.status == 200
    (call,) = sandbox.calls
    assert call.endpoint == KINDS[name].endpoint
    assert call.body["span"] == ("hour" if by else "day")
    assert call.body["userId"] == sandbox.person("alice").id
    assert len(numbers(page)) == POINTS
    assert len(gzip.compress(page.html.encode())) < 20_000
    assert 'style="' not in page.html


@pytest.mark.parametrize("by", ["", "?by=hour"])
@pytest.mark.parametrize("name", list(OF_SERVER))
def test_the_server_has_charts_too(alice: Browser, sandbox: Sandbox, name: str, by: str) -> None:
    page = alice.get(f"/server/charts/{name}{by}")
    assert page.status == 200
    (call,) = sandbox.calls
    assert call.endpoint == OF_SERVER[name].endpoint
    assert "userId" not in call.body
    assert len(numbers(page)) == POINTS
    assert len(gzip.compress(page.html.encode())) < 20_000
    assert "/server" in page.links()


@pytest.mark.parametrize("kind", [*KINDS.values(), *OF_SERVER.values(), OF_ANOTHER])
def test_every_series_is_in_the_answer(sandbox: Sandbox, kind: Kind) -> None:
    """A place that is misspelt would count as nought for ever."""
    whose = {"host": "far.example"} if kind is OF_ANOTHER else {}
    if kind in KINDS.values():
        whose = {"userId": sandbox.person("alice").id}
    asked = {"span": "day", "limit": POINTS, **whose}
    answer = requests.post(f"{sandbox.url}/api/{kind.endpoint}", json=asked, timeout=10).json()
    for _label, places in kind.series:
        for place in places:
            found: Any = answer
            for key in place.split("."):
                found = found[key]
            assert len(found) == POINTS


def test_another_server_has_one(alice: Browser, sandbox: Sandbox) -> None:
    counts = {"received": [4, 1], "succeeded": [2], "failed": [0, 7]}
    sandbox.misbehave("charts/instance", "answer", body={"requests": counts})
    page = alice.get("/servers/far.example/charts?by=hour")
    assert numbers(page)[:3] == [[4, 2, 0], [1, 0, 7], [0, 0, 0]]
    (call,) = sandbox.calls
    assert call.body["host"] == "far.example"
    assert "/servers/far.example" in page.links()


def test_no_address_is_no_server(alice: Browser, sandbox: Sandbox) -> None:
    assert alice.get("/servers/a%20b/charts").status == 404
    assert sandbox.calls == []


def test_the_numbers_are_those_of_the_server(alice: Browser, sandbox: Sandbox) -> None:
    diffs = {"normal": [3, 0, 5], "reply": [0, 1, 2], "renote": [1] * 40}
    sandbox.misbehave("charts/user/notes", "answer", body={"diffs": diffs})
    page = alice.get("/activity")
    rows = numbers(page)
    assert rows[:4] == [[3, 0, 1], [0, 1, 1], [5, 2, 1], [0, 0, 1]]
    bars = list(page.one(f"{SVG}svg", class_="chart").iter(f"{SVG}rect"))
    assert len(bars) == 30 + 2 + 2
    assert "At most 8 at once." in page.text
    # Time runs to the right: the tallest bar is that of two days ago.
    tallest = max(bars, key=lambda bar: float(bar.get("height", "0")))
    assert float(tallest.get("x", "0")) > 500


@pytest.mark.parametrize(
    "body",
    [{}, {"diffs": None}, {"diffs": {"normal": "x", "reply": [None, "y", -5, 1e300, True]}}],
)
def test_odd_answers_count_as_nothing(alice: Browser, sandbox: Sandbox, body: Any) -> None:
    sandbox.misbehave("charts/user/notes", "answer", body=body)
    page = alice.get("/activity")
    assert page.status == 200
    assert page.root is not None


@pytest.mark.parametrize("how", ["error", "html", "garbage", "lost", "rate-limited"])
def test_a_server_that_fails_is_explained(alice: Browser, sandbox: Sandbox, how: str) -> None:
    sandbox.misbehave("charts/user/notes", how)
    assert alice.get("/activity").status in (429, 502, 504)


def test_what_the_server_lacks_is_not_offered(alice: Browser, sandbox: Sandbox, app: Flask) -> None:
    with app.app_context():
        server = db.session.query(Server).one()
        server.endpoints = [name for name in server.endpoints if name != "charts/user/pv"]
        db.session.commit()
    assert "/activity/views" not in alice.get("/activity").links()
    sandbox.clear_calls()
    assert alice.get("/activity/views").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("by", ["", "week", "day'--", "あ"])
def test_a_span_that_is_none_is_the_day(alice: Browser, sandbox: Sandbox, by: str) -> None:
    alice.get(f"/activity?by={by}")
    assert sandbox.calls[0].body["span"] == "day"


def test_signed_out_one_is_asked_to_sign_in(browser: Browser, sandbox: Sandbox) -> None:
    location = browser.get("/activity", follow=False).response.headers["Location"]
    assert location.startswith("/sign-in?next=")
    assert sandbox.calls == []


def test_there_is_nothing_to_send(alice: Browser, sandbox: Sandbox) -> None:
    token = alice.get("/language").form("/language").fields["csrf_token"]
    assert alice.post("/activity", {"csrf_token": token}).status == 405
    assert alice.get("/activity/none").status == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("age", ["v11", "v12"])
def test_older_servers_count_too(app: Flask, age: str) -> None:
    with Sandbox(age=age) as old:
        browser = Browser(app, old)
        browser.sign_in("alice")
        for name in ("notes", "follows", "reactions"):
            assert browser.get(f"/activity/{name}").status == 200
        assert browser.get("/activity/views").status == 404
        assert browser.get("/server/charts").status == 200
        # What v11 calls so is something else.
        assert (browser.get("/server/charts/active").status == 200) == (age == "v12")
