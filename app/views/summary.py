"""`/summary`: an account's numbers as pictures and a table, and when they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import pairwise

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, get_locale, gettext, lazy_gettext

from app import summaries, summing, workers
from app.errors import explain
from app.misskey import CredentialRefused, MisskeyError
from app.misskey.entities.notes import VISIBILITIES
from app.models import Account, Measure
from app.notices import leave_notice
from app.problems import Problem
from app.rendering import visibility_label
from app.security import account_of_form, required_account
from app.servers import client_for
from app.summaries import Typed
from app.telling import can_notify, in_language_of_page
from app.zones import SUGGESTED, zone_named

bp = Blueprint("summary", __name__)

_LABELS = {
    "notes": lazy_gettext("Notes"),
    "followers": lazy_gettext("Followers"),
    "following": lazy_gettext("Following"),
    "reactions": lazy_gettext("Reactions"),
}
_WIDTH, _HEIGHT = 300, 60
_LEAST = 2
"""Of a picture, in its own units; a bar has at least so much height that it is seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a picture."""

    x: float
    y: float
    width: float
    height: float
    is_loss: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """What was gained of something, as bars, and in all; `middle` is where nothing was."""

    label: str
    in_all: int
    bars: list[Bar]
    middle: float


@bp.get("/summary")
def index() -> ResponseReturnValue:
    """The numbers, and the form."""
    account = required_account()
    return _page(account, summaries.as_typed(account))


@bp.post("/summary")
def keep() -> ResponseReturnValue:
    """Show what the words would come to (`do=preview`), or keep them and switch it on."""
    account = account_of_form() or abort(404)
    typed = summaries.typed_in(request.form)
    plan = summaries.plan_of(typed, _ways(account))
    if isinstance(plan, Problem):
        return _page(account, typed, problem=plan)
    before = summing.latest(account)
    is_preview = request.form.get("do") == "preview"
    try:
        # The first summary needs something to be compared with.
        fresh = summing.measure_now(client_for(account), account, before)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        explained = explain(error)
        problem = Problem(explained.happened, explained.advice, status=explained.status)
        return _page(account, typed, problem=problem)
    if is_preview:
        words = summaries.in_words(plan.template, fresh, before)
        return _page(account, typed, preview=words, is_first=before is None)
    summaries.keep(account, plan, fresh if before is None else None)
    leave_notice(gettext("Your summary is on."))
    return redirect(url_for("summary.index"), 303)


@bp.post("/summary/off")
def switch_off() -> ResponseReturnValue:
    """No summary any more."""
    account = account_of_form() or abort(404)
    summaries.switch_off(account)
    leave_notice(gettext("Your summary is off."))
    return redirect(url_for("summary.index"), 303)


def _ways(account: Account) -> list[str]:
    """How the account can be told, as far as its server has it."""
    return list(summaries.WAYS if can_notify(account) else VISIBILITIES)


def _page(
    account: Account,
    typed: Typed,
    *,
    problem: Problem | None = None,
    preview: str | None = None,
    is_first: bool = False,
) -> ResponseReturnValue:
    shown = summaries.measures(account)
    pairs = list(pairwise(shown))
    ways = _ways(account)
    if typed.way not in ways:
        typed.way = ways[0]
    locale = get_locale()
    clock = zone_named(typed.zone) or UTC
    body = render_template(
        "summary/index.html",
        account=account,
        row=summaries.find(account),
        is_worked=workers.are_there(),
        typed=typed,
        problem=problem,
        preview=preview,
        is_first=is_first,
        pictures=[_picture(name, pairs) for name in summaries.NUMBERS] if pairs else [],
        measures=shown[::-1],
        gained={
            (measure.id, name): summaries.gained_in(measure, before, name)
            for before, measure in pairs
            for name in summaries.NUMBERS
        },
        labels=_LABELS,
        ways={way: _way_label(way) for way in ways},
        weekdays=locale.days["format"]["wide"] if locale is not None else {},
        placeholders=summaries.PLACEHOLDERS,
        zones=SUGGESTED,
        days=[format_date(measure.taken_at.astimezone(clock).date()) for measure in shown[::-1]],
        signed=summaries.signed,
        said=in_language_of_page,
        width=_WIDTH,
        height=_HEIGHT,
    )
    return body, problem.status if problem else 200


def _way_label(way: str) -> str:
    if way == summaries.NOTIFICATION:
        return gettext("A notification")
    return gettext("A note: %(visibility)s", visibility=visibility_label(way))


def _picture(name: str, pairs: Sequence[tuple[Measure, Measure]]) -> Picture:
    """The gains of `name` as bars, upwards, and losses downwards, all in one measure."""
    gains = [summaries.gained_in(measure, before, name) or 0 for before, measure in pairs]
    most, least = max(0, *gains), min(0, *gains)
    unit = (_HEIGHT - 2 * _LEAST) / max(1, most - least)
    middle = _HEIGHT - _LEAST + least * unit
    step = _WIDTH / summaries.SHOWN
    bars = []
    for place, gain in enumerate(gains):
        height = max(_LEAST, abs(gain) * unit) if gain else 0
        y = middle - height if gain > 0 else middle
        # The newest stands at the right, however few there are.
        x = _WIDTH - (len(gains) - place) * step
        bars.append(Bar(round(x, 1), round(y, 1), round(step * 0.7, 1), round(height, 1), gain < 0))
    return Picture(str(_LABELS[name]), sum(gains), bars, round(middle, 1))
