"""`/@name`: a person, what they wrote, and what one can do about them."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext

from app import chat, circles, exploring, servers, things, timelines
from app.achievements import label_of, moment_of
from app.doing import do, signed_out
from app.misskey.entities.people import Achievement, Profile
from app.models import Account, Server
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
from app.stretches import Tab, Turns, read, since, turns, until
from app.things import MAKINGS
from app.timelines import misskey_id

bp = Blueprint("people", __name__)

TABS: dict[str, LazyString] = {
    "notes": lazy_gettext("Notes"),
    "replies": lazy_gettext("With replies"),
    "media": lazy_gettext("Media"),
    "featured": lazy_gettext("Highlights"),
    "reactions": lazy_gettext("Reactions"),
}


@bp.get("/@<acct>")
@bp.get("/@<acct>/<any('replies', 'media', 'featured', 'reactions'):tab>")
def person(acct: str, tab: str = "notes") -> ResponseReturnValue:
    """Somebody, by `name` or `name@host`, and what they wrote or reacted to."""
    account = required_account()
    client = client_for(account)
    wanted = wanted_person(acct, account) or abort(404)
    profile = client.call("users/show", into=Profile, **wanted)
    server = servers.known(account.host)
    shown = _tabs(profile, account, server)
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
        can_chat=chat.can_begin(profile, account, server),
        made=[*circles.made_tabs(profile, server), *_beside(profile, server)],
        has_roles=exploring.has(account, server, "roles/users", "read:account"),
        has_instances=exploring.has(account, server, "federation/show-instance", None),
        has_lists="members" in things.offered(MAKINGS["lists"], account, server),
    )


@bp.get("/@<acct>/achievements")
def achievements(acct: str) -> ResponseReturnValue:
    """What somebody of this server achieved, the last first."""
    account = required_account()
    server = servers.known(account.host)
    if server is not None and "users/achievements" not in server.endpoints:
        abort(404)
    client = client_for(account)
    wanted = wanted_person(acct, account) or abort(404)
    profile = client.call("users/show", into=Profile, **wanted)
    found = client.page("users/achievements", of=Achievement, userId=profile.id).items
    return render_template(
        "people/achievements.html",
        account=account,
        reading=reading_as(account),
        profile=profile,
        achieved=[
            (label_of(one.name), moment_of(one.unlocked_at))
            for one in sorted(found, key=lambda one: one.unlocked_at, reverse=True)
        ],
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


def _beside(profile: Profile, server: Server | None) -> list[Tab]:
    """Links to what else there is to know of somebody."""
    acct = profile.handle[1:]
    links: list[tuple[str, Tab]] = [
        (
            "users/get-frequently-replied-users",
            (
                gettext("Talks with"),
                url_for("circles.of_person", acct=acct, ties="talks-with"),
                False,
            ),
        ),
    ]
    if profile.host is None:
        path = url_for("people.achievements", acct=acct)
        links.append(("users/achievements", (gettext("Achievements"), path, False)))
    return [link for endpoint, link in links if server is None or endpoint in server.endpoints]


def _tabs(profile: Profile, account: Account, server: Server | None) -> list[str]:
    may_see_reactions = profile.public_reactions or profile.id == account.user_id
    lacking = {
        name
        for name in ("featured", "reactions")
        if server is not None
        and timelines.of_person(profile.id, name).endpoint not in server.endpoints
    }
    hidden = lacking if may_see_reactions else {*lacking, "reactions"}
    return [name for name in TABS if name not in hidden]


def _path(acct: str, tab: str) -> str:
    return url_for("people.person", acct=acct, tab=None if tab == "notes" else tab)
