"""How v11 and v12 show the world (DIFFERENCES.md, "Notes", "People, files, others").

A key that says nothing is left out: `localOnly`, `isHidden`, `isCat`, `tags`.
Emoji are lists `[{name, url}]` on notes and people. What a fork added to the
recorded v12 is here too, because the recordings are what we are held to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .clock import iso
from .notices import unread
from .records import (
    Antenna,
    App,
    Channel,
    Clip,
    File,
    Note,
    Notification,
    Person,
    UserList,
    WrittenPage,
)
from .shapes import Json, Shapes
from .world import counts

EMOJI = re.compile(r":([\w+-]+):")
NYA = (
    ("な", "にゃ"),
    ("ナ", "ニャ"),
    (r"(?<=[nN])a", "ya"),
    (r"(?<=[nN])A", "YA"),
    (r"(?<=morn)ing", "yan"),
    (r"(?<=every)one", "nyan"),
)
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "audio/wav": ".wav",
    "text/plain": ".txt",
}


class OldShapes(Shapes):
    """Both; `_v11` says which."""

    @property
    def _v11(self) -> bool:
        return self.world.age.v11

    # People ---------------------------------------------------------------

    def user(self, person: Person) -> Json:
        """The short form, as beside a note."""
        shown: Json = {
            "id": person.id,
            "name": person.name,
            "username": person.username,
            "host": person.host,
            "avatarUrl": self.avatar_url(person),
            "avatarBlurhash": person.avatar.content.blurhash if person.avatar else None,
            "avatarColor": None,
        }
        shown |= {key: True for key, so in self._what(person).items() if so}
        names = [*person.emojis, *EMOJI.findall(person.name or "")]
        shown["emojis"] = self._emoji_list(names, person.host)
        if self._v11:
            return shown
        if person.host is not None:
            shown["instance"] = super().user(person)["instance"]
        return {**shown, "onlineStatus": person.online}

    def _what(self, person: Person) -> dict[str, bool]:
        return {"isBot": person.is_bot, "isCat": person.is_cat}

    def avatar_url(self, person: Person) -> str:
        """The thumbnail itself; those without a picture get one by their id."""
        if person.avatar is None:
            room = "avatar" if self._v11 else "identicon"
            return f"{self.world.origin}/{room}/{person.id}"
        return self.file_url(person.avatar, thumbnail=True)

    def _profile(self, person: Person) -> Json:
        new = super()._profile(person)
        flags = {"isAdmin": False, "isModerator": False, **self._what(person)}
        common = flags | {
            key: new[key]
            for key in (
                "url",
                "createdAt",
                "updatedAt",
                "bannerUrl",
                "isLocked",
                "isSilenced",
                "isSuspended",
                "description",
                "location",
                "birthday",
                "fields",
                "followersCount",
                "followingCount",
                "notesCount",
                "pinnedNoteIds",
                "pinnedNotes",
                "pinnedPageId",
                "pinnedPage",
            )
        }
        common |= {
            "bannerColor": None,
            "twoFactorEnabled": False,
            "usePasswordLessLogin": False,
            "securityKeys": False,
        }
        if self._v11:
            none = ("twitter", "github", "discord", "movedToUserId", "movedToUser")
            return {**common, **dict.fromkeys(none)}
        return {
            **common,
            "isFox": False,
            "showTimelineReplies": False,
            "uri": new["uri"],
            "movedToUri": None,
            "alsoKnownAs": None,
            "lastFetchedAt": new["lastFetchedAt"],
            "bannerBlurhash": new["bannerBlurhash"],
            "isLocalSilenced": False,
            "isPrivateSilenced": False,
            "isForceSensitive": False,
            "isDisabled": False,
            "isHidden": False,
            "lang": None,
            "referenceFollowersCount": 0,
            "referenceFollowingCount": 0,
            "publicReactions": False,
            "ffVisibility": "public",
            "notesCountVisibility": "public",
        }

    def _relation(self, me: Person, person: Person) -> Json:
        shown = super()._relation(me, person)
        for key in ("notify", "withReplies", "followedMessage"):
            shown.pop(key, None)
        if self._v11:
            del shown["isRenoteMuted"]
        return shown

    def _own(self, person: Person) -> Json:
        requests = sum(1 for _, asked in self.world.follow_requests if asked == person.id)
        shown: Json = {
            "avatarId": person.avatar.id if person.avatar else None,
            "bannerId": person.banner.id if person.banner else None,
            "alwaysMarkNsfw": False,
            "carefulBot": False,
            "autoAcceptFollowed": True,
            "isExplorable": True,
            "isDeleted": False,
            "hasUnreadMessagingMessage": False,
            "hasUnreadNotification": unread(self.world, person) > 0,
        }
        if self._v11:
            return shown | {
                "autoWatch": False,
                "isIndexable": True,
                "pendingReceivedFollowRequestsCount": requests,
            }
        return (
            shown
            | self._unread()
            | {
                "injectFeaturedNote": True,
                "receiveAnnouncementEmail": True,
                "allowFollow": True,
                "noCrawle": False,
                "hideOnlineStatus": False,
                "hasUnreadAnnouncement": bool(self.unread_announcements(person)),
                "hasUnreadAntenna": False,
                "hasUnreadChannel": False,
                "hasPendingReceivedFollowRequest": bool(requests),
                "integrations": {},
                "mutedWords": [],
                "mutedInstances": [],
                "mutingNotificationTypes": [],
                "emailNotificationTypes": ["follow", "receiveFollowRequest", "groupInvited"],
                "federateBlocks": True,
                "broadcastReactions": True,
            }
        )

    def _unread(self) -> Json:
        return {"hasUnreadSpecifiedNotes": False, "hasUnreadMentions": False}

    # Notes ----------------------------------------------------------------

    def note(self, note: Note, *, detail: bool = True) -> Json:
        """A note; without `detail` (inside `reply`) it has no reply, renote or poll of its own."""
        author = self.world.people[note.user_id]
        shown: Json = {
            "id": note.id,
            "createdAt": iso(note.created),
            "userId": note.user_id,
            "user": self.user(author),
            "text": nyaized(note.text) if note.text and author.is_cat else note.text,
            "cw": note.cw,
            "visibility": note.visibility,
            "renoteCount": note.renote_count,
            "repliesCount": note.replies_count,
            "reactions": self._counts(note),
            "emojis": self._emojis_of(note, author),
            "fileIds": note.file_ids,
            "files": [self.file(f) for f in map(self.world.files.get, note.file_ids) if f],
            "replyId": note.reply_id,
            "renoteId": note.renote_id,
        }
        if note.app and self._v11:
            shown["app"] = self.app_of_note(note.app)
        if note.local_only:
            shown["localOnly"] = True
        if note.visibility == "specified":
            shown["visibleUserIds"] = note.visible_user_ids
        shown |= {key: said for key, said in self._words(note).items() if said}
        if note.channel_id is not None:
            shown["channelId"] = note.channel_id
            shown["channel"] = self.channel(self.world.channels[note.channel_id])
        if detail:
            shown |= self._detail(note)
        if not self.world.is_visible(note, self.me):
            for key in ("visibleUserIds", "poll"):
                shown.pop(key, None)
            shown |= {"fileIds": [], "files": [], "text": None, "cw": None, "isHidden": True}
        return shown

    def _words(self, note: Note) -> Json:
        return {"tags": note.tags, "mentions": note.mentions, "uri": note.uri, "url": note.uri}

    def _counts(self, note: Note) -> dict[str, int]:
        """v11 goes on counting what nobody holds any more: to nought."""
        now = counts(note.reactions)
        return dict.fromkeys(note.reactions_before, 0) | now if self._v11 else now

    def _detail(self, note: Note) -> Json:
        shown = super()._detail(note)
        del shown["clippedCount"]
        return shown

    def _emojis_of(self, note: Note, author: Person) -> list[Json]:
        """Those of the text, then those of the reactions (`blobcat@.`, `blobcat@host`)."""
        polled = " ".join(note.poll.choices) if note.poll else ""
        said = f"{note.text or ''} {note.cw or ''} {polled}"
        names = [*note.emojis, *EMOJI.findall(said)]
        reacted = [name.strip(":") for name in note.reactions.values() if name.startswith(":")]
        return self._emoji_list(names, author.host) + self._emoji_list(reacted, None)

    def _emoji_list(self, names: Iterable[str], host: str | None) -> list[Json]:
        shown = []
        for name in dict.fromkeys(names):
            bare, _, at = name.partition("@")
            home = host if not at else None if at == "." else at
            if home is not None:
                shown.append({"name": name, "url": self._remote_emoji(f"{bare}@{home}")})
            elif bare in self.world.emojis:
                shown.append({"name": name, "url": self.file_url(self.world.emojis[bare].file)})
        return shown

    def reaction(self, note: Note, person: Person) -> Json:
        """One reaction in the list of a note's; v11 calls ours `:name:` there."""
        shown = super().reaction(note, person)
        if self._v11:
            shown["type"] = shown["type"].replace("@.:", ":")
        return shown

    # Rooms and files --------------------------------------------------------

    def channel(self, channel: Channel) -> Json:
        """The few words on a channel that a note carries."""
        return {"id": channel.id, "name": channel.name}

    def channel_detailed(self, channel: Channel) -> Json:
        """A channel with its counts."""
        shown = super().channel_detailed(channel)
        new = ("bannerId", "pinnedNoteIds", "color", "isArchived", "isSensitive")
        for key in (*new, "allowRenoteToExternal", "isFavorited", "isMuting"):
            shown.pop(key, None)
        return shown

    def clip(self, clip: Clip) -> Json:
        """A clip."""
        shown = super().clip(clip)
        for key in ("lastClippedAt", "favoritedCount", "isFavorited", "notesCount"):
            shown.pop(key, None)
        return shown

    def file(self, file: File, *, detail: bool = False, own: bool = False) -> Json:
        """A file; without its owner but in `detail`, and in v11 without words."""
        shown = super().file(file, detail=detail, own=not detail)
        if self._v11:
            del shown["comment"], shown["userId"]
        return shown

    def file_url(self, file: File, *, thumbnail: bool = False) -> str:
        """Where the file is served: in v11 under its key twice, with an ending."""
        url = super().file_url(file, thumbnail=thumbnail)
        if not self._v11 or file.origin:
            return url
        ending = ".jpg" if thumbnail else ENDINGS.get(file.content.type, "")
        return f"{url}/{url.rsplit('/', 1)[-1]}{ending}"

    def written_page(self, page: WrittenPage, *, detail: bool = False) -> Json:
        """A page; v11 knows no script on one."""
        shown = super().written_page(page, detail=detail)
        if self._v11:
            del shown["script"]
        return shown

    def user_list(self, made: UserList) -> Json:
        """A list of people: nobody else sees it."""
        shown = super().user_list(made)
        del shown["isPublic"]
        return shown

    def antenna(self, antenna: Antenna) -> Json:
        """An antenna of v12."""
        shown = super().antenna(antenna) | {"userGroupId": None, "local": False}
        for key in ("localOnly", "excludeBots", "excludeNotesInSensitiveChannel", "isActive"):
            del shown[key]
        return shown

    def notification(self, told: Notification) -> Json:
        """A notification; v12 says whether it was read, and names nobody as null."""
        shown = super().notification(told)
        if self._v11:
            return shown
        me = self.me.id if self.me else ""
        return {"isRead": told.id <= self.world.read_until.get(me, ""), "userId": None} | (
            {"user": None} | shown
        )

    def app_of_note(self, app: App) -> Json:
        """The app a note was made with."""
        return {
            "id": app.id,
            "name": app.name,
            "callbackUrl": app.callback_url,
            "permission": app.permission,
        }


def nyaized(text: str) -> str:
    """As cats speak: old servers put it into the text itself."""
    for plain, said in NYA:
        text = re.sub(plain, said, text)
    return text
