"""The render host: from a render URL to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.exceptions import BadRequest, Forbidden, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.files import replacing
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.rendering.negotiation import MIMETYPES, varies
from django_rokka.emulator.rendering.pipeline import render
from django_rokka.emulator.rendering.plan import RenderPlan, make_plan
from django_rokka.emulator.schemas import check_options
from django_rokka.emulator.sending import send_stored_file
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage, StoredOrganization
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, RenderURL, StackDefinition, is_signature_valid
from django_rokka.render.urls import DYNAMIC

__all__ = ["serve_render"]

YEAR = 31_536_000
"""Seconds for which a browser may keep a render."""

_ALIAS_MARKS = ("-_", "_-")


class _Request(NamedTuple):
    """What was asked for, once URL and stack are put together."""

    image: StoredImage
    operations: tuple[Operation, ...]
    options: dict[str, Any]
    url: RenderURL


def serve_render(
    services: Services, request: IncomingRequest, *, organization: str, target: str
) -> Response:
    """Answer a render URL; ``target`` is the raw path and query behind the render host."""
    if request.method not in {"GET", "HEAD"}:
        raise BadRequest("Pictures are read with GET or HEAD.")
    owner = services.organization(organization)
    try:
        asked = _read_request(services, request, owner, target=target)
    except InvalidRenderURL as error:
        raise BadRequest(str(error)) from error
    if check_options(asked.options).get("source_file"):
        return _send_source(services, request, asked)
    plan = make_plan(
        asked.image,
        operations=asked.operations,
        options=asked.options,
        format=asked.url.format,
        accept=request.headers.get("Accept", ""),
    )
    response = _send(
        request,
        asked,
        path=_rendered(services, plan),
        mimetype=MIMETYPES[plan.format],
        name=_file_name(asked, plan.format),
        etag=plan.key,
    )
    if varies(asked.options):
        response.headers["Vary"] = "Accept"
    return response


def _read_request(
    services: Services, request: IncomingRequest, owner: StoredOrganization, *, target: str
) -> _Request:
    url = RenderURL.parse(target)
    image = _find_image(services, owner.name, url.image)
    definition = _find_stack(services, owner.name, url)
    is_protected = (
        image.protected
        or check_options(definition.options).get("protected")
        or (url.stack == DYNAMIC and owner.options.get("protect_dynamic_stack"))
    )
    if is_protected and not is_signature_valid(target, [owner.signing_key], now=services.clock()):
        raise Forbidden(
            "This picture is protected and the URL has no valid signature. Sign it with the"
            " signing key of the organization; the time limit may also be over."
        )
    operations, options = definition.resolve(
        variables=url.variables,
        overrides=url.overrides,
        options=url.options,
        image=_image_names(image),
        request={"headers": {"save_data": request.headers.get("Save-Data", "")}},
    )
    return _Request(image, operations, options, url)


def _find_image(services: Services, organization: str, name: str) -> StoredImage:
    if not name.startswith("-"):
        return services.source_image(organization, name)
    start, end = _ALIAS_MARKS
    if not (name.startswith(start) and name.endswith(end)):
        raise Missing("remote images")
    alias = services.aliases.find(organization, name[len(start) : -len(end)])
    if alias is None:
        raise NotFound(f"No alias {name[2:-2]!r} found in {organization!r}.")
    return services.source_image(organization, alias.hash)


def _find_stack(services: Services, organization: str, url: RenderURL) -> StackDefinition:
    if url.stack == DYNAMIC:
        return StackDefinition.from_operations(url.operations)
    stack = services.stacks.find(organization, url.stack)
    if stack is None:
        raise NotFound(
            f"No stack {url.stack!r} found in {organization!r}. Declare it with"
            f" PUT /stacks/{organization}/{url.stack}, or use dynamic."
        )
    return StackDefinition.from_json(stack.definition)


def _image_names(image: StoredImage) -> Mapping[str, Any]:
    """Return what expressions may ask of an image."""
    area = image.dynamic_metadata.get("subject_area")
    return {
        "width": image.width,
        "height": image.height,
        "format": "jpeg" if image.format == "jpg" else image.format,
        "hash": image.hash,
        "isAnimated": image.animated,
        "hasSubjectArea": bool(area),
        "hasDetectionFace": False,
        "subject_area": area or {},
        "meta_user": image.user_metadata,
    }


def _rendered(services: Services, plan: RenderPlan) -> Path:
    """Return the file of a render, which is made where there is none yet."""
    key = plan.key
    path = services.root / "renders" / key[:2] / key[2:4] / f"{key}.{plan.format}"
    if not path.exists():
        with services.rendering_slots, replacing(path) as target:
            render(plan, source=services.files.path(plan.source.file_hash), target=target)
    return path


def _send_source(services: Services, request: IncomingRequest, asked: _Request) -> Response:
    if asked.operations:
        raise BadRequest("The option source_file delivers the file as it is, without operations.")
    return _send(
        request,
        asked,
        path=services.files.path(asked.image.file_hash),
        mimetype=asked.image.mimetype,
        name=asked.image.name,
        etag=asked.image.file_hash,
    )


def _send(
    request: IncomingRequest, asked: _Request, *, path: Path, mimetype: str, name: str, etag: str
) -> Response:
    response = send_stored_file(
        request,
        path,
        mimetype=mimetype,
        name=name,
        etag=etag,
        is_attachment=asked.options.get("content_disposition") == "attachment",
    )
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    # Opened by itself an SVG is a document: nothing of an upload may run on this host.
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _file_name(asked: _Request, format: str) -> str:
    return f"{asked.url.filename or asked.image.short_hash}.{format}"
