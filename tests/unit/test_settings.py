"""Every setting: what it is when nobody sets it, what it takes, and that anything else
stops the start with one line that names it and tells no secret."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.misskey import Secret, ServerAddress
from app.settings import Settings, SettingsError, from_environment

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.urlsafe_b64encode(b"the newer key of 32 characters, ").decode()
OLD_KEY = base64.urlsafe_b64encode(b"the older key of 32 characters, ").decode()
GOOD = {
    "PUBLIC_URL": "https://engawa.example",
    "SECRET_KEY": "k" * 32,
    "CREDENTIAL_KEYS": KEY,
}
PINNED = {"PINNED_SERVER": "misskey.io", "PINNED_APP_SECRET": "the secret of an app"}
SECRET_ONES = ("SECRET_KEY", "CREDENTIAL_KEYS")


@pytest.fixture(autouse=True)
def _an_environment_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DEFAULTS:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Reads the settings with some variables changed; None takes one away."""

    def read(**changes: str | None) -> Settings:
        for name, value in changes.items():
            if value is None:
                monkeypatch.delenv(name)
            else:
                monkeypatch.setenv(name, value)
        return from_environment()

    return read


DEFAULTS = {
    "database_url": "sqlite:///engawa.sqlite",
    "redis_url": None,
    "pinned_server": None,
    "pinned_app_secret": None,
    "sign_in_way": "automatic",
    "allow_loopback_servers": False,
    "trusted_proxies": 0,
    "upstream_seconds": 12.0,
    "calls_per_server": 8,
    "upload_megabytes": 100,
    "live_pages": 1000,
    "export_max_mb": 1000,
    "exports_folder": "",
    "allowed_servers": (),
    "blocked_servers": (),
    "sign_ups_closed": False,
    "metrics_from": (),
    "metrics_token": None,
    "log_format": "text",
}

