"""`Client(transport, address, credential).call("notes/timeline", limit=20)`.

There are no three hundred methods: a call is an endpoint's name, its parameters as
Misskey spells them, and the type the answer should have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from app.misskey.address import ServerAddress
from app.misskey.errors import (
    AnswerUnusable,
    ApiError,
    CredentialRefused,
    EndpointMissing,
    NotThere,
    PermissionMissing,
    RateLimited,
    ServerFault,
)
from app.misskey.multipart import FormWithFile
from app.misskey.secret import Secret
from app.misskey.transport import Answer, Transport

T = TypeVar("T")

NULL = msgspec.Raw(b"null")
"""Sent as null, where a parameter that is None is left out: to take away what was there."""

_REFUSED_CREDENTIAL = {"AUTHENTICATION_FAILED", "CREDENTIAL_REQUIRED"}
# What decoding raises: msgspec's own errors are ValueErrors, and so is that of broken
# UTF-8, which it lets through; so do dates that no calendar has, and bodies nested too deep.
_UNREADABLE = (ValueError, OverflowError, RecursionError)
TOO_LARGE = "PAYLOAD_TOO_LARGE"
"""Our code for status 413, which comes without one of Misskey's own."""
# The longest wait a server may ask of us and be believed, in seconds.
_LONGEST_RETRY_AFTER = 86_400


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list, and how many of it could not be read.

    One malformed note among twenty must not take the other nineteen away.
    """

    items: list[T]
    unreadable: int = 0


class Client:
    """Calls to one server, as one account or as nobody.

    Every call is a POST with a JSON object, the credential as `i` inside it, which is
    what every version reads; the Authorization header is not (FACTS C.1).
    """

    def __init__(
        self, transport: Transport, address: ServerAddress, credential: Secret | None = None
    ) -> None:
        self.transport = transport
        self.address = address
        self._credential = credential

    def call(self, endpoint: str, /, *, into: type[T], **params: Any) -> T:
        """The answer of `endpoint` as an `into`. A parameter that is None is left out,
        because servers refuse null where they do not expect it (FACTS C.1).

        Raises one of the MisskeyErrors.
        """
        body = self._send(endpoint, params)
        try:
            return _decoder(into).decode(body)
        except _UNREADABLE as error:
            raise self._unusable(endpoint, body) from error

    def act(self, endpoint: str, **params: Any) -> None:
        """Carry out `endpoint`, whose answer says nothing: 204 without a body, or JSON that
        does not matter (FACTS C.1).

        Raises one of the MisskeyErrors, AnswerUnusable also for a body that is neither
        empty nor JSON: such a page is of something before the server, and says nothing of
        what became of the call. `may_have_happened` tells whether it might have been
        carried out nevertheless. It is never sent twice.
        """
        body = self._send(endpoint, params)
        if not body.strip():
            return
        try:
            msgspec.json.decode(body)
        except _UNREADABLE as error:
            raise self._unusable(endpoint, body) from error

    def answer(self, endpoint: str, params: Mapping[str, Any]) -> Answer:
        """The server's whole answer, whatever it says, to exactly these parameters and the
        credential: for somebody who wants to see it. Raises as `Transport.send` does."""
        return self.transport.post(
            self.address,
            endpoint,
            msgspec.json.encode({**params, **self._as_caller()}),
            "application/json",
        )

    def page(self, endpoint: str, *, of: type[T], **params: Any) -> Page[T]:
        """A list of `of`, without the items that cannot be read.

        Raises as `call` does, also when the list has items and none can be read.
        """
        body = self._send(endpoint, params)
        try:
            return Page(_list_decoder(of).decode(body))
        except _UNREADABLE:
            return self._readable_part(endpoint, body, of)

    def upload(
        self, endpoint: str, *, into: type[T], file: BinaryIO, size: int, name: str, **params: str
    ) -> T:
        """Send `file`, `size` bytes from where it stands, with text fields before it.

        It is read while it is sent. Raises as `call` does; it is never sent twice.
        """
        form = FormWithFile({**self._as_caller(), "name": name, **params}, file, size, name)
        answer = self.transport.post(self.address, endpoint, form, form.content_type)
        body = self._good_body(endpoint, answer)
        try:
            return _decoder(into).decode(body)
        except _UNREADABLE as error:
            raise self._unusable(endpoint, body) from error

    def _readable_part(self, endpoint: str, body: bytes, of: type[T]) -> Page[T]:
        try:
            raw_items = _list_decoder(msgspec.Raw).decode(body)
        except _UNREADABLE as error:
            raise self._unusable(endpoint, body) from error
        items: list[T] = []
        decoder = _decoder(of)
        for raw in raw_items:
            try:
                items.append(decoder.decode(raw))
            except _UNREADABLE:
                continue  # Counted below: the page says how many could not be read.
        if not items:
            raise AnswerUnusable(self.address.host, endpoint, "shape")
        return Page(items, unreadable=len(raw_items) - len(items))

    def _send(self, endpoint: str, params: Mapping[str, Any]) -> bytes:
        fields = {name: value for name, value in params.items() if value is not None}
        fields |= self._as_caller()
        answer = self.transport.post(
            self.address, endpoint, msgspec.json.encode(fields), "application/json"
        )
        return self._good_body(endpoint, answer)

    def _as_caller(self) -> dict[str, str]:
        return {} if self._credential is None else {"i": self._credential.reveal()}

    def _good_body(self, endpoint: str, answer: Answer) -> bytes:
        if not 200 <= answer.status < 300:
            raise error_for(self.address.host, endpoint, answer)
        # What would be null comes as 204, without a body.
        return b"null" if answer.status == 204 else answer.body

    def _unusable(self, endpoint: str, body: bytes) -> AnswerUnusable:
        """Why a body that came with a good status is not what was asked for."""
        if body.lstrip()[:1] == b"<":
            return AnswerUnusable(self.address.host, endpoint, "html")
        try:
            msgspec.json.decode(body)
        except _UNREADABLE:
            return AnswerUnusable(self.address.host, endpoint, "not-json")
        return AnswerUnusable(self.address.host, endpoint, "shape")


def error_for(host: str, endpoint: str, answer: Answer) -> ApiError | AnswerUnusable:
    """The exception for an answer that is no success.

    Error bodies come in three shapes (FACTS A), behind a CDN they are HTML, and old
    servers answer in plain text (DIFFERENCES): the code is read where there is one,
    else the status decides.
    """
    code, info = _code_and_info(answer.body)
    kind: type[ApiError] = ApiError
    if code in _REFUSED_CREDENTIAL:
        kind = CredentialRefused
    elif code == "PERMISSION_DENIED":
        kind = PermissionMissing
    elif answer.status == 429 or code == "RATE_LIMIT_EXCEEDED":
        kind = RateLimited
    elif code.startswith("NO_SUCH_"):
        kind = NotThere
    elif answer.status == 404:
        kind = EndpointMissing
    elif answer.status == 413:
        # Said by the server or by what stands before it, in any shape.
        code = TOO_LARGE
    elif answer.status >= 500:
        kind = ServerFault
    elif not code:
        # A refusal that is not Misskey's own: a CDN's challenge page, a proxy.
        return AnswerUnusable(host, endpoint, "html" if b"<" in answer.body[:200] else "shape")
    error = kind(host, endpoint, code or "UNKNOWN", answer.status, info)
    if isinstance(error, RateLimited):
        error.retry_after = _retry_after(answer.headers.get("retry-after"))
    return error


class _ErrorBody(msgspec.Struct):
    class Inner(msgspec.Struct):
        code: str
        info: Any = None

    error: Inner


def _code_and_info(body: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        inner = _decoder(_ErrorBody).decode(body).error
    except _UNREADABLE:
        return "", {}
    return inner.code[:100], inner.info if isinstance(inner.info, dict) else {}


def _retry_after(header: str | None) -> int | None:
    """Seconds to wait. Only the number form is used by Misskey (since 2024.7.0)."""
    if header is None or not header.isascii() or not header.isdigit():
        return None
    return min(int(header[:9]), _LONGEST_RETRY_AFTER)


# Building a decoder costs more than using one, and there are only so many types.
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(of: type[T]) -> msgspec.json.Decoder[T]:
    if of not in _decoders:
        # strict=False takes "5" for 5, as some forks send.
        _decoders[of] = msgspec.json.Decoder(of, strict=False)
    return _decoders[of]


def _list_decoder(of: type[T]) -> msgspec.json.Decoder[list[T]]:
    return _decoder(list[of])  # type: ignore[valid-type]
