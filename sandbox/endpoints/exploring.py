"""Who and what there is: people, hashtags, roles, other servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from ..clock import iso
from ..errors import ApiError
from ..ids import moment_of
from ..params import ID, LIMIT, PAGING, STRING, flag, obj
from ..records import Note, Person, Role
from ..world import HASHTAG, as_json_number
from .paging import page
from .table import Call, endpoint
from .timelines import page as page_of_notes

SORT = {
    "type": "string",
    "enum": ["+follower", "-follower", "+createdAt", "-createdAt", "+updatedAt", "-updatedAt"],
}
STATE = {"type": "string", "enum": ["all", "alive"], "default": "all"}
ORIGIN = {"type": "string", "enum": ["combined", "local", "remote"], "default": "local"}
OFFSET = {"type": "integer", "default": 0}
ROLE = obj({"roleId": ID}, ["roleId"])
NULLABLE_FLAG = {"type": "boolean", "nullable": True}


# People -------------------------------------------------------------------


def _profile(call: Call, person: Person) -> Any:
    if call.person is not None and call.person.id == person.id:
        return call.show.me_detailed(person)
    return call.show.user_detailed(person)


def _sorted(call: Call, people: list[Person]) -> list[Person]:
    """In the order asked for: `+` is from the most, or the latest."""
    order = call.params.get("sort") or "-createdAt"
    followed = Counter(followed for _, followed in call.world.following)
    keys = {
        "follower": lambda person: followed[person.id],
        "createdAt": lambda person: person.created,
        "updatedAt": lambda person: person.updated or 0,
    }
    return sorted(people, key=keys[order[1:]], reverse=order[0] == "+")


def _of_origin(call: Call, people: list[Person]) -> list[Person]:
    origin = call.params["origin"]
    return [p for p in people if origin in {"combined", "local" if p.host is None else "remote"}]


@endpoint(
    "users",
    obj(
        {
            "limit": LIMIT,
            "offset": OFFSET,
            "sort": SORT,
            "state": STATE,
            "origin": ORIGIN,
            "hostname": {"type": "string", "nullable": True, "default": None},
        }
    ),
)
def users(call: Call) -> Any:
    """Everybody, in an order (users.json)."""
    first, limit = max(0, int(call.params["offset"])), int(call.params["limit"])
    people = _sorted(call, _of_origin(call, list(call.world.people.values())))
    return [_profile(call, person) for person in people[first : first + limit]]


@endpoint("pinned-users")
def pinned_users(call: Call) -> Any:
    """Whom the keepers show to everybody (pinned-users.json: nobody)."""
    return [_profile(call, call.world.people[id]) for id in call.world.pinned_people]


@endpoint(
    "users/get-frequently-replied-users",
    obj({"userId": ID, "limit": LIMIT}, ["userId"]),
)
def frequently_replied(call: Call) -> Any:
    """Whom somebody answers most: of the one most often answered the weight is 1."""
    who = call.params["userId"]
    if who not in call.world.people:
        raise ApiError("NO_SUCH_USER", "No such user.", "e6965129-7b2a-40a4-bae2-cd84cd434822")
    answered = Counter(
        note.reply_user_id
        for note in call.world.notes.values()
        if note.user_id == who and note.reply_user_id
    )
    most = max(answered.values(), default=1)
    return [
        {"user": _profile(call, call.world.people[id]), "weight": count / most}
        for id, count in answered.most_common(int(call.params["limit"]))
    ]


@endpoint("users/achievements", obj({"userId": ID}, ["userId"]))
def achievements(call: Call) -> Any:
    """What somebody achieved, and when (users-achievements.json)."""
    person = call.world.people[call.params["userId"]]
    return [
        {"name": name, "unlockedAt": as_json_number(at)} for name, at in person.achievements.items()
    ]


@endpoint(
    "users/featured-notes",
    obj({"limit": LIMIT, "untilId": ID, "userId": ID}, ["userId"]),
    get=True,
)
def featured_notes(call: Call) -> Any:
    """What people liked most of somebody's (users-featured-notes.json)."""
    params, until = call.params, call.params.get("untilId")
    found = [
        note
        for note in call.world.notes.values()
        if note.user_id == params["userId"]
        and note.reactions
        and call.world.is_visible(note, call.person)
        and (until is None or note.id < until)
    ]
    found.sort(key=lambda note: note.id, reverse=True)
    return call.show.notes(found[: int(params["limit"])])


