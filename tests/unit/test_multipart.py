"""Uploads: a form with one file at its end, read while it is sent, in its own time and
counted apart."""

from __future__ import annotations

import io
import json
import logging
import secrets
import socket
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.formparser import parse_form_data

from app.misskey import Client, DriveFile, Secret, ServerAddress, Transport
from app.misskey.client import TOO_LARGE
from app.misskey.errors import AnswerLost, AnswerUnusable, ApiError, ServerBusy, ServerFault
from app.misskey.multipart import FormWithFile
from app.misskey.transport import Limits
from sandbox import Sandbox
from tests.unit.conftest import NewMachine, NewTransport
from tests.unit.machines import Behaviour, Connection, Machine, answering, at_most, http

MEGABYTE = 1024 * 1024
CREDENTIAL = "a0946bc2b4f5d54ce0e4cbfe6840d5670a4dc18198561911608b3bde832b785f"
FILE = {"id": "f1", "name": "a.png", "type": "image/png"}
PICTURE = bytes(range(256)) * 300
GRACE = 0.5


class Zeros(io.RawIOBase):
    """A large file that nobody keeps in memory."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def read_form(content_type: str, body: bytes) -> tuple[dict[str, str], str | None, bytes]:
    """The form as a server reads it: its text fields, its file's name and its file."""
    _, fields, files = parse_form_data(
        {
            "wsgi.input": io.BytesIO(body),
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "REQUEST_METHOD": "POST",
        }
    )
    [(name, file)] = files.items(multi=True)
    assert name == "file"
    with file.stream:
        return fields.to_dict(), file.filename, file.read()


def upload(
    transport: Transport,
    address: ServerAddress,
    data: bytes | BinaryIO = PICTURE,
    size: int | None = None,
    name: str = "a.png",
    **fields: str,
) -> DriveFile:
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    length = len(data) if isinstance(data, bytes) else 0
    return Client(transport, address, Secret(CREDENTIAL)).upload(
        "drive/files/create",
        into=DriveFile,
        file=file,
        size=length if size is None else size,
        name=name,
        **fields,
    )


def drained(connection: Connection, limit: float = float("inf")) -> None:
    """Reads what comes, keeping nothing of it."""
    sock = connection.sock
    until = time.monotonic() + limit
    while time.monotonic() < until and sock.recv(65536):
        pass


# The body ------------------------------------------------------------------------------


@given(
    st.binary(max_size=3000),
    st.dictionaries(st.sampled_from(["i", "comment", "folderId"]), st.text(max_size=20)),
    st.text(max_size=20),
    st.integers(1, 500),
)
@settings(max_examples=40)
def test_form_is_read_back_as_it_was_meant(
    data: bytes, fields: dict[str, str], name: str, piece: int
) -> None:
    fields = {key: value.encode(errors="replace").decode() for key, value in fields.items()}
    name = name.encode(errors="replace").decode()
    form = FormWithFile(fields, io.BytesIO(data), len(data), name)
    body = b"".join(iter(lambda: form.read(piece), b""))
    assert len(form) == len(body)
    read, _, file = read_form(form.content_type, body)
    assert (read, file) == (fields, data)


@pytest.mark.parametrize(
    "name",
    [
        'a"; name="i',
        'a"\r\nX-Injected: yes\r\n\r\n',
        "a\r\n\r\nevil",
        "縁側.png",
        "../../etc/passwd",
        "",
    ],
)
def test_name_of_a_file_stays_in_its_place(name: str) -> None:
    form = FormWithFile({"i": "x"}, io.BytesIO(b"data"), 4, name)
    body = b"".join(form)
    fields, _, file = read_form(form.content_type, body)
    assert (fields, file) == ({"i": "x"}, b"data")
    assert b"X-Injected: yes\r\n" not in body
    assert body.count(b"Content-Disposition") == 2


def test_boundary_cannot_be_known_beforehand() -> None:
    types = {FormWithFile({}, io.BytesIO(b""), 0, "a").content_type for _ in range(20)}
    assert len(types) == 20


def test_file_longer_than_it_was_said_to_be_is_cut() -> None:
    form = FormWithFile({}, io.BytesIO(b"data and more"), 4, "a")
    body = b"".join(form)
    assert len(body) == len(form)
    assert read_form(form.content_type, body)[2] == b"data"


# Over the wire -------------------------------------------------------------------------


