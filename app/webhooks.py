"""Webhooks: addresses that the account's server tells what happens to it. For people who run
something that listens; Engawa itself uses none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext
from werkzeug.datastructures import MultiDict

from app.doing import Refusals
from app.misskey.entities.tools import Webhook
from app.problems import Problem
from app.rendering import web_url

EVENTS: dict[str, LazyString] = {
    "note": lazy_gettext("You posted a note"),
    "reply": lazy_gettext("Somebody answered you"),
    "mention": lazy_gettext("Somebody mentioned you"),
    "renote": lazy_gettext("Somebody renoted your note"),
    "reaction": lazy_gettext("Somebody reacted to your note"),
    "followed": lazy_gettext("Somebody followed you"),
    "follow": lazy_gettext("You followed somebody"),
    "unfollow": lazy_gettext("You unfollowed somebody"),
}
"""What a server can tell of, by its own names."""

LONGEST_NAME = 100
LONGEST = 1024

REFUSALS: Refusals = {
    "TOO_MANY_WEBHOOKS": lazy_gettext("You have as many webhooks as your server allows."),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form."""

    name: str = ""
    url: str = ""
    secret: str = ""
    on: tuple[str, ...] = ()
    active: bool = True


def typed_in(form: MultiDict[str, str]) -> Typed:
    """What was typed."""
    on = form.getlist("on")
    return Typed(
        form.get("name", "").strip(),
        form.get("url", "").strip(),
        form.get("secret", "").strip(),
        tuple(event for event in EVENTS if event in on),
        form.get("active") == "1",
    )


def as_typed(hook: Webhook) -> Typed:
    """What there is, as it stands in its form."""
    on = tuple(event for event in EVENTS if event in hook.on)
    return Typed(hook.name, hook.url, hook.secret or "", on, bool(hook.active))


def problem_with(typed: Typed) -> Problem | None:
    """Why this can't be sent, in words; None if it can."""
    if not typed.name:
        return Problem(gettext("Give it a name."), field="name")
    for field, text, longest in (
        ("name", typed.name, LONGEST_NAME),
        ("url", typed.url, LONGEST),
        ("secret", typed.secret, LONGEST),
    ):
        if len(text) > longest:
            words = gettext("This is too long: up to %(longest)s characters.", longest=longest)
            return Problem(words, field=field)
    if not web_url(typed.url):
        return Problem(gettext("Type the whole address."), field="url")
    if not typed.on:
        return Problem(gettext("Choose one of these."), field="on")
    return None


def parameters(typed: Typed, *, is_new: bool) -> dict[str, Any]:
    """What to send: all of it, for older servers want that (FACTS C.3)."""
    sent: dict[str, Any] = {
        "name": typed.name,
        "url": typed.url,
        "secret": typed.secret,
        "on": list(typed.on),
    }
    return sent if is_new else {**sent, "active": typed.active}
