"""The one door out: what it connects to, how long it waits, how much it takes, and what
it says happened. Against real sockets; names and certificates are the tests' own."""

from __future__ import annotations

import gzip
import importlib.util
import ipaddress
import logging
import socket
import ssl
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.misskey import transport as transport_module
from app.misskey.address import ServerAddress
from app.misskey.errors import (
    AddressForbidden,
    AnswerLost,
    AnswerUnusable,
    MisskeyError,
    ServerBusy,
    ServerUnreachable,
)
from app.misskey.transport import Answer, Limits, Transport, is_public
from sandbox import Sandbox
from tests.unit.certificates import Certificates
from tests.unit.conftest import NewMachine, NewTransport
from tests.unit.machines import (
    PUBLIC,
    Behaviour,
    Connection,
    Machine,
    Network,
    answering,
    answering_once,
    at_most,
    http,
)

JSON = "application/json"
OTHER_PUBLIC = "203.0.114.9"
SERVER = ServerAddress("misskey.example")
GRACE = 0.5
"""How much later than its limit a call may end, in seconds."""


def post(transport: Transport, address: ServerAddress, body: bytes = b"{}") -> Answer:
    return transport.post(address, "meta", body, JSON)


# Which addresses ----------------------------------------------------------

NOT_PUBLIC = {
    "0.0.0.0": "unspecified",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "100.64.0.1": "carrier NAT",
    "100.100.100.200": "a cloud's metadata",
    "100.127.255.255": "carrier NAT",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.169.254": "link-local, a cloud's metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.1": "protocol assignments",
    "192.0.0.192": "a cloud's metadata",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.0.1": "private",
    "198.18.0.1": "benchmarks",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "IPv4-compatible loopback",
    "::8.8.8.8": "IPv4-compatible",
    "::ffff:127.0.0.1": "mapped loopback",
    "::ffff:10.0.0.1": "mapped private",
    "::ffff:169.254.169.254": "mapped link-local",
    "::ffff:0:7f00:1": "translated loopback",
    "64:ff9b::7f00:1": "NAT64 of loopback",
    "64:ff9b::808:808": "NAT64",
    "64:ff9b:1::a00:1": "local NAT64 of a private one",
    "100::1": "discarded",
    "2001::1": "Teredo",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "Teredo",
    "2001:2::1": "benchmarks",
    "2001:10::1": "ORCHID",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4 of loopback",
    "2002:c0a8:1::1": "6to4 of a private one",
    "3fff::1": "documentation",
    "5f00::1": "segment routing",
    "4000::1": "not given out",
    "e000::1": "not given out",
    "fc00::1": "unique local",
    "fd00:ec2::254": "a cloud's metadata",
    "fe80::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
}
PUBLIC_ONES = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    PUBLIC,
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "223.255.255.255",
    "2000::1",
    "2001:4860:4860::8888",
    "2400:cb00::1",
    "2606:4700:4700::1111",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_address_is_not_public(ip: str) -> None:
    assert not is_public(ipaddress.ip_address(ip)), NOT_PUBLIC[ip]


@pytest.mark.parametrize("ip", PUBLIC_ONES)
def test_address_is_public(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))


@given(st.ip_addresses(v=4))
@settings(max_examples=300)
def test_mapped_address_is_as_public_as_the_one_inside(ip: ipaddress.IPv4Address) -> None:
    assert is_public(ipaddress.IPv6Address(f"::ffff:{ip}")) == is_public(ip)
    if is_public(ip):
        assert ip.is_global
        assert not ip.is_multicast


# Names ---------------------------------------------------------------------


@pytest.mark.parametrize("ip", [*NOT_PUBLIC, "fe80::1%eth0"])
def test_name_of_an_address_that_is_not_public_is_not_connected_to(
    transport: Transport, network: Network, ip: str
) -> None:
    network.names["misskey.example"] = [ip]
    with pytest.raises(AddressForbidden) as failed:
        post(transport, SERVER)
    assert network.connected == []
    assert not failed.value.may_have_happened
    assert failed.value.host == "misskey.example"


def test_of_mixed_answers_only_the_public_addresses_are_tried(
    transport: Transport, network: Network
) -> None:
    network.names["misskey.example"] = ["127.0.0.1", PUBLIC, "10.0.0.1", "::1", OTHER_PUBLIC]
    with pytest.raises(ServerUnreachable):
        post(transport, SERVER)
    assert network.connected == [PUBLIC, OTHER_PUBLIC]


def test_address_that_was_checked_is_the_one_connected_to(
    transport: Transport, network: Network, new_machine: NewMachine, trusted: Certificates
) -> None:
    """A name that leads elsewhere at the second look gains nothing: there is none."""
    inside = new_machine(answering())
    network.machines["127.0.0.1"] = inside
    network.machines[PUBLIC] = new_machine(answering_once(http()), trusted.server())
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    network.names["misskey.example"] = lambda: next(answers)
    assert post(transport, SERVER).status == 200
    assert (network.looked_up, network.connected) == (["misskey.example"], [PUBLIC])
    # The next connection asks, and checks, anew.
    with pytest.raises(AddressForbidden):
        post(transport, SERVER)
    assert network.connected == [PUBLIC]
    assert inside.connections == 0


def test_next_address_is_tried_where_one_refuses(
    transport: Transport, network: Network, new_machine: NewMachine, trusted: Certificates
) -> None:
    network.names["misskey.example"] = ["2606:4700::1", OTHER_PUBLIC, PUBLIC]
    network.machines[PUBLIC] = new_machine(answering(), trusted.server())
    assert post(transport, SERVER).status == 200
    assert network.connected == ["2606:4700::1", OTHER_PUBLIC, PUBLIC]


