"""How the world is shown: the JSON of notes, people and files.

Key by key as recorded (i.json, users-show-bob.json, notes-timeline.json,
users-notes-files.json, drive-files-show.json); a key that is absent there in
some situation is absent here in the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import quote

from .clock import iso
from .ids import moment_of
from .notices import unread
from .records import (
    Announcement,
    Antenna,
    App,
    Channel,
    ChatMessage,
    ChatRoom,
    Clip,
    Emoji,
    File,
    Folder,
    GalleryPost,
    Invite,
    Note,
    NoteDraft,
    Notification,
    Person,
    Play,
    Poll,
    Role,
    UserList,
    Webhook,
    WrittenPage,
)
from .world import World, counts

Json = dict[str, Any]

POLICIES: Json = {
    "gtlAvailable": True,
    "ltlAvailable": True,
    "canPublicNote": True,
    "mentionLimit": 20,
    "canInvite": False,
    "inviteLimit": 0,
    "inviteLimitCycle": 10080,
    "inviteExpirationTime": 0,
    "canManageCustomEmojis": False,
    "canManageAvatarDecorations": False,
    "canSearchNotes": False,
    "canSearchUsers": True,
    "canUseTranslator": True,
    "canHideAds": False,
    "driveCapacityMb": 100,
    "maxFileSizeMb": 30,
    "alwaysMarkNsfw": False,
    "canUpdateBioMedia": True,
    "pinLimit": 5,
    "antennaLimit": 5,
    "wordMuteLimit": 200,
    "webhookLimit": 3,
    "clipLimit": 10,
    "noteEachClipsLimit": 200,
    "userListLimit": 10,
    "userEachUserListsLimit": 50,
    "rateLimitFactor": 1,
    "avatarDecorationLimit": 1,
    "canImportAntennas": False,
    "canImportBlocking": False,
    "canImportFollowing": False,
    "canImportMuting": False,
    "canImportUserLists": False,
    "chatAvailability": "available",
    "uploadableFileTypes": ["text/*", "application/json", "image/*", "video/*", "audio/*"],
    "noteDraftLimit": 10,
    "scheduledNoteLimit": 1,
    "watermarkAvailable": True,
}
"""The default role's rights (meta.json)."""


UNLESS_SET = frozenset(
    {"makeNotesFollowersOnlyBefore", "makeNotesHiddenBefore", "requireSigninToViewContents"}
)
"""What one's own account does not show at all until it is set."""


