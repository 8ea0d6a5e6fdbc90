"""What the people of the sandbox said over the last week, told from the oldest on.

Everyday life on a veranda, in Japanese and English. Between the lines it holds
one of each thing a client has to show: long notes, warnings, pictures with and
without words, polls, threads, quotes, what only some may read, markup, an
answer to something that is gone.
"""

from __future__ import annotations

import re
from typing import Any

from . import sampler
from .records import File, Note, Person, Poll
from .world import World

HOUR = 3600.0
FAR = "far.example"
EMOJI = re.compile(r":(\w+):")

SMALL_TALK = [
    ("bob", "The sun has moved one board to the left. So have I."),
    ("haru", "いま、風がひとつ通りました。"),
    ("carol", "Watered the beans. They pretend not to notice, but they notice."),
    ("haru", "お湯が沸いた音がする。だれかお茶いれてるな。"),
    ("bob", "Somebody opened a tin. I heard it through two walls."),
    ("tenki", "【ただいまの空】うす曇り、気温 21℃、北の風 2m。"),
    ("carol", "A snail on the watering can. We agreed to share it. 🐌"),
    ("haru", "縁側の板、きょうはあったかい :neko_sleep:"),
    ("bob", "I have inspected the cardboard box. It passed."),
    ("haru", "どこかの家のカレーのにおい…… 🍛"),
]
"""Notes for `--lively`: who, and what."""

LONG_JA = """障子の張り替え、ことしも終わりました。忘れないうちに手順を書いておきます。

1. 古い紙を霧吹きでしめらせて、十分待つ（ここで待てないとあとで泣く）
2. 桟に残った糊を、濡れ布でゆっくり拭きとる
3. 桟をよく乾かす。急がない。お茶を一杯
4. 糊は「牛乳よりすこし濃い」くらいに溶いて、細い刷毛で桟の上だけに置く
5. 紙をころがしながら上から下へ。引っぱらない
6. 余りを定規とカッターで落とす
7. 乾いたら、うら側から霧をひと吹き。しわがすうっと消える瞬間が、この仕事のごほうび

去年は五番で引っぱって、まんなかが波うちました。一昨年はねこが四番のとちゅうで桟の上を歩きました。\
足あとは春まで残っていて、あれはあれで好きだったのですが、ことしは何ごともなく、まっ白です。

光がやわらかくなると、部屋の音まで小さくなる気がします。紙一枚のむこうで雨が降っていて、\
こちらではやかんが鳴っていて、あいだに何もないみたいに聞こえる。昔の家はうすいんだな、と思います。\
うすいから、よく聞こえる。

さて、破るのはだれでしょうね。 @bob を見ています。"""

LONG_EN = """A thing I learned about verandas this week.

An *engawa* is neither inside nor outside. The boards belong to the house, the air on them to the \
garden. You sit down without being invited and get up without saying goodbye. People who would \
never ring a bell will stop at the edge of it, put a bag of plums down, talk for a minute about \
nothing, and walk on.

When I moved in I thought of it as a corridor with a wall missing. I put shelves there. The \
shelves filled with things that were on their way somewhere else, and I walked past them sideways. \
In the spring the carpenter who came for the gutter looked at the shelves for a while and said: \
“You could also leave it empty.” So I did.

Since then there has been, on the boards, in order of appearance: a cat; two cats; a neighbour \
with a question about beans; her answer to her own question, an hour later; a radio playing \
quietly for somebody who had left; a child asleep; rain (a little, from the side); the first \
dragonfly; a letter nobody had seen arrive; and me, most evenings, with a cup going cold because \
I forgot I was holding it.

It turns out that an empty place is not a place where nothing happens. It is a place where things \
can."""

CODE_NOTE = """A small program for deciding when to nap:

```python
def may_nap(sun: bool, lap: bool) -> bool:
    # Either will do. Both is a holiday.
    return sun or lap
```
Run it with `python nap.py`. It always says `True`. I have tested it **thoroughly**."""

