"""Lists of people and antennas: making, changing and deleting them. Reading them is in
`public_timelines.py`."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError, internal_error, invalid_param
from ..limits import Limit
from ..params import ID, NULLABLE_ID, PAGING, STRING, Schema, flag, obj
from ..records import Antenna, Person, UserList
from ..shapes import POLICIES
from .paging import page
from .table import HOUR, Call, endpoint

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 100}
LIST = obj({"listId": ID}, ["listId"])
LIST_AND_USER = obj({"listId": ID, "userId": ID}, ["listId", "userId"])
PAGING_BY_30 = {**PAGING, "limit": {**PAGING["limit"], "default": 30}}


# Lists --------------------------------------------------------------------


def _own_list(call: Call, error_id: str) -> UserList:
    made = call.world.lists.get(call.params["listId"])
    if made is None or made.user_id != call.me.id:
        raise ApiError("NO_SUCH_LIST", "No such list.", error_id)
    return made


def _person(call: Call, error_id: str) -> Person:
    person = call.world.people.get(call.params["userId"])
    if person is None:
        raise ApiError("NO_SUCH_USER", "No such user.", error_id)
    return person


@endpoint("users/lists/create", obj({"name": NAME}, ["name"]), kind="write:account")
def create(call: Call) -> Any:
    """A new list with nobody on it (users-lists-create.json)."""
    world = call.world
    mine = [made for made in world.lists.values() if made.user_id == call.me.id]
    if len(mine) >= POLICIES["userListLimit"]:
        raise ApiError(
            "TOO_MANY_USERLISTS",
            "You cannot create user list any more.",
            "0cf21a28-7715-4f39-a20d-777bfdb8d138",
        )
    now = world.clock.now()
    made = UserList(world.ids.at(now), now, call.me.id, call.params["name"])
    world.lists[made.id] = made
    return call.show.user_list(made)


@endpoint(
    "users/lists/update",
    obj({"listId": ID, "name": NAME, "isPublic": {"type": "boolean"}}, ["listId"]),
    kind="write:account",
)
def update(call: Call) -> Any:
    """What a list is called, and whether others may see it (users-lists-update.json)."""
    made = _own_list(call, "796666fe-3dff-4d39-becb-8a5932c1d5b7")
    made.name = call.params.get("name", made.name)
    made.public = call.params.get("isPublic", made.public)
    return call.show.user_list(made)


@endpoint("users/lists/delete", LIST, kind="write:account")
def delete(call: Call) -> Any:
    """The people stay."""
    made = _own_list(call, "78436795-db79-42f5-b1e2-55ea2cf19166")
    del call.world.lists[made.id]


@endpoint("users/lists/push", LIST_AND_USER, kind="write:account", limit=Limit(30, HOUR))
@endpoint("users/lists/push", LIST_AND_USER, kind="write:account", ages=("v12", "v11"))
def push(call: Call) -> Any:
    """Put somebody on a list."""
    made = _own_list(call, "2214501d-ac96-4049-b717-91e42272a711")
    person = _person(call, "a89abd3d-f0bc-4cce-beb1-2f446f4f1e6a")
    if (person.id, call.me.id) in call.world.blocking:
        raise ApiError(
            "YOU_HAVE_BEEN_BLOCKED",
            "You cannot push this user because you have been blocked by this user.",
            "990232c5-3f9d-4d83-9f3f-ef27b6332a4b",
        )
    if person.id in made.members:
        raise ApiError(
            "ALREADY_ADDED",
            "That user has already been added to that list.",
            "1de7c884-1595-49e9-857e-61f12f4d4fc5",
        )
    if len(made.members) >= POLICIES["userEachUserListsLimit"]:
        raise ApiError(
            "TOO_MANY_USERS",
            "You can not push users any more.",
            "2dd9752e-a338-413d-8eec-41814430989b",
        )
    made.members.append(person.id)


@endpoint("users/lists/pull", LIST_AND_USER, kind="write:account")
def pull(call: Call) -> Any:
    """Take somebody off; one who is not on it is no error."""
    made = _own_list(call, "7f44670e-ab16-43b8-b4c1-ccd2ee89cc02")
    person = _person(call, "588e7f72-c744-4a61-b180-d354e912bda2")
    if person.id in made.members:
        made.members.remove(person.id)


@endpoint(
    "users/lists/get-memberships",
    obj({"listId": ID, "forPublic": flag(False), **PAGING_BY_30}, ["listId"]),
    kind="read:account",
    signed_out=True,
)
def memberships(call: Call) -> Any:
    """Who is on one's own list, or on a public one (users-lists-get-memberships.json)."""
    made = call.world.lists.get(call.params["listId"])
    is_own = made is not None and call.person is not None and made.user_id == call.person.id
    wants_public = call.params["forPublic"] or call.person is None
    if made is None or not (made.public if wants_public else is_own):
        raise ApiError("NO_SUCH_LIST", "No such list.", "7bc05c21-1d7a-41ae-88f1-66820f4dc686")
    world = call.world
    pairs = [(world.tie("member", made.id, member), member) for member in made.members]
    return [
        call.show.membership(
            id, world.people[member], with_replies=(made.id, member) in world.list_replies
        )
        for id, member in page(call.params, pairs, lambda pair: pair[0])
    ]


