"""`/settings/decorations`: what stands around the account's picture at its server.

One form with many buttons: whichever is pressed, all that was typed comes along."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import account_settings, decorations, exploring, servers
from app.decorations import FARTHEST_MOVE, FARTHEST_TURN, PER_PAGE, Placed
from app.doing import signed_out, still_here
from app.errors import explain, in_a_line, retry_header
from app.misskey import ApiError, CredentialRefused, MisskeyError
from app.misskey.entities.people import Decoration, Profile
from app.models import Account
from app.notices import leave_notice
from app.problems import Problem
from app.reading import reading_as
from app.security import account_of_form, required_account
from app.servers import client_for
from app.timelines import misskey_id

bp = Blueprint("decorations", __name__)

_LONGEST_QUERY = 100


@bp.get("/settings/decorations")
def page() -> ResponseReturnValue:
    """What the account wears, and what there is."""
    account = required_account()
    _needs(account)
    return _show(account)


@bp.post("/settings/decorations")
def save() -> ResponseReturnValue:
    """Keep how they are placed, without those that are to be taken off; with a button, put
    one on as well."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account)
    off = request.form.getlist("off")
    ids = [id for id in request.form.getlist("worn") if id not in off]
    worn = decorations.from_form(request.form, ids)
    verb, _, about = request.form.get("do", "").partition(" ")
    if verb == "put" and misskey_id(about) and about not in [one.id for one in worn]:
        worn.append(Placed(about))
    problem = decorations.problem_with(worn)
    if problem is not None:
        return _show(account, worn, problem)
    try:
        client_for(account).act("i/update", avatarDecorations=[one.parameters for one in worn])
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _show(account, worn, _problem_of(error))
    leave_notice(gettext("Saved at %(server)s.", server=account.address.display))
    return redirect(url_for("decorations.page"), 303)


def _needs(account: Account) -> None:
    """404, without a call, where the account can put on none."""
    has_some = exploring.has(account, servers.known(account.host), "get-avatar-decorations", None)
    if not (has_some and account_settings.is_offered(account)):
        abort(404)


def _problem_of(error: MisskeyError) -> Problem:
    code = error.code if isinstance(error, ApiError) else ""
    if code == "RESTRICTED_BY_ROLE":
        words = gettext("Your server does not let this account wear so many, or this one.")
        return Problem(words, gettext("Take some off."), "")
    said = explain(error)
    advice = in_a_line(said.advice, still_here(error))
    return Problem(said.happened, advice, "", said.status, said.retry_after)


def _show(
    account: Account, worn: list[Placed] | None = None, problem: Problem | None = None
) -> ResponseReturnValue:
    client = client_for(account)
    query = request.args.get("q", "").strip()[:_LONGEST_QUERY]
    found: list[Decoration] = []
    picture = account.avatar_url
    try:
        me = client.call("i", into=Profile)
        found = client.page("get-avatar-decorations", of=Decoration).items
        worn = decorations.worn_by(me) if worn is None else worn
        for_me = decorations.for_me(found, me, query)
        picture = me.avatar_url
    except CredentialRefused:
        raise
    except MisskeyError:
        if worn is None:
            raise
        # The server is what failed: what was typed goes before what there is to choose.
        for_me = []
    known = {one.id: one for one in found}
    on = {one.id for one in worn}
    others = [one for one in for_me if one.id not in on]
    start = request.args.get("from", "")
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0
    body = render_template(
        "settings/decorations.html",
        account=account,
        reading=reading_as(account),
        url=picture,
        worn=worn,
        drawn=decorations.drawn(worn, known),
        known=known,
        others=others[first : first + PER_PAGE],
        more=first + PER_PAGE if len(others) > first + PER_PAGE else None,
        query=query,
        has_search=bool(query) or len(found) > PER_PAGE,
        farthest_turn=FARTHEST_TURN,
        farthest_move=FARTHEST_MOVE,
        problem=problem,
        tabs=account_settings.tabs(account, "profile"),
    )
    return (body, problem.status, retry_header(problem.retry_after)) if problem else body
