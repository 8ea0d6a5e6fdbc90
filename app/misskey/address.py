"""Where a server is: from what a person types to an address we are willing to call.

Nothing here asks the network. Names are checked again when they are connected to
(`transport`), because a name can lead anywhere.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import idna

RefusalReason = Literal[
    "empty", "scheme", "credentials", "path", "number", "name", "port", "loopback"
]

_LONGEST_INPUT = 300
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
# RFC 1123 host names; a label that is all digits (or hexadecimal) at the end would be
# read as an IPv4 address by the C library: 2130706433, 127.1, 0x7f.1.
_NUMBER_AT_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$", re.ASCII)


class AddressRefused(ValueError):
    """What was typed is no server address we would call. `reason` says why."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A server we may call.

    `host` is in ASCII and lower case, with its port unless that is 443, and is what
    identifies a server everywhere in Engawa: `misskey.io`, `xn--…:8443`,
    `127.0.0.1:3000`.
    """

    host: str
    is_loopback: bool = False

    @property
    def scheme(self) -> str:
        """https; http to this machine's own loopback only."""
        return "http" if self.is_loopback else "https"

    @property
    def origin(self) -> str:
        """`https://host`, without a slash."""
        return f"{self.scheme}://{self.host}"

    @property
    def display(self) -> str:
        """The host as people write it: Japanese names in Japanese."""
        return display_host(self.host)


def display_host(host: str) -> str:
    """`xn--…` host names as people write them; others as they are."""
    name, colon, port = host.partition(":")
    if "xn--" not in name:
        return host
    try:
        return idna.decode(name) + colon + port
    except idna.IDNAError:
        return host


def parse_server(text: str, *, allow_loopback: bool = False) -> ServerAddress:
    """The server a person means by `text`.

    Takes `misskey.io`, `https://misskey.io/`, `@me@misskey.io`, upper case, full-width
    letters, surrounding spaces, Japanese domain names (IDNA 2008 with UTS 46 mapping)
    and a port. `allow_loopback` also takes `localhost`, `127.0.0.0/8` and `[::1]`.

    Raises AddressRefused with the reason, before any name is looked up.
    """
    text = text.strip()
    # Before the normalising, whose time grows with the square of some texts' length.
    if len(text) > _LONGEST_INPUT:
        raise AddressRefused("name")
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        raise AddressRefused("empty")
    if any(ch.isspace() or not ch.isprintable() for ch in text):
        raise AddressRefused("name")
    rest, scheme = _without_scheme(text)
    authority, _, path = rest.partition("/")
    if "?" in authority or "#" in authority or "\\" in authority or path:
        raise AddressRefused("path")
    if "@" in authority:
        authority = _after_handle(authority, has_scheme=bool(scheme))
    name, port = _split_port(authority)
    address = _loopback(name, port) or _public(name, port)
    if address.is_loopback and not allow_loopback:
        raise AddressRefused("loopback")
    if scheme == "http" and not address.is_loopback:
        raise AddressRefused("scheme")
    return address


def _without_scheme(text: str) -> tuple[str, str]:
    """The text after `https://` or `http://`, and which of them it was (or "")."""
    lowered = text.lower()
    for scheme in ("https", "http"):
        if lowered.startswith(f"{scheme}://"):
            return text[len(scheme) + 3 :], scheme
    # "misskey.io:8443" looks like a scheme too, but its rest is a number.
    found = _SCHEME.match(text)
    if found and not _PORT.fullmatch(text[found.end() :].rstrip("/")):
        raise AddressRefused("credentials" if "@" in text else "scheme")
    if "://" in text or text.startswith("/"):
        raise AddressRefused("scheme")
    return text, ""


def _after_handle(authority: str, *, has_scheme: bool) -> str:
    """The host of `@me@host` or `me@host`. In a URL the same thing is a credential."""
    user, _, host = authority.removeprefix("@").rpartition("@")
    if has_scheme or not re.fullmatch(r"[A-Za-z0-9_.\-]*", user, re.ASCII):
        raise AddressRefused("credentials")
    return host


def _split_port(authority: str) -> tuple[str, int | None]:
    name, port_text = authority, None
    if authority.startswith("["):
        name, bracket, after = authority.partition("]")
        name += bracket
        if not bracket or after[:1] not in ("", ":"):
            raise AddressRefused("name")
        if after:
            port_text = after[1:]
    elif ":" in authority:
        name, _, port_text = authority.partition(":")
    if port_text is None:
        return name, None
    if not _PORT.fullmatch(port_text) or not 0 < int(port_text) < 65536:
        raise AddressRefused("port")
    return name, int(port_text)


def _loopback(name: str, port: int | None) -> ServerAddress | None:
    """This machine itself, if the name is a plain literal for it."""
    lowered = name.lower()
    if lowered != "localhost":
        literal = lowered[1:-1] if lowered.startswith("[") else lowered
        try:
            ip = ipaddress.ip_address(literal)
        except ValueError:
            return None
        if not ip.is_loopback or "%" in literal or (ip.version == 6) != lowered.startswith("["):
            return None
    return ServerAddress(lowered if port in (None, 80) else f"{lowered}:{port}", is_loopback=True)


def _public(name: str, port: int | None) -> ServerAddress:
    if name.startswith("["):
        raise AddressRefused("number")
    try:
        ascii_name = idna.encode(name.lower(), uts46=True, std3_rules=True).decode()
    except idna.IDNAError as error:
        raise AddressRefused("name") from error
    # Only now, because the mapping makes dots and digits of other characters.
    ascii_name = ascii_name.removesuffix(".")
    if _NUMBER_AT_END.search(ascii_name):
        raise AddressRefused("number")
    # A name without a dot, or under .localhost (RFC 6761), is not out on the network.
    if "." not in ascii_name or ascii_name.endswith(".localhost"):
        raise AddressRefused("name")
    return ServerAddress(ascii_name if port in (None, 443) else f"{ascii_name}:{port}")
