"""`/explore`: people, hashtags, roles and other servers that the account's server knows."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import exploring, servers, timelines
from app.charts import OF_ANOTHER
from app.exploring import BONDS, CROWDS, HOST, PEOPLE, SERVERS, TAGS, has
from app.misskey import ApiError, Client, CredentialRefused, MisskeyError, NotThere
from app.misskey.address import display_host
from app.misskey.entities.people import Profile, Role, Tie
from app.misskey.entities.servers import FederationStats, Hashtag, Instance
from app.models import Account, Server
from app.reading import reading_as
from app.relations import standing
from app.security import required_account
from app.servers import client_for
from app.stretches import show, until
from app.timelines import misskey_id

bp = Blueprint("explore", __name__)

LONGEST_TAG = 128
_LONGEST_QUERY = 100
_TOP = 20
_BOND = "any(" + ", ".join(repr(name) for name in BONDS) + ")"
# A server that is not known is nothing at all.
_INSTANCE = cast("type[Instance | None]", Instance | None)
_OTHER_CROWDS = ", ".join(repr(name) for name in CROWDS if name != "popular")


@bp.get("/explore")
@bp.get(
    "/explore/<any(" + ", ".join(repr(name) for name in CROWDS if name != "popular") + "):crowd>"
)
def people(crowd: str = "popular") -> ResponseReturnValue:
    """People of one list of the table, page by page."""
    account = required_account()
    server = servers.known(account.host)
    row = CROWDS[crowd]
    _needs(account, server, row.endpoint)
    number = _page_number() if row.is_paged else 1
    paging = {"limit": PEOPLE, "offset": (number - 1) * PEOPLE} if row.is_paged else {}
    found = client_for(account).page(row.endpoint, of=Profile, **row.params, **paging)
    is_full = row.is_paged and len(found.items) + found.unreadable >= PEOPLE
    return render_template(
        "explore/people.html",
        account=account,
        reading=reading_as(account),
        title=row.label,
        tabs=exploring.tabs(account, server, "explore.people"),
        crowds=[
            (one.label, _crowd_path(one.name), one is row)
            for one in CROWDS.values()
            if has(account, server, one.endpoint, None)
        ],
        people=found.items,
        standing=standing,
        older=f"?page={number + 1}" if is_full and number < exploring.MOST_PAGES else None,
    )


@bp.get("/explore/tags")
def tags() -> ResponseReturnValue:
    """What is talked of now, and what people say of themselves: two calls."""
    account = required_account()
    server = servers.known(account.host)
    _needs(account, server, "hashtags/trend")
    client = client_for(account)
    trend = client.page("hashtags/trend", of=Hashtag)
    attached: list[Hashtag] = []
    if has(account, server, "hashtags/list", None):
        attached = _attached(client)
    return render_template(
        "explore/tags.html",
        account=account,
        tabs=exploring.tabs(account, server, "explore.tags"),
        trend=trend.items,
        attached=attached,
    )


def _attached(client: Client) -> list[Hashtag]:
    """Hashtags in what people say of themselves; none where that fails, beside the trend."""
    try:
        found = client.page("hashtags/list", of=Hashtag, sort="+attachedUsers", limit=TAGS)
    except CredentialRefused:
        raise
    except MisskeyError:
        return []
    return [one for one in found.items if one.attached_users_count]


@bp.get("/tags/<tag>/people")
def tag_people(tag: str) -> ResponseReturnValue:
    """Who has a hashtag in what they say of themselves."""
    account = required_account()
    server = servers.known(account.host)
    _needs(account, server, "hashtags/users")
    if len(tag) > LONGEST_TAG:
        abort(404)
    client = client_for(account)
    try:
        known = client.call("hashtags/show", into=Hashtag, tag=tag)
    except NotThere:
        known = Hashtag(tag)
    found = client.page(
        "hashtags/users", of=Profile, tag=tag, sort="+follower", origin="combined", limit=PEOPLE
    )
    return _people_page(
        account,
        f"#{tag}",
        found.items,
        why=(gettext("Notes with #%(tag)s", tag=tag), url_for("timelines.tag", tag=tag)),
        count=known.attached_users_count,
    )


# Roles ------------------------------------------------------------------------------------


@bp.get("/explore/roles")
def roles() -> ResponseReturnValue:
    """The roles that the server lets everybody look at."""
    account = required_account()
    server = servers.known(account.host)
    _needs(account, server, "roles/list", "read:account")
    found = client_for(account).page("roles/list", of=Role)
    return render_template(
        "explore/roles.html",
        account=account,
        tabs=exploring.tabs(account, server, "explore.roles"),
        roles=found.items,
    )


@bp.get("/roles/<role_id>")
def role(role_id: str) -> ResponseReturnValue:
    """Who has a role."""
    account = required_account()
    client, row = _role(account, role_id, "roles/users")
    try:
        found = client.page(
            "roles/users", of=Tie, roleId=role_id, limit=PEOPLE, untilId=until()
        ).items
    except NotThere:
        found = []  # The server names its people to nobody.
    is_full = len(found) >= PEOPLE
    return _people_page(
        account,
        row.name,
        [tie.user for tie in found if tie.user is not None],
        why=(gettext("Notes of these people"), url_for("explore.role_notes", role_id=role_id)),
        count=row.users_count,
        about=row.description,
        older=f"?until={found[-1].id}" if is_full and misskey_id(found[-1].id) else None,
    )


@bp.get("/roles/<role_id>/notes")
def role_notes(role_id: str) -> ResponseReturnValue:
    """What those who have a role write."""
    account = required_account()
    client, row = _role(account, role_id, "roles/notes")
    links = [(gettext("Who has this role"), url_for("explore.role", role_id=role_id))]
    return show(
        account,
        client,
        timelines.of_role(role_id, row.name),
        about=row.description,
        links=links,
    )


def _role(account: Account, role_id: str, endpoint: str) -> tuple[Client, Role]:
    _needs(account, servers.known(account.host), endpoint, "read:account")
    if not misskey_id(role_id):
        abort(404)
    client = client_for(account)
    return client, client.call("roles/show", into=Role, roleId=role_id)


# Other servers ----------------------------------------------------------------------------


@bp.get("/explore/servers")
def instances() -> ResponseReturnValue:
    """The other servers that the account's knows, or those with `q` in their name."""
    account = required_account()
    server = servers.known(account.host)
    _needs(account, server, "federation/instances")
    number, query = _page_number(), request.args.get("q", "").strip()[:_LONGEST_QUERY]
    found = client_for(account).page(
        "federation/instances",
        of=Instance,
        host=query or None,
        sort="+users",
        limit=SERVERS,
        offset=(number - 1) * SERVERS,
    )
    is_full = len(found.items) + found.unreadable >= SERVERS
    has_more = is_full and number < exploring.MOST_PAGES
    older = url_for("explore.instances", q=query or None, page=number + 1)
    return render_template(
        "explore/servers.html",
        account=account,
        tabs=exploring.tabs(account, server, "explore.instances"),
        query=query,
        instances=[one for one in found.items if HOST.fullmatch(one.host)],
        older=older if has_more else None,
        has_followed=has(account, server, "federation/stats", None),
    )


