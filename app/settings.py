"""Every setting: its name in the environment, type, default, check and meaning.

Each may also be given as a file: `SECRET_KEY_FILE=/run/secrets/key` reads the value
from there, which is how containers hand out secrets. A missing or impossible value
stops the start with one line that names it (`SettingsError`).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import idna
from environs import EnvError, FileAwareEnv
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.misskey import AddressRefused, Secret, ServerAddress, parse_server

SignInWay = Literal["automatic", "app"]

DEFAULT_DATABASE_URL = "sqlite:///engawa.sqlite"
DEFAULT_UPSTREAM_SECONDS = 12.0
DEFAULT_CALLS_PER_SERVER = 8
DEFAULT_UPLOAD_MEGABYTES = 100
DEFAULT_LIVE_PAGES = 1000
DEFAULT_EXPORT_MAX_MB = 1000
_SHORTEST_SECRET_KEY = 32
_SHORTEST_METRICS_TOKEN = 16


class SettingsError(Exception):
    """A setting is missing or impossible; the text is one line that names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked settings of one installation."""

    public_url: str
    """Where people reach Engawa: an origin without a path, https unless on loopback."""

    secret_key: Secret
    """Signs CSRF tokens. At least 32 characters."""

    credential_keys: tuple[Secret, ...]
    """Fernet keys: the first encrypts, all decrypt."""

    database_url: str = field(default=DEFAULT_DATABASE_URL, repr=False)
    """A relative SQLite path lies in `instance/`."""

    redis_url: Secret | None = None
    """Sessions and limits in Redis; without it sessions live in the database."""

    pinned_server: ServerAddress | None = None
    """The only server people may sign in to, with its app registered by hand."""

    pinned_app_secret: Secret | None = None
    sign_in_way: SignInWay = "automatic"
    """`automatic`: by OAuth where a server offers it, else by the app's session; `app`:
    always by the app's session."""

    allow_loopback_servers: bool = False
    """Whether servers on this machine's loopback may be signed in to, over http."""

    trusted_proxies: int = 0
    """How many reverse proxies stand in front, whose X-Forwarded-* are believed."""

    upstream_seconds: float = DEFAULT_UPSTREAM_SECONDS
    """How long one call to a server may take in all."""

    calls_per_server: int = DEFAULT_CALLS_PER_SERVER
    """How many calls to one server may be under way at once, in one process."""

    upload_megabytes: int = DEFAULT_UPLOAD_MEGABYTES
    """How many megabytes of files one form may bring; they lie on disk meanwhile."""

    live_pages: int = DEFAULT_LIVE_PAGES
    """How many open pages one process keeps up to date as things happen; the others ask
    now and then. 0 keeps none."""
    export_max_mb: int = DEFAULT_EXPORT_MAX_MB
    """How many megabytes one export may collect; 0 offers none."""

    exports_folder: str = ""
    """Where exports lie, `exports` beside the other files of the installation unless set.
    Where there are several nodes or workers, all of them need the same one."""

    allowed_servers: tuple[str, ...] = ()
    """The only servers that may be used here, if any are named; see `app.house_rules`."""

    blocked_servers: tuple[str, ...] = ()
    """Servers that may not be used here."""

    sign_ups_closed: bool = False
    """Whether only people who were here before may sign in."""

    metrics_from: tuple[str, ...] = ()
    """The networks from which /metrics may be read."""

    metrics_token: Secret | None = None
    """The bearer token with which /metrics may be read."""

    log_format: str = "text"
    """`text` or `json`."""

    @property
    def is_https(self) -> bool:
        """Whether people reach Engawa over https."""
        return self.public_url.startswith("https://")

    @property
    def callback_url(self) -> str:
        """Where servers send people back to after consent."""
        return f"{self.public_url}/sign-in/callback"

    @property
    def oauth_client_id(self) -> str:
        """The address of the page that tells servers who we are, for OAuth."""
        return f"{self.public_url}/sign-in/oauth/client"

    @property
    def oauth_callback_url(self) -> str:
        """Where servers send people back to after consent by OAuth."""
        return f"{self.public_url}/sign-in/oauth/callback"

    @property
    def may_use_oauth(self) -> bool:
        """Whether people may sign in by OAuth: servers take a client only from an https
        address with a name that leads out on the network (FACTS F), as we do of them."""
        if self.sign_in_way != "automatic" or not self.is_https:
            return False
        try:
            parse_server(self.public_url)
        except AddressRefused:
            return False
        return True


