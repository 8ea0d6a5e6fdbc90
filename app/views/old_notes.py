"""`/old-notes`: the rule by which old notes are deleted, what goes by it, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from babel.lists import format_list
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, format_timedelta, get_locale, gettext, lazy_gettext, ngettext

from app import deleting, rules, servers, tidying, workers
from app.models import Account
from app.notices import leave_notice
from app.problems import Problem
from app.rendering import number
from app.rules import Rule, Typed
from app.security import account_of_form, required_account
from app.telling import in_language_of_page

bp = Blueprint("old_notes", __name__)


@bp.get("/old-notes")
def index() -> ResponseReturnValue:
    """What is going on, and the notes that go; without a rule, the form for one."""
    account = required_account()
    row = tidying.find(account)
    if row is None:
        return redirect(url_for("old_notes.rule"), 303)
    left = tidying.left(account)
    pages = max(1, -(-left // tidying.PAGE))
    wanted = request.args.get("page", "1")
    page = min(int(wanted), pages) if wanted.isdecimal() and 0 < len(wanted) < 9 else 1
    return render_template(
        "old_notes/index.html",
        account=account,
        row=row,
        is_worked=workers.are_there(),
        left=left,
        found=tidying.found(account, max(1, page)),
        page=max(1, page),
        pages=pages,
        stays=_in_words(tidying.rule_of(row)),
        takes_along=tidying.takes_along(account),
        is_whole=tidying.look_of(row).is_whole,
        how_long=format_timedelta(left * deleting.PACE, threshold=1.2),
        an_hour=round(3600 / deleting.PACE.total_seconds()),
        said=in_language_of_page,
    )


@bp.get("/old-notes/rule")
def rule() -> ResponseReturnValue:
    """The form, with the rule there is."""
    account = required_account()
    row = tidying.find(account)
    return _form(account, rules.as_typed(tidying.rule_of(row) if row else Rule()))


@bp.post("/old-notes/rule")
def keep_rule() -> ResponseReturnValue:
    """Keep the rule that was typed, and look what would go by it. Whatever was going on by
    another stops."""
    account = account_of_form() or abort(404)
    typed = rules.typed_in(request.form)
    kept = rules.rule_of(typed)
    if isinstance(kept, Problem):
        return _form(account, typed, kept)
    tidying.keep(account, kept)
    # Who has few notes sees at once what would go; the worker goes on for the others.
    deleting.work_off(account.id)
    return redirect(url_for("old_notes.index"), 303)


@dataclass(frozen=True, slots=True)
class _Decision:
    """Something its person may decide, and what they are told then."""

    carry_out: Callable[[Account], bool]
    told: LazyString


def _start(account: Account) -> bool:
    turn = request.form.get("turn", "")
    return turn.isdecimal() and len(turn) < 10 and tidying.start(account, int(turn))


_DECISIONS = {
    "start": _Decision(_start, lazy_gettext("It has begun. You can close this page.")),
    "look": _Decision(tidying.look_again, lazy_gettext("Your notes are looked at again.")),
    "pause": _Decision(tidying.pause, lazy_gettext("It is paused.")),
    "resume": _Decision(tidying.resume, lazy_gettext("It goes on, with a new look.")),
    "stop": _Decision(tidying.stop, lazy_gettext("It is off. Nothing is deleted any more.")),
}


@bp.post("/old-notes/<any(start, look, pause, resume, stop):decision>")
def decide(decision: str) -> ResponseReturnValue:
    """Begin, look again, pause, go on or stop."""
    account = account_of_form() or abort(404)
    if _DECISIONS[decision].carry_out(account):
        leave_notice(str(_DECISIONS[decision].told))
    else:
        words = gettext("Something changed meanwhile, so nothing was done. Read it again.")
        leave_notice(words, is_problem=True)
    return redirect(url_for("old_notes.index"), 303)


def _form(account: Account, typed: Typed, problem: Problem | None = None) -> ResponseReturnValue:
    server = servers.stored(account.host)
    body = render_template(
        "old_notes/rule.html",
        account=account,
        typed=typed,
        problem=problem,
        row=tidying.find(account),
        has_clips=server is None or "clips/list" in server.endpoints,
        limits=rules,
        keep_labels=_keep_labels(),
        kind_labels=_kind_labels(),
    )
    return body, problem.status if problem else 200


def _keep_labels() -> dict[str, str]:
    return {
        "pinned": gettext("Pinned notes"),
        "favourited": gettext("Notes among your favourites"),
        "clipped": gettext("Notes in your clips"),
        "files": gettext("Notes with files"),
        "direct": gettext("Direct notes"),
    }


def _kind_labels() -> dict[str, str]:
    return {
        "note": gettext("Notes and quotes"),
        "reply": gettext("Replies"),
        "renote": gettext("Renotes"),
    }


def _in_words(rule: Rule) -> list[str]:
    """What stays by the rule, a sentence each."""
    said = [
        ngettext(
            "Notes of the last day stay.",
            "Notes of the last %(num)s days stay.",
            rule.days,
        )
    ]
    if rule.latest:
        said.append(
            ngettext("Your latest note stays.", "Your latest %(num)s notes stay.", rule.latest)
        )
    kept = [label for name, label in _keep_labels().items() if getattr(rule, name)]
    kept += [label for name, label in _kind_labels().items() if name not in rule.kinds]
    said += [gettext("%(kind)s stay.", kind=label) for label in kept]
    if rule.reactions:
        said.append(
            gettext("Notes with %(count)s or more reactions stay.", count=number(rule.reactions))
        )
    if rule.words:
        words = format_list(list(rule.words), style="or", locale=get_locale() or "en")
        if rule.only_words:
            said.append(gettext("Only notes that contain one of these go: %(words)s.", words=words))
        else:
            said.append(gettext("Notes that contain one of these stay: %(words)s.", words=words))
    return said
