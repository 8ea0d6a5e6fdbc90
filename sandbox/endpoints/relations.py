"""What stands between people: following, asking to, muting, blocking, a memo."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..limits import Limit
from ..params import ID, obj
from ..records import Person
from .table import HOUR, Call, endpoint

USER = obj({"userId": ID}, ["userId"])


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