def test_upload_arrives_whole_with_its_fields_first(
    transport: Transport, new_machine: NewMachine
) -> None:
    machine = new_machine(answering(http(json.dumps(FILE).encode())))
    file = upload(transport, machine.address, comment="縁側の猫", isSensitive="true")
    assert file.id == "f1"
    [request] = machine.requests
    fields, name, sent = read_form(request.headers["content-type"], request.body)
    assert fields == {
        "i": CREDENTIAL,
        "name": "a.png",
        "comment": "縁側の猫",
        "isSensitive": "true",
    }
    assert (name, sent) == ("a.png", PICTURE)
    # Servers know only the fields that stood before the file.
    assert request.body.index(b'name="isSensitive"') < request.body.index(b'name="file"')
    assert request.headers["content-length"] == str(len(request.body))
    assert "transfer-encoding" not in request.headers
    assert CREDENTIAL not in request.line + repr(request.headers)


def test_sandbox_keeps_what_was_uploaded(transport: Transport, sandbox: Sandbox) -> None:
    client = Client(
        transport,
        ServerAddress(sandbox.host, is_loopback=True),
        Secret(sandbox.credential("alice")),
    )
    gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
    file = client.upload(
        "drive/files/create", into=DriveFile, file=io.BytesIO(gif), size=len(gif), name="猫.gif"
    )
    assert (file.name, file.type, file.size) == ("猫.gif", "image/gif", len(gif))


def test_nobody_uploads_without_a_credential(transport: Transport, new_machine: NewMachine) -> None:
    machine = new_machine(answering(http(json.dumps(FILE).encode())))
    Client(transport, machine.address).upload(
        "drive/files/create", into=DriveFile, file=io.BytesIO(b"x"), size=1, name="a"
    )
    [request] = machine.requests
    assert read_form(request.headers["content-type"], request.body)[0] == {"name": "a"}


def test_large_file_is_never_whole_in_memory(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    def behave(connection: Connection) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.sock.recv(4096)
        left = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        left -= len(head.partition(b"\r\n\r\n")[2])
        while left > 0:
            left -= len(connection.sock.recv(65536))
        connection.send(http(json.dumps(FILE).encode()))

    transport = new_transport(total=20, between_pieces=20)
    machine = new_machine(behave)
    tracemalloc.start()
    file = upload(transport, machine.address, io.BufferedReader(Zeros()), 24 * MEGABYTE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.id == "f1"
    assert peak < 4 * MEGABYTE


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"<html>", "200", AnswerUnusable),
        (b"", "204", AnswerUnusable),
        (b"{}", "200", AnswerUnusable),
        (b'{"error":{"code":"NO_FREE_SPACE"}}', "400", ApiError),
        (b"<html>413</html>", "413", ApiError),
        (b"<html>502</html>", "502", ServerFault),
        (b"", "307", AnswerUnusable),
    ],
)
def test_refused_upload_is_sent_once(
    transport: Transport, new_machine: NewMachine, body: bytes, status: str, kind: type[Exception]
) -> None:
    machine = new_machine(answering(http(body, f"{status} X", Location="https://x.example/")))
    with pytest.raises(kind) as failed:
        upload(transport, machine.address)
    assert type(failed.value) is kind
    assert len(machine.requests) == 1


