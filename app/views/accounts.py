"""`/accounts`: the accounts this browser is signed in to; switching, signing out,
forgetting."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import away, scheduling, sign_in
from app.extensions import db
from app.models import Account, Server
from app.notices import leave_notice
from app.security import current_account, public, safe_next, signed_in_accounts

bp = Blueprint("accounts", __name__)


@bp.get("/accounts")
@public
def index() -> ResponseReturnValue:
    """Who is signed in here."""
    accounts = signed_in_accounts()
    if not accounts:
        return redirect(url_for("sign_in.form"), 303)
    return render_template(
        "accounts/index.html",
        accounts=accounts,
        account=current_account(),
        next=safe_next(request.args.get("next")),
    )


@bp.post("/accounts/<account_id>/switch")
@public
def switch(account_id: str) -> ResponseReturnValue:
    """Act as this account from now on."""
    account = _own(account_id)
    session["current"] = account.id
    leave_notice(gettext("You are now %(handle)s.", handle=account.handle))
    return redirect(safe_next(request.form.get("next")), 303)


@bp.get("/sign-out")
@public
def sign_out_page() -> ResponseReturnValue:
    """What signing out does, and a button for each account and for all."""
    accounts = signed_in_accounts()
    if not accounts:
        return redirect(url_for("home.home"), 303)
    with_work = [one for one in accounts if sign_in.leaves_work(one)]
    return render_template(
        "accounts/sign_out.html",
        accounts=accounts,
        account=current_account(),
        with_work=[one.id for one in with_work],
        with_notes=any(scheduling.has_work(one) for one in with_work),
        going_on=[one.id for one in with_work if away.goes_on(one)],
    )


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Sign this browser out of the account named in the form, or of all."""
    wanted = request.form.get("account")
    leaving = [_own(wanted)] if wanted else signed_in_accounts()
    work = request.form.get("work")
    if work not in ("keep", "end") and any(sign_in.leaves_work(one) for one in leaving):
        # Whoever pressed the button on an older page has not been asked yet.
        return redirect(url_for("accounts.sign_out_page"), 303)
    sign_in.leave(leaving, keeps_work=work == "keep")
    response = _after_leaving()
    if work == "keep" and any(scheduling.has_work(one) for one in leaving):
        words = gettext(
            "You are signed out here. Your scheduled notes will be posted; after the last "
            "one nothing we keep can act for you."
        )
        leave_notice(words)
    elif work == "keep" and any(away.goes_on(one) for one in leaving):
        words = gettext("You are signed out here. What goes on while you are away goes on.")
        leave_notice(words)
    elif len(leaving) == 1:
        leave_notice(
            _signed_out(leaving[0]),
            href=apps_page(leaving[0]),
            label=gettext("Connected apps at %(server)s", server=leaving[0].address.display),
        )
    elif leaving:
        leave_notice(gettext("All accounts are signed out in this browser."))
    return response


@bp.get("/accounts/<account_id>/forget")
@public
def confirm_forget(account_id: str) -> ResponseReturnValue:
    """What forgetting deletes, and a button."""
    forgotten = _own(account_id)
    return render_template(
        "accounts/forget.html",
        forgotten=forgotten,
        apps_page=apps_page(forgotten),
        account=current_account(),
    )


@bp.post("/accounts/<account_id>/forget")
@public
def forget(account_id: str) -> ResponseReturnValue:
    """Delete everything we hold of the account."""
    account = _own(account_id)
    leave_words = _forgotten(account)
    place, label = (
        apps_page(account),
        gettext("Connected apps at %(server)s", server=account.address.display),
    )
    sign_in.forget(account)
    response = _after_leaving()
    leave_notice(leave_words, href=place, label=label)
    return response


def _signed_out(account: Account) -> str:
    if account.way == "oauth":
        return gettext(
            "%(handle)s is signed out here. Nothing we keep can act for this account now. Your "
            "server lists every sign-in as an “Engawa” of its own; to take the permission "
            "back as well, remove them there.",
            handle=account.handle,
        )
    return gettext(
        "%(handle)s is signed out here. Nothing we keep can act for this account "
        "now; to take Engawa's permission back as well, remove it at your server.",
        handle=account.handle,
    )


def _forgotten(account: Account) -> str:
    if account.way == "oauth":
        return gettext(
            "Everything Engawa kept of %(handle)s is deleted. Your server lists every sign-in as "
            "an “Engawa” of its own; only you can remove them, there.",
            handle=account.handle,
        )
    return gettext(
        "Everything Engawa kept of %(handle)s is deleted. Its permission at your server "
        "can only be removed by you, there.",
        handle=account.handle,
    )


def apps_page(account: Account) -> str:
    """Where on the account's server its person removes an app (FACTS D.1: an app can't
    do that itself). The page moved in 2025."""
    server = db.session.get(Server, account.host)
    year = server.version.partition(".")[0] if server else ""
    path = "/settings/connect" if year.isdecimal() and int(year) >= 2025 else "/settings/apps"
    return account.address.origin + path


def _after_leaving() -> Response:
    """On to what is left in this browser; with the last account goes all of its session,
    a kept draft too, and what the script kept of unsent texts. Where accounts are left,
    the script itself forgets the texts of those that are not (static/compose.js)."""
    left = signed_in_accounts()
    if not left:
        session.clear()
    response = redirect(url_for("accounts.index" if left else "home.home"), 303)
    # Pages of the account must not come back from the browser's cache.
    response.headers["Clear-Site-Data"] = '"cache"' if left else '"cache", "storage"'
    return response


def _own(account_id: str) -> Account:
    """This browser's account of that id; anybody else's is not there."""
    found = [account for account in signed_in_accounts() if account.id == account_id]
    if not found:
        abort(404)
    return found[0]
