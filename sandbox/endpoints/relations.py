"""What stands between people: following, asking to, muting, blocking, a memo."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..clock import iso
from ..errors import ApiError
from ..ids import moment_of
from ..limits import Limit
from ..params import ID, LIMIT, PAGING, STRING, Schema, obj
from ..records import Person
from .paging import page
from .table import HOUR, Call, endpoint

USER = obj({"userId": ID}, ["userId"])
PAGING_BY_30 = {**PAGING, "limit": {**LIMIT, "default": 30}}
SOMEBODY: Schema = {
    "anyOf": [
        obj({"userId": ID}, ["userId"]),
        obj(
            {"username": STRING, "host": {"type": "string", "nullable": True}},
            ["username", "host"],
        ),
    ]
}


def _other(call: Call, missing: str, code: str, message: str, oneself: str) -> Person:
    """Whom it is about; raises NO_SUCH_USER of the id `missing`, or that it is oneself."""
    if call.params["userId"] == call.me.id:
        raise ApiError(code, message, oneself)
    return _anybody(call, missing)


def _anybody(call: Call, missing: str) -> Person:
    person = call.world.people.get(call.params["userId"])
    if person is None:
        raise ApiError("NO_SUCH_USER", "No such user.", missing)
    return person


# Following ----------------------------------------------------------------


@endpoint(
    "following/create",
    obj({"userId": ID, "withReplies": {"type": "boolean"}}, ["userId"]),
    kind="write:following",
    limit=Limit(100, HOUR),
)
def follow(call: Call) -> Any:
    """Follow somebody; one who is locked is asked (following-create-request.json)."""
    me, world = call.me, call.world
    other = _other(
        call,
        "fcd2eef9-a9b2-4c4f-8624-038099e90aa5",
        "FOLLOWEE_IS_YOURSELF",
        "Followee is yourself.",
        "26fbe7bb-a331-4857-af17-205b426669a9",
    )
    if world.follows(me, other):
        raise ApiError(
            "ALREADY_FOLLOWING",
            "You are already following that user.",
            "35387507-38c7-4cb9-9197-300b93783fa0",
        )
    if (other.id, me.id) in world.blocking:
        raise ApiError(
            "BLOCKED", "You are blocked by that user.", "c4ab57cc-4e41-45e9-bfd9-584f61e35ce0"
        )
    if other.is_locked:
        if (me.id, other.id) not in world.follow_requests:
            world.follow_requests.add((me.id, other.id))
            world.tell(other, "receiveFollowRequest", me)
    else:
        world.follow(me, other)
        if call.params.get("withReplies"):
            world.following_replies.add((me.id, other.id))
    return call.show.user(other)


@endpoint("following/delete", USER, kind="write:following", limit=Limit(100, HOUR))
def unfollow(call: Call) -> Any:
    """Follow somebody no longer."""
    other = _other(
        call,
        "5b12c78d-2b28-4dca-99d2-f56139b42ff8",
        "FOLLOWEE_IS_YOURSELF",
        "Followee is yourself.",
        "d9e400b9-36b0-4808-b1d8-79e707f1296c",
    )
    if not call.world.follows(call.me, other):
        raise ApiError(
            "NOT_FOLLOWING",
            "You are not following that user.",
            "5dbf82f5-c92b-40b1-87d1-6c8c0741fd09",
        )
    call.world.unfollow(call.me, other)
    return call.show.user(other)


@endpoint("following/requests/accept", USER, kind="write:following")
def accept(call: Call) -> Any:
    """Let somebody follow who asked."""
    other = _anybody(call, "66ce1645-d66c-46bb-8b79-96739af885bd")
    if (other.id, call.me.id) not in call.world.follow_requests:
        raise ApiError(
            "NO_FOLLOW_REQUEST", "No follow request.", "bcde4f8b-0913-4614-8881-614e522fb041"
        )
    call.world.follow(other, call.me)
    more = {} if call.world.age.old else {"message": None}
    call.world.tell(other, "followRequestAccepted", call.me, **more)


@endpoint("following/requests/reject", USER, kind="write:following")
def reject(call: Call) -> Any:
    """Do not; where nobody asked that is no error (following-requests-reject-none.json)."""
    other = _anybody(call, "abc2ffa6-25b2-4380-ba99-321ff3a94555")
    call.world.follow_requests.discard((other.id, call.me.id))


@endpoint("following/requests/cancel", USER, kind="write:following")
def cancel(call: Call) -> Any:
    """Take one's own request back."""
    other = _anybody(call, "4e68c551-fc4c-4e46-bb41-7d4a37bf9dab")
    if (call.me.id, other.id) not in call.world.follow_requests:
        raise ApiError(
            "FOLLOW_REQUEST_NOT_FOUND",
            "Follow request not found.",
            "089b125b-d338-482a-9a09-e2622ac9f8d4",
        )
    call.world.follow_requests.discard((call.me.id, other.id))
    return call.show.user(other)


