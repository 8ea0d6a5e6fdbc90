"""The attacks of `test_sign_in_attacks`, on sign-in by OAuth: two people, two browsers.

In every one of them nobody may be signed in, and no call may go out: a code is redeemed by
the browser that began the sign-in, or by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

import pytest
from flask import Flask

from sandbox import Sandbox
from tests import stored
from tests.https import SERVER, Doorstep, Traveller, lay_out, parameters, secure_sandbox
from tests.tabs import at_once
from tests.unit.certificates import Certificates
from tests.unit.machines import PUBLIC, Network
from tests.web.cast import acting_as, meanwhile

ALICE = "@alice@misskey.example"


@pytest.fixture
def app(engawa_example: Doorstep) -> Flask:
    """The installation at https://engawa.example."""
    return engawa_example.app


@pytest.fixture
def mallory(new_traveller: Callable[[], Traveller]) -> Traveller:
    """The browser of somebody who means ill. Her account is called bob."""
    return new_traveller()


@pytest.fixture
def victim(new_traveller: Callable[[], Traveller], secure: Sandbox) -> Traveller:
    """Alice's browser; she allowed Engawa before, and signed out."""
    traveller = new_traveller()
    traveller.sign_in("alice")
    traveller.get("/sign-out")
    traveller.submit("/sign-out")
    assert acting_as(traveller) is None
    secure.clear_calls()
    return traveller


def begun_by(traveller: Traveller, sandbox: Sandbox) -> str:
    """The consent page of a sign-in this browser began; the calls of it are forgotten."""
    url = traveller.begin()
    sandbox.clear_calls()
    return url


def another_tab(traveller: Traveller, certificates: Certificates) -> Traveller:
    """A tab beside it, with the same session."""
    tab = Traveller(traveller.app, traveller.sandbox, certificates)
    cookie = traveller.cookie()
    assert cookie
    tab.plant(cookie)
    return tab


def callback(**given: str) -> str:
    """The way back with these parameters."""
    return f"/sign-in/oauth/callback?{urlencode(given)}"


# Session fixation ---------------------------------------------------------


def test_consent_is_never_silent(mallory: Traveller, victim: Traveller, secure: Sandbox) -> None:
    """Alice allowed Engawa before, and is asked all the same."""
    url = begun_by(mallory, secure)
    assert "Would you like to authorize" in victim.visit(url).text
    assert "Would you like to authorize" in victim.visit(url).text


def test_a_lured_person_is_not_signed_in_by_somebody_elses_link(
    mallory: Traveller, victim: Traveller, app: Flask, secure: Sandbox
) -> None:
    back = victim.decide(begun_by(mallory, secure), "alice")
    page = victim.get(back, follow=False)
    assert page.status == 400
    assert "begun in another browser" in page.text
    assert secure.calls == []
    assert acting_as(victim) is None
    assert stored.rows(app, "pending_sign_ins") == []


def test_whoever_laid_the_lure_cannot_finish_it(
    mallory: Traveller, victim: Traveller, app: Flask, secure: Sandbox
) -> None:
    """Not even with Alice's code in hand."""
    back = victim.decide(begun_by(mallory, secure), "alice")
    victim.get(back)
    assert mallory.get(back).status == 400
    assert secure.calls == []
    assert acting_as(mallory) is None
    assert stored.rows(app, "browser_sign_ins") == []


def test_the_window_of_the_other_way_is_closed(
    mallory: Traveller, victim: Traveller, secure: Sandbox
) -> None:
    """Mallory is there between Alice's consent and Alice's arrival, and knows everything
    she can know: all but the code."""
    url = begun_by(mallory, secure)
    victim.decide(url, "alice")
    asked = parameters(url)
    page = mallory.get(callback(state=asked["state"], iss=SERVER, code=asked["code_challenge"]))
    assert page.status == 400
    assert [call.status for call in secure.calls_of("i")] == []
    assert acting_as(mallory) is None


def test_a_stolen_code_is_worth_nothing_in_another_sign_in(
    mallory: Traveller, victim: Traveller, secure: Sandbox
) -> None:
    """Code injection: the verifier of Mallory's own sign-in does not fit Alice's code."""
    stolen = parameters(victim.decide(begun_by(victim, secure), "alice"))["code"]
    own = parameters(begun_by(mallory, secure))["state"]
    page = mallory.get(callback(state=own, iss=SERVER, code=stolen))
    assert page.status == 400
    assert "did not accept this sign-in" in page.text
    assert acting_as(mallory) is None
    assert secure.calls_of("i") == []


def test_asking_the_callback_before_consent_kills_the_lure(
    mallory: Traveller, victim: Traveller, secure: Sandbox
) -> None:
    url = mallory.begin()
    assert mallory.get(callback(state=parameters(url)["state"], iss=SERVER)).status == 400
    back = victim.decide(url, "alice")
    secure.clear_calls()
    for traveller in (mallory, victim, mallory):
        assert traveller.get(back).status == 400
    assert secure.calls == []