@endpoint(
    "notes/polls/recommendation",
    obj({"limit": LIMIT, "offset": OFFSET, "excludeChannels": flag(False)}),
    kind="read:account",
)
def polls(call: Call) -> Any:
    """Open polls of others that one has not voted in."""
    now, me = call.world.clock.now(), call.me
    first = max(0, int(call.params["offset"]))
    found = [
        note
        for note in call.world.newest_first()
        if note.poll is not None
        and note.user_id != me.id
        and me.id not in note.poll.votes
        and note.visibility == "public"
        and (note.poll.expires is None or note.poll.expires > now)
    ]
    return call.show.notes(found[first : first + int(call.params["limit"])])


# Hashtags -----------------------------------------------------------------


def _tags(call: Call) -> dict[str, tuple[set[str], set[str]]]:
    """Each hashtag: who wrote it in a note, and who has it in their description."""
    tags: dict[str, tuple[set[str], set[str]]] = {}
    for note in call.world.notes.values():
        for tag in note.tags:
            tags.setdefault(tag, (set(), set()))[0].add(note.user_id)
    for person in call.world.people.values():
        for tag in HASHTAG.findall(person.description or ""):
            tags.setdefault(tag.lower(), (set(), set()))[1].add(person.id)
    return tags


def _hashtag(call: Call, tag: str, said: tuple[set[str], set[str]]) -> dict[str, Any]:
    shown: dict[str, Any] = {"tag": tag}
    for name, people in zip(("mentioned", "attached"), said, strict=True):
        here = sum(call.world.people[id].host is None for id in people)
        shown |= {
            f"{name}UsersCount": len(people),
            f"{name}LocalUsersCount": here,
            f"{name}RemoteUsersCount": len(people) - here,
        }
    return shown


@endpoint(
    "hashtags/list",
    obj(
        {
            "limit": LIMIT,
            "attachedToUserOnly": flag(False),
            "attachedToLocalUserOnly": flag(False),
            "attachedToRemoteUserOnly": flag(False),
            "sort": {
                "type": "string",
                "enum": [
                    f"{sign}{name}{origin}Users"
                    for name in ("mentioned", "attached")
                    for origin in ("", "Local", "Remote")
                    for sign in "+-"
                ],
            },
        },
        ["sort"],
    ),
)
def hashtags(call: Call) -> Any:
    """Hashtags by how many use them (hashtags-list.json)."""
    sort = call.params["sort"]
    found = [_hashtag(call, tag, said) for tag, said in _tags(call).items()]
    found.sort(key=lambda one: one[f"{sort[1:]}Count"], reverse=sort[0] == "+")
    return found[: int(call.params["limit"])]


@endpoint("hashtags/show", obj({"tag": STRING}, ["tag"]))
def hashtag(call: Call) -> Any:
    """One hashtag (hashtags-show.json)."""
    tag = call.params["tag"].lower()
    said = _tags(call).get(tag)
    if said is None:
        raise ApiError(
            "NO_SUCH_HASHTAG", "No such hashtag.", "110ee688-193e-4a3a-9ecf-c167b2e6981e"
        )
    return _hashtag(call, tag, said)


@endpoint("hashtags/trend", get=True)
def trend(call: Call) -> Any:
    """What is talked of (hashtags-trend.json): here, at any time."""
    tags = sorted(_tags(call).items(), key=lambda item: (-len(item[1][0]), item[0]))
    return [
        {"tag": tag, "chart": [len(said[0])] + [0] * 19, "usersCount": len(said[0])}
        for tag, said in tags
        if said[0]
    ][:5]


