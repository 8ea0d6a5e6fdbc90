"""`/chat`: conversations with people and in rooms, where the server has them.

A message is written in a form that is carried out once, comes back filled in when that
fails, and takes one file along.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext
from flask_wtf.csrf import CSRFError

from app import chat, drafts, emojis, preferences, servers, uploads
from app.chat import (
    MESSAGE_DEEDS,
    QUESTIONS,
    ROOM_DEEDS,
    TALKS,
    Talk,
    Typed,
)
from app.doing import back, problem_of, refused, signed_out
from app.errors import Explanation, explain, page, retry_header, show_http
from app.misskey import ApiError, Client, CredentialRefused, MisskeyError, NotThere, User
from app.misskey.entities.chat import ChatInvitation, ChatMembership, ChatMessage, ChatRoom
from app.misskey.entities.people import Profile
from app.models import Account, Submission
from app.notices import leave_notice
from app.offers import offer_for
from app.problems import Problem
from app.reading import reading_as
from app.relations import wanted_person
from app.security import (
    account_of_form,
    required_account,
    safe_next,
    settings_of_app,
    sign_out_everywhere,
)
from app.servers import client_for
from app.submissions import claim, fail, finish, key_of, new_form_id, outcome
from app.timelines import misskey_id

bp = Blueprint("chat", __name__)

MOST_MARKED = 10
"""Conversations whose marks are taken away at once."""


def _any(names: Any) -> str:
    return "any(" + ", ".join(repr(name) for name in names) + ")"


_TALK, _MESSAGE_DEED, _ROOM_DEED = _any(TALKS), _any(MESSAGE_DEEDS), _any(ROOM_DEEDS)


# All conversations ------------------------------------------------------------------------


@bp.get("/chat")
def index() -> ResponseReturnValue:
    """The conversations, the last to be written in first, and invitations to rooms."""
    account = _reader()
    client = client_for(account)
    try:
        found, invited = chat.recent(client, account), chat.invitations(client)
    except ApiError as error:
        return _refused_page(error)
    return render_template(
        "chat/index.html",
        account=account,
        reading=reading_as(account),
        recent=found,
        excerpt=chat.excerpt,
        invitations=invited,
        may_write=chat.may_write(account),
    )


@bp.post("/chat/read-all")
def read_all() -> ResponseReturnValue:
    """Mark everything read. The server forgets that there is something new, but not where:
    each conversation keeps its mark until it is asked for, so those the page showed are."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _must_be_offered(account)
    client = client_for(account)
    try:
        client.act("chat/read-all")
        for marked in request.form.getlist("new")[:MOST_MARKED]:
            name, _, talk_id = marked.partition(" ")
            if name in TALKS and misskey_id(talk_id):
                client.act(TALKS[name].timeline, limit=1, **{TALKS[name].key: talk_id})
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _refused(error, url_for("chat.index"))
    return back(gettext("Everything is marked as read."), fallback=url_for("chat.index"))


@bp.get("/chat/search")
def search() -> ResponseReturnValue:
    """Messages with the words `q`: with one `person`, in one `room`, or anywhere."""
    account = _reader()
    words = " ".join(request.args.get("q", "").replace("\0", " ").split())[: chat.LONGEST_SEARCH]
    person_id, room_id = (
        misskey_id(request.args.get("person")),
        misskey_id(request.args.get("room")),
    )
    found: list[chat.Line] = []
    if words:
        try:
            messages = client_for(account).page(
                "chat/messages/search",
                of=ChatMessage,
                query=words,
                limit=chat.FOUND,
                userId=person_id,
                roomId=None if person_id else room_id,
            )
        except ApiError as error:
            return _refused_page(error)
        found = chat.lines(messages.items, {}, account)
    return render_template(
        "chat/search.html",
        account=account,
        reading=reading_as(account),
        words=words,
        person_id=person_id,
        room_id=room_id,
        found=found,
        longest=chat.LONGEST_SEARCH,
    )


# One conversation -------------------------------------------------------------------------


@bp.get("/chat/@<acct>")
def person(acct: str) -> ResponseReturnValue:
    """To the conversation with somebody by name."""
    account = _reader()
    wanted = wanted_person(acct, account) or abort(404)
    found = client_for(account).call("users/show", into=User, **wanted)
    return redirect(url_for("chat.talk", talk="people", talk_id=found.id, _anchor="newest"), 303)