TAKEN: list[tuple[str, str, Any]] = [
    ("PUBLIC_URL", "https://engawa.example", "https://engawa.example"),
    ("PUBLIC_URL", "  https://engawa.example/ \n", "https://engawa.example"),
    ("PUBLIC_URL", "HTTPS://Engawa.EXAMPLE", "https://engawa.example"),
    ("PUBLIC_URL", "https://engawa.example:8443", "https://engawa.example:8443"),
    ("PUBLIC_URL", "https://192.168.1.5", "https://192.168.1.5"),
    ("PUBLIC_URL", "https://[fd00::1]:8443", "https://[fd00::1]:8443"),
    ("PUBLIC_URL", "https://engawa", "https://engawa"),
    # As browsers write it in Origin: without the port they leave out, in ASCII.
    ("PUBLIC_URL", "https://engawa.example:443", "https://engawa.example"),
    ("PUBLIC_URL", "https://engawa.example:", "https://engawa.example"),
    ("PUBLIC_URL", "http://localhost:80", "http://localhost"),
    ("PUBLIC_URL", "https://縁側.example", "https://xn--2yq632i.example"),
    ("PUBLIC_URL", "http://localhost:8000", "http://localhost:8000"),
    ("PUBLIC_URL", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("PUBLIC_URL", "http://[::1]:8000", "http://[::1]:8000"),
    ("SECRET_KEY", "k" * 32, Secret("k" * 32)),
    ("SECRET_KEY", "縁" * 32, Secret("縁" * 32)),
    ("SECRET_KEY", f"\n{'k' * 40}\n", Secret("k" * 40)),
    ("CREDENTIAL_KEYS", KEY, (Secret(KEY),)),
    ("CREDENTIAL_KEYS", f"{KEY},{OLD_KEY}", (Secret(KEY), Secret(OLD_KEY))),
    ("CREDENTIAL_KEYS", f"{KEY}\n{OLD_KEY}\n", (Secret(KEY), Secret(OLD_KEY))),
    ("CREDENTIAL_KEYS", f" {KEY} , {OLD_KEY} ,", (Secret(KEY), Secret(OLD_KEY))),
    ("DATABASE_URL", "sqlite:////var/lib/engawa.sqlite", "sqlite:////var/lib/engawa.sqlite"),
    ("DATABASE_URL", "postgresql://u:p@db/engawa", "postgresql+psycopg://u:p@db/engawa"),
    ("DATABASE_URL", "postgres://u:p@db:5432/e", "postgresql+psycopg://u:p@db:5432/e"),
    ("DATABASE_URL", "postgresql+psycopg://db/e", "postgresql+psycopg://db/e"),
    ("REDIS_URL", "redis://cache:6379/0", Secret("redis://cache:6379/0")),
    ("REDIS_URL", "redis://:p%2Fw@cache/1", Secret("redis://:p%2Fw@cache/1")),
    ("REDIS_URL", "rediss://cache", Secret("rediss://cache")),
    ("SIGN_IN_WAY", "automatic", "automatic"),
    ("SIGN_IN_WAY", "App", "app"),
    ("ALLOW_LOOPBACK_SERVERS", "yes", True),
    ("ALLOW_LOOPBACK_SERVERS", "TRUE", True),
    ("ALLOW_LOOPBACK_SERVERS", "1", True),
    ("ALLOW_LOOPBACK_SERVERS", "On", True),
    ("ALLOW_LOOPBACK_SERVERS", "no", False),
    ("ALLOW_LOOPBACK_SERVERS", "false", False),
    ("ALLOW_LOOPBACK_SERVERS", "0", False),
    ("ALLOW_LOOPBACK_SERVERS", "off", False),
    ("TRUSTED_PROXIES", "0", 0),
    ("TRUSTED_PROXIES", "2", 2),
    ("UPSTREAM_SECONDS", "0.1", 0.1),
    ("UPSTREAM_SECONDS", "60", 60.0),
    ("UPSTREAM_SECONDS", "1e1", 10.0),
    ("CALLS_PER_SERVER", "1", 1),
    ("CALLS_PER_SERVER", "32", 32),
    ("LIVE_PAGES", "0", 0),
    ("LIVE_PAGES", "200", 200),
    ("UPLOAD_MEGABYTES", "1", 1),
    ("UPLOAD_MEGABYTES", "2000", 2000),
    ("EXPORT_MAX_MB", "0", 0),
    ("EXPORT_MAX_MB", "9999", 9999),
    ("EXPORTS_FOLDER", "/srv/engawa/exports", "/srv/engawa/exports"),
    ("ALLOWED_SERVERS", "misskey.example", ("misskey.example",)),
    (
        "ALLOWED_SERVERS",
        "A.example, *.b.example\n@me@c.example",
        ("a.example", "*.b.example", "c.example"),
    ),
    ("BLOCKED_SERVERS", "縁側.example", ("xn--2yq632i.example",)),
    ("BLOCKED_SERVERS", "a.example:8443 127.0.0.1:4000", ("a.example:8443", "127.0.0.1:4000")),
    ("SIGN_UPS_CLOSED", "yes", True),
    ("METRICS_FROM", "127.0.0.1, ::1 10.0.0.0/8", ("127.0.0.1/32", "::1/128", "10.0.0.0/8")),
    ("METRICS_TOKEN", "m" * 16, Secret("m" * 16)),
    ("LOG_FORMAT", "json", "json"),
    ("LOG_FORMAT", "text", "text"),
]

REFUSED: list[tuple[str, str]] = [
    ("PUBLIC_URL", "engawa.example"),
    ("PUBLIC_URL", "//engawa.example"),
    ("PUBLIC_URL", "https://"),
    ("PUBLIC_URL", "https:///path"),
    ("PUBLIC_URL", "https:engawa.example"),
    ("PUBLIC_URL", "ftp://engawa.example"),
    ("PUBLIC_URL", "http://engawa.example"),
    ("PUBLIC_URL", "http://192.168.1.5"),
    ("PUBLIC_URL", "http://localhost.evil.example"),
    ("PUBLIC_URL", "https://engawa.example/app"),
    ("PUBLIC_URL", "https://engawa.example//"),
    ("PUBLIC_URL", "https://engawa.example?x"),
    ("PUBLIC_URL", "https://engawa.example?"),
    ("PUBLIC_URL", "https://engawa.example#x"),
    ("PUBLIC_URL", "https://user:password@engawa.example"),
    ("PUBLIC_URL", "https://@engawa.example"),
    ("PUBLIC_URL", "https://engawa.example:port"),
    ("PUBLIC_URL", "https://engawa.example:99999"),
    ("PUBLIC_URL", "https://engawa.example:0"),
    ("PUBLIC_URL", "https://enga wa.example"),
    ("PUBLIC_URL", "https://enga\nwa.example"),
    ("PUBLIC_URL", "https://engawa.example\\x"),
    ("PUBLIC_URL", "https://engawa..example"),
    ("PUBLIC_URL", "https://[::1"),
    ("PUBLIC_URL", "https://a.example, https://b.example"),
    ("SECRET_KEY", "k" * 31),
    ("SECRET_KEY", f"  {'k' * 31}  "),
    ("CREDENTIAL_KEYS", ",,,"),
    ("CREDENTIAL_KEYS", "not-a-key"),
    ("CREDENTIAL_KEYS", KEY[:-5]),
    ("CREDENTIAL_KEYS", f"{KEY},short"),
    ("CREDENTIAL_KEYS", "鍵" * 44),
    ("DATABASE_URL", "mysql://user:hunter2-of-it@db/engawa"),
    ("DATABASE_URL", "engawa.sqlite"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "postgresql://user:hunter2-of-it@db:port/engawa"),
    ("DATABASE_URL", "postgresql://user:hunter2/of/it@db:/x:y/engawa"),
    ("DATABASE_URL", "postgresql+psycopg2://user:hunter2-of-it@db/engawa"),
    ("REDIS_URL", "cache:6379"),
    ("REDIS_URL", "http://cache:6379"),
    ("REDIS_URL", "unix:///run/redis.sock"),
    ("REDIS_URL", "redis://:hunter2-of-it@cache:port/0"),
    ("REDIS_URL", "redis://:hunter2/of/it@cache:6379/0"),
    ("REDIS_URL", "redis://:hunter2-of-it@cache:6379/first"),
    ("REDIS_URL", "redis://:hunter2-of-it@cache:0/0"),
    ("SIGN_IN_WAY", "oauth"),
    ("SIGN_IN_WAY", "yes"),
    ("ALLOW_LOOPBACK_SERVERS", "maybe"),
    ("ALLOW_LOOPBACK_SERVERS", "2"),
    ("TRUSTED_PROXIES", "-1"),
    ("TRUSTED_PROXIES", "1.5"),
    ("TRUSTED_PROXIES", "one"),
    ("TRUSTED_PROXIES", "１"),
    ("TRUSTED_PROXIES", "9" * 5000),
    ("UPSTREAM_SECONDS", "0"),
    ("UPSTREAM_SECONDS", "0.05"),
    ("UPSTREAM_SECONDS", "61"),
    ("UPSTREAM_SECONDS", "-5"),
    ("UPSTREAM_SECONDS", "nan"),
    ("UPSTREAM_SECONDS", "inf"),
    ("UPSTREAM_SECONDS", "12s"),
    ("CALLS_PER_SERVER", "0"),
    ("CALLS_PER_SERVER", "-8"),
    ("CALLS_PER_SERVER", "8.0"),
    ("CALLS_PER_SERVER", "many"),
    ("LIVE_PAGES", "-1"),
    ("LIVE_PAGES", "many"),
    ("UPLOAD_MEGABYTES", "0"),
    ("UPLOAD_MEGABYTES", "1.5"),
    ("UPLOAD_MEGABYTES", "10 MB"),
    ("EXPORT_MAX_MB", "-1"),
    ("EXPORT_MAX_MB", "1 GB"),
    ("EXPORTS_FOLDER", "exports"),
    ("EXPORTS_FOLDER", "~/exports"),
    ("ALLOWED_SERVERS", "a.example 10.0.0.1"),
    ("ALLOWED_SERVERS", "*"),
    ("ALLOWED_SERVERS", "*."),
    ("BLOCKED_SERVERS", "*.*.example"),
    ("BLOCKED_SERVERS", "https://user:hunter2-of-it@a.example"),
    ("SIGN_UPS_CLOSED", "perhaps"),
    ("METRICS_FROM", "everybody"),
    ("METRICS_FROM", "10.0.0.1/8"),
    ("METRICS_TOKEN", "hunter2-of-it"),
    ("LOG_FORMAT", "xml"),
]


def refused(read: Callable[..., Settings], **changes: str | None) -> str:
    """The one line that refuses these settings."""
    with pytest.raises(SettingsError) as failed:
        read(**changes)
    line = str(failed.value)
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert len(line) < 200
    return line


def test_defaults(read: Callable[..., Settings]) -> None:
    settings = read()
    assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS


def test_every_setting_is_in_these_tables() -> None:
    names = {name.lower() for name, *_ in [*TAKEN, *REFUSED]} | {name.lower() for name in PINNED}
    assert names == set(Settings.__dataclass_fields__)


@pytest.mark.parametrize(("name", "text", "value"), TAKEN)
def test_good_value_is_taken(
    read: Callable[..., Settings], name: str, text: str, value: Any
) -> None:
    assert getattr(read(**{name: text}), name.lower()) == value


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_bad_value_is_refused_in_one_line_that_names_it(
    read: Callable[..., Settings], name: str, text: str
) -> None:
    line = refused(read, **{name: text})
    assert line.startswith(f"{name} ")


@pytest.mark.parametrize(
    ("name", "text"),
    [(name, text) for name, text in REFUSED if "hunter2" in text or name in SECRET_ONES],
)
def test_refused_value_of_a_secret_is_not_told(
    read: Callable[..., Settings], name: str, text: str
) -> None:
    with pytest.raises(SettingsError) as failed:
        read(**{name: text})
    shown = "".join(traceback.format_exception(failed.value))
    assert text not in shown
    assert "hunter2" not in shown
    assert "of/it" not in shown


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, "", "   \n"])
def test_missing_setting_is_told_with_its_meaning(
    read: Callable[..., Settings], name: str, value: str | None
) -> None:
    line = refused(read, **{name: value})
    assert line.startswith(f"{name} is missing (")