@endpoint("following/invalidate", USER, kind="write:following", limit=Limit(100, HOUR))
def invalidate(call: Call) -> Any:
    """Let somebody follow one no longer (following-invalidate.json)."""
    other = _other(
        call,
        "b77e6ae6-a3e5-40da-9cc8-c240115479cc",
        "FOLLOWER_IS_YOURSELF",
        "Follower is yourself.",
        "07dc03b9-03da-422d-885b-438313707662",
    )
    if not call.world.follows(other, call.me):
        raise ApiError(
            "NOT_FOLLOWING",
            "The other use is not following you.",
            "918faac3-074f-41ae-9c43-ed5d2946770d",
        )
    call.world.unfollow(other, call.me)
    return call.show.user(other)


@endpoint(
    "following/update",
    obj(
        {
            "userId": ID,
            "notify": {"type": "string", "enum": ["normal", "none"]},
            "withReplies": {"type": "boolean"},
        },
        ["userId"],
    ),
    kind="write:following",
    limit=Limit(100, HOUR),
)
def update_following(call: Call) -> Any:
    """Whether one is told of their notes, and reads their replies to others. The answer is
    oneself (following-update.json)."""
    other = _other(
        call,
        "14318698-f67e-492a-99da-5353a5ac52be",
        "FOLLOWEE_IS_YOURSELF",
        "Followee is yourself.",
        "4c4cbaf9-962a-463b-8418-a5e365dbf2eb",
    )
    pair = (call.me.id, other.id)
    if pair not in call.world.following:
        raise ApiError(
            "NOT_FOLLOWING",
            "You are not following that user.",
            "b8dc75cf-1cb5-46c9-b14b-5f1ffbd782c9",
        )
    for key, told, kept in (
        ("notify", "normal", call.world.following_notify),
        ("withReplies", True, call.world.following_replies),
    ):
        if call.params.get(key) == told:
            kept.add(pair)
        elif key in call.params:
            kept.discard(pair)
    return call.show.user(call.me)


@endpoint(
    "following/update-all",
    obj(
        {
            "notify": {"type": "string", "enum": ["normal", "none"]},
            "withReplies": {"type": "boolean"},
        }
    ),
    kind="write:following",
    limit=Limit(10, HOUR),
)
def update_all_following(call: Call) -> Any:
    """The same for everybody one follows."""
    mine = {pair for pair in call.world.following if pair[0] == call.me.id}
    for key, told, kept in (
        ("notify", "normal", call.world.following_notify),
        ("withReplies", True, call.world.following_replies),
    ):
        if call.params.get(key) == told:
            kept |= mine
        elif key in call.params:
            kept -= mine


# Who follows whom ---------------------------------------------------------

_FOLLOWED = obj(
    {
        **PAGING,
        "birthday": {
            "type": "string",
            "nullable": True,
            "pattern": "^([0-9]{4})-([0-9]{2})-([0-9]{2})$",
        },
    }
)