@endpoint(
    "hashtags/users",
    obj(
        {"tag": STRING, "limit": LIMIT, "sort": SORT, "state": STATE, "origin": ORIGIN},
        ["tag", "sort"],
    ),
)
def hashtag_users(call: Call) -> Any:
    """Who has it in their description (hashtags-users.json)."""
    ids = _tags(call).get(call.params["tag"].lower(), (set(), set()))[1]
    people = _sorted(call, _of_origin(call, [call.world.people[id] for id in sorted(ids)]))
    return [_profile(call, person) for person in people[: int(call.params["limit"])]]


# Roles --------------------------------------------------------------------


def _roles(call: Call) -> dict[str, Role]:
    return {role.id: role for person in call.world.people.values() for role in person.roles}


def _role(call: Call, error_id: str) -> Role:
    role = _roles(call).get(call.params["roleId"])
    if role is None:
        raise ApiError("NO_SUCH_ROLE", "No such role.", error_id)
    return role


@endpoint("roles/list", kind="read:account")
def roles(call: Call) -> Any:
    """Those that everybody may look at (roles-list.json: none)."""
    return [call.show.role_detailed(role) for role in _roles(call).values() if role.explorable]


@endpoint("roles/show", ROLE)
def role(call: Call) -> Any:
    """One of them."""
    return call.show.role_detailed(_role(call, "de5502bf-009a-4639-86c1-fec349e46dcb"))


@endpoint("roles/users", obj({"roleId": ID, **PAGING}, ["roleId"]))
def role_users(call: Call) -> Any:
    """Who has it, where everybody may see that."""
    found = _role(call, "30aaaee3-4792-48dc-ab0d-cf501a575ac5")
    if not found.explorable:
        raise ApiError("NO_SUCH_ROLE", "No such role.", "30aaaee3-4792-48dc-ab0d-cf501a575ac5")
    world = call.world
    pairs = [
        (world.tie("role", found.id, person.id), person)
        for person in world.people.values()
        if found in person.roles
    ]
    return [
        {"id": id, "user": _profile(call, person)}
        for id, person in page(call.params, pairs, lambda pair: pair[0])
    ]


@endpoint("roles/notes", obj({"roleId": ID, **PAGING}, ["roleId"]), kind="read:account")
def role_notes(call: Call) -> Any:
    """What they write; nothing where the role is not for everybody's eyes."""
    found = _role(call, "eb70323a-df61-4dd4-ad90-89c83c7cf26e")

    def belongs(note: Note) -> bool:
        author = call.world.people[note.user_id]
        return found.explorable and found in author.roles and note.visibility == "public"

    return page_of_notes(call, belongs)


# Other servers ------------------------------------------------------------


def _instance(call: Call, host: str) -> dict[str, Any]:
    world = call.world
    people = {person.id for person in world.people.values() if person.host == host}
    first = min(world.people[id].created for id in people)
    return {
        "id": min(people),
        "firstRetrievedAt": iso(first),
        "host": host,
        "usersCount": len(people),
        "notesCount": sum(note.user_id in people for note in world.notes.values()),
        "followingCount": sum(follower in people for follower, _ in world.following),
        "followersCount": sum(followed in people for _, followed in world.following),
        "isNotResponding": False,
        "isSuspended": False,
        "suspensionState": "none",
        "isBlocked": False,
        "softwareName": "misskey",
        "softwareVersion": "2025.10.0",
        "openRegistrations": True,
        "name": host.partition(".")[0].capitalize(),
        "description": "A server far from here.",
        "maintainerName": None,
        "maintainerEmail": None,
        "isSilenced": False,
        "isMediaSilenced": False,
        "iconUrl": None,
        "faviconUrl": None,
        "themeColor": None,
        "infoUpdatedAt": None,
        "latestRequestReceivedAt": None,
    }


def _hosts(call: Call) -> list[str]:
    return sorted({person.host for person in call.world.people.values() if person.host})


