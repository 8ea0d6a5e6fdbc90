"""The people of the sandbox, their things, and who knows whom.

All of them are invented. What they say is in `story.py`.
"""

from __future__ import annotations

import uuid
from typing import Any

from . import chats, sampler, story
from .films import moonrise
from .pictures import Content, Ellipse, chime, picture, text_file
from .records import (
    Announcement,
    Antenna,
    Channel,
    Emoji,
    File,
    GalleryPost,
    Person,
    Play,
    Role,
    UserList,
    WrittenPage,
)
from .world import World

DAY = 86400.0
FAR = "far.example"
CREAM = (250, 244, 230)
LEAF = (94, 128, 88)
WOOD = (138, 90, 60)
SUN = (255, 214, 140)
NIGHT = (38, 44, 74)


def furnish(world: World) -> None:
    """Fill an empty world. Everything is dated back from the world's present."""
    began = world.clock.now() - 90 * DAY
    _people(world, began)
    _acquaintances(world)
    _emojis(world, began)
    _files(world, began)
    _channels(world, began)
    _lists_and_antennas(world, began)
    story.tell(world)
    _tidings(world)
    _works(world)
    _conversations(world)


def something_happens(world: World, turn: int) -> None:
    """One more note in Alice's home: what `--lively` does every half minute."""
    who, text = story.SMALL_TALK[turn % len(story.SMALL_TALK)]
    world.create_note(world.person(who), text=text)


