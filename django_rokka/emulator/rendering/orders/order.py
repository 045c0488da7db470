"""What a URL asks for: an image, operations, options, once stacks and variables are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest, NotFound

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.orders.images import find_image
from django_rokka.emulator.rendering.orders.names import expression_names
from django_rokka.emulator.rendering.orders.protection import Origin
from django_rokka.emulator.rendering.orders.remote import fetch_remote_image, is_remote
from django_rokka.emulator.schemas import check_operation_name, check_options
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, RenderURL, StackDefinition
from django_rokka.render.urls import DYNAMIC

__all__ = ["Order", "Resolved", "find_stack", "is_preview", "read_order", "resolve_stack"]

_MAX_BASES = 5
_PREVIEW = "_preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be rendered of an image.

    The first operations, ``base_count`` of them, are those of base stacks. Without an origin no
    operation can name another image or a font.
    """

    image: StoredImage
    operations: tuple[Operation, ...]
    format: str
    options: Mapping[str, Any] = field(default_factory=dict)
    filename: str = ""
    base_count: int = 0
    origin: Origin | None = None


class Resolved(NamedTuple):
    """A stack and those below it, once variables and expressions are known."""

    operations: tuple[Operation, ...]
    options: dict[str, Any]
    base_count: int
    """How many operations are those of the stacks below."""
    is_protected: bool
    """Whether one of the stacks is protected, be it under a condition that holds."""


def read_order(services: Services, origin: Origin) -> Order:
    """Read a render URL from the raw path and query behind the render host."""
    try:
        return _read_order(services, origin)
    except InvalidRenderURL as error:
        raise BadRequest(str(error)) from error


def find_stack(services: Services, organization: str, name: str) -> StackDefinition:
    """Return the definition of a stack, or answer 404."""
    stack = services.stacks.find(organization, name)
    if stack is None:
        raise NotFound(
            f"No stack {name!r} found in {organization!r}. Declare it with"
            f" PUT /stacks/{organization}/{name}, or use dynamic."
        )
    return StackDefinition.from_json(stack.definition)


def is_preview(stack: str) -> bool:
    """Say whether nobody may keep what a stack of this name renders."""
    return stack.startswith(_PREVIEW)


def resolve_stack(
    definition: StackDefinition,
    url: RenderURL,
    *,
    bases: Mapping[str, StackDefinition],
    names: Mapping[str, Any],
) -> Resolved:
    """Return the operations, those of the base stacks first, and the options, theirs weaker.

    Variables of the URL hold for all of them, its overrides and options for the stack itself;
    whether it is protected is not for the URL to say.
    """
    given = {name: value for name, value in url.options.items() if name != "protected"}
    operations, options = definition.resolve(
        variables=url.variables, overrides=url.overrides, options=given, **names
    )
    own_count, is_protected = len(operations), _is_protected(options)
    has_resize = any(operation.name == "resize" for operation in operations)
    if bases and not has_resize and check_options(options).get("dpr", 1) != 1:
        raise BadRequest(
            "The option dpr needs a resize operation in the stack itself; one of its base stack"
            " does not count. Add one, or leave the option out."
        )
    for name, base in bases.items():
        below, weaker = base.resolve(variables=url.variables, **names)
        if check_options(weaker).get("dpr", 1) != 1:
            raise Missing(f"the stack option 'dpr' of a base stack ({name!r})")
        operations = (*below, *operations)
        is_protected = is_protected or _is_protected(weaker)
        options = {**weaker, **options}
    if options.pop("basestack", None) not in {None, "", *bases}:
        raise Missing("base stacks that an expression chooses")
    return Resolved(
        operations=operations,
        options=options,
        base_count=len(operations) - own_count,
        is_protected=is_protected,
    )


def _read_order(services: Services, origin: Origin) -> Order:
    owner = origin.owner
    url = RenderURL.parse(origin.target)
    _check_url(url)
    found = None if is_remote(url.image) else find_image(services, owner, url.image)
    definition = (
        StackDefinition.from_operations(url.operations)
        if url.stack == DYNAMIC
        else find_stack(services, owner.name, url.stack)
    )
    bases = dict(_iter_bases(services, owner.name, definition, url))
    is_secret = (
        (found is not None and found.protected)
        or any(_is_protected(stack.options) for stack in (definition, *bases.values()))
        or (url.stack == DYNAMIC and bool(owner.options.get("protect_dynamic_stack")))
    )
    if is_secret:
        origin.require_signature(services)
    image = found or fetch_remote_image(
        services, origin.request, owner, url.image, options=check_options(definition.options)
    )
    resolved = resolve_stack(
        definition, url, bases=bases, names=expression_names(image, origin.ask_save_data)
    )
    if resolved.is_protected:
        origin.require_signature(services)
    origin.is_preview = any(map(is_preview, (url.stack, *bases)))
    return Order(
        image=image,
        operations=resolved.operations,
        options=resolved.options,
        format=url.format,
        filename=url.filename,
        base_count=resolved.base_count,
        origin=origin,
    )


def _check_url(url: RenderURL) -> None:
    """Refuse what no stack has, and what is not for those to say who only know a URL."""
    for operation in url.overrides:
        check_operation_name(operation.name)
    if check_options(url.options).get("source_file"):
        raise BadRequest(
            "The option source_file stands in the URL, must stand in a stack: whoever sees a"
            " picture is not thereby given its original. Declare a stack with the option."
        )


def _iter_bases(
    services: Services, organization: str, definition: StackDefinition, url: RenderURL
) -> Iterator[tuple[str, StackDefinition]]:
    """Yield the stack below, the one below that, and so on."""
    seen = [url.stack]
    name = url.options.get("basestack", definition.options.get("basestack"))
    while name:
        if name in seen or len(seen) > _MAX_BASES:
            raise BadRequest(
                f"The base stacks {' > '.join([*seen, str(name)])[:200]} form a circle or are more"
                f" than {_MAX_BASES}. Take one of them out."
            )
        base = find_stack(services, organization, str(name))
        yield str(name), base
        seen.append(str(name))
        name = base.options.get("basestack")


def _is_protected(options: Mapping[str, Any]) -> bool:
    return bool(check_options(options).get("protected"))
