"""What the server says of itself: meta, endpoints, emojis, counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..clock import iso
from ..errors import ApiError
from ..params import ID, LIMIT, PAGING, STRING, flag, obj
from ..records import Announcement
from ..world import as_json_number
from .paging import page
from .table import Call, endpoint, table_of

VERSION = "2025.11.0"
DAY = 24 * 3600.0


@endpoint("meta", obj({"detail": flag(True)}))
def meta(call: Call) -> Any:
    """meta.json; `detail: false` leaves the last five keys out."""
    origin, settings = call.world.origin, call.world.settings
    shown: dict[str, Any] = {
        "maintainerName": "The sandbox",
        "maintainerEmail": "nobody@sandbox.example",
        "version": VERSION,
        "providesTarball": False,
        "name": "Engawa's sandbox",
        "shortName": None,
        "uri": origin,
        "description": "A pretend server for trying things out. Nothing here is kept.",
        "langs": ["ja", "en"],
        "tosUrl": None,
        "repositoryUrl": "https://github.com/misskey-dev/misskey",
        "feedbackUrl": "https://github.com/misskey-dev/misskey/issues/new",
        "impressumUrl": None,
        "privacyPolicyUrl": None,
        "inquiryUrl": None,
        "disableRegistration": True,
        "emailRequiredForSignup": False,
        "enableHcaptcha": False,
        "hcaptchaSiteKey": None,
        "enableMcaptcha": False,
        "mcaptchaSiteKey": None,
        "mcaptchaInstanceUrl": None,
        "enableRecaptcha": False,
        "recaptchaSiteKey": None,
        "enableTurnstile": False,
        "turnstileSiteKey": None,
        "enableTestcaptcha": False,
        "googleAnalyticsMeasurementId": None,
        "swPublickey": None,
        "themeColor": "#8a5a3c",
        "mascotImageUrl": "/assets/mascot.png",
        "bannerUrl": None,
        "infoImageUrl": None,
        "serverErrorImageUrl": None,
        "notFoundImageUrl": None,
        "iconUrl": None,
        "backgroundImageUrl": None,
        "logoImageUrl": None,
        "maxNoteTextLength": settings.max_note_text_length,
        "defaultLightTheme": None,
        "defaultDarkTheme": None,
        "clientOptions": {},
        "ads": [],
        "notesPerOneAd": 0,
        "enableEmail": False,
        "enableServiceWorker": False,
        "translatorAvailable": settings.translator,
        "serverRules": [],
        "policies": call.show.policies(),
        "sentryForFrontend": None,
        "mediaProxy": f"{origin}/proxy",
        "enableUrlPreview": False,
        "noteSearchableScope": "global",
        "maxFileSize": 262144000,
        "federation": "specified",
    }
    if call.params["detail"]:
        shown |= {
            "cacheRemoteFiles": False,
            "cacheRemoteSensitiveFiles": True,
            "requireSetup": False,
            "proxyAccountName": "system.proxy",
            "features": {
                "registration": False,
                "emailRequiredForSignup": False,
                "hcaptcha": False,
                "recaptcha": False,
                "turnstile": False,
                "objectStorage": False,
                "serviceWorker": False,
                "miauth": True,
            },
        }
    return shown


@endpoint("endpoints")
def endpoints(call: Call) -> Any:
    """The names of what this sandbox really has."""
    return sorted(table_of(call.world.age))


@endpoint("endpoint", obj({"endpoint": STRING}, ["endpoint"]))
def endpoint_params(call: Call) -> Any:
    """An endpoint's parameters (endpoint-notes-create.json); nothing for an unknown one."""
    row = table_of(call.world.age).get(call.params["endpoint"])
    if row is None:
        return None
    return {
        "params": [
            {"name": name, "type": rule.get("type", "string").capitalize()}
            for name, rule in row.params.get("properties", {}).items()
        ]
    }


@endpoint("emojis", get=True)
def emojis(call: Call) -> Any:
    """All custom emoji, by category and name."""
    listed = sorted(call.world.emojis.values(), key=lambda e: (e.category or "", e.name))
    return {"emojis": [call.show.emoji(emoji) for emoji in listed]}


@endpoint("emoji", obj({"name": STRING}, ["name"]), get=True)
def emoji(call: Call) -> Any:
    """One custom emoji. An unknown name is a fault inside on the real server."""
    return call.show.emoji_detailed(call.world.emojis[call.params["name"]])


