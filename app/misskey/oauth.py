"""Sign-in by OAuth 2.0 with PKCE, Misskey's side of it (since 2023.9; FACTS F).

    discover        does the server offer it, and where? (RFC 8414)
    consent_url     where the person gives consent (RFC 6749, 4.1.1; RFC 7636)
    redeem          the code they come back with into a credential and a person

Nothing is registered: the client's id is the address of a page of ours, which the server
reads, and which names the only address it may send people back to (IndieAuth, 4.2).
Who may finish which sign-in is decided by the caller (`app.sign_in`).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from app.misskey.address import ServerAddress
from app.misskey.client import Client, error_for
from app.misskey.entities.users import User
from app.misskey.errors import AnswerUnusable, ApiError
from app.misskey.secret import Secret
from app.misskey.signin import is_on
from app.misskey.transport import Answer, Transport

T = TypeVar("T", bound=msgspec.Struct)

METADATA_PATH = "/.well-known/oauth-authorization-server"
_LONGEST_TOKEN = 1000
_UNREADABLE = (ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class OurClient:
    """Who we are to every server: the address of our client page, and of our callback."""

    id: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a server takes part: the address of its consent page, and the path on its own
    origin where codes are redeemed."""

    consent_page: str
    token_path: str


@dataclass(frozen=True, slots=True)
class Given:
    """What a consent came to."""

    credential: Secret
    permissions: list[str]
    user: User


class GrantRefused(ApiError):
    """The server gives nothing for this code (RFC 6749, 5.2): used, too old, not ours."""


class _Metadata(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    response_types_supported: list[str]
    code_challenge_methods_supported: list[str] = []
    grant_types_supported: tuple[str, ...] = ("authorization_code",)
    authorization_response_iss_parameter_supported: bool = False


class _Token(msgspec.Struct):
    access_token: str
    token_type: str
    scope: str | None = None


class _Refusal(msgspec.Struct):
    error: str


def discover(transport: Transport, address: ServerAddress) -> Offer | None:
    """How the server at `address` offers OAuth; None where it answers that it does not, or
    answers anything we would not rely on.

    Raises MisskeyErrors where it gives no answer to this: silence is no "no", else whoever
    can keep us from asking for a moment could choose the weaker way for somebody.
    """
    if address.is_loopback:
        return None  # Plain http, which OAuth is not for (RFC 8414, 2).
    try:
        answer = transport.get(address, METADATA_PATH)
    except AnswerUnusable:
        return None
    if answer.status == 429 or answer.status >= 500:
        raise error_for(address.host, METADATA_PATH.lstrip("/"), answer)
    metadata = _read(answer, _Metadata) if answer.status == 200 else None
    if metadata is None or not _is_sound(metadata, address):
        return None
    return Offer(metadata.authorization_endpoint, urlsplit(metadata.token_endpoint).path)


def _is_sound(metadata: _Metadata, address: ServerAddress) -> bool:
    """Whether this is the server's own, and has what makes it safer than the other way."""
    return (
        metadata.issuer == address.origin
        and "code" in metadata.response_types_supported
        and "authorization_code" in metadata.grant_types_supported
        and "S256" in metadata.code_challenge_methods_supported
        and metadata.authorization_response_iss_parameter_supported
        and all(
            # Misskey's have no query, and so we need not join ours to one.
            is_on(address, url) and not {"?", "#"} & set(url)
            for url in (metadata.authorization_endpoint, metadata.token_endpoint)
        )
    )


def new_verifier() -> Secret:
    """A new code verifier: 64 characters, 384 bits of chance (RFC 7636, 4.1)."""
    return Secret(secrets.token_urlsafe(48))


def challenge_of(verifier: Secret) -> str:
    """What the server is told of it beforehand: S256 (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.reveal().encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def consent_url(
    offer: Offer, client: OurClient, *, state: str, verifier: Secret, permissions: Sequence[str]
) -> str:
    """The page where the person consents. Permissions that the server does not know are
    dropped there (FACTS F)."""
    return f"{offer.consent_page}?" + urlencode(
        {
            "client_id": client.id,
            "redirect_uri": client.redirect_uri,
            "response_type": "code",
            "scope": " ".join(permissions),
            "state": state,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
    )


def redeem(
    at: Client,
    token_path: str,
    client: OurClient,
    *,
    code: str,
    verifier: Secret,
    permissions: Sequence[str],
) -> Given:
    """The code into a credential, which is `i` as it is, and whose it is.

    `permissions` are those asked for: a server that gives all of them need not say so. To
    be called once: at the second try a server takes back what it gave at the first.
    Raises GrantRefused and the other MisskeyErrors.
    """
    answer = at.transport.post_form(
        at.address,
        token_path,
        {
            "grant_type": "authorization_code",
            "client_id": client.id,
            "redirect_uri": client.redirect_uri,
            "code": code,
            "code_verifier": verifier.reveal(),
        },
    )
    host, name = at.address.host, token_path.lstrip("/")
    if answer.status != 200:
        raise _refusal(host, name, answer)
    token = _read(answer, _Token)
    if token is None or not _is_usable(token):
        raise AnswerUnusable(host, name, "shape")
    given = list(permissions) if token.scope is None else token.scope.split()
    credential = Secret(token.access_token)
    user = Client(at.transport, at.address, credential).call("i", into=User)
    return Given(credential, given, user)


def _refusal(host: str, name: str, answer: Answer) -> ApiError | AnswerUnusable:
    refused = _read(answer, _Refusal)
    if refused is None or answer.status == 429 or not 400 <= answer.status < 500:
        return error_for(host, name, answer)
    return GrantRefused(host, name, refused.error[:100], answer.status)


def _is_usable(token: _Token) -> bool:
    text = token.access_token
    return (
        token.token_type.lower() == "bearer"
        and 0 < len(text) <= _LONGEST_TOKEN
        and text.isascii()
        and text.isprintable()
    )


def _read(answer: Answer, into: type[T]) -> T | None:
    try:
        return msgspec.json.decode(answer.body, type=into)
    except _UNREADABLE:
        return None