@bp.get(f"/chat/<{_TALK}:talk>/<talk_id>")
def talk(talk: str, talk_id: str) -> ResponseReturnValue:
    """A conversation, the newest at its end; it is read then."""
    account = _reader()
    _must_be_possible(account, TALKS[talk], talk_id)
    try:
        conversation = _load(account, TALKS[talk], talk_id)
    except ApiError as error:
        return _refused_page(error)
    return _show(account, TALKS[talk], talk_id, Typed(), conversation)


@bp.post(f"/chat/<{_TALK}:talk>/<talk_id>")
def send(talk: str, talk_id: str) -> ResponseReturnValue:
    """Send a message, once; what was written comes back if that fails."""
    account, typed = account_of_form(), _typed()
    if account is None:
        return _signed_out(TALKS[talk], talk_id, typed)
    _must_be_offered(account)
    _must_be_possible(account, TALKS[talk], talk_id)
    try:
        return _send(account, TALKS[talk], talk_id, typed)
    except CredentialRefused:
        sign_out_everywhere(account)
        return _signed_out(TALKS[talk], talk_id, typed)


@bp.errorhandler(CSRFError)
def come_back(error: CSRFError) -> ResponseReturnValue:
    """The message as it was typed, after its CSRF token was refused: the session it belonged
    to is over, or another one has begun."""
    if request.endpoint != "chat.send":
        return show_http(error)
    where = request.view_args or {}
    row, talk_id, account = TALKS[where["talk"]], where["talk_id"], account_of_form()
    if account is None:
        return _signed_out(row, talk_id, _typed())
    message = gettext("This page was open for so long that it could not be trusted any more.")
    advice = gettext("Press the button again.")
    if uploads.chosen_files():
        advice = gettext("Choose your files again, then press the button again.")
    return _show(account, row, talk_id, _typed(), problem=Problem(message, advice))


def _typed() -> Typed:
    return Typed(
        request.form.get("text", "").replace("\r\n", "\n"),
        drafts.file_from(request.form.get("file", "")),
        request.form.get("form_id", ""),
    )


def _send(account: Account, talk: Talk, talk_id: str, typed: Typed) -> ResponseReturnValue:
    chosen = uploads.chosen_files()
    problem = chat.problem_with(typed, has_file=bool(chosen or typed.file))
    if problem is None and chosen:
        sent = uploads.send_one(client_for(account), offer_for(account))
        if isinstance(sent, Problem):
            problem = sent
        else:
            typed.file = sent
    if problem is not None:
        return _show_again(account, talk, talk_id, typed, problem)
    file_id = typed.file.id if typed.file else ""
    key = key_of(typed.form_id, talk.name, talk_id, typed.text, file_id)
    submission = claim(key, account)
    if submission is None:
        return _sent_before(account, talk, talk_id, typed, outcome(key, account, _patience()))
    try:
        client_for(account).act(talk.send, **chat.parameters(talk, talk_id, typed))
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        if chat.refusal(error):
            finish(submission, "failed")
        else:
            fail(submission, error)
        return _show_again(account, talk, talk_id, typed, _problem_of(error))
    finish(submission, "done")
    return _to_the_end(talk, talk_id)


def _patience() -> float:
    return settings_of_app().upstream_seconds + 1


def _to_the_end(talk: Talk, talk_id: str) -> ResponseReturnValue:
    return redirect(url_for("chat.talk", talk=talk.name, talk_id=talk_id, _anchor="newest"), 303)


def _sent_before(
    account: Account, talk: Talk, talk_id: str, typed: Typed, earlier: Submission | None
) -> ResponseReturnValue:
    """The same form a second time: what came of the first."""
    if earlier is not None and earlier.state == "done":
        return _to_the_end(talk, talk_id)
    if earlier is not None and earlier.state == "failed":
        message = gettext("The first try did not go through, so nothing was sent.")
        problem = Problem(message, gettext("Send it again when you like."))
    else:
        message = gettext("This was sent before, and we don't know whether it arrived.")
        advice = gettext("Look at the last messages before you send it again.")
        problem = Problem(message, advice, status=409)
    return _show_again(account, talk, talk_id, typed, problem)


