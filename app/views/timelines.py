"""`/timelines/…`, `/lists/…`, `/tags/…` and the like: one view for every row of the table
of timelines."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from app import servers, standing, timelines
from app.misskey.entities import Named
from app.security import required_account
from app.servers import client_for
from app.stretches import show
from app.timelines import KINDS, TIMELINES, misskey_id

bp = Blueprint("timelines", __name__)

MOST_THINGS = 100
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
    return show(account, client_for(account), timelines.of_tag(tag))


_KIND = "any(" + ", ".join(repr(name) for name in KINDS) + ")"


@bp.get(f"/<{_KIND}:kind>")
def things(kind: str) -> ResponseReturnValue:
    """The account's lists, antennas, clips, or the channels it follows."""
    account = required_account()
    row = KINDS[kind]
    server = servers.known(account.host)
    if not timelines.is_offered(row.notes, account, server):
        abort(404)
    client = client_for(account)
    # Two of the four take no limit, and pass over it.
    found = client.page(row.listed_by, of=Named, limit=MOST_THINGS)
    return render_template(
        "timelines/things.html", account=account, kind=row, found=found, server=server
    )


@bp.get(f"/<{_KIND}:kind>/<thing_id>")
def thing(kind: str, thing_id: str) -> ResponseReturnValue:
    """The notes of one of them."""
    account = required_account()
    row = KINDS[kind]
    offered = timelines.is_offered(row.notes, account, servers.known(account.host))
    if not misskey_id(thing_id) or not offered:
        abort(404)
    client = client_for(account)
    known = client.call(row.shown_by, into=Named, **{row.key: thing_id})
    timeline = row.timeline(thing_id, known.name)
    return show(account, client, timeline, kind=row, about=known.description)
