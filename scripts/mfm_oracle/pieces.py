"""The pieces generated texts are made of: each delimiter, whole and in halves."""

from __future__ import annotations

# fmt: off
SIGNS = [
    "*", "_", "~", "`", "<", ">", "[", "]", "(", ")", "「", "」", "（", "）", "$", "@", "#",
    ":", "?", "!", ".", ",", "'", "\"", "/", "\\", "-", "=", "+", "%", " ", "\t", "\u3000", "a",
    "b", "z", "A", "Z", "0", "1", "9", "n", "h", "s", "t",
]
PIECES = [
    *SIGNS,
    "**", "***", "__", "~~", "```", "$[", "?[", "](", "\\(", "\\)", "\\[", "\\]", "´", "\n",
    "\r\n", "\r", "\n\n", "\r\n\r\n", "\n\r", "<b>", "</b>", "<i>", "</i>", "<s>", "</s>",
    "<small>", "</small>", "<plain>", "</plain>", "<center>", "</center>", "\n<center>",
    "</center>\n", "\n> ", "\n>", "\n>>", "> ", "\n```\n", "\n```js\n", "```\n", "\n\\[",
    "\\]\n", "<plain>\n", "\n</plain>", "<center>\n", "\n</center>", "\n</center>\n", ">\n",
    "\n>\n", "https://", "http://", "<https://", "https://a.b/c", "https://a.b/(c)",
    "](https://a.b)", "[a](https://a)", "](<https://x y>)", "](<https://x>)", "?[x](http://h)",
    "[**", "](http://h)", "https://.,", "@user", "@user@host.tld", "@a-", "@-a", "@a.b@c.d",
    "@a@b.", "@a@", "@a.@b", "#tag", "#123", "#a(b)", "#「x」", "#(", "#)", ":emoji:", ":a",
    "a:", ":+1:", ":a-b_c:", "::", ":foo:bar:", "$[x ", "$[x.a ", "$[x.a=1 ", "$[x.a=1,b ",
    "$[tada.speed=1.5s ", "$[.a ", "$[x.=", "$[x.a,", "$[x.1=2,__proto__,0 ", " search",
    " [search]", " 検索", " [検索]", " Search\n", "\u3000[SEARCH]\n", " sEarch\r\n", "検索",
    "\nabc search", "日本語", "かな", "漢字「」", "text ", "hello world", "a b", "é", "ſ", "K",
    "´", "\u2028", "\x85", "\ufeff", "\x00", "\ufe0f", "\ufe0e", "\u200d", "\u20e3",
    "1\ufe0f\u20e3", "#\ufe0f\u20e3", "*\u20e3", "0\ufe0f", "©", "©\ufe0f", "☎", "☎\ufe0e",
    "🏻", "🏿", "🇯", "🇵", "👨", "❤\ufe0f", "\ud83d", "\udc68", "\U000e0067", "\U0001faff", "💩",
    "\ue50a", "**a**", "*a*", "_a_", "`a`",
]
# fmt: on