@endpoint(
    "users/lists/update-membership",
    obj({"listId": ID, "userId": ID, "withReplies": {"type": "boolean"}}, ["listId", "userId"]),
    kind="write:account",
)
def update_membership(call: Call) -> Any:
    """Whether somebody's replies to others are in the list."""
    made = _own_list(call, "7f44670e-ab16-43b8-b4c1-ccd2ee89cc02")
    person = _person(call, "588e7f72-c744-4a61-b180-d354e912bda2")
    if call.params.get("withReplies"):
        call.world.list_replies.add((made.id, person.id))
    else:
        call.world.list_replies.discard((made.id, person.id))


@endpoint(
    "users/lists/create-from-public",
    obj({"name": NAME, "listId": ID}, ["name", "listId"]),
    kind="write:account",
)
def create_from_public(call: Call) -> Any:
    """A list of one's own with the people of a public one."""
    theirs = call.world.lists.get(call.params["listId"])
    if theirs is None or not theirs.public:
        raise ApiError("NO_SUCH_LIST", "No such list.", "9292f798-6175-4f7d-93f4-b6742279667d")
    world, now = call.world, call.world.clock.now()
    made = UserList(world.ids.at(now), now, call.me.id, call.params["name"], [*theirs.members])
    world.lists[made.id] = made
    return call.show.user_list(made)


def _public_list(call: Call, error_id: str) -> UserList:
    made = call.world.lists.get(call.params["listId"])
    if made is None or not made.public:
        raise ApiError("NO_SUCH_USER_LIST", "No such user list.", error_id)
    return made


@endpoint("users/lists/favorite", LIST, kind="write:account")
def favorite(call: Call) -> Any:
    """Keep a public list in mind."""
    made = _public_list(call, "7dbaf3cf-7b42-4b8f-b431-b3919e580dbe")
    if (call.me.id, made.id) in call.world.list_favorites:
        raise ApiError(
            "ALREADY_FAVORITED",
            "The list has already been favorited.",
            "6425bba0-985b-461e-af1b-518070e72081",
        )
    call.world.list_favorites.add((call.me.id, made.id))


@endpoint("users/lists/unfavorite", LIST, kind="write:account")
def unfavorite(call: Call) -> Any:
    """Forget it again; the real server's error has the other's name."""
    made = _public_list(call, "baedb33e-76b8-4b0c-86a8-9375c0a7b94b")
    if (call.me.id, made.id) not in call.world.list_favorites:
        raise ApiError(
            "ALREADY_FAVORITED",
            "You have not favorited the list.",
            "835c4b27-463d-4cfa-969b-a9058678d465",
        )
    call.world.list_favorites.discard((call.me.id, made.id))


# Antennas -----------------------------------------------------------------

WORDS: Schema = {"type": "array", "items": {"type": "array", "items": STRING}}
BOOLEAN: Schema = {"type": "boolean"}
ANTENNA: dict[str, Schema] = {
    "name": NAME,
    "src": {"type": "string", "enum": ["home", "all", "users", "list", "users_blacklist"]},
    "userListId": NULLABLE_ID,
    "keywords": WORDS,
    "excludeKeywords": WORDS,
    "users": {"type": "array", "items": STRING},
    "caseSensitive": BOOLEAN,
    "localOnly": BOOLEAN,
    "excludeBots": BOOLEAN,
    "withReplies": BOOLEAN,
    "withFile": BOOLEAN,
    "excludeNotesInSensitiveChannel": BOOLEAN,
}
NEEDED = [
    "name",
    "src",
    "keywords",
    "excludeKeywords",
    "users",
    "caseSensitive",
    "withReplies",
    "withFile",
]
OLD_ANTENNA = {**ANTENNA, "notify": BOOLEAN}