def _problem_of(error: MisskeyError) -> Problem:
    """Why the message was not sent, or may not have been."""
    kept = gettext("What you wrote is still here.")
    words = chat.refusal(error)
    if words is not None:
        return Problem(str(words), kept)
    said = explain(error)
    if error.may_have_happened:
        message = gettext(
            "%(happened)s So we don't know whether your message was sent.",
            happened=said.happened,
        )
        kept = gettext("Look at the last messages before you send it again.")
        return Problem(message, kept, "text", said.status, said.retry_after)
    advice = gettext("%(advice)s What you wrote is still here.", advice=said.advice)
    return Problem(said.happened, advice, "text", said.status, said.retry_after)


def _show_again(
    account: Account, talk: Talk, talk_id: str, typed: Typed, problem: Problem
) -> ResponseReturnValue:
    """The conversation with the form as it was sent. Without the conversation where the
    server is what failed, or fails now: what was typed goes before."""
    conversation = None
    if problem.status < 429:
        try:
            conversation = _load(account, talk, talk_id)
        except CredentialRefused:
            raise
        except MisskeyError:
            pass
    return _show(account, talk, talk_id, typed, conversation, problem)


def _load(account: Account, talk: Talk, talk_id: str) -> dict[str, Any]:
    """With whom or where it is, and the stretch of it the query asks for."""
    client, about = client_for(account), _about(account, talk, talk_id)
    room: ChatRoom | None = about.get("room")
    if room is not None and room.invitation_exists:
        # It is shown to those who are in it.
        return about
    people = {account.user_id: _oneself(account)}
    if "profile" in about:
        people[talk_id] = about["profile"]
    until, since = misskey_id(request.args.get("until")), misskey_id(request.args.get("since"))
    moment = request.args.get("at", "")
    is_moment = moment.isascii() and moment.isdigit() and len(moment) < 15
    stretch = chat.read(
        client,
        talk,
        talk_id,
        people,
        account,
        until=until,
        since=None if until else since,
        until_date=int(moment) + 1 if is_moment and not (until or since) else None,
        per_page=preferences.current().per_page,
    )
    return {**about, "page": stretch}


def _about(account: Account, talk: Talk, talk_id: str) -> dict[str, Any]:
    client = client_for(account)
    if talk.name == "rooms":
        return {"room": client.call("chat/rooms/show", into=ChatRoom, roomId=talk_id)}
    return {"profile": client.call("users/show", into=Profile, userId=talk_id)}


def _oneself(account: Account) -> User:
    return User(
        id=account.user_id,
        username=account.username,
        name=account.name,
        avatar_url=account.avatar_url,
    )


def _show(
    account: Account,
    talk: Talk,
    talk_id: str,
    typed: Typed,
    conversation: dict[str, Any] | None = None,
    problem: Problem | None = None,
) -> ResponseReturnValue:
    here = url_for("chat.talk", talk=talk.name, talk_id=talk_id)
    body = render_template(
        "chat/talk.html",
        account=account,
        # After a form was sent, the query is none of a page's.
        reading=reading_as(account, here if request.method == "POST" else None),
        talk=talk,
        talk_id=talk_id,
        here=here,
        is_end=request.method == "POST" or not request.args.keys() & {"until", "since", "at"},
        typed=typed,
        problem=problem,
        offer=offer_for(account),
        may_write=chat.may_write(account),
        form_id=new_form_id(),
        about_file=drafts.Attached.of(typed.file).about if typed.file else "",
        longest=chat.LONGEST,
        **{"page": None, "profile": None, "room": None, **(conversation or {})},
    )
    if problem is None:
        return body
    return body, problem.status, retry_header(problem.retry_after)


def _signed_out(talk: Talk, talk_id: str, typed: Typed) -> ResponseReturnValue:
    """What was written, for somebody who is not signed in any more, to be taken along."""
    body = render_template(
        "chat/signed_out.html",
        typed=typed,
        lost_file=bool(uploads.chosen_files()),
        back=url_for("chat.talk", talk=talk.name, talk_id=talk_id),
    )
    return body, 401


# What is done to a message ----------------------------------------------------------------


