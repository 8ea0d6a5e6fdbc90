"""Keep the Japanese catalogue in step with the sentences in the code.

    make translations

Collects every sentence from `app/` and `templates/`, adds new ones to
`translations/ja/LC_MESSAGES/messages.po` with an empty translation, drops those that
are gone, and compiles what is there. A test fails while any is empty.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from babel.messages.frontend import CommandLineInterface

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "translations" / "ja" / "LC_MESSAGES" / "messages.po"


def main() -> None:
    """Extract, update, compile."""
    with tempfile.TemporaryDirectory() as folder:
        template = str(Path(folder) / "messages.pot")
        extract(template)
        verb = "update" if CATALOGUE.exists() else "init"
        options = []
        if verb == "update":
            options = ["--ignore-obsolete", "--no-fuzzy-matching", "--ignore-pot-creation-date"]
        _babel(verb, *options, "-i", template, "-d", str(CATALOGUE.parents[2]), "-l", "ja")
    _babel("compile", "-d", str(CATALOGUE.parents[2]))


def extract(template: str) -> None:
    """Write every sentence of the code to `template`, without places that only make
    the catalogue change with every line moved."""
    _babel(
        "extract",
        "--no-location",
        "--omit-header",
        "--sort-output",
        "-k",
        "lazy_gettext",
        "-F",
        str(ROOT / "translations" / "babel.cfg"),
        "-o",
        template,
        str(ROOT),
    )


def _babel(*arguments: str) -> None:
    CommandLineInterface().run(["pybabel", "--quiet", *arguments])  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