def test_a_lure_cannot_be_hidden_by_many_sign_ins(
    mallory: Traveller, victim: Traveller, secure: Sandbox
) -> None:
    backs = [victim.decide(begun_by(mallory, secure), "alice") for _ in range(3)]
    for back in backs:
        assert victim.get(back).status == 400
    for back in backs:
        assert mallory.get(back).status == 400
    assert secure.calls == []


def test_the_lured_person_can_sign_in_on_their_own_afterwards(
    mallory: Traveller, victim: Traveller, secure: Sandbox
) -> None:
    page = victim.get(victim.decide(begun_by(mallory, secure), "alice"))
    assert "/sign-in?server=misskey.example" in page.links()
    victim.sign_in("alice")
    assert acting_as(victim) == ALICE
    assert acting_as(mallory) is None


# Login CSRF ---------------------------------------------------------------


def test_nobody_is_signed_in_to_somebody_elses_account(
    mallory: Traveller, victim: Traveller, app: Flask, secure: Sandbox
) -> None:
    back = mallory.decide(begun_by(mallory, secure), "bob")
    before = stored.rows(app, "accounts")
    assert victim.get(back).status == 400
    assert secure.calls == []
    assert acting_as(victim) is None
    assert stored.rows(app, "accounts") == before


def test_nobodys_account_is_switched_by_somebody_elses_callback(
    mallory: Traveller, traveller: Traveller, secure: Sandbox
) -> None:
    traveller.sign_in("alice")
    cookie = traveller.cookie()
    back = mallory.decide(begun_by(mallory, secure), "bob")
    assert traveller.get(back).status == 400
    assert secure.calls == []
    assert traveller.cookie() == cookie
    assert acting_as(traveller) == ALICE
    assert "bob" not in traveller.get("/accounts").text


def test_another_site_cannot_begin_a_sign_in(
    traveller: Traveller, app: Flask, secure: Sandbox
) -> None:
    known = traveller.get("/sign-in").form("/sign-in").fields["csrf_token"]
    before = stored.everything(app)
    fields = {"csrf_token": known, "server": "misskey.example"}
    assert traveller.post("/sign-in", fields, Origin="https://evil.example").status == 403
    assert traveller.post("/sign-in", {"server": "misskey.example"}).status == 400
    assert secure.calls == []
    assert stored.everything(app) == before


# One way's way back at the other ------------------------------------------


def test_a_state_is_no_token(traveller: Traveller, app: Flask, secure: Sandbox) -> None:
    url = begun_by(traveller, secure)
    assert traveller.get(f"/sign-in/callback?token={parameters(url)['state']}").status == 400
    assert stored.rows(app, "pending_sign_ins") == []
    back = traveller.decide(url)
    assert traveller.get(back).status == 400
    assert secure.calls == []


def test_a_token_is_no_state(traveller: Traveller, app: Flask, secure: Sandbox) -> None:
    secure.misbehave("/.well-known/oauth-authorization-server", "missing", times=1)
    token = begun_by(traveller, secure).rpartition("/")[2]
    secure.consent(token, "alice")
    assert traveller.get(callback(state=token, iss=SERVER, code="c")).status == 400
    assert traveller.get(f"/sign-in/callback?token={token}").status == 400
    assert secure.calls == []
    assert stored.rows(app, "pending_sign_ins") == []


def test_a_state_is_nothing_to_wait_for(traveller: Traveller, secure: Sandbox) -> None:
    begun_by(traveller, secure)
    for path in ("/sign-in/device?look=1", "/sign-in/allow"):
        assert traveller.get(path).path == "/sign-in"
    assert secure.calls == []


# Two servers --------------------------------------------------------------


def test_a_code_of_one_server_is_not_brought_to_another(
    traveller: Traveller,
    secure: Sandbox,
    engawa_example: Doorstep,
    certificates: Certificates,
    network: Network,
) -> None:
    """Mix-up (RFC 9207): a server of Mallory's sends Alice on to the honest one with the
    state begun at its own, and would be given the honest one's code."""
    with secure_sandbox(certificates, "evil.example") as evil:
        lay_out(network, secure, engawa_example)
        network.names["evil.example"] = ["93.184.216.66"]
        network.machines["93.184.216.66"] = evil
        traveller.get("/sign-in")
        page = traveller.submit("/sign-in", server="evil.example", follow=False)
        location = page.response.headers["Location"]
        assert location.startswith("https://evil.example/oauth/authorize?")
        back = traveller.decide(location.replace("https://evil.example", SERVER), "alice")
        evil.clear_calls()
        secure.clear_calls()
        page = traveller.get(back)
        assert page.status == 400
        assert "You began at evil.example" in page.text
        assert evil.calls == secure.calls == []
    assert network.machines[PUBLIC] is secure


def test_a_client_page_of_ours_sends_nobody_elsewhere(traveller: Traveller) -> None:
    """The server holds the way back to what our page names."""
    url = traveller.begin()
    elsewhere = url.replace("engawa.example%2Fsign-in%2Foauth%2Fcallback", "evil.example%2F")
    assert elsewhere != url
    answer = traveller.visit(elsewhere)
    assert answer.status_code == 400
    assert answer.json()["error_description"] == "Invalid redirect_uri"


# Our own session's id -----------------------------------------------------


