"""Every page of Engawa, one after another, in a real browser: for the tests that look at
each of them, and for the screenshots.

    with sync_playwright() as playwright, launch(playwright) as browser:
        with Stage(browser, Path(folder)) as stage:
            for stop in STOPS:
                page = stage.visit(stop, Look(language="ja"))
                page.screenshot(path=f"{stop.name}.png")

A stop is a page in one state. New pages get a stop here, and are looked at from then on.
Pages are found by the names of their fields and where their links lead, never by words.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Page

from sandbox.records import Decoration, Folder, Invite
from sandbox.shapes import Shapes
from scripts.installation import end
from scripts.stage import POST, Stage, Stop, Who, press, sign_in, unfold, write

STOPS: list[Stop] = []


def _stop(
    name: str, *, who: Who = "nobody", status: int = 200
) -> Callable[[Callable[[Page, Stage], Any]], Callable[[Page, Stage], Any]]:
    def enter(go: Callable[[Page, Stage], Any]) -> Callable[[Page, Stage], Any]:
        STOPS.append(Stop(name, go, who, status))
        return go

    return enter


def _at(path: str) -> Callable[[Page, Stage], Any]:
    return lambda page, stage: page.goto(stage.url + path)


def _pages_of_one(paths: Mapping[str, str]) -> None:
    """Stops at pages that are just opened by whoever is signed in, by their names."""
    for name, path in paths.items():
        _stop(name, who="one")(_at(path))


_stop("welcome")(_at("/"))
_stop("about")(_at("/about"))
_stop("about-signed-in", who="one")(_at("/about"))
_stop("privacy")(_at("/privacy"))
_stop("privacy-signed-in", who="one")(_at("/privacy"))
_stop("sign-in")(_at("/sign-in"))


@_stop("sign-in-problem", status=400)
def _sign_in_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/sign-in")
    page.locator('input[name="server"]').fill("me@misskey.example/notes")
    press(page, 'form[action="/sign-in"] button:not([formaction])')


_stop("sign-in-failed", status=400)(_at("/sign-in/callback?token=nobody-began-this"))


@_stop("device")
def _device(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/sign-in")
    page.locator('input[name="server"]').fill(stage.sandbox.host)
    press(page, 'button[formaction="/sign-in/device"]')


@_stop("link")
def _link(page: Page, stage: Stage) -> None:
    page.goto(stage.link)


@_stop("pinned")
def _pinned(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.pinned.url}/sign-in")


@_stop("allow")
def _allow(page: Page, stage: Stage) -> None:
    _pinned(page, stage)
    press(page, 'form[action="/sign-in"] button')


@_stop("allow-problem", status=409)
def _allow_problem(page: Page, stage: Stage) -> None:
    _allow(page, stage)
    press(page, 'form[action="/sign-in/allow"] button')


_stop("home", who="one")(_at("/"))


def _follow(page: Page, selector: str) -> None:
    """Open where a link leads as a page of its own, whatever the script makes of a press."""
    page.goto(page.locator(selector).evaluate("link => link.href"))


@_stop("home-older", who="one")
def _home_older(page: Page, stage: Stage) -> None:
    page.goto(stage.url)
    _follow(page, 'nav a[href*="until="]')


@_stop("home-nothing-newer", who="one")
def _home_nothing_newer(page: Page, stage: Stage) -> None:
    page.goto(stage.url)
    _follow(page, 'nav a[href*="since="]')


def look_again(page: Page) -> None:
    """Let the frame that counts newer notes look now, as it would in a minute."""
    frame = page.frames[1]
    refresh = frame.locator("meta[http-equiv=refresh]").get_attribute("content") or ""
    frame.goto(urljoin(page.url, refresh.partition("url=")[2]))


@_stop("home-newer", who="one")
def _home_newer(page: Page, stage: Stage) -> None:
    page.goto(stage.url)
    carol = stage.sandbox.person("carol")
    for number in range(3):
        stage.sandbox.world.create_note(carol, text=f"Cup number {number + 1}")
    # With the script there is no frame.
    if len(page.frames) > 1:
        look_again(page)


@_stop("home-notice", who="several")
def _home_notice(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/accounts")
    # To alice and back to haru, so that the next visitor finds what this one found.
    press(page, 'form[action$="/switch"] button')
    page.goto(f"{stage.url}/accounts")
    press(page, 'form[action$="/switch"] button')


@_stop("note", who="one")
def _note(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/notes/{stage.note_of('alice').id}")


@_stop("note-conversation", who="one")
def _note_conversation(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/notes/{stage.note_amid_a_conversation().id}")


@_stop("note-direct", who="one")
def _note_direct(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/notes/{stage.note_for_few().id}")


_stop("compose", who="one")(_at("/compose"))


@_stop("compose-reply", who="one")
def _compose_reply(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose?reply_id={stage.note_of('haru').id}")


@_stop("compose-quote", who="one")
def _compose_quote(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose?renote_id={stage.note_of('haru').id}")


@_stop("compose-preview", who="one")
def _compose_preview(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, "A note with **markup** :tea: and a poll", cw="A warning")
    unfold(page, "#poll")
    for number, choice in enumerate(("Sencha", "Hojicha"), start=1):
        page.locator(f"#choice-{number}").fill(choice)
    press(page, 'button[name="do"][value="preview"]')


@_stop("compose-problem", who="one", status=400)
def _compose_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, " ", cw="A warning that stays")
    press(page, POST)


@_stop("compose-drive", who="one")
def _compose_drive(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, "With a picture")
    unfold(page, "#files")
    press(page, 'button[name="do"][value="drive"]')


@_stop("compose-drive-folder", who="one")
def _compose_drive_folder(page: Page, stage: Stage) -> None:
    _in_the_garden(stage)
    _compose_drive(page, stage)
    press(page, 'button[name="folder"][value="garden"]')


@_stop("drafts", who="one")
def _drafts(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, "Kept for later")
    press(page, 'button[name="do"][value="keep"]')
    page.goto(f"{stage.url}/drafts")


@_stop("drafts-at-server", who="one")
def _drafts_at_server(page: Page, stage: Stage) -> None:
    _drafts(page, stage)
    press(page, 'li:first-child form[action$="/keep-at-server"] button')
    page.goto(f"{stage.url}/drafts/server")


def _schedule(page: Page, stage: Stage, text: str) -> None:
    """As carol: what she leaves undone is not in the way on the other pages."""
    page.context.add_cookies(stage.signed_in("carol"))
    page.goto(f"{stage.url}/compose")
    write(page, text)
    unfold(page, "#later")
    page.locator("#later-at").fill("2030-05-06T07:08")
    page.locator("#later-zone").fill("Asia/Tokyo")
    press(page, 'button[name="do"][value="later"]')


@_stop("scheduled")
def _scheduled(page: Page, stage: Stage) -> None:
    _schedule(page, stage, "Good morning, garden")


@_stop("scheduled-month")
def _scheduled_month(page: Page, stage: Stage) -> None:
    _schedule(page, stage, "Good morning, garden")
    page.goto(f"{stage.url}/scheduled/month/2030-05")


@_stop("scheduled-change")
def _scheduled_change(page: Page, stage: Stage) -> None:
    _schedule(page, stage, "Good morning, garden")
    _follow(page, 'main a[href*="scheduled="] >> nth=0')


@_stop("scheduled-trouble")
def _scheduled_trouble(page: Page, stage: Stage) -> None:
    _schedule(page, stage, "Refused by the server")
    stage.sandbox.misbehave("notes/create", "error", times=1)
    press(page, 'form[action$="/now"] button >> nth=0')


def _rule(page: Page, stage: Stage, days: int) -> None:
    """As dave: what he leaves going on is not in the way on the other pages."""
    page.context.add_cookies(stage.signed_in("dave"))
    page.goto(f"{stage.url}/old-notes/rule")
    page.locator("#rule-days").fill(str(days))
    page.locator("#rule-words").fill("garden\n日記")
    press(page, 'form[action="/old-notes/rule"] button')


@_stop("old-notes-rule")
def _old_notes_rule(page: Page, stage: Stage) -> None:
    page.context.add_cookies(stage.signed_in("dave"))
    page.goto(f"{stage.url}/old-notes/rule")


@_stop("old-notes-problem", status=400)
def _old_notes_problem(page: Page, stage: Stage) -> None:
    _rule(page, stage, 0)


@_stop("old-notes-found")
def _old_notes_found(page: Page, stage: Stage) -> None:
    _rule(page, stage, 1)


@_stop("old-notes-running")
def _old_notes_running(page: Page, stage: Stage) -> None:
    _rule(page, stage, 1)
    press(page, 'form[action$="/start"] button')


@_stop("old-notes-paused")
def _old_notes_paused(page: Page, stage: Stage) -> None:
    _old_notes_running(page, stage)
    press(page, 'form[action$="/pause"] button')


@_stop("sign-out-with-a-rule")
def _sign_out_with_a_rule(page: Page, stage: Stage) -> None:
    stage.forget_browsers("dave")
    _old_notes_running(page, stage)
    page.goto(f"{stage.url}/sign-out")


@_stop("summary")
def _summary(page: Page, stage: Stage) -> None:
    page.context.add_cookies(stage.signed_in("dave"))
    page.goto(f"{stage.url}/summary")


@_stop("summary-preview")
def _summary_preview(page: Page, stage: Stage) -> None:
    _summary(page, stage)
    press(page, 'button[name="do"][value="preview"]')


@_stop("summary-problem", status=400)
def _summary_problem(page: Page, stage: Stage) -> None:
    _summary(page, stage)
    page.locator("#template").fill("{fame} and {notes}")
    press(page, 'button[name="do"][value="keep"]')


@_stop("summary-on")
def _summary_on(page: Page, stage: Stage) -> None:
    _summary(page, stage)
    press(page, 'button[name="do"][value="keep"]')


@_stop("summary-numbers")
def _summary_numbers(page: Page, stage: Stage) -> None:
    """After three weeks, in which much was gained and something lost."""
    _summary_on(page, stage)
    with closing(sqlite3.connect(stage.engawa.database, isolation_level=None)) as database:
        (account_id,) = database.execute("SELECT account_id FROM measures").fetchone()
        database.execute("DELETE FROM measures")
        for day in range(21):
            database.execute(
                "INSERT INTO measures VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    f"{day:032}",
                    account_id,
                    f"2026-03-{day + 1:02} 21:00:00.000000",
                    1200 + day * 3 - 20 * (day > 12),
                    340 + (day * 7) % 11 + day,
                    98,
                    (day * 5) % 13 if day else None,
                ),
            )
    page.goto(f"{stage.url}/summary")


def _export(page: Page, stage: Stage, *parts: str) -> None:
    """As carol, ask for an export of these parts, in place of any other."""
    _exports(page, stage)
    for box in page.locator('input[name="part"]').all():
        box.set_checked(box.get_attribute("value") in parts)
    press(page, 'form[action$="/exports"] button')


def _until_ended(page: Page, stage: Stage) -> None:
    """Let a worker work until the export of the page has ended, and look at it."""
    worker = stage.engawa.start_worker()
    for _ in range(60):
        page.wait_for_timeout(500)
        page.goto(f"{stage.url}/exports")
        if page.locator('input[name="part"]').count():
            break
    end(worker)


@_stop("exports")
def _exports(page: Page, stage: Stage) -> None:
    page.context.add_cookies(stage.signed_in("carol"))
    page.goto(f"{stage.url}/exports")
    if page.locator('form[action$="/remove"]').count():
        press(page, 'form[action$="/remove"] button')


@_stop("exports-nothing-chosen", status=400)
def _exports_nothing(page: Page, stage: Stage) -> None:
    _export(page, stage)


@_stop("exports-running")
def _exports_running(page: Page, stage: Stage) -> None:
    _export(page, stage, "notes", "drive")


@_stop("exports-failed")
def _exports_failed(page: Page, stage: Stage) -> None:
    folder = stage.engawa.folder / "exports"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("Nothing can be written below a file.")
    _export(page, stage, "antennas")
    _until_ended(page, stage)
    folder.unlink()


@_stop("exports-ready")
def _exports_ready(page: Page, stage: Stage) -> None:
    _export(page, stage, "antennas", "lists")
    _until_ended(page, stage)


@_stop("sign-out-with-work")
def _sign_out_with_work(page: Page, stage: Stage) -> None:
    stage.forget_browsers("carol")
    _schedule(page, stage, "While I am away")
    page.goto(f"{stage.url}/sign-out")


_stop("share", who="one")(_at("/share?title=A+title&text=Some+words&url=https://far.example/"))
_stop("share-signed-out")(_at("/share?title=A+title&text=Some+words&url=https://far.example/"))
_stop("compose-signed-out")(_at("/compose"))


@_stop("compose-kept-while-signed-out", who="one", status=401)
def _compose_kept(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/compose")
    write(page, "Written before the sign-in was gone", cw="Kept as well")
    page.context.clear_cookies()
    press(page, POST)


@_stop("compose-kept", who="one")
def _compose_kept_and_back(page: Page, stage: Stage) -> None:
    _compose_kept(page, stage)
    sign_in(page, stage, "alice")
    page.goto(f"{stage.url}/compose")


def _of_note(username: str, path: str, *, query: str = "") -> Callable[[Page, Stage], Any]:
    """A page about the newest note of that person."""
    return lambda page, stage: page.goto(
        f"{stage.url}/notes/{stage.note_of(username).id}/{path}{query}"
    )


_stop("more", who="one")(_of_note("alice", "more"))
_stop("more-of-others", who="one")(_of_note("bob", "more"))
_stop("delete", who="one")(_of_note("alice", "delete"))
_stop("delete-and-edit", who="one")(_of_note("alice", "delete", query="?edit=1"))
_stop("renote", who="one")(_of_note("bob", "renote"))
_stop("react", who="one")(_of_note("bob", "react"))
_stop("who-reacted", who="one")(_of_note("bob", "reactions"))
_stop("who-renoted", who="one")(_of_note("bob", "renotes"))
_stop("clip", who="one")(_of_note("bob", "clip"))
_stop("report", who="one")(_of_note("bob", "report"))
_pages_of_one(
    {
        "person": "/@bob",
        "person-of-afar": "/@juno@far.example",
        "myself": "/@alice",
        "person-reactions": "/@bob/reactions",
    }
)


@_stop("block", who="one")
def _block(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/people/{stage.sandbox.person('bob').id}/block")


_pages_of_one(
    {
        "follow-requests": "/people/requests",
        "muted": "/people/muted",
        "following": "/@alice/following",
        "followers": "/@alice/followers",
        "clips-of-person": "/@alice/clips",
    }
)


@_stop("remove-follower", who="one")
def _remove_follower(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/people/{stage.sandbox.person('bob').id}/remove-follower")


@_stop("announcements", who="one")
def _announcements(page: Page, stage: Stage) -> None:
    stage.sandbox.world.announcements_read.clear()
    page.goto(f"{stage.url}/announcements")


_pages_of_one(
    {
        "pages": "/pages?show=mine",
        "gallery": "/gallery?show=new",
        "play": "/play",
        "explore": "/explore",
        "explore-tags": "/explore/tags",
        "explore-roles": "/explore/roles",
        "explore-servers": "/explore/servers",
        "server-of-afar": "/servers/far.example",
        "server-of-afar-follows": "/servers/far.example/follows",
        "server-of-afar-charts": "/servers/far.example/charts",
        "servers-followed": "/explore/servers/followed",
        "tag-people": "/tags/engawa/people",
        "achievements": "/@alice/achievements",
        "talks-with": "/@alice/talks-with",
        "notifications-delete": "/notifications/delete",
        "webhooks": "/webhooks",
        "webhook-new": "/webhooks/new",
        "registry": "/developers/registry?scope=engawa",
        "registry-new": "/developers/registry/new?scope=engawa",
    }
)


@_stop("invites", who="one")
def _invites(page: Page, stage: Stage) -> None:
    world = stage.sandbox.world
    world.settings.can_invite, world.settings.invite_limit = True, 3
    alice, now = world.person("alice").id, world.clock.now()
    used = Invite(world.ids.at(now - 9e5), now - 9e5, alice, "GR6S02ERUA5VR", None, "", now - 6e5)
    used.used_by = world.person("carol").id
    free = Invite(world.ids.at(now - 9e3), now - 9e3, alice, "4T0M7K2WQX9AB", now + 6e5)
    world.invites = {used.id: used, free.id: free}
    page.goto(f"{stage.url}/invites")


@_stop("invite-delete", who="one")
def _invite_delete(page: Page, stage: Stage) -> None:
    _invites(page, stage)
    press(page, '.doings a[href$="/delete"]')


_stop("clips-of-note", who="one")(_of_note("bob", "clips"))


@_stop("page-of-blocks", who="one")
def _page_of_blocks(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/@alice/pages/tea")


def _work(name: str) -> Callable[[Page, Stage], Any]:
    """The last one on the page of a kind of works."""

    def go(page: Page, stage: Stage) -> None:
        page.goto(f"{stage.url}/{name}")
        page.locator(f'.works a[href^="/{name}/"]').last.click()
        page.wait_for_url(re.compile(rf"/{name}/\w+$"))

    return go


@_stop("my-apps", who="one")
def _my_apps(page: Page, stage: Stage) -> None:
    world = stage.sandbox.world
    if not world.apps.of(world.person("alice")):
        permissions = ["read:account", "write:notes"]
        back = "https://kettle.example/back"
        world.apps.register("Kettle", "It sings.", permissions, back, world.person("alice").id)
    page.goto(f"{stage.url}/developers/apps")


@_stop("decorations", who="one")
def _decorations(page: Page, stage: Stage) -> None:
    world = stage.sandbox.world
    pictures = [file for file in world.files.values() if file.content.is_picture]
    for number, name in enumerate(("A roof", "風鈴")):
        url = Shapes(world, None).file_url(pictures[number])
        world.decorations[f"d{number}"] = Decoration(f"d{number}", name, "", url)
    worn = {"id": "d0", "angle": 0.1, "flipH": True, "offsetX": 0, "offsetY": -0.1}
    world.person("alice").chosen["avatarDecorations"] = [worn]
    page.goto(f"{stage.url}/settings/decorations")


@_stop("myself-decorated", who="one")
def _myself_decorated(page: Page, stage: Stage) -> None:
    _decorations(page, stage)
    page.goto(f"{stage.url}/@alice")


_stop("page-new", who="one")(_at("/pages/new"))
_stop("play-new", who="one")(_at("/play/new"))


@_stop("page-edit", who="one")
def _page_edit(page: Page, stage: Stage) -> None:
    _page_of_blocks(page, stage)
    press(page, '.work a[href$="/edit"]')


@_stop("gallery-new", who="one")
def _gallery_new(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/gallery/new")
    press(page, 'button[name="do"][value="drive"]')


_stop("gallery-post", who="one")(_work("gallery"))
_stop("a-play", who="one")(_work("play"))


@_stop("role", who="one")
def _role(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/explore/roles")
    press(page, 'a[href^="/roles/"]')


_pages_of_one(
    {
        "timeline-local": "/timelines/local",
        "timeline-favourites": "/timelines/favourites",
        "lists": "/lists",
        "clips": "/clips",
        "channels": "/channels",
        "channels-found": "/channels?q=tea",
        "antenna-new": "/antennas/new",
        "channel-new": "/channels/new",
    }
)


@_stop("clip-problem", who="one", status=400)
def _clip_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/clips/new")
    page.locator("#name").fill(" ")
    press(page, 'form[action="/clips/new"] button')


def _first_of(kind: str, path: str = "") -> Callable[[Page, Stage], Any]:
    """The page of the first list, antenna, clip or channel there is, or one below it."""

    def go(page: Page, stage: Stage) -> None:
        page.goto(f"{stage.url}/{kind}")
        found = page.locator(f'main .doings a[href^="/{kind}/"]').first.get_attribute("href")
        page.goto(f"{stage.url}{found}{path}")

    return go


_stop("list", who="one")(_first_of("lists"))
_stop("list-edit", who="one")(_first_of("lists", "/edit"))
_stop("list-delete", who="one")(_first_of("lists", "/delete"))
_stop("list-members", who="one")(_first_of("lists", "/members"))
_stop("antenna-edit", who="one")(_first_of("antennas", "/edit"))
_stop("channel", who="one")(_first_of("channels"))


@_stop("lists-of-person", who="one")
def _lists_of_person(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/people/{stage.sandbox.person('bob').id}/lists")


_pages_of_one(
    {
        "chat": "/chat",
        "chat-search": "/chat/search?q=roof",
        "chat-rooms": "/chat/rooms",
        "chat-room-new": "/chat/rooms/new",
        "chat-person": "/chat/@bob",
    }
)


def _chat_room(path: str = "", owner: str = "alice") -> Callable[[Page, Stage], Any]:
    """The page of somebody's room, or one below it."""

    def go(page: Page, stage: Stage) -> None:
        rooms, who = stage.sandbox.world.chat_rooms.values(), stage.sandbox.person(owner)
        room = next(room for room in rooms if room.owner_id == who.id)
        page.goto(f"{stage.url}/chat/rooms/{room.id}{path}")

    return go


