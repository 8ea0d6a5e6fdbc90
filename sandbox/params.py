"""Checks a call's parameters as the real server does, and says the same when it refuses.

Misskey validates with AJV against a JSON schema per endpoint and answers with
the *first* rule that fails: `info.param` is the place of the rule in the schema
and `info.reason` AJV's sentence (notes-create-too-long.json,
notes-create-bad-reaction-acceptance.json). AJV looks at the type, then at
number and string rules, then at combinations and `enum`, then at lists, then at
objects with `required` before `properties`; this order is kept, because it
decides which rule is named.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .errors import ApiError, invalid_param

Schema = dict[str, Any]

ID: Schema = {"type": "string", "format": "misskey:id"}
NULLABLE_ID: Schema = {"type": "string", "format": "misskey:id", "nullable": True}
STRING: Schema = {"type": "string"}
LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 100, "default": 10}
PAGING: dict[str, Schema] = {
    "limit": LIMIT,
    "sinceId": ID,
    "untilId": ID,
    "sinceDate": {"type": "integer"},
    "untilDate": {"type": "integer"},
}


def flag(default: bool) -> Schema:
    """A boolean parameter."""
    return {"type": "boolean", "default": default}


def obj(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    """An endpoint's parameters."""
    return {"type": "object", "properties": properties, "required": required or []}


def validated(schema: Schema, body: object) -> dict[str, Any]:
    """`body` with its defaults filled in; raises INVALID_PARAM if a rule fails."""
    _check(schema, body, "#")
    assert isinstance(body, dict)
    defaults = {
        name: rule["default"]
        for name, rule in schema.get("properties", {}).items()
        if "default" in rule
    }
    return {**defaults, **body}


def cast(schema: Schema, body: object, *, strictly: bool = True) -> object:
    """A form's (or a query's) texts as the booleans and numbers they stand for.

    Raises INVALID_PARAM of its own id (drive-files-create-bad-boolean.json of
    v12); where it is not done `strictly`, what is not `true` is false.
    """
    if not isinstance(body, dict):
        return body
    result = dict(body)
    for name, rule in schema.get("properties", {}).items():
        if rule.get("type") in {"boolean", "number", "integer"} and isinstance(body.get(name), str):
            if not strictly and rule["type"] == "boolean":
                result[name] = body[name] == "true"
                continue
            try:
                result[name] = json.loads(body[name])
            except ValueError:
                raise ApiError(
                    "INVALID_PARAM",
                    "Invalid param.",
                    "0b5f1631-7c1a-41a6-b399-cce335f34d85",
                    info={"param": name, "reason": f"cannot cast to {rule['type']}"},
                ) from None
    return result


def _is(kind: str, value: object) -> bool:
    if kind == "integer":
        return (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, float) and value.is_integer()
        )
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "null":
        return value is None
    kinds = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, kinds[kind])


def _check(schema: Schema, value: object, place: str) -> None:
    kind = schema.get("type")
    if value is None and schema.get("nullable"):
        _check_choices(schema, value, place)
        return
    if kind is not None and not _is(kind, value):
        raise invalid_param(f"{place}/type", f"must be {kind}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(schema, value, place)
    if isinstance(value, str):
        _check_string(schema, value, place)
    _check_choices(schema, value, place)
    if isinstance(value, list):
        _check_list(schema, value, place)
    if isinstance(value, dict):
        _check_object(schema, value, place)


def _check_number(schema: Schema, value: float, place: str) -> None:
    if "maximum" in schema and value > schema["maximum"]:
        raise invalid_param(f"{place}/maximum", f"must be <= {schema['maximum']}")
    if "minimum" in schema and value < schema["minimum"]:
        raise invalid_param(f"{place}/minimum", f"must be >= {schema['minimum']}")


def _check_string(schema: Schema, value: str, place: str) -> None:
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        reason = f"must NOT have more than {schema['maxLength']} characters"
        raise invalid_param(f"{place}/maxLength", reason)
    if "minLength" in schema and len(value) < schema["minLength"]:
        reason = f"must NOT have fewer than {schema['minLength']} characters"
        raise invalid_param(f"{place}/minLength", reason)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise invalid_param(f"{place}/pattern", f'must match pattern "{schema["pattern"]}"')
    if schema.get("format") == "misskey:id" and not re.fullmatch(r"[a-zA-Z0-9]+", value):
        raise invalid_param(f"{place}/format", 'must match format "misskey:id"')


def _check_choices(schema: Schema, value: object, place: str) -> None:
    for number, rule in enumerate(schema.get("allOf", [])):
        _check(rule, value, f"{place}/allOf/{number}")
    if "anyOf" in schema:
        first: ApiError | None = None
        for number, rule in enumerate(schema["anyOf"]):
            try:
                _check(rule, value, f"{place}/anyOf/{number}")
            except ApiError as error:
                first = first or error
            else:
                break
        else:
            assert first is not None
            raise first
    if "if" in schema and _passes(schema["if"], value):
        _check(schema["then"], value, f"{place}/then")
    if "enum" in schema and value not in schema["enum"]:
        raise invalid_param(f"{place}/enum", "must be equal to one of the allowed values")


def _passes(schema: Schema, value: object) -> bool:
    try:
        _check(schema, value, "#")
    except ApiError:
        return False
    return True


def _check_list(schema: Schema, value: list[Any], place: str) -> None:
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        raise invalid_param(
            f"{place}/maxItems", f"must NOT have more than {schema['maxItems']} items"
        )
    if "minItems" in schema and len(value) < schema["minItems"]:
        raise invalid_param(
            f"{place}/minItems", f"must NOT have fewer than {schema['minItems']} items"
        )
    if schema.get("uniqueItems"):
        _check_unique(value, place)
    if "items" in schema:
        for item in value:
            _check(schema["items"], item, f"{place}/items")


def _check_unique(value: list[Any], place: str) -> None:
    # AJV walks a list of strings from its end and names the later of the pair first.
    last: dict[str, int] = {}
    for place_in_list in range(len(value) - 1, -1, -1):
        item = json.dumps(value[place_in_list], sort_keys=True)
        if item in last:
            pair = f"{last[item]} and {place_in_list}"
            raise invalid_param(
                f"{place}/uniqueItems",
                f"must NOT have duplicate items (items ## {pair} are identical)",
            )
        last[item] = place_in_list


def _check_object(schema: Schema, value: dict[str, Any], place: str) -> None:
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        # AJV fills in defaults before it looks (i-registry-keys.json).
        if name not in value and "default" not in properties.get(name, {}):
            raise invalid_param(f"{place}/required", f"must have required property '{name}'")
    for name, rule in properties.items():
        if name in value:
            _check(rule, value[name], f"{place}/properties/{name}")