@bp.post(f"/chat/messages/<message_id>/<{_MESSAGE_DEED}:message_deed>")
def act(message_id: str, message_deed: str) -> ResponseReturnValue:
    """Carry out one row of the table, and go back to the message."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _must_be_offered(account)
    deed, parameters = MESSAGE_DEEDS[message_deed], {"messageId": message_id}
    if not misskey_id(message_id):
        abort(404)
    if deed.name != "delete":
        reaction = request.form.get("reaction", "").strip()
        if not 0 < len(reaction) <= 300:
            abort(400)
        # The server has no name for its own emoji but this here.
        parameters["reaction"] = reaction.replace("@.:", ":")
    anchor = "newest" if deed.name == "delete" else f"message-{message_id}"
    try:
        client_for(account).act(deed.endpoint, **parameters)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _refused(error, url_for("chat.index"), anchor)
    if deed.name == "react":
        emojis.remember(account, parameters["reaction"])
    return _back(deed.done, url_for("chat.index"), anchor)


@bp.get("/chat/messages/<message_id>/react")
def choose_reaction(message_id: str) -> ResponseReturnValue:
    """The page of all emoji, as there is one for notes."""
    account = _reader()
    if not misskey_id(message_id):
        abort(404)
    client, server = client_for(account), servers.known(account.host)
    quick = preferences.current().quick_reactions
    return render_template(
        "chat/react.html",
        account=account,
        reading=reading_as(account),
        message_id=message_id,
        **emojis.offered(account, server, client, request.args, quick),
        line=_line_of(account, client, message_id),
        next=safe_next(request.args.get("next"), url_for("chat.index")),
    )


def _line_of(account: Account, client: Client, message_id: str) -> chat.Line | None:
    """That message, where the server shows it by itself: not what others wrote in rooms."""
    try:
        message = client.call("chat/messages/show", into=ChatMessage, messageId=message_id)
    except NotThere:
        return None
    return next(iter(chat.lines([message], {}, account)), None)


@bp.get("/chat/messages/<message_id>/delete")
def confirm_delete(message_id: str) -> ResponseReturnValue:
    """Ask before a message of one's own is deleted; another's is not asked about."""
    account = _reader()
    if not misskey_id(message_id):
        abort(404)
    message = client_for(account).call("chat/messages/show", into=ChatMessage, messageId=message_id)
    if message.from_user_id != account.user_id:
        abort(404)
    back_to = safe_next(request.args.get("next"), url_for("chat.index"))
    return render_template(
        "confirm.html",
        account=account,
        title=gettext("Delete this message?"),
        what=message.text or (message.file.name if message.file else ""),
        words=gettext("It is gone then for everybody who could read it."),
        action=url_for("chat.act", message_id=message_id, message_deed="delete"),
        button=gettext("Delete"),
        stay=back_to,
        next=back_to,
    )


# Rooms ------------------------------------------------------------------------------------


@bp.get("/chat/rooms")
def rooms() -> ResponseReturnValue:
    """The rooms one is in, and those one was asked into."""
    account = _reader()
    client = client_for(account)
    try:
        own, joined = chat.rooms(client)
        invited = chat.invitations(client)
    except ApiError as error:
        return _refused_page(error)
    return render_template(
        "chat/rooms.html",
        account=account,
        reading=reading_as(account),
        own=own,
        joined=joined,
        invitations=invited,
        may_write=chat.may_write(account),
    )


@bp.get("/chat/rooms/new")
def new_room() -> ResponseReturnValue:
    """An empty form."""
    return _room_form(_reader(), "", "")


@bp.post("/chat/rooms/new")
def make_room() -> ResponseReturnValue:
    """Make a room, once; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _must_be_offered(account)
    name, description = _room_typed()
    problem = chat.room_problem(name, description)
    if problem is not None:
        return _room_form(account, name, description, problem)
    submission = claim(request.form.get("form_id", ""), account)
    if submission is None:
        words = gettext("That was sent before.")
        return back(words, is_problem=True, fallback=url_for("chat.rooms"))
    try:
        made = client_for(account).call(
            "chat/rooms/create",
            into=ChatRoom,
            name=name.strip(),
            description=description.strip(),
        )
    except CredentialRefused:
        finish(submission, "failed")
        raise
    except MisskeyError as error:
        fail(submission, error)
        return _room_form(account, name, description, _problem_with_room(error))
    finish(submission, "done")
    leave_notice(gettext("Made."))
    if not misskey_id(made.id):
        return redirect(url_for("chat.rooms"), 303)
    return redirect(url_for("chat.members", room_id=made.id), 303)


