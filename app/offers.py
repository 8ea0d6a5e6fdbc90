"""What an account's server lets a note hold: asked of the server, never guessed from its
name. A part of the form whose endpoint or permission is missing is absent."""

from __future__ import annotations

from dataclasses import dataclass

from app import servers
from app.models import Account, Server

USUAL_LENGTH = 3000
MOST_FILES = 16
# Misskey 11 (FACTS C.3).
MOST_FILES_OF_OLD = 4


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be offered to one account."""

    server: str
    longest: int
    most_files: int
    uploads: bool
    drive: bool
    alt_texts: bool
    channels: bool
    followed_channels: bool
    acceptance: bool
    finds_people: bool


def offer_for(account: Account) -> Offer:
    """What `account` may put into a note."""
    return offer_of(account, servers.known(account.host))


def offer_of(account: Account, server: Server | None) -> Offer:
    """As `offer_for`, from facts at hand. What is not known is taken to be there, but for
    channels: version 11 passes over `channelId` and posts to everybody."""
    endpoints = frozenset(server.endpoints) if server else None

    def has(endpoint: str) -> bool:
        return endpoints is None or endpoint in endpoints

    def may(permission: str) -> bool:
        return account.permissions is None or permission in account.permissions

    has_channels = endpoints is not None and "channels/timeline" in endpoints
    # Alt texts, channels and sixteen files came with the same version.
    is_old = endpoints is not None and not has_channels
    return Offer(
        server=account.address.display,
        longest=server.max_note_length if server else USUAL_LENGTH,
        most_files=MOST_FILES_OF_OLD if is_old else MOST_FILES,
        uploads=has("drive/files/create") and may("write:drive"),
        drive=has("drive/files") and may("read:drive"),
        alt_texts=not is_old and may("write:drive"),
        channels=has_channels,
        followed_channels=has_channels and has("channels/followed") and may("read:channels"),
        # Came two months after the list of emoji; others pass over it (FACTS C.3).
        acceptance=has("emojis"),
        finds_people=has("users/search-by-username-and-host"),
    )
