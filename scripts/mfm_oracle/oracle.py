"""The reference parser, kept running in Node, to be asked text by text.

npm install mfm-js@0.25.0
export MFM_JS=…/node_modules/mfm-js
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

SCRIPT = Path(__file__).with_name("oracle.cjs")


class Oracle:
    """A context manager around one Node process."""

    def __enter__(self) -> Oracle:
        self._node = subprocess.Popen(
            ["node", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._node.terminate()
        self._node.wait()

    def ask(self, text: str, *, simple: bool = False, limit: int = 20) -> Any:
        """The reference's tree for ``text``, as decoded JSON."""
        question = json.dumps({"text": text, "simple": simple, "limit": limit})
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(question + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())
