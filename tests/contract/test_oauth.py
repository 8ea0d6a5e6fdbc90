"""The sandbox's OAuth, held to what a real server answered (oauth.json): each step walked
again over https, with a client page of the test's own."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox import Sandbox
from tests.https import lay_out, parameters, secure_sandbox
from tests.unit.certificates import Certificates
from tests.unit.machines import Machine, Network, answering_once, http

from .truth import RECORDINGS

SERVER = "https://misskey.example"
REDIRECT = "https://engawa.example/sign-in/oauth/callback"
VERIFIER = "v" * 64
PAGE = (
    f'<link rel="redirect_uri" href="{REDIRECT}">'
    '<div class="h-app"><a class="u-url p-name" href="/">Engawa</a></div>'
)
ASKED = {
    "client_id": "https://engawa.example/",
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "scope": "read:account write:notes",
    "state": "st-2a1f8557adab5c03",
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode(),
    "code_challenge_method": "S256",
}


@pytest.fixture
def recorded() -> dict[str, Any]:
    """The recorded steps by their names."""
    steps = json.loads((RECORDINGS / "oauth.json").read_text())
    return {step["step"]: step for step in steps}


@pytest.fixture
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of this test's own."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """A network whose names the test decides on."""
    return Network(monkeypatch)


@pytest.fixture
def sandbox(certificates: Certificates, network: Network) -> Iterator[Sandbox]:
    """https://misskey.example, and a client's page at https://engawa.example/."""
    client = Machine(answering_once(http(PAGE.encode())), certificates.server("engawa.example"))
    with secure_sandbox(certificates) as sandbox:
        lay_out(network, sandbox, client)
        yield sandbox
    client.switch_off()


@pytest.fixture
def person(certificates: Certificates, sandbox: Sandbox) -> Iterator[requests.Session]:
    """Somebody's browser, signed in at the server as alice; follows nothing by itself."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(certificates.bundle)
        session.post(f"{SERVER}/sandbox-sign-in", {"username": "alice", "next": "/"})
        yield session


def authorize(person: requests.Session, **changes: str | None) -> requests.Response:
    """Open the consent page, with some parameters changed (None leaves one out)."""
    asked = {name: value for name, value in (ASKED | changes).items() if value is not None}
    return person.get(f"{SERVER}/oauth/authorize", params=asked, allow_redirects=False)


def decide(person: requests.Session, button: str) -> requests.Response:
    """Press one of its buttons."""
    found = re.search('name="transaction_id" value="([^"]+)"', authorize(person).text)
    assert found
    fields = {"transaction_id": found[1], button: button}
    return person.post(f"{SERVER}/oauth/decision", fields, allow_redirects=False)


def redeem(person: requests.Session, code: str, verifier: str = VERIFIER) -> requests.Response:
    """Ask for the token."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": ASKED["client_id"],
        "redirect_uri": REDIRECT,
        "code": code,
        "code_verifier": verifier,
    }
    return person.post(f"{SERVER}/oauth/token", fields)


def shape(value: Any) -> Any:
    """Values by their kinds; keys as they are."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


def held_to(step: dict[str, Any], answer: requests.Response) -> None:
    """Status, headers and body are as recorded; errors word for word."""
    assert answer.status_code == step["status"], answer.text
    for name, value in step["headers"].items():
        if name.lower() == "location":
            mine, theirs = answer.headers["Location"], value
            assert urlsplit(mine)._replace(query="") == urlsplit(theirs)._replace(query="")
            differ = {"code"}
            given, wanted = parameters(mine), parameters(theirs)
            assert list(given) == list(wanted)
            assert {n: v for n, v in given.items() if n not in differ} == {
                n: v for n, v in wanted.items() if n not in differ
            }
            assert len(given.get("code", "")) == len(wanted.get("code", ""))
        elif answer.status_code != 302:
            assert answer.headers[name].lower() == value.lower()
    body = step["response"]
    if isinstance(body, dict) and "meta" not in body:
        assert (answer.json() if "error" in body else shape(answer.json())) == (
            body if "error" in body else shape(body)
        )


def test_metadata(person: requests.Session, recorded: dict[str, Any]) -> None:
    answer = person.get(f"{SERVER}/.well-known/oauth-authorization-server")
    held_to(recorded["metadata"], answer)
    same = recorded["metadata"]["response"] | {"scopes_supported": None}
    assert answer.json() | {"scopes_supported": None} == same


def test_consent_and_token(
    person: requests.Session, sandbox: Sandbox, recorded: dict[str, Any]
) -> None:
    page = authorize(person)
    assert page.status_code == recorded["authorize"]["status"]
    assert page.headers["Cache-Control"] == recorded["authorize"]["headers"]["cache-control"]
    assert "“Engawa”" in page.text
    back = decide(person, "accept")
    held_to(recorded["decision (done by the consent page)"], back)
    code = parameters(back.headers["Location"])["code"]
    held_to(recorded["token, wrong verifier"], redeem(person, code, "w" * 64))
    given = redeem(person, code)
    held_to(recorded["token"], given)
    token = given.json()["access_token"]
    assert len(token) == 128
    assert given.json()["scope"] == ASKED["scope"]
    i = f"{SERVER}/api/i"
    assert person.post(i, json={"i": token}).json()["username"] == "alice"
    bearer = {"Authorization": f"Bearer {token}"}
    assert person.post(i, json={}, headers=bearer).json()["username"] == "alice"
    held_to(recorded["token, same code again"], redeem(person, code))
    revoked = recorded["i after the code was used twice (the token is revoked)"]
    held_to(revoked, person.post(i, json={"i": token}))


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        ("authorize without PKCE", {"code_challenge": None}),
        ("authorize, redirect_uri not listed", {"redirect_uri": "https://engawa.example/x"}),
        ("authorize, unknown scope only", {"scope": "read:nothing"}),
        ("authorize, client page unreachable", {"client_id": "https://nowhere.example/"}),
    ],
)
def test_refusals_of_the_consent_page(
    person: requests.Session, recorded: dict[str, Any], step: str, changes: dict[str, str]
) -> None:
    held_to(recorded[step], authorize(person, **changes))


def test_a_person_who_says_no(person: requests.Session, recorded: dict[str, Any]) -> None:
    held_to(recorded["decision, cancelled"], decide(person, "cancel"))


def test_a_code_nobody_gave(person: requests.Session, recorded: dict[str, Any]) -> None:
    held_to(recorded["token, unknown code"], redeem(person, "c" * 128))


@pytest.mark.parametrize(
    "client_id",
    ["http://engawa.example/", "https://127.0.0.1/", "https://engawa/", "", "https://a@b.example/"],
)
def test_a_client_is_an_https_page_out_on_the_network(
    person: requests.Session, client_id: str
) -> None:
    answer = authorize(person, client_id=client_id)
    assert answer.status_code == 400
    assert answer.json()["error_description"] == "client_id must be a valid HTTPS URL"


def test_a_client_in_a_private_network_is_not_read(
    person: requests.Session, network: Network
) -> None:
    network.names["engawa.example"] = ["10.0.0.5"]
    answer = authorize(person)
    assert answer.status_code == 400
    assert answer.json()["error_description"] == "client_id resolves to disallowed IP range."