@pytest.mark.parametrize("name", [name for name, *_ in TAKEN if name not in GOOD])
def test_empty_value_is_the_default(read: Callable[..., Settings], name: str) -> None:
    assert getattr(read(**{name: "  "}), name.lower()) == DEFAULTS[name.lower()]


# Pinned ----------------------------------------------------------------------------


def test_pinned_server_and_its_secret(read: Callable[..., Settings]) -> None:
    settings = read(**PINNED)
    assert settings.pinned_server == ServerAddress("misskey.io")
    assert settings.pinned_app_secret == Secret("the secret of an app")


@pytest.mark.parametrize("alone", PINNED)
def test_pinned_server_needs_both(read: Callable[..., Settings], alone: str) -> None:
    line = refused(read, **{alone: PINNED[alone]})
    assert "PINNED_SERVER" in line
    assert "PINNED_APP_SECRET" in line
    assert "secret of an app" not in line


@pytest.mark.parametrize(
    "server", ["misskey", "http://misskey.io", "10.0.0.1", "misskey.io/x", "127.0.0.1:3000"]
)
def test_pinned_server_that_is_none_is_refused(read: Callable[..., Settings], server: str) -> None:
    line = refused(read, **{**PINNED, "PINNED_SERVER": server})
    assert line.startswith("PINNED_SERVER is no server address")