class Shapes:
    """Shows the world to `me`; None is somebody who is signed out."""

    def __init__(self, world: World, me: Person | None) -> None:
        self.world = world
        self.me = me

    # People ---------------------------------------------------------------

    def user(self, person: Person) -> Json:
        """The short form, as beside a note (`UserLite`)."""
        shown: Json = {
            "id": person.id,
            "name": person.name,
            "username": person.username,
            "host": person.host,
            "avatarUrl": self.avatar_url(person),
            "avatarBlurhash": person.avatar.content.blurhash if person.avatar else None,
            "avatarDecorations": self.decorations(person),
            "isBot": person.is_bot,
            "isCat": person.is_cat,
        }
        if person.host is not None:
            shown["instance"] = {
                "name": "Far",
                "softwareName": "misskey",
                "softwareVersion": "2025.10.2",
                "iconUrl": None,
                "faviconUrl": f"{self.world.origin}/identicon/{person.host}",
                "themeColor": "#7d9aa5",
            }
        shown["emojis"] = self._remote_emojis(f"{e}@{person.host}" for e in person.emojis)
        shown["onlineStatus"] = person.online
        if person.host is None:
            shown["badgeRoles"] = []
        return shown

    def decorations(self, person: Person) -> list[Json]:
        """What somebody put around their picture, as far as it is still there; what is
        neither turned nor moved does not say so."""
        there = self.world.decorations
        worn = [one for one in person.chosen.get("avatarDecorations", []) if one["id"] in there]
        return [
            {key: value for key, value in one.items() if value} | {"url": there[one["id"]].url}
            for one in worn
        ]

    def user_detailed(self, person: Person) -> Json:
        """A profile (`UserDetailedNotMe`), with the relation when somebody is signed in."""
        shown = {**self.user(person), **self._profile(person)}
        if self.me is not None and self.me.id != person.id:
            shown.update(self._relation(self.me, person))
        return shown

    def me_detailed(self, person: Person) -> Json:
        """One's own account as an app sees it (`MeDetailed`; no e-mail for apps)."""
        shown = {**self.user(person), **self._profile(person), **self._own(person)}
        known = set(shown if self.world.age.old else shown.keys() | UNLESS_SET)
        # Those are shown with their pictures, as to everybody.
        known.discard("avatarDecorations")
        return shown | {key: value for key, value in person.chosen.items() if key in known}

    def avatar_url(self, person: Person) -> str:
        """Through the media proxy; those without a picture get the server's identicon."""
        origin = self.world.origin
        if person.avatar is None:
            host = person.host or origin.split("//", 1)[1]
            return f"{origin}/identicon/{person.username}@{host}"
        url = quote(self.file_url(person.avatar), safe="")
        return f"{origin}/proxy/avatar.webp?url={url}&avatar=1"

    def _profile(self, person: Person) -> Json:
        world = self.world
        address = None if person.host is None else f"https://{person.host}"
        notes = [note for note in world.notes.values() if note.user_id == person.id]
        pinned = [world.notes[id] for id in person.pinned if id in world.notes]
        return {
            "url": None if address is None else f"{address}/@{person.username}",
            "uri": None if address is None else f"{address}/users/{person.id}",
            "movedTo": person.moved_to,
            "alsoKnownAs": None,
            "createdAt": iso(person.created),
            "updatedAt": iso(person.updated or person.created),
            "lastFetchedAt": None if address is None else iso(person.created),
            "bannerUrl": self.file_url(person.banner) if person.banner else None,
            "bannerBlurhash": person.banner.content.blurhash if person.banner else None,
            "isLocked": person.is_locked,
            "isSilenced": False,
            "isSuspended": False,
            "description": person.description,
            "location": person.location,
            "birthday": person.birthday,
            "lang": None,
            "fields": [{"name": name, "value": value} for name, value in person.fields],
            "verifiedLinks": person.verified,
            "followersCount": sum(1 for _, followed in world.following if followed == person.id),
            "followingCount": sum(1 for follower, _ in world.following if follower == person.id),
            "notesCount": len(notes),
            "pinnedNoteIds": [note.id for note in pinned],
            "pinnedNotes": [self.note(note) for note in pinned],
            "pinnedPageId": None,
            "pinnedPage": None,
            "publicReactions": person.public_reactions,
            "followersVisibility": person.followers_visibility,
            "followingVisibility": person.following_visibility,
            "chatScope": "mutual",
            "canChat": True,
            "roles": [self.role(role) for role in person.roles],
            "memo": None if self.me is None else world.memos.get((self.me.id, person.id)),
        }

    def _relation(self, me: Person, person: Person) -> Json:
        world = self.world
        following = world.follows(me, person)
        shown: Json = {
            "isFollowing": following,
            "isFollowed": world.follows(person, me),
            "hasPendingFollowRequestFromYou": (me.id, person.id) in world.follow_requests,
            "hasPendingFollowRequestToYou": (person.id, me.id) in world.follow_requests,
            "isBlocking": (me.id, person.id) in world.blocking,
            "isBlocked": (person.id, me.id) in world.blocking,
            "isMuted": (me.id, person.id) in world.muting,
            "isRenoteMuted": (me.id, person.id) in world.renote_muting,
            "notify": "normal" if (me.id, person.id) in world.following_notify else "none",
            "withReplies": (me.id, person.id) in world.following_replies,
        }
        if following:
            # Only those who follow may read it (users-show-bob.json has the key,
            # users-show-blocked.json has not).
            shown["followedMessage"] = None
        return shown

    def _own(self, person: Person) -> Json:
        return {
            "twoFactorEnabled": False,
            "usePasswordLessLogin": False,
            "securityKeys": False,
            "avatarId": person.avatar.id if person.avatar else None,
            "bannerId": person.banner.id if person.banner else None,
            "followedMessage": None,
            "isModerator": False,
            "isAdmin": False,
            "injectFeaturedNote": True,
            "receiveAnnouncementEmail": True,
            "alwaysMarkNsfw": False,
            "autoSensitive": False,
            "carefulBot": False,
            "autoAcceptFollowed": True,
            "noCrawle": False,
            "preventAiLearning": False,
            "isExplorable": True,
            "isDeleted": False,
            "twoFactorBackupCodesStock": "none",
            "hideOnlineStatus": False,
            "hasUnreadSpecifiedNotes": False,
            "hasUnreadMentions": False,
            "hasUnreadChatMessages": any(who == person.id for who, _ in self.world.chat_news),
            "hasUnreadAnnouncement": bool(self.unread_announcements(person)),
            "unreadAnnouncements": self.unread_announcements(person),
            "hasUnreadAntenna": False,
            "hasUnreadChannel": False,
            "hasUnreadNotification": unread(self.world, person) > 0,
            "hasPendingReceivedFollowRequest": any(
                asked == person.id for _, asked in self.world.follow_requests
            ),
            "unreadNotificationsCount": unread(self.world, person),
            "mutedWords": [],
            "hardMutedWords": [],
            "mutedInstances": [],
            "mutingNotificationTypes": [],
            "notificationRecieveConfig": {},
            "emailNotificationTypes": ["follow", "receiveFollowRequest"],
            "achievements": [],
            "loggedInDays": 1,
            "policies": {**self.policies(), "rateLimitFactor": person.rate_limit_factor},
        }

    def policies(self) -> Json:
        """The default role's rights in this world."""
        settings = self.world.settings
        return {
            **POLICIES,
            "driveCapacityMb": settings.drive_capacity_mb,
            "maxFileSizeMb": settings.max_file_size_mb,
            "canInvite": settings.can_invite,
            "canSearchNotes": settings.can_search_notes,
            "inviteLimit": settings.invite_limit,
            "ltlAvailable": settings.local_timeline,
            "gtlAvailable": settings.global_timeline,
        }

    def role(self, role: Role) -> Json:
        """A role as it stands on a profile."""
        return {
            "id": role.id,
            "name": role.name,
            "color": role.color,
            "iconUrl": None,
            "description": role.description,
            "isModerator": False,
            "isAdministrator": False,
            "displayOrder": 0,
        }

    def role_detailed(self, role: Role) -> Json:
        """A role by itself. Its rules and rights are the default ones here."""
        having = [person for person in self.world.people.values() if role in person.roles]
        moment = iso(moment_of(role.id))
        return {
            **self.role(role),
            "createdAt": moment,
            "updatedAt": moment,
            "target": "manual",
            "condFormula": {"id": role.id, "type": "isLocal"},
            "isPublic": True,
            "isExplorable": role.explorable,
            "asBadge": False,
            "preserveAssignmentOnMoveAccount": False,
            "canEditMembersByModerator": False,
            "policies": {},
            "usersCount": len(having),
        }

    def user_list(self, made: UserList) -> Json:
        """A list of people (users-lists-show.json)."""
        return {
            "id": made.id,
            "createdAt": iso(made.created),
            "name": made.name,
            "userIds": made.members,
            "isPublic": made.public,
        }

    def membership(self, id: str, person: Person, *, with_replies: bool) -> Json:
        """Somebody on a list (users-lists-get-memberships.json)."""
        return {
            "id": id,
            "createdAt": iso(moment_of(id)),
            "userId": person.id,
            "user": self.user(person),
            "withReplies": with_replies,
        }

    def antenna(self, antenna: Antenna) -> Json:
        """An antenna (antennas-show.json)."""
        return {
            "id": antenna.id,
            "createdAt": iso(antenna.created),
            "name": antenna.name,
            "keywords": antenna.keywords,
            "excludeKeywords": [[]],
            "src": "all",
            "userListId": None,
            "users": [],
            "caseSensitive": False,
            "localOnly": False,
            "excludeBots": False,
            "withReplies": False,
            "withFile": False,
            "excludeNotesInSensitiveChannel": False,
            "isActive": True,
            "hasUnreadNote": False,
            "notify": False,
            **antenna.more,
        }

    def notification(self, told: Notification) -> Json:
        """One notification (i-notifications.json): who and which note only where there is one."""
        shown: Json = {"id": told.id, "createdAt": iso(told.created), "type": told.type}
        if told.user_id is not None:
            shown |= {
                "userId": told.user_id,
                "user": self.user(self.world.people[told.user_id]),
            }
        if told.note_id is not None:
            shown["note"] = self.note(self.world.notes[told.note_id])
        if invited := told.more.get("invited"):
            room, person = cast("tuple[ChatRoom, Person]", invited)
            return {**shown, "invitation": self.chat_invitation(told.id, room, person)}
        return {**shown, **told.more}

    # Notes ----------------------------------------------------------------

    def notes(self, notes: list[Note]) -> list[Json]:
        """Several notes."""
        return [self.note(note) for note in notes]

    def note(self, note: Note, *, detail: bool = True) -> Json:
        """A note; without `detail` (inside `reply`) it has no reply, renote or poll of its own."""
        world = self.world
        author = world.people[note.user_id]
        reactions = counts(note.reactions)
        shown: Json = {
            "id": note.id,
            "createdAt": iso(note.created),
            "userId": note.user_id,
            "user": self.user(author),
            "text": note.text,
            "cw": note.cw,
            "visibility": note.visibility,
            "localOnly": note.local_only,
            "reactionAcceptance": note.reaction_acceptance,
        }
        if note.visibility == "specified":
            shown["visibleUserIds"] = note.visible_user_ids
        shown |= {
            "renoteCount": note.renote_count,
            "repliesCount": note.replies_count,
            "reactionCount": len(note.reactions),
            "reactions": reactions,
            "reactionEmojis": {
                name: self._remote_emoji(name)
                for name in (reaction.strip(":") for reaction in reactions)
                if "@" in name and not name.endswith("@.")
            },
        }
        if author.host is not None:
            shown["emojis"] = self._remote_emojis(f"{e}@{author.host}" for e in note.emojis)
        if note.tags:
            shown["tags"] = note.tags
        files = [world.files[id] for id in note.file_ids if id in world.files]
        shown |= {
            "fileIds": note.file_ids,
            "files": [self.file(file) for file in files],
            "replyId": note.reply_id,
            "renoteId": note.renote_id,
        }
        if note.channel_id is not None:
            shown["channelId"] = note.channel_id
            shown["channel"] = self.channel(world.channels[note.channel_id])
        if note.mentions:
            shown["mentions"] = note.mentions
        if note.uri is not None:
            shown["uri"] = shown["url"] = note.uri
        if note.poll:
            shown["hasPoll"] = True
        if detail:
            shown |= self._detail(note)
        if not world.is_visible(note, self.me):
            _hide(shown)
        return shown

    def _detail(self, note: Note) -> Json:
        shown: Json = {"clippedCount": note.clipped_count}
        if note.reply_id is not None:
            target = self.world.notes.get(note.reply_id)
            # `replyId` with a null `reply`: what it answered is gone (FACTS.md C.4).
            shown["reply"] = None if target is None else self.note(target, detail=False)
        if note.renote_id is not None:
            target = self.world.notes.get(note.renote_id)
            shown["renote"] = None if target is None else self.note(target)
        if note.poll:
            shown["poll"] = self.poll(note.poll)
        if self.me is not None and self.me.id in note.reactions:
            shown["myReaction"] = note.reactions[self.me.id]
        return shown

    def _remote_emojis(self, names: Iterable[str]) -> dict[str, str]:
        return {name.split("@")[0]: self._remote_emoji(name) for name in names}

    def _remote_emoji(self, name: str) -> str:
        """`name@host`: the real server names the other's picture, we draw one ourselves,
        so that a page of the sandbox asks nobody else for anything."""
        return f"{self.world.origin}/emoji/{name}.webp"

    def poll(self, poll: Poll) -> Json:
        """A question with its counts, and what `me` chose."""
        mine = poll.votes.get(self.me.id, []) if self.me else []
        cast = [choice for votes in poll.votes.values() for choice in votes]
        return {
            "multiple": poll.multiple,
            "expiresAt": None if poll.expires is None else iso(poll.expires),
            "choices": [
                {"text": text, "votes": cast.count(number), "isVoted": number in mine}
                for number, text in enumerate(poll.choices)
            ],
        }

    def channel(self, channel: Channel) -> Json:
        """The few words on a channel that a note carries."""
        return {
            "id": channel.id,
            "name": channel.name,
            "color": channel.color,
            "isSensitive": channel.sensitive,
            "allowRenoteToExternal": channel.allow_renote_to_external,
            "userId": channel.user_id,
        }

    def channel_detailed(self, channel: Channel) -> Json:
        """A channel with its counts (channels-followed.json)."""
        notes = [note for note in self.world.notes.values() if note.channel_id == channel.id]
        shown: Json = {
            "id": channel.id,
            "createdAt": iso(channel.created),
            "lastNotedAt": iso(max(note.created for note in notes)) if notes else None,
            "name": channel.name,
            "description": channel.description,
            "userId": channel.user_id,
            "bannerUrl": self.file_url(channel.banner) if channel.banner else None,
            "bannerId": channel.banner.id if channel.banner else None,
            "pinnedNoteIds": channel.pinned,
            "color": channel.color,
            "isArchived": channel.archived,
            "usersCount": len({note.user_id for note in notes}),
            "notesCount": len(notes),
            "isSensitive": channel.sensitive,
            "allowRenoteToExternal": channel.allow_renote_to_external,
        }
        if self.me is not None:
            shown |= {
                "isFollowing": (self.me.id, channel.id) in self.world.channel_following,
                "isFavorited": (self.me.id, channel.id) in self.world.channel_favorites,
                "isMuting": (self.me.id, channel.id) in self.world.channel_muting,
                "hasUnreadNote": False,
            }
        return shown

    def clip(self, clip: Clip) -> Json:
        """A clip (clips-list.json): its count is told to its owner only."""
        last = clip.last_clipped
        shown: Json = {
            "id": clip.id,
            "createdAt": iso(clip.created),
            "lastClippedAt": None if last is None else iso(last),
            "userId": clip.user_id,
            "user": self.user(self.world.people[clip.user_id]),
            "name": clip.name,
            "description": clip.description,
            "isPublic": clip.public,
            "favoritedCount": sum(kept == clip.id for _, kept in self.world.clip_favorites),
        }
        if self.me is not None:
            shown["isFavorited"] = (self.me.id, clip.id) in self.world.clip_favorites
        if self.me is not None and self.me.id == clip.user_id:
            shown["notesCount"] = len(clip.notes)
        return shown

    def announcement(self, announcement: Announcement) -> Json:
        """What the keepers say; whether it was read, only to those who are signed in."""
        shown: Json = {
            "id": announcement.id,
            "createdAt": iso(announcement.created),
            "updatedAt": None,
            "text": announcement.text,
            "title": announcement.title,
            "imageUrl": None,
            "icon": announcement.icon,
            "display": announcement.display,
            "needConfirmationToRead": False,
            "silence": True,
            "forYou": False,
        }
        if self.me is not None:
            read = self.world.announcements_read
            shown["isRead"] = (self.me.id, announcement.id) in read
        return shown

    def unread_announcements(self, person: Person) -> list[Json]:
        """Those that this person has not read yet."""
        read = self.world.announcements_read
        told = self.world.announcements
        return [self.announcement(one) for one in told if (person.id, one.id) not in read]

    def note_draft(self, draft: NoteDraft) -> Json:
        """A note that was begun (the schema NoteDraft; there is no recording)."""
        world, holds = self.world, draft.holds
        poll, channel = holds.get("poll"), world.channels.get(holds.get("channelId") or "")
        files = [world.files[id] for id in holds.get("fileIds") or [] if id in world.files]
        shown: Json = {
            "id": draft.id,
            "createdAt": iso(draft.created),
            "userId": draft.user_id,
            "user": self.user(world.people[draft.user_id]),
            "text": holds.get("text"),
            "cw": holds.get("cw"),
            "visibility": holds["visibility"],
            "visibleUserIds": holds.get("visibleUserIds") or [],
            "localOnly": bool(holds.get("localOnly")),
            "reactionAcceptance": holds.get("reactionAcceptance"),
            "hashtag": holds.get("hashtag"),
            "fileIds": [file.id for file in files],
            "files": [self.file(file) for file in files],
            "replyId": holds.get("replyId"),
            "renoteId": holds.get("renoteId"),
            "channelId": holds.get("channelId"),
            "poll": None,
            "scheduledAt": holds.get("scheduledAt"),
            "isActuallyScheduled": draft.is_scheduled,
        }
        if poll is not None:
            ends = poll.get("expiresAt")
            shown["poll"] = {
                "choices": poll["choices"],
                "multiple": bool(poll.get("multiple")),
                "expiresAt": None if ends is None else iso(ends / 1000),
                "expiredAfter": poll.get("expiredAfter"),
            }
        for key in ("reply", "renote"):
            target = world.notes.get(holds.get(f"{key}Id") or "")
            if target is not None:
                shown[key] = self.note(target)
        if channel is not None:
            shown["channel"] = {
                "id": channel.id,
                "name": channel.name,
                "color": channel.color,
                "isSensitive": False,
                "allowRenoteToExternal": channel.allow_renote_to_external,
                "userId": channel.user_id,
            }
        return shown

    def written_page(self, page: WrittenPage, *, detail: bool = False) -> Json:
        """A page (pages-show.json); whether one likes it is told only of one by itself."""
        return {
            **self._work(page),
            "content": page.content,
            "variables": page.variables,
            "title": page.title,
            "name": page.name,
            "summary": page.summary,
            "hideTitleWhenPinned": page.hide_title,
            "alignCenter": page.align_center,
            "font": page.font,
            "script": page.script,
            "eyeCatchingImageId": page.eye_catching.id if page.eye_catching else None,
            "eyeCatchingImage": self.file(page.eye_catching) if page.eye_catching else None,
            "attachedFiles": [self.file(file) for file in page.files],
            **self._likes(page.id, detail=detail),
        }

    def gallery_post(self, post: GalleryPost) -> Json:
        """A post of a gallery (gallery-posts-show.json)."""
        return {
            **self._work(post),
            "title": post.title,
            "description": post.description,
            "fileIds": [file.id for file in post.files],
            "files": [self.file(file) for file in post.files],
            "isSensitive": post.sensitive,
            **self._likes(post.id),
        }

    def play(self, play: Play, *, detail: bool = False) -> Json:
        """A Play (flash-show.json)."""
        return {
            **self._work(play),
            "title": play.title,
            "summary": play.summary,
            "script": play.script,
            "visibility": "public" if play.public else "private",
            **self._likes(play.id, detail=detail),
        }

    def _work(self, work: WrittenPage | GalleryPost | Play) -> Json:
        return {
            "id": work.id,
            "createdAt": iso(work.created),
            "updatedAt": iso(work.created),
            "userId": work.user_id,
            "user": self.user(self.world.people[work.user_id]),
        }

    def _likes(self, id: str, *, detail: bool = True) -> Json:
        shown: Json = {"likedCount": sum(liked == id for _, liked in self.world.likes)}
        if detail and self.me is not None:
            shown["isLiked"] = (self.me.id, id) in self.world.likes
        return shown

    def webhook(self, hook: Webhook) -> Json:
        """Who is told of what happens, and of what."""
        return {
            "id": hook.id,
            "userId": hook.user_id,
            "name": hook.name,
            "on": hook.on,
            "url": hook.url,
            "secret": hook.secret,
            "active": hook.active,
            "latestSentAt": None,
            "latestStatus": None,
        }

    def invite(self, invite: Invite) -> Json:
        """An invitation code, and who came by it."""
        people = self.world.people
        return {
            "id": invite.id,
            "code": invite.code,
            "expiresAt": None if invite.expires is None else iso(invite.expires),
            "createdAt": iso(invite.created),
            "createdBy": self.user(people[invite.user_id]),
            "usedBy": None if invite.used_by is None else self.user(people[invite.used_by]),
            "usedAt": None if invite.used is None else iso(invite.used),
            "used": invite.used_by is not None,
        }

    def reaction(self, note: Note, person: Person) -> Json:
        """One reaction in the list of a note's (notes-reactions.json)."""
        id = self.world.reaction_id(note, person.id)
        return {
            "id": id,
            "createdAt": iso(moment_of(id)),
            "user": self.user(person),
            "type": note.reactions[person.id],
        }

    def favorite(self, id: str, note: Note) -> Json:
        """A favourite (i-favorites.json)."""
        return {
            "id": id,
            "createdAt": iso(moment_of(id)),
            "noteId": note.id,
            "note": self.note(note),
        }

    # Chat -----------------------------------------------------------------

    def chat_message(self, message: ChatMessage) -> Json:
        """A message with everybody concerned (chat-messages-show.json)."""
        world = self.world
        shown = self._chat_content(message) | {
            "fromUser": self.user(world.people[message.from_id]),
            "toUserId": message.to_id,
            "toRoomId": message.room_id,
            "reactions": self._chat_reactions(message),
        }
        if message.to_id is not None:
            shown["toUser"] = self.user(world.people[message.to_id])
        if message.room_id is not None:
            shown["toRoom"] = self.chat_room(world.chat_rooms[message.room_id])
        return shown

    def chat_message_lite(self, message: ChatMessage) -> Json:
        """A message in its conversation: between two people it is known who they are
        (chat-messages-user.json)."""
        shown = self._chat_content(message)
        if message.room_id is None:
            given = [{"reaction": reaction} for _, reaction in message.reactions]
            return shown | {"toUserId": message.to_id, "reactions": given}
        return shown | {
            "fromUser": self.user(self.world.people[message.from_id]),
            "toRoomId": message.room_id,
            "reactions": self._chat_reactions(message),
        }

    def _chat_content(self, message: ChatMessage) -> Json:
        file = self.world.files.get(message.file_id or "")
        return {
            "id": message.id,
            # Read off the id, as there; messages are asked for by it.
            "createdAt": iso(moment_of(message.id)),
            "text": message.text,
            "fromUserId": message.from_id,
            "fileId": message.file_id,
            "file": self.file(file) if file else None,
        }

    def _chat_reactions(self, message: ChatMessage) -> list[Json]:
        return [
            {"user": self.user(self.world.people[who]), "reaction": reaction}
            for who, reaction in message.reactions
        ]

    def chat_room(self, room: ChatRoom) -> Json:
        """A room (chat-rooms-owned.json)."""
        me = self.me.id if self.me else ""
        return {
            "id": room.id,
            "createdAt": iso(room.created),
            "name": room.name,
            "description": room.description,
            "ownerId": room.owner_id,
            "owner": self.user(self.world.people[room.owner_id]),
            "isMuted": room.members.get(me, False),
            "invitationExists": me in room.invited,
        }

    def chat_membership(self, id: str, room: ChatRoom, person: Person) -> Json:
        """Somebody's place in a room, without either of them."""
        return {
            "id": id,
            "createdAt": iso(moment_of(id)),
            "userId": person.id,
            "roomId": room.id,
        }

    def chat_invitation(self, id: str, room: ChatRoom, person: Person) -> Json:
        """That somebody is asked into a room."""
        return {
            "id": id,
            "createdAt": iso(moment_of(id)),
            "roomId": room.id,
            "room": self.chat_room(room),
            "userId": person.id,
            "user": self.user(person),
        }

    # Files, emoji, apps ---------------------------------------------------

    def file(self, file: File, *, detail: bool = False, own: bool = False) -> Json:
        """A file. Its owner and folder are shown only in `detail` (drive-files-show.json);
        what one has just sent or changed names no owner at all (`own`: drive-files-create.json)."""
        content = file.content
        size = {"width": content.width, "height": content.height} if content.is_picture else {}
        has_thumbnail = content.is_picture or content.poster is not None
        thumbnail = self.file_url(file, thumbnail=True) if has_thumbnail else None
        owner = self.world.people[file.user_id]
        return {
            "id": file.id,
            "createdAt": iso(file.created),
            "name": file.name,
            "type": content.type,
            "md5": content.md5,
            "size": content.size,
            "isSensitive": file.sensitive,
            "blurhash": content.blurhash,
            "properties": size,
            "url": self.file_url(file),
            "thumbnailUrl": thumbnail,
            "comment": file.comment,
            "folderId": file.folder_id,
            "folder": self.folder(self.world.folders[file.folder_id], detail=True)
            if detail and file.folder_id
            else None,
            "userId": None if own else file.user_id,
            "user": self.user(owner) if detail else None,
        }

    def folder(self, folder: Folder, *, detail: bool = False) -> Json:
        """A folder of the drive; in `detail` with its counts, and with what it is in."""
        shown: Json = {
            "id": folder.id,
            "createdAt": iso(folder.created),
            "name": folder.name,
            "parentId": folder.parent_id,
        }
        if not detail:
            return shown
        folders, files = self.world.folders, self.world.files.values()
        shown |= {
            "foldersCount": sum(other.parent_id == folder.id for other in folders.values()),
            "filesCount": sum(file.folder_id == folder.id for file in files),
        }
        if folder.parent_id is not None:
            shown["parent"] = self.folder(folders[folder.parent_id], detail=True)
        return shown

    def file_url(self, file: File, *, thumbnail: bool = False) -> str:
        """Where the file is served; a remote one names its own server."""
        name = f"thumbnail-{file.key}" if thumbnail else file.key
        return f"{file.origin or self.world.origin}/files/{name}"

    def emoji(self, emoji: Emoji) -> Json:
        """An emoji in the list of all (emojis.json): flags only where they are set."""
        shown: Json = {
            "aliases": emoji.aliases,
            "name": emoji.name,
            "category": emoji.category,
            "url": self.file_url(emoji.file),
        }
        if emoji.local_only:
            shown["localOnly"] = True
        if emoji.sensitive:
            shown["isSensitive"] = True
        return shown

    def emoji_detailed(self, emoji: Emoji) -> Json:
        """One emoji with all that is known of it (emoji-one.json)."""
        return {
            "id": emoji.id,
            "aliases": emoji.aliases,
            "name": emoji.name,
            "category": emoji.category,
            "host": None,
            "url": self.file_url(emoji.file),
            "license": emoji.license,
            "isSensitive": emoji.sensitive,
            "localOnly": emoji.local_only,
            "roleIdsThatCanBeUsedThisEmojiAsReaction": [],
        }

    def app(self, app: App, *, secret: bool = False) -> Json:
        """An app; its secret only for the one who registers it."""
        shown: Json = {
            "id": app.id,
            "name": app.name,
            "callbackUrl": app.callback_url,
            "permission": app.permission,
        }
        if secret:
            shown["secret"] = app.secret
        if self.me is not None:
            shown["isAuthorized"] = self.world.apps.is_allowed(app, self.me)
        return shown


def _hide(shown: Json) -> None:
    """A note one may not read: its shell remains (FACTS.md C.4, `isHidden`)."""
    shown.pop("visibleUserIds", None)
    shown.pop("poll", None)
    shown |= {"fileIds": [], "files": [], "text": None, "cw": None, "isHidden": True}