MARKUP_JA = """<center>$[x2 🎐 縁側まつり 🎐]</center>
きょうの予定です。**おにぎり**は $[ruby 先着順 せんちゃくじゅん] 、*お茶*は好きなだけ。
> 雨天けっこう
~~かき氷~~（氷がとけました）
$[tada :furin:] <small>ねこは出入り自由</small> $[fg.color=5e8058 みどりの札] が目じるし
くわしくは [おしらせ](https://veranda.example/matsuri) まで #縁側まつり"""


class Teller:
    """Puts notes into the world by the names of people and of earlier notes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = world.clock.now()
        self.told: dict[str, Note] = {}

    def person(self, name: str) -> Person:
        """`alice`, or `juno@` for somebody far away."""
        return self.world.person(name.rstrip("@"), FAR if name.endswith("@") else None)

    def file(self, name: str) -> File:
        """The file of that name."""
        return next(file for file in self.world.files.values() if file.name == name)

    def note(
        self,
        who: str,
        hours_ago: float,
        text: str | None = None,
        *,
        key: str = "",
        reply: str = "",
        renote: str = "",
        files: tuple[str, ...] = (),
        only: tuple[str, ...] = (),
        channel: str = "",
        liked: dict[str, str] | None = None,
        **more: Any,
    ) -> Note:
        """One note, `hours_ago`; `reply` and `renote` are keys of earlier ones."""
        author = self.person(who)
        if only:
            more["visibility"] = "specified"
        note = self.world.create_note(
            author,
            text=text,
            at=self.now - hours_ago * HOUR,
            reply=self.told[reply] if reply else None,
            renote=self.told[renote] if renote else None,
            files=[self.file(name) for name in files],
            visible=[self.person(name) for name in only],
            channel=next((c for c in self.world.channels.values() if c.name == channel), None),
            **more,
        )
        if author.host is not None:
            note.uri = f"https://{author.host}/notes/{note.id}"
            note.emojis = list(dict.fromkeys(EMOJI.findall(text or "")))
        for person, reaction in (liked or {}).items():
            # Straight into the note: people far away react with emoji that are not ours.
            custom = f":{reaction}@.:" if reaction in self.world.emojis else reaction
            note.reactions[self.person(person).id] = self.world.as_kept(custom)
        if key:
            self.told[key] = note
        return note


def tell(world: World) -> None:
    """All of it, day by day."""
    teller = Teller(world)
    for day in (
        _arrivals,
        _markets,
        _rain,
        _repairs,
        _festival,
        sampler.tell,
        _yesterday,
        _today,
    ):
        day(teller)
    # The promise was taken back: what answered it stays, with nothing above it.
    world.delete_note(teller.told["gone"])
    alice, bob = world.person("alice"), world.person("bob")
    alice.pinned = [teller.told["first"].id]
    bob.pinned = [teller.told["nap"].id]
    for note in (teller.told["veranda"], teller.told["onigiri"]):
        world.add_favorite(alice, note, note.created + HOUR)
    _clips(teller, alice)
    for person in world.locals():
        mine = [note.created for note in world.notes.values() if note.user_id == person.id]
        person.updated = max(mine, default=person.created)


def _clips(t: Teller, alice: Person) -> None:
    """Alice's clips: one that all may see, one of her own, and one with nothing in it."""
    for name, description, public, keys in (
        ("Verandas", "What was said about them.", True, ("veranda", "morning", "shoji")),
        ("あとで読む", None, False, ("onigiri",)),
        ("Recipes", "Nothing yet.", False, ()),
    ):
        clip = t.world.create_clip(alice, name, description, public, at=t.now - 100 * HOUR)
        for key in keys:
            t.world.clip_note(clip, t.told[key], t.now - 60 * HOUR)


