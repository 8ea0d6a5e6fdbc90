"""Make `static/icons.svg` from Tabler's icons (MIT), pinned, from npm.

    python scripts/make_icons.py

Needs npm. Only the icons named here get in; the licence is kept beside the sprite.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@tabler/icons@3.51.0"
ICONS = """
home pencil users arrow-back-up trash lock world mail repeat device-mobile paperclip
alert-triangle plus login logout circle-check language dots
mood-smile star pin bell-off flag external-link photo chart-bar
search bell menu-2 user-plus clock
""".split()
STATIC = Path(__file__).parent.parent / "static"


def main() -> None:
    """Fetch the package, write the sprite and the licence."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()[-1]
        with tarfile.open(Path(folder) / packed) as archive:
            symbols = [_symbol(archive, name) for name in ICONS]
            licence = _text(archive, "package/LICENSE")
    sprite = f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'
    (STATIC / "icons.svg").write_text(sprite)
    (STATIC / "icons.LICENSE.txt").write_text(f"{PACKAGE}\n\n{licence}")


def _symbol(archive: tarfile.TarFile, name: str) -> str:
    drawing = _text(archive, f"package/icons/outline/{name}.svg")
    paths = re.findall(r"<(?:path|circle|line|rect|polyline)\b[^>]*/>", drawing)
    shown = "".join(path for path in paths if 'stroke="none"' not in path)
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">{shown}</symbol>\n'
    )


def _text(archive: tarfile.TarFile, name: str) -> str:
    member = archive.extractfile(name)
    if member is None:
        raise FileNotFoundError(name)
    return member.read().decode()


if __name__ == "__main__":
    main()
