"""What a URL asks for: an image, operations, options, once stacks and variables are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest, NotFound

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.rendering.finding import find_image
from django_rokka.emulator.rendering.protection import require_signature
from django_rokka.emulator.rendering.remote import fetch_remote_image, is_remote
from django_rokka.emulator.schemas import check_options
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage, StoredOrganization
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, RenderURL, StackDefinition
from django_rokka.render.urls import DYNAMIC

__all__ = ["Order", "Origin", "expression_names", "find_stack", "read_order", "resolve_stack"]

_MAX_BASES = 5
_PREVIEW = "_preview"


class Origin(NamedTuple):
    """Whose render URL was asked for, and the raw path and query that a signature covers."""

    request: IncomingRequest
    owner: StoredOrganization
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be rendered of an image.

    ``is_preview`` says that nobody may keep it. Without an origin no operation can name another
    image or a font.
    """

    image: StoredImage
    operations: tuple[Operation, ...]
    format: str
    options: Mapping[str, Any] = field(default_factory=dict)
    filename: str = ""
    is_preview: bool = False
    origin: Origin | None = None


def read_order(
    services: Services, request: IncomingRequest, owner: StoredOrganization, target: str
) -> Order:
    """Read a render URL from the raw path and query behind the render host."""
    try:
        return _read_order(services, request, owner, target)
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


def resolve_stack(
    definition: StackDefinition,
    url: RenderURL,
    *,
    bases: Mapping[str, StackDefinition],
    names: Mapping[str, Any],
) -> tuple[tuple[Operation, ...], dict[str, Any]]:
    """Return the operations, those of the base stacks first, and the options, theirs weaker.

    Variables of the URL hold for all of them, its overrides and options for the stack itself.
    """
    operations, options = definition.resolve(
        variables=url.variables, overrides=url.overrides, options=url.options, **names
    )
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
        options = {**weaker, **options}
    if options.pop("basestack", None) not in {None, "", *bases}:
        raise Missing("base stacks that an expression chooses")
    return operations, options


def expression_names(image: StoredImage, request: IncomingRequest) -> dict[str, Any]:
    """Return what expressions may ask of an image and of a request."""
    metadata = image.dynamic_metadata
    face = metadata.get("detection_face") or {}
    area = metadata.get("subject_area") or {}
    of_image = {
        "width": image.width,
        "height": image.height,
        "format": "jpeg" if image.format == "jpg" else image.format,
        "hash": image.hash,
        "isAnimated": image.animated,
        "hasSubjectArea": bool(area),
        "hasDetectionFace": bool(face),
        "detection_face": face,
        "face_detection": face,
        "subject_area": area,
        "meta_user": image.user_metadata,
    }
    return {
        "image": of_image,
        "request": {"headers": {"save_data": request.headers.get("Save-Data", "")}},
    }


def _read_order(
    services: Services, request: IncomingRequest, owner: StoredOrganization, target: str
) -> Order:
    url = RenderURL.parse(target)
    found = None if is_remote(url.image) else find_image(services, owner, url.image)
    definition = (
        StackDefinition.from_operations(url.operations)
        if url.stack == DYNAMIC
        else find_stack(services, owner.name, url.stack)
    )
    bases = dict(_iter_bases(services, owner.name, definition, url))
    is_secret = (
        (found is not None and found.protected)
        or any(_is_protected(stack) for stack in (definition, *bases.values()))
        or (url.stack == DYNAMIC and bool(owner.options.get("protect_dynamic_stack")))
    )
    if is_secret:
        require_signature(services, owner, target)
    image = found or fetch_remote_image(
        services, request, owner, url.image, options=check_options(definition.options)
    )
    operations, options = resolve_stack(
        definition, url, bases=bases, names=expression_names(image, request)
    )
    return Order(
        image=image,
        operations=operations,
        options=options,
        format=url.format,
        filename=url.filename,
        is_preview=url.stack.startswith(_PREVIEW),
        origin=Origin(request, owner, target),
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


def _is_protected(definition: StackDefinition) -> bool:
    return bool(check_options(definition.options).get("protected"))