def _arrivals(t: Teller) -> None:
    t.note(
        "alice",
        165,
        "はじめまして。今日からここで縁側の話をします。Hello from the veranda :tea: #engawa",
        key="first",
        liked={"bob": "🐾", "haru": "ohayo", "carol": "🌱", "juno@": ":hidamari@far.example:"},
    )
    t.note("bob", 164.6, "@alice You live next to my roof. Welcome.", reply="first", key="w1")
    t.note("alice", 164.4, "@bob *Your* roof?", reply="w1", key="w2", liked={"carol": "😆"})
    t.note("bob", 164.3, "Ask anyone.", reply="w2", key="w3")
    t.note("haru", 164.1, "@bob ぼくの屋根でもあります", reply="w3", key="w4")
    t.note("bob", 164.0, "@haru half past four to half past five, agreed", reply="w4", key="w5")
    t.note(
        "carol",
        163.2,
        "@haru @bob I have seen the timetable. It is scratched into my shed.",
        reply="w5",
        liked={"alice": "😆", "haru": "👍", "bob": "🐾"},
    )
    t.note("tenki", 162, "【今朝の空】晴れ。最高 24℃、最低 13℃。洗濯物がよく乾きます。 #天気")
    t.note(
        "haru",
        161,
        "おはよう。縁の下からみる朝は、足首だけの人たちでいっぱいです。",
        liked={"alice": "ohayo", "tsukimi@": "👣"},
    )
    t.note(
        "carol",
        158,
        "Sowed the beans today. Day one of looking at a pot. #allotment",
        files=("sprout-1.png",),
        liked={"alice": "🌱"},
    )
    t.note(
        "bob",
        156.5,
        CODE_NOTE,
        key="nap",
        liked={"alice": "😆", "haru": "neko_sleep", "carol": "👏", "juno@": "❤"},
    )
    t.note("alice", 155, None, renote="nap")
    t.note(
        "juno@",
        154,
        "From the hill behind ours you can see the sea, if you believe it a little. :hidamari:",
        liked={"alice": "❤"},
    )
    t.note("dave", 152, "moved some boxes. more boxes tomorrow", visibility="home")


def _markets(t: Teller) -> None:
    t.note("tenki", 138, "【今朝の空】くもり時々晴れ。夕方から風が出るでしょう。 #天気")
    t.note(
        "alice",
        137,
        "Six in the morning.",
        files=("morning-veranda.png",),
        key="morning",
        liked={"bob": "☀", "haru": "ohayo", "carol": "❤", "tsukimi@": "❤"},
    )
    t.note(
        "haru",
        136.5,
        "この板、三枚目がいちばんあったかいんですよ",
        reply="morning",
        liked={"alice": "🤔"},
    )
    t.note(
        "carol",
        135,
        "Market day! Plums are in. A man sold me eleven and called it a dozen, “for "
        "the long friendship”. We had never met.",
        key="plums",
        liked={"alice": "😆", "bob": "🤨"},
    )
    t.note("alice", 134.5, "@carol Save me three?", reply="plums", key="plums2")
    t.note("carol", 134.2, "@alice Two. I know what happened to the cherries.", reply="plums2")
    t.note(
        "haru",
        133,
        "市場の帰り道、かつおぶし屋さんの前を七回通りました。八回目に、ひとかけもらいました。",
        liked={"bob": "👏", "alice": "yoi"},
    )
    t.note(
        "bob",
        132,
        "Which is the best place?",
        key="poll-open",
        poll=Poll(
            ["the roof", "the box", "someone’s keyboard", "縁側"],
            False,
            t.now + 30 * HOUR,
            {t.person("carol").id: [3], t.person("haru").id: [0], t.person("alice").id: [3]},
        ),
    )
    t.note(
        "alice",
        131,
        "A quiet reminder for whoever borrowed the small kettle: it whistles in D. "
        "The kitchen feels wrong without it.",
        visibility="home",
        liked={"carol": "🫖"},
    )
    t.note("dave", 130, "a walk, filmed badly", files=("walk.mp4",), visibility="home")
    t.note(
        "carol",
        129,
        "An allotment is mostly waiting, with mud. #allotment #slow",
        files=("panorama.png",),
        liked={"alice": "❤", "juno@": "❤"},
    )
    t.note(
        "tsukimi@",
        127,
        "今夜は月がよくみえます。まるい。",
        files=("moon.png",),
        key="moon",
        liked={"haru": "🌕", "alice": "🌕"},
    )
    t.note("haru", 126.8, None, renote="moon")
    t.note(
        "haru",
        126,
        "月見ねこさんの月、こっちの月より少し大きい気がする",
        renote="moon",
        liked={"tsukimi@": "😽", "alice": "👍"},
    )


