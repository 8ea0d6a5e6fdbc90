"""What the audit of our packages says, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.audit import HOLES, NOT_ASKED, judged

SOUND: dict[str, Any] = {"name": "flask", "version": "3.1.2", "vulns": []}
UNKNOWN: dict[str, Any] = {"name": "segno", "skip_reason": "not found"}
HOLED: dict[str, Any] = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["2.7.3", "2.8"]},
        {"id": "PYSEC-2", "fix_versions": []},
    ],
}


@pytest.mark.parametrize(
    ("packages", "said", "end"),
    [
        ([SOUND], ["no known holes in 1 package"], 0),
        (
            [SOUND, HOLED, UNKNOWN],
            ["jinja2 2.4.1: PYSEC-1, mended in 2.7.3, 2.8", "PYSEC-2, mended in no version yet"],
            HOLES,
        ),
        ([SOUND, UNKNOWN], ["nothing of 1 of 2 packages: segno"], NOT_ASKED),
        ([], ["0 of 0"], NOT_ASKED),
    ],
    ids=["sound", "holed", "unknown", "empty"],
)
def test_what_is_said(packages: list[dict[str, Any]], said: list[str], end: int) -> None:
    words, ends = judged(packages)
    assert all(part in words for part in said)
    assert ends == end
