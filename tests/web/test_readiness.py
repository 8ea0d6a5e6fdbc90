"""/readyz, /metrics, request ids, JSON lines, and `flask check`."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from flask import Flask

from app.extensions import db
from app.logs import JsonLines
from app.misskey import Secret
from app.models import BrowserSignIn, now
from app.security import public
from app.settings import Settings
from sandbox import Sandbox
from scripts.installation import Installation
from tests import stored
from tests.browsing import Browser
from tests.house import let_in, open_house

NO_REDIS = Secret("redis://:s3cret@127.0.0.1:1/0")
TOKEN = "a-token-of-the-metrics"


# /readyz --------------------------------------------------------------------


def test_ready(browser: Browser, sandbox: Sandbox) -> None:
    page = browser.get("/readyz")
    assert page.status == 200
    assert page.html.startswith("ready\n")
    assert "Set-Cookie" not in page.response.headers
    assert page.response.headers["Cache-Control"] == "no-store"
    assert sandbox.calls == []


def test_not_ready_before_migrating(browser: Browser, app: Flask) -> None:
    stored.execute(app, "UPDATE alembic_version SET version_num = '0001'")
    page = browser.get("/readyz")
    assert (page.status, page.html) == (503, "migrations does not answer as it should\n")


def test_not_ready_without_redis_and_alive_all_the_same(
    settings: Settings, sandbox: Sandbox
) -> None:
    with open_house(replace(settings, redis_url=NO_REDIS)) as app:
        browser = Browser(app, sandbox)
        page = browser.get("/readyz")
        assert (page.status, page.html) == (503, "redis does not answer as it should\n")
        assert browser.get("/healthz").status == 200


@pytest.mark.small
def test_not_ready_without_a_database(
    make_app: Callable[..., Flask], sandbox: Sandbox, tmp_path: Path
) -> None:
    app = make_app(database_url=f"sqlite:///{tmp_path}/nowhere/engawa.sqlite")
    page = Browser(app, sandbox).get("/readyz")
    assert (page.status, page.html) == (503, "database does not answer as it should\n")


# /metrics -------------------------------------------------------------------


def test_there_are_no_metrics_unless_they_are_wanted(browser: Browser) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        assert browser.get("/metrics", **headers).status == 404


@pytest.mark.parametrize(
    ("changes", "sent", "status"),
    [
        ({"metrics_token": Secret(TOKEN)}, f"Bearer {TOKEN}", 200),
        ({"metrics_token": Secret(TOKEN)}, f"Bearer {TOKEN}x", 404),
        ({"metrics_token": Secret(TOKEN)}, f"Basic {TOKEN}", 404),
        ({"metrics_token": Secret(TOKEN)}, "", 404),
        ({"metrics_from": ("127.0.0.0/8", "::1/128")}, "", 200),
        ({"metrics_from": ("10.0.0.0/8",)}, "", 404),
        ({"metrics_from": ("10.0.0.0/8",), "metrics_token": Secret(TOKEN)}, f"Bearer {TOKEN}", 404),
        ({"metrics_from": ("127.0.0.1",), "metrics_token": Secret(TOKEN)}, "", 404),
        ({"metrics_from": ("127.0.0.1",), "metrics_token": Secret(TOKEN)}, f"Bearer {TOKEN}", 200),
    ],
)
def test_who_may_read_the_metrics(
    make_app: Callable[..., Flask],
    sandbox: Sandbox,
    changes: dict[str, object],
    sent: str,
    status: int,
) -> None:
    browser = Browser(make_app(**changes), sandbox)
    assert browser.get("/metrics", Authorization=sent).status == status
    # An address in a header is nobody's unless a proxy is trusted.
    page = browser.get("/metrics", Authorization=sent, X_Forwarded_For="10.0.0.1")
    assert page.status == status


def value_of(text: str, name: str, **labels: str) -> float:
    """The value of one line of the metrics; 0 where there is none."""
    for line in text.splitlines():
        if line.startswith(f"{name}{{") and all(
            f'{key}="{value}"' in line for key, value in labels.items()
        ):
            return float(line.rpartition(" ")[2])
    return 0


def test_what_is_counted(make_app: Callable[..., Flask], sandbox: Sandbox) -> None:
    app = make_app(metrics_from=("127.0.0.1",))
    alice = let_in(Browser(app, sandbox), "alice")
    alice.get("/")
    for how in ("internal-error", "down", "html"):
        sandbox.misbehave("notes/timeline", how, times=1)
        alice.get("/")
    note_id = next(iter(sandbox.world.notes))
    alice.get(f"/notes/{note_id}")
    alice.get("/nothing")
    alice.client.open("/", method="BREW")
    text = alice.get("/metrics").html
    requests = "engawa_request_seconds_count"
    assert value_of(text, requests, endpoint="home.home", method="GET", status="200") >= 1
    assert value_of(text, requests, endpoint="home.home", status="502") >= 2
    assert value_of(text, requests, endpoint="none", status="404") == 1
    assert value_of(text, requests, method="other", status="405") == 1
    calls = "engawa_call_seconds_count"
    assert value_of(text, calls, outcome="answered") >= 1
    assert value_of(text, calls, outcome="server-fault") == 1
    assert value_of(text, calls, outcome="lost") == 1
    # Nothing in it is about somebody.
    [row] = stored.rows(app, "accounts")
    for private in (row["id"], row["user_id"], "alice", sandbox.host, note_id):
        assert private not in text


# Logs -----------------------------------------------------------------------


def test_every_answer_has_an_id_of_its_own(browser: Browser) -> None:
    ids = {browser.get(path).response.headers["X-Request-ID"] for path in ("/", "/x", "/healthz")}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("proxies", "sent", "kept"),
    [
        (1, "proxy-id-12345678", True),
        (0, "proxy-id-12345678", False),
        (1, "short", False),
        (1, "x" * 65, False),
        (1, "with space here", False),
        (1, '"}{"admin":1', False),
    ],
)
def test_an_id_from_outside_is_taken_from_a_trusted_proxy_only(
    make_app: Callable[..., Flask], sandbox: Sandbox, proxies: int, sent: str, kept: bool
) -> None:
    browser = Browser(make_app(trusted_proxies=proxies), sandbox)
    answered = browser.get("/healthz", X_Request_ID=sent).response.headers["X-Request-ID"]
    assert (answered == sent) is kept


def test_a_line_of_the_log_is_json_whatever_is_in_it(app: Flask) -> None:
    try:
        raise RuntimeError('with "quotes"\nand lines')
    except RuntimeError as error:
        trouble = (RuntimeError, error, error.__traceback__)
    record = logging.LogRecord("app.x", logging.ERROR, "f", 1, "a\nb %s", ("縁側",), trouble)
    line = JsonLines().format(record)
    assert "\n" not in line
    read = json.loads(line)
    assert read["message"] == "a\nb 縁側"
    assert read["level"] == "error"
    assert 'RuntimeError: with "quotes"' in read["traceback"]
    assert "request" not in read
    with app.test_request_context():
        first, second = (json.loads(JsonLines().format(record)) for _ in range(2))
    assert first["request"] == second["request"]


def test_a_bug_is_logged_by_the_pages_name_not_by_its_address(
    make_app: Callable[..., Flask], sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()

    @public
    def bug(token: str) -> str:
        raise RuntimeError("a bug")

    app.add_url_rule("/broken/<token>", "broken", bug)
    assert Browser(app, sandbox).get("/broken/s3cret-token").status == 500
    assert "a bug at GET broken" in caplog.text
    assert "s3cret-token" not in caplog.text


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Installation]:
    """An installation as it is served, that writes JSON."""
    settings = {"LOG_FORMAT": "json", "METRICS_TOKEN": TOKEN, "WEB_CONCURRENCY": "2"}
    with Installation(tmp_path, settings=settings) as installation:
        yield installation


def test_what_is_served_writes_json_only_and_counts_all_processes_together(
    served: Installation,
) -> None:
    for _ in range(12):
        with urlopen(f"{served.url}/about?secret=s3cret") as answer:
            assert answer.headers["X-Request-ID"]
    asked = Request(f"{served.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(asked) as answer:
        text = answer.read().decode()
    counted = value_of(text, "engawa_request_seconds_count", endpoint="about.about")
    assert counted == 12
    lines = [json.loads(line) for line in served.log().splitlines()]
    about = [line for line in lines if line.get("endpoint") == "about.about"]
    assert len(about) == 12
    assert len({line["request"] for line in about}) == 12
    assert {line["status"] for line in about} == {200}
    assert "s3cret" not in served.log()


# flask check ----------------------------------------------------------------


def checked(app: Flask) -> tuple[int, str]:
    """How `flask check` ends, and what it says."""
    result = app.test_cli_runner().invoke(args=["check"])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def read(url: str) -> str:
    """What is at that address."""
    with urlopen(url) as answer:
        return str(answer.read().decode())


def test_an_installation_that_is_served_passes(served: Installation) -> None:
    served.start_worker()
    until = time.monotonic() + 20
    while "no worker" in read(f"{served.url}/readyz"):
        assert time.monotonic() < until, served.log()
        time.sleep(0.1)
    output = served.flask("check")
    assert "worker: 1 alive" in output
    assert "all its migrations are done" in output
    assert f"{served.url} leads to Engawa" in output
    assert "WRONG" not in output
    served.stop()
    with pytest.raises(RuntimeError, match="have to be mended"):
        served.flask("check")


def test_it_says_that_nothing_answers_at_the_public_url(make_app: Callable[..., Flask]) -> None:
    code, output = checked(make_app(public_url="http://127.0.0.1:1"))
    assert code == 1
    assert "http://127.0.0.1:1 can't be reached from here" in output


def test_it_says_that_something_else_answers(
    make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    code, output = checked(make_app(public_url=sandbox.url))
    assert code == 1
    assert f"{sandbox.url} answers, but" in output


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"public_url": "https://127.0.0.1:1", "allow_loopback_servers": True},
            "ALLOW_LOOPBACK_SERVERS is on",
        ),
        ({"public_url": "https://127.0.0.1:1"}, "TRUSTED_PROXIES is 0"),
        ({"credential_keys": (Secret("A" * 43 + "="),)}, "don't open what is in the database"),
    ],
)
def test_what_it_finds(
    app: Flask,
    make_app: Callable[..., Flask],
    sandbox: Sandbox,
    changes: dict[str, object],
    words: str,
) -> None:
    let_in(Browser(app, sandbox), "alice")
    _, output = checked(make_app(**changes))
    assert words in output


def test_it_finds_no_redis(settings: Settings) -> None:
    with open_house(replace(settings, redis_url=NO_REDIS)) as app:
        code, output = checked(app)
    assert code == 1
    assert "redis: It does not answer (ConnectionError)" in output
    assert "s3cret" not in output


def test_it_finds_a_database_that_is_behind(app: Flask) -> None:
    stored.execute(app, "UPDATE alembic_version SET version_num = '0001'")
    code, output = checked(app)
    assert code == 1
    assert "at migration 0001" in output
    assert "flask db upgrade" in output


@pytest.mark.small
def test_it_finds_no_database(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path}/nowhere/engawa.sqlite",
        "postgresql+psycopg://engawa:s3cret@127.0.0.1:1/engawa",
    ):
        code, output = checked(make_app(database_url=url))
        assert code == 1
        assert "can't be reached" in output
        assert "s3cret" not in output


def test_it_finds_a_clock_that_goes_back(app: Flask, sandbox: Sandbox) -> None:
    let_in(Browser(app, sandbox), "alice")
    with app.app_context():
        db.session.execute(db.update(BrowserSignIn).values(seen_at=now() + timedelta(days=1)))
        db.session.commit()
    code, output = checked(app)
    assert code == 1
    assert "somebody was here" in output


def test_it_finds_secrets_everybody_can_read(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret_key"
    path.write_text("x")
    monkeypatch.setenv("SECRET_KEY_FILE", str(path))
    os.chmod(path, 0o604)
    assert f"SECRET_KEY_FILE ({path}) may be read by everybody" in checked(app)[1]
    os.chmod(path, 0o600)
    assert "SECRET_KEY_FILE" not in checked(app)[1]
