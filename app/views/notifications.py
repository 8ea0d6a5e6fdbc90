"""`/notifications`: what the account was told, and follow requests answered in place."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import notifications, relations, servers, standing
from app.misskey.entities import Notification
from app.notifications import Kind
from app.reading import reading_as
from app.security import required_account
from app.servers import client_for
from app.stretches import Tab
from app.timelines import misskey_id

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
def index() -> ResponseReturnValue:
    """The newest notifications, or those before `until`, or `only` some of them.

    Who sees the newest of all has seen what is new: that, and nothing else, marks
    everything read.
    """
    account = required_account()
    client = client_for(account)
    server = servers.known(account.host)
    until = misskey_id(request.args.get("until"))
    only = request.args.get("only", "")
    only = only if only in notifications.FILTERS else ""
    seen = not until and not only and not _is_fetched_ahead()
    found = notifications.read(client, server, only=only or None, until=until, marks_read=seen)
    if seen:
        standing.all_read(account)
    # Grouped, a page holds fewer than were asked for: whether more follow, the next tells.
    oldest = found.items[-1].id if found.items else None
    return render_template(
        "notifications/index.html",
        account=account,
        reading=reading_as(account),
        found=found,
        tabs=_tabs(only),
        told=_with_notes_once(found.items),
        only=only,
        is_newest=not until,
        older=url_for("notifications.index", only=only or None, until=oldest) if oldest else None,
        can=relations.offered(account, server),
    )


def _tabs(only: str) -> list[Tab]:
    links: list[Tab] = [(gettext("All"), url_for("notifications.index"), not only)]
    for name, (label, _types) in notifications.FILTERS.items():
        links.append((label, url_for("notifications.index", only=name), name == only))
    return links


def _with_notes_once(items: list[Notification]) -> list[tuple[Notification, Kind, bool]]:
    """Each with its kind, and whether its note is shown whole: once on a page, for a note's
    place on the page has its id."""
    shown: set[str] = set()
    told = []
    for one in items:
        kind = notifications.kind_of(one)
        is_whole = kind.note == "whole" and one.note is not None and one.note.id not in shown
        if one.note is not None and is_whole:
            shown.add(one.note.id)
        told.append((one, kind, is_whole))
    return told


def _is_fetched_ahead() -> bool:
    """Whether a browser fetches the page before anybody asked for it: nobody sees it yet."""
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return "prefetch" in purpose
