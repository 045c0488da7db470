"""Plans: what a call site writes for every image of one size and format, worked out once.

A plan is made by writing everything for a stand-in, an image that nobody has, and keeping the text
with holes where its name stands. So whatever a tag can do is done in one place, and a page with
many images does it once.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.utils.safestring import SafeString

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.markup.finding import Place
from django_rokka.markup.missing import NoImage
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

__all__ = ["stand_for", "write_planned"]

_EMPTY: Mapping[str, str] = {}

_MAX_PLANS = 1024
"""Plans that a storage keeps: one for each call site, and each size and format of its images."""

_STEADY = frozenset({str, SafeString, int, float, bool, type(None)})
"""Types of arguments that are written alike whenever they are equal."""

_IMAGE, _SLUG, _TEXT = (secrets.token_hex(20) for _ in range(3))
_NAME = re.compile(r"[0-9a-f]{6,40}(?:/[a-z0-9][a-z0-9-]*)?")
_ALIAS = re.compile(r"[A-Za-z0-9_]{1,150}")

_Writer = Callable[..., str]
_Pieces = tuple[str, ...]


class Plan(NamedTuple):
    """A text in pieces, between which the name of an image is missing.

    ``rest`` are pairs of what comes next, and its pieces: the name of a text, or what a signature
    covers, in pieces too.
    """

    has_file_name: bool
    head: _Pieces
    rest: tuple[tuple[str | _Pieces, _Pieces], ...]

    def fill(self, name: str, texts: Mapping[str, str], storage: RokkaStorage) -> str:
        """Write what was planned, for one image."""
        written = [name.join(self.head)]
        for missing, pieces in self.rest:
            if isinstance(missing, str):
                written.append(texts[missing])
            else:
                written.append(storage.write_signature(name.join(missing)))
            written.append(name.join(pieces))
        return "".join(written)


class _NoPlan(Exception):
    """Not all is known beforehand."""


@functools.cache
def stand_for(name: str) -> str:
    """Return what stands for a text that is each image's own, while a plan is made."""
    return f"{_TEXT}.{name}."


def write_planned(
    write: _Writer,
    place: Place,
    stack: str,
    arguments: Mapping[str, Any],
    texts: Mapping[str, str] = _EMPTY,
) -> str | None:
    """Write an image by the plan of its call site; ``None`` where there can be none.

    ``write`` writes it without one: it takes an image, a stack and the ``arguments``. These hold
    ``stand_for(name)`` for each of ``texts``, which are written as they are.
    """
    storage, reference, default_stack, _ = place
    if reference is None:
        return None
    image, width, height, slug, extension, alias, is_protected = reference
    name = f"{image}/{slug}" if slug else image
    if not _NAME.fullmatch(name) and not (name := _read_name(reference)):
        return None
    make = storage.remembered.get(_make_plan) or _remember(storage)
    kind = (image == "", width, height, slug == "", extension, is_protected)
    try:
        plan = make(write, storage.get_render_base(), stack or default_stack, kind, **arguments)
    except (ImproperlyConfigured, InvalidRenderURL, NoImage, TypeError, _NoPlan):
        return None  # so that the image is refused by its own name
    if not plan.has_file_name:
        name = image or alias
    written: str = plan.fill(name, texts, storage) if plan.rest else name.join(plan.head)
    return written


def _read_name(reference: ImageReference) -> str:
    """Return a name without the mark of our references, or that of an alias; empty for others."""
    if not reference.hash:
        is_alias = _ALIAS.fullmatch(reference.alias) and not reference.slug
        return reference.alias if is_alias else ""
    name = f"{reference.hash}/{reference.file_name}"
    return name if _NAME.fullmatch(name) else ""


def _remember(storage: RokkaStorage) -> Any:
    make = functools.lru_cache(_MAX_PLANS, typed=True)(functools.partial(_make_plan, storage))
    return storage.remembered.setdefault(_make_plan, make)


def _make_plan(
    storage: RokkaStorage,
    write: _Writer,
    base: str,
    stack: str,
    kind: tuple[bool, int | None, int | None, bool, str, bool],
    /,
    **arguments: Any,
) -> Plan:
    is_steady = _STEADY.issuperset(map(type, arguments.values()))
    if not is_steady or arguments.get("expires_in") is not None:
        raise _NoPlan  # the end of a signature is another one every few minutes
    is_alias, width, height, is_nameless, extension, is_protected = kind
    image, alias = ("", _IMAGE) if is_alias else (_IMAGE, "")
    slug = "" if is_nameless else _SLUG
    reference = ImageReference(image, width, height, slug, extension, alias, is_protected)
    return _cut(write(Place(storage, reference), stack, **arguments), base)


def _cut(text: str, base: str) -> Plan:
    """Cut a text where the stand-in is; raise ``_NoPlan`` where more is the image's own."""
    # With the stand-in in it: no URL that somebody gives to a tag gets a signature.
    signature = rf'(?<={re.escape(base)})(/[^"\s]*{_IMAGE}[^"\s]*[?&;])sig=[0-9a-f]{{16}}'
    first, *rest = re.split(rf"{signature}|{_TEXT}\.(\w+)\.", text)
    name = f"{_IMAGE}/{_SLUG}" if _SLUG in text else _IMAGE
    sections, missing = [first], list[str | _Pieces]()
    for path, named, section in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if path:
            sections[-1] += f"{path}sig="
        # The signature covers the URL as it is, not as an attribute has it.
        missing.append(named or tuple(path.replace("&amp;", "&")[:-1].split(name)))
        sections.append(section)
    head, *others = (tuple(section.split(name)) for section in sections)
    plan = Plan(_SLUG in text, head, tuple(zip(missing, others, strict=True)))
    is_whole = text.count("sig=") == sum(isinstance(item, tuple) for item in missing)
    if not is_whole or _IMAGE in str(plan) or _SLUG in str(plan):
        raise _NoPlan
    return plan
