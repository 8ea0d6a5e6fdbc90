"""`/settings/profile`, `/settings/privacy` and so on: what the account's server keeps of its
settings; `/settings/pictures/avatar` and `…/banner`: its pictures.

A page is two calls, or three; saving sends only what was changed. Nothing typed is lost:
whatever goes wrong, the form comes back as it was sent."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext
from flask_wtf.csrf import CSRFError

from app import account_settings, exploring, servers, uploads
from app.account_settings import GROUPS, Changes, Group, Shown, is_offered
from app.doing import still_here
from app.errors import explain, retry_header, show_http
from app.extensions import db
from app.misskey import (
    NULL,
    ApiError,
    Client,
    CredentialRefused,
    DriveFile,
    MisskeyError,
    RateLimited,
    User,
)
from app.models import Account, storable
from app.notices import leave_notice
from app.offers import offer_for
from app.problems import Problem
from app.reading import reading_as
from app.security import (
    account_of_form,
    current_account,
    public,
    required_account,
    sign_out_everywhere,
)
from app.servers import client_for
from app.timelines import misskey_id

bp = Blueprint("account_settings", __name__)

DRIVE_PICTURES = 24
PICTURES: dict[str, tuple[str, LazyString]] = {
    "avatar": ("avatarId", lazy_gettext("Your picture")),
    "banner": ("bannerId", lazy_gettext("Your banner")),
}
"""The parameter of `i/update` for each picture, and what it is called."""

_GROUP = "any(" + ", ".join(repr(name) for name in GROUPS) + ")"
_PICTURE = "any(" + ", ".join(repr(name) for name in PICTURES) + ")"


@bp.get(f"/settings/<{_GROUP}:group_name>")
def page(group_name: str) -> ResponseReturnValue:
    """How one group of settings stands."""
    account = required_account()
    if not is_offered(account):
        abort(404)
    client = client_for(account)
    me = client.call("i", into=dict[str, Any])
    settings = account_settings.offered(GROUPS[group_name], account_settings.taken_by(client, me))
    me = _with_handles(me, client) if group_name == "profile" else me
    return _show(account, GROUPS[group_name], account_settings.shown(settings, me))


@bp.post(f"/settings/<{_GROUP}:group_name>")
@public
def save(group_name: str) -> ResponseReturnValue:
    """Save what was changed, as the account the page was shown to."""
    group, account = GROUPS[group_name], account_of_form()
    if account is None:
        return _signed_out(group)
    held = account_settings.unseal(request.form.get("shown", ""), group, account)
    if held is None:
        abort(400)
    client = client_for(account)
    me: dict[str, Any] = {}
    changes = account_settings.read(group, request.form, held, me)
    if not changes.parameters and not changes.has_problem:
        return _saved(group, gettext("Nothing was changed."))
    try:
        me = _with_handles(client.call("i", into=dict[str, Any]), None)
        changes = account_settings.read(group, request.form, held, me)
        if changes.has_problem:
            return _show_again(account, group, changes, Problem(_look_below()))
        _remember(account, client.call("i/update", into=User, **changes.parameters))
    except CredentialRefused:
        sign_out_everywhere(account)
        return _signed_out(group)
    except MisskeyError as error:
        return _show_again(account, group, changes, _problem_of(error, changes))
    return _saved(group, gettext("Saved at %(server)s.", server=account.address.display))


@bp.errorhandler(CSRFError)
def come_back(error: CSRFError) -> ResponseReturnValue:
    """The form as it was sent, after its CSRF token was refused: the session it belonged to
    is over, or another one has begun."""
    if request.endpoint != "account_settings.save":
        return redirect(url_for("service.settings"), 303)
    group, account = GROUPS[(request.view_args or {})["group_name"]], account_of_form()
    if account is None:
        return _signed_out(group)
    held = account_settings.unseal(request.form.get("shown", ""), group, account)
    if held is None:
        return show_http(error)
    changes = account_settings.read(group, request.form, held, {})
    message = gettext("This page was open for so long that it could not be trusted any more.")
    problem = Problem(message, gettext("Press the button again."))
    return _show_again(account, group, changes, problem)


# Pictures -------------------------------------------------------------------------------


@bp.get(f"/settings/pictures/<{_PICTURE}:which>")
def picture(which: str) -> ResponseReturnValue:
    """The picture there is, and ways to another one."""
    account = required_account()
    if not is_offered(account):
        abort(404)
    return _show_picture(account, which)


@bp.post(f"/settings/pictures/<{_PICTURE}:which>")
def set_picture(which: str) -> ResponseReturnValue:
    """Take a picture from this device or the drive, or take it away."""
    account = account_of_form()
    if account is None:
        return redirect(url_for("accounts.index"), 303)
    client, key = client_for(account), PICTURES[which][0]
    chosen = _chosen_picture(account, client)
    if isinstance(chosen, Problem):
        return _show_picture(account, which, chosen)
    try:
        _remember(account, client.call("i/update", into=User, **{key: chosen}))
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _show_picture(account, which, _problem_of(error, Changes()))
    done = gettext("It is taken away.") if chosen is NULL else gettext("It is changed.")
    return _saved(GROUPS["profile"], done)


def _chosen_picture(account: Account, client: Client) -> object:
    """The id of the file that was chosen, null for none at all, or a Problem."""
    if request.form.get("do") == "remove":
        return NULL
    if uploads.chosen_files():
        sent = uploads.send_one(client, offer_for(account))
        return sent if isinstance(sent, Problem) else sent.id
    file_id = misskey_id(request.form.get("file"))
    return file_id or Problem(gettext("Choose a picture first."), field="files")


def _show_picture(
    account: Account, which: str, problem: Problem | None = None
) -> ResponseReturnValue:
    client, offer = client_for(account), offer_for(account)
    until = misskey_id(request.args.get("until"))
    try:
        me = client.call("i", into=dict[str, Any])
        found = (
            client.page(
                "drive/files",
                of=DriveFile,
                limit=DRIVE_PICTURES,
                untilId=until,
                type="image/*",
            )
            if offer.drive
            else None
        )
    except MisskeyError:
        if problem is None or problem.status < 429:
            raise
        # The server is what failed: nobody waits for it twice.
        me, found = {}, None
    body = render_template(
        "settings/picture.html",
        account=account,
        reading=reading_as(account),
        which=which,
        title=PICTURES[which][1],
        url=me.get(f"{which}Url"),
        has_one=bool(me.get(PICTURES[which][0])),
        has_decorations=which == "avatar"
        and exploring.has(account, servers.known(account.host), "get-avatar-decorations", None),
        offer=offer,
        found=found,
        is_full=found is not None and len(found.items) + found.unreadable >= DRIVE_PICTURES,
        problem=problem,
        tabs=account_settings.tabs(account, "profile"),
    )
    return (body, problem.status, retry_header(problem.retry_after)) if problem else body


# Answers --------------------------------------------------------------------------------


def _with_handles(me: dict[str, Any], client: Client | None) -> dict[str, Any]:
    """`me` with the accounts it was moved from as handles: `i` names them by their ids, and
    `i/update` takes handles. Without a client, or where that fails, without them."""
    ids = [one for one in me.get("alsoKnownAs") or [] if isinstance(one, str) and misskey_id(one)]
    people: list[User] = []
    if ids and client is not None:
        people = client.page("users/show", of=User, userIds=ids[:100]).items
    return me | {"alsoKnownAs": [person.handle for person in people]}


def _remember(account: Account, me: User) -> None:
    """What we keep of the account ourselves follows what it is called at its server."""
    account.name = storable(me.name or "", 500) or None
    account.avatar_url = storable(me.avatar_url or "", 2000) or None
    db.session.commit()


def _look_below() -> str:
    return gettext("Nothing is saved yet: look at what stands beside the fields.")


def _problem_of(error: MisskeyError, changes: Changes) -> Problem:
    if isinstance(error, ApiError):
        if account_settings.blame(error, changes):
            return Problem(_look_below())
        words = account_settings.refusal(error)
        if words is not None:
            return Problem(words, gettext("Nothing was changed."))
    said = explain(error)
    advice = said.advice if isinstance(error, RateLimited) else ""
    return Problem(
        said.happened,
        f"{advice} {still_here(error)}".strip(),
        "",
        said.status,
        retry_after=said.retry_after,
    )


def _saved(group: Group, words: str) -> ResponseReturnValue:
    leave_notice(words)
    return redirect(url_for("account_settings.page", group_name=group.name), 303)


def _show(account: Account, group: Group, settings: list[Shown]) -> ResponseReturnValue:
    return render_template(
        "settings/group.html",
        account=account,
        group=group,
        page=settings,
        shown=account_settings.seal(group, account, settings),
        tabs=account_settings.tabs(account, group.name),
        most_fields=account_settings.MOST_FIELDS,
        can_test=group.name == "notifications"
        and exploring.has(
            account,
            servers.known(account.host),
            "notifications/test-notification",
            "write:notifications",
        ),
    )


def _show_again(
    account: Account, group: Group, changes: Changes, problem: Problem
) -> ResponseReturnValue:
    """The page as it was sent. Its seal stays that of the page as it was first shown, so
    that what was changed still counts as changed."""
    body = render_template(
        "settings/group.html",
        account=account,
        group=group,
        page=changes.typed,
        shown=request.form.get("shown", ""),
        tabs=account_settings.tabs(account, group.name),
        most_fields=account_settings.MOST_FIELDS,
        problem=problem,
    )
    return body, problem.status, retry_header(problem.retry_after)


def _signed_out(group: Group) -> ResponseReturnValue:
    """What was typed, for somebody who is not signed in any more, to be taken along by hand:
    it belongs to an account that this browser has nothing to do with now."""
    typed = [
        (setting.label, raw[0])
        for setting in group.settings
        if setting.key in request.form
        and setting.kind.widget in ("text", "line")
        and (raw := setting.kind.read(request.form, setting.key))[0].strip()
    ]
    body = render_template(
        "settings/signed_out.html", account=current_account(), group=group, typed=typed
    )
    return body, 401
