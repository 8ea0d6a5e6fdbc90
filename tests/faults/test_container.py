"""The steps of the Dockerfile without Docker: what it copies is put into a bare folder, as it
says, and run there, without the rest of the repository, by a user who may write to the
volume only."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from cryptography.fernet import Fernet

from scripts.installation import ROOT, free_port

KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}


def steps() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, each with what follows it on its lines."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").strip().splitlines()
    return [
        (name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line)
    ]


def last_stage() -> list[tuple[str, str]]:
    """Those of the image that is made."""
    found = steps()
    begins = max(number for number, (name, _) in enumerate(found) if name == "FROM")
    return found[begins + 1 :]


def command_of(name: str) -> list[str]:
    """The command that the one instruction of that name gives as a list."""
    [rest] = [rest for step, rest in last_stage() if step == name]
    command: list[str] = json.loads(rest[rest.index("[") :])
    return command


def another_user() -> list[str]:
    """What to begin a command with so that nobody runs it, who may write nowhere. Where that
    user can't read the packages of this environment, it stays who we are."""
    become = ["runuser", "-u", "nobody", "--"]
    if os.getuid() != 0 or subprocess.run([*become, sys.executable, "-c", ""]).returncode:
        return []
    return become


def test_every_line_is_an_instruction_and_the_image_has_no_compiler() -> None:
    assert {name for name, _ in steps()} <= KNOWN
    assert [rest.split()[0] for name, rest in steps() if name == "FROM"] == [
        "python:3.11-slim-bookworm"
    ] * 2
    # Packages come from the first stage, whole and checked; nothing is installed in the last.
    assert any("--require-hashes" in rest for name, rest in steps() if name == "RUN")
    assert not any(word in rest for name, rest in last_stage() for word in ("apt", "pip", "curl"))
    order = [name for name, _ in last_stage()]
    assert order.index("USER") > max(n for n, name in enumerate(order) if name == "RUN")


def test_what_it_copies_is_there_and_not_kept_out() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    for name, rest in steps():
        if name == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source not in ignored


@pytest.fixture
def image() -> Iterator[Path]:
    """What the last stage copies, in a bare folder, with a volume."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for step, rest in last_stage():
            if step == "COPY" and not rest.startswith("--from"):
                *sources, to = rest.split()
                for source in sources:
                    _copy(ROOT / source, folder / to if to != "./" else folder / source)
        (folder / "instance" / "exports").mkdir(parents=True)
        yield folder


def _copy(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, to)


def test_it_runs_there_and_writes_to_its_volume_only(image: Path) -> None:
    port = free_port()
    become = another_user()
    if become:
        nobody = pwd.getpwnam("nobody")
        for path in (image / "instance", image / "instance" / "exports"):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    environment = {
        # As ENV has it, with this environment's packages in the place of the first stage's.
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "FLASK_APP": "wsgi",
        "BIND": f"127.0.0.1:{port}",
        "PUBLIC_URL": f"http://localhost:{port}",
        "SECRET_KEY": "a secret key that is long enough",
        "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
    }
    [rest] = [rest for step, rest in last_stage() if step == "ENV"]
    for setting in ("FLASK_APP=wsgi", "PYTHONDONTWRITEBYTECODE=1"):
        assert setting in rest
    before = _outside_of_the_volume(image)
    with (image.parent / f"{image.name}.log").open("w+") as log:
        process = subprocess.Popen(
            [*become, *command_of("CMD")],
            cwd=image,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            ready = _wait_for(f"http://127.0.0.1:{port}/readyz", process)
            check = [*become, *command_of("HEALTHCHECK")]
            check[-1] = check[-1].replace("8000", str(port))
            healthy = subprocess.run(check, cwd=image, env=environment, timeout=30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)
            log.seek(0)
            said = log.read()
            Path(log.name).unlink()
    assert ready == "ready\n", said
    assert healthy.returncode == 0
    assert "Traceback" not in said
    assert _outside_of_the_volume(image) == before
    assert (image / "instance" / "engawa.sqlite").is_file()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> str:
    """What it says once its worker is there, too."""
    until, said = time.monotonic() + 60, ""
    while said != "ready\n" and time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urlopen(url, timeout=5) as answer:
                said = answer.read().decode()
        except OSError:
            pass
        time.sleep(0.2)
    return said


def _outside_of_the_volume(folder: Path) -> set[str]:
    inside = folder / "instance"
    return {str(path) for path in folder.rglob("*") if inside not in (path, *path.parents)}