def _rain(t: Teller) -> None:
    t.note(
        "tenki",
        114,
        "【今朝の空】雨。一日じゅう雨。傘をお忘れなく。 #天気",
        liked={"bob": "😿", "haru": "☔"},
    )
    t.note("alice", 113, files=("rain.png",), liked={"haru": "☔"})
    t.note(
        "haru",
        112.5,
        "雨の日の音\n\nとい　　　ちょろちょろ\n瓦　　　　ぱらぱら\nあじさい　ぽつ\nぼく　　　……",
        liked={"alice": "❤", "carol": "❤", "tsukimi@": "❤", "juno@": "❤"},
        key="rain",
    )
    t.note("juno@", 112, "@haru This is the best weather report of the year.", reply="rain")
    t.note(
        "bob",
        111,
        "It is raining on my roof and nobody has apologised.",
        key="wet",
        liked={"alice": "😆"},
    )
    t.note("alice", 110.8, "@bob On behalf of the sky: sorry.", reply="wet", key="wet2")
    t.note("bob", 110.7, "@alice Accepted. There will be a form.", reply="wet2")
    t.note(
        "carol",
        109,
        "The vet says it is nothing, he says it is everything. He has been very "
        "brave and very loud.",
        cw="A small injury (a paw), all is well",
    )
    t.note(
        "bob",
        108.5,
        None,
        files=("vet.png",),
        cw="the paw, for those who want to see",
        liked={"haru": "😿", "alice": "🫶"},
    )
    t.note(
        "alice",
        107,
        LONG_EN,
        key="veranda",
        liked={"carol": "❤", "juno@": ":hidamari@far.example:", "haru": "👍", "bob": "🐾"},
    )
    t.note("carol", 106.5, "Read this one slowly.", renote="veranda", liked={"alice": "😳"})
    t.note("juno@", 106, None, renote="veranda")
    t.note(
        "haru",
        105,
        "てるてるぼうずを作ったら、ねこじゃらしになりました。",
        liked={"alice": "😆", "bob": "purr"},
    )
    t.note(
        "alice",
        104,
        "For followers only: the spare key is no longer under the pot. You know "
        "which of you moved the pot.",
        visibility="followers",
        key="spare",
        liked={"bob": "😇"},
    )
    t.note("bob", 103.8, "@alice It rolled.", reply="spare", visibility="followers")
    t.note(
        "haru",
        103,
        "@alice こんど、雨がやんだら、例の場所に集合で。ないしょ。",
        only=("alice",),
        key="secret",
    )
    t.note(
        "alice",
        102.8,
        "@haru わかった。おにぎりは何個？",
        reply="secret",
        only=("haru",),
        key="secret2",
    )
    t.note(
        "haru", 102.7, "@alice みっつ", reply="secret2", only=("alice",), liked={"alice": "onigiri"}
    )
    t.note(
        "carol",
        102,
        "@bob he still hasn’t noticed the surprise. Do not purr about it.",
        only=("bob",),
        key="hidden",
    )


