"""`/pages`, `/gallery`, `/play`: what people make beside notes, one view for every row of
`app.works`."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import servers, works
from app.doing import do, signed_out
from app.misskey import Client, CredentialRefused, MisskeyError, Note
from app.misskey.entities.works import Play, Work, WrittenPage
from app.models import Account
from app.reading import reading_as
from app.relations import wanted_person
from app.security import account_of_form, required_account
from app.servers import client_for
from app.stretches import Tab, until
from app.timelines import misskey_id
from app.work_forms import FORMS
from app.works import REFUSALS, WORKS, Kind, Part, Shelf

bp = Blueprint("works", __name__)

MOST_NOTES = 2
"""So many notes of a page are shown whole, each a call; the others are linked."""
_LONGEST_QUERY = 100
_LONGEST_NAME = 256
_KIND = "any(" + ", ".join(repr(name) for name in WORKS) + ")"
_DEED = "any('like', 'unlike')"


@bp.get(f"/<{_KIND}:work>")
def index(work: str) -> ResponseReturnValue:
    """Those of a shelf, which `show` names, or with the words `q` in them."""
    account = required_account()
    kind, can = _kind(account, work)
    shelves = [shelf for shelf in kind.shelves if shelf.name in can]
    query = request.args.get("q", "").strip()[:_LONGEST_QUERY] if "search" in can else ""
    wanted = kind.shelf(request.args.get("show"))
    shelf = wanted if wanted in shelves else next(iter(shelves), None)
    if shelf is None:
        abort(404)
    client = client_for(account)
    found = works.search(client, kind, query) if query else works.read(client, kind, shelf, until())
    return render_template(
        "works/index.html",
        account=account,
        reading=reading_as(account),
        kind=kind,
        shelf=shelf,
        found=found,
        tabs=_tabs(kind, shelves, None if query else shelf),
        has_search="search" in can,
        can_create="create" in can,
        new_words=FORMS[kind.name].new,
        query=query,
        nothing=gettext("Nothing was found.") if query else shelf.none,
    )


@bp.get(f"/<{_KIND}:work>/<work_id>")
def show(work: str, work_id: str) -> ResponseReturnValue:
    """One of them."""
    account = required_account()
    kind, can = _kind(account, work, work_id)
    client = client_for(account)
    made: Work = client.call(kind.shown_by, into=kind.of, **{kind.key: work_id})
    return _show(account, client, kind, made, can)


@bp.get("/@<acct>/pages/<page_name>")
def page_by_name(acct: str, page_name: str) -> ResponseReturnValue:
    """A page by its author and its name, as the official client addresses it."""
    account = required_account()
    kind, can = _kind(account, "pages")
    wanted = wanted_person(acct, account)
    if wanted is None or wanted["host"] is not None or len(page_name) > _LONGEST_NAME:
        abort(404)
    client = client_for(account)
    made = client.call("pages/show", into=WrittenPage, username=wanted["username"], name=page_name)
    return _show(account, client, kind, made, can)


@bp.post(f"/<{_KIND}:work>/<work_id>/<{_DEED}:liking>")
def act(work: str, work_id: str, liking: str) -> ResponseReturnValue:
    """Like it, or no longer."""
    return _do(work, work_id, liking, url_for("works.show", work=work, work_id=work_id))


@bp.get(f"/<{_KIND}:work>/<work_id>/delete")
def confirm_delete(work: str, work_id: str) -> ResponseReturnValue:
    """Ask before deleting one of one's own."""
    account = required_account()
    kind, can = _kind(account, work, work_id)
    if "delete" not in can:
        abort(404)
    made: Work = client_for(account).call(kind.shown_by, into=kind.of, **{kind.key: work_id})
    if made.user.id != account.user_id:
        abort(404)
    return render_template(
        "confirm.html",
        account=account,
        title=kind.ask,
        what=made.title or made.id,
        words=gettext("It can't be brought back.")
        if kind.name == "play"
        else gettext("The files stay in your drive."),
        action=url_for("works.delete", work=work, work_id=work_id),
        button=gettext("Delete"),
        stay=url_for("works.show", work=work, work_id=work_id),
    )


@bp.post(f"/<{_KIND}:work>/<work_id>/delete")
def delete(work: str, work_id: str) -> ResponseReturnValue:
    """Delete it, and go to those that are left."""
    return _do(work, work_id, "delete", url_for("works.index", work=work, show="mine"))


def _do(work: str, work_id: str, name: str, fallback: str) -> ResponseReturnValue:
    account = account_of_form()
    if account is None:
        return signed_out()
    kind, can = _kind(account, work, work_id)
    deed = kind.deed(name)
    if deed is None or name not in can:
        abort(404)
    return do(
        account,
        deed.endpoint,
        deed.done,
        refusals=REFUSALS,
        fallback=fallback,
        **{kind.key: work_id},
    )


def _kind(account: Account, name: str, work_id: str | None = None) -> tuple[Kind, frozenset[str]]:
    """The row of that name, and what there is of it; 404, without a call, where the server
    has none such, or where the id can be none."""
    kind = WORKS[name]
    can = works.offered(kind, account, servers.known(account.host))
    if "show" not in can or (work_id is not None and not misskey_id(work_id)):
        abort(404)
    return kind, can


def _show(
    account: Account, client: Client, kind: Kind, made: Work, can: frozenset[str]
) -> ResponseReturnValue:
    shown = works.parts(made) if isinstance(made, WrittenPage) else []
    # A Play is a program for the official client, and a page may hold such programs.
    path = f"/play/{made.id}" if isinstance(made, Play) else None
    if isinstance(made, WrittenPage):
        path = f"/{made.user.handle}/pages/{made.name}"
    return render_template(
        "works/show.html",
        account=account,
        reading=reading_as(account),
        kind=kind,
        made=made,
        parts=shown,
        notes=_notes(client, shown),
        can=can,
        is_mine=made.user.id == account.user_id,
        there=account.address.origin + (path or f"/gallery/{made.id}"),
    )


def _notes(client: Client, shown: list[Part]) -> dict[str, Note]:
    """The first notes of a page, by their ids; one that can't be shown stays a link."""
    wanted = [part.block.note for part in shown if part.block.note]
    found: dict[str, Note] = {}
    for note_id in list(dict.fromkeys(wanted))[:MOST_NOTES]:
        try:
            found[note_id] = client.call("notes/show", into=Note, noteId=note_id)
        except CredentialRefused:
            raise
        except MisskeyError:
            continue  # The link beside it says why, to whoever follows it.
    return found


def _tabs(kind: Kind, shelves: list[Shelf], here: Shelf | None) -> list[Tab]:
    """The shelves side by side; none where there is only one."""
    tabs: list[Tab] = [
        (shelf.label, url_for("works.index", work=kind.name, show=shelf.name), shelf is here)
        for shelf in shelves
    ]
    return tabs if len(tabs) > 1 else []
