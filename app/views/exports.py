"""`/exports`: a copy of all an account has, to be asked for and downloaded."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import TooManyRequests

from app import exports, servers, workers
from app.errors import retry_header
from app.extensions import limiter
from app.models import Account, Export
from app.notices import leave_notice
from app.security import account_of_form, required_account, who_sends
from app.telling import in_language_of_page

bp = Blueprint("exports", __name__)

# Of one account: each is hundreds of calls to its server.
_OFTEN_ENOUGH = "10 per hour"


@bp.get("/exports")
def index() -> ResponseReturnValue:
    """The account's export, or the form to ask for one."""
    account = required_account()
    row = exports.of_account(account)
    if row is not None and row.state != "running":
        # Seen in this browser: its pages need not tell of it any more.
        session["seen_export"] = row.id
    return _page(account, row)


def _page(
    account: Account,
    row: Export | None,
    *,
    problem: str = "",
    status: int = 400,
    with_files: bool = True,
) -> tuple[str, int]:
    server = servers.known(account.host)
    offered = exports.offered(account, server)
    body = render_template(
        "exports/index.html",
        account=account,
        row=row,
        progress=exports.progress_of(row) if row else None,
        label_now=_label_now(row),
        problem_of_row=in_language_of_page(row.problem) if row else "",
        are_offered=exports.are_offered(),
        is_worked=workers.are_there(),
        offered=offered,
        lacking=[part for part in exports.PARTS.values() if part not in offered],
        megabytes=exports.most_bytes(),
        problem=problem,
        with_files=with_files,
    )
    return body, status if problem else 200


def _label_now(row: Export | None) -> str:
    """What is being done about it, in words."""
    if row is None or row.state != "running":
        return ""
    kind = exports.progress_of(row).tasks[0].kind
    for part in exports.PARTS.values():
        if kind in part.begins:
            return part.label()
    return {
        "account": gettext("Your account"),
        "clip_notes": exports.PARTS["clips"].label(),
        "people": exports.PARTS["lists"].label(),
        "gather": gettext("Files"),
        "file": gettext("Files"),
    }.get(kind, gettext("Putting it together"))


@bp.post("/exports")
@limiter.limit(_OFTEN_ENOUGH, key_func=who_sends)
def start() -> ResponseReturnValue:
    """Ask for an export of the parts that were chosen."""
    account = account_of_form() or abort(401)
    if not exports.are_offered():
        abort(404)
    offered = {part.name for part in exports.offered(account, servers.known(account.host))}
    parts = offered & set(request.form.getlist("part"))
    with_files = "with_files" in request.form
    if not parts:
        return _page(
            account,
            exports.of_account(account),
            problem=gettext("Choose at least one thing to take along."),
            with_files=with_files,
        )
    exports.begin(account, parts, with_files=with_files)
    _say(gettext("Your export is being made. You may go on, or come back later."))
    return redirect(url_for("exports.index"), 303)


@bp.errorhandler(TooManyRequests)
def too_often(_error: TooManyRequests) -> ResponseReturnValue:
    """What there is, once somebody asked too often for a new one."""
    account = account_of_form() or abort(401)
    said = gettext("That is many exports in a short time. Please ask for the next one in an hour.")
    body, status = _page(account, exports.of_account(account), problem=said, status=429)
    return body, status, retry_header(3600)


@bp.post("/exports/<export_id>/go-on")
def go_on(export_id: str) -> ResponseReturnValue:
    """Take up one that failed where it ended."""
    if exports.go_on(_own(export_id)):
        _say(gettext("Your export goes on."))
    return redirect(url_for("exports.index"), 303)


@bp.post("/exports/<export_id>/remove")
def remove(export_id: str) -> ResponseReturnValue:
    """Cancel it, or delete it: nothing of it stays here."""
    exports.remove(_own(export_id))
    leave_notice(gettext("Your export is deleted. Nothing of it is left here."))
    return redirect(url_for("exports.index"), 303)


@bp.get("/exports/<export_id>/download")
def download(export_id: str) -> Response:
    """The ZIP, or the part of it that is asked for: a download that broke off goes on."""
    row = _own(export_id)
    path = exports.archive_of(row)
    if row.state != "done" or not path.is_file():
        abort(404)
    response = send_file(
        path,
        mimetype="application/zip",
        as_attachment=True,
        download_name=exports.download_name(row),
        conditional=True,
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _say(under_way: str) -> None:
    """Leave the notice that an export is `under_way`, unless nobody works on it."""
    leave_notice(under_way if workers.are_there() else gettext("Your export waits for a worker."))


def _own(export_id: str) -> Export:
    """The export, if this browser is signed in to its account; another's is not there."""
    return exports.of_this_browser(export_id) or abort(404)
