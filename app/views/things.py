"""Making, changing and deleting lists, antennas, clips and channels, and who is on a list.
Their notes are in `views.timelines`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext

from app import servers, things
from app.doing import back, do, problem_of, refused, signed_out
from app.misskey import Client, CredentialRefused, MisskeyError, NotThere, User
from app.misskey.entities.people import Profile
from app.misskey.entities.things import Membership, Named, UserList
from app.models import Account
from app.notices import leave_notice
from app.problems import Problem
from app.reading import reading_as
from app.relations import wanted_person
from app.security import account_of_form, required_account, safe_next
from app.servers import client_for
from app.submissions import claim, fail, finish, new_form_id
from app.things import MAKINGS, REFUSALS, Making, Values
from app.timelines import misskey_id

bp = Blueprint("things", __name__)

MOST_MEMBERS = 100
_KIND = "any(" + ", ".join(repr(name) for name in MAKINGS) + ")"
_DEEDS = sorted({deed.name for making in MAKINGS.values() for deed in making.deeds})
_DEED = "any(" + ", ".join(repr(name) for name in _DEEDS) + ")"


# Making and changing ----------------------------------------------------------------------


@bp.get(f"/<{_KIND}:kind>/new")
def new(kind: str) -> ResponseReturnValue:
    """An empty form."""
    account = required_account()
    making = _making(account, kind, "create")
    return _form(account, making, things.empty(making))


@bp.post(f"/<{_KIND}:kind>/new")
def create(kind: str) -> ResponseReturnValue:
    """Make it, once; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    making = _making(account, kind, "create")
    values = things.from_form(making, request.form)
    problem = things.problem_with(making, values)
    if problem is not None:
        return _form(account, making, values, problem)
    form_id = request.form.get("form_id", "")
    submission = claim(form_id, account)
    if submission is None:
        return _made_before(making)
    sent = things.parameters(making, values, is_new=True)
    try:
        made = client_for(account).call(making.create, into=Named, **sent)
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return _form(account, making, values, problem_of(error, REFUSALS))
    finish(submission, "done")
    leave_notice(gettext("Made."))
    return redirect(_path_of(making, made.id), 303)


def _made_before(making: Making) -> ResponseReturnValue:
    """The same form a second time: what there is now tells what came of the first."""
    leave_notice(gettext("That was sent before."), is_problem=True)
    return redirect(url_for("timelines.things", kind=making.kind.name), 303)


@bp.get(f"/<{_KIND}:kind>/<thing_id>/edit")
def edit(kind: str, thing_id: str) -> ResponseReturnValue:
    """The form with what there is."""
    account = required_account()
    making = _making(account, kind, "update", thing_id)
    thing = _own(account, client_for(account), making, thing_id)
    return _form(account, making, things.values_of(making, thing), thing_id=thing_id)


@bp.post(f"/<{_KIND}:kind>/<thing_id>/edit")
def update(kind: str, thing_id: str) -> ResponseReturnValue:
    """Change it; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    making = _making(account, kind, "update", thing_id)
    values = things.from_form(making, request.form)
    problem = things.problem_with(making, values)
    if problem is not None:
        return _form(account, making, values, problem, thing_id=thing_id)
    sent = things.parameters(making, values, is_new=False) | {making.kind.key: thing_id}
    try:
        client_for(account).act(making.update, **sent)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _form(account, making, values, problem_of(error, REFUSALS), thing_id=thing_id)
    leave_notice(gettext("Saved."))
    return redirect(_path_of(making, thing_id), 303)


@bp.get(f"/<{_KIND}:kind>/<thing_id>/delete")
def confirm_delete(kind: str, thing_id: str) -> ResponseReturnValue:
    """Ask before deleting."""
    account = required_account()
    making = _making(account, kind, "delete", thing_id)
    thing = _own(account, client_for(account), making, thing_id)
    return render_template(
        "confirm.html",
        account=account,
        title=making.ask,
        what=thing.name or thing.id,
        words=making.lost,
        action=url_for("things.delete", kind=kind, thing_id=thing_id),
        button=gettext("Delete"),
        stay=_path_of(making, thing_id),
    )


@bp.post(f"/<{_KIND}:kind>/<thing_id>/delete")
def delete(kind: str, thing_id: str) -> ResponseReturnValue:
    """Delete it, and go to those that are left."""
    account = account_of_form()
    if account is None:
        return signed_out()
    making = _making(account, kind, "delete", thing_id)
    return do(
        account,
        making.delete or "",
        gettext("Deleted."),
        refusals=REFUSALS,
        fallback=url_for("timelines.things", kind=kind),
        **{making.kind.key: thing_id},
    )


@bp.post(f"/<{_KIND}:kind>/<thing_id>/<{_DEED}:deed>")
def act(kind: str, thing_id: str, deed: str) -> ResponseReturnValue:
    """Carry out one deed of the table, and go back."""
    account = account_of_form()
    if account is None:
        return signed_out()
    making = _making(account, kind, deed, thing_id)
    row = making.deed(deed) or abort(404)
    return do(
        account,
        row.endpoint,
        row.done,
        refusals=REFUSALS,
        fallback=_path_of(making, thing_id),
        **{making.kind.key: thing_id},
    )


# Who is on a list -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _OnList:
    """A list as its page shows it: somebody else's may only be looked at."""

    made: UserList
    people: list[User]
    is_mine: bool
    replies: Mapping[str, bool] = field(default_factory=dict)
    """Of whom the replies to others are in it, by ids, where the server says so."""


