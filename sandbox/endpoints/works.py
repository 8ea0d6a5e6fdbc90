"""What people make beside notes: pages, galleries and Play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ..errors import ApiError
from ..params import ID, LIMIT, PAGING, STRING, obj
from ..world import World
from .paging import page
from .table import Call, endpoint


class Work(Protocol):
    """What pages, posts of galleries and Plays have in common."""

    id: str
    user_id: str


Made = TypeVar("Made", bound=Work)

POST = obj({"postId": ID}, ["postId"])
PLAY = obj({"flashId": ID}, ["flashId"])
OF_SOMEBODY = obj({"userId": ID, **PAGING}, ["userId"])


def _one(call: Call, works: dict[str, Made], key: str, code: str, error_id: str) -> Made:
    work = works.get(call.params[key])
    if work is None:
        raise ApiError(f"NO_SUCH_{code}", f"No such {code.lower()}.", error_id)
    return work


def _mine(call: Call, works: dict[str, Made]) -> list[Made]:
    return page(call.params, [w for w in works.values() if w.user_id == call.me.id], _id)


def _theirs(call: Call, works: dict[str, Made]) -> list[Made]:
    who = call.params["userId"]
    return page(call.params, [w for w in works.values() if w.user_id == who], _id)


def _liked(call: Call, works: dict[str, Made]) -> list[tuple[str, Made]]:
    mine = [
        (like, works[id])
        for (who, id), like in call.world.likes.items()
        if who == call.me.id and id in works
    ]
    return page(call.params, mine, lambda pair: pair[0])


def _popular(call: Call, works: dict[str, Made]) -> list[Made]:
    """Those that anybody likes, most liked first."""
    likes = [id for _, id in call.world.likes]
    found = [work for work in works.values() if work.id in likes]
    return sorted(found, key=lambda work: (-likes.count(work.id), work.id))


def _id(work: Work) -> str:
    return work.id


# Pages --------------------------------------------------------------------


@endpoint(
    "pages/show",
    {
        "anyOf": [
            obj({"pageId": ID}, ["pageId"]),
            obj({"name": STRING, "username": STRING}, ["name", "username"]),
        ]
    },
)
def show_page(call: Call) -> Any:
    """A page by its id, or by its name and its author's (pages-show.json)."""
    world, params = call.world, call.params
    if "pageId" in params:
        found = world.pages.get(params["pageId"])
    else:
        author = world.find_person(params["username"])
        found = next(
            (
                written
                for written in world.pages.values()
                if author and written.user_id == author.id and written.name == params["name"]
            ),
            None,
        )
    if found is None:
        raise ApiError("NO_SUCH_PAGE", "No such page.", "222120c0-3ead-4528-811b-b96f233388d7")
    return call.show.written_page(found, detail=True)


@endpoint("pages/featured")
def featured_pages(call: Call) -> Any:
    """Those that people like (pages-featured.json: none)."""
    return [call.show.written_page(one) for one in _popular(call, call.world.pages)[:10]]


@endpoint("i/pages", obj(PAGING), kind="read:pages")
def own_pages(call: Call) -> Any:
    """One's own (i-pages.json of v12)."""
    return [call.show.written_page(one) for one in _mine(call, call.world.pages)]


@endpoint("i/page-likes", obj(PAGING), kind="read:page-likes")
def liked_pages(call: Call) -> Any:
    """Those one likes, each with the id of the like."""
    liked = _liked(call, call.world.pages)
    return [{"id": like, "page": call.show.written_page(one)} for like, one in liked]


@endpoint("users/pages", OF_SOMEBODY, ages=("v12",))
def pages_of(call: Call) -> Any:
    """Somebody's: v12 has it, v11 and 2025.11 have not (users-pages.json)."""
    return [call.show.written_page(one) for one in _theirs(call, call.world.pages)]


# Galleries ----------------------------------------------------------------


@endpoint("gallery/posts/show", POST)
def show_post(call: Call) -> Any:
    """One post (gallery-posts-show.json)."""
    gallery = call.world.gallery
    return call.show.gallery_post(
        _one(call, gallery, "postId", "POST", "1137bf14-c5b0-4604-85bb-5b5371b1cd45")
    )


@endpoint("gallery/posts", obj(PAGING))
def posts(call: Call) -> Any:
    """All, the newest first (gallery-posts.json)."""
    return [call.show.gallery_post(p) for p in page(call.params, call.world.gallery.values(), _id)]


