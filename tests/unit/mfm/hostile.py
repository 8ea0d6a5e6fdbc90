"""Texts made to hurt: to be slow to read, or to get out of the page's hands."""

from __future__ import annotations

LENGTH = 100_000

# fmt: off
# Each is repeated until the text is long.
UNITS = [
    "**", "***", "*", "__", "_", "~~", "`", "´`", "```\n", "\n```\n", "\n```a", "<b>", "<i>",
    "</b>", "<small>", "<plain>", "<center>", "\n<center>", "<center>a\n", "\n<center>[",
    "\n</center>\n", "\\(", "\\[", "\n\\[", "$[x ", "$[x.a=1,", "$[", "[", "?[", "[a](",
    "[a](http://", "](http://a)", "@", "@a", "@a@", "@a.", "#", "#a", "#(", "#a(", "#「", "#a[",
    "#1", ":", ":a", "http://", "https://a", "https://a(", "https://a.", "<https://",
    "<https://a ", "\n", "\r\n", "> ", ">", "\n> ", "\n\n> ", ">\n", "\n search", "a search\n",
    " [", "((((", "))))", "]]]]", "😀", "👨\u200d", "\ufe0f", "1\ufe0f", "🇯", "🏻", "あ", "a",
    " ", "\x00", "\ud800", "[a**", "[#**", "[#~~[#**", "<b>[", "$[x [", "**~~", "**~~***",
    "<b>a</b>", "~~a\n", "[a\n", "\n<center>a</center>b", "\n<center>**", "#$[x ", "<center>?[",
]
# What stands at the end, so that whatever may be taken back has reason to try.
HOPE = "](http://a)\n</center>\n"

# What someone might write to reach the page around the note.
ESCAPES = [
    "[a](<https://[>)", "[a](<https://[::1>)", "<https://a/{b}|c^d`e>",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<b onclick=x>a</b>",
    "<style>*{}</style>", "<plain><script>alert(1)</script></plain>", "**<iframe src=//x>**",
    "`<script>`", "```html\n<script>\n```", "```\"><script>\na\n```", "```js onload=x\na\n```",
    "\\(<script>\\)", "\\[<svg onload=x>\\]", "[a](https://x/\"onmouseover=\"x)",
    "[a](<https://x/\"><script>>)", "<https://x/\"onclick=\"x>", "[<script>](https://x)",
    "[a](javascript:x)", "<javascript:x>", "[a](https://x\njavascript:y)",
    "<https://x/\n\"onclick=x>", "https://x/&quot;onclick", "[a](https://[)", "<https://[::1>",
    "<https://a\\b>", "#\"><script>", "#a'onclick=x", "#&lt;", "#\ud800", "#a?b#c", "#../../x",
    "#%2e%2e%2f", "@a@b.c/../d", ":a:", ":script:", "$[fg.color=red a]", "$[fg.color=000;x a]",
    "$[bg.color=f00000000 a]", "$[fg a]", "$[border.style=x,color=y,width=1e9,radius=-5 a]",
    "$[border.width=99999999999,noclip a]", "$[rotate.deg=1e400 a]", "$[rotate.deg=nan a]",
    "$[rotate.deg=-.5 a]", "$[scale.x=9999,y=-9999 a]", "$[position.x=99999,y=--1 a]",
    "$[spin.speed=1.2.3s a]", "$[spin.speed=0s,delay=-9999s a]", "$[tada.speed=1s;} a]",
    "$[tada.speed=-1s a]", "$[jelly.speed=s a]", "$[spin.x,left a]", "$[spin.y,alternate a]",
    "$[flip a]", "$[flip.v a]", "$[flip.h,v a]", "$[font a]", "$[font.x a]", "$[font.serif a]",
    "$[blur a]", "$[sparkle a]", "$[rainbow a]", "$[ruby a b]", "$[ruby a]",
    "$[ruby <b> <script>]", "$[ruby **a** b]", "$[ruby a **b**]", "$[unixtime 0]",
    "$[unixtime x]", "$[unixtime 99999999999999]", "$[unixtime -62135596800]",
    "$[unixtime **1**]", "$[clickable.ev=x a]", "$[script <b>a</b>]", "$[onclick.x=y a]",
    "$[x2 $[x3 $[x4 a]]]", "$[__class__ a]", "<script> search", "a&b<c 検索", "> <script>",
    "<center><script></center>", "a\x00b\x1bc\x7f", "&amp;&lt;&#x3c;", "]]>", "<!--", "-->",
    "<!doctype html>", "</div></body>", "<small></b><i></small></i>", "\u202eabc", "\ufffe\uffff",
]
# fmt: on
