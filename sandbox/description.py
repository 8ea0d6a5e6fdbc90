"""`/api.json`: the server's own description of its API, as OpenAPI, of all ages."""

from __future__ import annotations

from typing import Any

from .endpoints.table import Endpoint, table_of
from .world import World


def described(world: World) -> dict[str, Any]:
    """What this sandbox really has, in the words of the real server's description."""
    table = table_of(world.age)
    return {
        "openapi": "3.1.0",
        "info": {"version": world.age.version, "title": "Misskey API"},
        "externalDocs": {
            "description": "Repository",
            "url": "https://github.com/misskey-dev/misskey",
        },
        "servers": [{"url": f"{world.origin}/api"}],
        "paths": {f"/{name}": _path(row) for name, row in sorted(table.items())},
        "components": {"schemas": {}, "securitySchemes": {}},
    }


def _path(row: Endpoint) -> dict[str, Any]:
    words = "No description provided.\n\n**Credential required**: "
    words += "*Yes*" if row.credential else "*No*"
    words += f" / **Permission**: *{row.kind}*" if row.kind else ""
    kind = "multipart/form-data" if row.file else "application/json"
    operation = {
        "operationId": f"post___{row.name}",
        "summary": row.name,
        "description": words,
        "requestBody": {"required": True, "content": {kind: {"schema": row.params}}},
    }
    return {"post": operation, **({"get": operation} if row.get else {})}
