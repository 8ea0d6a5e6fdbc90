"""One small form, one call, and back to where the person was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext

from app.errors import explain, explain_deed, in_a_line, page
from app.misskey import ApiError, CredentialRefused, MisskeyError, RateLimited
from app.models import Account
from app.notices import leave_notice
from app.problems import Problem
from app.security import safe_next
from app.servers import client_for

Refusals = Mapping[str, LazyString]
"""What a server's error codes mean in words, where they are plain ones."""


def do(
    account: Account,
    endpoint: str,
    done: LazyString | str,
    *,
    refusals: Refusals,
    fallback: str = "/",
    **parameters: Any,
) -> ResponseReturnValue:
    """Call `endpoint` as `account` and go back with the sentence `done`, or with why not:
    to the form's `next`, or to `fallback` without one. What is no plain refusal gets its
    page. Raises CredentialRefused."""
    try:
        client_for(account).act(endpoint, **parameters)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return refused(error, refusals, fallback)
    return back(done, fallback=fallback)


def refused(error: MisskeyError, refusals: Refusals, fallback: str = "/") -> ResponseReturnValue:
    """Back with a sentence where the server's no is a plain one, or comes of haste; else
    the page that says what happened."""
    words = refusals.get(error.code) if isinstance(error, ApiError) else None
    if words is not None:
        return back(words, is_problem=True, fallback=fallback)
    explained = explain_deed(error)
    if isinstance(error, RateLimited):
        line = in_a_line(explained.title, explained.advice)
        return back(line, is_problem=True, fallback=fallback)
    return page(explained)


def problem_of(
    error: MisskeyError, refusals: Refusals, *, field: str = "", is_deed: bool = True
) -> Problem:
    """Why a form comes back: in a sentence of `refusals` where the server's no is a plain
    one, else in the words of the page that explains. Without `is_deed` nothing was to be
    done yet, just something to be read."""
    words = refusals.get(error.code) if isinstance(error, ApiError) else None
    if words is not None:
        return Problem(str(words), field=field)
    said = explain_deed(error) if is_deed else explain(error)
    return Problem(said.happened, said.advice, field, said.status, said.retry_after)


def still_here(error: MisskeyError) -> str:
    """What stands below the reason why a form was not saved: nothing typed is lost; and,
    where nobody can tell, it may have been saved all the same."""
    kept = gettext("What you typed is still here.")
    if not error.may_have_happened:
        return kept
    return in_a_line(gettext("It may have been saved all the same."), kept)


def back(
    text: LazyString | str, *, is_problem: bool = False, fallback: str = "/"
) -> ResponseReturnValue:
    """To where the form was, with a notice there."""
    leave_notice(str(text), is_problem=is_problem)
    return redirect(safe_next(request.form.get("next"), fallback), 303)


def signed_out() -> ResponseReturnValue:
    """This browser was signed out, in another tab, of the account that a form was shown to.
    No other account answers for it."""
    words = gettext("This browser is signed out of the account, so nothing was done.")
    leave_notice(words, is_problem=True)
    return redirect(url_for("accounts.index"), 303)
