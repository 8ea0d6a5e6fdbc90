"""Real PostgreSQL and Redis from the system's packages, thrown away afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import make_url


def missing(what: str) -> None:
    """Skip, with the reason; in CI nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(f"in CI the databases have to be installed, but {what} is not")
    pytest.skip(f"{what} is not installed")


@dataclass
class Cluster:
    """A PostgreSQL cluster that listens on a socket of its own."""

    sockets: Path
    start: Callable[[], None]
    stop: Callable[[], None]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        """The database's address as SQLAlchemy takes it."""
        return f"postgresql+psycopg://engawa@/{name}?host={self.sockets}"

    def new_database(self, template: str = "template0") -> str:
        """The name of a new database, empty or as `template` is."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, url: str) -> None:
        """Delete the database at that address, whoever is connected to it."""
        self._execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.sockets), user="engawa", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


@contextmanager
def postgresql() -> Iterator[Cluster]:
    """Start a cluster; where the tests run as root, as the user `postgres`, because the
    server refuses to be root."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        missing("PostgreSQL")
    programs = found[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="engawa-postgresql-", dir="/tmp"))
    become: list[str] = []
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        become = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        command = [*become, str(programs / program), "-D", str(folder / "data"), *arguments]
        # Into a file: a pipe would stay open in the server that pg_ctl leaves behind.
        with (folder.parent / f"{folder.name}.log").open("ab") as log:
            done = subprocess.run(command, cwd="/", stdout=log, stderr=log, timeout=60)
        assert done.returncode == 0, Path(log.name).read_text()

    try:
        run("initdb", "-A", "trust", "-U", "engawa", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=60"

        def start() -> None:
            run("pg_ctl", "-w", "-o", options, "start")

        def stop() -> None:
            if (folder / "data" / "postmaster.pid").exists():
                run("pg_ctl", "-m", "immediate", "stop")

        start()
        try:
            yield Cluster(folder, start, stop)
        finally:
            stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)


@dataclass
class RedisServer:
    """A Redis that listens on a socket and keeps nothing."""

    url: str
    client: Redis
    process: subprocess.Popen[bytes]

    def start(self) -> None:
        """Begin again at the same place, with nothing in it."""
        self.process = subprocess.Popen(self.process.args, stdout=subprocess.DEVNULL)
        wait_for_redis(self.client)

    def stop(self) -> None:
        """End it, whatever is in it."""
        self.process.kill()
        self.process.wait(timeout=10)


def wait_for_redis(client: Redis) -> None:
    """Until it answers."""
    until = time.monotonic() + 20
    while True:
        with contextlib.suppress(RedisError):
            client.ping()
            return
        assert time.monotonic() < until, "redis-server did not start"
        time.sleep(0.02)


@contextmanager
def redis_server(port: int = 0) -> Iterator[RedisServer]:
    """Start one; with a port it listens there, too."""
    program = shutil.which("redis-server")
    if program is None:
        missing("redis-server")
    folder = tempfile.mkdtemp(prefix="engawa-redis-", dir="/tmp")
    path = f"{folder}/redis.sock"
    process = subprocess.Popen(
        [
            str(program),
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--unixsocket",
            path,
            "--save",
            "",
            "--dir",
            folder,
        ],
        stdout=subprocess.DEVNULL,
    )
    client = Redis(unix_socket_path=path)
    try:
        wait_for_redis(client)
        url = f"redis://127.0.0.1:{port}/0" if port else f"unix://{path}"
        server = RedisServer(url, client, process)
        try:
            yield server
        finally:
            server.stop()
    finally:
        client.close()
        process.kill()
        process.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)
