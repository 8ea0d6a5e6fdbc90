"""Files, fetched from wherever a server keeps them: itself, or a store of its own.

Their addresses come from the server, so they are as hostile as all it says: only https to
public addresses (this machine's loopback where the account's own server is there), every
redirect checked as the first address was, and never more bytes than were agreed on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from app.misskey.address import AddressRefused, ServerAddress, parse_server
from app.misskey.client import error_for
from app.misskey.errors import AnswerUnusable
from app.misskey.transport import Transport

_MOST_REDIRECTS = 3
_LONGEST_ADDRESS = 2000


class NoAddress(Exception):
    """What the server gave as the address of a file is none that we call."""


def fetch(
    transport: Transport,
    url: str,
    sink: BinaryIO,
    *,
    size: float,
    most: int,
    heard: Callable[[], None],
    allow_loopback: bool = False,
) -> None:
    """Write the file at `url`, which should have `size` bytes, to `sink`: `most` at most.

    `heard` is called after every piece, and what it raises ends the call. Raises NoAddress,
    MisskeyErrors (AnswerUnusable "too-large" beyond `most`), and the OSErrors of `sink`.
    """
    for _ in range(_MOST_REDIRECTS + 1):
        address, path = _address(url, allow_loopback)
        answer = transport.download(address, path, sink, size=size, most=most, heard=heard)
        if answer.status == 200:
            return
        location = answer.headers.get("location")
        if not 300 <= answer.status < 400 or location is None:
            raise error_for(address.host, "file", answer)
        try:
            url = urljoin(url, location)
        except ValueError as error:
            raise NoAddress from error
    raise AnswerUnusable(address.host, "file", "redirect")


def _address(url: str, allow_loopback: bool) -> tuple[ServerAddress, str]:
    """Whom to ask, and for what. Raises NoAddress."""
    try:
        parts = urlsplit(url)
        if len(url) > _LONGEST_ADDRESS or parts.scheme not in ("https", "http"):
            raise NoAddress
        address = parse_server(f"{parts.scheme}://{parts.netloc}", allow_loopback=allow_loopback)
    except (AddressRefused, ValueError) as error:
        raise NoAddress from error
    return address, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
