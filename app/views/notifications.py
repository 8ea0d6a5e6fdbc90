"""`/notifications`: what the account was told, and follow requests answered in place."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import exploring, notifications, relations, servers, standing
from app.achievements import label_of
from app.doing import do, signed_out
from app.misskey.entities.notifications import Notification
from app.models import Account
from app.notifications import Kind
from app.reading import reading_as
from app.security import account_of_form, required_account
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
        achievement_label=label_of,
        can_clear={
            name
            for name in ("mark-all-as-read", "flush")
            if exploring.has(account, server, f"notifications/{name}", "write:notifications")
        },
    )


@bp.post("/notifications/read")
def read_all() -> ResponseReturnValue:
    """Nothing is new any more, seen or not."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "notifications/mark-all-as-read")
    answer = do(
        account,
        "notifications/mark-all-as-read",
        gettext("Everything is marked as read."),
        refusals={},
        fallback=url_for("notifications.index"),
    )
    standing.ask_again(account)
    return answer


@bp.post("/notifications/test")
def test() -> ResponseReturnValue:
    """Let the server send one that says nothing."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "notifications/test-notification")
    return do(
        account,
        "notifications/test-notification",
        gettext("A test notification is on its way. Look at your notifications."),
        refusals={},
        fallback=url_for("account_settings.page", group_name="notifications"),
    )


@bp.get("/notifications/delete")
def confirm_delete() -> ResponseReturnValue:
    """Ask before deleting all of them."""
    account = required_account()
    _needs(account, "notifications/flush")
    return render_template(
        "confirm.html",
        account=account,
        title=gettext("Delete all notifications?"),
        what=account.handle,
        words=gettext("Your server forgets them. What they are about stays."),
        action=url_for("notifications.delete"),
        button=gettext("Delete"),
        stay=url_for("notifications.index"),
    )


@bp.post("/notifications/delete")
def delete() -> ResponseReturnValue:
    """Delete all of them."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "notifications/flush")
    answer = do(
        account,
        "notifications/flush",
        gettext("Deleted."),
        refusals={},
        fallback=url_for("notifications.index"),
    )
    standing.ask_again(account)
    return answer


def _needs(account: Account, endpoint: str) -> None:
    """404, without a call, where the server lacks it or our app may not."""
    if not exploring.has(account, servers.known(account.host), endpoint, "write:notifications"):
        abort(404)


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
