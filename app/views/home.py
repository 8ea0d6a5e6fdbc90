"""`/`: the home timeline; for somebody who is not signed in, what this is."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import timelines
from app.reading import reading_as
from app.security import current_account, public, signed_in_accounts
from app.servers import client_for

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """The newest notes of home, or those before `until` or after `since`."""
    account = current_account()
    if account is None:
        if signed_in_accounts():
            return redirect(url_for("accounts.index"), 303)
        return render_template("home/welcome.html")
    until = timelines.misskey_id(request.args.get("until"))
    since = timelines.misskey_id(request.args.get("since"))
    page = timelines.read(client_for(account), timelines.HOME, until=until, since=since)
    return render_template(
        "home/timeline.html",
        account=account,
        reading=reading_as(account),
        page=page,
        is_newest=not until and not since,
        since=since,
        per_page=timelines.NOTES_PER_PAGE,
        is_full=len(page.items) + page.unreadable >= timelines.NOTES_PER_PAGE,
    )
