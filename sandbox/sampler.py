"""One of everything a note can hold, for whoever draws notes.

Told by はる and the neighbours in one afternoon, between the festival and
yesterday, so that it lies some pages down in Alice's home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .films import moonrise
from .pictures import Ellipse, chime, one_page, picture, text_file
from .records import File, Poll

if TYPE_CHECKING:
    from .pictures import Colour, Content
    from .story import Teller

HOUR = 3600.0

MARKUP_1 = """<center>**MFM の見本・その一　文字のかざり**</center>
**太字** __bold__ *italic* _italic_ <i>斜め</i> <small>小さく</small> ~~取り消し~~ <s>これも</s>
`inline code` と \\(x^2 + y^2 = z^2\\)
> 引用の一行目
> 二行目 **太字も**
>> 引用の引用

```js
const veranda = cats.filter((cat) => cat.isAsleep); // </script>
```
\\[\\sum_{n=1}^{\\infty} \\frac{1}{n^2}\\]
<center>まんなか
二行でも</center>
***大きく*** :onigiri: 🍙 :no_such_emoji:
縁側 日なた 検索
<plain>**ここは $[spin そのまま]** :onigiri:</plain>"""

MARKUP_2 = """**MFM の見本・その二　うごくもの**
$[tada わーい] $[tada.speed=2s ゆっくり] $[jelly ゼリー] $[twitch ぴくっ] $[shake ぶるぶる]
$[spin 🍮] $[spin.left 🍮] $[spin.alternate 🍮] $[spin.x 🍮] $[spin.y 🍮] $[spin.x,speed=3s,left 🍮]
$[jump ぴょん] $[jump.speed=2s,delay=1s あとで] $[bounce ぽよん] $[rainbow 虹]
$[sparkle きらきら] $[tada $[rainbow $[x2 ✨重ねて✨]]]
$[spin.speed=0s 止まる] $[spin.speed=9999999s;color:red まちがい]"""

MARKUP_3 = """**MFM の見本・その三　かたちと色**
$[flip さかさ] $[flip.v 上下] $[flip.h,v 両方] $[rotate.deg=30 かたむく] $[rotate 九十度]
$[x2 2倍] $[x3 3倍] $[x4 4倍] $[scale.x=2,y=0.5 のびる] $[scale.x=99 のびすぎない]
$[position.x=1,y=0.5 ずれる] $[fg.color=c00 赤] $[fg.color=5e8058 緑] $[bg.color=ffd68c 黄の上]
$[fg 既定] $[border 枠] $[border.width=3,style=dashed,color=8a5a3c,radius=8 破線]
$[border.noclip,style=double 二重]
$[font.serif serif] $[font.monospace monospace] $[font.cursive cursive] $[font.fantasy fantasy] \
$[font.emoji emoji] $[font.math math]
$[blur ぼかし] $[ruby 縁側 えんがわ] $[ruby $[fg.color=5e8058 風鈴] ふうりん] $[unixtime 1767225600]
$[clickable.ev=tea 押せるもの] $[unknown 知らない関数] $[fg.color=zzz 変な色] $[x2 閉じない"""

MARKUP_4 = """**MFM の見本・その四　つながるもの**
@alice @juno@far.example @nobody@nowhere.example #縁側 #縁側日和2026 #tea_time
https://library.example/essays?on=shadows&n=3#lamps <https://ja.example/縁側 (かっこ)>
[地図](https://maps.example/benches) ?[しずかなリンク](https://maps.example/quiet)
[**太い**リンク $[shake ゆれる]](https://maps.example/bold) [だめ](javascript:alert(1))
https://example.com/(かっこ)の中 https://example.com/。
mail@example.com a@b #1 C# &amp; <b>html</b>"""

NYA = "なぜ斜めの花は七つなのか。なんとなく、なつかしいな。"


class Adder(Protocol):
    """Puts a file into somebody's drive."""

    def __call__(
        self,
        who: str,
        name: str,
        content: Content,
        comment: str | None = None,
        sensitive: bool = False,
    ) -> File: ...


def add_files(add: Adder) -> None:
    """The files of the sampler."""
    sky = ((150, 190, 220), (246, 232, 214))
    for number in range(16):
        add("carol", f"bean-{number + 1:02}.png", _bean(number), f"Bean number {number + 1}.")
    add("haru", "tall.png", picture(360, 1080, *sky, _sun(0.1)), "縦に長い空。上のほうに日。")
    add("haru", "wide.png", picture(1440, 360, *sky, _sun(0.5)), "横に長い空。")
    add("haru", "square.png", picture(480, 480, *sky, _sun(0.3)), None)
    add("haru", "dot.png", picture(16, 16, *sky), "とても小さい空。")
    shut = ((70, 60, 70), (40, 34, 40))
    add("bob", "tin-1.png", picture(480, 360, *shut, _sun(0.5)), "A tin, open.", True)
    add("bob", "tin-2.png", picture(480, 360, *shut, _sun(0.7)), None, True)
    add("bob", "moonrise.mp4", moonrise(), "The moon goes up over a hill, in three seconds.")
    add("haru", "suzu.wav", chime(), "鈴の音")
    add("carol", "seeds.txt", text_file("beans 12\nmaize 40\n朝顔 7\n"), "What is in the drawer")
    add("juno@", "letter.pdf", one_page("Dear veranda, soon. Or moon."), "A letter of one line")


def _sun(y: float) -> Ellipse:
    return Ellipse(0.5, y, 0.1, 0.1, (255, 214, 140))


def _bean(number: int) -> Content:
    shade: Colour = (120 + 8 * (number % 8), 150 - 4 * number, 90)
    side = 0.4 + 0.012 * number
    return picture(
        480, 360 + 40 * (number % 3), (232, 228, 210), (176, 160, 130),
        Ellipse(side, 0.5, 0.16, 0.26, shade), Ellipse(side + 0.06, 0.42, 0.1, 0.16, shade),
    )  # fmt: skip


def tell(t: Teller) -> None:
    """The afternoon of the samplers."""
    for number, text in enumerate((MARKUP_1, MARKUP_2, MARKUP_3, MARKUP_4)):
        t.note("haru", 56 - number / 20, text, key=f"markup-{number + 1}")
    t.note("haru", 55.5, NYA, liked={"alice": "neko_sleep", "bob": "😹"})
    t.note("bob", 55.4, "A fine morning, everyone. Nothing is more natural than a nap at noon.")
    _pictures(t)
    _polls(t)
    t.note(
        "haru",
        52.5,
        "この投稿は、いいねだけ受けつけます。",
        reaction_acceptance="likeOnly",
        liked={"alice": "❤"},
    )
    t.note("carol", 52.4, "Only decent emoji, please.", reaction_acceptance="nonSensitiveOnly")
    t.note(
        "carol",
        52.3,
        "The door of the seed room is not to be renoted.",
        visibility="followers",
        cw="about the door",
    )
    t.note("haru", 52.2, "お茶の間にも、おなじ見本を置いておきます。", channel="お茶の間")
    t.note(
        "tsukimi@",
        52.1,
        "むこうの絵文字です :yoru: :hoshi_kirari: :neko_madoromi:",
        liked={"juno@": ":hidamari@far.example:", "alice": "🌕", "haru": ":hoshi@other.example:"},
    )
    t.note("juno@", 52.05, None, renote="markup-4")


def _pictures(t: Teller) -> None:
    beans = tuple(f"bean-{number + 1:02}.png" for number in range(16))
    for hours, count in ((55.0, 1), (54.9, 2), (54.8, 3), (54.7, 4), (54.6, 16)):
        t.note("carol", hours, f"Beans: {count}.", files=beans[:count])
    t.note("haru", 54.5, "縦", files=("tall.png",))
    t.note("haru", 54.4, "横", files=("wide.png",))
    t.note("haru", 54.3, "縦と横とまんなか", files=("tall.png", "wide.png", "square.png"))
    t.note("haru", 54.2, files=("dot.png",))
    t.note("bob", 54.1, "I opened a tin. Not for kittens.", files=("tin-1.png",))
    t.note("bob", 54.0, "A tin and a roof.", files=("tin-2.png", "roof.png"))
    t.note("bob", 53.9, "Two tins.", files=("tin-1.png", "tin-2.png"), cw="more tins")
    t.note("bob", 53.8, "The moon, every evening.", files=("moonrise.mp4",))
    t.note("haru", 53.7, "鈴です。", files=("suzu.wav",))
    t.note("carol", 53.6, "The drawer, counted.", files=("seeds.txt",))
    t.note("juno@", 53.5, "It is a short letter.", files=("letter.pdf",))
    t.note(
        "haru", 53.4, "ぜんぶいっしょ", files=("square.png", "suzu.wav", "furin.wav", "onigiri.png")
    )


def _polls(t: Teller) -> None:
    alice, bob, carol = (t.person(name).id for name in ("alice", "bob", "carol"))
    where = ["by the plum tree", "by the well", "梅と井戸のあいだ"]
    t.note(
        "carol",
        53.2,
        "Where shall the bench stand?",
        poll=Poll(where, False, t.now + 72 * HOUR),
    )
    t.note(
        "haru",
        53.1,
        "おやつは（いくつでも）",
        poll=Poll(
            ["だんご", "せんべい", "かつおぶし", "みかん"],
            True,
            t.now + 48 * HOUR,
            {bob: [2], carol: [0, 3], alice: [1, 3]},
        ),
    )
    t.note(
        "bob",
        53.0,
        "This one is over.",
        poll=Poll(["yes", "no"], False, t.now - 50 * HOUR, {carol: [1], bob: [0]}),
    )
    t.note(
        "bob",
        52.95,
        "Has anybody seen my box?",
        poll=Poll(["no", "which box?", "🐈"], False, t.now + 24 * HOUR, {alice: [1], carol: [0]}),
    )
    ten = [f"{number}. " + "choice " * 5 + "or not" for number in range(1, 11)]
    t.note("carol", 52.9, "Ten of them, and long.", poll=Poll(ten, True))
