"""One emoji is the longest sequence that is one."""

import pytest

from app.mfm.emoji import SEQUENCES, SINGLES, emoji_end


def test_every_sequence_is_one_emoji_whole() -> None:
    for word in SEQUENCES | SINGLES:
        assert emoji_end(word, 0) == len(word)
        assert emoji_end(f"a{word}a", 1) == len(word) + 1


def test_counts_of_emoji_16() -> None:
    assert len(SEQUENCES | SINGLES) == 5259


@pytest.mark.parametrize(
    ("text", "length"),
    [("☎", 1), ("☎\ufe0e", 0), ("☎\ufe0f", 2), ("©", 0), ("1", 0), ("a", 0), ("\ufe0f", 0),
     ("👨\u200d", 1), ("🏃🏻\u200d♀\ufe0f\u200d➡\ufe0f", 8), ("🇯🇵🇯", 2), ("🇯🇯", 1)],
)  # fmt: skip
def test_what_looks_like_more_or_less(text: str, length: int) -> None:
    assert emoji_end(text, 0) == length