def from_environment() -> Settings:
    """The settings from the environment. Raises SettingsError."""
    read = _Reader()
    allow_loopback = read("ALLOW_LOOPBACK_SERVERS", _boolean, default=False)
    pinned_server = read("PINNED_SERVER", lambda text: _server(text, allow_loopback), default=None)
    pinned_app_secret = read("PINNED_APP_SECRET", Secret, default=None)
    if (pinned_server is None) != (pinned_app_secret is None):
        raise SettingsError("PINNED_SERVER and PINNED_APP_SECRET go together: set both, or neither")
    return Settings(
        public_url=read("PUBLIC_URL", _public_url),
        secret_key=read("SECRET_KEY", _secret_key),
        credential_keys=read("CREDENTIAL_KEYS", _fernet_keys),
        database_url=read("DATABASE_URL", _database_url, default=DEFAULT_DATABASE_URL),
        redis_url=read("REDIS_URL", _redis_url, default=None),
        pinned_server=pinned_server,
        pinned_app_secret=pinned_app_secret,
        sign_in_way=read("SIGN_IN_WAY", _sign_in_way, default="automatic"),
        allow_loopback_servers=allow_loopback,
        trusted_proxies=read("TRUSTED_PROXIES", _whole_number, default=0),
        upstream_seconds=read("UPSTREAM_SECONDS", _seconds, default=DEFAULT_UPSTREAM_SECONDS),
        calls_per_server=read(
            "CALLS_PER_SERVER", _positive_number, default=DEFAULT_CALLS_PER_SERVER
        ),
        upload_megabytes=read(
            "UPLOAD_MEGABYTES", _positive_number, default=DEFAULT_UPLOAD_MEGABYTES
        ),
        live_pages=read("LIVE_PAGES", _whole_number, default=DEFAULT_LIVE_PAGES),
        export_max_mb=read("EXPORT_MAX_MB", _whole_number, default=DEFAULT_EXPORT_MAX_MB),
        exports_folder=read("EXPORTS_FOLDER", _folder, default=""),
        allowed_servers=read("ALLOWED_SERVERS", server_names, default=()),
        blocked_servers=read("BLOCKED_SERVERS", server_names, default=()),
        sign_ups_closed=read("SIGN_UPS_CLOSED", _boolean, default=False),
        metrics_from=read("METRICS_FROM", _networks, default=()),
        metrics_token=read("METRICS_TOKEN", _metrics_token, default=None),
        log_format=read("LOG_FORMAT", _log_format, default="text"),
    )


_REQUIRED: Any = object()


class _Reader:
    """Reads one variable (or its *_FILE), checks it, and says what is wrong in one line."""

    def __init__(self) -> None:
        # Values from files come with the line end that editors leave.
        self._env = FileAwareEnv(strip_whitespace=True)

    def __call__(self, name: str, check: Callable[[str], Any], default: Any = _REQUIRED) -> Any:
        try:
            text = (self._env.str(name, default="") or "").strip()
        except (EnvError, ValueError, OSError) as error:
            raise SettingsError(f"{name}_FILE can't be read") from error
        if not text:
            if default is _REQUIRED:
                raise SettingsError(f"{name} is missing ({_MEANINGS[name]})")
            return default
        try:
            return check(text)
        except ValueError as error:
            # The value itself may be a secret, so only its name and the rule are told.
            raise SettingsError(f"{name} {error}") from None


_MEANINGS = {
    "PUBLIC_URL": "where people reach Engawa, for example https://engawa.example",
    "SECRET_KEY": "at least 32 random characters",
    "CREDENTIAL_KEYS": "one or more Fernet keys; `make keys` prints one",
}