@endpoint("ping")
def ping(call: Call) -> Any:
    """The server's time."""
    return {"pong": as_json_number(call.world.clock.now())}


@endpoint("server-info", get=True)
def machine(call: Call) -> Any:
    """The machine, where the keepers let it be told (server-info.json: they do not)."""
    told = call.world.settings.tells_machine
    return {
        "machine": "sandbox" if told else "?",
        "cpu": {"model": "Sandbox 8 MHz" if told else "?", "cores": 2 if told else 0},
        "mem": {"total": 4 * 2**30 if told else 0},
        "fs": {"total": 100 * 2**30 if told else 0, "used": 40 * 2**30 if told else 0},
    }


@endpoint("retention", get=True)
def retention(call: Call) -> Any:
    """Of those who joined on a day, how many came back on the days after: on two of three
    days half of them did, and no day is counted before it is over."""
    now = call.world.clock.now()
    rows = []
    for ago in range(1, 31):
        joined = now - ago * DAY
        days = [joined + after * DAY for after in range(1, ago)]
        data = {_date(day): 4 if number % 3 else 2 for number, day in enumerate(days)}
        rows.append({"createdAt": iso(joined), "users": 8, "data": data})
    return rows


def _date(moment: float) -> str:
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.year}-{day.month}-{day.day}"


@endpoint("stats")
def stats(call: Call) -> Any:
    """Counts of everything (stats.json)."""
    world = call.world
    local = {person.id for person in world.locals()}
    return {
        "notesCount": len(world.notes),
        "originalNotesCount": sum(note.user_id in local for note in world.notes.values()),
        "usersCount": len(world.people),
        "originalUsersCount": len(local),
        "reactionsCount": sum(len(note.reactions) for note in world.notes.values()),
        "instances": len({person.host for person in world.people.values() if person.host}),
        "driveUsageLocal": 0,
        "driveUsageRemote": 0,
    }


@endpoint("announcements", obj({**PAGING, "isActive": flag(True)}))
def announcements(call: Call) -> Any:
    """What the keepers have to say (announcements.json: nothing). Nothing here is ever over."""
    told = call.world.announcements if call.params["isActive"] else []
    return [call.show.announcement(a) for a in page(call.params, told, lambda a: a.id)]


def _announcement(call: Call, error_id: str) -> Announcement:
    for told in call.world.announcements:
        if told.id == call.params["announcementId"]:
            return told
    raise ApiError("NO_SUCH_ANNOUNCEMENT", "No such announcement.", error_id)


@endpoint("announcements/show", obj({"announcementId": ID}, ["announcementId"]))
def announcement(call: Call) -> Any:
    """One announcement."""
    return call.show.announcement(_announcement(call, "b57b5e1d-4f49-404a-9edb-46b00268f121"))


@endpoint(
    "i/read-announcement", obj({"announcementId": ID}, ["announcementId"]), kind="write:account"
)
def read_announcement(call: Call) -> Any:
    """It was read. One that is not there is no error; v12 says so (i-read-announcement.json)."""
    for told in call.world.announcements:
        if told.id == call.params["announcementId"]:
            call.world.announcements_read.add((call.me.id, told.id))


@endpoint(
    "i/read-announcement",
    obj({"announcementId": ID}, ["announcementId"]),
    kind="write:account",
    ages=("v12",),
)
def read_announcement_once(call: Call) -> Any:
    """The same, with a refusal."""
    _announcement(call, "184663db-df88-4bc2-8b52-fb85f0681939")
    read_announcement(call)


@endpoint("get-online-users-count", get=True)
def online(call: Call) -> Any:
    """How many are there right now (get-online-users-count.json)."""
    return {"count": sum(person.online == "online" for person in call.world.locals())}


@endpoint(
    "hashtags/search",
    obj({"limit": LIMIT, "query": STRING, "offset": {"type": "integer", "default": 0}}, ["query"]),
)
def hashtags_search(call: Call) -> Any:
    """Hashtags that begin so, those of most people first (hashtags-search.json)."""
    params = call.params
    people: dict[str, set[str]] = {}
    for note in call.world.notes.values():
        for tag in note.tags:
            if tag.startswith(params["query"].lower()):
                people.setdefault(tag, set()).add(note.user_id)
    found = sorted(people, key=lambda tag: (-len(people[tag]), tag))
    first = max(0, int(params["offset"]))
    return found[first : first + int(params["limit"])]
