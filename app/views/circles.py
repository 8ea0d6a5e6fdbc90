"""Lists of people by how they stand to somebody, and what somebody made: rows of the tables
of `app.circles`."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import circles, servers
from app.circles import CIRCLES, MADE_BY, OF_PERSON, Circle, Found
from app.doing import do, signed_out
from app.misskey import ApiError
from app.misskey.entities.people import Profile
from app.models import Account
from app.reading import reading_as
from app.relations import QUESTIONS, offered, standing, wanted_person
from app.security import account_of_form, required_account
from app.servers import client_for
from app.stretches import Tab, until

bp = Blueprint("circles", __name__)

UPDATE_ALL = "following/update-all"


@bp.get("/people/<any(" + ", ".join(repr(name) for name in CIRCLES) + "):circle>")
def own(circle: str) -> ResponseReturnValue:
    """Who asks to follow the account, whom it asked, muted or blocked; each with what
    undoes it."""
    account = required_account()
    row = CIRCLES[circle]
    server = servers.known(account.host)
    if not circles.is_offered(row, account, server):
        abort(404)
    found = circles.read(client_for(account), row, until=until())
    tabs: list[Tab] = [
        (other.label, url_for("circles.own", circle=other.name), other is row)
        for other in CIRCLES.values()
        if circles.is_offered(other, account, server)
    ]
    return _circle_page(account, row, found, tabs=tabs)


@bp.post("/people/everybody/<any('show-replies', 'hide-replies'):all_of_them>")
def everybody(all_of_them: str) -> ResponseReturnValue:
    """Whether the replies to others of everybody one follows are in one's home."""
    account = account_of_form()
    if account is None:
        return signed_out()
    if UPDATE_ALL not in _known_to(account):
        abort(404)
    shows = all_of_them == "show-replies"
    return do(
        account,
        UPDATE_ALL,
        gettext("What they answer others is in your home, too.")
        if shows
        else gettext("What they answer others stays out of your home."),
        refusals={},
        fallback=url_for("circles.of_person", acct=account.username, ties="following"),
        withReplies=shows,
    )


def _known_to(account: Account) -> frozenset[str]:
    """The endpoints of its server, as far as they are known."""
    server = servers.stored(account.host)
    return frozenset(server.endpoints) if server else frozenset()


@bp.get("/@<acct>/<any(" + ", ".join(repr(name) for name in OF_PERSON) + "):ties>")
def of_person(acct: str, ties: str) -> ResponseReturnValue:
    """Whom somebody follows, who follows them and whom they talk with, as far as they let
    it be seen."""
    account = required_account()
    row = OF_PERSON[ties]
    server = servers.known(account.host)
    if not circles.is_offered(row, account, server):
        abort(404)
    client = client_for(account)
    profile = client.call("users/show", into=Profile, **_wanted(acct, account))
    tabs: list[Tab] = [
        (other.label, url_for("circles.of_person", acct=acct, ties=other.name), other is row)
        for other in OF_PERSON.values()
        if circles.is_offered(other, account, server)
    ]
    try:
        found = circles.read(client, row, until=until(), userId=profile.id)
    except ApiError as error:
        if error.code != "FORBIDDEN":
            raise
        return _circle_page(account, row, None, tabs=tabs, profile=profile), 403
    return _circle_page(account, row, found, tabs=tabs, profile=profile)


def _circle_page(
    account: Account,
    row: Circle,
    found: Found | None,
    *,
    tabs: list[Tab],
    profile: Profile | None = None,
) -> str:
    is_mine = profile is None or profile.id == account.user_id
    return render_template(
        "circles/people.html",
        account=account,
        reading=reading_as(account),
        row=row,
        found=found,
        tabs=tabs,
        profile=profile,
        standing=standing,
        undo=row.undo if is_mine else (),
        can=offered(account, servers.stored(account.host)),
        asked=QUESTIONS.keys(),
        for_all=is_mine and row.name == "following" and UPDATE_ALL in _known_to(account),
    )


@bp.get("/@<acct>/<any(" + ", ".join(repr(name) for name in MADE_BY) + "):theirs>")
def made_by(acct: str, theirs: str) -> ResponseReturnValue:
    """What somebody of this server made and shows: lists, clips, pages and so on."""
    account = required_account()
    row = MADE_BY[theirs]
    server = servers.known(account.host)
    if server is not None and row.endpoint not in server.endpoints:
        abort(404)
    client = client_for(account)
    profile = client.call("users/show", into=Profile, **_wanted(acct, account))
    if profile.host is not None:
        abort(404)
    found = client.page(
        row.endpoint, of=row.of, userId=profile.id, limit=circles.PEOPLE, untilId=until()
    )
    return render_template(
        "circles/made.html",
        account=account,
        reading=reading_as(account),
        profile=profile,
        row=row,
        found=found,
        path_of=lambda thing: url_for(row.view, **{**row.more, row.key: thing.id}),
        is_full=row.is_paged and len(found.items) >= circles.PEOPLE,
        tabs=circles.made_tabs(profile, server, row),
    )


def _wanted(acct: str, account: Account) -> dict[str, str | None]:
    """What finds the person; 404 without a call for what can be nobody's name."""
    return wanted_person(acct, account) or abort(404)
