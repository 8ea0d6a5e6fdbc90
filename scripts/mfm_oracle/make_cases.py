"""Write ``tests/unit/mfm/cases.json``: our texts, with the trees the reference gives.

MFM_JS=… python -m scripts.mfm_oracle.make_cases
"""

from __future__ import annotations

import json
from pathlib import Path

from scripts.mfm_oracle.inputs import FULL, LIMITED, SIMPLE
from scripts.mfm_oracle.oracle import Oracle

OUT = Path(__file__).parents[2] / "tests/unit/mfm/cases.json"


def main() -> None:
    """Ask for every text, write the file."""
    with Oracle() as oracle:
        cases = [
            {"about": about, "text": text, "tree": oracle.ask(text)}
            for about, texts in FULL.items()
            for text in texts
        ]
        cases += [
            {"about": "simple", "text": text, "simple": True, "tree": oracle.ask(text, simple=True)}
            for text in SIMPLE
        ]
        cases += [
            {
                "about": "limit",
                "text": text,
                "limit": limit,
                "tree": oracle.ask(text, limit=limit),
            }
            for text, limit in LIMITED
        ]
    lines = ",\n".join(json.dumps(case) for case in cases)
    OUT.write_text(f"[\n{lines}\n]\n", encoding="ascii")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
