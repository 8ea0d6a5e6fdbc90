"""`/announcements`: what those who run the server tell everybody."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import servers, standing
from app.doing import do, signed_out
from app.misskey.entities.servers import Announcement
from app.models import Account
from app.reading import reading_as
from app.security import account_of_form, required_account
from app.servers import client_for
from app.stretches import Tab, until
from app.timelines import misskey_id

bp = Blueprint("announcements", __name__)

PER_PAGE = 20


@bp.get("/announcements")
def index() -> ResponseReturnValue:
    """Those that hold now, or with `past` those that are over."""
    account = required_account()
    _needs(account, "announcements")
    is_past = request.args.get("past") == "1"
    client = client_for(account)
    found = client.page(
        "announcements",
        of=Announcement,
        limit=PER_PAGE,
        untilId=until(),
        isActive=not is_past,
    )
    tabs: list[Tab] = [
        (gettext("Now"), url_for("announcements.index"), not is_past),
        (gettext("Past"), url_for("announcements.index", past=1), is_past),
    ]
    is_full = len(found.items) + found.unreadable >= PER_PAGE and found.items
    last = misskey_id(found.items[-1].id) if is_full else None
    older = url_for("announcements.index", past=is_past or None, until=last) if last else None
    return _page(account, found.items, tabs=tabs, older=older)


@bp.get("/announcements/<announcement_id>")
def show(announcement_id: str) -> ResponseReturnValue:
    """One of them."""
    account = required_account()
    _needs(account, "announcements/show", announcement_id)
    found = client_for(account).call(
        "announcements/show", into=Announcement, announcementId=announcement_id
    )
    return _page(account, [found])


@bp.post("/announcements/<announcement_id>/read")
def read(announcement_id: str) -> ResponseReturnValue:
    """The person has read it."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "i/read-announcement", announcement_id)
    answer = do(
        account,
        "i/read-announcement",
        gettext("Marked as read."),
        refusals={},
        fallback=url_for("announcements.index"),
        announcementId=announcement_id,
    )
    standing.ask_again(account)
    return answer


def _page(
    account: Account,
    found: list[Announcement],
    *,
    tabs: list[Tab] | None = None,
    older: str | None = None,
) -> ResponseReturnValue:
    return render_template(
        "announcements/index.html",
        account=account,
        reading=reading_as(account),
        found=found,
        tabs=tabs or [],
        older=older,
        can_read=_has(account, "i/read-announcement"),
        has_pages=_has(account, "announcements/show"),
    )


def _has(account: Account, endpoint: str) -> bool:
    server = servers.stored(account.host)
    return server is None or endpoint in server.endpoints


def _needs(account: Account, endpoint: str, announcement_id: str | None = None) -> None:
    """404, without a call, where the server lacks it, or where the id can be none."""
    server = servers.known(account.host)
    if server is not None and endpoint not in server.endpoints:
        abort(404)
    if announcement_id is not None and not misskey_id(announcement_id):
        abort(404)
