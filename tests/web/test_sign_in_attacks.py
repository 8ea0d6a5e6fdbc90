"""Two people, two browsers: the attacks that `app.sign_in` describes, walked.

In every one of them nobody may be signed in, and no call may go out: the app's session is
exchanged by whoever began it, or by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.house import emptied
from tests.tabs import another_tab, at_once
from tests.web.cast import acting_as, callback, meanwhile


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


@pytest.fixture
def mallory(new_browser: Callable[[], Browser]) -> Browser:
    """The browser of somebody who means ill. Her account is called bob."""
    return new_browser()


@pytest.fixture
def victim(new_browser: Callable[[], Browser], sandbox: Sandbox) -> Browser:
    """Alice's browser; she allowed Engawa before, so her server does not ask her again."""
    browser = new_browser()
    browser.sign_in("alice")
    browser.get("/sign-out")
    browser.submit("/sign-out")
    assert acting_as(browser) is None
    sandbox.clear_calls()
    return browser


def begun_by(browser: Browser, sandbox: Sandbox) -> str:
    """The token of a sign-in this browser began; the calls of it are forgotten."""
    token = browser.begin_sign_in()
    sandbox.clear_calls()
    return token


# Session fixation ---------------------------------------------------------


def test_a_lured_person_is_not_signed_in_by_somebody_elses_link(
    mallory: Browser, victim: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = begun_by(mallory, sandbox)
    sandbox.consent(token, "alice")  # Silently: she allowed the app before.
    page = victim.get(callback(token), follow=False)
    assert page.status == 400
    assert "begun in another browser" in page.text
    assert sandbox.calls == []
    assert acting_as(victim) is None
    assert stored.rows(app, "pending_sign_ins") == []


def test_whoever_laid_the_lure_cannot_finish_it(
    mallory: Browser, victim: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = begun_by(mallory, sandbox)
    sandbox.consent(token, "alice")
    victim.get(callback(token))
    page = mallory.get(callback(token), follow=False)
    assert page.status == 400
    assert sandbox.calls == []
    assert acting_as(mallory) is None
    assert stored.rows(app, "browser_sign_ins") == []
    assert [row["credential"] for row in stored.rows(app, "accounts")] == [None]


def test_the_lured_person_can_sign_in_on_their_own_afterwards(
    mallory: Browser, victim: Browser, sandbox: Sandbox
) -> None:
    token = begun_by(mallory, sandbox)
    sandbox.consent(token, "alice")
    page = victim.get(callback(token))
    assert f"/sign-in?server={sandbox.host.replace(':', '%3A')}" in page.links()
    victim.sign_in("alice")
    assert acting_as(victim) == f"@alice@{sandbox.host}"
    assert acting_as(mallory) is None


def test_somebody_who_is_signed_in_stays_who_they_are(
    mallory: Browser, alice: Browser, sandbox: Sandbox
) -> None:
    token = begun_by(mallory, sandbox)
    sandbox.consent(token, "alice")
    cookie = alice.cookie()
    assert alice.get(callback(token)).status == 400
    assert sandbox.calls == []
    assert alice.cookie() == cookie
    assert acting_as(alice) == f"@alice@{sandbox.host}"


def test_asking_the_callback_before_consent_kills_the_lure(
    mallory: Browser, victim: Browser, sandbox: Sandbox
) -> None:
    """Mallory tries to be there the moment Alice consents."""
    token = mallory.begin_sign_in()
    assert mallory.get(callback(token)).status == 400
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    for _ in range(3):
        assert mallory.get(callback(token)).status == 400
    assert victim.get(callback(token)).status == 400
    assert sandbox.calls == []
    assert acting_as(mallory) is None
    assert acting_as(victim) is None


def test_a_lure_cannot_be_hidden_by_many_sign_ins(
    mallory: Browser, victim: Browser, sandbox: Sandbox
) -> None:
    """Each has a token of its own; Alice's arrival ends the one she was lured with."""
    tokens = [begun_by(mallory, sandbox) for _ in range(3)]
    for token in tokens:
        sandbox.consent(token, "alice")
        victim.get(callback(token))
    for token in tokens:
        assert mallory.get(callback(token)).status == 400
    assert sandbox.calls == []


# Login CSRF ---------------------------------------------------------------


def test_nobody_is_signed_in_to_somebody_elses_account(
    mallory: Browser, victim: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = begun_by(mallory, sandbox)
    sandbox.consent(token, "bob")  # As herself, at her own server's page.
    before = stored.rows(app, "accounts")
    assert victim.get(callback(token)).status == 400
    assert sandbox.calls == []
    assert acting_as(victim) is None
    assert stored.rows(app, "accounts") == before


def test_nobodys_account_is_switched_by_somebody_elses_callback(
    mallory: Browser, alice: Browser, sandbox: Sandbox
) -> None:
    token = begun_by(mallory, sandbox)
    sandbox.consent(token, "bob")
    alice.get(callback(token))
    assert sandbox.calls == []
    assert acting_as(alice) == f"@alice@{sandbox.host}"
    assert "bob" not in alice.get("/accounts").text


def test_another_site_cannot_begin_a_sign_in(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    known = alice.get("/sign-in").form("/sign-in").fields["csrf_token"]
    before = stored.everything(app)
    page = alice.post(
        "/sign-in",
        {"csrf_token": known, "server": sandbox.host},
        follow=False,
        Origin="https://evil.example",
    )
    assert page.status == 403
    assert sandbox.calls == []
    assert stored.everything(app) == before


# Our own session's id -----------------------------------------------------


def test_a_planted_session_is_worth_nothing_after_the_sign_in(
    mallory: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    mallory.get("/sign-in")
    planted = mallory.cookie()
    assert planted
    person = new_browser()
    person.client.set_cookie("engawa", planted)
    person.sign_in("alice")
    sandbox.clear_calls()
    assert person.cookie() != planted
    assert acting_as(mallory) is None
    assert sandbox.calls == []


def test_a_sign_in_begun_in_a_planted_session_is_lost_to_whoever_planted_it(
    mallory: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    """Mallory began a sign-in before she planted the session; she cannot finish it in what
    she still holds of it."""
    token = mallory.begin_sign_in()
    planted = mallory.cookie()
    assert planted
    person = new_browser()
    person.client.set_cookie("engawa", planted)
    person.sign_in("alice")
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    assert mallory.get(callback(token)).status == 400
    assert acting_as(mallory) is None
    assert sandbox.calls == []


def test_forms_of_a_planted_session_are_refused_after_the_sign_in(
    mallory: Browser, new_browser: Callable[[], Browser], app: Flask, sandbox: Sandbox
) -> None:
    known = mallory.get("/sign-in").form("/sign-in").fields["csrf_token"]
    planted = mallory.cookie()
    assert planted
    person = new_browser()
    person.client.set_cookie("engawa", planted)
    person.sign_in("alice")
    sandbox.clear_calls()
    before = stored.everything(app)
    # An old browser, that sends no Origin.
    response = person.client.post("/sign-out", data={"csrf_token": known})
    assert response.status_code == 400
    assert sandbox.calls == []
    assert stored.everything(app) == before


def test_an_invented_session_id_is_not_taken_over(
    new_browser: Callable[[], Browser], app: Flask
) -> None:
    person = new_browser()
    person.client.set_cookie("engawa", "an-id-that-was-never-given-out")
    person.get("/sign-in")
    assert person.cookie() != "an-id-that-was-never-given-out"
    person.sign_in("alice")
    thief = new_browser()
    thief.client.set_cookie("engawa", "an-id-that-was-never-given-out")
    assert acting_as(thief) is None
    assert len(stored.rows(app, "browser_sign_ins")) == 1


@pytest.mark.parametrize("cookie", ["", "a" * 4000, "../../etc/passwd", "' OR 1=1 --", "\x01"])
def test_a_junk_session_cookie_is_as_good_as_none(
    browser: Browser, sandbox: Sandbox, cookie: str
) -> None:
    browser.client.set_cookie("engawa", cookie)
    assert browser.get("/").status == 200
    assert acting_as(browser) is None
    assert sandbox.calls == []


@pytest.mark.small
def test_what_is_no_session_in_the_store_is_none(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    """Neither junk nor a pickle is read, whoever wrote it there."""
    for data in (b"junk", b"\x93\x01\x02\x03", b"cposix\nsystem\n(S'true'\ntR."):
        stored.execute(app, "UPDATE sessions SET data = ?", data)
        assert acting_as(alice) is None
    assert sandbox.calls == []


# Two callbacks at once ----------------------------------------------------


def test_of_two_callbacks_at_once_one_wins(
    new_browser: Callable[[], Browser], app: Flask, sandbox: Sandbox
) -> None:
    for number in range(1, 4):
        browser = new_browser()
        token = browser.begin_sign_in()
        sandbox.consent(token, "alice")
        sandbox.clear_calls()
        sandbox.latency = 0.05
        tabs = [another_tab(browser) for _ in range(2)]
        pages = at_once(*[partial(tab.get, callback(token), follow=False) for tab in tabs])
        sandbox.latency = 0
        assert sorted(page.status for page in pages) == [303, 400]
        assert [call.endpoint for call in sandbox.calls] == ["auth/session/userkey"]
        assert len(stored.rows(app, "browser_sign_ins")) == number


def test_a_callback_that_comes_between_two_steps_of_another_takes_it_over(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    """At the worst moment: the first has read the pending sign-in, and not yet taken it."""
    token = browser.begin_sign_in()
    sandbox.consent(token, "alice")
    sandbox.clear_calls()
    rival = another_tab(browser)
    taking = "DELETE FROM pending_sign_ins WHERE pending_sign_ins.token_hash"
    with meanwhile(app, taking, lambda: rival.get(callback(token), follow=False)) as done:
        page = browser.get(callback(token), follow=False)
    assert [answer.status for answer in done] == [303]
    assert page.status == 400
    assert [call.endpoint for call in sandbox.calls] == ["auth/session/userkey"]


def test_a_race_between_the_two_people_signs_nobody_in_twice(
    mallory: Browser, victim: Browser, app: Flask, sandbox: Sandbox
) -> None:
    """Whoever of the two comes first, the server is asked at most once, and Alice's browser
    is never signed in by it."""
    token = begun_by(mallory, sandbox)
    sandbox.consent(token, "bob")
    pages = at_once(
        lambda: victim.get(callback(token), follow=False),
        lambda: mallory.get(callback(token), follow=False),
    )
    assert pages[0].status == 400
    assert len(sandbox.calls) == (1 if pages[1].status == 303 else 0)
    assert acting_as(victim) is None


# The pages that wait ------------------------------------------------------


def wait_for_device(browser: Browser, sandbox: Sandbox) -> str:
    """Begin a sign-in on another device; its token."""
    browser.get("/sign-in")
    page = browser.submit("/sign-in/device", server=sandbox.host)
    address = next(link for link in page.links() if link.startswith(f"{sandbox.url}/auth/"))
    sandbox.clear_calls()
    return address.rpartition("/")[2]


def test_somebody_elses_waiting_page_is_not_shown(
    mallory: Browser, victim: Browser, app: Flask, sandbox: Sandbox
) -> None:
    wait_for_device(victim, sandbox)
    before = stored.rows(app, "pending_sign_ins")
    for path in ("/sign-in/device", "/sign-in/device?look=1", "/sign-in/allow"):
        assert mallory.get(path).path == "/sign-in"
    mallory.get("/language")
    assert mallory.page is not None
    known = mallory.page.form("/language").fields["csrf_token"]
    assert mallory.post("/sign-in/allow", {"csrf_token": known}).status == 400
    mallory.post("/sign-in/cancel", {"csrf_token": known})
    assert sandbox.calls == []
    assert stored.rows(app, "pending_sign_ins") == before


def test_a_device_sign_in_cannot_be_finished_at_the_callback(
    mallory: Browser, victim: Browser, app: Flask, sandbox: Sandbox
) -> None:
    for finisher in (mallory, victim):
        token = wait_for_device(victim, sandbox)
        sandbox.consent(token, "alice")
        assert finisher.get(callback(token)).status == 400
        assert sandbox.calls == []
        assert acting_as(finisher) is None
        assert stored.rows(app, "pending_sign_ins") == []


def test_a_lured_consent_for_a_device_is_never_silent(
    mallory: Browser, victim: Browser, sandbox: Sandbox
) -> None:
    """The app is new each time, so the consent page asks, and shows the code."""
    token = wait_for_device(mallory, sandbox)
    session = sandbox.world.apps.session(token)
    assert session is not None
    assert not sandbox.world.apps.is_allowed(session.app, sandbox.person("alice"))
    first = session.app
    again = sandbox.world.apps.session(wait_for_device(mallory, sandbox))
    assert again is not None
    assert again.app is not first
    assert again.app.name != first.name


def test_of_two_looks_at_once_one_signs_in(victim: Browser, app: Flask, sandbox: Sandbox) -> None:
    token = wait_for_device(victim, sandbox)
    sandbox.consent(token, "alice")
    sandbox.latency = 0.05
    tabs = [another_tab(victim) for _ in range(2)]
    pages = at_once(*[partial(tab.get, "/sign-in/device?look=1", follow=False) for tab in tabs])
    sandbox.latency = 0
    assert sorted(page.status for page in pages) == [303, 400]
    assert [call.status for call in sandbox.calls_of("auth/session/userkey")] == [200, 400]
    assert len(stored.rows(app, "browser_sign_ins")) == 1


# What the answers tell ----------------------------------------------------


def test_an_answer_tells_little_of_somebody_elses_sign_in(
    mallory: Browser, victim: Browser, sandbox: Sandbox
) -> None:
    """Whoever brings another browser's token learns that it was one, and the server's name:
    less than they know already, for the token comes from there. It costs them the sign-in,
    and the second answer is that of any token."""
    victim.sign_in("alice")
    token = begun_by(victim, sandbox)
    unknown = mallory.get(callback("0" * len(token)), follow=False)
    foreign = mallory.get(callback(token), follow=False)
    again = mallory.get(callback(token), follow=False)
    assert unknown.status == foreign.status == again.status == 400
    assert dict(unknown.response.headers).keys() == dict(foreign.response.headers).keys()
    assert "Set-Cookie" not in foreign.response.headers
    assert "alice" not in foreign.html
    assert token not in foreign.html
    assert again.html == unknown.html
    assert sandbox.calls == []
