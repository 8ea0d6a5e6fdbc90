"""What can go wrong with a call to a person's server.

    MisskeyError                  host, endpoint; what every one of them has
     ├─ ServerUnreachable         nothing was sent: no such name, refused, no TLS
     │   ├─ AddressForbidden      … the name leads into a private network
     │   └─ ServerBusy            … we hold back: too many calls there, or it was just down
     ├─ AnswerLost                sent, but no whole answer came in time
     ├─ AnswerUnusable            it answered, but not as Misskey does (see `reason`)
     └─ ApiError                  Misskey said no: code, status, info
         ├─ CredentialRefused     the only one that signs an account out
         ├─ PermissionMissing     the app was not given this permission
         ├─ RateLimited           retry_after seconds, where the server says so
         ├─ NotThere              this note, person or file does not exist (for us)
         ├─ EndpointMissing       the server does not know this endpoint
         └─ ServerFault           its own failure (5xx)

A write that failed *may have happened* after AnswerLost, AnswerUnusable and
ServerFault: `may_have_happened` says so, and such a write is never repeated by us.

Codes are read, not statuses: a wrong credential is 401 on new servers and 403 on
old ones (DIFFERENCES, "Sign-in and errors"; FACTS C.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Reason = Literal["html", "not-json", "shape", "too-large", "redirect", "compressed"]


class MisskeyError(Exception):
    """A call to a server did not give what was asked for.

    `host` is the server's, `endpoint` the name under /api/. The exception's text
    holds nothing else: no parameter, no credential, no body.
    """

    may_have_happened = False

    def __init__(self, host: str, endpoint: str) -> None:
        super().__init__(f"{host}: {endpoint}")
        self.host = host
        self.endpoint = endpoint


class ServerUnreachable(MisskeyError):
    """No connection could be made, so nothing was sent."""


class AddressForbidden(ServerUnreachable):
    """The server's name leads to an address that is not public."""


class ServerBusy(ServerUnreachable):
    """We did not even try: too many calls are under way there, or it was just down.

    `retry_after` is in seconds.
    """

    def __init__(self, host: str, endpoint: str, retry_after: int) -> None:
        super().__init__(host, endpoint)
        self.retry_after = retry_after


class AnswerLost(MisskeyError):
    """The request went out, but no whole answer came back in time."""

    may_have_happened = True


class AnswerUnusable(MisskeyError):
    """The server answered, but not as Misskey answers.

    `reason` says how; `location` is the host a redirect pointed to, if it did.
    """

    def __init__(
        self, host: str, endpoint: str, reason: Reason, location: str | None = None
    ) -> None:
        super().__init__(host, endpoint)
        self.args = (f"{host}: {endpoint}: {reason}",)
        self.reason = reason
        self.location = location
        # A redirect is answered before the API sees the request; anything else may be
        # a mangled answer to a request that was carried out.
        self.may_have_happened = reason != "redirect"


class ApiError(MisskeyError):
    """Misskey refused the call. `code` is its machine-readable reason."""

    def __init__(
        self,
        host: str,
        endpoint: str,
        code: str,
        status: int,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(host, endpoint)
        self.args = (f"{host}: {endpoint}: {status} {code}",)
        self.code = code
        self.status = status
        self.info = info or {}


class CredentialRefused(ApiError):
    """The server does not accept the credential (any more)."""


class PermissionMissing(ApiError):
    """The app was not given the permission this call needs."""


class RateLimited(ApiError):
    """Too many calls. `retry_after` is in seconds, or None if the server is silent."""

    retry_after: int | None = None


class NotThere(ApiError):
    """The thing asked for does not exist, or not for this account."""


class EndpointMissing(ApiError):
    """The server does not have this endpoint at all."""


class ServerFault(ApiError):
    """The server, or what stands before it, failed (5xx)."""

    may_have_happened = True