def key(name: str) -> str:
    """The address of a file: as random as the server's, but the same at every start."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://sandbox.example/{name}"))


def _add_person(world: World, began: float, person: Person, face: Content | None) -> None:
    person.id, person.created = world.ids.at(began), began
    world.people[person.id] = person
    if face is not None:
        person.avatar = _add_file(world, began, person, f"{person.username}.png", face)
        if person.host:
            person.avatar.origin = f"https://{person.host}"


def _add_file(
    world: World,
    at: float,
    owner: Person,
    name: str,
    content: Content,
    comment: str | None = None,
    sensitive: bool = False,
) -> File:
    file = File(world.ids.at(at), at, owner.id, name, key(name), content, comment, sensitive)
    world.files[file.id] = file
    return file


def _face(top: tuple[int, int, int], bottom: tuple[int, int, int], *shapes: Ellipse) -> Content:
    return picture(160, 160, top, bottom, *shapes)


def _people(world: World, began: float) -> None:
    cup = (Ellipse(0.5, 0.62, 0.3, 0.22, CREAM), Ellipse(0.5, 0.52, 0.26, 0.08, (150, 170, 110)))
    cat = (
        Ellipse(0.34, 0.34, 0.1, 0.16, (90, 84, 80)),
        Ellipse(0.66, 0.34, 0.1, 0.16, (90, 84, 80)),
        Ellipse(0.5, 0.58, 0.32, 0.28, (90, 84, 80)),
        Ellipse(0.4, 0.55, 0.04, 0.06, SUN),
        Ellipse(0.6, 0.55, 0.04, 0.06, SUN),
    )
    flower = (
        Ellipse(0.5, 0.28, 0.15, 0.15, (230, 150, 160)),
        Ellipse(0.72, 0.5, 0.15, 0.15, (230, 150, 160)),
        Ellipse(0.5, 0.72, 0.15, 0.15, (230, 150, 160)),
        Ellipse(0.28, 0.5, 0.15, 0.15, (230, 150, 160)),
        Ellipse(0.5, 0.5, 0.13, 0.13, SUN),
    )
    calico = (
        Ellipse(0.33, 0.34, 0.1, 0.16, (226, 150, 84)),
        Ellipse(0.67, 0.34, 0.1, 0.16, (80, 70, 64)),
        Ellipse(0.5, 0.58, 0.32, 0.28, CREAM),
        Ellipse(0.4, 0.56, 0.03, 0.05, (60, 60, 60)),
        Ellipse(0.6, 0.56, 0.03, 0.05, (60, 60, 60)),
    )
    hill = (
        Ellipse(0.7, 0.3, 0.12, 0.12, SUN),
        Ellipse(0.3, 1.05, 0.6, 0.45, LEAF),
        Ellipse(0.9, 1.1, 0.5, 0.4, (70, 104, 80)),
    )
    moon = (Ellipse(0.6, 0.4, 0.2, 0.2, (244, 236, 200)), Ellipse(0.5, 0.36, 0.18, 0.18, NIGHT))
    people = [
        (
            Person(
                "",
                0,
                "alice",
                "Alice :tea:",
                description="Lives in a small house with a long veranda. Tea, rain, other "
                "people’s cats.\n縁側でお茶をのんでいます。 #engawa",
                location="the veranda",
                birthday="1991-05-04",
                fields=[
                    ("Garden", "https://garden.example/alice"),
                    ("Languages", "English, 日本語"),
                ],
                online="online",
            ),
            _face((238, 220, 190), (190, 150, 120), *cup),
        ),
        (
            Person(
                "",
                0,
                "bob",
                "Bob 🐱",
                is_cat=True,
                description="A cat who **codes** a little. $[tada Naps] a lot. Neighbour of @alice",
                location="a warm roof",
                fields=[("Web", "https://example.com")],
                online="active",
            ),
            _face((210, 214, 220), (150, 160, 172), *cat),
        ),
        (
            Person(
                "",
                0,
                "carol",
                "Carol",
                description="Seeds, soil, slow photographs.",
                fields=[("Shop", "https://seeds.example/")],
            ),
            _face((214, 230, 206), (150, 180, 140), *flower),
        ),
        # No name and no picture of his own: both happen.
        (Person("", 0, "dave", None, is_locked=True, online="offline"), None),
        (
            Person(
                "",
                0,
                "haru",
                "はる",
                is_cat=True,
                description="三毛です。ひなたぼっこと、おにぎりと、雨の音。\n:onigiri: :onigiri:",
                location="縁の下",
                birthday="2001-03-20",
                fields=[("好きなもの", "かつおぶし")],
                online="online",
            ),
            _face((250, 226, 196), (226, 180, 150), *calico),
        ),
        (
            Person(
                "",
                0,
                "tenki",
                "てんき予報",
                is_bot=True,
                description="朝と夕方に空模様をお知らせします。I only tell the weather.",
            ),
            _face((150, 196, 226), (220, 236, 240), *hill),
        ),
        (
            Person(
                "",
                0,
                "juno",
                "Juno of the hills :hidamari:",
                host=FAR,
                description="Writes letters from far away. Walks uphill, rolls down.",
                emojis=["hidamari"],
            ),
            _face((190, 214, 236), (240, 232, 210), *hill),
        ),
        (
            Person(
                "",
                0,
                "tsukimi",
                "月見ねこ",
                host=FAR,
                is_cat=True,
                description="夜更かしの星見。",
            ),
            _face(NIGHT, (84, 84, 130), *moon),
        ),
        (Person("", 0, "olmo", "Olmo", host=FAR), None),
    ]
    for number, (person, face) in enumerate(people):
        _add_person(world, began + number * 3600, person, face)
    alice = world.person("alice")
    dusk = picture(
        900, 300, (250, 222, 180), (196, 150, 140), Ellipse(0.8, 0.5, 0.06, 0.18, (255, 236, 200))
    )
    alice.banner = _add_file(world, began + DAY, alice, "veranda-at-dusk.png", dusk)


def _acquaintances(world: World) -> None:
    def follows(who: str, *others: str) -> None:
        for other in others:
            follower = _called(world, who)
            world.following.add((follower.id, _called(world, other).id))

    follows("alice", "bob", "carol", "dave", "haru", "tenki", "juno@", "tsukimi@")
    follows("bob", "alice", "carol", "haru")
    follows("carol", "alice", "bob", "haru", "juno@")
    follows("haru", "alice", "bob", "tenki", "tsukimi@")
    follows("dave", "bob")
    follows("juno@", "alice", "carol")
    follows("tsukimi@", "haru")
    # Alice wants to see what Carol answers to others.
    alice, carol = world.person("alice"), world.person("carol")
    world.following_replies.add((alice.id, carol.id))


def _called(world: World, name: str) -> Person:
    return world.person(name.rstrip("@"), FAR if name.endswith("@") else None)


def _emojis(world: World, began: float) -> None:
    bob = world.person("bob")
    drawn: dict[str, tuple[str | None, list[str], list[Ellipse]]] = {
        "tea": (
            "veranda",
            ["お茶", "ocha"],
            [
                Ellipse(0.5, 0.6, 0.38, 0.3, (232, 222, 200)),
                Ellipse(0.5, 0.45, 0.32, 0.11, LEAF),
            ],
        ),
        "onigiri": (
            "veranda",
            ["おにぎり", "riceball"],
            [
                Ellipse(0.5, 0.42, 0.3, 0.34, (248, 246, 240)),
                Ellipse(0.5, 0.6, 0.42, 0.28, (248, 246, 240)),
                Ellipse(0.5, 0.72, 0.18, 0.16, (44, 52, 46)),
            ],
        ),
        "furin": (
            "veranda",
            ["風鈴", "wind_bell"],
            [
                Ellipse(0.5, 0.35, 0.28, 0.3, (168, 214, 228)),
                Ellipse(0.5, 0.8, 0.06, 0.18, (226, 120, 110)),
            ],
        ),
        "neko_sleep": (
            "cats",
            ["ねこ", "sleepy"],
            [
                Ellipse(0.5, 0.62, 0.44, 0.28, (120, 112, 106)),
                Ellipse(0.28, 0.44, 0.16, 0.2, (120, 112, 106)),
            ],
        ),
        "purr": (
            "cats",
            ["ごろごろ"],
            [
                Ellipse(0.5, 0.5, 0.4, 0.4, (226, 150, 84)),
                Ellipse(0.5, 0.6, 0.16, 0.08, CREAM),
            ],
        ),
        "ohayo": (
            None,
            ["おはよう", "good_morning"],
            [
                Ellipse(0.5, 0.5, 0.36, 0.36, SUN),
                Ellipse(0.5, 0.98, 0.6, 0.3, (226, 140, 90)),
            ],
        ),
        "yoi": (
            None,
            ["よい", "nice"],
            [
                Ellipse(0.5, 0.5, 0.42, 0.42, (226, 96, 88)),
                Ellipse(0.5, 0.5, 0.3, 0.3, CREAM),
            ],
        ),
    }
    for name, (category, aliases, shapes) in drawn.items():
        art = picture(72, 72, CREAM, CREAM, *shapes, transparent=True)
        file = _add_file(world, began, bob, f"emoji-{name}.png", art)
        world.emojis[name] = Emoji(world.ids.at(began), name, file, aliases, category)
    world.emojis["purr"].local_only = True
    world.emojis["yoi"].sensitive = True
    world.emojis["tea"].license = "CC0"


def _files(world: World, began: float) -> None:
    """The files that notes of the story show, under the names by which it asks for them."""
    at = began + 2 * DAY

    def add(
        who: str,
        name: str,
        content: Content,
        comment: str | None = None,
        sensitive: bool = False,
    ) -> File:
        return _add_file(world, at, _called(world, who), name, content, comment, sensitive)

    sampler.add_files(add)
    sky = ((150, 190, 220), (246, 232, 214))
    add(
        "alice",
        "morning-veranda.png",
        picture(
            1280,
            800,
            *sky,
            Ellipse(0.78, 0.28, 0.07, 0.11, SUN),
            Ellipse(0.2, 0.95, 0.5, 0.3, LEAF),
            Ellipse(0.5, 1.25, 0.9, 0.45, WOOD),
        ),
        "The veranda at six: a low sun, the garden still blue, one cup on the boards.",
    )
    add(
        "alice",
        "first-tomato.png",
        picture(
            640,
            640,
            (220, 234, 206),
            (150, 180, 140),
            Ellipse(0.5, 0.55, 0.26, 0.24, (214, 74, 58)),
            Ellipse(0.5, 0.33, 0.1, 0.05, LEAF),
        ),
        "はじめてのトマト。手のひらにちょうどのる大きさ。",
    )
    # Without alt text, on purpose: so do many pictures arrive.
    add(
        "alice",
        "rain.png",
        picture(960, 540, (120, 132, 140), (170, 178, 176), Ellipse(0.5, 1.1, 0.9, 0.4, LEAF)),
    )
    add(
        "alice",
        "tea-notes.txt",
        text_file("Water 70 °C for sencha, 50 °C for gyokuro.\nほうじ茶は熱いお湯で、さっと。\n"),
        "How hot, for which tea",
    )
    add(
        "bob",
        "roof.png",
        picture(
            800,
            600,
            (246, 214, 170),
            (206, 140, 110),
            Ellipse(0.5, 1.1, 0.8, 0.5, (110, 112, 122)),
            Ellipse(0.42, 0.62, 0.1, 0.06, (80, 74, 70)),
        ),
        "A grey cat asleep on warm roof tiles, as seen from the next roof.",
    )
    add(
        "bob",
        "vet.png",
        picture(600, 400, (226, 214, 214), (200, 170, 170), Ellipse(0.5, 0.5, 0.2, 0.1, WOOD)),
        "A paw with a bandage, a little blood.",
        sensitive=True,
    )
    tall = [
        ("sprout-1.png", (232, 228, 210), (140, 104, 80), "Day 1: bare soil in a clay pot."),
        ("sprout-2.png", (226, 232, 206), (140, 104, 80), "Day 4: one green hook."),
        ("sprout-3.png", (214, 232, 196), (140, 104, 80), "Day 7: two leaves, open."),
        ("sprout-4.png", (202, 230, 186), (140, 104, 80), None),
    ]
    for number, (name, top, bottom, comment) in enumerate(tall):
        leaves = [
            Ellipse(0.5 + side * 0.05 * number, 0.66 - 0.05 * number, 0.05 * number, 0.04, LEAF)
            for side in (-1, 1)
            if number
        ]
        stem = Ellipse(0.5, 0.72, 0.012, 0.05 + 0.05 * number, LEAF)
        pot = [
            Ellipse(0.5, 0.92, 0.26, 0.2, (186, 110, 78)),
            Ellipse(0.5, 0.76, 0.27, 0.05, (96, 70, 54)),
        ]
        leaves = [*pot, stem, *leaves] if number else pot
        add("carol", name, picture(540, 720, top, bottom, *leaves), comment)
    add(
        "carol",
        "panorama.png",
        picture(
            1600,
            420,
            *sky,
            Ellipse(0.2, 1.0, 0.3, 0.5, LEAF),
            Ellipse(0.6, 1.1, 0.4, 0.5, (120, 150, 96)),
            Ellipse(0.95, 1.0, 0.25, 0.6, (84, 116, 84)),
        ),
        "The whole allotment in one long picture: beans, maize, the shed, the compost.",
    )
    add(
        "haru",
        "onigiri.png",
        picture(
            720,
            540,
            (240, 226, 204),
            (206, 180, 150),
            Ellipse(0.5, 0.72, 0.42, 0.2, (176, 190, 196)),
            *_rice_ball(0.34),
            *_rice_ball(0.66),
        ),
        "お皿のうえのおにぎりふたつ。ひとつは梅、ひとつはおかか。",
    )
    add("haru", "furin.wav", chime(), "風鈴の音、一秒半")
    add("dave", "walk.mp4", moonrise(), None)
    add(
        "tsukimi@",
        "moon.png",
        picture(700, 700, NIGHT, (70, 74, 116), Ellipse(0.5, 0.45, 0.2, 0.2, (248, 240, 206))),
        "まるい月。",
    )
    add(
        "juno@",
        "letter.png",
        picture(
            640,
            480,
            (250, 246, 236),
            (236, 228, 212),
            *[Ellipse(0.42, 0.2 + 0.1 * n, 0.3, 0.006, (110, 116, 140)) for n in range(5)],
            Ellipse(0.62, 0.42, 0.09, 0.14, (186, 190, 206)),
            Ellipse(0.7, 0.75, 0.12, 0.006, (110, 116, 140)),
        ),
    )


def _rice_ball(x: float) -> list[Ellipse]:
    rice = (250, 248, 242)
    return [
        Ellipse(x, 0.44, 0.08, 0.14, rice),
        Ellipse(x, 0.56, 0.12, 0.16, rice),
        Ellipse(x, 0.66, 0.15, 0.11, rice),
        Ellipse(x, 0.7, 0.06, 0.08, (44, 52, 46)),
    ]


def _channels(world: World, began: float) -> None:
    for name, color, owner in (("お茶の間", "#86b300", "haru"), ("Allotments", "#5e8058", "carol")):
        at = began + 3 * DAY
        channel = Channel(world.ids.at(at), name, color, world.person(owner).id, created=at)
        world.channels[channel.id] = channel
        for who in ("alice", owner):
            world.follow_channel(world.person(who), channel, at)


def _lists_and_antennas(world: World, began: float) -> None:
    alice = world.person("alice")
    for name, members in (("Neighbours", ("bob", "carol", "haru")), ("とおくの人", ("juno@",))):
        at = began + 4 * DAY
        ids = [_called(world, member).id for member in members]
        made = UserList(world.ids.at(at), at, alice.id, name, ids)
        world.lists[made.id] = made
    for name, keywords in (("Tea", [["tea"], ["お茶"]]), ("おにぎり", [["おにぎり"]])):
        at = began + 5 * DAY
        antenna = Antenna(world.ids.at(at), at, alice.id, name, keywords)
        world.antennas[antenna.id] = antenna


def _tidings(world: World) -> None:
    """What Alice was told that no note tells, and what others know of her."""
    alice, bob, dave = (world.person(name) for name in ("alice", "bob", "dave"))
    now = world.clock.now()
    keeper = Role(world.ids.at(now - 80 * DAY), "縁側もり", "#5e8058", "Sweeps the veranda.")
    alice.roles, bob.roles = [keeper], []
    alice.verified = ["https://garden.example/alice"]
    world.person("carol").public_reactions = False
    for who, hours in (("juno@", 60 * 24), ("haru", 50 * 24), ("carol", 50 * 24 - 1)):
        world.tell(alice, "follow", _called(world, who), at=now - hours * 3600)
    world.tell(alice, "follow", bob, at=now - 5 * 3600)
    world.follow_requests.add((_called(world, "olmo@").id, dave.id))
    world.tell(dave, "receiveFollowRequest", _called(world, "olmo@"), at=now - 3600)
    world.follow_requests.add((_called(world, "olmo@").id, alice.id))
    world.tell(alice, "receiveFollowRequest", _called(world, "olmo@"), at=now - 1500)
    world.tell(alice, "followRequestAccepted", dave, at=now - 7000, message=None)
    world.tell(alice, "achievementEarned", at=now - 9000, achievement="notes10")
    world.tell(alice, "login", at=now - 11000)
    world.tell(
        alice,
        "app",
        at=now - 13000,
        header="Weather",
        body="Rain from four o’clock. 四時から雨です。",
        icon=None,
    )


def _conversations(world: World) -> None:
    """What Alice and others write to each other alone."""
    alice, bob, carol, haru = (world.person(name) for name in ("alice", "bob", "carol", "haru"))
    now = world.clock.now()
    veranda = next(file for file in world.files.values() if file.name == "morning-veranda.png")
    first = chats.write_to_person(
        world, alice, bob, "Are you on my roof? I hear somebody on my roof.", at=now - 9 * 3600
    )
    chats.react(world, first, bob, "🐾")
    for who, to, hours, text in (
        (bob, alice, 8.9, "**Your** roof?"),
        (alice, bob, 8.8, "We have had this conversation before. Tea at four? :tea:"),
        (
            haru,
            alice,
            30,
            "きのうの写真、ありがとうございました。\n母に見せたら、よろこんでいました :yoi:",
        ),
        (alice, haru, 29, "よかった！ またお茶のみにきてください。"),
    ):
        chats.write_to_person(world, who, to, text, at=now - hours * 3600)
    chats.write_to_person(world, alice, haru, None, veranda, at=now - 28.9 * 3600)
    table = chats.make_room(
        world, alice, "縁側会議", "Who brings what on Saturday.", now - 80 * 3600
    )
    table.members = {bob.id: False, haru.id: False}
    for who, hours, text in (
        (alice, 78, "Saturday: I have tea. Who has something to go with it?"),
        (haru, 77, "おにぎり、六つ持っていきます :onigiri:"),
        (bob, 76.5, "I bring **appetite**."),
    ):
        said = chats.write_to_room(world, who, table, text, at=now - hours * 3600)
    chats.react(world, said, alice, "😆")
    chats.react(world, said, haru, ":purr:")
    beans = chats.make_room(world, carol, "Beans, mostly", "Allotment talk.", now - 50 * 3600)
    # What told her of it is gone long since.
    beans.invited[alice.id] = world.ids.at(now - 49 * 3600)
    for conversation in (f"user:{bob.id}", f"user:{haru.id}", f"room:{table.id}"):
        chats.mark_read(world, alice, conversation)
    # Nobody has read this one yet.
    chats.write_to_person(
        world, bob, alice, "I was asleep. It is **a quarter past four**.", at=now - 1.5 * 3600
    )


def _works(world: World) -> None:
    """Pages, pictures and a Play, and what the keepers have to say."""
    now = world.clock.now()
    alice, bob, haru = (world.person(name) for name in ("alice", "bob", "haru"))
    at = now - 6 * DAY
    for id_at, title, text in (
        (now - 40 * DAY, "Welcome", "Be kind, wipe your feet. **お茶**は自由にどうぞ。"),
        (now - 2 * DAY, "The well", "The well is closed on Thursday.\n木曜日は井戸が使えません。"),
    ):
        world.announcements.insert(0, Announcement(world.ids.at(id_at), id_at, title, text))
    world.announcements_read = {(alice.id, told.id) for told in world.announcements}
    pictures = [f for f in world.files.values() if f.content.is_picture and f.comment]
    hers = [file for file in pictures if file.user_id == alice.id][:2]
    his = [file for file in pictures if file.user_id == bob.id][:2] or hers
    note = next(n for n in world.newest_first() if n.user_id == haru.id and n.text and not n.cw)
    tea: list[dict[str, Any]] = [
        {"id": "t1", "type": "text", "text": "How I make **tea** :tea: when it rains.\n#engawa"},
        {
            "id": "s1",
            "type": "section",
            "title": "Water",
            "children": [
                {"id": "t2", "type": "text", "text": "Not quite boiling. $[tada Patience!]"},
                {"id": "i1", "type": "image", "fileId": hers[0].id},
            ],
        },
        {"id": "n1", "type": "note", "detailed": True, "note": note.id},
    ]
    for owner, name, title, content, files in (
        (alice, "tea", "Tea on the veranda", tea, hers),
        (haru, "neko", "ねこの日なた", [{"id": "t", "type": "text", "text": "南側です。"}], []),
    ):
        page = WrittenPage(world.ids.at(at), at, owner.id, name, title, content, title, files)
        world.pages[page.id] = page
    for owner, title, files in ((alice, "Rainy days", hers), (bob, "Lanterns", his)):
        post = GalleryPost(world.ids.at(at), at, owner.id, title, files, "From the **veranda**.")
        world.gallery[post.id] = post
        world.likes[haru.id, post.id] = world.ids.at(at)
    play = Play(world.ids.at(at), at, haru.id, "Tea leaves", "Tells your fortune.", "/// @ 0.19.0")
    world.plays[play.id] = play
    world.likes[bob.id, next(iter(world.pages))] = world.ids.at(at)
    alice.achievements = {"notes1": now - 80 * DAY, "notes10": now - 9000}
