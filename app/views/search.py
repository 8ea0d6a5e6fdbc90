"""`/search`: notes, people and hashtags; and what is at an address."""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext

from app import servers, timelines
from app.errors import explain
from app.misskey import AnswerUnusable, ApiError, Client, CredentialRefused, MisskeyError
from app.misskey.entities.people import Profile
from app.misskey.entities.tools import Resolved
from app.models import Account
from app.reading import reading_as
from app.rendering import web_url
from app.security import required_account, signed_in_account
from app.servers import client_for
from app.stretches import read, turns

bp = Blueprint("search", __name__)

PLACES: dict[str, tuple[LazyString, str]] = {
    "notes": (lazy_gettext("Notes"), "notes/search"),
    "people": (lazy_gettext("People"), "users/search"),
    "tags": (lazy_gettext("Hashtags"), "hashtags/search"),
}
"""Where one can look, and the endpoint that does."""

MOST_PEOPLE = 30
MOST_TAGS = 50
LONGEST = 300
_HANDLE = re.compile(r"@?([\w.\-]{1,128})@([^\s/?#@\\]{1,300})", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Both mean that this server, or this account's role, does not look for notes.
_NOT_HERE = ("UNAVAILABLE", "SEARCHING_NOT_AVAILABLE")


@bp.get("/search")
def index() -> ResponseReturnValue:
    """What was found, `in` notes, people or hashtags; without words, the form alone."""
    account = required_account()
    words = _words(request.args.get("q", ""))
    place = request.args.get("in", "")
    return _page(account, words, place if place in PLACES else "notes")


@bp.post("/search/open")
def open_address() -> ResponseReturnValue:
    """Go to our page of a note or person of any server. The account's own server fetches
    it, which takes a while and is limited, so it is done at the press of a button only."""
    wanted = request.form.get("account")
    account = signed_in_account(wanted) if wanted else required_account()
    words = _words(request.form.get("q", ""))
    if account is None:
        return redirect(url_for("accounts.index"), 303)
    handle = _HANDLE.fullmatch(words)
    if handle:
        return redirect(url_for("people.person", acct="@".join(handle.groups())), 303)
    if not web_url(words):
        return _page(account, words, "notes", gettext("Type the whole address.")), 400
    try:
        found = client_for(account).call("ap/show", into=Resolved, uri=words)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        explained = explain(error)
        is_nothing = isinstance(error, ApiError) and error.status < 500 and error.status != 429
        if is_nothing or isinstance(error, AnswerUnusable):
            nothing = gettext("There is nothing at this address that your server can show.")
            return _page(account, words, "notes", nothing), 404
        problem = f"{explained.happened} {explained.advice}"
        return _page(account, words, "notes", problem), explained.status
    if found.acct:
        return redirect(url_for("people.person", acct=found.acct), 303)
    if found.note_id:
        return redirect(url_for("notes.show", note_id=found.note_id), 303)
    nothing = gettext("There is nothing at this address that your server can show.")
    return _page(account, words, "notes", nothing), 404


def _words(typed: str) -> str:
    """What was typed, without what no page may hold (line ends, zero bytes)."""
    return _CONTROL.sub(" ", typed).strip()[:LONGEST]


def _page(account: Account, words: str, place: str, problem: str | None = None) -> str:
    server = servers.known(account.host)
    offered = {
        name: label
        for name, (label, endpoint) in PLACES.items()
        if server is None or endpoint in server.endpoints
    }
    can_open = bool(web_url(words) or _HANDLE.fullmatch(words))
    page, around, people, tags, is_refused = timelines.Stretch([]), None, [], [], False
    client = client_for(account)
    # An address is not looked for among words; a button leads on from it.
    if words and not can_open and problem is None and place in offered:
        if place == "people":
            people = _people(client, words)
        elif place == "tags":
            tags = _tags(client, words)
        else:
            timeline = timelines.of_search(words)
            try:
                page = read(client, timeline)
            except ApiError as error:
                if error.code not in _NOT_HERE:
                    raise
                is_refused = True
            around = turns(page, {"q": words, "in": place})
    return render_template(
        "search/index.html",
        account=account,
        reading=reading_as(account),
        words=words,
        place=place,
        places=offered,
        problem=problem,
        page=page,
        turns=around,
        people=people,
        tags=tags,
        is_refused=is_refused,
        can_open=can_open and (server is None or "ap/show" in server.endpoints),
    )


def _people(client: Client, words: str) -> list[Profile]:
    found = client.page("users/search", of=Profile, query=words, limit=MOST_PEOPLE)
    # Version 12 was seen to give one person twice (DIFFERENCES, People).
    return list({person.id: person for person in found.items}.values())


def _tags(client: Client, words: str) -> list[str]:
    word = words.removeprefix("#")
    return client.page("hashtags/search", of=str, query=word, limit=MOST_TAGS).items
