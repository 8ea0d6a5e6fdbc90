"""How a cat speaks: the change Misskey's clients make to the texts of people with isCat.

Since 2023.10.2 servers send such texts as written and the client changes them. The
rules (of misskey-js ``nyaize``, as facts): Japanese な/ナ/ﾅ gain a small や; English
``na`` becomes ``nya``, ``morning`` ``mornyan``, ``everyone`` ``everynyan``; Korean 나 to
낳 shift to 냐 and its kin, a closing 다 gains 냥 and a closing 야 becomes it.
"""

from __future__ import annotations

import re

_JAPANESE = str.maketrans({"な": "にゃ", "ナ": "ニャ", "ﾅ": "ﾆｬ"})
_KOREAN = {code: chr(code + ord("냐") - ord("나")) for code in range(ord("나"), ord("낳") + 1)}
_TABLE = {**_JAPANESE, **_KOREAN}
_ENGLISH = re.compile(
    r"(?<=[nN])[aA]|(?<=[mM][oO][rR][nN])[iI][nN][gG]|(?<=[eE][vV][eE][rR][yY])[oO][nN][eE]"
)
_WORDS = {"a": "ya", "ing": "yan", "one": "nyan"}
_LINE_END = r"(?=[\n\r\u2028\u2029]|\Z)"
_DA = re.compile(rf"다(?:{_LINE_END}|(?=[. !?]))")
_YA = re.compile(rf"야(?:{_LINE_END}|(?=[? ]))")


def _english(found: re.Match[str]) -> str:
    """Capitals stay only where the whole piece was written in them."""
    word = _WORDS[found[0].lower()]
    return word.upper() if found[0].isupper() else word


def nyaize(text: str) -> str:
    """The text as a cat would have said it. Raises nothing."""
    text = _ENGLISH.sub(_english, text)
    # The Korean endings are looked for after 나 has moved, as the official client does.
    text = text.translate(_TABLE)
    return _YA.sub("냥", _DA.sub("다냥", text))
