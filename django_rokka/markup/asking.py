"""The parts of a render URL among the arguments of a tag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, RenderURL

__all__ = ["split_parts"]

_NAMES = frozenset(
    {
        "expires_in",
        "filename",
        "format",
        "operations",
        "options",
        "overrides",
        "signed",
        "variables",
    }
)
_GATHERED = {"v_": "variables", "o_": "options"}
_ANY_IMAGE = "000000.jpg"


def split_parts(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide arguments into the parts of a URL, and all others.

    ``v_title="..."`` is a variable and ``o_dpr=2`` an option, ``o_jpg__quality`` one with a dot.
    ``operations`` and ``overrides`` may be text as in a URL, ``area`` names what a crop shows.
    Raise ``InvalidRenderURL`` for what cannot be read.
    """
    parts = {name: value for name, value in arguments.items() if name in _NAMES}
    others: dict[str, Any] = {}
    for name, value in arguments.items():
        whole = _GATHERED.get(name[:2])
        if whole:
            given = parts.get(whole)
            parts[whole] = {**_read_mapping(given, whole), name[2:].replace("__", "."): value}
        elif name not in _NAMES and name != "area":
            others[name] = value
    for name in _GATHERED.values():
        if name in parts:
            parts[name] = _read_mapping(parts[name], name)
    for name in ("operations", "overrides"):
        if name in parts:
            parts[name] = _read_operations(parts[name])
    if arguments.get("area"):
        area = Operation("crop", area=str(arguments["area"]))
        parts["overrides"] = (*parts.get("overrides", ()), area)
    return {name: value for name, value in parts.items() if value is not None}, others


def _read_mapping(value: Any, name: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise InvalidRenderURL(
            f"The {name} {str(value)[:200]!r} are no mapping of names to values."
        )
    return value or {}


def _read_operations(value: Any) -> tuple[Operation, ...]:
    """Take operations, or read ``"resize-width-200--crop-width-100-height-100"``."""
    if not isinstance(value, str):
        return tuple(value or ())
    url = RenderURL.parse(f"/dynamic/{value}/{_ANY_IMAGE}")
    if "/" in value or url.options or url.variables:
        raise InvalidRenderURL(
            f"{value[:200]!r} are not only operations. Write 'resize-width-200--grayscale', and"
            " options and variables as arguments of their own."
        )
    return url.operations
