"""Misskey's side of the sign-in: who a server says it is, an app there, a session, and
consent turned into a credential."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.misskey import Client, Secret, ServerAddress, Transport, User
from app.misskey.errors import (
    AddressForbidden,
    AnswerLost,
    AnswerUnusable,
    ApiError,
    CredentialRefused,
    EndpointMissing,
    MisskeyError,
    NotThere,
    RateLimited,
    ServerFault,
    ServerUnreachable,
)
from app.misskey.permissions import OLDEST_PERMISSIONS, PERMISSIONS
from app.misskey.signin import (
    NEEDED_ENDPOINTS,
    NotMisskey,
    ask_server,
    credential,
    exchange,
    is_on,
    open_session,
    register_app,
    show_session,
)
from sandbox import Sandbox
from tests.unit.certificates import Certificates
from tests.unit.machines import Connection, Machine, Network, answering, http

ACCESS_TOKEN = "CdM2LqRTLr8swlDzmI8TLAcLz1UR8r0Y"
APP_SECRET = "05g8wH4Iiwh3J97uLItzAYk9ryMMXutQ"
CALLBACK = "https://engawa.example/sign-in/callback"


class Server(Machine):
    """A server that answers each endpoint as the test says, and 404 to all others.

    An answer is a body for 200, or a status and a body; several are given in turn.
    """

    def __init__(self, **machine: Any) -> None:
        self.answers: dict[str, list[Any]] = {}
        super().__init__(self._answer, **machine)

    def say(self, endpoint: str, *answers: Any) -> None:
        self.answers[endpoint] = list(answers)

    def is_misskey(self, uri: str) -> None:
        """Be a Misskey server that calls itself `uri`."""
        self.say("meta", {"uri": uri, "version": "2025.11.0", "name": "Test"})
        self.say("endpoints", sorted(NEEDED_ENDPOINTS))

    @property
    def called(self) -> list[str]:
        """The endpoints called, in order."""
        return [request.line.split()[1].removeprefix("/api/") for request in self.requests]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was sent to them."""
        return [json.loads(request.body) for request in self.requests]

    def _answer(self, connection: Connection) -> None:
        while connection.read_request() is not None:
            said = self.answers.get(self.called[-1], [("404", b"Not Found")])
            one = said.pop(0) if len(said) > 1 else said[0]
            status, body = one if isinstance(one, tuple) else ("200", one)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            more = {"Location": "https://moved.example/"} if status.startswith("3") else {}
            connection.send(http(data, f"{status} X", **more))


@pytest.fixture
def new_server() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(**machine: Any) -> Server:
        made.append(Server(**machine))
        return made[-1]

    yield make
    for server in made:
        server.switch_off()


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    """A Misskey server that calls itself what it is."""
    server = new_server()
    server.is_misskey(server.address.origin)
    return server


@pytest.fixture
def client(transport: Transport, server: Server) -> Client:
    return Client(transport, server.address)


@pytest.fixture
def at_sandbox(transport: Transport, sandbox: Sandbox) -> Client:
    """Nobody's client at the sandbox."""
    return Client(transport, ServerAddress(sandbox.host, is_loopback=True))


# Who is there -----------------------------------------------------------------------


def test_sandbox_says_what_it_is(at_sandbox: Client, sandbox: Sandbox) -> None:
    facts = ask_server(at_sandbox.transport, at_sandbox.address)
    assert facts.address == at_sandbox.address
    assert facts.meta.version.startswith("2025.")
    assert facts.endpoints >= NEEDED_ENDPOINTS
    assert [call.endpoint for call in sandbox.calls] == ["meta", "endpoints"]
    assert all("i" not in call.body for call in sandbox.calls)


@pytest.mark.parametrize("end", ["", "/"])
def test_server_that_calls_itself_what_was_typed_is_asked_once(
    transport: Transport, server: Server, end: str
) -> None:
    server.is_misskey(server.address.origin + end)
    assert ask_server(transport, server.address).address == server.address
    assert server.called == ["meta", "endpoints"]


