"""Known holes in the packages Engawa runs on, as PyPI's advisories tell of them.

    python scripts/audit.py        (make audit)

Ends with 1 where there is a hole, and with 2 where nobody could be asked: an index may have
no advisories, and a machine no way to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCKED = Path(__file__).parent.parent / "requirements.txt"
HOLES, NOT_ASKED = 1, 2


def main() -> int:
    """Ask, say what was answered, and how it ends."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip"]
    command += ["--progress-spinner", "off", "--format", "json", "--requirement", str(LOCKED)]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        print(f"audit: nobody could be asked. {asked.stderr.strip()[-300:]}")
        return NOT_ASKED
    said, end = judged(packages)
    print(said)
    return end


def judged(packages: list[dict[str, Any]]) -> tuple[str, int]:
    """What to say of the answers of pip-audit, each with the `vulns` of a package or with
    the `skip_reason` why they are not known; and how to end."""
    holes = [
        f"audit: {package['name']} {package['version']}: {hole['id']}, "
        f"mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for package in packages
        for hole in package.get("vulns", [])
    ]
    if holes:
        return "\n".join(holes), HOLES
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown or not packages:
        told = f"the index tells nothing of {len(unknown)} of {len(packages)} packages"
        return f"audit: {told}: {', '.join(unknown)}", NOT_ASKED
    return f"audit: no known holes in {len(packages)} packages", 0


if __name__ == "__main__":
    sys.exit(main())
