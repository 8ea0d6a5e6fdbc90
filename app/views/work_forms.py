"""Writing pages, posts of galleries and Plays, and changing one's own: one form for every row
of `app.work_forms`. They are read in `views.works`.

The form of a gallery has more buttons than one; whichever is pressed, all of it comes along."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from app import page_texts, servers, uploads, work_forms, works
from app.doing import Refusals, signed_out, still_here
from app.errors import Explanation, explain, in_a_line, page, retry_header
from app.misskey import ApiError, Client, CredentialRefused, MisskeyError
from app.misskey.entities.drive import DriveFile
from app.misskey.entities.things import Named
from app.misskey.entities.works import GalleryPost
from app.models import Account
from app.notices import leave_notice
from app.offers import offer_for
from app.problems import Problem
from app.reading import reading_as
from app.security import account_of_form, required_account
from app.servers import client_for
from app.submissions import claim, fail, finish, new_form_id
from app.timelines import misskey_id
from app.work_forms import FORMS, MOST_PICTURES, Written
from app.works import WORKS, Kind

bp = Blueprint("work_forms", __name__)

DRIVE_PICTURES = 24
_KIND = "any(" + ", ".join(repr(name) for name in FORMS) + ")"
REFUSALS: Refusals = {
    "NAME_ALREADY_EXISTS": lazy_gettext("Another page of yours has this name."),
    "ACCESS_DENIED": lazy_gettext("Only the person who made it can do this."),
    "NO_SUCH_FILE": lazy_gettext("A picture is not in your drive any more."),
    "NO_SUCH_PAGE": lazy_gettext("It is not there any more."),
    "NO_SUCH_FLASH": lazy_gettext("It is not there any more."),
}


@bp.get(f"/<{_KIND}:work>/new")
def new(work: str) -> ResponseReturnValue:
    """An empty form."""
    account = required_account()
    kind = _kind(account, work, "create")
    return _show(account, kind, work_forms.empty(FORMS[work]))


@bp.post(f"/<{_KIND}:work>/new")
def create(work: str) -> ResponseReturnValue:
    """Make it, once; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    kind, form = _kind(account, work, "create"), FORMS[work]
    written = work_forms.from_request(form, request.form) or abort(400)
    asked = _look_at_pictures(account, kind, written)
    if asked is not None:
        return asked
    problem = work_forms.problem_with(form, written)
    if problem is not None:
        return _show(account, kind, written, problem)
    submission = claim(request.form.get("form_id", ""), account)
    if submission is None:
        leave_notice(gettext("That was sent before."), is_problem=True)
        return redirect(url_for("works.index", work=work, show="mine"), 303)
    sent = work_forms.parameters(form, written)
    try:
        made = client_for(account).call(kind.create, into=Named, **sent)
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return _show(account, kind, written, _problem_of(error))
    finish(submission, "done")
    leave_notice(gettext("Made."))
    return redirect(_path_of(kind, made.id), 303)


@bp.get(f"/<{_KIND}:work>/<work_id>/edit")
def edit(work: str, work_id: str) -> ResponseReturnValue:
    """The form with what there is."""
    account = required_account()
    kind = _kind(account, work, "update", work_id)
    made, pictures = _own(account, client_for(account), kind, work_id)
    written = work_forms.of_work(FORMS[work], made, pictures)
    if written is None:
        return page(_not_here(account, made))
    return _show(account, kind, written, work_id=work_id)