@endpoint("federation/show-instance", obj({"host": STRING}, ["host"]))
def instance(call: Call) -> Any:
    """One other server; nothing where it is not known."""
    host = call.params["host"].lower()
    return _instance(call, host) if host in _hosts(call) else None


@endpoint(
    "federation/instances",
    obj(
        {
            "host": {"type": "string", "nullable": True},
            "blocked": NULLABLE_FLAG,
            "notResponding": NULLABLE_FLAG,
            "suspended": NULLABLE_FLAG,
            "silenced": NULLABLE_FLAG,
            "federating": NULLABLE_FLAG,
            "subscribing": NULLABLE_FLAG,
            "publishing": NULLABLE_FLAG,
            "limit": {**LIMIT, "default": 30},
            "offset": OFFSET,
            "sort": {
                "type": "string",
                "nullable": True,
                "enum": [
                    *(
                        f"{sign}{name}"
                        for name in (
                            "pubSub",
                            "notes",
                            "users",
                            "following",
                            "followers",
                            "firstRetrievedAt",
                            "latestRequestReceivedAt",
                        )
                        for sign in "+-"
                    ),
                    None,
                ],
            },
        }
    ),
    get=True,
)
def instances(call: Call) -> Any:
    """The other servers that are known (federation-instances.json: none)."""
    words = (call.params.get("host") or "").lower()
    first = max(0, int(call.params["offset"]))
    found = [host for host in _hosts(call) if words in host]
    return [_instance(call, host) for host in found[first : first + int(call.params["limit"])]]


@endpoint("federation/users", obj({"host": STRING, **PAGING}, ["host"]))
def instance_users(call: Call) -> Any:
    """Those of its people who are known here."""
    theirs = [p for p in call.world.people.values() if p.host == call.params["host"].lower()]
    return [
        call.show.user_detailed(person)
        for person in page(call.params, theirs, lambda person: person.id)
    ]


@endpoint("federation/update-remote-user", obj({"userId": ID}, ["userId"]))
def update_remote_user(call: Call) -> Any:
    """Ask somebody's server who they are by now. Somebody of here is a fault inside."""
    person = call.world.people[call.params["userId"]]
    if person.host is None:
        raise LookupError(person.id)
    person.updated = call.world.clock.now()


@endpoint("federation/followers", obj({"host": STRING, **PAGING}, ["host"]))
def instance_followers(call: Call) -> Any:
    """Who follows somebody there, as whom they follow."""
    return _followings(call, lambda _follower, followed: followed)


@endpoint("federation/following", obj({"host": STRING, **PAGING}, ["host"]))
def instance_following(call: Call) -> Any:
    """Whom those there follow."""
    return _followings(call, lambda follower, _followed: follower)


def _followings(call: Call, side: Callable[[str, str], str]) -> list[dict[str, Any]]:
    world, host = call.world, call.params["host"].lower()
    found = [
        (world.tie("following", *pair), *pair)
        for pair in sorted(world.following)
        if world.people[side(*pair)].host == host
    ]
    return [
        {
            "id": id,
            "createdAt": iso(moment_of(id)),
            "followeeId": followed,
            "followerId": follower,
            "followee": call.show.user_detailed(world.people[followed]),
        }
        for id, follower, followed in page(call.params, found, lambda tie: tie[0])
    ]


@endpoint("federation/stats", obj({"limit": LIMIT}), get=True)
def federation_stats(call: Call) -> Any:
    """The servers that are followed most from here, and those that follow most."""
    known = [_instance(call, host) for host in _hosts(call)]
    limit = int(call.params["limit"])

    def most(name: str) -> tuple[list[dict[str, Any]], int]:
        found = sorted(known, key=lambda one: -one[name])
        return found[:limit], sum(one[name] for one in found[limit:])

    followed, other_followed = most("followersCount")
    following, other_following = most("followingCount")
    return {
        "topSubInstances": followed,
        "otherFollowersCount": other_followed,
        "topPubInstances": following,
        "otherFollowingCount": other_following,
    }
