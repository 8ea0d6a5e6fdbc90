"""`/drive`: the account's files and folders at its server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app import chat, drive, servers, uploads
from app.doing import do, problem_of, signed_out
from app.drafts import Attached
from app.drive import FIELDS, KINDS, MOST, ORDERS, REFUSALS, Contents, Kind, Order
from app.errors import in_a_line, retry_header
from app.misskey import NULL, ApiError, Client, CredentialRefused, MisskeyError
from app.misskey.entities.chat import ChatMessage
from app.misskey.entities.drive import Folder, OwnFile, Space
from app.models import Account
from app.notices import leave_notice
from app.offers import offer_for
from app.problems import Problem
from app.reading import reading_as
from app.security import account_of_form, required_account
from app.servers import client_for
from app.stretches import Tab, show, until
from app.submissions import claim, fail, finish
from app.timelines import Timeline, misskey_id

bp = Blueprint("drive", __name__)

_LONGEST_SEARCH = 200
# From here on it is the server that failed, and nobody waits for it twice.
_OF_THE_SERVER = 429
# Pages show this without being asked for it.
_USUAL = (KINDS["all"].name, ORDERS["newest"].name)


# Folders ------------------------------------------------------------------------------------


@bp.get("/drive")
def top() -> ResponseReturnValue:
    """The files and folders that are in no folder, and how much room there is."""
    return _show_folder(required_account(), None)


@bp.get("/drive/folders/<folder_id>")
def folder(folder_id: str) -> ResponseReturnValue:
    """What is in a folder."""
    return _show_folder(required_account(), _id(folder_id))


@bp.post("/drive/folders")
def make_folder() -> ResponseReturnValue:
    """Make a folder in the one of the form, once; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _need(account, "drive/folders/create")
    parent_id, name = _folder_of_form(), request.form.get("name", "").strip()
    problem = drive.problem_with_name(name, "folder")
    if problem is not None:
        return _show_folder(account, parent_id, problem)
    submission = claim(request.form.get("form_id", ""), account)
    if submission is None:
        leave_notice(gettext("That was sent before."), is_problem=True)
        return redirect(_path_of(parent_id), 303)
    try:
        client_for(account).act("drive/folders/create", name=name, parentId=parent_id)
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return _show_folder(account, parent_id, _problem_of(error, "folder"))
    finish(submission, "done")
    leave_notice(gettext("The folder is made."))
    return redirect(_path_of(parent_id), 303)


@bp.get("/drive/folders/<folder_id>/rename")
def rename_page(folder_id: str) -> ResponseReturnValue:
    """The form for another name."""
    account = required_account()
    _need(account, "drive/folders/update")
    found = _folder(client_for(account), _id(folder_id))
    return _rename_form(account, folder_id, found.name)


@bp.post("/drive/folders/<folder_id>/rename")
def rename(folder_id: str) -> ResponseReturnValue:
    """Give a folder another name; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _need(account, "drive/folders/update")
    name = request.form.get("name", "").strip()
    problem = drive.problem_with_name(name, "name")
    if problem is None:
        try:
            client_for(account).act("drive/folders/update", folderId=_id(folder_id), name=name)
        except CredentialRefused:
            raise
        except MisskeyError as error:
            problem = _problem_of(error, "name")
    if problem is not None:
        return _rename_form(account, _id(folder_id), name, problem)
    leave_notice(gettext("Saved."))
    return redirect(_path_of(folder_id), 303)


@bp.get("/drive/folders/<folder_id>/delete")
def confirm_delete_folder(folder_id: str) -> ResponseReturnValue:
    """Ask before deleting a folder; one that holds something is not deleted by servers."""
    account = required_account()
    _need(account, "drive/folders/delete")
    found = _folder(client_for(account), _id(folder_id))
    if found.files_count or found.folders_count:
        leave_notice(str(REFUSALS["HAS_CHILD_FILES_OR_FOLDERS"]), is_problem=True)
        return redirect(_path_of(folder_id), 303)
    return render_template(
        "confirm.html",
        account=account,
        title=gettext("Delete this folder?"),
        what=found.name or found.id,
        words=gettext("It is empty, so no file is lost."),
        action=url_for("drive.delete_folder", folder_id=folder_id),
        next=_path_of(found.parent_id),
        button=gettext("Delete"),
        stay=_path_of(folder_id),
    )


@bp.post("/drive/folders/<folder_id>/delete")
def delete_folder(folder_id: str) -> ResponseReturnValue:
    """Delete an empty folder."""
    return _delete("drive/folders/delete", gettext("The folder is deleted."), folderId=folder_id)


# Putting files in ---------------------------------------------------------------------------


@bp.post("/drive/upload")
def upload() -> ResponseReturnValue:
    """Send the chosen files into the folder of the form, one after the other."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _need(account, "drive/files/create")
    folder_id = _folder_of_form()
    kept, problem = uploads.keep_chosen(client_for(account), offer_for(account), folder_id)
    done = ngettext(
        "%(num)s file is in your drive now.", "%(num)s files are in your drive now.", len(kept)
    )
    if problem is not None:
        if kept:
            problem.message = in_a_line(done, problem.message)
        return _show_folder(account, folder_id, problem)
    # A file that is in the drive already is not kept twice, and stays in its folder.
    elsewhere = [file for file in kept if file.folder_id != folder_id]
    if elsewhere:
        names = ", ".join(file.name for file in elsewhere)
        there = gettext("In another folder, where they were before: %(names)s.", names=names)
        done = in_a_line(done, there)
    leave_notice(done)
    return redirect(_path_of(folder_id), 303)