@bp.get("/lists/<list_id>/members")
def members(list_id: str) -> ResponseReturnValue:
    """Who is on a list of one's own, or on a public one of somebody else."""
    account = required_account()
    return _members_page(account, list_id)


@bp.post("/lists/<list_id>/add")
def add(list_id: str) -> ResponseReturnValue:
    """Put somebody on a list: by the id `user_id`, or by the handle `who`."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _making(account, "lists", "members", list_id)
    client, user_id = client_for(account), misskey_id(request.form.get("user_id"))
    if user_id is None:
        typed = request.form.get("who", "")
        wanted = wanted_person(typed.strip().removeprefix("@"), account)
        if wanted is None:
            words = gettext("Write a handle such as @bob or @juno@far.example.")
            return _members_page(account, list_id, Problem(words, field="who"), typed)
        try:
            user_id = client.call("users/show", into=Profile, **wanted).id
        except CredentialRefused:
            raise
        except MisskeyError as error:
            problem = problem_of(error, REFUSALS, field="who", is_deed=False)
            return _members_page(account, list_id, problem, typed)
    done = gettext("They are on the list.")
    return _change_member(account, "users/lists/push", done, list_id, user_id)


@bp.post("/lists/<list_id>/remove")
def remove(list_id: str) -> ResponseReturnValue:
    """Take somebody off a list."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _making(account, "lists", "members", list_id)
    user_id = misskey_id(request.form.get("user_id")) or abort(400)
    done = gettext("They are off the list.")
    return _change_member(account, "users/lists/pull", done, list_id, user_id)


@bp.post("/lists/<list_id>/replies")
def replies(list_id: str) -> ResponseReturnValue:
    """Whether somebody's replies to others are in a list."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _making(account, "lists", "replies", list_id)
    user_id = misskey_id(request.form.get("user_id")) or abort(400)
    shows = request.form.get("with_replies") == "1"
    done = (
        gettext("Their replies to others are in the list.")
        if shows
        else gettext("Their replies to others stay out of the list.")
    )
    return _change_member(
        account, "users/lists/update-membership", done, list_id, user_id, withReplies=shows
    )


def _change_member(
    account: Account, endpoint: str, done: str, list_id: str, user_id: str, **more: bool
) -> ResponseReturnValue:
    """Call `endpoint`, which changes something about somebody on a list."""
    return do(
        account,
        endpoint,
        done,
        refusals=REFUSALS,
        fallback=url_for("things.members", list_id=list_id),
        listId=list_id,
        userId=user_id,
        **more,
    )


@bp.post("/lists/<list_id>/copy")
def copy(list_id: str) -> ResponseReturnValue:
    """Make a list of one's own of a public one."""
    account = account_of_form()
    if account is None:
        return signed_out()
    making = _making(account, "lists", "copy", list_id)
    name = request.form.get("name", "").strip()
    longest = making.fields[0].longest or 0
    if not 0 < len(name) <= longest:
        words = gettext("Give it a name of up to %(longest)s characters.", longest=longest)
        path = url_for("things.members", list_id=list_id)
        return back(words, is_problem=True, fallback=path)
    submission = claim(request.form.get("form_id", ""), account)
    if submission is None:
        return _made_before(making)
    try:
        made = client_for(account).call(
            "users/lists/create-from-public", into=Named, name=name, listId=list_id
        )
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return refused(error, REFUSALS, url_for("things.members", list_id=list_id))
    finish(submission, "done")
    leave_notice(gettext("Made."))
    return redirect(_path_of(making, made.id), 303)