@bp.get("/chat/rooms/<room_id>/edit")
def edit_room(room_id: str) -> ResponseReturnValue:
    """The form with what there is."""
    account = _reader()
    room = _own_room(account, room_id)
    return _room_form(account, room.name, room.description or "", room_id=room_id)


@bp.post("/chat/rooms/<room_id>/edit")
def update_room(room_id: str) -> ResponseReturnValue:
    """Change what a room is called; what was typed comes back if that fails."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _must_be_offered(account)
    _must_be_possible(account, TALKS["rooms"], room_id)
    name, description = _room_typed()
    problem = chat.room_problem(name, description)
    if problem is None:
        try:
            client_for(account).act(
                "chat/rooms/update",
                roomId=room_id,
                name=name.strip(),
                description=description.strip(),
            )
        except CredentialRefused:
            raise
        except MisskeyError as error:
            problem = _problem_with_room(error)
    if problem is not None:
        return _room_form(account, name, description, problem, room_id=room_id)
    leave_notice(gettext("Saved."))
    return redirect(url_for("chat.members", room_id=room_id), 303)


@bp.get("/chat/rooms/<room_id>/members")
def members(room_id: str) -> ResponseReturnValue:
    """Who is in a room; to its owner, also who was asked, and a form to ask others."""
    account = _reader()
    _must_be_possible(account, TALKS["rooms"], room_id)
    try:
        return _members_page(account, room_id)
    except ApiError as error:
        return _refused_page(error)


@bp.post("/chat/rooms/<room_id>/invite")
def invite(room_id: str) -> ResponseReturnValue:
    """Ask somebody into one's room, by the handle `who`."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _must_be_offered(account)
    _must_be_possible(account, TALKS["rooms"], room_id)
    client, typed = client_for(account), request.form.get("who", "")
    wanted = wanted_person(typed.strip().removeprefix("@"), account)
    if wanted is None or wanted["host"] is not None:
        words = gettext("Write the handle of somebody at your server, such as @bob.")
        return _members_page(account, room_id, Problem(words, field="who"), typed)
    is_deed = False
    try:
        user_id = client.call("users/show", into=User, **wanted).id
        is_deed = True
        client.act("chat/rooms/invitations/create", roomId=room_id, userId=user_id)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        problem = replace(_problem_with_room(error, is_deed=is_deed), field="who")
        return _members_page(account, room_id, problem, typed)
    return back(gettext("They are invited."), fallback=url_for("chat.members", room_id=room_id))


@bp.get("/chat/rooms/<room_id>/<any('leave', 'delete'):room_asked>")
def confirm_room(room_id: str, room_asked: str) -> ResponseReturnValue:
    """Ask before leaving a room, or deleting one's own."""
    account = _reader()
    _must_be_possible(account, TALKS["rooms"], room_id)
    room = client_for(account).call("chat/rooms/show", into=ChatRoom, roomId=room_id)
    if (room.owner_id == account.user_id) != (room_asked == "delete"):
        abort(404)
    title, words, button = QUESTIONS[room_asked]
    return render_template(
        "confirm.html",
        account=account,
        title=title,
        what=room.name or room.id,
        words=words,
        action=url_for("chat.act_on_room", room_id=room_id, room_deed=room_asked),
        button=button,
        stay=url_for("chat.members", room_id=room_id),
        next=url_for("chat.index"),
    )


@bp.post(f"/chat/rooms/<room_id>/<{_ROOM_DEED}:room_deed>")
def act_on_room(room_id: str, room_deed: str) -> ResponseReturnValue:
    """Carry out one row of the table, and go back."""
    account = account_of_form()
    if account is None:
        return signed_out()
    _must_be_offered(account)
    _must_be_possible(account, TALKS["rooms"], room_id)
    deed = ROOM_DEEDS[room_deed]
    try:
        client_for(account).act(deed.endpoint, roomId=room_id, **deed.params)
    except CredentialRefused:
        raise
    except MisskeyError as error:
        return _refused(error, url_for("chat.rooms"))
    return back(deed.done, fallback=url_for("chat.rooms"))


