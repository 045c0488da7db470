"""Attributes of HTML elements, escaped whatever they hold."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString

__all__ = ["Attributes", "escape"]

_NAME = re.compile(r"[A-Za-z_:@][A-Za-z0-9_:@.-]*")
_SPELLED_OUT = ("aria-", "data-")
"""Attributes that say true as a word; of all others it is enough that they are there."""

# What no HTML page may hold, not even as a character reference.
_NO_TEXT = re.compile(
    r"[\0-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(rf"\U{plane:04x}fffe-\U{plane:04x}ffff" for plane in range(17))
    + "]"
)


class Attributes(dict[str, Any]):
    """Attributes by name, in order; as text they are those of an element, with a space before.

    ``None`` and ``False`` leave one out, ``True`` writes one that needs no value.
    """

    @classmethod
    def join(cls, *layers: Mapping[str, Any] | None) -> Attributes:
        """Put attributes together, those of later layers in place of earlier ones.

        ``class_`` is ``class``, ``data_id`` is ``data-id``; classes and styles are added up.
        Raise ``ValueError`` for a name that is none.
        """
        joined = cls()
        for layer in layers:
            for given, value in (layer or {}).items():
                name = _read_name(given)
                separator = {"style": ";", "class": " "}.get(name)
                before = joined.get(name) if separator else None
                is_added = bool(before and value)
                joined[name] = f"{before}{separator}{value}" if is_added else value
        return joined

    def without(self, *names: str) -> Attributes:
        """Return a copy without some."""
        return Attributes({name: value for name, value in self.items() if name not in names})

    def __str__(self) -> SafeString:
        written = [
            f' {name}="{escape(_spell(name, value))}"'
            for name, value in self.items()
            if value is not None and value is not False
        ]
        # By hand, since format_html_join() takes most of the time of a page with many images.
        return SafeString("".join(written))

    def __html__(self) -> SafeString:
        """Write them for a template."""
        return self.__str__()


def escape(value: Any) -> SafeString:
    """Escape a text or an attribute's value, and replace characters that no page may hold.

    The texts of a template are "safe", but may hold quotes.
    """
    if isinstance(value, Promise):
        value = str(value)
    escaped: str
    if hasattr(value, "__html__"):
        escaped = value.__html__().replace('"', "&quot;")
    else:
        escaped = html.escape(str(value))
    if not escaped.isprintable():  # as all but few are, which is sooner seen
        escaped = _NO_TEXT.sub("\ufffd", escaped)
    return SafeString(escaped)


def _read_name(given: str) -> str:
    name = given if "-" in given or ":" in given else given.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{given[:200]!r} is no name of an attribute: use letters, digits, '-', '_', ':', '.'"
            " and '@'."
        )
    return name


def _spell(name: str, value: Any) -> Any:
    if value is not True:
        return value
    return "true" if name.startswith(_SPELLED_OUT) else ""