def test_server_that_has_moved_is_followed_by_its_own_address(
    transport: Transport, server: Server, new_server: Callable[..., Server]
) -> None:
    apex = new_server()
    apex.is_misskey(server.address.origin)
    facts = ask_server(transport, apex.address)
    assert facts.address == server.address
    assert apex.called == ["meta"]
    assert server.called == ["meta", "endpoints"]


def test_server_is_followed_once_and_no_further(
    transport: Transport, server: Server, new_server: Callable[..., Server]
) -> None:
    first, second = new_server(), new_server()
    first.is_misskey(second.address.origin)
    second.is_misskey(server.address.origin)
    with pytest.raises(NotMisskey) as failed:
        ask_server(transport, first.address)
    assert (failed.value.step, failed.value.host) == ("uri", first.address.host)
    assert (first.called, second.called, server.connections) == (["meta"], ["meta"], 0)


def test_two_servers_that_name_each_other_are_refused(
    transport: Transport, new_server: Callable[..., Server]
) -> None:
    one, other = new_server(), new_server()
    one.is_misskey(other.address.origin)
    other.is_misskey(one.address.origin)
    with pytest.raises(NotMisskey):
        ask_server(transport, one.address)
    assert (one.called, other.called) == (["meta"], ["meta"])


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://misskey.example",
        "ftp://misskey.example",
        "javascript:alert(1)",
        "https://user:password@misskey.example",
        "https://misskey.example/path",
        "https://misskey.example?x",
        "https://10.0.0.1",
        "https://[fd00::1]",
        "https://misskey.example:0",
        "https://localhost.",
        "x" * 100_000,
    ],
)
def test_own_address_that_is_none_is_refused(
    transport: Transport, server: Server, uri: str
) -> None:
    server.is_misskey(uri)
    with pytest.raises(NotMisskey) as failed:
        ask_server(transport, server.address)
    assert failed.value.step == "uri"
    assert server.called == ["meta"]


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1"])
def test_own_address_that_is_a_name_of_a_private_place_is_not_connected_to(
    transport: Transport,
    network: Network,
    new_server: Callable[..., Server],
    trusted: Certificates,
    ip: str,
) -> None:
    network.machines["93.184.216.34"] = outside = new_server(tls=trusted.server())
    network.machines[ip] = inside = new_server()
    network.names |= {"misskey.example": ["93.184.216.34"], "inside.example": [ip]}
    outside.is_misskey("https://inside.example")
    with pytest.raises(AddressForbidden):
        ask_server(transport, ServerAddress("misskey.example"))
    assert (outside.called, inside.connections) == (["meta"], 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_server_out_on_the_network_does_not_send_us_to_our_own_machine(
    transport: Transport,
    network: Network,
    new_server: Callable[..., Server],
    trusted: Certificates,
    host: str,
) -> None:
    inside = new_server()
    inside.is_misskey(inside.address.origin)
    network.names |= {"misskey.example": ["93.184.216.34"], "localhost": ["127.0.0.1"]}
    network.machines["93.184.216.34"] = outside = new_server(tls=trusted.server())
    outside.is_misskey(f"http://{host}:{inside.port}")
    with pytest.raises(NotMisskey) as failed:
        ask_server(transport, ServerAddress("misskey.example"))
    assert failed.value.step == "uri"
    assert (outside.called, inside.connections) == (["meta"], 0)


NOT_MISSKEY: list[tuple[Any, type[MisskeyError]]] = [
    (("404", b"Not Found"), EndpointMissing),
    (("404", b"<html>"), EndpointMissing),
    ((b"<!DOCTYPE html>"), AnswerUnusable),
    ((b"Hello"), AnswerUnusable),
    ((b""), AnswerUnusable),
    ({}, AnswerUnusable),
    ([], AnswerUnusable),
    ({"uri": "https://misskey.example"}, AnswerUnusable),
    ({"uri": 5, "version": "1"}, AnswerUnusable),
    (("301", b""), AnswerUnusable),
    (("403", b"<html>Just a moment"), AnswerUnusable),
    (("401", {"error": "The access token is invalid"}), AnswerUnusable),
    (("405", b""), AnswerUnusable),
]


@pytest.mark.parametrize(("said", "cause"), NOT_MISSKEY)
def test_something_else_answers_for_meta(
    transport: Transport, server: Server, said: Any, cause: type[MisskeyError]
) -> None:
    server.say("meta", said)
    with pytest.raises(NotMisskey) as failed:
        ask_server(transport, server.address)
    assert (failed.value.step, type(failed.value.cause)) == ("meta", cause)
    assert failed.value.host == server.address.host
    assert server.called == ["meta"]


@pytest.mark.parametrize(("said", "cause"), [row for row in NOT_MISSKEY if row[0] != []])
def test_something_else_answers_for_endpoints(
    transport: Transport, server: Server, said: Any, cause: type[MisskeyError]
) -> None:
    server.say("endpoints", said)
    with pytest.raises(NotMisskey) as failed:
        ask_server(transport, server.address)
    assert (failed.value.step, type(failed.value.cause)) == ("endpoints", cause)


@pytest.mark.parametrize("missing", sorted(NEEDED_ENDPOINTS))
def test_server_that_lacks_what_we_need_is_refused(
    transport: Transport, server: Server, missing: str
) -> None:
    server.say("endpoints", [*sorted(NEEDED_ENDPOINTS - {missing}), "meta"])
    with pytest.raises(NotMisskey) as failed:
        ask_server(transport, server.address)
    assert (failed.value.step, failed.value.cause) == ("endpoints", None)


def test_where_a_redirect_leads_is_kept_for_telling(transport: Transport, server: Server) -> None:
    server.say("meta", ("308", b""))
    with pytest.raises(NotMisskey) as failed:
        ask_server(transport, server.address)
    assert isinstance(failed.value.cause, AnswerUnusable)
    assert failed.value.cause.location == "moved.example"


@pytest.mark.parametrize("endpoint", ["meta", "endpoints"])
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (("502", b"<html>"), ServerFault),
        (("429", b""), RateLimited),
    ],
)
def test_trouble_of_a_server_is_not_taken_for_something_else(
    transport: Transport, server: Server, endpoint: str, said: Any, kind: type[MisskeyError]
) -> None:
    server.say(endpoint, said)
    with pytest.raises(kind):
        ask_server(transport, server.address)


