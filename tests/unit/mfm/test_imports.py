"""The room is pure: standard library and itself, nothing else."""

import ast
import sys
from pathlib import Path

import app.mfm


def test_imports_nothing_but_the_standard_library() -> None:
    for path in Path(app.mfm.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in names:
                assert name.startswith("app.mfm") or name.partition(".")[0] in (
                    sys.stdlib_module_names
                ), f"{path.name} imports {name}"
