"""`/developers/registry`: what the account's server keeps for Engawa's app, a scope at a time."""

from __future__ import annotations

import msgspec
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import exploring, registry, servers
from app.doing import Refusals, do, problem_of, signed_out
from app.misskey import CredentialRefused, MisskeyError
from app.misskey.entities.tools import Kept
from app.models import Account
from app.notices import leave_notice
from app.problems import Problem
from app.registry import LONGEST_KEY, LONGEST_VALUE, Typed
from app.security import account_of_form, required_account
from app.servers import client_for

bp = Blueprint("registry", __name__, url_prefix="/developers/registry")

_NO_REFUSALS: Refusals = {}
_MOST_SHOWN = 40_000


@bp.get("")
def index() -> ResponseReturnValue:
    """The keys of a scope, which `scope` names, with the types of their values."""
    account = required_account()
    with_types = _has(account, "i/registry/keys-with-type", "read:account")
    if not with_types:
        _needs(account, "i/registry/keys", "read:account")
    scope = request.args.get("scope", "").strip().strip("/")
    problem = None if registry.is_scope(scope) else registry.bad_scope()
    found: dict[str, str] = {}
    if problem is None:
        found = registry.keys(client_for(account), scope, with_types=with_types)
    body = render_template(
        "registry/index.html",
        account=account,
        scope=scope,
        keys=found,
        problem=problem,
        has_all=_has(account, "i/registry/get-all", "read:account"),
        may_write=_has(account, "i/registry/set", "write:account"),
    )
    return body if problem is None else (body, problem.status)


@bp.get("/all")
def everything() -> ResponseReturnValue:
    """All values of a scope as one JSON object."""
    account = required_account()
    _needs(account, "i/registry/get-all", "read:account")
    scope = _scope()
    found = client_for(account).call(
        "i/registry/get-all", into=msgspec.Raw, scope=registry.names_of(scope)
    )
    text = registry.readable(found)
    return render_template(
        "registry/all.html",
        account=account,
        scope=scope,
        text=text[:_MOST_SHOWN],
        is_cut=len(text) > _MOST_SHOWN,
    )


@bp.get("/value")
def value() -> ResponseReturnValue:
    """One value, in a form that changes it."""
    account = required_account()
    scope, key = _scope(), _key()
    kept = _read(account, scope, key)
    return _form(account, Typed(scope, key, registry.readable(kept.value)), kept=kept)


@bp.post("/value")
def change() -> ResponseReturnValue:
    """Change it; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "i/registry/set", "write:account")
    typed = Typed(_scope(), _key(), _typed_value())
    return _keep(account, typed, registry.problem_with(typed), is_new=False)


@bp.get("/new")
def new() -> ResponseReturnValue:
    """An empty form."""
    account = required_account()
    _needs(account, "i/registry/set", "write:account")
    return _form(account, Typed(scope=_scope()), is_new=True)


@bp.post("/new")
def create() -> ResponseReturnValue:
    """Make it, unless there is such a key: nothing is written over unseen."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "i/registry/set", "write:account")
    scope = request.form.get("scope", "").strip().strip("/")
    typed = Typed(scope, request.form.get("key", "").strip(), _typed_value())
    problem = registry.problem_with(typed)
    if problem is None:
        try:
            known = registry.keys(client_for(account), scope, with_types=False)
        except CredentialRefused:
            raise
        except MisskeyError as error:
            problem = problem_of(error, {}, is_deed=False)
        else:
            if typed.key in known:
                problem = Problem(gettext("There is such a key already."), field="key")
    return _keep(account, typed, problem, is_new=True)


@bp.get("/remove")
def confirm_remove() -> ResponseReturnValue:
    """Ask before removing."""
    account = required_account()
    _needs(account, "i/registry/remove", "write:account")
    scope, key = _scope(), _key()
    return render_template(
        "confirm.html",
        account=account,
        title=gettext("Remove this key?"),
        what=key,
        words=gettext("Its value is gone then."),
        action=url_for("registry.remove", scope=scope, key=key),
        button=gettext("Remove"),
        stay=url_for("registry.value", scope=scope, key=key),
    )


@bp.post("/remove")
def remove() -> ResponseReturnValue:
    """Remove it."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _needs(account, "i/registry/remove", "write:account")
    scope = _scope()
    return do(
        account,
        "i/registry/remove",
        gettext("Removed."),
        refusals=_NO_REFUSALS,
        fallback=url_for("registry.index", scope=scope),
        scope=registry.names_of(scope),
        key=_key(),
    )


def _has(account: Account, endpoint: str, permission: str) -> bool:
    return exploring.has(account, servers.known(account.host), endpoint, permission)


def _needs(account: Account, endpoint: str, permission: str) -> None:
    """404, without a call, where the account can't do this at its server."""
    if not _has(account, endpoint, permission):
        abort(404)


def _scope() -> str:
    """The scope in the address; 404 if it can be none."""
    scope = request.args.get("scope", "")
    return scope if registry.is_scope(scope) else abort(404)


def _key() -> str:
    """The key in the address; 404 if it can be none."""
    key = request.args.get("key", "")
    return key if 0 < len(key) <= LONGEST_KEY else abort(404)


def _typed_value() -> str:
    return request.form.get("value", "").replace("\r\n", "\n").strip()


def _read(account: Account, scope: str, key: str) -> Kept:
    """One value. Servers without `get-detail` do not tell since when it is so."""
    client, names = client_for(account), registry.names_of(scope)
    if _has(account, "i/registry/get-detail", "read:account"):
        return client.call("i/registry/get-detail", into=Kept, scope=names, key=key)
    _needs(account, "i/registry/get", "read:account")
    return Kept(client.call("i/registry/get", into=msgspec.Raw, scope=names, key=key))


def _keep(
    account: Account, typed: Typed, problem: Problem | None, *, is_new: bool
) -> ResponseReturnValue:
    """Keep what was typed, unless there is a problem with it."""
    if problem is None:
        names = registry.names_of(typed.scope)
        # As it was typed: what is decoded and written anew may lose digits.
        value = msgspec.Raw(typed.value.encode())
        try:
            client_for(account).act("i/registry/set", scope=names, key=typed.key, value=value)
        except CredentialRefused:
            raise
        except MisskeyError as error:
            problem = problem_of(error, {})
    if problem is not None:
        return _form(account, typed, problem, is_new=is_new)
    leave_notice(gettext("Saved."))
    return redirect(url_for("registry.index", scope=typed.scope), 303)


def _form(
    account: Account,
    typed: Typed,
    problem: Problem | None = None,
    *,
    kept: Kept | None = None,
    is_new: bool = False,
) -> ResponseReturnValue:
    is_cut = kept is not None and len(typed.value) > LONGEST_VALUE
    body = render_template(
        "registry/form.html",
        account=account,
        typed=typed,
        shown=typed.value[:_MOST_SHOWN] if is_cut else typed.value,
        is_cut=is_cut,
        updated=kept.updated_at if kept else None,
        problem=problem,
        is_new=is_new,
        may_write=_has(account, "i/registry/set", "write:account"),
        may_remove=_has(account, "i/registry/remove", "write:account"),
    )
    return body if problem is None else (body, problem.status)