def _repairs(t: Teller) -> None:
    t.note("tenki", 90, "【今朝の空】雨のち晴れ。虹に注意。 #天気", liked={"alice": "🌈"})
    t.note(
        "carol",
        89,
        "Day 1 → day 7. Nothing, nothing, nothing, everything. #allotment",
        files=("sprout-1.png", "sprout-2.png", "sprout-3.png", "sprout-4.png"),
        key="sprouts",
        liked={"alice": "🌱", "haru": "🌱", "bob": "🥱", "juno@": "🌱"},
    )
    t.note(
        "alice",
        88.7,
        "@carol The second one looks like a question mark.",
        reply="sprouts",
        key="sprouts2",
    )
    t.note(
        "carol",
        88.5,
        "@alice It was. The answer was beans.",
        reply="sprouts2",
        liked={"alice": "😆"},
    )
    t.note(
        "alice",
        86,
        LONG_JA,
        key="shoji",
        liked={"haru": "yoi", "carol": "👏", "tsukimi@": "👏", "bob": "👀"},
    )
    t.note(
        "bob",
        85.8,
        "@alice I have never walked through paper in my life. It has always been open.",
        reply="shoji",
        key="shoji2",
        liked={"alice": "🤨", "haru": "😹"},
    )
    t.note("haru", 85.5, "@bob ぼくは見ました", reply="shoji2", key="shoji3")
    t.note("bob", 85.4, "@haru Traitor.", reply="shoji3", key="shoji4")
    t.note("haru", 85.3, "@bob かつおぶし半分で忘れます", reply="shoji4", key="shoji5")
    t.note("bob", 85.2, "@haru A third.", reply="shoji5", key="shoji6")
    t.note("haru", 85.1, "@bob はい忘れた", reply="shoji6", liked={"alice": "😆", "bob": "🤝"})
    t.note(
        "dave",
        84,
        "does anyone have a 10 mm drill bit. asking for a shelf",
        key="drill",
        visibility="home",
    )
    t.note(
        "carol",
        83.8,
        "@dave In the shed, left of the scratched timetable.",
        reply="drill",
        visibility="home",
    )
    t.note("alice", 83, "I will paint the gate blue on Saturday. Hold me to it.", key="gone")
    t.note(
        "carol",
        82.5,
        "@alice I am holding you to it.",
        reply="gone",
        key="held",
        liked={"bob": "👀"},
    )
    t.note("alice", 82, "@carol …which Saturday, though.", reply="held", liked={"carol": "🔵"})
    t.note(
        "haru",
        81,
        "ご近所だけに：回覧板、うちで止まってました。ごめんなさい。",
        local_only=True,
        liked={"alice": "😆", "carol": "👌"},
    )
    t.note(
        "alice",
        80,
        "今日のお茶の温度メモ。忘れるので置いておきます。",
        files=("tea-notes.txt",),
        liked={"haru": "tea"},
    )
    t.note(
        "juno@",
        79,
        "A letter came. The ink had run in the rain and it was better that way.",
        files=("letter.png",),
        key="letter",
        liked={"carol": "✉"},
    )
    t.note(
        "alice",
        78.8,
        "@juno@far.example Mine? I wrote “soon”. It may say “moon” now.",
        reply="letter",
        liked={"juno@": "❤"},
    )


