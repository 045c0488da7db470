"""Render URLs: what a browser asks rokka's render host for, in one canonical layout.

The layout is the one of the official JavaScript library, ``/stack/o-.../v-.../hash/name.jpg``,
with options in the order in which they are given, because caches are keyed by URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, unquote, unquote_plus, urlsplit

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render.operations import Operation, merge_options, write_part
from django_rokka.render.signing import DEFAULT_ROUNDING, sign_url
from django_rokka.render.variables import read_query, write_query, write_variables

__all__ = ["DYNAMIC", "RenderURL", "add_stack_variables"]

DYNAMIC = "dynamic"
"""The stack without a name: its operations stand in the URL."""

_EMPTY: Mapping[str, Any] = {}
_STACK_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
# No remote image begins with two hyphens: they divide the parts of a segment before it.
_IMAGE = r"[0-9a-f]{6,40}|-_[A-Za-z0-9_]+_-|-(?!-).+-"
_IMAGE_NAME = re.compile(_IMAGE)
_FORMAT = re.compile(r"[A-Za-z0-9]{2,5}")
_PATH = re.compile(
    rf"/(?P<stack>[^/]+(?:/[^/]*)*?)/(?P<image>{_IMAGE})"
    rf"(?:/(?P<filename>[^/]+))?\.(?P<format>{_FORMAT.pattern})"
)
_HOST = re.compile(r"[A-Za-z0-9._~%!$&()*+,;=:@\[\]-]*")
_OPTION_NAMES = {"af": "autoformat", "j.q": "jpg.quality"}
_OPTIONS = ("o", "options")
_VARIABLES = ("v", "variables")
_SAFE_IN_SEGMENT = "-_.,*$"
_SAFE_IN_REST = "/%:@!$&'()*+,;=~"
_SAFE_IN_QUERY = "/%:@!$()*+,;=~?"


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
        parts, match = _split(target)
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

    def overridden(self, *operations: Operation) -> RenderURL:
        """Return a copy in which operations have other options, and the rest of their options.

        Each changes every operation of its name. A dynamic stack's are changed where they stand,
        overrides that it has already included; a named stack gets one override a name. Raise
        ``InvalidRenderURL`` for an operation that the dynamic stack does not have.
        """
        changes = merge_options((*self.overrides, *operations))
        if not self.is_dynamic:
            overrides = (Operation(name, **options) for name, options in changes.items())
            return self._replace(overrides=tuple(overrides))
        names = {item.name for item in self.operations}
        for operation in operations:
            if operation.name not in names:
                raise InvalidRenderURL(
                    f"The dynamic stack has no operation {operation.name!r} to override; add it"
                    " to its operations."
                )
        changed = (
            Operation(item.name, **{**item.options, **changes.get(item.name, {})})
            for item in self.operations
        )
        return self._replace(operations=tuple(changed), overrides=())

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


def add_stack_variables(url: str, variables: Mapping[str, Any]) -> str:
    """Write stack variables into a render URL, or into the part that follows the render host.

    They replace those of the same name and leave the others, wherever they stand. Every value
    counts, ``0``, ``False`` and ``None`` too. A signature is left out, because it covers the
    variables: sign what this returns. Raise ``InvalidRenderURL`` for what is no render URL.
    """
    parts, match = _split(url)
    if not _HOST.fullmatch(parts.netloc):
        raise InvalidRenderURL(
            f"{parts.netloc[:200]!r} is no host: use ASCII, and 'xn--…' for other letters."
        )
    segments, present = _take_variables(match["stack"])
    in_path, in_query = write_variables({**present, **read_query(parts.query), **variables})
    stack = "/".join(quote(segment, safe=_SAFE_IN_SEGMENT) for segment in segments)
    rest = quote(parts.path[match.end("stack") :], safe=_SAFE_IN_REST)
    return parts._replace(
        path=f"/{stack}{in_path}{rest}",
        query=_replace_variables(parts.query, write_query(in_query).removeprefix("?")),
        fragment=quote(parts.fragment, safe=_SAFE_IN_QUERY),
    ).geturl()


def _split(target: str) -> tuple[SplitResult, re.Match[str]]:
    try:
        parts = urlsplit(target)
    except ValueError as error:  # a broken IPv6 address
        raise _not_a_render_url(target) from error
    match = _PATH.fullmatch(parts.path)
    if match is None:
        raise _not_a_render_url(target)
    return parts, match


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
            if name in _OPTIONS:
                options |= {_OPTION_NAMES.get(key, key): value for key, value in values.items()}
            elif name in _VARIABLES:
                variables |= values
            else:
                (operations if defines else overrides).append(Operation(name, **values))
    return tuple(operations), tuple(overrides), options, variables


def _read_part(part: str) -> tuple[str, dict[str, Any]]:
    name, *rest = part.split("-")
    if len(rest) % 2:
        raise InvalidRenderURL(f"{rest[-1]!r} in {part!r} has no value; write 'name-key-value'.")
    return name, dict(zip(rest[::2], rest[1::2], strict=True))


def _take_variables(stack: str) -> tuple[list[str], dict[str, Any]]:
    """Divide a stack part into its segments without variables, and the variables.

    The other segments are not read: those of a render host with a path are among them.
    """
    name, *segments = map(unquote, stack.split("/"))
    kept = [name]
    variables: dict[str, Any] = {}
    for segment in segments:
        others = []
        for part in filter(None, segment.split("--")):
            if part.partition("-")[0] in _VARIABLES:
                variables |= _read_part(part)[1]
            else:
                others.append(part)
        if others:
            kept.append("--".join(others))
    return kept, variables


def _replace_variables(query: str, written: str) -> str:
    """Put the written variables in their place, drop the signature and leave the rest."""
    pairs = []
    for pair in filter(None, query.split("&")):
        name = unquote_plus(pair.partition("=")[0])
        if name == "v":
            pairs.append(written)
            written = ""
        elif name != "sig":
            pairs.append(quote(pair, safe=_SAFE_IN_QUERY))
    return "&".join(filter(None, [*pairs, written]))
