"""The endpoints this sandbox has. Importing this fills the table."""

from __future__ import annotations

# The modules enter their rows when they are imported.
from . import (  # noqa: F401
    about,
    channels,
    charts,
    chat,
    drafts,
    drive,
    exploring,
    folders,
    invites,
    keeping,
    lists,
    making,
    notes,
    notifications,
    old,
    people,
    public_timelines,
    reactions,
    registry,
    relations,
    searching,
    settings,
    signin,
    timelines,
    webhooks,
    works,
    writing,
)
from .table import TABLE, Call, Endpoint

__all__ = ["TABLE", "Call", "Endpoint"]