def test_machine_without_ipv6_still_reaches_the_other_addresses(
    transport: Transport,
    network: Network,
    new_machine: NewMachine,
    trusted: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_init = socket.socket.__init__

    def without_ipv6(sock: socket.socket, family: int = -1, *rest: int, **more: object) -> None:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        real_init(sock, family, *rest, **more)

    monkeypatch.setattr(socket.socket, "__init__", without_ipv6)
    network.names["misskey.example"] = ["2606:4700::1", PUBLIC]
    network.machines[PUBLIC] = new_machine(answering(), trusted.server())
    assert post(transport, SERVER).status == 200


def test_no_more_than_three_addresses_are_tried(transport: Transport, network: Network) -> None:
    network.names["misskey.example"] = [f"93.184.216.{number}" for number in range(1, 9)]
    with pytest.raises(ServerUnreachable):
        post(transport, SERVER)
    assert len(network.connected) == 3


def test_unknown_name_is_unreachable(transport: Transport, network: Network) -> None:
    with pytest.raises(ServerUnreachable) as failed:
        post(transport, ServerAddress("nowhere.example"))
    assert type(failed.value) is ServerUnreachable
    assert not failed.value.may_have_happened


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_not_reached_through_an_address_of_the_network(
    transport: Transport, network: Network, new_machine: NewMachine, host: str
) -> None:
    machine = new_machine(answering())
    network.names["localhost"] = ["127.0.0.1", "::1"]
    with pytest.raises(AddressForbidden):
        post(transport, ServerAddress(f"{host}:{machine.port}"))
    assert machine.connections == 0


@pytest.mark.parametrize("ip", [PUBLIC, "10.0.0.1", "0.0.0.0", "169.254.169.254", "::"])
def test_loopback_address_reaches_nothing_but_loopback(
    transport: Transport, network: Network, ip: str
) -> None:
    network.names["localhost"] = [ip]
    with pytest.raises(AddressForbidden):
        post(transport, ServerAddress("localhost:3000", is_loopback=True))
    assert network.connected == []


# What is sent, and what is not ----------------------------------------------


def test_request_is_a_post_with_these_headers_and_no_more(
    new_machine: NewMachine,
) -> None:
    machine = new_machine(answering())
    transport = Transport(user_agent="Engawa (+https://engawa.example)")
    answer = transport.post(machine.address, "notes/create", b'{"text":"a"}', JSON)
    transport.close()
    assert answer == Answer(200, {"content-length": "2"}, b"{}")
    [request] = machine.requests
    assert request.line == "POST /api/notes/create HTTP/1.1"
    assert request.body == b'{"text":"a"}'
    assert request.headers == {
        "host": f"127.0.0.1:{machine.port}",
        "user-agent": "Engawa (+https://engawa.example)",
        "accept": "*/*",
        "accept-encoding": "gzip",
        "content-type": "application/json",
        "content-length": "12",
    }


def test_get_sends_no_body_and_a_form_is_a_form(
    transport: Transport, new_machine: NewMachine
) -> None:
    machine = new_machine(answering())
    assert transport.get(machine.address, "/.well-known/x").body == b"{}"
    fields = {"code": "a b&c=d", "name": "縁側\0"}
    assert transport.post_form(machine.address, "/oauth/token", fields).status == 200
    got, posted = machine.requests
    assert got.line == "GET /.well-known/x HTTP/1.1"
    assert got.body == b""
    assert not {"content-type", "content-length", "cookie"} & got.headers.keys()
    assert posted.line == "POST /oauth/token HTTP/1.1"
    assert posted.body == b"code=a+b%26c%3Dd&name=%E7%B8%81%E5%81%B4%00"
    assert posted.headers["content-type"] == "application/x-www-form-urlencoded"


CallElsewhere = Callable[[Transport, ServerAddress], Answer]
ELSEWHERE: dict[str, CallElsewhere] = {
    "get": lambda transport, address: transport.get(address, "/x"),
    "form": lambda transport, address: transport.post_form(address, "/x", {"code": "secret"}),
}


@pytest.mark.parametrize("how", ELSEWHERE)
@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_outside_of_the_api_only_public_addresses_are_connected_to_too(
    transport: Transport, network: Network, how: str, ip: str
) -> None:
    network.names["misskey.example"] = [ip]
    with pytest.raises(AddressForbidden):
        ELSEWHERE[how](transport, SERVER)
    assert network.connected == []


@pytest.mark.parametrize("how", ELSEWHERE)
def test_outside_of_the_api_there_are_the_same_limits(
    new_transport: NewTransport, new_machine: NewMachine, how: str
) -> None:
    call = ELSEWHERE[how]
    transport = new_transport(total=0.3, body=1000)
    large = new_machine(answering(http(b" " * 1001)))
    with pytest.raises(AnswerUnusable) as failed:
        call(transport, large.address)
    assert failed.value.reason == "too-large"
    moved = new_machine(answering(http(b"", "302 Found", Location="https://evil.example/")))
    with pytest.raises(AnswerUnusable) as failed:
        call(transport, moved.address)
    assert (failed.value.reason, failed.value.location) == ("redirect", "evil.example")
    assert len(moved.requests) == 1
    silent = new_machine(lambda connection: connection.wait(5) and None)
    with at_most(0.3 + GRACE), pytest.raises(AnswerLost) as lost:
        call(transport, silent.address)
    assert "secret" not in str(lost.value)


def test_large_body_arrives_whole(transport: Transport, new_machine: NewMachine) -> None:
    machine = new_machine(answering())
    body = bytes(range(256)) * 4000
    post(transport, machine.address, body)
    assert machine.requests[0].body == body


def test_cookies_are_not_kept(transport: Transport, new_machine: NewMachine) -> None:
    machine = new_machine(answering(http(Set_Cookie="session=stolen; Path=/; Max-Age=9999")))
    for _ in range(2):
        post(transport, machine.address)
    assert [request.headers.get("cookie") for request in machine.requests] == [None, None]


def test_nothing_is_taken_from_the_environment(
    new_machine: NewMachine,
    new_transport: NewTransport,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    proxy = new_machine(answering())
    machine = new_machine(answering())
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password netrc-password\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    post(new_transport(), machine.address)
    assert "authorization" not in machine.requests[0].headers
    assert (proxy.connections, machine.connections) == (0, 1)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
def test_redirect_is_not_followed(
    transport: Transport, new_machine: NewMachine, status: int
) -> None:
    other = new_machine(answering())
    location = f"http://127.0.0.1:{other.port}/api/meta"
    machine = new_machine(answering(http(b"", f"{status} Elsewhere", Location=location)))
    with pytest.raises(AnswerUnusable) as failed:
        post(transport, machine.address)
    assert (failed.value.reason, failed.value.location) == ("redirect", "127.0.0.1")
    # A redirect is answered before the API sees the call.
    assert not failed.value.may_have_happened
    assert (len(machine.requests), other.connections) == (1, 0)


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://social.misskey.example/api/meta", "social.misskey.example"),
        ("http://Misskey.EXAMPLE:8080/x?y#z", "misskey.example"),
        ("//misskey.example/", "misskey.example"),
        ("https://user:password@misskey.example/", "misskey.example"),
        ("/login", None),
        ("", None),
        ("https://[", None),
        ("https://[::1", None),
        ("javascript:alert(1)", None),
    ],
)
def test_other_host_of_a_redirect_is_told(
    transport: Transport, new_machine: NewMachine, location: str, told: str | None
) -> None:
    machine = new_machine(answering(http(b"", "302 Found", Location=location)))
    with pytest.raises(AnswerUnusable) as failed:
        post(transport, machine.address)
    assert failed.value.location == told


