"""Cats speak as the official client lets them."""

import pytest

from app.mfm.nyaize import nyaize


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("こんな夜なかに", "こんにゃ夜にゃかに"),
        ("ナナ ﾅﾅ", "ニャニャ ﾆｬﾆｬ"),
        ("nana NANA nA Na", "nyanya NYANYA nYA Nya"),
        ("Morning MORNING moRNiNg", "Mornyan MORNYAN moRNyan"),
        ("Everyone EVERYONE", "Everynyan EVERYNYAN"),
        ("나는 낳", "냐는 냫"),
        ("좋다", "좋다냥"),
        ("좋다. 좋다! 좋다? 좋다, 다다\n다", "좋다냥. 좋다냥! 좋다냥? 좋다, 다다냥\n다냥"),
        ("뭐야? 야야\n야!", "뭐냥? 야냥\n야!"),
        ("banana ſ", "banyanya ſ"),
        ("", ""),
    ],
)
def test_as_the_official_client(said: str, heard: str) -> None:
    assert nyaize(said) == heard
