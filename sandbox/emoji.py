"""Ten thousand custom emoji: a large server's palette, to see how a page bears it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .pictures import Colour, Content, Ellipse, picture
from .records import Emoji, File, Person

if TYPE_CHECKING:
    from .world import World

MOODS = ("ureshii", "nemui", "odoroki", "shonbori", "kirakira", "moku", "wai", "hoho", "un", "hate")
THINGS = (
    ("tea", "お茶"),
    ("cat", "ねこ"),
    ("bird", "とり"),
    ("fish", "さかな"),
    ("rice", "ごはん"),
    ("leaf", "はっぱ"),
    ("rain", "あめ"),
    ("moon", "つき"),
    ("book", "ほん"),
    ("kettle", "やかん"),
    ("broom", "ほうき"),
    ("lamp", "あかり"),
    ("snow", "ゆき"),
    ("boat", "ふね"),
    ("bell", "すず"),
    ("stone", "いし"),
    ("plum", "うめ"),
    ("bean", "まめ"),
    ("snail", "かたつむり"),
    ("kite", "たこ"),
)
PALETTE: tuple[Colour, ...] = (
    (226, 96, 88),
    (240, 170, 90),
    (236, 206, 110),
    (120, 160, 100),
    (110, 170, 190),
    (110, 120, 180),
    (170, 120, 170),
    (120, 100, 90),
)


def plant(world: World, count: int = 10_000, categories: int = 40) -> None:
    """Give the server `count` more emoji in so many categories.

    Every fiftieth has no category, some are sensitive or for this server only,
    and names run from short to long, as people make them.
    """
    owner = world.locals()[0]
    now = world.clock.now()
    art = [_art(number) for number in range(64)]
    with world.lock:
        for number in range(count):
            thing, reading = THINGS[number % len(THINGS)]
            mood = MOODS[number // len(THINGS) % len(MOODS)]
            name = f"{thing}_{mood}_{number:05}"
            section = number % categories
            emoji = _emoji(world, owner, now, name, art[number % len(art)])
            drawer = f"{THINGS[section % len(THINGS)][1]} {section + 1}"
            emoji.category = None if number % 50 == 49 else drawer
            emoji.aliases = [thing, reading, mood]
            emoji.sensitive = number % 97 == 0
            emoji.local_only = number % 89 == 0
            world.emojis[name] = emoji


def _emoji(world: World, owner: Person, at: float, name: str, art: Content) -> Emoji:
    file = File(world.ids.at(at), at, owner.id, f"{name}.png", f"emoji-{name}", art)
    world.files[file.id] = file
    return Emoji(world.ids.at(at), name, file, [], None)


def _art(number: int) -> Content:
    one, two = PALETTE[number % 8], PALETTE[(number // 8 + 3) % 8]
    eyes = [Ellipse(x, 0.42, 0.05, 0.08, (60, 54, 50)) for x in (0.38, 0.62)]
    face = Ellipse(0.5, 0.5, 0.44, 0.36 + 0.01 * (number % 8), one)
    mouth = Ellipse(0.5, 0.66, 0.06 + 0.01 * (number % 8), 0.05, two)
    return picture(72, 72, one, one, face, *eyes, mouth, transparent=True)