def _room_typed() -> tuple[str, str]:
    return (
        request.form.get("name", ""),
        request.form.get("description", "").replace("\r\n", "\n"),
    )


def _own_room(account: Account, room_id: str) -> ChatRoom:
    """The account's own room of that id; another's is not there."""
    _must_be_possible(account, TALKS["rooms"], room_id)
    room = client_for(account).call("chat/rooms/show", into=ChatRoom, roomId=room_id)
    return room if room.owner_id == account.user_id else abort(404)


def _room_form(
    account: Account,
    name: str,
    description: str,
    problem: Problem | None = None,
    *,
    room_id: str | None = None,
) -> ResponseReturnValue:
    body = render_template(
        "chat/room_form.html",
        account=account,
        name=name,
        description=description,
        problem=problem,
        room_id=room_id,
        form_id=new_form_id(),
    )
    if problem is None:
        return body
    return body, problem.status, retry_header(problem.retry_after)


def _problem_with_room(error: MisskeyError, *, is_deed: bool = True) -> Problem:
    words = chat.refusal(error)
    if words is not None:
        return Problem(str(words), field="name")
    return problem_of(error, {}, is_deed=is_deed)


def _members_page(
    account: Account, room_id: str, problem: Problem | None = None, typed: str = ""
) -> ResponseReturnValue:
    client = client_for(account)
    room, there, asked = None, [], []
    # A server that just failed is not asked again: what was typed goes before.
    if problem is None or problem.status < 429:
        room = client.call("chat/rooms/show", into=ChatRoom, roomId=room_id)
        there = client.page(
            "chat/rooms/members", of=ChatMembership, roomId=room_id, limit=chat.MOST
        ).items
        if room.owner_id == account.user_id:
            asked = client.page(
                "chat/rooms/invitations/outbox",
                of=ChatInvitation,
                roomId=room_id,
                limit=chat.MOST,
            ).items
    body = render_template(
        "chat/members.html",
        account=account,
        reading=reading_as(account, url_for("chat.members", room_id=room_id)),
        room_id=room_id,
        room=room,
        is_own=room is None or room.owner_id == account.user_id,
        members=[membership.user for membership in there if membership.user is not None],
        asked=[invitation.user for invitation in asked],
        may_write=chat.may_write(account),
        problem=problem,
        typed=typed,
    )
    if problem is None:
        return body
    return body, problem.status, retry_header(problem.retry_after)


# Common parts -----------------------------------------------------------------------------


def _reader() -> Account:
    account = required_account()
    if not chat.is_offered(account, servers.known(account.host)):
        abort(404)
    return account


def _must_be_offered(account: Account) -> None:
    """404, without a call, where the account can't chat or our app may not write."""
    if not (chat.is_offered(account, servers.known(account.host)) and chat.may_write(account)):
        abort(404)


def _must_be_possible(account: Account, talk: Talk, talk_id: str) -> None:
    """404, without a call, for what can be no id, and for talking to oneself."""
    if not misskey_id(talk_id) or (talk.name == "people" and talk_id == account.user_id):
        abort(404)


def _refused(error: MisskeyError, fallback: str, anchor: str = "") -> ResponseReturnValue:
    """Back with a sentence where the server's no is a plain one; else as for all forms."""
    words = chat.refusal(error)
    return (
        _back(words, fallback, anchor, is_problem=True) if words else refused(error, {}, fallback)
    )


def _back(
    words: LazyString, fallback: str, anchor: str, *, is_problem: bool = False
) -> ResponseReturnValue:
    """To where the form was, and there to `anchor`."""
    leave_notice(str(words), is_problem=is_problem)
    path = safe_next(request.form.get("next"), fallback).partition("#")[0]
    return redirect(f"{path}#{anchor}" if anchor else path, 303)


def _refused_page(error: ApiError) -> ResponseReturnValue:
    """The page for a plain no; what is none of those is raised again."""
    words = chat.refusal(error)
    if words is None:
        raise error
    if isinstance(error, NotThere):
        status, advice = 404, gettext("Look among your conversations.")
        link = (gettext("Chat"), url_for("chat.index"))
    else:
        status, advice = 403, gettext("The people who run it can tell you why.")
        link = (gettext("Go home"), url_for("home.home"))
    return page(Explanation(status, gettext("This can't be shown"), str(words), advice, link))