_NO_ORIGIN = "must be an origin such as https://engawa.example"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def _public_url(text: str) -> str:
    """The origin as browsers write it in their Origin header: it is compared with that."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(_NO_ORIGIN) from None
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc or parts.path not in ("", "/"):
        raise ValueError(_NO_ORIGIN)
    if any(mark in text for mark in "?#\\") or not text.isprintable() or port == 0:
        raise ValueError(_NO_ORIGIN)
    if parts.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("must begin with https:// (http:// is for loopback only)")
    if ":" in host:
        host = f"[{host}]"
    else:
        try:
            host = idna.encode(host, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            raise ValueError(_NO_ORIGIN) from None
    at_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{at_port}"


def _secret_key(text: str) -> Secret:
    if len(text) < _SHORTEST_SECRET_KEY:
        raise ValueError(f"must have at least {_SHORTEST_SECRET_KEY} characters")
    return Secret(text)


def _fernet_keys(text: str) -> tuple[Secret, ...]:
    keys = text.replace(",", " ").split()
    if not keys or not all(_is_fernet_key(key) for key in keys):
        raise ValueError("must hold Fernet keys (32 bytes as URL-safe base64), newest first")
    return tuple(Secret(key) for key in keys)


def _is_fernet_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except (binascii.Error, ValueError):
        return False


def _database_url(text: str) -> str:
    for short in ("postgres://", "postgresql://"):
        if text.startswith(short):
            text = "postgresql+psycopg://" + text.removeprefix(short)
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    try:
        make_url(text)
    except (ArgumentError, ValueError):
        # Its own words may quote a part of the password.
        raise ValueError("is no address of a database (its port, perhaps)") from None
    return text


def _redis_url(text: str) -> Secret:
    if not text.startswith(("redis://", "rediss://")):
        raise ValueError("must begin with redis:// or rediss://")
    try:
        parts = urlsplit(text)
        port, number = parts.port, parts.path.strip("/")
    except ValueError:
        # Its own words may quote a part of the password.
        raise ValueError("has an impossible port; is a / in its password not %2F?") from None
    if port == 0 or (number and not number.isdigit()):
        raise ValueError("must end with a port and the number of a database, such as :6379/0")
    return Secret(text)


def _server(text: str, allow_loopback: bool) -> ServerAddress:
    try:
        return parse_server(text, allow_loopback=allow_loopback)
    except AddressRefused as error:
        raise ValueError(f"is no server address ({error.reason})") from None


def server_names(text: str) -> tuple[str, ...]:
    """Names of servers, as they are compared with: `misskey.example`, or `*.example` for
    all below that name. Raises ValueError."""
    names = text.replace(",", " ").split()
    return tuple(_server_name(name) for name in names)


def _server_name(text: str) -> str:
    below = "*." if text.startswith("*.") else ""
    try:
        address = parse_server(text.removeprefix("*."), allow_loopback=not below)
    except AddressRefused as error:
        raise ValueError(f"must hold names of servers ({error.reason})") from None
    return below + address.host


def _networks(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(part)) for part in text.replace(",", " ").split())
    except ValueError:
        raise ValueError("must hold addresses or networks, such as 10.0.0.0/8") from None


def _metrics_token(text: str) -> Secret:
    if len(text) < _SHORTEST_METRICS_TOKEN:
        raise ValueError(f"must have at least {_SHORTEST_METRICS_TOKEN} characters")
    return Secret(text)


def _log_format(text: str) -> str:
    if text not in ("text", "json"):
        raise ValueError("must be text or json")
    return text


def _sign_in_way(text: str) -> SignInWay:
    ways: dict[str, SignInWay] = {"automatic": "automatic", "app": "app"}
    if text.lower() not in ways:
        raise ValueError("must be automatic or app")
    return ways[text.lower()]


def _boolean(text: str) -> bool:
    values = {"1": True, "true": True, "yes": True, "on": True}
    values |= {"0": False, "false": False, "no": False, "off": False}
    if text.lower() not in values:
        raise ValueError("must be yes or no")
    return values[text.lower()]


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise ValueError("must be a whole number of at most four digits")
    return int(text)


def _positive_number(text: str) -> int:
    number = _whole_number(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def _folder(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("must be the whole path of a folder, such as /srv/engawa/exports")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError("must be a number of seconds") from None
    if not 0.1 <= seconds <= 60:
        raise ValueError("must be between 0.1 and 60 seconds")
    return seconds
