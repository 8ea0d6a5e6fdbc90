"""Every sentence a person reads is there in Japanese."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from scripts import translations

PLACEHOLDER = re.compile(r"%\(\w+\)s")


def catalogue() -> Catalog:
    with translations.CATALOGUE.open("rb") as file:
        return read_po(file, locale="ja")


def texts(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def messages(of: Catalog) -> list[Message]:
    return [message for message in of if message.id]


def test_every_sentence_of_the_code_is_in_the_catalogue(tmp_path: Path) -> None:
    template = tmp_path / "messages.pot"
    translations.extract(str(template))
    with template.open("rb") as file:
        in_code = {texts(message.id)[0] for message in messages(read_po(file))}
    in_catalogue = {texts(message.id)[0] for message in messages(catalogue())}
    assert in_code - in_catalogue == set()
    assert in_catalogue - in_code == set()


def test_every_sentence_is_translated() -> None:
    empty = [message.id for message in messages(catalogue()) if not all(texts(message.string))]
    assert empty == []
    assert [message.id for message in messages(catalogue()) if message.fuzzy] == []


def test_translations_speak_of_the_same_things() -> None:
    for message in messages(catalogue()):
        expected = set(PLACEHOLDER.findall(texts(message.id)[-1]))
        for text in texts(message.string):
            assert set(PLACEHOLDER.findall(text)) == expected, message.id


def test_translations_are_japanese() -> None:
    kana_or_kanji = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
    latin = [m.id for m in messages(catalogue()) if not kana_or_kanji.search(texts(m.string)[0])]
    assert latin == []


def test_the_compiled_catalogue_is_the_one_written() -> None:
    with translations.CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = {texts(m.id)[0]: texts(m.string) for m in messages(read_mo(file))}
    written = {texts(m.id)[0]: texts(m.string) for m in messages(catalogue())}
    assert compiled == written
