"""SVG sources whose elements get other attributes before anything is drawn."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.pixels import vips
from django_rokka.emulator.rendering.plans.plan import RenderPlan

__all__ = ["change_attributes", "changed_source"]

_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?")
_REFERENCES = frozenset({"href", "src"})
_INNER_REFERENCE = re.compile(r"#|data:image/(?:png|jpeg|gif|webp);", re.IGNORECASE)
_SCRIPT = re.compile(r"(?:java|vb)script:|data:text/", re.IGNORECASE)
# Browsers overlook these in the scheme of a URL.
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\ufeff]")
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@contextmanager
def changed_source(plan: RenderPlan, source: Path) -> Iterator[tuple[RenderPlan, Path]]:
    """Give the file to draw from, with all changes of ``svgdynamic``, and the plan with its size.

    A drawing is not pixels: it makes no difference after which other operation they stand.
    """
    steps = [step.operation for step in plan.steps if step.operation.name == "svgdynamic"]
    if not steps:
        yield plan, source
        return
    if plan.source.format != "svg":
        raise BadRequest(
            f"The operation svgdynamic changes SVG images, and {plan.source.hash} is a"
            f" {plan.source.format}."
        )
    changes = [change for step in steps for change in _read_changes(step.options["changes"])]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changed.svg"
        path.write_bytes(change_attributes(vips.read_svg(source), changes))
        header = vips.read_header(path, format="svg")
        image = replace(plan.source, width=header.width, height=header.height)
        yield replace(plan, source=image), path


def change_attributes(drawing: bytes, changes: Iterable[Any]) -> bytes:
    """Return an SVG whose elements have other attributes, by their ``id``.

    An id that is nowhere changes nothing. Entities are refused; comments and instructions to other
    programs are left out.
    """
    wanted: dict[str, dict[str, str]] = {}
    for change in changes:
        identity, name, value = _read_change(change)
        wanted.setdefault(identity, {})[name] = value
    return _Rewriter(wanted).rewrite(drawing)


def _read_changes(changes: Any) -> list[Any]:
    if isinstance(changes, list):
        return changes
    raise BadRequest(
        f"The changes of svgdynamic are {str(changes)[:100]!r}, must be a list of objects with id,"
        " attr and value. In a URL there is no way to write them; put them into a stack."
    )


def _read_change(change: Any) -> tuple[str, str, str]:
    """Return id, attribute and value; refuse what would run or fetch something."""
    if not isinstance(change, Mapping) or not {"id", "attr", "value"} <= set(change):
        raise BadRequest(
            f"The change {str(change)[:100]!r} of svgdynamic must be an object with id, attr and"
            " value."
        )
    name, value = str(change["attr"]), _written(change["value"])
    if reason := _objection(name, value):
        raise BadRequest(
            f"The change {name[:40]}={value[:60]!r} of svgdynamic {reason}. Change what the drawing"
            " looks like; a reference must be #id or data:image/...."
        )
    return str(change["id"]), name, value


def _written(value: Any) -> str:
    """Write what an expression gave as SVG has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _objection(name: str, value: str) -> str:
    """Say why an attribute must not be set, if so."""
    local = name.rpartition(":")[2].lower()
    bare = _INVISIBLE.sub("", value)
    if not _ATTRIBUTE.fullmatch(name) or _NO_XML.search(value):
        return "is not XML"
    if local.startswith("on") or local == "srcdoc" or _SCRIPT.search(bare):
        return "would run a script"
    if name.lower().startswith("xmlns"):
        return "would change what elements mean"
    if local in _REFERENCES and not _INNER_REFERENCE.match(bare):
        return "would refer to another file"
    return ""


class _Rewriter:
    """Writes down a document while expat reads it, with other attributes."""

    def __init__(self, wanted: Mapping[str, Mapping[str, str]]) -> None:
        self._wanted = wanted
        self._parts: list[str] = []

    def rewrite(self, drawing: bytes) -> bytes:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = lambda name: self._parts.append(f"</{name}>")
        parser.CharacterDataHandler = lambda text: self._parts.append(escape(text))
        parser.EntityDeclHandler = self._refuse_entity
        try:
            parser.Parse(drawing, True)
        except (expat.ExpatError, ValueError) as error:
            raise vips.BrokenImage(f"svgdynamic cannot read it: {error}") from error
        return "".join(self._parts).encode()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        changed = {**attributes, **self._wanted.get(attributes.get("id", ""), {})}
        written = "".join(f" {key}={_quoted(value)}" for key, value in changed.items())
        self._parts.append(f"<{name}{written}>")

    def _refuse_entity(self, *_declaration: Any) -> None:
        raise ValueError("it declares entities")


def _quoted(value: str) -> str:
    return quoteattr(value, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