_stop("chat-room", who="one")(_chat_room())
_stop("chat-room-invited", who="one")(_chat_room(owner="carol"))
_stop("chat-room-members", who="one")(_chat_room("/members"))
_stop("chat-room-edit", who="one")(_chat_room("/edit"))
_stop("chat-room-delete", who="one")(_chat_room("/delete"))


@_stop("chat-problem", who="one", status=400)
def _chat_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/chat/@bob")
    press(page, "#write form .button")


@_stop("chat-react", who="one")
def _chat_react(page: Page, stage: Stage) -> None:
    bob = stage.sandbox.person("bob").id
    messages = stage.sandbox.world.chat_messages.values()
    message = next(message for message in messages if message.from_id == bob)
    page.goto(f"{stage.url}/chat/messages/{message.id}/react")


def _in_the_garden(stage: Stage) -> str:
    """The path of a folder of alice's with something in it."""
    world, me = stage.sandbox.world, stage.sandbox.person("alice").id
    if "garden" not in world.folders:
        began = world.clock.now()
        world.folders["garden"] = Folder("garden", began, me, "庭 Garden")
        world.folders["beans"] = Folder("beans", began, me, "Beans & peas", "garden")
        files = [file for file in world.files.values() if file.user_id == me]
        for file in files[:3]:
            file.folder_id = "garden"
        files[1].comment = "A sprout between two stones, after the rain"
    return "/drive/folders/garden"