def test_where_nobody_answers_it_is_a_failed_call(
    transport: Transport, at_sandbox: Client, sandbox: Sandbox, network: Network
) -> None:
    sandbox.misbehave("meta", "down")
    with pytest.raises(AnswerLost):
        ask_server(transport, at_sandbox.address)
    with pytest.raises(ServerUnreachable):
        ask_server(transport, ServerAddress("nowhere.example"))


# An app ------------------------------------------------------------------------------


def register(client: Client, permissions: tuple[str, ...] = PERMISSIONS) -> Secret:
    registered = register_app(
        client,
        name="Engawa",
        description="A light client",
        callback=CALLBACK,
        permissions=permissions,
    )
    return Secret(registered.secret)


def test_app_is_registered_with_everything_it_needs(at_sandbox: Client, sandbox: Sandbox) -> None:
    secret = register(at_sandbox)
    [call] = sandbox.calls
    assert call.body == {
        "name": "Engawa",
        "description": "A light client",
        "callbackUrl": CALLBACK,
        "permission": list(PERMISSIONS),
    }
    assert len(secret.reveal()) == 32


def test_app_without_a_callback_sends_none(at_sandbox: Client, sandbox: Sandbox) -> None:
    register_app(at_sandbox, name="E", description="", callback=None, permissions=["read:account"])
    assert "callbackUrl" not in sandbox.calls[0].body


def test_strict_server_gets_the_shorter_list(at_sandbox: Client, sandbox: Sandbox) -> None:
    sandbox.misbehave("app/create", "strict permissions")
    secret = register(at_sandbox)
    asked = [call.body["permission"] for call in sandbox.calls]
    assert asked == [list(PERMISSIONS), list(OLDEST_PERMISSIONS)]
    # It is an app like any other.
    assert open_session(at_sandbox, secret).token


def test_shorter_list_asks_for_nothing_that_was_not_asked_for_before(
    at_sandbox: Client, sandbox: Sandbox
) -> None:
    sandbox.misbehave("app/create", "strict permissions")
    register(at_sandbox, ("read:account", "read:chat", "write:notes"))
    assert sandbox.calls[1].body["permission"] == ["read:account", "write:notes"]