@endpoint("antennas/create", obj(ANTENNA, NEEDED), kind="write:account")
@endpoint(
    "antennas/create", obj(OLD_ANTENNA, [*NEEDED, "notify"]), kind="write:account", ages=("v12",)
)
def create_antenna(call: Call) -> Any:
    """A new antenna (antennas-create.json)."""
    world = call.world
    mine = [antenna for antenna in world.antennas.values() if antenna.user_id == call.me.id]
    _refuse_empty(call, "53ee222e-1ddd-4f9a-92e5-9fb82ddb463a")
    if len(mine) >= POLICIES["antennaLimit"]:
        raise ApiError(
            "TOO_MANY_ANTENNAS",
            "You cannot create antenna any more.",
            "faf47050-e8b5-438c-913c-db2b1576fde4",
        )
    _refuse_list(call, "95063e93-a283-4b8b-9aa5-bcdb8df69a7f")
    now = world.clock.now()
    antenna = Antenna(world.ids.at(now), now, call.me.id, call.params["name"], [])
    world.antennas[antenna.id] = antenna
    _put(antenna, call.params)
    return call.show.antenna(antenna)


@endpoint("antennas/update", obj({"antennaId": ID, **ANTENNA}, ["antennaId"]), kind="write:account")
def update_antenna(call: Call) -> Any:
    """Change an antenna (antennas-update.json)."""
    antenna = _own_antenna(call, "10c673ac-8852-48eb-aa1f-f5b67f069290")
    if "keywords" in call.params and "excludeKeywords" in call.params:
        _refuse_empty(call, "721aaff6-4e1b-4d88-8de6-877fae9f68c4")
    _refuse_list(call, "1c6b35c9-943e-48c2-81e4-2844989407f7")
    _put(antenna, call.params)
    return call.show.antenna(antenna)


@endpoint(
    "antennas/update",
    obj({"antennaId": ID, **OLD_ANTENNA}, ["antennaId", *NEEDED, "notify"]),
    kind="write:account",
    ages=("v12",),
)
def update_antenna_once(call: Call) -> Any:
    """v12 as recorded, a fork's: without its own `local` it fails inside."""
    if "local" not in call.params:
        raise internal_error()
    return update_antenna(call)


@endpoint("antennas/delete", obj({"antennaId": ID}, ["antennaId"]), kind="write:account")
def delete_antenna(call: Call) -> Any:
    """Listen no longer."""
    antenna = _own_antenna(call, "b34dcf9d-348f-44bb-99d0-6c9314cfe2df")
    del call.world.antennas[antenna.id]


def _own_antenna(call: Call, error_id: str) -> Antenna:
    antenna = call.world.antennas.get(call.params["antennaId"])
    if antenna is None or antenna.user_id != call.me.id:
        raise ApiError("NO_SUCH_ANTENNA", "No such antenna.", error_id)
    return antenna


def _refuse_empty(call: Call, error_id: str) -> None:
    words = [*call.params["keywords"], *call.params["excludeKeywords"]]
    if not any(word for together in words for word in together):
        message = "Either keywords or excludeKeywords is required."
        if call.world.age.old:
            raise invalid_param("keywords", message)
        raise ApiError("EMPTY_KEYWORD", message, error_id)


def _refuse_list(call: Call, error_id: str) -> None:
    if call.params.get("src") != "list" or call.params.get("userListId") is None:
        return
    made = call.world.lists.get(call.params["userListId"])
    if made is None or made.user_id != call.me.id:
        raise ApiError("NO_SUCH_USER_LIST", "No such user list.", error_id)


def _put(antenna: Antenna, params: dict[str, Any]) -> None:
    antenna.name = params.get("name", antenna.name)
    antenna.keywords = params.get("keywords", antenna.keywords)
    given = {key: params[key] for key in ANTENNA if key in params}
    antenna.more |= {key: given[key] for key in given.keys() - {"name", "keywords"}}