def _of_the_garden(path: str) -> Callable[[Page, Stage], Any]:
    """A page about that folder."""
    return lambda page, stage: page.goto(stage.url + _in_the_garden(stage) + path)


def _of_a_file(path: str) -> Callable[[Page, Stage], Any]:
    """A page about the first file there."""

    def go(page: Page, stage: Stage) -> None:
        page.goto(stage.url + _in_the_garden(stage))
        found = page.locator('.drive a[href^="/drive/files/"]').first.get_attribute("href")
        page.goto(f"{stage.url}{found}{path}")

    return go


@_stop("drive", who="one")
def _drive(page: Page, stage: Stage) -> None:
    _in_the_garden(stage)
    page.goto(f"{stage.url}/drive")


@_stop("drive-problem", who="one", status=400)
def _drive_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/drive")
    unfold(page, "#from-address")
    page.locator("#url").fill("https://")
    page.locator('form[action$="/fetch"]').evaluate("form => form.noValidate = true")
    press(page, 'form[action$="/fetch"] button')


_stop("drive-folder", who="one")(_of_the_garden(""))
_stop("drive-folder-rename", who="one")(_of_the_garden("/rename"))
_stop("drive-all", who="one")(_at("/drive/all"))
_stop("drive-found", who="one")(_at("/drive/all?q=a"))
_stop("drive-file", who="one")(_of_a_file(""))
_stop("drive-file-delete", who="one")(_of_a_file("/delete"))
_stop("drive-file-notes", who="one")(_of_a_file("/notes"))


