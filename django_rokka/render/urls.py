"""Render URLs: what a browser asks rokka's render host for (API.md 3.1, in one canonical layout).

The layout is the one of the official JavaScript library, ``/stack/o-.../v-.../hash/name.jpg``,
with options in the order in which they are given, because caches are keyed by URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render.operations import Operation, write_part
from django_rokka.render.signing import DEFAULT_ROUNDING, sign_url
from django_rokka.render.variables import read_query, write_query, write_variables

__all__ = ["DYNAMIC", "RenderURL"]

DYNAMIC = "dynamic"
"""The stack without a name: its operations stand in the URL."""

_EMPTY: Mapping[str, Any] = {}
_STACK_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_IMAGE = r"[0-9a-f]{6,40}|-_[A-Za-z0-9_]+_-|-.+-"
_IMAGE_NAME = re.compile(_IMAGE)
_FORMAT = re.compile(r"[A-Za-z0-9]{2,5}")
_PATH = re.compile(
    rf"/(?P<stack>[^/]+(?:/[^/]*)*?)/(?P<image>{_IMAGE})"
    rf"(?:/(?P<filename>[^/]+))?\.(?P<format>{_FORMAT.pattern})"
)
_OPTION_NAMES = {"af": "autoformat", "j.q": "jpg.quality"}


class RenderURL(NamedTuple):
    """The parts of a render URL.

    ``image`` is a hash, ``-_alias_-`` or ``-remote-``. ``operations`` belong to the dynamic
    stack; ``overrides`` change the options of a named stack's operations of the same name.
    ``options`` are stack options such as ``dpr``; ``variables`` may hold any JSON value.
    """

    image: str
    format: str
    stack: str = DYNAMIC
    operations: tuple[Operation, ...] = ()
    overrides: tuple[Operation, ...] = ()
    options: Mapping[str, Any] = _EMPTY
    variables: Mapping[str, Any] = _EMPTY
    filename: str = ""

    @classmethod
    def parse(cls, target: str) -> RenderURL:
        """Read a URL, or the part of one that follows the render host.

        Raise ``InvalidRenderURL`` when it does not follow the grammar.
        """
        try:
            parts = urlsplit(target)
        except ValueError as error:  # a broken IPv6 address
            raise _not_a_render_url(target) from error
        match = _PATH.fullmatch(parts.path)
        if match is None:
            raise _not_a_render_url(target)
        segments = [unquote(segment) for segment in match["stack"].split("/")]
        operations, overrides, options, variables = _read_segments(segments)
        return cls(
            image=unquote(match["image"]),
            format=match["format"].lower(),
            stack=segments[0],
            operations=operations,
            overrides=overrides,
            options=options,
            variables={**variables, **read_query(parts.query)},
            filename=unquote(match["filename"] or ""),
        )

    @property
    def is_dynamic(self) -> bool:
        """Whether the operations stand in the URL instead of in a named stack."""
        return self.stack == DYNAMIC

    @property
    def path(self) -> str:
        """The URL from the render host on: percent-encoded path and, if needed, query."""
        in_path, in_query = write_variables(self.variables)
        name = f"/{quote(self.filename, safe='')}" if self.filename else ""
        if self.filename.endswith("-") and self.image.startswith("-"):
            raise InvalidRenderURL(
                f"The file name {self.filename!r} cannot follow {self.image[:100]!r}: a hyphen at"
                " its end would be read as the end of the image. Leave it out."
            )
        where = f"/{self._stack_part}{in_path}/{self._image_part}{name}"
        return f"{where}.{self._checked_format}{write_query(in_query)}"

    def build(
        self,
        host: str,
        *,
        signing_key: str = "",
        until: datetime | None = None,
        round_date_up_to: int = DEFAULT_ROUNDING,
    ) -> str:
        """Write the whole URL; with a key it is signed, and the file name left out.

        ``host`` may carry a path, which a signature does not cover. ``until`` is rounded up to
        a multiple of ``round_date_up_to`` seconds, so that caches see one URL per period.
        """
        host = host.rstrip("/")
        if not signing_key:
            return f"{host}{self.path}"
        bare = self._replace(filename="").path
        return host + sign_url(bare, signing_key, until=until, round_date_up_to=round_date_up_to)

    def resized(self, width: int, *, variable: str = "") -> RenderURL:
        """Return a copy that renders ``width`` pixels wide.

        By the named stack variable where there is one, otherwise by the width of its resize.
        """
        if variable:
            return self._replace(variables={**self.variables, variable: width})
        if self.is_dynamic:
            return self._replace(operations=_with_width(self.operations, width))
        return self._replace(overrides=_with_width(self.overrides, width))

    @property
    def _stack_part(self) -> str:
        if not self.is_dynamic and self.operations:
            raise InvalidRenderURL(
                f"Operations belong to the dynamic stack, not to {self.stack!r}: leave out"
                " the stack, or pass them as overrides."
            )
        if not _STACK_NAME.fullmatch(self.stack):
            raise InvalidRenderURL(
                f"{self.stack!r} is no stack name: use letters, digits, '_' and '-'."
            )
        segments = [self.stack]
        if self.is_dynamic:
            segments.append(_write_operations(self.operations) or "noop")
        if self.overrides:
            segments.append(_write_operations(self.overrides))
        if self.options:
            segments.append(write_part("o", self.options))
        return "/".join(segments)

    @property
    def _image_part(self) -> str:
        if not _IMAGE_NAME.fullmatch(self.image):
            raise InvalidRenderURL(
                f"{self.image!r} is no image: use a hash of 6 to 40 hexadecimal digits,"
                " '-_<alias>_-' or '-<remote path>-'."
            )
        return quote(self.image, safe="/:@!$&'()*,;=~_.-")

    @property
    def _checked_format(self) -> str:
        if not _FORMAT.fullmatch(self.format):
            raise InvalidRenderURL(
                f"{self.format!r} is no image format: use an extension such as jpg, png or webp."
            )
        return self.format


def _not_a_render_url(target: str) -> InvalidRenderURL:
    return InvalidRenderURL(
        f"{target[:200]!r} is no render URL. Use"
        " '/<stack>[/<operations>...]/<hash or -_alias_->[/<name>].<format>'."
    )


def _with_width(operations: tuple[Operation, ...], width: int) -> tuple[Operation, ...]:
    """Give the resize another width and no height; where there is none, begin with one."""
    names = [operation.name for operation in operations]
    if "resize" not in names:
        return (Operation("resize", width=width), *operations)
    place = names.index("resize")
    options = {key: value for key, value in operations[place].options.items() if key != "height"}
    resize = Operation("resize", **{**options, "width": width})
    return (*operations[:place], resize, *operations[place + 1 :])


def _write_operations(operations: Iterable[Operation]) -> str:
    return "--".join(str(operation) for operation in operations)


def _read_segments(
    segments: list[str],
) -> tuple[tuple[Operation, ...], tuple[Operation, ...], dict[str, Any], dict[str, Any]]:
    operations: list[Operation] = []
    overrides: list[Operation] = []
    options: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    for index, segment in enumerate(segments[1:]):
        defines = segments[0] == DYNAMIC and index == 0
        for part in filter(None, segment.split("--")):
            name, values = _read_part(part)
            if name in ("o", "options"):
                options |= {_OPTION_NAMES.get(key, key): value for key, value in values.items()}
            elif name in ("v", "variables"):
                variables |= values
            else:
                (operations if defines else overrides).append(Operation(name, **values))
    return tuple(operations), tuple(overrides), options, variables


def _read_part(part: str) -> tuple[str, dict[str, Any]]:
    name, *rest = part.split("-")
    if len(rest) % 2:
        raise InvalidRenderURL(f"{rest[-1]!r} in {part!r} has no value; write 'name-key-value'.")
    return name, dict(zip(rest[::2], rest[1::2], strict=True))
