"""The texts of ``tests/unit/mfm/cases.json``, by what they are about.

What the reference's published tests put in, and the edges found while comparing.
"""

from __future__ import annotations

# fmt: off
FULL: dict[str, list[str]] = {
    "text": [
        "", "abc", "a\r\nb\rc\nd", "\x00\x1f\u2028\x85", " ", "\n", "\r\n\r\n",
    ],
    "quote": [
        "> abc", "\n> abc\n> 123\n", "\n> <center>\n> a\n> </center>\n",
        "\n> <center>\n> I'm @neko, An bot of misskey!\n> </center>\n", "\n> abc\n>\n> 123\n", "> ",
        "\n> foo\n> bar\n\nhoge", ">abc\n>>nest", "> a\r\n> b\r\n\r\n\r\nc", "a\n\n\n> b",
        "a > b", ">", ">>", ">\n>", ">\u3000a", ">\ta", "> a\n> b\n\n> c", "> a\rb", ">>>>> a",
        "> ```\n> code\n> ```", "> [x](https://a)\n> a 検索", "> a\n\nfoo search",
        "a\r\n\r\n\n> b", ">>>>>>>>>>>>>>>>>>>>>>deep", "> \n> ", "> @a\nb",
    ],
    "search": [
        "MFM 書き方 123 Search", "MFM 書き方 123 [Search]", "MFM 書き方 123 search",
        "MFM 書き方 123 [search]", "MFM 書き方 123 検索", "MFM 書き方 123 [検索]",
        "abc\nhoge piyo bebeyo 検索\n123", " search", "search", "a search b",
        "a\u3000SEARCH\r\nb", "a\tsEaRcH", "a search search", "**a** search", "x\n**a** search",
        ":a b search", "\ufe0f search", "x\n\ufe0f search", "😀 search", "a [search", "a search]",
        "a ſearch", "> a search", "```\na search\n```\nb search", "$[ search", "[a search",
        "a\n\n\nb search", "a  search", "@- search", "@ search", "https://., search",
        "a 検索\n\nb 検索",
    ],
    "blockCode": [
        "```\nabc\n```", "```\na\nb\nc\n```", "```js\nconst a = 1;\n```",
        "abc\n```\nconst abc = 1;\n```\n123", "```\naaa```bbb\n```", "```\nfoo\n```\nbar",
        "```\n\n```", "```\n```", "```js\r\na\r\n```\r\nb", "``` js \na\n```",
        "```\ufeff\x85x\na\n```", "```\na\n````", "```\na\n``` \n```", "a```\nb\n```", "```\na",
        "```\n\n\n```", "```\na\n```\n```\nb\n```", "```a\n```\nb\n```", "```\ra\r```\rb",
        "> ```\n> a\n```",
    ],
    "mathBlock": [
        "\\[math1\\]", "abc\n\\[math1\\]\n123", "\\[aaa\\]after", "before\\[aaa\\]",
        "\\[\na\n\\]", "\\[\n\n\\]", "\\[\n\\]\n\\]", "\\[\\]", "\\[a\\]b\\]",
        "\\[a\nb\r\n\\]\r\nc", "\\[a", "x\n\\[a\\]",
    ],
    "center": [
        "<center>abc</center>", "before\n<center>\nabc\n123\n\npiyo\n</center>\nafter",
        "<center></center>", "<center>\n</center>\n</center>", "<center>a</center>b",
        "a<center>b</center>", "<center>a\n<center>b</center>", "<center>**a</center>**</center>",
        "<center>a\n\n</center>", "<center>> a\n</center>", "<center>\r\na\r\n</center>\r\nb",
        "<center>[a](https://b)</center>", "<center>[</center>](https://b)\n</center>",
        "<center>a</center>b</center>", "<center>#a(</center>",
        "<center>https://a(b(c))</center>", "<center>@a #b(c) :d: `e` **f**</center>",
        "<center>https://a.,\n</center>", "<center>http://http://a(b</center>",
        "<center>]](](</center>", "<center>?[a](https://b)\n</center>",
        "<center>~~a\n~~</center>", "<center><b></b></center>", "<center>$[x </center>]</center>",
    ],
    "emojiCode": [
        ":abc:", ":a:b:", "a:b:c", ":a::b:", ":+1:", ":-a_:", "::", ":a b:", ":あ:", ":a:1",
        "1:a:", ":a", "12:34:56", ":a:あ",
    ],
    "unicodeEmoji": [
        "今起きた😇", "abc#\ufe0f\u20e3123", "😇\ufe0f", "☎", "☎\ufe0e", "☎\ufe0f", "©",
        "©\ufe0f", "#\u20e3", "*\ufe0f\u20e3*", "9\ufe0f", "🇯🇵🇯", "👨\u200d👩\u200d👧\u200d👦",
        "👨🏻\u200d❤\ufe0f\u200d💋\u200d👨🏿", "🧑🏻\u200d🤝\u200d🧑🏻",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏻", "👍🏽🏽",
        "❤\ufe0f\u200d🔥", "🫱🏻\u200d🫲🏿", "\U0001fae9", "\ue50a", "👨\u200d", "☝🏻",
        "☝\ufe0f🏻", "🏃🏻\u200d♀\ufe0f\u200d➡\ufe0f", "a1\ufe0f\u20e3b", "\ufe0f",
    ],
    "big": [
        "***abc***", "***123**abc**123***", "***123\n**abc**\n123***", "******", "***", "***a",
        "***a**", "***a****", "****a****",
    ],
    "bold": [
        "**abc**", "**123~~abc~~123**", "**123\n~~abc~~\n123**", "****", "**a", "**a*", "a**b**c",
        "<b>abc</b>", "<b>a**b**c</b>", "<b></b>", "<b>a", "<B>a</B>", "<b><b>a</b></b>",
        "<b>**a</b>", "__abc__", "__a b__", "__あ__", "__a_", "___a___", "a__b__c", "__", "____",
    ],
    "small": [
        "<small>abc</small>", "<small>abc**123**abc</small>", "<small>abc\n**123**\nabc</small>",
        "<small>", "<small></small>", "<small>a</smal>",
    ],
    "italic": [
        "<i>abc</i>", "<i>abc**123**abc</i>", "<i>abc\n**123**\nabc</i>", "*abc*",
        "before *abc* after", "before*abc*after", "あいう*abc*えお", "_abc_",
        "before _abc_ after", "before_abc_after", "あいう_abc_えお", "*a", "**a*", "* *",
        "*\u3000*", "*あ*", "_a_b_", "*a*b*", "_a*", "<i>", "*a\nb*",
    ],
    "strike": [
        "~~foo~~", "<s>foo</s>", "~~a\nb~~", "~~", "~~~~", "~~~", "~~a~b~~", "~~a", "~~\n",
        "<s></s>", "~~**a\nb**~~",
    ],
    "inlineCode": [
        "`var x = \"Strawberry Pasta\";`", "`foo\nbar`", "`foo´bar`", "``", "`a", "``a``",
        "`a`b`", "`´a`",
    ],
    "mathInline": [
        "\\(x = {-b \\pm \\sqrt{b^2-4ac} \\over 2a}\\)", "\\(\\)", "\\(a\nb\\)", "\\(a",
        "\\(\\(a\\)", "\\a",
    ],
    "mention": [
        "@abc", "before @abc after", "@abc@misskey.io", "before @abc@misskey.io after",
        "before\n@abc@misskey.io\nafter", "abc@example.com", "あいう@abc", "@abc-", "@-abc",
        "@abc-@x.y", "@abc@x.y.", "@abc@.x", "@abc@-", "@bsky.brid.gy@bsky.brid.gy", "@a.", "@.a",
        "@_a_", "@", "@@a", "@a@b@c", "@あ", "@a@", "@a.-.", "@a@b.-", "@a@b-c.d", "@ſ",
    ],
    "hashtag": [
        "#abc", "before #abc after", "#\ufe0f\u20e3abc123 #abc", "abc\n#\ufe0f\u20e3abc",
        "abc#abc", "あいう#abc", "Foo #bar, baz #piyo.", "#Foo!", "#Foo:", "#Foo'", "#Foo\"",
        "#Foo]", "#foo/bar", "#foo<bar>", "#foo123", "(#foo)", "「#foo」", "（#foo）",
        "「#foo(bar)」", "(bar #foo)", "「bar #foo」", "#123", "(#123)", "#１２３", "#", "##a",
        "#a#b", "#a(b", "#a(b)c", "#()", "#(a[b]c)d", "#a(b(c)", "#a（b）", "#a「b」c", "#a(b]",
        "#a**b**", "#a\u3000b", "#a\rb", "#a\u2028b", "#😀", "#a?", "#a(1 2)",
    ],
    "url": [
        "https://misskey.io/@neko", "official instance: https://misskey.io/@neko.",
        "https://misskey.io/@neko...", "https://example.com/foo?bar=a,b",
        "https://example.com/foo, bar", "https://example.com/foo(bar)",
        "(https://example.com/foo)", "(foo https://example.com/foo)",
        "(https://example.com/foo(bar))", "foo [https://example.com/foo] bar",
        "https://大石泉すき.example.com", "<https://大石泉すき.example.com>", "javascript:foo",
        "https://", "https://.", "https://.,", "http://a", "HTTP://a", "xhttps://a",
        "https://a(b[c]d)e.", "https://a((b)", "https://a()", "<https://a", "<https://>",
        "<https://a b>", "<https://a\nb>", "<http://a>b", "https://a'b", "https://a|b",
        "https://a(.)", "https://a((((b))))", "https://a[b](c)", "<https://a<https://b>",
        "https://ahttps://b", "ftp://a",
    ],
    "link": [
        "[official instance](https://misskey.io/@neko).",
        "?[official instance](https://misskey.io/@neko).", "[a](<https://b c>)", "[a](<https://b>)",
        "[click here](javascript:foo)",
        "official instance: [https://misskey.io/@neko](https://misskey.io/@neko).",
        (
            "official instance: [[https://misskey.io/@neko](https://misskey.io/@neko)](https://"
            "misskey.io/@neko)."
        ),
        "[@example](https://example.com)", "[foo](https://example.com/foo(bar))",
        "([foo](https://example.com/foo(bar)))", "[test] foo [bar](https://example.com)",
        "[](https://a)", "[a\nb](https://c)", "[<b>a\nb</b>](https://c)", "[**a](https://b)**",
        "[a](https://b", "[a](https://.)", "[a](https://b.)",
        "[#a :b: `c` *d* 😀 $[x e]](https://f)", "??[a](https://b)", "?[a]", "[a]](https://b)",
        "[**]**](https://b)", "[a][b](https://c)", "[[[[[a](https://b)", "[a](https://b)(c)",
        "[<https://a>](https://b)", "[~~a\n~~](https://b)", "[<plain>]</plain>](https://a)",
        "[$[x ]](https://a)", "[`](https://a)`](https://b)", "[#~~[#**[#~~a](https://b)",
        "[x $[](https://a)", "$[x [a](https://b)]", "[a] (https://b)", "[a](https://b](c)",
    ],
    "fn": [
        "$[tada abc]", "$[spin.speed=1.1s a]", "$[spin.speed=1.1s $[shake a]]", "[tada abc]",
        "$[x]", "$[x ]", "$[x a", "$[", "$[あ a]", "$[x.a]", "$[x.a,b=c d]", "$[x.a= b]",
        "$[x. a]", "$[x.a,,b c]", "$[x.a=1,a=2 b]", "$[x.__proto__=1,b c]",
        "$[x.2=a,1=b,c=d,01=e e]", "$[x\na]", "$[x a\nb]", "$[x  a]", "$[X_1.A-b c]",
        "$[x.a=-1.5s b]", "$[x a]]", "$[x ~~a]~~]", "$$[x a]", "$[ruby 漢字 かんじ]",
        "$[unixtime 1701356400]",
    ],
    "plain": [
        "a\n<plain>\n**Hello**\nworld\n</plain>\nb", "a\n<plain>**Hello** world</plain>\nb",
        "<plain></plain>", "<plain>\n</plain>", "<plain>\n\n</plain>",
        "<plain>\n</plain></plain>", "<plain>a", "<plain>a\r\n</plain>",
        "<plain>\n\na\n\n</plain>", "<plain><plain>a</plain></plain>",
    ],
    "nesting": [
        "<b><i><s><small>**~~$[x a]~~**</small></s></i></b>",
        (
            "<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>a</"
            "b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b>"
            "</b></b></b></b></b>"
        ),
        (
            "**<i>**<i>**<i>**<i>**<i>**<i>**<i>**<i>**<i>**<i>**<i>**<i>a</i>**</i>**</i>*"
            "*</i>**</i>**</i>**</i>**</i>**</i>**</i>**</i>**</i>**"
        ),
        (
            "$[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $[x $["
            "x $[x $[x :a:]]]]]]]]]]]]]]]]]]]]]]"
        ),
        (
            "<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>#a(b)</b></b></b></b>"
            "</b></b></b></b></b></b></b></b></b></b></b></b></b></b></b>"
        ),
        (
            "<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>[a](https://b)</b></b></"
            "b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b>"
        ),
        (
            "<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>[:a:](https://b)</b><"
            "/b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b>"
        ),
        "> > > > > > > > > > > > > > > > > > > **a**",
        "> > > > > > > > > > > > > > > > > > **:a:**",
        "#(((((((((((((((((((((a)))))))))))))))))))))",
        "https://a((((((((((((((((((((b))))))))))))))))))))",
        (
            "<center><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>a</b></b><"
            "/b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></cente"
            "r>"
        ),
        (
            "[<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>a</b></b></b></b>"
            "</b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b>](https://b)"
        ),
        (
            "<center><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>#a((b))</b></b></b>"
            "</b></b></b></b></b></b></b></b></b></b></b></b></b></b></center>"
        ),
        (
            "<center><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>[x](https://a((b"
            ")))</b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></c"
            "enter>"
        ),
    ],
    "mixed": [
        (
            "before\n<center>\nHello $[tada everynyan! 🎉]\n\nI'm @neko, A bot of misskey!\n"
            "\nhttps://github.com/syuilo/neko\n</center>\nafter"
        ),
        "@a #b :c: **d** `e` https://f [g](https://h) 😀 > i", "\ud83d", "a\udc00b", "ſK",
    ],
}
SIMPLE: list[str] = [
    "", "abc", "abc#abc", "abc#\ufe0f\u20e3abc", ":foo:", "foo:bar:baz", "foo **bar** baz",
    "<plain>:a:</plain>", "<plain>\na\n</plain>b", "<plain>", "😀a", "☎\ufe0e", "*\ufe0f\u20e3",
    "1:a:", ":a:1", "a\nb", "<b>a</b>", "👍🏻:x:\ufe0f", "\ud800",
]
LIMITED: list[tuple[str, int]] = [
    ("<center>**https://a((b)) https://[ #a((b))** https://a((b)</center>", 3),
    ("<center>https://.((b)) https://((b)) https://(</center>", 2),
    ("<b><b><b>***a***</b></b></b>", 2), ("**a**", 0), ("**a**", 1), ("[a](https://b)", 1),
    ("<i>[a](https://b(c))</i>", 2), ("> **a**", 1), ("> **a**", 2), ("#a(b)", 1), ("#a((b))", 1),
    ("$[x $[y z]]", 1), ("<center>**a**</center>", 1), ("~~<b>a\n</b>~~", 1),
    ("<center>[**a**](https://b)</center>", 2), ("> > a", 1),
]
# fmt: on
