"""Operations of a stack: a name and its options, as rokka's URLs and JSON write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from django_rokka.exceptions import InvalidRenderURL

__all__ = ["OPERATION_NAMES", "Operation", "merge_options", "write_part", "write_value"]

OPERATION_NAMES = frozenset(
    {
        "addframes",
        "alpha",
        "autorotate",
        "blur",
        "circlemask",
        "composition",
        "crop",
        "dropshadow",
        "face",
        "glitch",
        "grayscale",
        "modulate",
        "multiply",
        "noop",
        "primitive",
        "resize",
        "rotate",
        "sepia",
        "sharpen",
        "svg2bitmap",
        "svgdynamic",
        "text",
        "trim",
    }
)
"""Every operation that rokka has."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")


class Operation:
    """One step of a stack, such as ``Operation("resize", width=200, height=150)``.

    Options keep the order in which they are given: caches are keyed by URL.
    """

    __slots__ = ("name", "options")

    name: str
    options: Mapping[str, Any]

    def __init__(self, name: str, /, **options: Any) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "options", MappingProxyType(options))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Operation:
        """Read rokka's JSON form, ``{"name": ..., "options": {...}}``."""
        return cls(data["name"], **(data.get("options") or {}))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"An Operation does not change; make a new one to set {name!r}.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"An Operation does not change; {name!r} cannot be deleted.")

    def __reduce__(self) -> tuple[Any, ...]:
        return Operation.from_json, ({"name": self.name, "options": dict(self.options)},)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Operation):
            return NotImplemented
        return self.name == other.name and self.options == other.options

    def __hash__(self) -> int:
        return hash((self.name, tuple(self.options.items())))

    def __repr__(self) -> str:
        options = "".join(f", {key}={value!r}" for key, value in self.options.items())
        return f"Operation({self.name!r}{options})"

    def __str__(self) -> str:
        """Write the operation as a part of a render URL, ``resize-width-200``."""
        return write_part(self.name, self.options)


def merge_options(operations: Iterable[Operation]) -> dict[str, dict[str, Any]]:
    """Return the options by the name of the operation; of those given twice the later wins."""
    merged: dict[str, dict[str, Any]] = {}
    for operation in operations:
        merged.setdefault(operation.name, {}).update(operation.options)
    return merged


def write_part(name: str, values: Mapping[str, Any]) -> str:
    """Write ``name-key-value...``, percent-encoded; raise ``InvalidRenderURL`` if it cannot be.

    Hyphens separate the pieces, so neither a name nor a value may contain one.
    """
    for word in (name, *values):
        if not _NAME.fullmatch(word):
            raise InvalidRenderURL(
                f"{word!r} is no name of an operation or option: use letters, digits, '_' and '.'."
            )
    pieces = [name]
    for key, value in values.items():
        pieces += [key, write_value(value, owner=f"{name} {key}")]
    return "-".join(pieces)


def write_value(value: Any, *, owner: str) -> str:
    """Write one value of an operation, an option or a path variable into a URL."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if value is None or not text:
        raise InvalidRenderURL(f"{owner} has no value; leave it out or give it one.")
    if "-" in text or "/" in text:
        raise InvalidRenderURL(
            f"{owner} cannot be {text!r} in a render URL, because '-' and '/' separate its parts."
            " Put the value into a stack variable."
        )
    return quote(text, safe="_.,*$")
