"""v11's checks of parameters: the same rules, other words, no places.

v11 looks at one parameter after the other, in the order of the endpoint's
table, and says which one and why (`notes-create-poll-one-choice.json` of v11:
`poll`, `choices: invalid-range`). Ids are not looked at.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .errors import ApiError, invalid_param
from .params import Schema

TYPES = {
    "string": (str, "must-be-a-string"),
    "integer": (int, "must-be-a-number"),
    "number": (int | float, "must-be-a-number"),
    "boolean": (bool, "must-be-a-boolean"),
    "array": (list, "must-be-an-array"),
    "object": (dict, "must-be-an-object"),
}


def validated(schema: Schema, body: object) -> dict[str, Any]:
    """`body` with its defaults filled in; raises INVALID_PARAM for the first that is wrong."""
    given = body if isinstance(body, dict) else {}
    properties, required = _flat(schema)
    checked = dict(given)
    for name, rule in properties.items():
        if name in given:
            reason = _wrong(rule, given[name])
            if reason is not None:
                raise invalid_param(name, reason)
        elif name in required:
            raise invalid_param(name, "must-be-not-undefined")
        elif "default" in rule:
            checked[name] = rule["default"]
    return checked


def _flat(schema: Schema) -> tuple[dict[str, Schema], list[str]]:
    """The properties of all alternatives; what only some of them want is not required."""
    properties = dict(schema.get("properties", {}))
    for part in [*schema.get("allOf", []), *schema.get("anyOf", [])]:
        properties |= _flat(part)[0]
    return properties, schema.get("required", [])


def _wrong(rule: Schema, value: Any) -> str | None:
    if value is None:
        return None if rule.get("nullable") else "must-be-not-null"
    if "type" in rule:
        kind, reason = TYPES[rule["type"]]
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            return reason
    if "enum" in rule and value not in rule["enum"]:
        return "not-match-pattern"
    if isinstance(value, str):
        return _wrong_text(rule, value)
    if isinstance(value, list):
        return _wrong_list(rule, value)
    if isinstance(value, dict):
        return _wrong_object(rule, value)
    if not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        return "invalid-range"
    return None


def _wrong_text(rule: Schema, value: str) -> str | None:
    fits = rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value))
    if not fits or not re.search(rule.get("pattern", ""), value):
        return "something-happened"
    return None


def _wrong_list(rule: Schema, value: list[Any]) -> str | None:
    if rule.get("uniqueItems") and len({json.dumps(item) for item in value}) < len(value):
        return "must-be-unique"
    if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
        return "invalid-range"
    if any(_wrong(rule.get("items", {}), item) for item in value):
        return "not-match-pattern" if "enum" in rule["items"] else "invalid-item"
    return None


def _wrong_object(rule: Schema, value: dict[str, Any]) -> str | None:
    try:
        validated(rule, value)
    except ApiError as error:
        info = error.info or {}
        return f"{info['param']}: {info['reason']}"
    return None
