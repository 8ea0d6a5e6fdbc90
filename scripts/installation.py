"""A throw-away installation: Engawa as it is served, by gunicorn and its configuration,
on a database of its own. The browser tests, the screenshots and the benchmarks use it.

    with Installation(Path(folder)) as engawa:
        urlopen(engawa.url)
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.request import urlopen

from cryptography.fernet import Fernet

ROOT = Path(__file__).parent.parent
START_SECONDS = 30
STOP_SECONDS = 10

# What the machine's own environment must not bring in.
_SETTINGS = (
    "ALLOWED_SERVERS",
    "ALLOW_LOOPBACK_SERVERS",
    "BIND",
    "BLOCKED_SERVERS",
    "CALLS_PER_SERVER",
    "CREDENTIAL_KEYS",
    "DATABASE_URL",
    "EXPORTS_FOLDER",
    "EXPORT_MAX_MB",
    "LIVE_PAGES",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "METRICS_FROM",
    "METRICS_TOKEN",
    "PINNED_APP_SECRET",
    "PINNED_SERVER",
    "PUBLIC_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "SIGN_IN_WAY",
    "SIGN_UPS_CLOSED",
    "THREADS",
    "TRUSTED_PROXIES",
    "UPSTREAM_SECONDS",
    "WEB_CONCURRENCY",
)


class Installation:
    """Engawa under gunicorn on a free loopback port, with its files in `folder`.

    `settings` are environment variables by name. `database` is a migrated SQLite file to
    begin with; without one, the migrations are run. `url` says localhost, so that a
    server at 127.0.0.1 is another site, as servers are.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: dict[str, str] | None = None,
        database: Path | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.database = folder / "engawa.sqlite"
        self.environment = _bare_environment() | {
            "PUBLIC_URL": self.url,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "EXPORTS_FOLDER": str(folder / "exports"),
            "ALLOW_LOOPBACK_SERVERS": "yes",
            "BIND": f"127.0.0.1:{self.port}",
            **(settings or {}),
        }
        self._begin_with = database
        self._server: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Installation:
        if self._begin_with is None:
            self.flask("db", "upgrade")
        else:
            shutil.copy(self._begin_with, self.database)
        self.start()
        return self

    def start(self) -> None:
        """Start gunicorn, and wait until it answers. Raises RuntimeError."""
        log = self.folder / "gunicorn.log"
        with log.open("wb") as output:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--log-level", "warning", "wsgi:app"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                # A group of its own, so that all of it can be ended at once.
                start_new_session=True,
            )
        try:
            wait_for(f"{self.url}/healthz", self._server)
        except RuntimeError as error:
            self.stop()
            raise RuntimeError(f"{error}\n{self.log()}") from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End gunicorn; harmless when it is not running."""
        if self._server is not None:
            end(self._server)
            self._server = None
        if self._worker is not None:
            end(self._worker)
            self._worker = None

    def kill(self) -> None:
        """End gunicorn and its workers at once, as a machine that fails does."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None

    def log(self) -> str:
        """What gunicorn and Engawa have written so far."""
        return (self.folder / "gunicorn.log").read_text(errors="replace")

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start the worker, too; what it writes comes into the same log."""
        with (self.folder / "gunicorn.log").open("ab") as output:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
            )
        return self._worker

    def flask(self, *arguments: str, typed: str = "") -> str:
        """Run a `flask` command of this installation; what it prints.

        `typed` answers its questions. Raises RuntimeError if it fails.
        """
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "flask", "--app", "wsgi", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            # Without a terminal of its own it reads a hidden answer from `typed`.
            start_new_session=True,
        )
        if done.returncode:
            raise RuntimeError(f"flask {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, program: subprocess.Popen[bytes]) -> None:
    """Wait until `url` answers. Raises RuntimeError if it does not, or `program` ends."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if program.poll() is not None:
            raise RuntimeError(f"it ended by itself before {url} answered")
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer within {START_SECONDS} seconds")


def end(program: subprocess.Popen[bytes]) -> None:
    """Ask a program to end, and see that it does."""
    program.terminate()
    try:
        program.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def _bare_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _SETTINGS and name.removesuffix("_FILE") not in _SETTINGS
    }
