"""What our script gets instead of a page: the piece that changed.

The script sends the very forms that are on the page, with one header more. The header
never changes what is done, only how the answer is written.
"""

from __future__ import annotations

from flask import request

HEADER = "X-Engawa-Fragment"


def wanted() -> str:
    """The kind of fragment this request asks for, such as "note"; "" for a page."""
    return request.headers.get(HEADER, "")