REFUSED_APPS: dict[str, tuple[Any, type[MisskeyError]]] = {
    "limit": (("429", {"error": {"code": "RATE_LIMIT_EXCEEDED"}}), RateLimited),
    "fault": (("500", {"error": {"code": "INTERNAL_ERROR"}}), ServerFault),
    "another code": (("400", {"error": {"code": "ACCESS_DENIED"}}), ApiError),
    "credential": (("401", {"error": {"code": "CREDENTIAL_REQUIRED"}}), CredentialRefused),
    "page": ((b"<html>"), AnswerUnusable),
    "no secret": ({"id": "1"}, AnswerUnusable),
}


@pytest.mark.parametrize(("said", "kind"), REFUSED_APPS.values(), ids=REFUSED_APPS)
def test_other_refusals_are_not_answered_with_a_second_try(
    client: Client, server: Server, said: Any, kind: type[MisskeyError]
) -> None:
    server.say("app/create", said)
    with pytest.raises(kind):
        register(client)
    assert server.called == ["app/create"]


@pytest.mark.parametrize(
    ("permissions", "calls"), [(PERMISSIONS, 2), (OLDEST_PERMISSIONS, 1), (("read:account",), 1)]
)
def test_server_that_refuses_the_shorter_list_too_is_not_asked_again(
    client: Client, server: Server, permissions: tuple[str, ...], calls: int
) -> None:
    server.say("app/create", ("400", {"error": {"code": "INVALID_PARAM"}}))
    with pytest.raises(ApiError) as failed:
        register(client, permissions)
    assert failed.value.code == "INVALID_PARAM"
    assert len(server.called) == calls


def test_lists_of_permissions_hold_what_servers_require() -> None:
    for permissions in (PERMISSIONS, OLDEST_PERMISSIONS):
        # Repeated ones are refused; without read:account there is no streaming.
        assert len(set(permissions)) == len(permissions)
        assert "read:account" in permissions
        assert not any("admin" in name for name in permissions)
    assert set(OLDEST_PERMISSIONS) < set(PERMISSIONS)


# A session ---------------------------------------------------------------------------


def test_session_leads_to_the_servers_own_consent_page(
    at_sandbox: Client, sandbox: Sandbox
) -> None:
    opened = open_session(at_sandbox, register(at_sandbox))
    assert opened.url == f"{sandbox.url}/auth/{opened.token}"


def test_consent_page_of_another_origin_is_refused(at_sandbox: Client, sandbox: Sandbox) -> None:
    secret = register(at_sandbox)
    sandbox.misbehave("auth/session/generate", "wrong-origin")
    with pytest.raises(NotMisskey) as failed:
        open_session(at_sandbox, secret)
    assert (failed.value.step, failed.value.host) == ("consent", sandbox.host)
    assert "elsewhere" not in str(failed.value)


def test_forgotten_app_is_told(at_sandbox: Client, sandbox: Sandbox) -> None:
    secret = register(at_sandbox)
    sandbox.forget_app(secret.reveal())
    with pytest.raises(NotThere) as failed:
        open_session(at_sandbox, secret)
    assert failed.value.code == "NO_SUCH_APP"


MISSKEY = ServerAddress("misskey.example")


