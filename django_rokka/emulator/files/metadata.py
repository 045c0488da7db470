"""User and dynamic metadata: which names and values rokka takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import shown

__all__ = [
    "DYNAMIC_NAMES",
    "USER_TYPES",
    "check_dynamic_metadata",
    "check_dynamic_value",
    "check_user_metadata",
    "check_user_value",
    "is_text_field",
    "merge_user_metadata",
    "user_field",
]

USER_TYPES = ("array", "array_text", "date", "double", "int", "latlon", "str", "text")
"""Types of user metadata; a field without a type is a ``str``."""

_USER_FIELD = re.compile(rf"(?:(?:{'|'.join(USER_TYPES)}):)?[a-z0-9_]{{1,54}}")
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}(?:\.[0-9]{1,6})?Z")
_PLACE = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,20})?),\s?(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)")
_AREA_NAME = re.compile(r"[a-zA-Z0-9_]+")
_LINKED_HASH = re.compile(r"[0-9a-f]{6,40}")
_LARGEST_INTEGER = 2**63 - 1
_MAX_COORDINATE = 1_000_000_000
"""Pixels; beyond it computing with a subject area would leave the finite numbers."""

_AREA_MEMBERS = ("x", "y", "width", "height")


def user_field(name: str) -> str:
    """Return the key under which a field is kept, or answer 400: ``str:`` is the unwritten type."""
    if not _USER_FIELD.fullmatch(name):
        raise BadRequest(
            f'Field name "{name[:200]}" is not valid. Use alphanumeric lowercase characters only,'
            " max length: 54 chars"
        )
    return name.removeprefix("str:")


def is_text_field(name: str) -> bool:
    """Say whether the values of a field are texts."""
    return _user_type(name)[0] not in {"array", "array_text", "double", "int"}


def check_user_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata by the keys that are kept, or answer 400; ``None`` stands for no field."""
    return {
        user_field(name): None if value is None else check_user_value(name, value)
        for name, value in metadata.items()
    }


def check_user_value(name: str, value: Any) -> Any:
    """Return the value of a field, or answer 400 when it is not of the field's type."""
    kind, rule = _user_type(name)
    if not _IS_OF_TYPE[kind](value):
        raise BadRequest(
            f'The value of the field "{name}" is {shown(value)}, must be {rule}.'
            " The prefix of a field is the type of its values, as in int:year."
        )
    return value


