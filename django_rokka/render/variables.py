"""Stack variables in a render URL: in the path where they can, else as JSON in ``?v=``."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qs, quote_plus

from django_rokka.exceptions import InvalidRenderURL

__all__ = ["read_query", "write_query", "write_variables"]

# The union of what the official clients keep out of the path, so that every parser
# reads these URLs alike: letters, digits, '_' and '.' stay, everything else goes to the query.
_PATH_VALUE = re.compile(r"[A-Za-z0-9_.]{1,20}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def write_variables(variables: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Divide variables into the path's ``/v-...`` segment and what must stand in the query.

    Booleans and ``None`` go to the query, because only JSON keeps them apart from text.
    """
    pieces: list[str] = []
    in_query: dict[str, Any] = {}
    for name, value in variables.items():
        if not _NAME.fullmatch(name):
            raise InvalidRenderURL(
                f"{name!r} is no variable name: start with a letter, use letters, digits and '_'."
            )
        if _has_place_in_path(value):
            pieces += [name, str(value)]
        else:
            in_query[name] = value
    return f"/v-{'-'.join(pieces)}" if pieces else "", in_query


def write_query(variables: Mapping[str, Any]) -> str:
    """Write ``?v=`` with compact JSON, form-encoded; nothing for no variables.

    Raise ``InvalidRenderURL`` for a value that JSON does not have.
    """
    if not variables:
        return ""
    try:
        text = json.dumps(variables, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return f"?v={quote_plus(text, safe='*')}"
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRenderURL(
            f"The variables {', '.join(variables)[:200]} cannot be written as JSON: {error}. Use"
            " texts, finite numbers, booleans, None, lists and dictionaries."
        ) from error


def read_query(query: str) -> dict[str, Any]:
    """Read the variables of a query string; raise ``InvalidRenderURL`` for broken JSON."""
    texts = parse_qs(query).get("v")
    if not texts:
        return {}
    try:
        variables = json.loads(texts[-1], parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRenderURL(
            f"The query parameter v={texts[-1][:100]!r} is no JSON; write an object."
        ) from error
    if not isinstance(variables, dict):
        raise InvalidRenderURL(
            f'The query parameter v={texts[-1][:100]!r} is no JSON object such as {{"w":200}}.'
        )
    return variables


def _has_place_in_path(value: Any) -> bool:
    is_typed = value is None or isinstance(value, bool)
    if is_typed or (isinstance(value, float) and not math.isfinite(value)):
        return False
    try:
        return _PATH_VALUE.fullmatch(str(value)) is not None
    except (ValueError, RecursionError):  # too long a number, too deep a list
        return False


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
