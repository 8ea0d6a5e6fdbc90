"""`/@name`: a person, what they wrote, and what one can do about them."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from app import chat, circles, servers, things, timelines
from app.doing import do, signed_out
from app.misskey.entities import Profile
from app.models import Account
from app.reading import reading_as
from app.relations import (
    MUTE_FOR,
    QUESTIONS,
    RELATIONS,
    offered,
    refusals_of,
    standing,
    wanted_person,
)
from app.security import account_of_form, required_account, safe_next
from app.servers import client_for
from app.stretches import Turns, read, since, turns, until
from app.things import MAKINGS
from app.timelines import misskey_id

bp = Blueprint("people", __name__)

TABS: dict[str, LazyString] = {
    "notes": lazy_gettext("Notes"),
    "replies": lazy_gettext("With replies"),
    "media": lazy_gettext("Media"),
    "reactions": lazy_gettext("Reactions"),
}


@bp.get("/@<acct>")
@bp.get("/@<acct>/<any('replies', 'media', 'reactions'):tab>")
def person(acct: str, tab: str = "notes") -> ResponseReturnValue:
    """Somebody, by `name` or `name@host`, and what they wrote or reacted to."""
    account = required_account()
    client = client_for(account)
    wanted = wanted_person(acct, account) or abort(404)
    profile = client.call("users/show", into=Profile, **wanted)
    server = servers.known(account.host)
    has_reactions = server is None or "users/reactions" in server.endpoints
    shown = _tabs(profile, account, has_reactions=has_reactions)
    if tab not in shown:
        abort(404)
    # Of somebody who blocks the reader, the server shows no notes; why is said above.
    timeline = timelines.of_person(profile.id, tab)
    stretch = timelines.Stretch([]) if profile.is_blocked else read(client, timeline)
    around = Turns(None, None, None) if profile.is_blocked else turns(stretch, {})
    is_first = not until() and not since()
    return render_template(
        "people/show.html",
        account=account,
        reading=reading_as(account),
        profile=profile,
        acct=acct,
        tab=tab,
        tabs=[(TABS[name], _path(acct, name), name == tab) for name in shown],
        standing=standing(profile),
        page=stretch,
        turns=around,
        pinned=profile.pinned if tab == "notes" and is_first else [],
        is_me=profile.id == account.user_id,
        can=offered(account, server),
        mute_for=MUTE_FOR,
        made=circles.made_tabs(profile, server),
        can_chat=chat.can_begin(profile, account, server),
        has_lists="members" in things.offered(MAKINGS["lists"], account, server),
    )


@bp.get("/people/<user_id>/<any('block', 'remove-follower'):asked>")
def confirm(user_id: str, asked: str) -> ResponseReturnValue:
    """Ask before what the other person may notice."""
    account = required_account()
    if not misskey_id(user_id) or user_id == account.user_id:
        abort(404)
    profile = client_for(account).call("users/show", into=Profile, userId=user_id)
    return render_template(
        "people/confirm.html",
        account=account,
        reading=reading_as(account),
        profile=profile,
        asked=asked,
        question=QUESTIONS[asked],
        next=safe_next(request.args.get("next"), f"/{profile.handle}"),
    )


@bp.post("/people/<user_id>/<any(" + ", ".join(repr(name) for name in RELATIONS) + "):doing>")
def act(user_id: str, doing: str) -> ResponseReturnValue:
    """Carry out one row of the table of relations, as the account the page was shown to,
    and go back to where the person was."""
    account = account_of_form()
    if account is None:
        return signed_out()
    relation = RELATIONS[doing]
    parameters = relation.parameters(request.form) if misskey_id(user_id) else None
    if parameters is None:
        abort(400)
    return do(
        account,
        relation.endpoint,
        relation.done,
        refusals=refusals_of(relation),
        userId=user_id,
        **parameters,
    )


def _tabs(profile: Profile, account: Account, *, has_reactions: bool) -> list[str]:
    is_public = profile.public_reactions or profile.id == account.user_id
    hidden = () if has_reactions and is_public else ("reactions",)
    return [name for name in TABS if name not in hidden]


def _path(acct: str, tab: str) -> str:
    return url_for("people.person", acct=acct, tab=None if tab == "notes" else tab)