def test_pinned_server_may_be_on_loopback_where_that_is_allowed(
    read: Callable[..., Settings],
) -> None:
    pinned = {**PINNED, "PINNED_SERVER": "127.0.0.1:3000"}
    settings = read(**pinned, ALLOW_LOOPBACK_SERVERS="yes")
    assert settings.pinned_server == ServerAddress("127.0.0.1:3000", is_loopback=True)


# Files -----------------------------------------------------------------------------

FIRST_GOOD = {name: (text, value) for name, text, value in reversed(TAKEN)}
FIRST_GOOD |= {
    "PINNED_SERVER": ("misskey.io", ServerAddress("misskey.io")),
    "PINNED_APP_SECRET": ("the secret of an app", Secret("the secret of an app")),
}


@pytest.mark.parametrize("name", FIRST_GOOD)
def test_every_setting_may_be_a_file(
    read: Callable[..., Settings], tmp_path: Path, name: str
) -> None:
    text, value = FIRST_GOOD[name]
    file = tmp_path / "value"
    # With the line end that editors leave.
    file.write_text(f"{text}\n")
    more: dict[str, str | None] = dict(PINNED) if name in PINNED else {}
    more.pop(name, None)
    if name in GOOD:
        more[name] = None
    assert getattr(read(**{f"{name}_FILE": str(file), **more}), name.lower()) == value


