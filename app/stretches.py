"""A stretch of a timeline as a page: what the query asks for, and the links around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext

from app import places, preferences, servers, timelines
from app.errors import Explanation, page
from app.misskey import ApiError, Client
from app.models import Account, Server
from app.reading import reading_as
from app.timelines import FILTERS, MAY_BE_TABS, Stretch, Timeline, misskey_id

_SWITCHED_OFF = ("LTL_DISABLED", "STL_DISABLED", "GTL_DISABLED")

Tab = tuple[LazyString | str, str, bool]
"""A link among others side by side: its words, where it leads, whether that is here."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Where the links around a stretch of notes lead; None where there is none."""

    newest: str | None
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class Switch:
    """A filter as a link: what it does next, and whether it is on now."""

    label: str
    href: str
    is_on: bool


def show(account: Account, client: Client, timeline: Timeline, **more: Any) -> ResponseReturnValue:
    """The page of one stretch of `timeline`, as the query asks: `until`, `since`, filters."""
    server = servers.stored(account.host)
    known = timelines.filters_of(timeline, server)
    filters = tuple(name for name in known if request.args.get(name) == "1")
    try:
        stretch = read(client, timeline, filters)
    except ApiError as error:
        if error.code not in _SWITCHED_OFF:
            raise
        return page(_switched_off(timeline, account))
    query = dict.fromkeys(filters, "1")
    was_at = places.visit(
        account, request.path, stretch, asked=_asked(), is_background=_is_background()
    )
    return render_template(
        "timelines/show.html",
        account=account,
        reading=reading_as(account),
        timeline=timeline,
        page=stretch,
        turns=turns(stretch, query),
        was_at=_path({**query, **was_at}) if was_at else None,
        tabs=_tabs(account, server, timeline),
        switches=_switches(known, filters),
        is_newest=not until() and not since(),
        stream=_stream(account, timeline, filters) if stretch.newest else "",
        since=since(),
        per_page=preferences.current().per_page,
        **more,
    )


def read(client: Client, timeline: Timeline, filters: tuple[str, ...] = ()) -> Stretch:
    """The stretch of `timeline` that the query asks for."""
    return timelines.read(
        client,
        timeline,
        until=until(),
        since=since(),
        filters=filters,
        per_page=preferences.current().per_page,
    )


def until() -> str | None:
    """The id below which the page is to go on, by the query."""
    return misskey_id(request.args.get("until"))


def since() -> str | None:
    """The id above which it is; `until` goes before it."""
    return None if until() else misskey_id(request.args.get("since"))


def _asked() -> places.Place:
    bounds = {"until": until(), "since": since()}
    return {name: id for name, id in bounds.items() if id is not None}


def _is_background() -> bool:
    """Whether a script asks, and nobody who opened a page; older browsers do not tell."""
    return request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def turns(stretch: Stretch, query: Mapping[str, str]) -> Turns:
    """The links around `stretch`; `query` is what they keep of the page's own."""
    is_newest = not until() and not since()
    # On the way up there is always something below: where one came from.
    oldest = stretch.oldest if stretch.is_full or since() else None
    return Turns(
        newest=None if is_newest else _path(query),
        newer=_path({**query, "since": stretch.newest}) if stretch.newest else None,
        older=_path({**query, "until": oldest}) if oldest else None,
    )


def _tabs(account: Account, server: Server | None, here: Timeline) -> list[Tab]:
    """The person's row of tabs, if `here` is one of them."""
    row = [MAY_BE_TABS[name] for name in preferences.current().tabs if name in MAY_BE_TABS]
    if here not in row:
        return []
    return [
        (timeline.label, timeline.path, timeline is here)
        for timeline in row
        if timelines.is_offered(timeline, account, server)
    ]


def _switches(known: tuple[str, ...], on: tuple[str, ...]) -> list[Switch]:
    links = []
    for name in known:
        others = [other for other in on if other != name]
        kept = others if name in on else [*others, name]
        label = FILTERS[name][1 if name in on else 0]
        links.append(Switch(str(label), _path(dict.fromkeys(kept, "1")), name in on))
    return links


def _stream(account: Account, timeline: Timeline, filters: tuple[str, ...]) -> str:
    """The query for what happens on this timeline (`app.views.live`); empty where that is
    not told, or not wanted."""
    if timeline.channel is None or until() or since() or preferences.current().saves_data:
        return ""
    query = {"account": account.id, "timeline": timeline.name, "thing": timeline.thing}
    unread = account.unread_notifications or 0
    return urlencode({**query, "unread": unread, **dict.fromkeys(filters, "1")})


def _path(query: Mapping[str, str]) -> str:
    path = quote(request.path, safe="/@:")
    return f"{path}?{urlencode(query)}" if query else path


def _switched_off(timeline: Timeline, account: Account) -> Explanation:
    return Explanation(
        404,
        gettext("This timeline is switched off"),
        gettext(
            "%(server)s does not show the timeline “%(name)s” to this account.",
            server=account.address.display,
            name=str(timeline.label),
        ),
        gettext("Read your home instead."),
        link=(gettext("Go home"), url_for("home.home")),
    )