@_stop("drive-folder-delete", who="one")
def _drive_folder_delete(page: Page, stage: Stage) -> None:
    _in_the_garden(stage)
    page.goto(f"{stage.url}/drive/folders/beans/delete")


@_stop("drive-move", who="one")
def _drive_move(page: Page, stage: Stage) -> None:
    page.goto(stage.url + _in_the_garden(stage))
    for box in page.locator('.drive input[name="file"]').all()[:2]:
        box.check()
    press(page, 'form[action="/drive/move"] button')


_pages_of_one(
    {
        "notifications": "/notifications",
        "search": "/search",
        "search-refused": "/search?q=tea",
        "search-people": "/search?q=al&in=people",
        "search-address": "/search?q=@juno@far.example",
        "menu": "/menu",
        "settings": "/settings",
        "settings-profile": "/settings/profile",
        "settings-privacy": "/settings/privacy",
        "settings-notifications": "/settings/notifications",
        "settings-content": "/settings/content",
        "settings-picture": "/settings/pictures/avatar",
    }
)


@_stop("settings-problem", who="one", status=400)
def _settings_problem(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/settings/profile")
    page.locator('input[name="name"]').fill("A name that is so long that no server takes it at all")
    press(page, 'form[action="/settings/profile"] button')


_pages_of_one(
    {
        "server": "/server",
        "server-emoji": "/server/emoji",
        "server-doing": "/server/doing",
        "server-one-emoji": "/server/emoji/tea",
        "server-charts": "/server/charts",
        "developers": "/developers",
        "developers-found": "/developers?q=timeline",
        "developers-endpoint": "/developers/api/notes/create",
    }
)


@_stop("developers-answer", who="one")
def _developers_answer(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/developers/api/users/show")
    page.locator('textarea[name="body"]').fill('{"username": "bob"}')
    press(page, 'form[action^="/developers/api"] button')


_stop("activity", who="one")(_at("/activity"))
_stop("activity-by-hour", who="one")(_at("/activity/views?by=hour"))
_stop("keys", who="one")(_at("/about/keys"))
_stop("accounts", who="several")(_at("/accounts"))


@_stop("forget", who="several")
def _forget(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/accounts")
    page.locator('main a[href$="/forget"]').first.click()
    page.wait_for_url(re.compile("/forget$"))


_stop("sign-out", who="several")(_at("/sign-out"))
_stop("sign-out-of-one", who="one")(_at("/sign-out"))


@_stop("design", who="one")
def _design(page: Page, stage: Stage) -> None:
    # Only a copy of Engawa in debug mode has it; the same database lets alice in there.
    page.goto(f"{stage.workshop.url}/about/design")


_stop("language")(_at("/language"))
_stop("language-signed-in", who="one")(_at("/language"))
_stop("not-found", status=404)(_at("/nothing-here"))
_stop("not-found-signed-in", who="one", status=404)(_at("/nothing-here"))


@_stop("server-trouble", who="one", status=502)
def _server_trouble(page: Page, stage: Stage) -> None:
    stage.sandbox.misbehave("notes/timeline", "html", times=1, status=503)
    page.goto(stage.url)