@pytest.mark.parametrize("name", FIRST_GOOD)
def test_file_that_is_missing_is_told(
    read: Callable[..., Settings], tmp_path: Path, name: str
) -> None:
    assert refused(read, **{f"{name}_FILE": str(tmp_path / "none")}) == f"{name}_FILE can't be read"


def test_file_that_is_none_is_told(read: Callable[..., Settings], tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00" * 20)
    for path in (tmp_path, binary):
        line = refused(read, SECRET_KEY_FILE=str(path))
        assert line == "SECRET_KEY_FILE can't be read"


def test_empty_file_is_as_good_as_nothing(read: Callable[..., Settings], tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text("\n")
    assert refused(read, SECRET_KEY_FILE=str(file), SECRET_KEY=None).startswith(
        "SECRET_KEY is missing"
    )


def test_bad_value_in_a_file_is_refused_without_telling_it(
    read: Callable[..., Settings], tmp_path: Path
) -> None:
    file = tmp_path / "value"
    file.write_text("too-short\n")
    line = refused(read, SECRET_KEY_FILE=str(file))
    assert line.startswith("SECRET_KEY must")
    assert "too-short" not in line


# What comes of them ------------------------------------------------------------------


def test_settings_do_not_show_secrets(read: Callable[..., Settings]) -> None:
    settings = read(
        **PINNED,
        DATABASE_URL="postgresql://u:hunter2-of-it@db/e",
        REDIS_URL="redis://:hunter2-of-it@cache",
    )
    shown = f"{settings!r} {settings}"
    for secret in (KEY, GOOD["SECRET_KEY"], "hunter2-of-it", PINNED["PINNED_APP_SECRET"]):
        assert secret not in shown
    assert "https://engawa.example" in shown


@pytest.mark.parametrize(
    ("public_url", "is_https"),
    [("https://engawa.example", True), ("http://localhost:8000", False)],
)
def test_callback_is_a_bare_address_below_the_public_url(
    read: Callable[..., Settings], public_url: str, is_https: bool
) -> None:
    """Servers append `?token=…` to it as text, so it must not hold a query of its own."""
    settings = read(PUBLIC_URL=public_url)
    assert settings.callback_url == f"{public_url}/sign-in/callback"
    assert settings.is_https is is_https


# The start ---------------------------------------------------------------------------


def test_start_stops_with_one_line() -> None:
    environment = {"PATH": os.environ["PATH"], **GOOD, "SECRET_KEY": "hunter2"}
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr == "engawa: SECRET_KEY must have at least 32 characters\n"


@pytest.mark.parametrize(
    ("public_url", "may"),
    [
        ("https://engawa.example", True),
        ("https://engawa.example:8443", True),
        ("https://縁側.example", True),
        ("http://localhost:8000", False),
        ("https://localhost", False),
        ("https://127.0.0.1", False),
        ("https://93.184.216.34", False),
        ("https://[fd00::1]", False),
        ("https://engawa", False),
        ("https://engawa.localhost", False),
    ],
)
def test_oauth_only_where_a_server_would_take_our_client_page(
    read: Callable[..., Settings], public_url: str, may: bool
) -> None:
    settings = read(PUBLIC_URL=public_url)
    assert settings.may_use_oauth is may
    assert settings.oauth_client_id == f"{settings.public_url}/sign-in/oauth/client"
    assert settings.oauth_callback_url == f"{settings.public_url}/sign-in/oauth/callback"
    assert not read(PUBLIC_URL=public_url, SIGN_IN_WAY="app").may_use_oauth
