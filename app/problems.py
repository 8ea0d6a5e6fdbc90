"""Why a form comes back, in words beside a field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Problem:
    """A sentence, what to do, and beside which field; `retry_after` is in seconds."""

    message: str
    advice: str = ""
    field: str = "text"
    status: int = 400
    retry_after: int | None = None
