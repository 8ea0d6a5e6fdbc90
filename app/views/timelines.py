"""`/timelines/…`, `/lists/…`, `/tags/…` and the like: one view for every row of the table
of timelines."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import exploring, servers, standing, things, timelines
from app.security import required_account
from app.servers import client_for
from app.stretches import Tab, show
from app.things import MAKINGS, Making, Shelf
from app.timelines import KINDS, TIMELINES, misskey_id

bp = Blueprint("timelines", __name__)

MOST_THINGS = 100
CHANNEL_SEARCH = "channels/search"
_LONGEST_TAG = 128


@bp.get("/timelines/<any(" + ", ".join(repr(name) for name in TIMELINES) + "):row>")
def named(row: str) -> ResponseReturnValue:
    """A timeline that needs nothing but its name; 404 where the server has none such."""
    account = required_account()
    timeline = TIMELINES[row]
    if not timelines.is_offered(timeline, account, servers.known(account.host)):
        abort(404)
    client = client_for(account)
    standing.refresh(account, client)
    return show(account, client, timeline)


@bp.get("/tags/<tag>")
def tag(tag: str) -> ResponseReturnValue:
    """Notes with a hashtag, as far as the person's server knows them."""
    if len(tag) > _LONGEST_TAG:
        abort(404)
    account = required_account()
    links = []
    if exploring.has(account, servers.known(account.host), "hashtags/users", None):
        path = url_for("explore.tag_people", tag=tag)
        links.append((gettext("Who says this of themselves"), path))
    return show(account, client_for(account), timelines.of_tag(tag), links=links)


_KIND = "any(" + ", ".join(repr(name) for name in KINDS) + ")"


@bp.get(f"/<{_KIND}:kind>", endpoint="things")
def things_of_kind(kind: str) -> ResponseReturnValue:
    """The account's lists, antennas, clips, or the channels it follows; with `show`, those
    of another shelf; channels also by the words `q`."""
    account = required_account()
    making = MAKINGS[kind]
    row = making.kind
    server = servers.known(account.host)
    if not timelines.is_offered(row.notes, account, server):
        abort(404)
    can = things.offered(making, account, server)
    shelf = making.shelf(request.args.get("show"))
    shelf = shelf if shelf is not None and shelf.name in can else None
    has_search = kind == "channels" and (server is None or CHANNEL_SEARCH in server.endpoints)
    query = request.args.get("q", "").strip()[:_LONGEST_TAG] if has_search else ""
    client = client_for(account)
    if query:
        found = client.page(CHANNEL_SEARCH, of=making.of, query=query, limit=MOST_THINGS)
    else:
        # Some take no limit, and pass over it.
        listed_by = shelf.endpoint if shelf else row.listed_by
        found = client.page(listed_by, of=making.of, limit=MOST_THINGS)
    return render_template(
        "timelines/things.html",
        account=account,
        kind=row,
        making=making,
        found=found,
        can=can,
        shelf=shelf,
        tabs=_tabs(making, can, None if query else shelf, is_search=bool(query)),
        empty=gettext("Nothing was found.") if query else shelf.none if shelf else row.none,
        has_search=has_search,
        query=query,
    )


def _tabs(making: Making, can: frozenset[str], here: Shelf | None, *, is_search: bool) -> list[Tab]:
    """The shelves side by side; none where there is only one."""
    kind = making.kind
    first = gettext("Followed") if kind.name == "channels" else gettext("Yours")
    first_is_here = here is None and not is_search
    tabs: list[Tab] = [(first, url_for("timelines.things", kind=kind.name), first_is_here)]
    for shelf in making.shelves:
        if shelf.name in can:
            path = url_for("timelines.things", kind=kind.name, show=shelf.name)
            tabs.append((shelf.label, path, shelf is here))
    return tabs if len(tabs) > 1 else []


@bp.get(f"/<{_KIND}:kind>/<thing_id>")
def thing(kind: str, thing_id: str) -> ResponseReturnValue:
    """The notes of one of them."""
    account = required_account()
    row = KINDS[kind]
    offered = timelines.is_offered(row.notes, account, servers.known(account.host))
    if not misskey_id(thing_id) or not offered:
        abort(404)
    client = client_for(account)
    making = MAKINGS[kind]
    known = client.call(row.shown_by, into=making.of, **{row.key: thing_id})
    timeline = row.timeline(thing_id, known.name)
    return show(
        account,
        client,
        timeline,
        kind=row,
        thing=known,
        about=known.description,
        is_own=things.is_own(known, account),
        deeds=things.deeds_for(known),
        can=things.offered(making, account, servers.stored(account.host)),
    )
