"""Notes as people write them, made up: the same ones each time.

Averages about 34 characters: most is plain text (Japanese, some English), and about
every second note has a mention, a tag, an address, custom or plain emoji, a line break,
a quote, a function or a bit of emphasis.
"""

from __future__ import annotations

import random

# fmt: off
WORDS = [
    "おはよう", "ございます", "今日は", "とても", "いい天気", "ですね", "お腹すいた", "眠い",
    "帰宅", "カレー", "を食べた", "新しい", "サーバー", "に引っ越し", "しました", "よろしく",
    "お願いします", "かわいい", "猫", "が", "道端で", "寝ていた", "進捗", "ダメです", "草",
    "わかる", "それはそう", "good morning", "I think", "this is", "quite nice", "see you later",
    "release", "v2025.11", "、", "。", "！", "…", "www", "…。",
]
PIECES = [
    (22, [
        "\n", "\n\n", "\n",
    ]),
    (12, [
        ":blobcat:", ":ablobcat_jump:", ":misskey:", ":+1:", ":igyo:",
    ]),
    (10, [
        "😇", "🎉", "❤\ufe0f", "👍🏻", "👨\u200d👩\u200d👧", "1\ufe0f\u20e3", "🇯🇵", "✨",
    ]),
    (8, [
        "@alice ", "@bob@example.com ", "@neko@misskey.example ",
    ]),
    (8, [
        " #misskey", " #写真", " #今日のごはん", " #art(wip)",
    ]),
    (6, [
        " https://example.com/notes/9abc", " https://example.com/a?b=c&d=(e)",
        " http://a.example/",
    ]),
    (4, [
        "$[tada おめでとう]", "$[x2 🍮]", "$[spin.speed=1.5s,left :misskey:]",
        "$[fg.color=f00 red]",
    ]),
    (4, [
        "**大事**", "~~うそ~~", "<small>ぼそ</small>", "`code`", "*really*",
    ]),
    (2, [
        "\n> 引用\n", "[この記事](https://example.com/article)", "<center>真ん中</center>",
        "\n```js\na = 1\n```\n",
    ]),
    (1, [
        " 1 < 2", "(笑)", " 検索", "[未定]", " 100円 12:34",
    ]),
]
# fmt: on


def corpus(count: int = 4000, seed: int = 1) -> list[str]:
    """That many notes."""
    dice = random.Random(seed)
    weights = [weight for weight, _ in PIECES]
    notes = []
    for _ in range(count):
        parts = dice.choices(WORDS, k=dice.randint(2, 11))
        for _ in range(dice.choice([0, 0, 1, 1, 2])):
            _, options = dice.choices(PIECES, weights)[0]
            parts.insert(dice.randint(0, len(parts)), dice.choice(options))
        notes.append("".join(parts))
    return notes