@pytest.mark.parametrize(
    "url",
    [
        "https://misskey.example/auth/6c62ccdf-b21a-4d3c-9d4e-7c5c4c5d7b1e",
        "https://misskey.example/",
        "https://misskey.example/auth/x?y=z#w",
        "https://misskey.example/@alice/%E7%B8%81",
    ],
)
def test_page_of_the_server_itself(url: str) -> None:
    assert is_on(MISSKEY, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/auth/x",
        "//misskey.example/auth/x",
        "https://misskey.example",
        "http://misskey.example/auth/x",
        "https://evil.example/auth/x",
        "https://misskey.example.evil.example/auth/x",
        "https://evil-misskey.example/auth/x",
        "https://misskey.example@evil.example/auth/x",
        "https://misskey.example:password@evil.example/",
        "https://user@misskey.example/auth/x",
        "https://misskey.example:8443/auth/x",
        "https://misskey.example:443/auth/x",
        "https://misskey.example\\@evil.example/auth/x",
        "https://misskey.example/\\evil.example",
        "https://misskey.example?.evil.example/",
        "https://misskey.example#.evil.example/",
        "https://misskey.example%2eevil.example/",
        "https:/misskey.example/auth/x",
        "https:misskey.example/auth/x",
        "https:///misskey.example/auth/x",
        "HTTPS://misskey.example/auth/x",
        "https://MISSKEY.example/auth/x",
        "https://misskey.example./auth/x",
        " https://misskey.example/auth/x",
        "https://misskey.example/auth/x\n",
        "https://misskey.example/auth/\r\nSet-Cookie: x=y",
        "https://misskey.example/auth/\tx",
        "https://misskey.example/auth/\x00",
        "https://misskey.example/auth/ x",
        "https://misskey.example/縁側",
        "https://misskey.example/\u202e",
        "https://mísskey.example/auth/x",
        "https://evil.example/https://misskey.example/",
        "https://evil.example/?https://misskey.example/",
        "https://[::1]/auth/x",
        "javascript:alert('https://misskey.example/')",
        "data:text/html,https://misskey.example/",
        "https://misskey.example/" + "x" * 2000,
    ],
)
def test_page_of_somebody_else(url: str) -> None:
    assert not is_on(MISSKEY, url)


def test_page_of_a_loopback_server_is_of_its_port_and_scheme() -> None:
    address = ServerAddress("127.0.0.1:3000", is_loopback=True)
    assert is_on(address, "http://127.0.0.1:3000/auth/x")
    for url in ("https://127.0.0.1:3000/x", "http://127.0.0.1:3001/x", "http://127.0.0.1/x"):
        assert not is_on(address, url)


def test_app_behind_a_session_is_shown(at_sandbox: Client) -> None:
    opened = open_session(at_sandbox, register(at_sandbox))
    shown = show_session(at_sandbox, opened.token)
    assert shown.callback_url == CALLBACK
    assert shown.permission == list(PERMISSIONS)


# Consent -----------------------------------------------------------------------------


def test_consent_becomes_the_credential_and_the_person(
    at_sandbox: Client, sandbox: Sandbox
) -> None:
    secret = register(at_sandbox)
    opened = open_session(at_sandbox, secret)
    with pytest.raises(ApiError) as failed:
        exchange(at_sandbox, secret, opened.token)
    assert failed.value.code == "PENDING_SESSION"
    sandbox.consent(opened.token, "alice")
    i, user = exchange(at_sandbox, secret, opened.token)
    assert user.username == "alice"
    me = Client(at_sandbox.transport, at_sandbox.address, i).call("i", into=User)
    assert me.id == user.id
    # The session is gone at the server afterwards.
    with pytest.raises(NotThere) as failed:
        exchange(at_sandbox, secret, opened.token)
    assert failed.value.code == "NO_SUCH_SESSION"


@pytest.mark.parametrize("body", [{}, {"accessToken": 5, "user": {}}, {"accessToken": "x"}, b"<"])
def test_exchange_that_gives_no_token_is_unusable(
    client: Client, server: Server, body: Any
) -> None:
    server.say("auth/session/userkey", body)
    with pytest.raises(AnswerUnusable) as failed:
        exchange(client, Secret(APP_SECRET), "token")
    assert APP_SECRET not in str(failed.value)


def test_credential_is_the_hash_every_version_accepts() -> None:
    """The worked example of a real server (FACTS A)."""
    i = credential(Secret(ACCESS_TOKEN), Secret(APP_SECRET))
    assert i.reveal() == "a0946bc2b4f5d54ce0e4cbfe6840d5670a4dc18198561911608b3bde832b785f"
    assert i.reveal() not in repr(i)


def test_nothing_is_sent_before_anybody_is_known_to_listen(transport: Transport) -> None:
    """A mistyped name costs nothing but a look-up."""
    machine = Machine(answering())
    machine.switch_off()
    with pytest.raises(ServerUnreachable):
        ask_server(transport, machine.address)
    assert machine.requests == []
