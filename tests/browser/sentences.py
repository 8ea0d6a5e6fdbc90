"""Which sentences of Engawa stand on a page in a language that is not the page's."""

from __future__ import annotations

import re
from functools import cache

from babel.messages.pofile import read_po

from scripts.translations import CATALOGUE

TEXTS = """() => {
    // What says its own language, such as a link to the other one, may be in it.
    const choices = ".poll [name=choice], .poll .voted, .results li > :first-child";
    const isOurs = element => !element.closest("[lang]:not(html), textarea, .text, " + choices);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [document.title];
    while (walker.nextNode())
        if (isOurs(walker.currentNode.parentElement)) texts.push(walker.currentNode.data);
    for (const element of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]"))
        if (isOurs(element))
            for (const name of ["title", "aria-label", "placeholder", "alt"])
                texts.push(element.getAttribute(name) || "");
    return [...new Set(texts.map(text => text.replace(/\\s+/g, " ").trim()))];
}"""
"""A script that gives every text of a page, but not what people wrote in notes."""


@cache
def _sentences(language: str) -> tuple[re.Pattern[str], frozenset[str]]:
    """What fits a sentence of `language` that reads otherwise in the other one: a pattern for
    those with values in them, and the plain ones."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="ja")
    plain, open_ones = set(), []
    for message in catalogue:
        english = [message.id] if isinstance(message.id, str) else list(message.id)
        japanese = [message.string] if isinstance(message.string, str) else list(message.string)
        here, there = (english, japanese) if language == "en" else (japanese, english)
        for sentence in set(here) - set(there):
            pieces = [re.escape(piece) for piece in re.split(r"%\(\w+\)s", sentence)]
            if len(pieces) == 1:
                plain.add(sentence)
            elif max(map(len, pieces)) > 8:
                open_ones.append(".+".join(pieces))
    return re.compile("|".join(open_ones)), frozenset(plain - {""})


def in_another_language(texts: list[str], language: str) -> list[str]:
    """Those of a page's `texts` that are sentences of Engawa, but not of `language`."""
    pattern, plain = _sentences("ja" if language == "en" else "en")
    return [text for text in texts if text in plain or pattern.fullmatch(text)]
