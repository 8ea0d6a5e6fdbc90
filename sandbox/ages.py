"""How old the server is, and what follows from it.

The sandbox is a 2025.11 unless told otherwise; `v12` is as 12.108 and `v11` as
11.37 in our recordings (DIFFERENCES.md). What differs in an answer's shape is
in `old_shapes.py`, in an endpoint in `endpoints/old.py`, on the wire in
`old_wire.py`; here is what they ask.
"""

from __future__ import annotations

from dataclasses import dataclass

GONE_FROM_BOTH = frozenset(
    {
        "announcements/show",
        "channels/favorite",
        "channels/mute/create",
        "channels/mute/delete",
        "channels/mute/list",
        "channels/my-favorites",
        "channels/search",
        "channels/unfavorite",
        "charts/user/pv",
        "chat/history",
        "chat/messages/create-to-room",
        "chat/messages/create-to-user",
        "chat/messages/delete",
        "chat/messages/react",
        "chat/messages/room-timeline",
        "chat/messages/search",
        "chat/messages/show",
        "chat/messages/unreact",
        "chat/messages/user-timeline",
        "chat/read-all",
        "chat/rooms/create",
        "chat/rooms/delete",
        "chat/rooms/invitations/create",
        "chat/rooms/invitations/ignore",
        "chat/rooms/invitations/inbox",
        "chat/rooms/invitations/outbox",
        "chat/rooms/join",
        "chat/rooms/joining",
        "chat/rooms/leave",
        "chat/rooms/members",
        "chat/rooms/mute",
        "chat/rooms/owned",
        "chat/rooms/show",
        "chat/rooms/update",
        "clips/favorite",
        "clips/my-favorites",
        "clips/remove-note",
        "clips/unfavorite",
        "drive/files/attached-chat-messages",
        "drive/files/move-bulk",
        "emoji",
        "emojis",
        "federation/stats",
        "flash/create",
        "flash/delete",
        "flash/featured",
        "flash/like",
        "flash/my",
        "flash/my-likes",
        "flash/search",
        "flash/show",
        "flash/unlike",
        "flash/update",
        "following/requests/sent",
        "following/update",
        "following/update-all",
        "get-avatar-decorations",
        "i/notifications-grouped",
        "i/webhooks/create",
        "i/webhooks/delete",
        "i/webhooks/list",
        "i/webhooks/show",
        "i/webhooks/update",
        "invite/create",
        "invite/delete",
        "invite/limit",
        "invite/list",
        "notes/drafts/count",
        "notes/drafts/create",
        "notes/drafts/delete",
        "notes/drafts/list",
        "notes/drafts/update",
        "notifications/flush",
        "notifications/test-notification",
        "retention",
        "roles/list",
        "roles/notes",
        "roles/show",
        "roles/users",
        "users/achievements",
        "users/featured-notes",
        "users/flashs",
        "users/lists/create-from-public",
        "users/lists/favorite",
        "users/lists/get-memberships",
        "users/lists/unfavorite",
        "users/lists/update-membership",
        "users/update-memo",
    }
)


@dataclass(frozen=True)
class Age:
    """One age. `unknown` is what becomes of a reaction that nobody knows."""

    name: str
    version: str
    unknown: str
    missing: frozenset[str] = frozenset()
    """Endpoints of ours which it has not."""

    @property
    def old(self) -> bool:
        """Before 13: its own wire, its own errors, notes that end with what they answer."""
        return self.name != "2025.11"

    @property
    def v11(self) -> bool:
        """The oldest: its own checks of parameters, and reactions that are words."""
        return self.name == "v11"


AGES = {
    age.name: age
    for age in (
        Age("2025.11", "2025.11.0", "❤"),
        Age("v12", "12.108.1", "👍", GONE_FROM_BOTH),
        Age(
            "v11",
            "11.37.1",
            "like",
            GONE_FROM_BOTH
            | {
                "announcements",
                "antennas/create",
                "antennas/delete",
                "antennas/list",
                "antennas/notes",
                "antennas/show",
                "antennas/update",
                "channels/create",
                "channels/featured",
                "channels/follow",
                "channels/followed",
                "channels/owned",
                "channels/show",
                "channels/timeline",
                "channels/unfollow",
                "channels/update",
                "charts/ap-request",
                "clips/add-note",
                "clips/create",
                "clips/delete",
                "clips/list",
                "clips/notes",
                "clips/show",
                "clips/update",
                "federation/followers",
                "federation/following",
                "federation/update-remote-user",
                "federation/users",
                "following/invalidate",
                "gallery/featured",
                "gallery/popular",
                "gallery/posts",
                "gallery/posts/create",
                "gallery/posts/delete",
                "gallery/posts/like",
                "gallery/posts/show",
                "gallery/posts/unlike",
                "gallery/posts/update",
                "get-online-users-count",
                "i/gallery/likes",
                "i/gallery/posts",
                "i/read-announcement",
                "i/registry/get",
                "i/registry/get-all",
                "i/registry/get-detail",
                "i/registry/keys",
                "i/registry/keys-with-type",
                "i/registry/remove",
                "i/registry/set",
                "notes/clips",
                "notes/thread-muting/create",
                "notes/thread-muting/delete",
                "notes/translate",
                "notifications/create",
                "pages/featured",
                "ping",
                "renote-mute/create",
                "renote-mute/delete",
                "renote-mute/list",
                "server-info",
                "users/clips",
                "users/gallery/posts",
                "users/reactions",
                "users/search-by-username-and-host",
            },
        ),
    )
}
NOW = AGES["2025.11"]
WORDS = {
    "like": "👍",
    "love": "❤",
    "laugh": "😆",
    "hmm": "🤔",
    "surprise": "😮",
    "congrats": "🎉",
    "angry": "💢",
    "confused": "😥",
    "rip": "😇",
    "pudding": "🍮",
    "star": "⭐",
}
"""What reactions were called when they were words (FACTS.md C.4)."""
KEPT_WORDS = frozenset(WORDS) - {"star"}
"""Those that v11 keeps as they are."""
WORD_OF = {sign: word for word, sign in WORDS.items() if word not in {"pudding", "star"}}
"""What v11 makes of a sign; 🍮 was seen to stay one."""