@bp.post("/drive/fetch")
def fetch() -> ResponseReturnValue:
    """Let the server fetch a file from elsewhere. It says yes at once, and never says
    whether it could."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _need(account, "drive/files/upload-from-url")
    folder_id, url = _folder_of_form(), request.form.get("url", "").strip()
    problem = drive.problem_with_url(url)
    if problem is None:
        try:
            client_for(account).act("drive/files/upload-from-url", url=url, folderId=folder_id)
        except CredentialRefused:
            raise
        except MisskeyError as error:
            problem = _problem_of(error, "url")
    if problem is not None:
        return _show_folder(account, folder_id, problem)
    server = account.address.display
    words = gettext(
        "%(server)s fetches the file now, and does not tell when it has it: look here again "
        "in a while.",
        server=server,
    )
    leave_notice(words)
    return redirect(_path_of(folder_id), 303)


# All files ----------------------------------------------------------------------------------


@bp.get("/drive/all")
def everywhere() -> ResponseReturnValue:
    """All files, in whichever folder, the newest first; with `q`, those that are called so."""
    account = required_account()
    can = _need(account, "drive/stream")
    words = request.args.get("q", "").strip()[:_LONGEST_SEARCH]
    kind, client = _kind(), client_for(account)
    found = (
        drive.search(client, can, words, kind=kind, until=until())
        if words
        else drive.everywhere(client, kind=kind, until=until())
    )
    return render_template(
        "drive/all.html",
        account=account,
        reading=reading_as(account),
        can=can,
        words=words,
        found=found,
        most=MOST,
        kind=kind,
        kinds=KINDS.values(),
        older=_with(request.path, kind, q=words, until=found.next) if found.next else None,
        tabs=_tabs(can, is_all=True),
    )


# Moving -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moving:
    """What is to be moved: some files, or one folder."""

    files: list[str] = field(default_factory=list)
    folder: str | None = None

    @property
    def query(self) -> Mapping[str, Any]:
        """How an address says it."""
        return {"folder": self.folder} if self.folder else {"file": self.files}

    @property
    def endpoint(self) -> str:
        """What moves it."""
        if self.folder:
            return "drive/folders/update"
        return "drive/files/update" if len(self.files) == 1 else "drive/files/move-bulk"


@bp.get("/drive/move")
def move_page() -> ResponseReturnValue:
    """Walk to where something is to be put: `into` is the folder one stands in."""
    account = required_account()
    moving, into = _moving(request.args), misskey_id(request.args.get("into"))
    if moving is None:
        leave_notice(gettext("Choose files first."), is_problem=True)
        return redirect(_path_of(into), 303)
    _need(account, moving.endpoint)
    client = client_for(account)
    title = _title_of(client, moving)
    here = _folder(client, into) if into else None
    return render_template(
        "drive/move.html",
        account=account,
        reading=reading_as(account),
        moving=moving,
        title=title,
        here=here,
        folders=[one for one in drive.folders_in(client, into) if one.id != moving.folder],
        is_itself=moving.folder is not None
        and moving.folder in [one.id for one in (here.path if here else [])],
    )


@bp.post("/drive/move")
def move() -> ResponseReturnValue:
    """Put files, or a folder, into the folder of the form."""
    account = account_of_form()
    if account is None:
        return signed_out()
    moving = _moving(request.form) or abort(400)
    _need(account, moving.endpoint)
    into = misskey_id(request.form.get("into"))
    place = into or NULL
    if moving.folder:
        way = {"folderId": moving.folder, "parentId": place}
        return _put(account, "drive/folders/update", into, **way)
    if len(moving.files) == 1:
        way = {"fileId": moving.files[0], "folderId": place}
        return _put(account, "drive/files/update", into, **way)
    return _put(account, "drive/files/move-bulk", into, fileIds=moving.files, folderId=place)


def _put(
    account: Account, endpoint: str, into: str | None, **parameters: Any
) -> ResponseReturnValue:
    return do(
        account,
        endpoint,
        gettext("Moved."),
        refusals=REFUSALS,
        fallback=_path_of(into),
        **parameters,
    )


# Files --------------------------------------------------------------------------------------


@bp.get("/drive/files/<file_id>")
def file(file_id: str) -> ResponseReturnValue:
    """One file: what it is, where, and what can be done with it."""
    account = required_account()
    _need(account, "drive/files/show")
    return _show_file(account, _id(file_id))


@bp.post("/drive/files/<file_id>")
def change(file_id: str) -> ResponseReturnValue:
    """Save a file's name, description and warning; what was typed comes back if that
    fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _need(account, "drive/files/update")
    name = request.form.get("name", "").strip()
    alt = request.form.get("alt", "").replace("\r\n", "\n").strip()
    is_sensitive = request.form.get("sensitive") == "1"
    problem = drive.problem_with_file(name, alt)
    if problem is None:
        changes: dict[str, Any] = {"name": name, "isSensitive": is_sensitive}
        if offer_for(account).alt_texts:
            changes["comment"] = alt or NULL
        try:
            client_for(account).act("drive/files/update", fileId=_id(file_id), **changes)
        except CredentialRefused:
            raise
        except MisskeyError as error:
            problem = _problem_of(error, "name")
    if problem is not None:
        typed = OwnFile(id=_id(file_id), name=name, comment=alt, is_sensitive=is_sensitive)
        return _show_file(account, typed.id, problem, typed)
    leave_notice(gettext("Saved."))
    return redirect(url_for("drive.file", file_id=file_id), 303)