def test_a_planted_session_is_worth_nothing_after_the_sign_in(
    mallory: Traveller, traveller: Traveller, secure: Sandbox
) -> None:
    mallory.get("/sign-in")
    planted = mallory.cookie()
    assert planted
    traveller.plant(planted)
    traveller.sign_in("alice")
    secure.clear_calls()
    assert traveller.cookie() != planted
    assert acting_as(mallory) is None
    assert secure.calls == []


def test_a_sign_in_begun_in_a_planted_session_is_lost_to_whoever_planted_it(
    mallory: Traveller, traveller: Traveller, secure: Sandbox
) -> None:
    url = mallory.begin()
    planted = mallory.cookie()
    assert planted
    traveller.plant(planted)
    traveller.sign_in("alice")
    back = mallory.decide(url, "bob")
    secure.clear_calls()
    assert mallory.get(back).status == 400
    assert acting_as(mallory) is None
    assert secure.calls == []


def test_forms_of_a_planted_session_are_refused_after_the_sign_in(
    mallory: Traveller, traveller: Traveller, app: Flask, secure: Sandbox
) -> None:
    known = mallory.get("/sign-in").form("/sign-in").fields["csrf_token"]
    planted = mallory.cookie()
    assert planted
    traveller.plant(planted)
    traveller.sign_in("alice")
    secure.clear_calls()
    before = stored.everything(app)
    assert traveller.post("/sign-out", {"csrf_token": known}).status == 400
    assert secure.calls == []
    assert stored.everything(app) == before


# Two callbacks at once ----------------------------------------------------


def test_of_two_callbacks_at_once_one_wins(
    traveller: Traveller, certificates: Certificates, app: Flask, secure: Sandbox
) -> None:
    """Were the code sent twice, the server would take back what it gave."""
    back = traveller.decide(begun_by(traveller, secure))
    secure.misbehave("/oauth/token", "slow", seconds=0.05)
    tabs = [another_tab(traveller, certificates) for _ in range(2)]
    pages = at_once(*[partial(tab.get, back, follow=False) for tab in tabs])
    assert sorted(page.status for page in pages) == [303, 400]
    assert [call.endpoint for call in secure.calls] == ["oauth/token", "i"]
    assert len(stored.rows(app, "browser_sign_ins")) == 1


def test_a_callback_that_comes_between_two_steps_of_another_takes_it_over(
    traveller: Traveller, certificates: Certificates, app: Flask, secure: Sandbox
) -> None:
    back = traveller.decide(begun_by(traveller, secure))
    rival = another_tab(traveller, certificates)
    taking = "DELETE FROM pending_sign_ins WHERE pending_sign_ins.token_hash"
    with meanwhile(app, taking, lambda: rival.get(back, follow=False)) as done:
        page = traveller.get(back, follow=False)
    assert [answer.status for answer in done] == [303]
    assert page.status == 400
    assert [call.endpoint for call in secure.calls] == ["oauth/token", "i"]


def test_a_race_between_the_two_people_signs_nobody_in_twice(
    mallory: Traveller, victim: Traveller, secure: Sandbox
) -> None:
    back = mallory.decide(begun_by(mallory, secure), "bob")
    pages = at_once(lambda: victim.get(back, follow=False), lambda: mallory.get(back, follow=False))
    assert pages[0].status == 400
    assert len(secure.calls) == (2 if pages[1].status == 303 else 0)
    assert acting_as(victim) is None


# What the answers tell ----------------------------------------------------


def test_an_answer_tells_little_of_somebody_elses_sign_in(
    mallory: Traveller, victim: Traveller, secure: Sandbox
) -> None:
    back = victim.decide(begun_by(victim, secure))
    unknown = mallory.get(callback(state="0" * 43, iss=SERVER, code="c"), follow=False)
    foreign = mallory.get(back, follow=False)
    again = mallory.get(back, follow=False)
    assert unknown.status == foreign.status == again.status == 400
    assert "Set-Cookie" not in foreign.response.headers
    assert "alice" not in foreign.html
    assert again.text == unknown.text
    assert secure.calls == []


def test_secrets_of_a_sign_in_are_in_no_log(
    traveller: Traveller, secure: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A failed one is logged, and names neither code nor state nor verifier nor token."""
    caplog.set_level("DEBUG")
    back = parameters(traveller.decide(traveller.begin()))
    caplog.clear()  # The lines of the person's own browser.
    secure.misbehave("/oauth/token", "answer", status=400, body={"error": "invalid_grant"})
    traveller.get(callback(**back))
    sent = secure.calls_of("oauth/token")[0].body
    ours = [record for record in caplog.records if record.name.startswith(("app", "urllib3"))]
    assert any("refused a code" in record.getMessage() for record in ours)
    for record in ours:
        for secret in (back["code"], back["state"], sent["code_verifier"]):
            assert secret not in record.getMessage()


def test_callbacks_are_limited(traveller: Traveller, secure: Sandbox) -> None:
    statuses = [traveller.get(callback(state=f"guess{number}")).status for number in range(61)]
    assert statuses == [400] * 60 + [429]
    assert secure.calls == []
