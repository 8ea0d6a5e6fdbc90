"""Misskey's markup: text to tree to safe HTML. Pure: no Flask, no network, no state.

    tree = parse(note.text)
    context = Context(emoji=resolve, host=note.user.host, is_cat=note.user.is_cat)
    html = render(tree, context)
    links = context.styles.addresses("/mfm.css")

Only standard library. The rules are those of mfm-js 0.25.
"""

from app.mfm.html import Context, render
from app.mfm.nodes import Node, to_json
from app.mfm.parser import NEST_LIMIT, parse, parse_simple
from app.mfm.plain import plain_text
from app.mfm.styles import Styles, stylesheet

__all__ = [
    "NEST_LIMIT",
    "Context",
    "Node",
    "Styles",
    "parse",
    "parse_simple",
    "plain_text",
    "render",
    "stylesheet",
    "to_json",
]
