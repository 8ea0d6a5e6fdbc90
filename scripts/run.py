"""`make run`: Engawa, its worker and a sandbox Misskey server on this machine, ready to try.

Makes the secrets once (`instance/`, readable by you alone), migrates the database,
starts all three, and ends them on Ctrl-C. PORT and SANDBOX_PORT move them.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from urllib.request import urlopen

from cryptography.fernet import Fernet

ROOT = Path(__file__).parent.parent
INSTANCE = ROOT / "instance"
START_SECONDS = 30
STOP_SECONDS = 10


def main() -> int:
    """Start all three; the exit status of the whole."""
    os.chdir(ROOT)
    # The end is asked for politely (docker stop, a supervisor) as by Ctrl-C.
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    port, sandbox_port = _port("PORT", "8000"), _port("SANDBOX_PORT", "4000")
    environment = _environment(port)
    programs: list[subprocess.Popen[bytes]] = []
    try:
        _run([sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"], environment)
        sandbox = [sys.executable, "-m", "sandbox", "--port", str(sandbox_port), "--quiet"]
        programs.append(_start(sandbox, environment))
        gunicorn = [sys.executable, "-m", "gunicorn", "--log-level", "warning", "wsgi:app"]
        programs.append(_start(gunicorn, environment))
        worker = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
        programs.append(_start(worker, environment))
        url = environment["PUBLIC_URL"]
        _wait_for(f"{url}/healthz", programs)
        _wait_for(f"http://127.0.0.1:{sandbox_port}/", programs)
        print(f"Open       {url}")
        people = "alice, bob, carol, dave or haru"
        print(f"Sign in at 127.0.0.1:{sandbox_port} (the sandbox), as {people}")
        print("           or at any real Misskey server: type its name instead. Ctrl-C ends it.")
        sys.stdout.flush()
        while all(program.poll() is None for program in programs):
            time.sleep(0.3)
        print("engawa: one of the three programs ended by itself", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 0
    finally:
        # A second Ctrl-C must not cut the ending short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _stop(programs)


def _as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _port(name: str, default: str) -> int:
    text = os.environ.get(name) or default
    if not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"engawa: {name} must be a port number, not {text!r}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError:
            sys.exit(f"engawa: port {text} is taken; choose another with {name}=…")
    return int(text)


def _environment(port: int) -> dict[str, str]:
    INSTANCE.mkdir(mode=0o700, exist_ok=True)
    environment = dict(os.environ)
    defaults = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "ALLOW_LOOPBACK_SERVERS": "yes"}
    for name, value in defaults.items():
        environment.setdefault(name, value)
    for name, make in (
        ("SECRET_KEY", lambda: secrets.token_urlsafe(48)),
        ("CREDENTIAL_KEYS", lambda: Fernet.generate_key().decode()),
    ):
        if name not in environment and f"{name}_FILE" not in environment:
            environment[f"{name}_FILE"] = str(_secret_file(name.lower(), make))
    environment["BIND"] = f"127.0.0.1:{port}"
    return environment


def _secret_file(name: str, make: Callable[[], str]) -> Path:
    """The file that holds a secret: made once, mode 0600 from its first moment."""
    path = INSTANCE / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w") as file:
        file.write(make() + "\n")
    return path


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit((done.stderr or done.stdout).strip())


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # In a session of their own, so that Ctrl-C reaches this program only, which then
    # ends them in order.
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _wait_for(url: str, programs: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if any(program.poll() is not None for program in programs):
            sys.exit("engawa: it did not start; what went wrong stands above")
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"engawa: {url} did not answer within {START_SECONDS} seconds")


def _stop(programs: list[subprocess.Popen[bytes]]) -> None:
    for program in programs:
        program.terminate()
    for program in programs:
        try:
            program.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


if __name__ == "__main__":
    sys.exit(main())