@endpoint("gallery/popular")
def popular_posts(call: Call) -> Any:
    """Those that people like (gallery-popular.json: none)."""
    return [call.show.gallery_post(post) for post in _popular(call, call.world.gallery)[:10]]


@endpoint("gallery/featured", obj({"limit": LIMIT, "untilId": ID}))
def featured_posts(call: Call) -> Any:
    """Those that people liked lately: here, at any time."""
    until = call.params.get("untilId")
    liked = [p for p in _popular(call, call.world.gallery) if until is None or p.id < until]
    return [call.show.gallery_post(post) for post in liked[: int(call.params["limit"])]]


@endpoint("i/gallery/posts", obj(PAGING), kind="read:gallery")
def own_posts(call: Call) -> Any:
    """One's own."""
    return [call.show.gallery_post(post) for post in _mine(call, call.world.gallery)]


@endpoint("i/gallery/likes", obj(PAGING), kind="read:gallery-likes")
def liked_posts(call: Call) -> Any:
    """Those one likes, each with the id of the like."""
    liked = _liked(call, call.world.gallery)
    return [{"id": like, "post": call.show.gallery_post(post)} for like, post in liked]


@endpoint("users/gallery/posts", OF_SOMEBODY)
def posts_of(call: Call) -> Any:
    """Somebody's (users-gallery-posts.json)."""
    return [call.show.gallery_post(post) for post in _theirs(call, call.world.gallery)]


# Play ---------------------------------------------------------------------


@endpoint("flash/show", PLAY)
def show_play(call: Call) -> Any:
    """One of them (flash-show.json)."""
    plays = call.world.plays
    found = _one(call, plays, "flashId", "FLASH", "f0d34a1a-d29a-401d-90ba-1982122b5630")
    return call.show.play(found, detail=True)


@endpoint(
    "flash/featured",
    obj({"offset": {"type": "integer", "minimum": 0, "default": 0}, "limit": LIMIT}),
)
def featured_plays(call: Call) -> Any:
    """Those that people like (flash-featured.json: none): here, all."""
    first, limit = int(call.params["offset"]), int(call.params["limit"])
    public = [play for play in call.world.plays.values() if play.public]
    return [call.show.play(play) for play in public[first : first + limit]]


@endpoint(
    "flash/search",
    obj(
        {
            "query": {"type": "string", "minLength": 1, "maxLength": 100},
            **PAGING,
            "limit": {**LIMIT, "default": 5},
        },
        ["query"],
    ),
)
def search_plays(call: Call) -> Any:
    """Those with the words in their title or summary."""
    words = call.params["query"].lower()
    found = [
        play
        for play in call.world.plays.values()
        if play.public and words in f"{play.title} {play.summary}".lower()
    ]
    return [call.show.play(play) for play in page(call.params, found, _id)]


@endpoint("flash/my", obj(PAGING), kind="read:flash")
def own_plays(call: Call) -> Any:
    """One's own."""
    return [call.show.play(play) for play in _mine(call, call.world.plays)]


@endpoint(
    "flash/my-likes",
    obj(
        {
            **PAGING,
            "search": {"type": "string", "nullable": True, "minLength": 1, "maxLength": 100},
        }
    ),
    kind="read:flash-likes",
)
def liked_plays(call: Call) -> Any:
    """Those one likes, each with the id of the like; with the words of `search`, if any."""
    words = (call.params.get("search") or "").lower()
    plays = call.world.plays.items()
    found = {id: play for id, play in plays if words in f"{play.title} {play.summary}".lower()}
    liked = _liked(call, found)
    return [{"id": like, "flash": call.show.play(play)} for like, play in liked]


@endpoint("users/flashs", OF_SOMEBODY)
def plays_of(call: Call) -> Any:
    """Somebody's."""
    return [call.show.play(play) for play in _theirs(call, call.world.plays) if play.public]


# Liking and deleting, of each kind alike ----------------------------------


@dataclass(frozen=True)
class Kind:
    """What tells the endpoints of one kind from those of another: where they are, what
    they need, and the ids of their errors."""

    path: str
    key: str
    what: str
    works: Callable[[World], dict[str, Any]]
    may_like: str
    may_delete: str
    like_errors: tuple[str, str, str]
    """No such work; one's own; liked before."""
    unlike_errors: tuple[str, str]
    """No such work; not liked."""
    delete_errors: tuple[str, str]
    """No such work; somebody else's."""