def test_refusal_that_comes_before_the_file_was_read_is_understood(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    def behave(connection: Connection) -> None:
        connection.sock.recv(1024)
        connection.send(http(b"<html>413</html>", "413 Too Large", Connection="close"))
        connection.sock.shutdown(socket.SHUT_WR)
        drained(connection)

    transport = new_transport(total=5, between_pieces=5)
    with pytest.raises(ApiError) as failed:
        upload(transport, new_machine(behave).address, bytes(8 * MEGABYTE))
    assert failed.value.code == TOO_LARGE


def test_file_that_ends_early_leaves_no_half_upload_behind(
    new_transport: NewTransport, new_machine: NewMachine
) -> None:
    """The promised length is not reached, so the server can't take it for a whole one."""
    over = threading.Event()

    def behave(connection: Connection) -> None:
        assert connection.read_request() is None
        over.set()

    machine = new_machine(behave)
    with at_most(2), pytest.raises(AnswerLost):
        upload(new_transport(total=9), machine.address, PICTURE, len(PICTURE) + 1)
    assert over.wait(5)
    assert machine.requests == []


def test_neither_exception_nor_log_holds_credential_or_file(
    new_transport: NewTransport, new_machine: NewMachine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    thought = secrets.token_hex(16)
    machine = new_machine(lambda connection: None)
    with pytest.raises(AnswerLost) as failed:
        upload(new_transport(), machine.address, thought.encode() * 1000, comment=thought)
    shown = "".join(traceback.format_exception(failed.value)) + caplog.text
    assert thought not in shown
    assert CREDENTIAL[:16] not in shown


# Its time --------------------------------------------------------------------------------


def test_upload_has_more_time_the_larger_it_is() -> None:
    limits = Limits(total=12, upload_patience=30, upload_pace=1000, between_pieces=8)
    small = FormWithFile({}, io.BytesIO(b""), 0, "a")
    large = FormWithFile({}, io.BytesIO(b""), 1_000_000, "a")
    assert limits.seconds_for(b"x" * 1_000_000) == 12
    assert limits.seconds_for(small) == pytest.approx(42, abs=1)
    assert limits.seconds_for(large) == pytest.approx(1042, abs=1)
    assert limits.patience_for(b"x") == 8
    assert limits.patience_for(small) == 30


def slow_reader(connection: Connection) -> None:
    """Takes the file in its own time, longer than an ordinary call may last."""
    connection.wait(0.4)
    connection.read_request()
    connection.send(http(json.dumps(FILE).encode()))


def thinking(connection: Connection) -> None:
    """Has the file and makes a thumbnail of it."""
    connection.read_request()
    connection.wait(0.4)
    connection.send(http(json.dumps(FILE).encode()))


@pytest.mark.parametrize("behave", [thinking, slow_reader])
def test_server_may_take_its_time_over_a_file(
    new_transport: NewTransport, new_machine: NewMachine, behave: Behaviour
) -> None:
    transport = new_transport(total=0.3, between_pieces=0.1, upload_patience=5)
    assert upload(transport, new_machine(behave).address, bytes(8 * MEGABYTE)).id == "f1"


def silent(connection: Connection) -> None:
    connection.read_request()
    connection.wait(30)


def deaf(connection: Connection) -> None:
    connection.wait(30)


def dripping(connection: Connection) -> None:
    connection.read_request()
    connection.drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000, 0.02)


def barely_reading(connection: Connection) -> None:
    while connection.wait(0.02) and connection.sock.recv(1024):
        pass


@pytest.mark.parametrize("behave", [silent, deaf, dripping, barely_reading])
def test_upload_ends_all_the_same(
    new_transport: NewTransport, new_machine: NewMachine, behave: Behaviour
) -> None:
    transport = new_transport(total=0.2, upload_patience=0.2, upload_pace=10**9)
    machine = new_machine(behave)
    with at_most(0.4 + GRACE), pytest.raises(AnswerLost) as failed:
        upload(transport, machine.address, bytes(16 * MEGABYTE))
    assert failed.value.may_have_happened
    assert machine.connections == 1


# Counted apart ------------------------------------------------------------------------------


@pytest.fixture
def busy(new_machine: NewMachine) -> tuple[Machine, Callable[[], None]]:
    """A machine that keeps uploads and timelines waiting, and what lets them go."""
    go_on = threading.Event()

    def behave(connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            if "drive/files/create" in request.line or "timeline" in request.line:
                go_on.wait(5)
            connection.send(http(json.dumps(FILE).encode()))

    return new_machine(behave), go_on.set


def begun(machine: Machine, calls: list[Callable[[], object]]) -> list[threading.Thread]:
    """Threads in which these calls wait for the machine."""
    before = len(machine.requests)
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 5
    while len(machine.requests) < before + len(calls) and time.monotonic() < until:
        time.sleep(0.005)
    assert len(machine.requests) == before + len(calls)
    return threads


def test_long_uploads_do_not_keep_others_from_reading(
    new_transport: NewTransport, busy: tuple[Machine, Callable[[], None]]
) -> None:
    machine, let_go = busy
    transport = new_transport(total=5, between_pieces=5, calls_per_host=1, uploads_per_host=2)
    threads = begun(machine, [lambda: upload(transport, machine.address)] * 2)
    with pytest.raises(ServerBusy) as failed:
        upload(transport, machine.address)
    assert failed.value.retry_after == 31
    for _ in range(2):
        assert transport.post(machine.address, "i", b"{}", "application/json").status == 200
    # Their end does not make the uploads forgotten.
    with pytest.raises(ServerBusy):
        upload(transport, machine.address)
    let_go()
    for thread in threads:
        thread.join(5)
    assert len(machine.requests) == 4
    assert transport._gate._hosts == {}


def test_readers_do_not_keep_others_from_uploading(
    new_transport: NewTransport, busy: tuple[Machine, Callable[[], None]]
) -> None:
    machine, let_go = busy
    transport = new_transport(total=5, between_pieces=5, calls_per_host=1, uploads_per_host=1)

    def call() -> object:
        return transport.post(machine.address, "notes/timeline", b"{}", "application/json")

    threads = begun(machine, [call])
    with pytest.raises(ServerBusy):
        call()
    threads += begun(machine, [lambda: upload(transport, machine.address)])
    let_go()
    for thread in threads:
        thread.join(5)
    assert len(machine.requests) == 2
    assert transport._gate._hosts == {}
