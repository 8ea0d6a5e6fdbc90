"""`/invites`: codes by which other people may make an account at the server, for those
whose roles let them invite."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from app import servers
from app.doing import Refusals, do, refused, signed_out
from app.errors import Explanation, page
from app.misskey import ApiError, CredentialRefused, MisskeyError, PermissionMissing
from app.misskey.entities.people import Invite, InvitesLeft
from app.models import Account
from app.notices import leave_notice
from app.reading import reading_as
from app.security import account_of_form, required_account
from app.servers import client_for
from app.stretches import until
from app.submissions import claim, fail, finish
from app.timelines import misskey_id

bp = Blueprint("invites", __name__)

PER_PAGE = 30
_NOT_ALLOWED = lazy_gettext("Your server does not let this account invite anybody.")
REFUSALS: Refusals = {
    "EXCEEDED_LIMIT_OF_CREATE_INVITE_CODE": lazy_gettext(
        "You have made as many codes as your server allows for now."
    ),
    "ROLE_PERMISSION_DENIED": _NOT_ALLOWED,
    "CAN_NOT_DELETE_INVITE_CODE": lazy_gettext("This code was used, so it stays."),
    "ACCESS_DENIED": lazy_gettext("Only the person who made it can do this."),
    "NO_SUCH_INVITE_CODE": lazy_gettext("This code is not there any more."),
}


@bp.get("/invites")
def index() -> ResponseReturnValue:
    """The codes one made, and how many more one may make."""
    account = required_account()
    _needs(account, "invite/list", "read:invite-codes")
    client = client_for(account)
    try:
        found = client.page("invite/list", of=Invite, limit=PER_PAGE, untilId=until())
        left = client.call("invite/limit", into=InvitesLeft).remaining
    except ApiError as error:
        if error.code != "ROLE_PERMISSION_DENIED":
            raise
        return page(_not_allowed())
    is_full = len(found.items) + found.unreadable >= PER_PAGE and found.items
    return render_template(
        "invites/index.html",
        account=account,
        reading=reading_as(account),
        invites=found.items,
        left=left,
        older=misskey_id(found.items[-1].id) if is_full else None,
    )


@bp.post("/invites/new")
def create() -> ResponseReturnValue:
    """Make a code, once."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "invite/create", "write:invite-codes")
    submission = claim(request.form.get("form_id", ""), account)
    if submission is None:
        leave_notice(gettext("That was sent before."), is_problem=True)
        return redirect(url_for("invites.index"), 303)
    try:
        made = client_for(account).call("invite/create", into=Invite)
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return refused(error, REFUSALS, url_for("invites.index"))
    finish(submission, "done")
    leave_notice(gettext("Made: %(code)s", code=made.code))
    return redirect(url_for("invites.index"), 303)


@bp.get("/invites/<invite_id>/delete")
def confirm_delete(invite_id: str) -> ResponseReturnValue:
    """Ask before deleting."""
    account = required_account()
    _needs(account, "invite/delete", "write:invite-codes", invite_id)
    # Servers show no code by itself. Ids are compared letter by letter, so the newest code
    # before this longer id is the one with this very id.
    newest = client_for(account).page("invite/list", of=Invite, limit=1, untilId=f"{invite_id}0")
    invite = next(iter(newest.items), None)
    if invite is None or invite.id != invite_id:
        abort(404)
    return render_template(
        "confirm.html",
        account=account,
        title=gettext("Delete this code?"),
        what=invite.code,
        words=gettext("Nobody comes in by it any more."),
        action=url_for("invites.delete", invite_id=invite_id),
        button=gettext("Delete"),
        stay=url_for("invites.index"),
    )


@bp.post("/invites/<invite_id>/delete")
def delete(invite_id: str) -> ResponseReturnValue:
    """Delete a code that nobody used."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "invite/delete", "write:invite-codes", invite_id)
    return do(
        account,
        "invite/delete",
        gettext("Deleted."),
        refusals=REFUSALS,
        fallback=url_for("invites.index"),
        inviteId=invite_id,
    )


def _needs(account: Account, endpoint: str, permission: str, invite_id: str | None = None) -> None:
    """404, without a call, where the server has no such codes, or where the id can be none.
    Raises PermissionMissing for a sign-in from before Engawa asked for `permission`: its
    page says how to give it."""
    server = servers.known(account.host)
    if server is not None and endpoint not in server.endpoints:
        abort(404)
    if invite_id is not None and not misskey_id(invite_id):
        abort(404)
    if account.permissions is not None and permission not in account.permissions:
        raise PermissionMissing(account.host, endpoint, "PERMISSION_DENIED", 403)


def _not_allowed() -> Explanation:
    return Explanation(
        403,
        gettext("You can't invite anybody here"),
        str(_NOT_ALLOWED),
        gettext("Those who run it decide who may."),
        link=(gettext("Go home"), url_for("home.home")),
    )
