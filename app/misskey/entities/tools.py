"""Webhooks, the registry, the reference, and what stands at an address."""

from __future__ import annotations

import msgspec

from app.misskey.entities.base import Count, Entity, Moment


class Webhook(Entity):
    """An address that is told what happens to the account (`i/webhooks/show`)."""

    id: str
    name: str = ""
    url: str = ""
    secret: str | None = None
    on: list[str] = []
    active: bool | None = None
    latest_sent_at: Moment | None = None
    latest_status: Count | None = None


class OwnApp(Entity):
    """An app the account registered at its server (`my/apps`)."""

    id: str
    name: str = ""
    callback_url: str | None = None
    permission: list[str] = []


class Kept(Entity):
    """A value kept for an app, as JSON (`i/registry/get-detail`)."""

    value: msgspec.Raw
    updated_at: Moment | None = None


class ResolvedThing(Entity):
    """As much of a note or a person as leads to their page."""

    id: str
    username: str | None = None
    host: str | None = None


class Resolved(Entity):
    """Answer of `ap/show`: the note or person at an address."""

    type: str
    object: ResolvedThing

    @property
    def note_id(self) -> str | None:
        """The note's id, if it is one."""
        return self.object.id if self.type == "Note" else None

    @property
    def acct(self) -> str | None:
        """`name` or `name@host`, if it is a person."""
        if self.type != "User" or not self.object.username:
            return None
        host = self.object.host
        return f"{self.object.username}@{host}" if host else self.object.username


class EndpointParameter(Entity):
    """One parameter of an endpoint, and its type as Misskey writes it (`String`)."""

    name: str
    type: str = ""


class EndpointParameters(Entity):
    """Answer of `endpoint`: what an endpoint takes."""

    params: list[EndpointParameter] = []

    @property
    def names(self) -> list[str]:
        """The parameters' names."""
        return [parameter.name for parameter in self.params]