def merge_user_metadata(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Set fields; ``None`` takes one away."""
    merged = {**old, **new}
    return {name: value for name, value in merged.items() if value is not None}


def check_dynamic_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata by name, or answer 400."""
    return {name: check_dynamic_value(name, value) for name, value in metadata.items()}


def check_dynamic_value(name: str, value: Any) -> dict[str, Any]:
    """Return the value of one dynamic metadata, or answer 400."""
    check = _DYNAMIC.get(name)
    if check is None:
        raise BadRequest(
            f"Unknown dynamic metadata {name[:100]!r}, must be one of: {', '.join(DYNAMIC_NAMES)}."
        )
    if not isinstance(value, dict):
        raise BadRequest(f"The dynamic metadata {name!r} is {shown(value)}, must be a JSON object.")
    check(name, value)
    return value


def _user_type(name: str) -> tuple[str, str]:
    kind = name.partition(":")[0] if ":" in name else "str"
    return kind, _RULES[kind]


def _is_integer(value: Any) -> bool:
    # A boolean is no number here, although Python thinks so.
    return type(value) is int and abs(value) <= _LARGEST_INTEGER


def _is_number(value: Any) -> bool:
    return type(value) is float or _is_integer(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_date(value: Any) -> bool:
    if not (isinstance(value, str) and _DATE.fullmatch(value)):
        return False
    try:
        datetime.fromisoformat(value[:19])
    except ValueError:
        return False
    return True


def _is_place(value: Any) -> bool:
    match = _PLACE.fullmatch(value) if isinstance(value, str) else None
    return match is not None and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180


_RULES = {
    "array": "an array of strings",
    "array_text": "an array of strings",
    "date": "a date like 2026-03-01T12:00:00Z",
    "double": "a number",
    "int": "a whole number of 64 bits",
    "latlon": "latitude and longitude like 47.38,8.52",
    "str": "a string",
    "text": "a string",
}
_IS_OF_TYPE: dict[str, Callable[[Any], bool]] = {
    "array": _is_list_of_texts,
    "array_text": _is_list_of_texts,
    "date": _is_date,
    "double": _is_number,
    "int": _is_integer,
    "latlon": _is_place,
    "str": _is_text,
    "text": _is_text,
}


def _check_members(name: str, value: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise BadRequest(
            f"Unknown member {unknown[0][:100]!r} of {name}, must be one of: {', '.join(known)}."
        )


def _check_area(name: str, value: Mapping[str, Any], *, required: tuple[str, ...]) -> None:
    _check_members(name, value, (*_AREA_MEMBERS, "percentage"))
    for member in _AREA_MEMBERS:
        if member not in value:
            if member in required:
                raise BadRequest(f"{member} of {name} is missing, must be a number.")
            continue
        number = value[member]
        if not (_is_number(number) and abs(number) <= _MAX_COORDINATE):
            raise BadRequest(
                f"{member} of {name} is {shown(number)}, must be a number from"
                f" -{_MAX_COORDINATE} to {_MAX_COORDINATE}."
            )
    if not isinstance(value.get("percentage", False), bool):
        raise BadRequest(
            f"percentage of {name} is {shown(value['percentage'])}, must be true or false."
        )


def _check_subject_area(name: str, value: Mapping[str, Any]) -> None:
    _check_area(name, value, required=("x", "y"))


def _check_crop_area(name: str, value: Mapping[str, Any]) -> None:
    _check_area(name, value, required=_AREA_MEMBERS)


def _check_detection(name: str, value: Mapping[str, Any]) -> None:
    """Take what a detection found; without it, rokka would look for a face."""
    _check_area(name, value, required=_AREA_MEMBERS if value else ())


def _check_multi_areas(name: str, value: Mapping[str, Any]) -> None:
    for area_name, area in value.items():
        if not _AREA_NAME.fullmatch(area_name):
            raise BadRequest(
                f"The area name {area_name[:100]!r} in {name} is not valid, use letters, digits"
                " and '_'."
            )
        place = f"{name}.{area_name}"
        if not isinstance(area, dict) or len(area) != 1:
            raise BadRequest(f"{place} is {shown(area)}, must have crop_area or subject_area.")
        _check_members(place, area, tuple(_MULTI))
        ((kind, member),) = area.items()
        if not isinstance(member, dict):
            raise BadRequest(f"{kind} of {place} is {shown(member)}, must be a JSON object.")
        _MULTI[kind](f"{place}.{kind}", member)


def _check_version(name: str, value: Mapping[str, Any]) -> None:
    _check_members(name, value, ("text",))
    if not isinstance(value.get("text"), str):
        raise BadRequest(f"text of {name} is {shown(value.get('text'))}, must be a string.")


def _check_linked(name: str, value: Mapping[str, Any]) -> None:
    _check_members(name, value, ("hashes",))
    hashes = value.get("hashes")
    if not isinstance(hashes, list) or not all(
        isinstance(item, str) and _LINKED_HASH.fullmatch(item) for item in hashes
    ):
        raise BadRequest(f"hashes of {name} is {shown(hashes)}, must be an array of hashes.")


_MULTI: dict[str, Callable[[str, Mapping[str, Any]], None]] = {
    "crop_area": _check_crop_area,
    "subject_area": _check_subject_area,
}
_DYNAMIC: dict[str, Callable[[str, Mapping[str, Any]], None]] = {
    **_MULTI,
    "detection_face": _check_detection,
    "linked": _check_linked,
    "multi_areas": _check_multi_areas,
    "version": _check_version,
}

DYNAMIC_NAMES = tuple(sorted(_DYNAMIC))
"""The documented kinds of dynamic metadata."""