# How long --------------------------------------------------------------------


def silent(connection: Connection) -> None:
    connection.read_request()
    connection.wait(30)


def dripped(data: bytes, seconds: float = 0.02) -> Behaviour:
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.drip(data, seconds)

    return behave


def hanging_after(data: bytes) -> Behaviour:
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)
        connection.wait(30)

    return behave


def repeating(data: bytes, first: bytes = b"", pause: float = 0) -> Behaviour:
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(first)
        while connection.wait(pause):
            connection.send(data)

    return behave


def deaf(connection: Connection) -> None:
    """Never reads: what is sent to it fills every buffer on the way."""
    connection.wait(30)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SLOW: dict[str, Behaviour] = {
    "silent": silent,
    "dripped headers": dripped(http(b"x" * 100)),
    "dripped body": repeating(b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", 0.02),
    "dripped chunks": repeating(b"1\r\nx\r\n", CHUNKED, 0.02),
    "dripped chunk sizes": repeating(b"0", CHUNKED, 0.02),
    "dripped gzip": dripped(http(gzip.compress(b"x" * 999), Content_Encoding="gzip")),
    "hanging in the status line": hanging_after(b"HTTP/1.1 2"),
    "hanging in the headers": hanging_after(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "hanging in the body": hanging_after(http(b"x" * 100)[:-50]),
    "hanging before the last chunk": hanging_after(CHUNKED + b"1\r\nx\r\n"),
    "endless informational answers": repeating(b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("behave", SLOW.values(), ids=SLOW)
def test_total_time_holds(
    new_transport: NewTransport, new_machine: NewMachine, behave: Behaviour
) -> None:
    transport = new_transport(total=0.3, between_pieces=0.2)
    machine = new_machine(behave)
    with at_most(0.3 + GRACE), pytest.raises(AnswerLost) as failed:
        post(transport, machine.address)
    assert failed.value.may_have_happened
    assert len(machine.requests) == 1


def test_time_between_two_pieces_holds(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(total=20, between_pieces=0.1)
    with at_most(0.1 + GRACE), pytest.raises(AnswerLost):
        post(transport, new_machine(silent).address)


def test_slow_pieces_are_waited_for_within_the_total_time(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(total=5, between_pieces=0.5)
    answer = post(transport, new_machine(dripped(http(b"[1, 2]"), 0.003)).address)
    assert answer.body == b"[1, 2]"


def test_total_time_holds_where_the_server_does_not_read(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(total=0.2)
    machine = new_machine(deaf)
    with at_most(0.2 + GRACE), pytest.raises(AnswerLost) as failed:
        post(transport, machine.address, b"x" * 32_000_000)
    # Some of it arrived, and what a server makes of some of it is not known.
    assert failed.value.may_have_happened


def test_time_to_connect_holds(new_transport: NewTransport, network: Network) -> None:
    network.names["misskey.example"] = [PUBLIC]
    network.dead.add(PUBLIC)
    with at_most(0.1 + GRACE), pytest.raises(ServerUnreachable) as failed:
        post(new_transport(connect=0.1, total=10), SERVER)
    assert not failed.value.may_have_happened


def test_total_time_holds_for_several_dead_addresses(
    new_transport: NewTransport, network: Network
) -> None:
    network.names["misskey.example"] = dead = ["93.184.216.1", "93.184.216.2", "93.184.216.3"]
    network.dead.update(dead)
    with at_most(0.2 + GRACE), pytest.raises(ServerUnreachable):
        post(new_transport(connect=0.15, total=0.2), SERVER)


@pytest.mark.parametrize("limits", [{"connect": 0.1}, {"total": 0.1}], ids=["connect", "total"])
def test_silent_name_server_is_not_waited_for(
    new_transport: NewTransport, network: Network, limits: dict[str, float]
) -> None:
    asleep = threading.Event()
    network.names["misskey.example"] = lambda: [PUBLIC] if asleep.wait(5) else []
    with at_most(0.1 + GRACE), pytest.raises(ServerUnreachable) as failed:
        post(new_transport(**limits), SERVER)
    asleep.set()
    assert not failed.value.may_have_happened
    assert network.connected == []


def test_server_silent_in_the_tls_handshake_is_not_waited_for(
    new_transport: NewTransport, network: Network, new_machine: NewMachine
) -> None:
    network.names["misskey.example"] = [PUBLIC]
    network.machines[PUBLIC] = new_machine(deaf)
    with at_most(0.1 + GRACE), pytest.raises(ServerUnreachable):
        post(new_transport(connect=0.1), SERVER)


@pytest.mark.parametrize("slow", ["look-up", "connection"])
def test_what_was_slow_before_leaves_the_handshake_what_is_left_of_the_total_time(
    new_transport: NewTransport, network: Network, new_machine: NewMachine, slow: str
) -> None:
    def look_up() -> list[str]:
        time.sleep(0.2 if slow == "look-up" else 0)
        return [PUBLIC]

    network.distance = 0.2 if slow == "connection" else 0
    network.names["misskey.example"] = look_up
    network.machines[PUBLIC] = new_machine(deaf)
    with at_most(0.3 + GRACE), pytest.raises(ServerUnreachable):
        post(new_transport(connect=5, total=0.3), SERVER)


def test_deadline_of_one_call_is_not_that_of_another(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    """One connection, two calls: the second has all of its own time."""
    transport = new_transport(total=0.4)
    late = threading.Event()

    def behave(connection: Connection) -> None:
        while connection.read_request() is not None:
            connection.wait(0.25)
            connection.send(http())
        late.set()

    machine = new_machine(behave)
    assert [post(transport, machine.address).status for _ in range(2)] == [200, 200]
    assert machine.connections == 1


# How much --------------------------------------------------------------------

MEGABYTE = 1024 * 1024


def _zstd(data: bytes) -> bytes:
    from backports import zstd

    return bytes(zstd.compress(data))


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=1)),
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
    "gzip, gzip, gzip": lambda data: gzip.compress(gzip.compress(gzip.compress(data))),
}
if importlib.util.find_spec("backports.zstd"):
    PACKED["zstd"] = _zstd


@pytest.mark.parametrize("encoding", PACKED)
def test_bomb_is_let_go_at_the_cap(
    new_transport: NewTransport, new_machine: NewMachine, encoding: str
) -> None:
    body = PACKED[encoding](b"\0" * (32 * MEGABYTE))
    transport = new_transport(body=100_000)
    machine = new_machine(answering(http(body, Content_Encoding=encoding)))
    tracemalloc.start()
    with pytest.raises(AnswerUnusable) as failed:
        post(transport, machine.address)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert failed.value.reason == "too-large"
    assert peak < 4 * MEGABYTE


@pytest.mark.parametrize(
    "behave",
    [
        repeating(b"x" * 4096, b"HTTP/1.1 200 OK\r\n\r\n"),
        repeating(b"1000\r\n" + b"x" * 4096 + b"\r\n", CHUNKED),
        repeating(b"x" * 4096, b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        repeating(b"x" * 4096, b"HTTP/1.1 500 Oops\r\n\r\n"),
        repeating(gzip.compress(b"x" * 4096), http(b"")[:-23] + b"Content-Encoding: gzip\r\n\r\n"),
    ],
    ids=["until closed", "chunked", "promised", "in an error", "gzip members"],
)
def test_endless_body_is_let_go_at_the_cap(
    new_transport: NewTransport, new_machine: NewMachine, behave: Behaviour
) -> None:
    transport = new_transport(body=100_000)
    with pytest.raises(AnswerUnusable) as failed:
        post(transport, new_machine(behave).address)
    assert failed.value.reason == "too-large"
    assert failed.value.may_have_happened


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_body_of_a_redirect_is_not_read(
    new_transport: NewTransport, new_machine: NewMachine, encoding: str
) -> None:
    """requests reads it whole, to know where the redirect leads, even if told not to go."""
    body = b"\0" * (32 * MEGABYTE)
    packed = gzip.compress(body, 1) if encoding == "gzip" else body
    headers = {"Content_Encoding": encoding, "Location": "https://x.example/"}
    machine = new_machine(answering(http(packed, "302 Found", **headers)))
    transport = new_transport()
    tracemalloc.start()
    with pytest.raises(AnswerUnusable) as failed:
        post(transport, machine.address)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert failed.value.reason == "redirect"
    assert peak < 4 * MEGABYTE


@pytest.mark.parametrize(("size", "taken"), [(1000, True), (1001, False)])
def test_cap_is_exact(
    new_transport: NewTransport, new_machine: NewMachine, size: int, taken: bool
) -> None:
    transport = new_transport(body=1000)
    machine = new_machine(answering(http(b"x" * size)))
    if taken:
        assert len(post(transport, machine.address).body) == size
    else:
        with pytest.raises(AnswerUnusable):
            post(transport, machine.address)


@pytest.mark.parametrize("encoding", PACKED)
def test_compressed_answer_is_unpacked(
    transport: Transport, new_machine: NewMachine, encoding: str
) -> None:
    body = b'{"version":"2025.11.0"}' * 3000
    machine = new_machine(answering(http(PACKED[encoding](body), Content_Encoding=encoding)))
    assert post(transport, machine.address).body == body


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"this is no gzip at all"),
        ("gzip", gzip.compress(b"x" * 9999)[:20] + b"broken in the middle"),
        ("deflate", b"\xff\xff\xff\xff"),
        ("br", b"\xff" * 50),
        (", ".join(["gzip"] * 50), b"x"),
    ],
    # Named, for what is packed holds the time.
    ids=["no gzip", "broken gzip", "no deflate", "no brotli", "fifty times"],
)
def test_badly_compressed_answer_is_unusable(
    transport: Transport, new_machine: NewMachine, encoding: str, body: bytes
) -> None:
    machine = new_machine(answering(http(body, Content_Encoding=encoding)))
    with pytest.raises(AnswerUnusable) as failed:
        post(transport, machine.address)
    assert failed.value.reason == "compressed"
    assert failed.value.may_have_happened


# What happened -----------------------------------------------------------------


def closing_at_once(connection: Connection) -> None:
    pass


def resetting_at_once(connection: Connection) -> None:
    connection.reset()


def closing_after_the_request(connection: Connection) -> None:
    connection.read_request()


def resetting_after_the_request(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


LOST: dict[str, Behaviour] = {
    "closed at once": closing_at_once,
    "closed after the request": closing_after_the_request,
    "reset after the request": resetting_after_the_request,
    "closed in the status line": answering_once(b"HTTP/1.1 20"),
    "closed in the body": answering_once(http(b"x" * 100)[:-1]),
    "closed before the last chunk": answering_once(CHUNKED + b"1\r\nx\r\n"),
    "closed in a chunk": answering_once(CHUNKED + b"9\r\nx"),
    "bad chunk size": answering_once(CHUNKED + b"zz\r\nx\r\n0\r\n\r\n"),
    "negative chunk size": answering_once(CHUNKED + b"-5\r\nx\r\n0\r\n\r\n"),
    "nothing but line ends": answering_once(b"\r\n\r\n\r\n"),
    "another protocol": answering_once(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a TLS alert": answering_once(b"\x15\x03\x01\x00\x02\x02\x46"),
    "impossible status": answering_once(b"HTTP/1.1 9999 OK\r\n\r\n"),
    "status in words": answering_once(b"HTTP/1.1 fine\r\n\r\n"),
    "endless status line": answering_once(b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n"),
    "endless header": answering_once(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"),
    "too many headers": answering_once(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n"),
    "two lengths": answering_once(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "
    ),
}


@pytest.mark.parametrize("behave", LOST.values(), ids=LOST)
def test_answer_that_is_not_whole_is_lost_and_the_call_not_repeated(
    transport: Transport, new_machine: NewMachine, behave: Behaviour
) -> None:
    machine = new_machine(behave)
    with pytest.raises(AnswerLost) as failed:
        post(transport, machine.address)
    assert failed.value.may_have_happened
    assert machine.connections == 1
    assert len(machine.requests) <= 1


def test_connection_reset_at_once_is_unreachable_or_lost(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    """Which of them depends on how far we came: the reset may overtake the request."""
    transport = new_transport(failures_before_pause=1000)
    machine = new_machine(resetting_at_once)
    for _ in range(40):
        with pytest.raises((AnswerLost, ServerUnreachable)):
            post(transport, machine.address)
    assert machine.connections == 40


def test_port_nobody_listens_on_is_unreachable(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ServerUnreachable) as failed:
        post(transport, ServerAddress(f"127.0.0.1:{port}", is_loopback=True))
    assert type(failed.value) is ServerUnreachable
    assert not failed.value.may_have_happened


WHOLE = {
    "with a length": (http(b"[1]"), b"[1]"),
    "until closed": (b"HTTP/1.1 200 OK\r\n\r\n[1]", b"[1]"),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\n[1]", b"[1]"),
    "chunked": (CHUNKED + b"2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n", b"[1]"),
    "with trailers": (CHUNKED + b"3\r\n[1]\r\n0\r\nX-More: yes\r\n\r\n", b"[1]"),
    "more than promised": (http(b"[1]") + b"surplus", b"[1]"),
    "without a body": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "after informational ones": (b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + http(b"[1]"), b"[1]"),
    "an error": (http(b"[1]", "500 Oops"), b"[1]"),
}


@pytest.mark.parametrize(("data", "body"), WHOLE.values(), ids=WHOLE)
def test_whole_answers_of_every_kind_are_taken(
    transport: Transport, new_machine: NewMachine, data: bytes, body: bytes
) -> None:
    machine = new_machine(answering_once(data))
    assert post(transport, machine.address).body == body


def test_header_names_are_in_lower_case(transport: Transport, new_machine: NewMachine) -> None:
    machine = new_machine(answering(http(b"", "429 Slow down", RETRY_AFTER="3599")))
    answer = post(transport, machine.address)
    assert (answer.status, answer.headers["retry-after"]) == (429, "3599")


_HEAD = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 ",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: ",
        CHUNKED,
        http()[:-2],
    ]
)


def test_whatever_bytes_come_it_is_an_answer_or_one_of_our_exceptions(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    data = b""

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)

    machine = new_machine(behave)
    transport = new_transport(failures_before_pause=1_000_000, total=1)

    @given(_HEAD, st.binary(max_size=60))
    @settings(max_examples=150)
    def check(head: bytes, rest: bytes) -> None:
        nonlocal data
        data = head + rest
        with suppress(AnswerLost, AnswerUnusable):
            assert isinstance(post(transport, machine.address), Answer)

    check()


# Connections kept ----------------------------------------------------------------


def test_connection_is_used_again(transport: Transport, new_machine: NewMachine) -> None:
    machine = new_machine(answering())
    for _ in range(5):
        post(transport, machine.address)
    assert (machine.connections, len(machine.requests)) == (1, 5)


def test_connection_idle_for_long_is_not_used_again(
    transport: Transport, new_machine: NewMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "_LONGEST_IDLE", 0.05)
    machine = new_machine(answering())
    post(transport, machine.address)
    time.sleep(0.1)
    post(transport, machine.address)
    assert machine.connections == 2


def test_idle_time_is_shorter_than_what_servers_keep_connections_for() -> None:
    """Node's own is five seconds: a request must not meet its closing."""
    assert transport_module._LONGEST_IDLE < 5


@pytest.mark.parametrize(
    "data",
    [http(), http(Connection="close"), http() + b"HTTP/1.1 200 OK\r\n\r\nsomething else"],
    ids=["unannounced", "announced", "with surplus"],
)
def test_closed_or_soiled_connection_is_not_used_again(
    transport: Transport, new_machine: NewMachine, data: bytes
) -> None:
    machine = new_machine(answering_once(data))
    for _ in range(3):
        assert post(transport, machine.address).body == b"{}"
        time.sleep(0.02)
    assert machine.connections == len(machine.requests) == 3


def test_connection_whose_answer_was_not_read_to_its_end_is_closed(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(body=10)
    answers = iter([http(b"x" * 100_000), http(b"second")])

    def behave(connection: Connection) -> None:
        while connection.read_request() is not None:
            connection.send(next(answers))

    machine = new_machine(behave)
    with pytest.raises(AnswerUnusable):
        post(transport, machine.address)
    assert post(transport, machine.address).body == b"second"
    assert machine.connections == 2


# TLS -------------------------------------------------------------------------------


def test_https_server_is_called_by_its_name(
    transport: Transport, at_misskey: Callable[..., Machine], trusted: Certificates
) -> None:
    machine = at_misskey(answering(), trusted.server())
    for _ in range(3):
        assert post(transport, SERVER).body == b"{}"
    assert machine.connections == 1
    assert machine.requests[0].headers["host"] == "misskey.example"


def test_large_body_arrives_whole_over_https(
    transport: Transport, at_misskey: Callable[..., Machine], trusted: Certificates
) -> None:
    machine = at_misskey(answering(), trusted.server())
    body = bytes(range(256)) * 4000
    post(transport, SERVER, body)
    assert machine.requests[0].body == body


BAD_TLS: dict[str, Callable[[Certificates], ssl.SSLContext | None]] = {
    "signed by itself": lambda all: all.server(signed=False),
    "another server's": lambda all: all.server("evil.example"),
    "of a longer name": lambda all: all.server("misskey.example.evil.example"),
    "expired": lambda all: all.server(days=-2),
    "none, but plain http": lambda all: None,
}


def outspoken(connection: Connection) -> None:
    """Speaks first, and in the clear."""
    connection.send(http())
    answering()(connection)


@pytest.mark.parametrize("tls", BAD_TLS.values(), ids=BAD_TLS)
def test_server_without_a_good_certificate_is_told_nothing(
    transport: Transport,
    at_misskey: Callable[..., Machine],
    trusted: Certificates,
    tls: Callable[[Certificates], ssl.SSLContext | None],
) -> None:
    context = tls(trusted)
    machine = at_misskey(answering() if context else outspoken, context)
    with pytest.raises(ServerUnreachable) as failed:
        post(transport, SERVER)
    assert not failed.value.may_have_happened
    assert machine.requests == []


def test_certificates_are_not_trusted_because_the_environment_says_so(
    transport: Transport,
    at_misskey: Callable[..., Machine],
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(certificates.bundle))
    at_misskey(answering(), certificates.server())
    with pytest.raises(ServerUnreachable):
        post(transport, SERVER)


@pytest.mark.parametrize("name", ["silent", "dripped headers", "hanging in the body"])
def test_total_time_holds_over_https(
    new_transport: NewTransport,
    at_misskey: Callable[..., Machine],
    trusted: Certificates,
    name: str,
) -> None:
    at_misskey(SLOW[name], trusted.server())
    with at_most(0.3 + GRACE), pytest.raises(AnswerLost):
        post(new_transport(total=0.3), SERVER)


def test_total_time_holds_over_https_where_the_server_does_not_read(
    new_transport: NewTransport, at_misskey: Callable[..., Machine], trusted: Certificates
) -> None:
    at_misskey(deaf, trusted.server())
    with at_most(0.3 + GRACE), pytest.raises(AnswerLost):
        post(new_transport(total=0.3), SERVER, b"x" * 32_000_000)


# Holding back -------------------------------------------------------------------------


def test_so_many_calls_at_once_to_one_server_and_no_more(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(calls_per_host=2, total=5, between_pieces=5)
    go_on = threading.Event()

    def behave(connection: Connection) -> None:
        while connection.read_request() is not None:
            go_on.wait(5)
            connection.send(http())

    slow, other = new_machine(behave), new_machine(answering())
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda: done.append(post(transport, slow.address).status))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 5
    while len(slow.requests) < 2 and time.monotonic() < until:
        time.sleep(0.005)
    with pytest.raises(ServerBusy) as failed:
        post(transport, slow.address)
    assert failed.value.retry_after == 6
    assert not failed.value.may_have_happened
    # Other servers' people notice nothing.
    assert post(transport, other.address).status == 200
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert done == [200, 200]
    assert post(transport, slow.address).status == 200
    assert len(slow.requests) == 3


def at_once(transport: Transport, machine: Machine, people: int) -> list[int | str]:
    """What so many people see who call at the same moment: a status, or what was raised."""
    seen: list[int | str] = []

    def call() -> None:
        try:
            seen.append(post(transport, machine.address).status)
        except ServerBusy:
            seen.append("busy")

    threads = [threading.Thread(target=call) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return seen


def taking(seconds: float, most: list[int]) -> Behaviour:
    """A machine that takes so long, and notes down how many it has at once."""
    lock, here = threading.Lock(), [0]

    def behave(connection: Connection) -> None:
        while connection.read_request() is not None:
            with lock:
                here[0] += 1
                most.append(here[0])
            connection.wait(seconds)
            with lock:
                here[0] -= 1
            connection.send(http())

    return behave


def test_as_many_again_wait_in_line_where_answers_come(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(calls_per_host=3, line=2.0, total=5, between_pieces=5)
    most: list[int] = []
    machine = new_machine(taking(0.1, most))
    assert at_once(transport, machine, 6) == [200] * 6
    assert max(most) <= 3
    seen = at_once(transport, machine, 12)
    assert set(seen) == {200, "busy"}
    assert seen.count(200) >= 6
    # And places are given back.
    assert at_once(transport, machine, 6) == [200] * 6
    assert transport._gate._hosts == {}


def test_a_line_that_does_not_move_is_left_soon(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(calls_per_host=2, line=0.2, total=3, between_pieces=3)
    machine = new_machine(taking(1.5, []))
    with at_most(1.5 + GRACE):
        seen = at_once(transport, machine, 4)
    assert sorted(map(str, seen)) == ["200", "200", "busy", "busy"]
    assert len(machine.requests) == 2


def test_a_line_that_moves_is_stood_in_no_longer_than_a_call_may_take(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(calls_per_host=4, line=5, total=0.5, between_pieces=5)
    transport._gate.limits = Limits(calls_per_host=4, line=5, total=0.1)
    machine = new_machine(taking(0.3, []))
    assert sorted(map(str, at_once(transport, machine, 8))) == ["200"] * 4 + ["busy"] * 4


def test_who_came_first_is_called_first(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(calls_per_host=2, line=5, total=5, between_pieces=5)

    def behave(connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            connection.wait(float(request.body))
            connection.send(http())

    machine = new_machine(behave)
    # Two that take their time, and two in line behind them.
    bodies = (b"0.4", b"1.2", b"0.11", b"0.12")
    threads = [
        threading.Thread(target=post, args=(transport, machine.address, body)) for body in bodies
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join(5)
    assert [request.body for request in machine.requests] == list(bodies)


def test_nobody_waits_in_line_at_a_server_that_has_a_rest(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    transport = new_transport(
        calls_per_host=2, line=0.3, failures_before_pause=1, pause=10, total=5, between_pieces=0.2
    )
    machine = new_machine(taking(3, []))

    def call(seen: list[type]) -> None:
        try:
            post(transport, machine.address)
        except MisskeyError as error:
            seen.append(type(error))

    seen: list[type] = []
    threads = [threading.Thread(target=call, args=(seen,)) for _ in range(4)]
    with at_most(0.5 + GRACE):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
    assert sorted(kind.__name__ for kind in seen) == ["AnswerLost"] * 2 + ["ServerBusy"] * 2
    assert len(machine.requests) == 2


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pausing(new_transport: NewTransport, clock: Clock) -> Transport:
    """A transport that pauses for ten seconds of `clock` after three failures."""
    transport = new_transport(failures_before_pause=3, pause=10.0)
    transport._gate.clock = clock
    return transport


def fail(transport: Transport, machine: Machine) -> None:
    with pytest.raises(AnswerLost):
        post(transport, machine.address)


def test_server_that_fails_several_times_running_is_left_alone_for_a_while(
    pausing: Transport, clock: Clock, new_machine: NewMachine
) -> None:
    machine, other = new_machine(closing_after_the_request), new_machine(answering())
    for _ in range(3):
        fail(pausing, machine)
    with pytest.raises(ServerBusy) as failed:
        post(pausing, machine.address)
    assert failed.value.retry_after == 11
    assert machine.connections == 3
    assert post(pausing, other.address).status == 200
    clock.now += 9.5
    with pytest.raises(ServerBusy) as failed:
        post(pausing, machine.address)
    assert failed.value.retry_after == 1
    # Being held back is no failure of the server's: the pause ends when it was to end.
    clock.now += 0.5
    machine.behave = answering_once(http())
    assert post(pausing, machine.address).status == 200
    # And all is forgotten.
    machine.behave = closing_after_the_request
    for _ in range(2):
        fail(pausing, machine)
    machine.behave = answering_once(http())
    assert post(pausing, machine.address).status == 200


def test_server_that_still_fails_after_the_pause_is_left_alone_again_at_once(
    pausing: Transport, clock: Clock, new_machine: NewMachine
) -> None:
    machine = new_machine(closing_after_the_request)
    for _ in range(3):
        fail(pausing, machine)
    clock.now += 10
    fail(pausing, machine)
    with pytest.raises(ServerBusy):
        post(pausing, machine.address)


def test_failures_with_an_answer_between_them_do_not_add_up(
    pausing: Transport, new_machine: NewMachine
) -> None:
    machine = new_machine(closing_after_the_request)
    for _ in range(3):
        for _ in range(2):
            machine.behave = closing_after_the_request
            fail(pausing, machine)
        machine.behave = answering(http(b"", "500 Oops", Connection="close"))
        assert post(pausing, machine.address).status == 500


def test_answer_forgives_earlier_failures_while_another_call_is_under_way(
    pausing: Transport, new_machine: NewMachine
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def behave(connection: Connection) -> None:
        begun.set()
        connection.read_request()
        go_on.wait(5)
        connection.send(http())

    machine = new_machine(behave)
    thread = threading.Thread(target=lambda: post(pausing, machine.address))
    thread.start()
    assert begun.wait(5)
    for _ in range(2):
        machine.behave = closing_after_the_request
        fail(pausing, machine)
        fail(pausing, machine)
        machine.behave = answering_once(http())
        assert post(pausing, machine.address).status == 200
    go_on.set()
    thread.join(5)


def test_unusable_answers_and_forbidden_names_are_no_reason_to_hold_back(
    pausing: Transport, new_machine: NewMachine, network: Network
) -> None:
    machine = new_machine(answering(http(b"", "302 Found", Location="https://x.example/")))
    network.names["misskey.example"] = ["10.0.0.1"]
    for _ in range(5):
        with pytest.raises(AnswerUnusable):
            post(pausing, machine.address)
        with pytest.raises(AddressForbidden):
            post(pausing, SERVER)


def test_unreachable_servers_are_left_alone_as_well(pausing: Transport, network: Network) -> None:
    for _ in range(3):
        with pytest.raises(ServerUnreachable):
            post(pausing, ServerAddress("nowhere.example"))
    with pytest.raises(ServerBusy):
        post(pausing, ServerAddress("nowhere.example"))
    assert network.looked_up == ["nowhere.example"] * 3


def test_only_servers_with_something_to_remember_are_remembered(
    pausing: Transport,
    clock: Clock,
    new_machine: NewMachine,
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "_MOST_HOSTS_REMEMBERED", 10)
    post(pausing, new_machine(answering()).address)
    assert pausing._gate._hosts == {}

    def fails(host: str) -> None:
        with pytest.raises(ServerUnreachable):
            post(pausing, ServerAddress(host))

    for _ in range(3):
        fails("paused.example")
    for number in range(100):
        fails(f"{number}.example")
    assert len(pausing._gate._hosts) <= 11
    # Not at the price of forgetting who is to be left alone.
    with pytest.raises(ServerBusy):
        post(pausing, ServerAddress("paused.example"))


# Secrets, and many at once ---------------------------------------------------------------

CREDENTIAL = "a0946bc2b4f5d54ce0e4cbfe6840d5670a4dc18198561911608b3bde832b785f"
REVEALING = LOST | {
    "silent": silent,
    "redirect": answering_once(http(b"", "302 Found", Location="https://x.example/")),
    "bad gzip": answering_once(http(b"no", Content_Encoding="gzip")),
    "too large": answering_once(http(b"x" * 2000)),
}


@pytest.mark.parametrize("behave", REVEALING.values(), ids=REVEALING)
def test_no_exception_traceback_or_log_line_holds_the_credential(
    new_transport: NewTransport,
    new_machine: NewMachine,
    caplog: pytest.LogCaptureFixture,
    behave: Behaviour,
) -> None:
    caplog.set_level(logging.DEBUG)
    transport = new_transport(total=0.1, body=1000)
    machine = new_machine(behave)
    with pytest.raises(MisskeyError) as failed:
        transport.post(machine.address, "i", f'{{"i":"{CREDENTIAL}"}}'.encode(), JSON)
    shown = "".join(traceback.format_exception(failed.value))
    assert "i" in shown
    assert CREDENTIAL[:16] not in shown + repr(failed.value) + caplog.text


def test_unreachable_server_does_not_reveal_the_credential_either(
    transport: Transport, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    network.names["misskey.example"] = [PUBLIC]
    network.names["inside.example"] = ["10.0.0.1"]
    for host in ("misskey.example", "inside.example", "nowhere.example"):
        with pytest.raises(ServerUnreachable) as failed:
            transport.post(ServerAddress(host), "i", f'{{"i":"{CREDENTIAL}"}}'.encode(), JSON)
        shown = "".join(traceback.format_exception(failed.value))
        assert CREDENTIAL[:16] not in shown + caplog.text


def test_exception_says_host_and_endpoint_only(transport: Transport, network: Network) -> None:
    with pytest.raises(ServerUnreachable) as failed:
        transport.post(ServerAddress("nowhere.example"), "notes/create", b"{}", JSON)
    assert str(failed.value) == "nowhere.example: notes/create"
    assert (failed.value.host, failed.value.endpoint) == ("nowhere.example", "notes/create")


def test_sixteen_threads_each_get_their_own_answers(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    def echo(connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            connection.send(http(request.body))

    good, bad = new_machine(echo), new_machine(closing_after_the_request)
    transport = new_transport(calls_per_host=16, failures_before_pause=1000, total=10)
    wrong: list[object] = []

    def call(thread: int) -> None:
        for number in range(12):
            body = f'{{"i":"{thread}-{number}"}}'.encode()
            answer = transport.post(good.address, "i", body, JSON)
            if answer.body != body:
                wrong.append((body, answer.body))
            try:
                transport.post(bad.address, "i", body, JSON)
                wrong.append("an answer of a server that gives none")
            except AnswerLost:
                pass
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wrong == []
    assert len(good.requests) == len(bad.requests) == 16 * 12
    assert good.connections <= 16
    assert transport._gate._hosts.keys() <= {bad.address.host}


# The sandbox's bad moods --------------------------------------------------------------------

MOODS: list[tuple[str, dict[str, object], type[MisskeyError] | None]] = [
    ("slow", {"seconds": 0.05}, None),
    ("empty", {}, None),
    ("no-content", {}, None),
    ("garbage", {}, None),
    ("html", {"status": 502}, None),
    ("down", {}, AnswerLost),
    ("lost", {}, AnswerLost),
    ("silent", {}, AnswerLost),
    ("hang", {}, AnswerLost),
    ("drip", {"seconds": 0.02}, AnswerLost),
    ("drip-headers", {"seconds": 0.02}, AnswerLost),
    ("truncated", {}, AnswerLost),
    ("endless", {}, AnswerUnusable),
    ("huge", {"megabytes": 2}, AnswerUnusable),
    ("gzip-bomb", {"megabytes": 8}, AnswerUnusable),
    ("redirect", {"location": "https://elsewhere.example/"}, AnswerUnusable),
]


@pytest.mark.parametrize(("mood", "options", "expected"), MOODS, ids=[row[0] for row in MOODS])
def test_server_in_a_bad_mood(
    new_transport: NewTransport,
    sandbox: Sandbox,
    mood: str,
    options: dict[str, object],
    expected: type[MisskeyError] | None,
) -> None:
    transport = new_transport(total=0.3, body=100_000)
    sandbox.misbehave("meta", mood, **options)
    address = ServerAddress(sandbox.host, is_loopback=True)
    with at_most(0.3 + GRACE):
        if expected is None:
            assert isinstance(post(transport, address), Answer)
        else:
            with pytest.raises(expected) as failed:
                post(transport, address)
            assert type(failed.value) is expected
    assert len(sandbox.calls) == 1


def test_limits_of_an_installation_are_sensible() -> None:
    limits = Limits()
    assert limits.connect < limits.between_pieces < limits.total <= 30
    assert limits.body <= 32 * MEGABYTE
