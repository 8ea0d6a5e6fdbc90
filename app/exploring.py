"""Who and what there is on a server: people, hashtags, roles and other servers.

Lists of people are rows of a table. What needs an endpoint the server lacks is not offered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import LazyString, lazy_gettext

from app.models import Account, Server
from app.stretches import Tab

PEOPLE = 30
TAGS = 50
SERVERS = 30
MOST_PAGES = 100
"""Servers count what was passed over anew at each page, so that there is an end to it."""
HOST = re.compile(r"[^\s/?#@\\]{1,253}")
"""What may be the address of another server."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """One list of people, paged by number where it is paged at all."""

    name: str
    endpoint: str
    label: LazyString
    params: Mapping[str, Any] = field(default_factory=dict)
    is_paged: bool = True


_HERE = {"origin": "local", "state": "alive"}
CROWDS = {
    crowd.name: crowd
    for crowd in (
        Crowd("popular", "users", lazy_gettext("Most followed"), {**_HERE, "sort": "+follower"}),
        Crowd("active", "users", lazy_gettext("Last active"), {**_HERE, "sort": "+updatedAt"}),
        Crowd(
            "new",
            "users",
            lazy_gettext("Newest here"),
            {"origin": "local", "state": "all", "sort": "+createdAt"},
        ),
        Crowd("picked", "pinned-users", lazy_gettext("Picked by your server"), is_paged=False),
        Crowd(
            "far",
            "users",
            lazy_gettext("Of other servers"),
            {"origin": "remote", "state": "alive", "sort": "+follower"},
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Bond:
    """Who is followed between the account's server and another."""

    name: str
    endpoint: str
    label: LazyString


BONDS = {
    bond.name: bond
    for bond in (
        Bond("followed", "federation/followers", lazy_gettext("Of its people, followed here")),
        Bond("follows", "federation/following", lazy_gettext("Whom its people follow here")),
    )
}
"""Servers speak of the other's side: its `followers` are people here, and what they answer
with, in both, is who is followed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page of things to explore: what it takes, and the permission for it."""

    view: str
    label: LazyString
    endpoint: str
    permission: str | None = None


PLACES = (
    Place("explore.people", lazy_gettext("People"), "users"),
    Place("explore.tags", lazy_gettext("Hashtags"), "hashtags/trend"),
    Place("explore.roles", lazy_gettext("Roles"), "roles/list", "read:account"),
    Place("explore.instances", lazy_gettext("Other servers"), "federation/instances"),
)


def has(account: Account, server: Server | None, endpoint: str, permission: str | None) -> bool:
    """Whether the server has it and our app the permission. What is not known is taken to
    be there."""
    if server is not None and endpoint not in server.endpoints:
        return False
    permissions = account.permissions
    return permission is None or permissions is None or permission in permissions


def tabs(account: Account, server: Server | None, here: str) -> list[Tab]:
    """The places side by side, as far as the server has them."""
    return [
        (place.label, url_for(place.view), place.view == here)
        for place in PLACES
        if has(account, server, place.endpoint, place.permission)
    ]