@bp.get("/drive/files/<file_id>/delete")
def confirm_delete(file_id: str) -> ResponseReturnValue:
    """Ask before deleting a file."""
    account = required_account()
    _need(account, "drive/files/delete")
    found = _file(client_for(account), _id(file_id))
    return render_template(
        "confirm.html",
        account=account,
        title=gettext("Delete this file?"),
        what=found.name or found.id,
        words=gettext("Notes that show it lose it, and it can't be brought back."),
        action=url_for("drive.delete", file_id=file_id),
        next=_path_of(found.folder_id),
        button=gettext("Delete"),
        stay=url_for("drive.file", file_id=file_id),
    )


@bp.post("/drive/files/<file_id>/delete")
def delete(file_id: str) -> ResponseReturnValue:
    """Delete a file."""
    return _delete("drive/files/delete", gettext("The file is deleted."), fileId=file_id)


@bp.get("/drive/files/<file_id>/notes")
def notes(file_id: str) -> ResponseReturnValue:
    """The notes that show a file."""
    account = required_account()
    _need(account, "drive/files/attached-notes")
    timeline = Timeline(
        "file",
        "drive/files/attached-notes",
        gettext("Notes with this file"),
        params={"fileId": _id(file_id)},
        permission="read:drive",
    )
    return show(account, client_for(account), timeline, file_id=file_id)


@bp.get("/drive/files/<file_id>/messages")
def messages(file_id: str) -> ResponseReturnValue:
    """The newest messages in chat that carry the file."""
    account = required_account()
    _need(account, "drive/files/attached-chat-messages")
    found = client_for(account).page(
        "drive/files/attached-chat-messages",
        of=ChatMessage,
        fileId=_id(file_id),
        limit=chat.FOUND,
    )
    return render_template(
        "drive/messages.html",
        account=account,
        reading=reading_as(account),
        file_id=file_id,
        found=chat.lines(found.items, {}, account),
    )


# Loading ------------------------------------------------------------------------------------


def _need(account: Account, endpoint: str) -> frozenset[str]:
    """What the account can do with its drive; 404, without a call, where `endpoint` is not
    among it."""
    can = drive.offered(account, servers.known(account.host))
    return can if endpoint in can else abort(404)


