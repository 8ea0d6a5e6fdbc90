"""Files fetched from wherever a server says they are: whole, or not at all, or as much as was
agreed on; and from nowhere a server should not be able to lead us."""

from __future__ import annotations

import errno
import gzip
import io
import time

import pytest

from app.misskey import Transport
from app.misskey.errors import (
    AddressForbidden,
    AnswerLost,
    AnswerUnusable,
    EndpointMissing,
    MisskeyError,
    RateLimited,
    ServerFault,
    ServerUnreachable,
)
from app.misskey.files import NoAddress, fetch
from tests.unit.conftest import NewMachine, NewTransport
from tests.unit.machines import Connection, Machine, Network, answering, at_most, http

BODY = bytes(range(256)) * 1000


def nothing() -> None:
    """Nobody wants to hear of it."""


def fetched(
    transport: Transport, url: str, *, most: int = 10_000_000, size: float = 0
) -> io.BytesIO:
    """What came of it."""
    sink = io.BytesIO()
    fetch(transport, url, sink, size=size, most=most, heard=nothing, allow_loopback=True)
    return sink


def at(machine: Machine, path: str = "/files/a?b=c") -> str:
    """The address of a file there."""
    return f"{machine.address.origin}{path}"


def moved(location: str, status: str = "302 Found") -> bytes:
    """An answer that sends on."""
    return http(b"elsewhere", status, Location=location)


def test_file_is_written_as_it_is(transport: Transport, new_machine: NewMachine) -> None:
    machine = new_machine(answering(http(BODY)))
    assert fetched(transport, at(machine)).getvalue() == BODY
    (request,) = machine.requests
    assert request.line == "GET /files/a?b=c HTTP/1.1"
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers


def test_compressed_file_is_unpacked(transport: Transport, new_machine: NewMachine) -> None:
    machine = new_machine(answering(http(gzip.compress(BODY), Content_Encoding="gzip")))
    assert fetched(transport, at(machine)).getvalue() == BODY


@pytest.mark.parametrize("packed", [False, True])
def test_no_more_is_written_than_was_agreed_on(
    transport: Transport, new_machine: NewMachine, packed: bool
) -> None:
    body = b"\0" * 5_000_000
    answer = http(gzip.compress(body), Content_Encoding="gzip") if packed else http(body)
    machine = new_machine(answering(answer))
    sink = io.BytesIO()
    with pytest.raises(AnswerUnusable) as failed:
        fetch(
            transport, at(machine), sink, size=1, most=100_000, heard=nothing, allow_loopback=True
        )
    assert failed.value.reason == "too-large"
    assert sink.tell() <= 100_000
    assert fetched(transport, at(machine), most=5_000_000).tell() == 5_000_000


def test_file_that_breaks_off_is_lost(transport: Transport, new_machine: NewMachine) -> None:
    whole = http(BODY)

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(whole[:-10])

    with pytest.raises(AnswerLost):
        fetched(transport, at(new_machine(behave)))


def test_slow_file_ends_by_its_size(new_transport: NewTransport, new_machine: NewMachine) -> None:
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.drip(http(BODY), 0.02)

    transport = new_transport(total=0.2, upload_patience=0.2, upload_pace=100_000)
    with at_most(1.5), pytest.raises(AnswerLost):
        fetched(transport, at(new_machine(behave)), size=10_000)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("404 Not Found", EndpointMissing),
        ("410 Gone", AnswerUnusable),
        ("403 Forbidden", AnswerUnusable),
        ("206 Partial Content", AnswerUnusable),
        ("500 Internal Server Error", ServerFault),
        ("429 Too Many Requests", RateLimited),
    ],
)
def test_refusal_writes_nothing(
    transport: Transport, new_machine: NewMachine, status: str, kind: type[MisskeyError]
) -> None:
    machine = new_machine(answering(http(b"no", status, Retry_After="7")))
    sink = io.BytesIO()
    with pytest.raises(kind) as failed:
        fetch(transport, at(machine), sink, size=1, most=100, heard=nothing, allow_loopback=True)
    assert sink.getvalue() == b""
    if isinstance(failed.value, RateLimited):
        assert failed.value.retry_after == 7