@bp.get("/people/<user_id>/lists")
def lists_of_person(user_id: str) -> ResponseReturnValue:
    """On which of one's lists somebody is."""
    account = required_account()
    _making(account, "lists", "members", user_id)
    client = client_for(account)
    profile = client.call("users/show", into=Profile, userId=user_id)
    return render_template(
        "things/lists_of_person.html",
        account=account,
        reading=reading_as(account),
        profile=profile,
        lists=client.page("users/lists/list", of=UserList).items,
        next=safe_next(request.args.get("next"), f"/{profile.handle}"),
    )


def _members_page(
    account: Account, list_id: str, problem: Problem | None = None, typed: str = ""
) -> ResponseReturnValue:
    if not misskey_id(list_id):
        abort(404)
    shown = _on_list(client_for(account), list_id)
    body = render_template(
        "things/members.html",
        account=account,
        reading=reading_as(account, url_for("things.members", list_id=list_id)),
        list=shown,
        can=things.offered(MAKINGS["lists"], account, servers.known(account.host)),
        problem=problem,
        typed=typed,
    )
    return body if problem is None else (body, problem.status)


def _on_list(client: Client, list_id: str) -> _OnList:
    """The list and its people. Servers before 2023 tell only their ids."""
    try:
        made, is_mine = client.call("users/lists/show", into=UserList, listId=list_id), True
    except NotThere:
        made = client.call("users/lists/show", into=UserList, listId=list_id, forPublic=True)
        is_mine = False
    server = servers.known(client.address.host)
    if server is None or "users/lists/get-memberships" in server.endpoints:
        found = client.page(
            "users/lists/get-memberships",
            of=Membership,
            listId=list_id,
            # Left out, it asks for one's own.
            forPublic=None if is_mine else True,
            limit=MOST_MEMBERS,
        )
        return _OnList(
            made,
            [member.user for member in found.items],
            is_mine,
            {
                member.user.id: member.with_replies
                for member in found.items
                if member.with_replies is not None
            },
        )
    ids = (made.user_ids or [])[:MOST_MEMBERS]
    people = client.page("users/show", of=User, userIds=ids).items if ids else []
    return _OnList(made, people, is_mine)


# Common parts -----------------------------------------------------------------------------


def _making(account: Account, kind: str, doing: str, thing_id: str | None = None) -> Making:
    """The row of that kind; 404, without a call, where the account can't do this at its
    server, or where the id can be none."""
    making = MAKINGS[kind]
    if thing_id is not None and not misskey_id(thing_id):
        abort(404)
    if doing not in things.offered(making, account, servers.known(account.host)):
        abort(404)
    return making


def _own(account: Account, client: Client, making: Making, thing_id: str) -> Named:
    """The account's own thing of that id; another's is not there."""
    thing: Named = client.call(making.kind.shown_by, into=making.of, **{making.kind.key: thing_id})
    return thing if things.is_own(thing, account) else abort(404)


def _path_of(making: Making, thing_id: str) -> str:
    if not misskey_id(thing_id):
        return url_for("timelines.things", kind=making.kind.name)
    return url_for("timelines.thing", kind=making.kind.name, thing_id=thing_id)


def _lists_to_choose(account: Account, problem: Problem | None) -> dict[str, str]:
    """The account's lists by their ids. None, where that fails while the form has a problem
    already: what was typed goes before."""
    try:
        mine = client_for(account).page("users/lists/list", of=UserList).items
    except CredentialRefused:
        raise
    except MisskeyError:
        if problem is None:
            raise
        return {}
    return {one.id: one.name or one.id for one in mine}


def _form(
    account: Account,
    making: Making,
    values: Values,
    problem: Problem | None = None,
    *,
    thing_id: str | None = None,
) -> ResponseReturnValue:
    """The form, with what was typed, for a new thing or for the one of that id."""
    choices: dict[str, Mapping[str, LazyString | str]] = {
        field.key: field.choices for field in making.fields if field.choices is not None
    }
    if "userListId" in choices:
        choices["userListId"] = _lists_to_choose(account, problem)
    body = render_template(
        "things/form.html",
        account=account,
        making=making,
        fields=[field for field in making.fields if thing_id or not field.only_later],
        values=values,
        choices=choices,
        problem=problem,
        thing_id=thing_id,
        form_id=new_form_id(),
        stay=_path_of(making, thing_id or ""),
    )
    return body if problem is None else (body, problem.status)