def _delete(endpoint: str, done: str, **which: str) -> ResponseReturnValue:
    """Delete what has been asked about, by the one id in `which`."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _need(account, endpoint)
    ids = {key: _id(text) for key, text in which.items()}
    return do(account, endpoint, done, refusals=REFUSALS, fallback=url_for("drive.top"), **ids)


def _id(text: str) -> str:
    """`text`, if it could be an id; 404, without a call, if not."""
    return misskey_id(text) or abort(404)


def _folder_of_form() -> str | None:
    return misskey_id(request.form.get("folder"))


def _folder(client: Client, folder_id: str) -> Folder:
    return client.call("drive/folders/show", into=Folder, folderId=folder_id)


def _file(client: Client, file_id: str) -> OwnFile:
    return client.call("drive/files/show", into=OwnFile, fileId=file_id)


def _moving(values: Any) -> Moving | None:
    """What a query or form wants to move; None where that is nothing."""
    if folder_id := misskey_id(values.get("folder")):
        return Moving(folder=folder_id)
    files = [one for one in dict.fromkeys(values.getlist("file")) if misskey_id(one)]
    return Moving(files[:MOST]) if files else None


def _title_of(client: Client, moving: Moving) -> str:
    """What the page is called on which they are moved; several files are only counted."""
    if moving.folder:
        found: Folder | OwnFile = _folder(client, moving.folder)
    elif len(moving.files) == 1:
        found = _file(client, moving.files[0])
    else:
        return ngettext("Move %(num)s file", "Move %(num)s files", len(moving.files))
    return gettext("Move “%(name)s”", name=found.name or found.id)


def _kind() -> Kind:
    return KINDS.get(request.args.get("kind", ""), KINDS["all"])


def _order(known: list[Order]) -> Order:
    wanted = ORDERS.get(request.args.get("order", ""))
    return wanted if wanted in known and wanted is not None else ORDERS["newest"]


# Answers ------------------------------------------------------------------------------------


def _path_of(folder_id: str | None) -> str:
    if folder_id is None or not misskey_id(folder_id):
        return url_for("drive.top")
    return url_for("drive.folder", folder_id=folder_id)


def _with(path: str, kind: Kind, **query: str | None) -> str:
    """`path` with a query, without what goes without saying."""
    said = {"kind": kind.name, **query}
    said = {name: value for name, value in said.items() if value not in (None, "", *_USUAL)}
    return f"{path}?{urlencode(said)}" if said else path


def _tabs(can: frozenset[str], *, is_all: bool) -> list[Tab]:
    """The two ways through the drive, where the server has both."""
    if not {"drive/files", "drive/stream"} <= can:
        return []
    return [
        (gettext("Folders"), url_for("drive.top"), not is_all),
        (gettext("All files"), url_for("drive.everywhere"), is_all),
    ]


def _problem_of(error: MisskeyError, field: str) -> Problem:
    """Why the server did not do it, in words beside a field."""
    if isinstance(error, ApiError) and error.code in REFUSALS:
        return Problem(str(REFUSALS[error.code]), field=FIELDS.get(error.code, field))
    return problem_of(error, {}, field=field)


def _show_folder(
    account: Account, folder_id: str | None, problem: Problem | None = None
) -> ResponseReturnValue:
    server = servers.known(account.host)
    can = _need(account, "drive/files")
    orders = drive.orders_of(server)
    kind, order = _kind(), _order(orders)
    found, space, client = Contents(), None, client_for(account)
    is_all_of_it = kind.pattern is None and until() is None
    if problem is None or problem.status < _OF_THE_SERVER:
        found = drive.contents(client, folder_id, kind=kind, order=order, mark=until())
        if folder_id is None and is_all_of_it:
            space = client.call("drive", into=Space)
    here = _path_of(folder_id)
    body = render_template(
        "drive/folder.html",
        account=account,
        reading=reading_as(account, here),
        can=can,
        found=found,
        space=space,
        folder_id=folder_id,
        kinds=[
            (one.label, _with(here, one, order=order.name), one is kind) for one in KINDS.values()
        ],
        orders=[(one.label, _with(here, kind, order=one.name), one is order) for one in orders],
        is_usual=kind.pattern is None and order.sort is None,
        is_all_of_it=is_all_of_it,
        older=_with(here, kind, order=order.name, until=found.next) if found.next else None,
        most=MOST,
        problem=problem,
        typed=request.form,
        tabs=_tabs(can, is_all=False),
    )
    return (body, problem.status, retry_header(problem.retry_after)) if problem else body


def _rename_form(
    account: Account, folder_id: str, name: str, problem: Problem | None = None
) -> ResponseReturnValue:
    body = render_template(
        "drive/rename.html",
        account=account,
        reading=reading_as(account),
        folder_id=folder_id,
        name=name,
        problem=problem,
    )
    return (body, problem.status, retry_header(problem.retry_after)) if problem else body


def _show_file(
    account: Account, file_id: str, problem: Problem | None = None, typed: OwnFile | None = None
) -> ResponseReturnValue:
    """The page of a file, with what was typed in its form."""
    found = None
    if problem is None or problem.status < _OF_THE_SERVER:
        found = _file(client_for(account), file_id)
    body = render_template(
        "drive/file.html",
        account=account,
        reading=reading_as(account, url_for("drive.file", file_id=file_id)),
        can=drive.offered(account, servers.stored(account.host)),
        offer=offer_for(account),
        file=found,
        form=typed or found,
        about=Attached.of(found).about if found else "",
        problem=problem,
    )
    return (body, problem.status, retry_header(problem.retry_after)) if problem else body
