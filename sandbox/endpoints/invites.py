"""Codes by which somebody is let in, made by those whose roles allow it."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..params import ID, PAGING, obj
from ..records import Invite
from .paging import page
from .table import Call, endpoint

DAY = 24 * 3600
_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def _must_be_allowed(call: Call) -> None:
    """As recorded (invite-limit.json): the default role may not."""
    if not call.world.settings.can_invite:
        raise ApiError(
            "ROLE_PERMISSION_DENIED",
            "You are not assigned to a required role.",
            "7f86f06f-7e15-4057-8561-f4b6d4ac755a",
            kind="permission",
        )


def _mine(call: Call) -> list[Invite]:
    return [one for one in call.world.invites.values() if one.user_id == call.me.id]


def _remaining(call: Call) -> int | None:
    """How many more may be made in the cycle of a week; None where there is no limit."""
    most = call.world.settings.invite_limit
    if not most:
        return None
    recent = call.world.clock.now() - 7 * DAY
    return max(0, most - sum(one.created > recent for one in _mine(call)))


@endpoint("invite/limit", kind="read:invite-codes")
def limit(call: Call) -> Any:
    """How many more one may make."""
    _must_be_allowed(call)
    return {"remaining": _remaining(call)}


@endpoint(
    "invite/list",
    obj({**PAGING, "limit": {**PAGING["limit"], "default": 30}}),
    kind="read:invite-codes",
)
def listed(call: Call) -> Any:
    """One's own, the newest first."""
    _must_be_allowed(call)
    found = page(call.params, _mine(call), lambda invite: invite.id)
    return [call.show.invite(invite) for invite in found]


@endpoint("invite/create", kind="write:invite-codes")
def create(call: Call) -> Any:
    """A new one."""
    _must_be_allowed(call)
    if _remaining(call) == 0:
        raise ApiError(
            "EXCEEDED_LIMIT_OF_CREATE_INVITE_CODE",
            "You have exceeded the limit for creating an invitation code.",
            "8b165dd3-6f37-4557-8db1-73175d63c641",
        )
    world = call.world
    now = world.clock.now()
    id = world.ids.at(now)
    code = "".join(_LETTERS[ord(letter) % len(_LETTERS)] for letter in id)
    world.invites[id] = Invite(id, now, call.me.id, code, now + 7 * DAY)
    return call.show.invite(world.invites[id])


@endpoint("invite/delete", obj({"inviteId": ID}, ["inviteId"]), kind="write:invite-codes")
def delete(call: Call) -> Any:
    """No longer; one that was used stays."""
    _must_be_allowed(call)
    invite = call.world.invites.get(call.params["inviteId"])
    if invite is None:
        raise ApiError(
            "NO_SUCH_INVITE_CODE", "No such invite code.", "cd4f9ae4-7854-4e3e-8df9-c296f051e634"
        )
    if invite.user_id != call.me.id:
        raise ApiError("ACCESS_DENIED", "Access denied.", "5eb8d909-2540-4970-90b8-dd6f86088121")
    if invite.used_by is not None:
        raise ApiError(
            "CAN_NOT_DELETE_INVITE_CODE",
            "You can't delete this invite code.",
            "ff17af39-000c-4d4e-abdf-848fa30fc1ce",
        )
    del call.world.invites[invite.id]