@bp.post(f"/<{_KIND}:work>/<work_id>/edit")
def update(work: str, work_id: str) -> ResponseReturnValue:
    """Change it; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    kind, form = _kind(account, work, "update", work_id), FORMS[work]
    written = work_forms.from_request(form, request.form) or abort(400)
    asked = _look_at_pictures(account, kind, written, work_id=work_id)
    if asked is not None:
        return asked
    problem = work_forms.problem_with(form, written)
    if problem is not None:
        return _show(account, kind, written, problem, work_id=work_id)
    client = client_for(account)
    before: dict[str, Any] = {}
    try:
        if form.has_texts:
            # Its blocks are sent whole: those of a later version must not be written over.
            before, _pictures = _own(account, client, kind, work_id)
            problem = _changed_since(written, before)
        if problem is None:
            sent = work_forms.parameters(form, written, before)
            client.act(kind.update, **{kind.key: work_id}, **sent)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        problem = _problem_of(error)
    if problem is not None:
        return _show(account, kind, written, problem, work_id=work_id)
    leave_notice(gettext("Saved."))
    return redirect(_path_of(kind, work_id), 303)


# Pictures of a gallery --------------------------------------------------------------------


def _look_at_pictures(
    account: Account, kind: Kind, written: Written, *, work_id: str | None = None
) -> ResponseReturnValue | None:
    """Send the pictures that came with the form to the drive; then the form again, where
    its button did not ask for more than that: to attach them, or to look into the drive."""
    if not FORMS[kind.name].has_pictures:
        return None
    problem = _take_in(account, written) if uploads.chosen_files() else None
    if problem is not None:
        return _show(account, kind, written, problem, work_id=work_id)
    verb, _, until = request.form.get("do", "").partition(" ")
    if verb == "attach":
        return _show(account, kind, written, work_id=work_id)
    if verb != "drive" or not offer_for(account).drive:
        return None
    try:
        found = client_for(account).page(
            "drive/files",
            of=DriveFile,
            limit=DRIVE_PICTURES,
            untilId=misskey_id(until),
            type="image/*",
        )
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _show(account, kind, written, _problem_of(error, "files"), work_id=work_id)
    there = {file.id for file in written.pictures}
    is_full = len(found.items) + found.unreadable >= DRIVE_PICTURES and found.items
    return _show(
        account,
        kind,
        written,
        work_id=work_id,
        drive=[file for file in found.items if file.id not in there],
        older=misskey_id(found.items[-1].id) if is_full else None,
    )


def _take_in(account: Account, written: Written) -> Problem | None:
    if len(written.pictures) + len(uploads.chosen_files()) > MOST_PICTURES:
        return work_forms.too_many_pictures()
    kept, problem = uploads.keep_chosen(client_for(account), offer_for(account), None)
    written.picks(list[DriveFile](kept))
    return problem


# Common parts -----------------------------------------------------------------------------


def _kind(account: Account, name: str, doing: str, work_id: str | None = None) -> Kind:
    """The row of that kind; 404, without a call, where the account can't do this at its
    server, or where the id can be none."""
    kind = WORKS[name]
    if work_id is not None and not misskey_id(work_id):
        abort(404)
    if not {"show", doing} <= works.offered(kind, account, servers.known(account.host)):
        abort(404)
    return kind


def _own(
    account: Account, client: Client, kind: Kind, work_id: str
) -> tuple[dict[str, Any], list[DriveFile]]:
    """The account's own work of that id as its server tells of it, and its pictures;
    another's is not there."""
    asked = {kind.key: work_id}
    pictures: list[DriveFile] = []
    if FORMS[kind.name].has_pictures:
        post = client.call(kind.shown_by, into=GalleryPost, **asked)
        made, pictures = msgspec.to_builtins(post), post.files or []
    else:
        made = client.call(kind.shown_by, into=dict[str, Any], **asked)
    author = made.get("user")
    if not isinstance(author, dict) or author.get("id") != account.user_id:
        abort(404)
    return made, pictures


def _changed_since(written: Written, before: dict[str, Any]) -> Problem | None:
    """Why these blocks must not be sent without a look: others stand there by now. Sent
    once more, they are."""
    there = page_texts.print_of(before.get("content"))
    if written.held == there:
        return None
    written.held = there
    return Problem(
        gettext("This page was changed elsewhere since you opened it here."),
        gettext("Nothing is saved yet. If you save again, what is here takes its place."),
        "",
        409,
    )


def _not_here(account: Account, made: dict[str, Any]) -> Explanation:
    name, username = str(made.get("name", "")), account.username
    there = f"{account.address.origin}/@{username}/pages/{name}"
    return Explanation(
        409,
        gettext("This page can't be changed here"),
        gettext("It has parts that only the official client can lay out, and they would be lost."),
        gettext("Change it there."),
        link=(gettext("Open at %(server)s", server=account.address.display), there),
    )


def _path_of(kind: Kind, work_id: str) -> str:
    if not misskey_id(work_id):
        return url_for("works.index", work=kind.name, show="mine")
    return url_for("works.show", work=kind.name, work_id=work_id)


def _problem_of(error: MisskeyError, field: str = "") -> Problem:
    """Why the server did not do it, in words beside the form."""
    code = error.code if isinstance(error, ApiError) else ""
    if code in REFUSALS:
        return Problem(str(REFUSALS[code]), field="name" if code.startswith("NAME") else field)
    said = explain(error)
    advice = in_a_line(said.advice, still_here(error))
    return Problem(said.happened, advice, field, said.status, said.retry_after)


def _show(
    account: Account,
    kind: Kind,
    written: Written,
    problem: Problem | None = None,
    *,
    work_id: str | None = None,
    drive: list[DriveFile] | None = None,
    older: str | None = None,
) -> ResponseReturnValue:
    form = FORMS[kind.name]
    body = render_template(
        "works/form.html",
        account=account,
        reading=reading_as(account),
        offer=offer_for(account),
        kind=kind,
        form=form,
        written=written,
        content=page_texts.packed(written.content),
        added=page_texts.ADDED,
        choices={field.key: field.choices for field in form.fields},
        about=work_forms.about,
        most=MOST_PICTURES,
        problem=problem,
        work_id=work_id,
        drive=drive,
        older=older,
        form_id=new_form_id(),
        action=url_for("work_forms.update", work=kind.name, work_id=work_id)
        if work_id
        else url_for("work_forms.create", work=kind.name),
        stay=_path_of(kind, work_id or ""),
    )
    return (body, problem.status, retry_header(problem.retry_after)) if problem else body