def _festival(t: Teller) -> None:
    t.note("tenki", 66, "【今朝の空】快晴。お出かけ日和です。 #天気 #縁側まつり")
    t.note(
        "alice",
        65,
        MARKUP_JA,
        key="matsuri",
        liked={"haru": "furin", "bob": "purr", "carol": "🎉", "tsukimi@": "🎉"},
    )
    t.note("bob", 64.8, None, renote="matsuri")
    t.note("carol", 64.7, None, renote="matsuri")
    t.note(
        "haru",
        64,
        "おにぎり、できました。",
        files=("onigiri.png",),
        key="onigiri",
        liked={"alice": "onigiri", "bob": "onigiri", "carol": "😋", "tsukimi@": "😽"},
    )
    t.note("alice", 63.8, "ひとつください", reply="onigiri", key="ask")
    t.note(
        "haru",
        63.7,
        "梅とおかか、どっち？",
        reply="ask",
        key="which",
        poll=Poll(
            ["梅", "おかか", "両方"],
            True,
            t.now - 60 * HOUR,
            {t.person("alice").id: [2], t.person("carol").id: [0, 1], t.person("bob").id: [1]},
        ),
    )
    t.note("bob", 63.5, "@haru おかか :purr:", reply="which")
    t.note(
        "haru",
        62,
        "風鈴の音をとりました。夏の分。",
        files=("furin.wav",),
        liked={"alice": "furin", "juno@": "❤"},
        key="furin",
    )
    t.note("juno@", 61.7, "Playing this in the snow.", renote="furin", liked={"haru": "❄"})
    t.note(
        "carol",
        61,
        "$[jelly Jelly] for everyone. $[rainbow.speed=3s Rainbow] by accident. "
        "$[spin.y,speed=4s 🍮] $[shake no] $[flip.h hello] $[blur what is in it] "
        "$[font.serif The recipe is older than the house.] $[rotate.deg=8 Careful with the tray.]",
        liked={"alice": "🍮"},
    )
    t.note(
        "alice",
        60.5,
        "宵の口。のこった人で線香花火。さいごまで落とさなかったのは @haru でした。 #縁側まつり",
        liked={"haru": "✨", "carol": "✨", "bob": "🎆"},
        key="sparkler",
    )
    t.note("tsukimi@", 60, "よい夜ですね", reply="sparkler", visibility="home")
    t.note(
        "haru",
        59,
        "お茶の間の皆さん、きょうのお茶うけは何ですか",
        channel="お茶の間",
        key="okashi",
        liked={"alice": "🍡"},
    )
    t.note(
        "alice", 58.8, "きのうのおまつりのお団子がまだあります", reply="okashi", channel="お茶の間"
    )
    t.note(
        "carol",
        57,
        "Slug report: three. Slug policy: negotiation.",
        channel="Allotments",
        liked={"alice": "🐌"},
    )


def _yesterday(t: Teller) -> None:
    t.note("tenki", 42, "【今朝の空】晴れ。昨日より少し肌寒い朝です。 #天気")
    t.note(
        "alice",
        41.5,
        "The first tomato. 最初の一個。",
        files=("first-tomato.png",),
        key="tomato",
        liked={"carol": "🍅", "haru": "🍅", "bob": "🍅", "juno@": "🍅"},
    )
    t.note("carol", 41.2, "@alice Proud of you both.", reply="tomato", liked={"alice": "❤"})
    t.note(
        "bob",
        40,
        "What is this red ball and why may I not roll it",
        renote="tomato",
        liked={"alice": "😆", "haru": "😹", "carol": "😆"},
    )
    t.note(
        "alice",
        38,
        "Reading list for slow evenings:\n"
        "https://library.example/essays/on-shadows?chapter=3&lang=en#lamps\n"
        "https://ja.example/縁側/つくりかた（改訂版）\n"
        "[A map of every bench in town](https://maps.example/benches)",
        liked={"juno@": "📚"},
    )
    t.note(
        "haru",
        36,
        "屋根の時間割が新しくなりました。ぼくは午後二時から四時半。@bob は昼前。@alice は見学可。",
        liked={"bob": "👍", "alice": "👍"},
    )
    t.note(
        "dave",
        35,
        "the shelf is up. it leans towards the sea",
        visibility="home",
        liked={"carol": "👏"},
    )
    t.note(
        "carol",
        34,
        "Anyone awake? The moonflowers open at eight. Bring something warm.",
        visibility="followers",
        key="flowers",
        liked={"alice": "🌙"},
    )
    t.note(
        "alice",
        33.8,
        "@carol On my way with the big thermos.",
        reply="flowers",
        visibility="followers",
    )
    t.note(
        "tsukimi@",
        31,
        "夜中の三時、起きているのは星とわたしと冷蔵庫だけ。",
        liked={"haru": "🌌", "alice": "⭐"},
    )
    t.note(
        "bob",
        30,
        "Ranking of laps, by warmth:\n1. @alice (tea involved)\n2. @carol (soil involved)\n"
        "3. the parcel with the radiator in it",
        liked={"carol": "😾", "alice": "🏆"},
    )
    t.note(
        "alice",
        29,
        "$[ruby 縁側 えんがわ] で $[unixtime 1767225600] まで待つ人 "
        "<plain>**これは太くならない**</plain> @nobody-here #縁側 #縁側日和 `;)`",
        reaction_acceptance="likeOnly",
        liked={"haru": "❤"},
    )


