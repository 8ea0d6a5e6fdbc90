"""A call of a person's own making, as their account: what goes out, and what came back.

The credential is put in on our side and never shown: not in the equivalent command, nor
where a server sends it back.
"""

from __future__ import annotations

import json
import shlex
import time
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from app.misskey import Client
from app.models import Account

LONGEST_BODY = 64 * 1024
LONGEST_ANSWER = 40_000
MASK = "••••••••"
_MOST_TO_FORMAT = 1024 * 1024


class NoObject(ValueError):
    """What was typed is no JSON object; the text says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a server answered: its status, the milliseconds it took, the kind of content it
    says it is, the text as far as it is shown, and how many bytes there were in all."""

    status: int
    milliseconds: int
    content_type: str
    text: str
    size: int
    is_cut: bool


def parameters_in(typed: str) -> dict[str, Any]:
    """The parameters somebody typed; an `i` among them is dropped, for the account's own
    goes in its place. Raises NoObject."""
    if len(typed) > LONGEST_BODY:
        raise NoObject(gettext("This is longer than Engawa sends from here."))
    if not typed.strip():
        return {}
    try:
        meant = json.loads(typed)
    except json.JSONDecodeError as error:
        raise NoObject(
            gettext(
                "This is no JSON (line %(line)s, character %(column)s).",
                line=error.lineno,
                column=error.colno,
            )
        ) from None
    except (ValueError, RecursionError):
        raise NoObject(gettext("This is no JSON that can be sent.")) from None
    if not isinstance(meant, dict):
        raise NoObject(gettext('This must be an object, such as {"limit": 10}.'))
    return {name: value for name, value in meant.items() if name != "i"}


def call(client: Client, account: Account, endpoint: str, parameters: dict[str, Any]) -> Told:
    """Call `endpoint` once, and tell what came of it, whatever it was. Raises the
    MisskeyErrors of calls that got no whole answer."""
    began = time.monotonic()
    answer = client.answer(endpoint, parameters)
    took = round(1000 * (time.monotonic() - began))
    text = _without_credential(_readable(answer.body), account)
    return Told(
        status=answer.status,
        milliseconds=took,
        content_type=answer.headers.get("content-type", "")[:100],
        text=text[:LONGEST_ANSWER],
        size=len(answer.body),
        is_cut=len(text) > LONGEST_ANSWER,
    )


def as_curl(account: Account, endpoint: str, parameters: dict[str, Any]) -> str:
    """The same call as a command, with a mask for the credential."""
    body = json.dumps({"i": MASK, **parameters}, ensure_ascii=False)
    url = f"{account.address.origin}/api/{endpoint}"
    return f"curl {url} -H 'Content-Type: application/json' -d {shlex.quote(body)}"


def _readable(body: bytes) -> str:
    """JSON with a line for each part of it; anything else as it came."""
    if len(body) <= _MOST_TO_FORMAT:
        try:
            return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
        except (ValueError, RecursionError):
            pass  # Then it is shown as it is.
    return body[: 4 * LONGEST_ANSWER + 4].decode("utf-8", "replace")


def _without_credential(text: str, account: Account) -> str:
    credential = account.credential.reveal() if account.credential else ""
    return text.replace(credential, MASK) if credential else text