KINDS = (
    Kind(
        path="pages",
        key="pageId",
        what="page",
        works=lambda world: world.pages,
        may_like="write:page-likes",
        may_delete="write:pages",
        like_errors=(
            "cc98a8a2-0dc3-4123-b198-62c71df18ed3",
            "28800466-e6db-40f2-8fae-bf9e82aa92b8",
            "d4c1edbe-7da2-4eae-8714-1acfd2d63941",
        ),
        unlike_errors=(
            "a0d41e20-1993-40bd-890e-f6e560ae648e",
            "f5e586b0-ce93-4050-b0e3-7f31af5259ee",
        ),
        delete_errors=(
            "eb0c6e1d-d519-4764-9486-52a7e1c6392a",
            "8b741b3e-2c22-44b3-a15f-29949aa1601e",
        ),
    ),
    Kind(
        path="gallery/posts",
        key="postId",
        what="post",
        works=lambda world: world.gallery,
        may_like="write:gallery-likes",
        may_delete="write:gallery",
        like_errors=(
            "56c06af3-1287-442f-9701-c93f7c4a62ff",
            "f78f1511-5ebc-4478-a888-1198d752da68",
            "40e9ed56-a59c-473a-bf3f-f289c54fb5a7",
        ),
        unlike_errors=(
            "c32e6dd0-b555-4413-925e-b3757d19ed84",
            "e3e8e06e-be37-41f7-a5b4-87a8250288f0",
        ),
        delete_errors=(
            "ae52f367-4bd7-4ecd-afc6-5672fff427f5",
            "c86e09de-1c48-43ac-a435-1c7e42ed4496",
        ),
    ),
    Kind(
        path="flash",
        key="flashId",
        what="flash",
        works=lambda world: world.plays,
        may_like="write:flash-likes",
        may_delete="write:flash",
        like_errors=(
            "c07c1491-9161-4c5c-9d75-01906f911f73",
            "3fd8a0e7-5955-4ba9-85bb-bf3e0c30e13b",
            "010065cf-ad43-40df-8067-abff9f4686e3",
        ),
        unlike_errors=(
            "afe8424a-a69e-432d-a5f2-2f0740c62410",
            "755f25a7-9871-4f65-9f34-51eaad9ae0ac",
        ),
        delete_errors=(
            "de1623ef-bbb3-4289-a71e-14cfa83d9740",
            "1036ad7b-9f92-4fff-89c3-0e50dc941704",
        ),
    ),
)


def _enter(kind: Kind) -> None:
    which = obj({kind.key: ID}, [kind.key])

    def found(call: Call, error_id: str) -> Work:
        work: Work = _one(call, kind.works(call.world), kind.key, kind.what.upper(), error_id)
        return work

    @endpoint(f"{kind.path}/like", which, kind=kind.may_like)
    def like(call: Call) -> Any:
        """Like somebody's."""
        missing, own, again = kind.like_errors
        work, likes = found(call, missing), call.world.likes
        if work.user_id == call.me.id:
            raise ApiError(f"YOUR_{kind.what.upper()}", f"You cannot like your {kind.what}.", own)
        if (call.me.id, work.id) in likes:
            raise ApiError("ALREADY_LIKED", f"The {kind.what} has already been liked.", again)
        likes[call.me.id, work.id] = call.world.ids.at(call.world.clock.now())

    @endpoint(f"{kind.path}/unlike", which, kind=kind.may_like)
    def unlike(call: Call) -> Any:
        """No longer."""
        missing, not_liked = kind.unlike_errors
        if call.world.likes.pop((call.me.id, found(call, missing).id), None) is None:
            raise ApiError("NOT_LIKED", f"You have not liked that {kind.what}.", not_liked)

    @endpoint(f"{kind.path}/delete", which, kind=kind.may_delete)
    def delete(call: Call) -> Any:
        """Delete one's own."""
        missing, denied = kind.delete_errors
        work = found(call, missing)
        if work.user_id != call.me.id:
            raise ApiError("ACCESS_DENIED", "Access denied.", denied)
        del kind.works(call.world)[work.id]


for _kind in KINDS:
    _enter(_kind)
