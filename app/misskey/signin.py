"""Sign-in by the app's session, Misskey's side of it (FACTS, A and B).

    ask_server      is there a Misskey server, and what is its own address?
    register_app    app/create: once per server, kept by the caller
    open_session    auth/session/generate: where the person gives consent
    show_session    auth/session/show: what the app behind a session looks like
    exchange        auth/session/userkey: consent into a credential and a person

Who may finish which session is decided by the caller (`app.sign_in`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from app.misskey.address import AddressRefused, ServerAddress, parse_server
from app.misskey.client import Client
from app.misskey.entities.servers import Meta
from app.misskey.entities.signing_in import (
    OpenedSession,
    RegisteredApp,
    ShownApp,
    ShownSession,
    UserKey,
)
from app.misskey.entities.users import User
from app.misskey.errors import AnswerUnusable, ApiError, EndpointMissing, MisskeyError
from app.misskey.permissions import OLDEST_PERMISSIONS
from app.misskey.secret import Secret
from app.misskey.transport import Transport

NEEDED_ENDPOINTS = frozenset(
    {"app/create", "auth/session/generate", "auth/session/userkey", "i", "notes/timeline"}
)
_LONGEST_URL = 2000

Step = Literal["meta", "endpoints", "uri", "consent"]


class NotMisskey(Exception):
    """Something answered, but it is no Misskey server we can sign in to.

    `step` is what failed: it does not say what it is ("meta"), does not list its
    endpoints or lacks those we need ("endpoints"), its own address is not one we can
    follow ("uri"), or its consent page is not on the server itself ("consent").
    `cause` is the failed call, if it was one.
    """

    def __init__(self, host: str, step: Step, cause: MisskeyError | None = None) -> None:
        super().__init__(f"{host}: {step}")
        self.host = host
        self.step = step
        self.cause = cause


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server said of itself: its own address, its meta, its endpoints' names."""

    address: ServerAddress
    meta: Meta
    endpoints: frozenset[str]


def ask_server(transport: Transport, typed: ServerAddress) -> ServerFacts:
    """Ask the server at `typed` what it is; its own `uri` decides where it really is.

    An apex that moved to a sub-domain is followed by that `uri`, once, and the server
    found there must call itself the same. A POST is never redirected.

    Raises NotMisskey where something else answers, and the other MisskeyErrors where
    nothing does.
    """
    meta = _meta(transport, typed)
    address = _own_address(typed, meta)
    if address != typed:
        meta = _meta(transport, address)
        if _own_address(address, meta) != address:
            raise NotMisskey(typed.host, "uri")
    try:
        names = Client(transport, address).call("endpoints", into=list[str])
    except (AnswerUnusable, EndpointMissing) as error:
        raise NotMisskey(address.host, "endpoints", error) from error
    if not NEEDED_ENDPOINTS.issubset(names):
        raise NotMisskey(address.host, "endpoints")
    return ServerFacts(address, meta, frozenset(names))


def _meta(transport: Transport, address: ServerAddress) -> Meta:
    try:
        return Client(transport, address).call("meta", into=Meta, detail=False)
    except (AnswerUnusable, EndpointMissing) as error:
        raise NotMisskey(address.host, "meta", error) from error


def _own_address(typed: ServerAddress, meta: Meta) -> ServerAddress:
    # A server out on the network must not send us to our own machine.
    try:
        return parse_server(meta.uri, allow_loopback=typed.is_loopback)
    except AddressRefused as error:
        raise NotMisskey(typed.host, "uri") from error


def register_app(
    client: Client,
    *,
    name: str,
    description: str,
    callback: str | None,
    permissions: Sequence[str],
) -> RegisteredApp:
    """Register an app. Needs no sign-in, and none is sent (a moved person's would fail).

    `callback` must be a bare URL: the server appends `?token=…` as text (FACTS B.2).
    A server that refuses permission names it does not know gets the oldest list.

    Raises MisskeyErrors.
    """

    def create(asked: Iterable[str]) -> RegisteredApp:
        return client.call(
            "app/create",
            into=RegisteredApp,
            name=name,
            description=description,
            permission=list(asked),
            callbackUrl=callback,
        )

    try:
        return create(permissions)
    except ApiError as error:
        if error.code != "INVALID_PARAM" or set(permissions) <= set(OLDEST_PERMISSIONS):
            raise
        return create(name for name in OLDEST_PERMISSIONS if name in permissions)


def open_session(client: Client, app_secret: Secret) -> OpenedSession:
    """Begin a sign-in: the token, and the page where the person consents.

    Raises ApiError NO_SUCH_APP if the server forgot the app, and NotMisskey if the
    page is not on the server's own origin: we would send the person there blindly.
    """
    opened = client.call("auth/session/generate", into=OpenedSession, appSecret=app_secret.reveal())
    if not is_on(client.address, opened.url):
        raise NotMisskey(client.address.host, "consent")
    return opened


def is_on(address: ServerAddress, url: str) -> bool:
    """Whether `url` is a page of that server's own origin, and a plain ASCII one."""
    if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or "\\" in url:
        return False
    if " " in url or not url.startswith(f"{address.origin}/"):
        return False
    parts = urlsplit(url)
    return parts.scheme == address.scheme and parts.netloc == address.host


def show_session(client: Client, token: str) -> ShownApp:
    """The app behind a session's token: its callback and permissions."""
    return client.call("auth/session/show", into=ShownSession, token=token).app


def exchange(client: Client, app_secret: Secret, token: str) -> tuple[Secret, User]:
    """The person's consent into the account's credential, and who they are.

    The session is gone at the server afterwards. Raises ApiError PENDING_SESSION
    before consent, NO_SUCH_SESSION after use, NO_SUCH_APP with a dead app.
    """
    key = client.call(
        "auth/session/userkey", into=UserKey, appSecret=app_secret.reveal(), token=token
    )
    return credential(Secret(key.access_token), app_secret), key.user


def credential(access_token: Secret, app_secret: Secret) -> Secret:
    """`i = sha256hex(accessToken + appSecret)`, in lower case: the form every version
    accepts (FACTS A and B.6)."""
    joined = access_token.reveal() + app_secret.reveal()
    return Secret(hashlib.sha256(joined.encode()).hexdigest())
