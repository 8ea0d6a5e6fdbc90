"""app/* and auth/*: how an app comes to its credential (FACTS.md A, sign-in.json)."""

from __future__ import annotations

import re
from typing import Any

from ..apps import V11_PERMISSIONS
from ..errors import ApiError, invalid_param
from ..params import LIMIT, STRING, obj
from .table import Call, endpoint, shapes

TURNED = re.compile(r"^(.+)[/-](read|write)$")
"""How permissions were written once (`account-read`): every server turns them round."""
PERMISSIONS = {"type": "array", "uniqueItems": True, "items": STRING}


@endpoint(
    "app/create",
    obj(
        {
            "name": STRING,
            "description": STRING,
            "permission": PERMISSIONS,
            "callbackUrl": {"type": "string", "nullable": True},
        },
        ["name", "description", "permission"],
    ),
)
def app_create(call: Call) -> Any:
    """Register an app. Names of permissions are not checked, unless told to be strict."""
    params = call.params
    if call.strict_permissions and not V11_PERMISSIONS.issuperset(params["permission"]):
        # As FoundKey (FACTS.md B 8); the place of the rule is that of an `enum` on the items.
        raise invalid_param(
            "#/properties/permission/items/enum", "must be equal to one of the allowed values"
        )
    app = call.world.apps.register(
        params["name"],
        params["description"],
        list(dict.fromkeys(TURNED.sub(r"\2:\1", name) for name in params["permission"])),
        params.get("callbackUrl"),
        call.person.id if call.person else None,
    )
    # Shown as to nobody: the recorded answer has no `isAuthorized`.
    return shapes(call.world, None).app(app, secret=True)


@endpoint(
    "my/apps",
    obj({"limit": LIMIT, "offset": {"type": "integer", "default": 0}}),
    kind="read:account",
)
def my_apps(call: Call) -> Any:
    """The apps one registered."""
    first = max(0, int(call.params["offset"]))
    mine = call.world.apps.of(call.me)[first : first + int(call.params["limit"])]
    return [call.show.app(app) for app in mine]


@endpoint("auth/session/generate", obj({"appSecret": STRING}, ["appSecret"]))
def session_generate(call: Call) -> Any:
    """Begin a sign-in; the person is sent to `url`."""
    app = call.world.apps.by_secret(call.params["appSecret"])
    if app is None:
        raise ApiError("NO_SUCH_APP", "No such app.", "92f93e63-428e-4f2f-a5a4-39e1407fe998")
    session = call.world.apps.open_session(app)
    return {"token": session.token, "url": f"{call.world.origin}/auth/{session.token}"}


@endpoint("auth/session/show", obj({"token": STRING}, ["token"]))
def session_show(call: Call) -> Any:
    """What the consent page reads; public to anyone who knows the token."""
    session = call.world.apps.session(call.params["token"])
    if session is None:
        raise ApiError(
            "NO_SUCH_SESSION", "No such session.", "bd72c97d-eba7-4adb-a467-f171b8847250"
        )
    return {"id": session.id, "app": call.show.app(session.app), "token": session.token}


@endpoint(
    "auth/session/userkey", obj({"appSecret": STRING, "token": STRING}, ["appSecret", "token"])
)
def session_userkey(call: Call) -> Any:
    """Exchange an accepted session for the access token."""
    given = call.world.apps.exchange(call.params["appSecret"], call.params["token"])
    person = call.world.people[given.user_id]
    # Recorded without the relation keys: the server shows the person as to nobody.
    return {"accessToken": given.token, "user": shapes(call.world, None).user_detailed(person)}
