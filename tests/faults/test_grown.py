"""The grown way for real: two nodes behind nginx and two workers, PostgreSQL and Redis; a node
or a worker that dies; keys changed while people use it; a backup brought back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import psycopg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import make_url

from sandbox import Sandbox
from scripts.installation import Installation, end, free_port
from tests.faults.databases import Cluster, RedisServer, missing, postgresql, redis_server

TEMPLATE = Path(__file__).with_name("nginx.conf.txt")
KEY = Fernet.generate_key().decode()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this module's own."""
    with postgresql() as running:
        yield running


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """A Redis that also listens on a port, as `REDIS_URL` wants it."""
    with redis_server(port=free_port()) as running:
        yield running


@contextmanager
def nginx(folder: Path, port: int, nodes: list[int]) -> Iterator[None]:
    """nginx in front of nodes at these ports."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        missing("nginx")
    servers = "\n".join(f"server 127.0.0.1:{node} fail_timeout=1s;" for node in nodes)
    text = TEMPLATE.read_text().replace("FOLDER", str(folder))
    text = text.replace("NODES", servers).replace("PORT", str(port))
    configuration = folder / "nginx.conf"
    configuration.write_text(text)
    # As root it becomes nobody, who has to come into the folder.
    os.chmod(folder, 0o755)  # noqa: S103
    process = subprocess.Popen([str(program), "-e", "stderr", "-c", str(configuration)])
    try:
        yield
    finally:
        end(process)


class Grown:
    """Two nodes behind nginx; `url` is where people come."""

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.settings = {
            "PUBLIC_URL": self.url,
            "SECRET_KEY": "the same on every node, and long enough",
            "CREDENTIAL_KEYS": KEY,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "TRUSTED_PROXIES": "1",
        }
        self.nodes = [self._node(folder / name) for name in ("one", "two")]
        self.folder = folder

    def _node(self, folder: Path) -> Installation:
        folder.mkdir()
        return Installation(folder, settings=self.settings)


@pytest.fixture
def grown(tmp_path: Path, cluster: Cluster, redis: RedisServer) -> Iterator[Grown]:
    """… running."""
    redis.client.flushall()
    made = Grown(tmp_path, cluster.url(cluster.new_database()), redis.url)
    with ExitStack() as running:
        for node in made.nodes:
            running.enter_context(node)
        running.enter_context(nginx(tmp_path, made.port, [node.port for node in made.nodes]))
        _wait_for(made.url)
        yield made


def _checked(node: Installation) -> str:
    """What `flask check` says, once the worker that was started has given a sign of life."""
    for _ in range(30):
        try:
            return node.flask("check")
        except RuntimeError:
            time.sleep(1)
    return node.flask("check")


def _wait_for(url: str) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            build_opener().open(f"{url}/readyz", timeout=5).close()
            return
        except URLError:
            assert time.monotonic() < until, "nginx leads nowhere"
            time.sleep(0.05)


def _until(condition: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


class Visitor:
    """A person's browser, over the wire."""

    def __init__(self, url: str, sandbox: Sandbox) -> None:
        self.url, self.sandbox = url, sandbox
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        """A page of Engawa."""
        asked = Request(self.url + path, headers={"Accept-Language": "en"})
        with self.opener.open(asked, timeout=20) as answer:
            return answer.read().decode()

    def sign_in(self, username: str) -> str:
        """The whole way; home."""
        page = self.get("/sign-in")
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        fields = {"csrf_token": token, "server": self.sandbox.host, "next": "/"}
        sent = Request(f"{self.url}/sign-in", urlencode(fields).encode(), {"Origin": self.url})
        with self.opener.open(sent, timeout=20) as consent_page:
            consent = consent_page.url.rpartition("/")[2]
        self.sandbox.consent(consent, username)
        return self.get(f"/sign-in/callback?token={consent}")


def test_two_nodes_are_one_engawa_and_one_may_die(grown: Grown, sandbox: Sandbox) -> None:
    people = {name: Visitor(grown.url, sandbox) for name in ("alice", "bob")}
    for name, visitor in people.items():
        page = visitor.sign_in(name)
        assert f"You are signed in as @{name}@{sandbox.host}" in page
        assert page.count("<article") >= 20
    # Whichever node answers, it is the same person's home.
    for _ in range(6):
        assert f"@alice@{sandbox.host}" in people["alice"].get("/")
    assert all(node.log() == "" for node in grown.nodes)
    grown.nodes[0].kill()
    for _ in range(6):
        assert f"@bob@{sandbox.host}" in people["bob"].get("/")
    carol = Visitor(grown.url, sandbox)
    assert f"You are signed in as @carol@{sandbox.host}" in carol.sign_in("carol")


