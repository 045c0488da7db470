"""A look into SVG before it is uploaded: well-formed, without entities, without scripts.

Nothing is fetched and nothing is expanded: what a document type declares is refused when it is
declared. This keeps honest files honest and is no sanitizer. What shields visitors is that rokka
serves pictures from a host of their own, and that an ``<img>`` runs no script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext as _

__all__ = ["UnsafeSVG", "check_svg"]

_MAX_DEPTH = 256
_MAX_ATTRIBUTES = 256
_SEPARATOR = " "  # stands in no name
_ACTIVE_ELEMENTS = frozenset({"script", "handler", "iframe", "object", "embed"})
_IGNORED = re.compile(r"[\s\x00-\x20]+")  # what browsers skip in the scheme of a link
_ACTIVE_LINK = re.compile(r"(^|;)(javascript:|vbscript:|data:text/html)", re.IGNORECASE)


class UnsafeSVG(ValueError):
    """A file that is no SVG, or one that does more than to draw; the message says what."""


def check_svg(chunks: Iterable[bytes]) -> None:
    """Raise ``UnsafeSVG`` for what is not well-formed, declares something or holds a script."""
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_declarations
    parser.ProcessingInstructionHandler = _refuse_instruction
    elements = _Elements()
    parser.StartElementHandler = elements.start
    parser.EndElementHandler = elements.end
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except UnsafeSVG:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:  # of encodings, the latter two
        raise UnsafeSVG(_("it is not well-formed XML: %(reason)s") % {"reason": error}) from error


class _Elements:
    """Looks at each element as it begins; the first one has to be an ``svg``."""

    def __init__(self) -> None:
        self._is_first = True
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local_name = name.rpartition(_SEPARATOR)[2]
        if self._is_first and local_name != "svg":
            raise UnsafeSVG(_("it is a document of <%(element)s>") % {"element": local_name})
        self._is_first = False
        self._depth += 1
        if self._depth > _MAX_DEPTH or len(attributes) > _MAX_ATTRIBUTES:
            raise UnsafeSVG(_("it is nested too deeply, or has too many attributes"))
        if local_name.lower() in _ACTIVE_ELEMENTS:
            raise UnsafeSVG(_("it holds the element <%(element)s>") % {"element": local_name})
        for attribute, value in attributes.items():
            _check_attribute(attribute.rpartition(_SEPARATOR)[2], value)

    def end(self, _name: str) -> None:
        self._depth -= 1


def _check_attribute(name: str, value: str) -> None:
    is_link = _ACTIVE_LINK.search(_IGNORED.sub("", value))
    if is_link or name.lower().startswith("on"):
        raise UnsafeSVG(_("it holds a script in the attribute %(name)s") % {"name": name})


def _refuse_instruction(target: str, _data: str) -> None:
    # Drawing programs wrap their metadata in this one, which no browser follows.
    if target == "xpacket":
        return
    raise UnsafeSVG(_("it holds the instruction <?%(name)s?>") % {"name": target})


def _refuse_declarations(_name: str, system: Any, public: str | None, has_subset: Any) -> None:
    # Entities are declared in the subset alone. The known type is what drawing programs write by
    # themselves; nobody fetches it.
    is_known = not system or (public or "").startswith("-//W3C//DTD SVG ")
    if has_subset or not is_known:
        raise UnsafeSVG(_("it has a document type of its own"))