def _today(t: Teller) -> None:
    t.note("tenki", 18, "【今朝の空】うす曇り。午後は日ざしがもどるでしょう。 #天気")
    t.note(
        "haru",
        17.5,
        "おはよう。二度寝の一回目が終わりました。",
        liked={"alice": "ohayo", "bob": "neko_sleep"},
    )
    t.note(
        "alice",
        16,
        "Found: one glove, blue, left. Hung on the plum tree where everyone passes. "
        "今朝、片方の手袋をひろいました。梅の木にかけてあります。",
        key="glove",
        liked={"carol": "👀"},
    )
    t.note("dave", 15.5, "mine i think. thank you", reply="glove", visibility="home")
    t.note(
        "carol",
        14,
        "Bean number one has found the string! 🫘🧵 #allotment",
        liked={"alice": "🎉", "haru": "🎉"},
    )
    t.note(
        "carol",
        13.9,
        "Bean number two has found bean number one.",
        liked={"alice": "😆", "bob": "😆"},
    )
    t.note(
        "bob",
        12,
        "An open letter to the vacuum cleaner.\n\nWe both know what you did.",
        cw="strong feelings",
        liked={"haru": "😾", "alice": "🫂"},
        key="letter-to",
    )
    t.note("haru", 11.8, "@bob よく書いた", reply="letter-to")
    t.note(
        "juno@",
        10,
        "If the wind is right this balloon will reach you on Thursday. If not, say "
        "hello to it from me anyway. 🎈",
        key="balloon",
        liked={"alice": "🎈", "carol": "🎈"},
    )
    t.note("alice", 9.8, None, renote="balloon")
    t.note(
        "carol",
        8,
        "What should grow along the south wall?",
        key="wall",
        poll=Poll(
            ["sweet peas", "朝顔", "cucumbers, at last"],
            True,
            None,
            {t.person("bob").id: [2], t.person("haru").id: [1], t.person("juno@").id: [0, 1]},
        ),
    )
    t.note(
        "alice",
        7.9,
        "@carol 朝顔に一票。毎朝かぞえる係をやります。",
        reply="wall",
        liked={"carol": "🌅", "haru": "👍"},
    )
    t.note(
        "haru",
        6,
        "きょうの縁側：\nアリスさん（お茶）\nボブ（寝）\nぼく（日なた）\nだんご虫（散歩）",
        liked={"alice": "tea", "bob": "💤", "tsukimi@": "😽"},
        key="members",
    )
    t.note(
        "bob",
        5.8,
        "I object to “asleep”. I was listening with my eyes closed.",
        renote="members",
        liked={"haru": "😹"},
    )
    t.note("tenki", 5, "【夕方の空】晴れ。夕焼けは 17 時ごろが見ごろです。 #天気")
    t.note(
        "alice",
        3.5,
        "The kettle came home. No note, no name, but it has been polished. 🫖",
        liked={"carol": "😇", "bob": "🐾"},
        key="kettle",
    )
    t.note(
        "carol", 3.3, "@alice How mysterious.", reply="kettle", key="kettle2", liked={"alice": "🤨"}
    )
    t.note("alice", 3.2, "@carol It smells of soil.", reply="kettle2", key="kettle3")
    t.note("carol", 3.1, "@alice A clue for the ages.", reply="kettle3", liked={"alice": "😆"})
    t.note(
        "haru",
        1.5,
        "夕焼け、屋根から見るとこんなに近い。だれか見てますか :furin:",
        liked={"alice": "🌇"},
    )
    t.note(
        "bob", 0.8, "Watching. Same roof, other side.", files=("roof.png",), liked={"haru": "🐾"}
    )
    t.note(
        "alice",
        0.2,
        "お茶をもう一杯だけ。One more cup, and then the dishes.",
        liked={"haru": "tea"},
    )