def test_two_workers_post_each_note_once_and_one_may_die(grown: Grown, sandbox: Sandbox) -> None:
    visitor = Visitor(grown.url, sandbox)
    visitor.sign_in("alice")
    assert "no worker is running" in visitor.get("/readyz")
    first, second = (node.start_worker() for node in grown.nodes)
    _until(lambda: visitor.get("/readyz") == "ready\n")
    texts = [f"on time, number {number}" for number in range(12)]
    with psycopg.connect(
        make_url(grown.settings["DATABASE_URL"]).set(drivername="postgresql").render_as_string()
    ) as connection:
        for number, said in enumerate(texts):
            # Some at once, and some while one of the workers is being killed.
            connection.execute(
                """
                INSERT INTO scheduled_notes (id, account_id, data, parameters, due_at, zone,
                        language, state, turn, try_at, tries, looks)
                    SELECT md5(%(said)s), id, '{}', %(parameters)s, now() + %(wait)s, 'UTC', 'en',
                        'waiting', 0, now() + %(wait)s, 0, 0 FROM accounts
                """,
                {
                    "said": said,
                    "parameters": json.dumps({"text": said, "visibility": "public"}),
                    "wait": timedelta(seconds=number / 2),
                },
            )
        connection.commit()
        _until(lambda: len(sandbox.calls_of("notes/create")) >= 2)
        assert "worker: 2 alive" in grown.nodes[0].flask("check")
        first.kill()

        def states() -> list[tuple[str]]:
            connection.commit()
            return connection.execute("SELECT DISTINCT state FROM scheduled_notes").fetchall()

        _until(lambda: states() == [("done",)], seconds=90)
    posted = Counter(note.text for note in sandbox.world.notes.values())
    assert {text: posted[text] for text in texts} == dict.fromkeys(texts, 1)
    second.terminate()
    assert second.wait(timeout=20) == 0


def test_keys_are_changed_while_people_read(grown: Grown, sandbox: Sandbox) -> None:
    new = Fernet.generate_key().decode()
    alice = Visitor(grown.url, sandbox)
    alice.sign_in("alice")
    over = threading.Event()
    seen: list[bool] = []

    def read() -> None:
        while not over.is_set():
            seen.append(f"@alice@{sandbox.host}" in alice.get("/"))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for keys in (f"{new} {KEY}", new):
            for node in grown.nodes:  # One after the other, as a rolling restart goes.
                node.stop()
                node.environment["CREDENTIAL_KEYS"] = keys
                node.start()
                # nginx gives a node that was away a second before it tries it again.
                time.sleep(1.5)
            if keys != new:
                output = grown.nodes[0].flask("rotate-keys")
                assert "2 secrets encrypted" in output
    finally:
        over.set()
        reader.join()
    assert len(seen) > 5
    assert all(seen)
    assert f"@alice@{sandbox.host}" in alice.get("/")


def test_a_backup_brought_back_is_the_same_engawa(
    grown: Grown, cluster: Cluster, sandbox: Sandbox, tmp_path: Path
) -> None:
    alice = Visitor(grown.url, sandbox)
    alice.sign_in("alice")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    name = str(make_url(grown.settings["DATABASE_URL"]).database)
    where = ["-h", str(cluster.sockets), "-U", "engawa"]
    dump = tmp_path / "engawa.dump"
    # The two commands of docs/deploy.md.
    subprocess.run(
        [str(programs / "pg_dump"), *where, "-Fc", "-f", str(dump), name], check=True, timeout=60
    )
    other = cluster.new_database()
    subprocess.run(
        [str(programs / "pg_restore"), *where, "-d", other, str(dump)], check=True, timeout=60
    )
    with psycopg.connect(host=str(cluster.sockets), user="engawa", dbname=other) as connection:
        assert connection.execute("SELECT username FROM accounts").fetchall() == [("alice",)]
    for node in grown.nodes:
        node.stop()
        node.environment["DATABASE_URL"] = cluster.url(other)
        node.start()
    _wait_for(grown.url)
    assert f"@alice@{sandbox.host}" in alice.get("/")
    worker = grown.nodes[0].start_worker()
    try:
        assert "CREDENTIAL_KEYS open what is in the database" in _checked(grown.nodes[0])
    finally:
        end(worker)


def test_a_backup_of_sqlite_taken_while_it_is_used(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    copy = tmp_path / "copy.sqlite"
    with Installation(tmp_path / "here") as engawa:
        alice = Visitor(engawa.url, sandbox)
        alice.sign_in("alice")
        assert "The copy is whole" in engawa.flask("backup", str(copy))
        keys = {name: engawa.environment[name] for name in ("SECRET_KEY", "CREDENTIAL_KEYS")}
    # On another machine; the browser finds it under the same name.
    with Installation(tmp_path / "there", settings=keys, database=copy) as again:
        alice.url = again.url
        assert f"@alice@{sandbox.host}" in alice.get("/")
