"""A string that does not show itself."""

from __future__ import annotations

import hmac


class Secret:
    """A credential, an app's secret or an access token.

    Its `repr` and `str` hide the value, so that it can stand in a traceback, a log
    line or a dataclass without leaking; whoever really needs it says `reveal()`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. Only for building a request or for encrypting."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)