@bp.get("/servers/<far_host>")
def instance(far_host: str) -> ResponseReturnValue:
    """Another server, and who of it is known here."""
    account = required_account()
    server = servers.known(account.host)
    _needs(account, server, "federation/show-instance")
    if not HOST.fullmatch(far_host):
        abort(404)
    client = client_for(account)
    known = client.call("federation/show-instance", into=_INSTANCE, host=far_host)
    if known is None:
        abort(404)
    return render_template(
        "explore/server.html",
        account=account,
        reading=reading_as(account),
        instance=known,
        people=_its_people(account, client, far_host),
        bonds=[
            (bond.label, url_for("explore.bond", far_host=far_host, bond_name=bond.name))
            for bond in BONDS.values()
            if has(account, server, bond.endpoint, None)
        ],
        has_chart=has(account, server, OF_ANOTHER.endpoint, None),
        standing=standing,
    )


def _its_people(account: Account, client: Client, host: str) -> list[Profile]:
    """Some of them; nobody where the server does not tell."""
    if not has(account, servers.stored(account.host), "federation/users", None):
        return []
    try:
        return client.page("federation/users", of=Profile, host=host, limit=PEOPLE).items
    except ApiError as error:
        if isinstance(error, CredentialRefused):
            raise
        return []


@bp.get(f"/servers/<far_host>/<{_BOND}:bond_name>")
def bond(far_host: str, bond_name: str) -> ResponseReturnValue:
    """Whom a server's people follow here, or who of them is followed here. Servers list one
    following after the other, so that a person may come again on a later page."""
    account = required_account()
    row = BONDS[bond_name]
    _needs(account, servers.known(account.host), row.endpoint)
    if not HOST.fullmatch(far_host):
        abort(404)
    found = client_for(account).page(
        row.endpoint, of=Tie, host=far_host, limit=PEOPLE, untilId=until()
    )
    ties = found.items
    people = {tie.followee.id: tie.followee for tie in ties if tie.followee is not None}
    is_full = len(ties) + found.unreadable >= PEOPLE
    older = ties[-1].id if is_full and ties and misskey_id(ties[-1].id) else None
    return _people_page(
        account,
        str(row.label),
        list(people.values()),
        why=(display_host(far_host), url_for("explore.instance", far_host=far_host)),
        older=f"?until={older}" if older else None,
    )


@bp.get("/explore/servers/followed")
def followed_servers() -> ResponseReturnValue:
    """The servers that are followed most from here, and those that follow most."""
    account = required_account()
    _needs(account, servers.known(account.host), "federation/stats")
    found = client_for(account).call("federation/stats", into=FederationStats, limit=_TOP)
    return render_template(
        "explore/followed_servers.html",
        account=account,
        lists=[
            (
                gettext("Followed from here"),
                [(one, one.followers_count) for one in found.top_sub_instances],
                found.other_followers_count,
            ),
            (
                gettext("Following people here"),
                [(one, one.following_count) for one in found.top_pub_instances],
                found.other_following_count,
            ),
        ],
        is_address=HOST.fullmatch,
    )


# Common parts -----------------------------------------------------------------------------


def _people_page(
    account: Account,
    title: str,
    found: list[Profile],
    *,
    why: tuple[str, str],
    count: float | None = None,
    about: str | None = None,
    older: str | None = None,
) -> ResponseReturnValue:
    return render_template(
        "explore/people.html",
        account=account,
        reading=reading_as(account),
        title=title,
        tabs=[],
        crowds=[],
        people=found,
        standing=standing,
        why=why,
        count=count,
        about=about,
        older=older,
    )


def _needs(
    account: Account, server: Server | None, endpoint: str, permission: str | None = None
) -> None:
    """404, without a call, where the server lacks it or our app may not."""
    if not has(account, server, endpoint, permission):
        abort(404)


def _page_number() -> int:
    asked = request.args.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    return max(1, min(number, exploring.MOST_PAGES))


def _crowd_path(name: str) -> str:
    return url_for("explore.people", crowd=None if name == "popular" else name)