def _ties(call: Call, kind: str, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The asked-for page of those pairs, each with the id of what ties it."""
    found = [(call.world.tie(kind, *pair), *pair) for pair in sorted(pairs)]
    # Where the parameters are two sets of rules at once, defaults are not filled in.
    return page({"limit": 10, **call.params}, found, lambda tie: tie[0])


def _somebody(call: Call, error_id: str) -> Person:
    params, people = call.params, call.world.people
    if "userId" in params:
        person = people.get(params["userId"])
    else:
        person = call.world.find_person(params["username"], params["host"])
    if person is None:
        raise ApiError("NO_SUCH_USER", "No such user.", error_id)
    return person


def _refuse_private(call: Call, whose: Person, circle: str, error_id: str) -> None:
    """Whom somebody follows, and who follows them, may be theirs alone."""
    me = call.person
    if circle == "public" or (me is not None and me.id == whose.id):
        return
    if circle == "private" or me is None or not call.world.follows(me, whose):
        raise ApiError("FORBIDDEN", "Forbidden.", error_id)


@endpoint("users/following", {"allOf": [SOMEBODY, _FOLLOWED]})
def following(call: Call) -> Any:
    """Whom somebody follows (users-following.json)."""
    person = _somebody(call, "63e4aba4-4156-4e53-be25-c9559e42d71b")
    circle = person.following_visibility
    _refuse_private(call, person, circle, "f6cdb0df-c19f-ec5c-7dbb-0ba84a1f92ba")
    pairs = [pair for pair in call.world.following if pair[0] == person.id]
    return [
        {**_tie(id, by, whom), "followee": _seen(call, whom)}
        for id, by, whom in _ties(call, "following", pairs)
    ]


@endpoint("users/followers", {"allOf": [SOMEBODY, obj(PAGING)]})
def followers(call: Call) -> Any:
    """Who follows somebody (users-followers.json)."""
    person = _somebody(call, "27fa5435-88ab-43de-9360-387de88727cd")
    circle = person.followers_visibility
    _refuse_private(call, person, circle, "3c6a84db-d619-26af-ca14-06232a21df8a")
    pairs = [pair for pair in call.world.following if pair[1] == person.id]
    return [
        {**_tie(id, by, whom), "follower": _seen(call, by)}
        for id, by, whom in _ties(call, "following", pairs)
    ]


def _tie(id: str, by: str, whom: str) -> dict[str, Any]:
    return {"id": id, "createdAt": iso(moment_of(id)), "followeeId": whom, "followerId": by}


def _seen(call: Call, person_id: str) -> dict[str, Any]:
    person = call.world.people[person_id]
    mine = call.person is not None and call.person.id == person_id
    return call.show.me_detailed(person) if mine else call.show.user_detailed(person)


@endpoint("following/requests/list", obj(PAGING), kind="read:following")
@endpoint("following/requests/list", kind="read:following", ages=("v12", "v11"))
def requests(call: Call) -> Any:
    """Who asks to follow one (following-requests-list-one.json)."""
    return _requests(call, [p for p in call.world.follow_requests if p[1] == call.me.id])


@endpoint("following/requests/sent", obj(PAGING), kind="read:following")
def requests_sent(call: Call) -> Any:
    """Whom one has asked (following-requests-sent.json)."""
    return _requests(call, [p for p in call.world.follow_requests if p[0] == call.me.id])


def _requests(call: Call, pairs: list[tuple[str, str]]) -> Any:
    people, show = call.world.people, call.show
    return [
        {"id": id, "follower": show.user(people[by]), "followee": show.user(people[whom])}
        for id, by, whom in _ties(call, "request", pairs)
    ]


# Whom one does not want to hear -------------------------------------------


@endpoint("mute/list", obj(PAGING_BY_30), kind="read:mutes")
def muted(call: Call) -> Any:
    """Whom one has muted, and until when (mute-list-one.json); v11 knows no end."""
    world = call.world
    shown = []
    for id, by, whom in _ties(call, "mute", [p for p in world.muting if p[0] == call.me.id]):
        ends = world.muted_until.get((by, whom))
        until = {} if world.age.v11 else {"expiresAt": None if ends is None else iso(ends)}
        shown.append(
            {
                "id": id,
                "createdAt": iso(moment_of(id)),
                **until,
                "muteeId": whom,
                "mutee": _seen(call, whom),
            }
        )
    return shown


@endpoint("renote-mute/list", obj(PAGING_BY_30), kind="read:mutes")
def renotes_muted(call: Call) -> Any:
    """Whose renotes one has muted (renote-mute-list-one.json)."""
    pairs = [pair for pair in call.world.renote_muting if pair[0] == call.me.id]
    return [
        {"id": id, "createdAt": iso(moment_of(id)), "muteeId": whom, "mutee": _seen(call, whom)}
        for id, _, whom in _ties(call, "renote mute", pairs)
    ]


@endpoint("blocking/list", obj(PAGING_BY_30), kind="read:blocks")
def blocked(call: Call) -> Any:
    """Whom one has blocked (blocking-list-one.json)."""
    pairs = [pair for pair in call.world.blocking if pair[0] == call.me.id]
    return [
        {"id": id, "createdAt": iso(moment_of(id)), "blockeeId": whom, "blockee": _seen(call, whom)}
        for id, _, whom in _ties(call, "block", pairs)
    ]


# Not hearing somebody -----------------------------------------------------


@endpoint(
    "mute/create",
    obj({"userId": ID, "expiresAt": {"type": "integer", "nullable": True}}, ["userId"]),
    kind="write:mutes",
    limit=Limit(20, HOUR),
)
def mute(call: Call) -> Any:
    """Hear no more of somebody, perhaps until a moment (in milliseconds)."""
    other = _other(
        call,
        "6fef56f3-e765-4957-88e5-c6f65329b8a5",
        "MUTEE_IS_YOURSELF",
        "Mutee is yourself.",
        "a4619cb2-5f23-484b-9301-94c903074e10",
    )
    pair = (call.me.id, other.id)
    if pair in call.world.muting:
        raise ApiError(
            "ALREADY_MUTING",
            "You are already muting that user.",
            "7e7359cb-160c-4956-b08f-4d1c653cd007",
        )
    until = call.params.get("expiresAt")
    if until is not None and not call.world.age.v11:
        if until <= call.world.clock.now() * 1000:
            return  # Over before it began: the real server does nothing, and says nothing.
        call.world.muted_until[pair] = until / 1000
    call.world.muting.add(pair)


@endpoint("mute/delete", USER, kind="write:mutes")
def unmute(call: Call) -> Any:
    """Hear of them again."""
    other = _other(
        call,
        "b851d00b-8ab1-4a56-8b1b-e24187cb48ef",
        "MUTEE_IS_YOURSELF",
        "Mutee is yourself.",
        "f428b029-6b39-4d48-a1d2-cc1ae6dd5cf9",
    )
    pair = (call.me.id, other.id)
    if pair not in call.world.muting:
        raise ApiError(
            "NOT_MUTING", "You are not muting that user.", "5467d020-daa9-4553-81e1-135c0c35a96d"
        )
    call.world.muting.discard(pair)
    call.world.muted_until.pop(pair, None)


@endpoint("renote-mute/create", USER, kind="write:mutes", limit=Limit(20, HOUR))
def mute_renotes(call: Call) -> Any:
    """See no more of what somebody passes on."""
    other = _other(
        call,
        "5e0a5dff-1e94-4202-87ae-4d9c89eb2271",
        "MUTEE_IS_YOURSELF",
        "Mutee is yourself.",
        "37285718-52f7-4aef-b7de-c38b8e8a8420",
    )
    if (call.me.id, other.id) in call.world.renote_muting:
        raise ApiError(
            "ALREADY_MUTING",
            "You are already muting that user.",
            "ccfecbe4-1f1c-4fc2-8a3d-c3ffee61cb7b",
        )
    call.world.renote_muting.add((call.me.id, other.id))


@endpoint("renote-mute/delete", USER, kind="write:mutes")
def unmute_renotes(call: Call) -> Any:
    """See it again."""
    other = _other(
        call,
        "9b6728cf-638c-4aa1-bedb-e07d8101474d",
        "MUTEE_IS_YOURSELF",
        "Mutee is yourself.",
        "619b1314-0850-4597-a242-e245f3da42af",
    )
    if (call.me.id, other.id) not in call.world.renote_muting:
        raise ApiError(
            "NOT_MUTING", "You are not muting that user.", "2e4ef874-8bf0-4b4b-b069-4598f6d05817"
        )
    call.world.renote_muting.discard((call.me.id, other.id))


# Nothing to do with somebody ----------------------------------------------


@endpoint("blocking/create", USER, kind="write:blocks", limit=Limit(20, HOUR))
def block(call: Call) -> Any:
    """Have nothing to do with somebody: nobody follows whom any more."""
    other = _other(
        call,
        "7cc4f851-e2f1-4621-9633-ec9e1d00c01e",
        "BLOCKEE_IS_YOURSELF",
        "Blockee is yourself.",
        "88b19138-f28d-42c0-8499-6a31bbd0fdc6",
    )
    if (call.me.id, other.id) in call.world.blocking:
        raise ApiError(
            "ALREADY_BLOCKING",
            "You are already blocking that user.",
            "787fed64-acb9-464a-82eb-afbd745b9614",
        )
    call.world.block(call.me, other)
    return _whole(call, other)


@endpoint("blocking/delete", USER, kind="write:blocks", limit=Limit(100, HOUR))
def unblock(call: Call) -> Any:
    """Let them near again; who followed whom stays forgotten."""
    other = _other(
        call,
        "8621d8bf-c358-4303-a066-5ea78610eb3f",
        "BLOCKEE_IS_YOURSELF",
        "Blockee is yourself.",
        "06f6fac6-524b-473c-a354-e97a40ae6eac",
    )
    if (call.me.id, other.id) not in call.world.blocking:
        raise ApiError(
            "NOT_BLOCKING",
            "You are not blocking that user.",
            "291b2efa-60c6-45c0-9f6a-045c8f9b02cd",
        )
    call.world.blocking.discard((call.me.id, other.id))
    return _whole(call, other)


def _whole(call: Call, other: Person) -> dict[str, Any]:
    """The other person at length; v11 is short (blocking-create.json)."""
    return call.show.user(other) if call.world.age.v11 else call.show.user_detailed(other)


@endpoint(
    "users/update-memo",
    obj({"userId": ID, "memo": {"type": "string", "nullable": True}}, ["userId", "memo"]),
    kind="write:account",
)
def update_memo(call: Call) -> Any:
    """What one wants to remember of somebody; nobody else sees it. Nothing deletes it."""
    other = _anybody(call, "6fef56f3-e765-4957-88e5-c6f65329b8a5")
    memo = call.params["memo"]
    if memo:
        call.world.memos[call.me.id, other.id] = memo
    else:
        call.world.memos.pop((call.me.id, other.id), None)