@pytest.mark.parametrize("location", ["/files/b", "b", "?c"])
def test_redirect_is_followed(transport: Transport, new_machine: NewMachine, location: str) -> None:
    def behave(connection: Connection) -> None:
        while request := connection.read_request():
            first = request.line.startswith("GET /files/a?b=c ")
            connection.send(moved(location) if first else http(BODY))

    machine = new_machine(behave)
    assert fetched(transport, at(machine)).getvalue() == BODY
    assert len(machine.requests) == 2


def test_redirects_without_end_are_followed_a_little(
    transport: Transport, new_machine: NewMachine
) -> None:
    machine = new_machine(answering(moved("/files/a?b=c")))
    with pytest.raises(AnswerUnusable) as failed:
        fetched(transport, at(machine))
    assert failed.value.reason == "redirect"
    assert len(machine.requests) == 4


@pytest.mark.parametrize(
    "url",
    [
        "",
        "files/a",
        "//files.example/a",
        "file:///etc/passwd",
        "ftp://files.example/a",
        "http://files.example/a",
        "https://user:word@files.example/a",
        "https://10.0.0.1/a",
        "https://[::1]/a",
        "https://169.254.169.254/latest",
        "https://2130706433/a",
        "https://files/a",
        "https://files.example:99999/a",
        "https://files.example\\@10.0.0.1/a",
        "https://[files.example/a",
        "https://files.example/" + "a" * 3000,
    ],
)
def test_address_that_is_none_is_not_called(
    transport: Transport, network: Network, new_machine: NewMachine, url: str
) -> None:
    sink = io.BytesIO()
    with pytest.raises(NoAddress):
        fetch(transport, url, sink, size=1, most=100, heard=nothing)
    # … nor if a file elsewhere leads there. What has no host is read within its server.
    # A server on this machine may lead to this machine.
    if "://" in url and "[::1]" not in url:
        machine = new_machine(answering(moved(url)))
        with pytest.raises(NoAddress):
            fetched(transport, at(machine))


def test_loopback_is_not_called_for_servers_elsewhere(
    transport: Transport, new_machine: NewMachine
) -> None:
    machine = new_machine(answering(http(BODY)))
    with pytest.raises(NoAddress):
        fetch(transport, at(machine), io.BytesIO(), size=1, most=100, heard=nothing)
    assert machine.requests == []


def test_name_that_leads_inside_is_not_called(transport: Transport, network: Network) -> None:
    network.names["files.example"] = ["10.0.0.1"]
    with pytest.raises(AddressForbidden):
        fetch(
            transport,
            "https://files.example/a",
            io.BytesIO(),
            size=1,
            most=100,
            heard=nothing,
        )
    assert network.connected == []


def test_full_disk_is_no_failure_of_the_server(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    transport = new_transport(failures_before_pause=1)
    machine = new_machine(answering(http(BODY)))
    for _ in range(3):
        with pytest.raises(OSError, match="No space left"):
            fetch(
                transport,
                at(machine),
                Full(),
                size=1,
                most=10**6,
                heard=nothing,
                allow_loopback=True,
            )
    assert fetched(transport, at(machine)).getvalue() == BODY


def test_whoever_hears_of_it_may_end_it(transport: Transport, new_machine: NewMachine) -> None:
    class Enough(Exception):
        pass

    heard: list[float] = []

    def hear() -> None:
        heard.append(time.monotonic())
        if len(heard) == 2:
            raise Enough

    machine = new_machine(answering(http(BODY * 10)))
    sink = io.BytesIO()
    with pytest.raises(Enough):
        fetch(transport, at(machine), sink, size=1, most=10**8, heard=hear, allow_loopback=True)
    assert 0 < sink.tell() < len(BODY) * 10


def test_nobody_there(transport: Transport) -> None:
    with pytest.raises(ServerUnreachable):
        fetched(transport, "http://127.0.0.1:9/files/a")
