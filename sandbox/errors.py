"""What the server says when it refuses, as recorded.

Every error of the API has `message`, `code`, `id`, `kind` and sometimes `info`
(FACTS.md, "Error bodies come in three shapes"); the HTTP status and the
`WWW-Authenticate` header follow from them as in the recordings. The ids are
those of 2025.11: two errors with one code differ by their id.
"""

from __future__ import annotations

from typing import Any

REALM = 'Bearer realm="Misskey"'


class ApiError(Exception):
    """A refusal of the API.

    `kind` is `client`, `permission` or `server` and decides the status, unless
    `status` is given.
    """

    def __init__(
        self,
        code: str,
        message: str,
        id: str,
        *,
        kind: str = "client",
        status: int | None = None,
        info: dict[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.id = id
        self.kind = kind
        self.info = info
        self.retry_after = retry_after
        self.status = status or {"client": 400, "permission": 403}.get(kind, 500)

    def body(self) -> dict[str, Any]:
        """The JSON the server sends."""
        error: dict[str, Any] = {
            "message": self.message,
            "code": self.code,
            "id": self.id,
            "kind": self.kind,
        }
        if self.info is not None:
            error["info"] = self.info
        return {"error": error}

    def headers(self) -> dict[str, str]:
        """The headers that go with it: see sign-in.json and notes-delete-again.json; none
        where a role is what is missing (invite-limit.json)."""
        if self.code == "ROLE_PERMISSION_DENIED":
            return {}
        if self.status == 429:
            return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.code == "CREDENTIAL_REQUIRED":
            return {"WWW-Authenticate": REALM}
        reasons = {401: "invalid_token", 403: "insufficient_scope"}
        if self.kind in {"client", "permission"}:
            reason = reasons.get(self.status, "invalid_request")
            said = f'{REALM}, error="{reason}", error_description="{self.message}"'
            return {"WWW-Authenticate": said}
        return {}


def credential_required() -> ApiError:
    """No `i` where one is due (i-without-credential.json)."""
    return ApiError(
        "CREDENTIAL_REQUIRED",
        "Credential required.",
        "1384574d-a912-4b81-8601-c7b1c4085df1",
        status=401,
    )


def authentication_failed() -> ApiError:
    """An `i` nobody has, or that was revoked (sign-in.json)."""
    return ApiError(
        "AUTHENTICATION_FAILED",
        "Authentication failed. Please ensure your token is correct.",
        "b0a7f5f8-dc2f-4171-b91f-de88ad238e14",
        status=401,
    )


def permission_denied() -> ApiError:
    """The app was not given this permission (sign-in.json)."""
    return ApiError(
        "PERMISSION_DENIED",
        "Your app does not have the necessary permissions to use this endpoint.",
        "1370e5b7-d4eb-4566-bb1d-7748ee6a1838",
        kind="permission",
    )


def invalid_param(param: str, reason: str) -> ApiError:
    """A parameter of the wrong shape: `param` is the rule's place (notes-create-empty.json)."""
    return ApiError(
        "INVALID_PARAM",
        "Invalid param.",
        "3d81ceae-475f-4600-b2a8-2bc116157532",
        info={"param": param, "reason": reason},
    )


def rate_limited(info: dict[str, Any] | None, retry_after: int | None) -> ApiError:
    """Too many calls (notes-delete-again.json); old servers give neither info nor header."""
    return ApiError(
        "RATE_LIMIT_EXCEEDED",
        "Rate limit exceeded. Please try again later.",
        "d5826d14-3982-4d2e-8011-b9e9f02499ef",
        status=429,
        info=info,
        retry_after=retry_after,
    )


def internal_error(info: dict[str, Any] | None = None) -> ApiError:
    """The server's own fault (users-recommendation.json)."""
    return ApiError(
        "INTERNAL_ERROR",
        "Internal error occurred. Please contact us if the error persists.",
        "5d37dbcb-891e-41ca-a3d6-e690c97775ac",
        kind="server",
        info=info,
    )


def failed_inside(message: str) -> ApiError:
    """The same where the server refuses something it has no error for: what it says to
    itself is in `info`."""
    id = "8bf99d40-96e7-4024-bc79-c222aff6d892"
    return internal_error({"e": {"message": message, "code": "Error", "id": id}})
