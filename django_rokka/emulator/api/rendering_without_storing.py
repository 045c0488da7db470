"""``POST /utils/{organization}/render/...``: a picture of a file that is not kept."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.files.binary_files import IncomingFile
from django_rokka.emulator.files.measuring import UnreadableFile, measure
from django_rokka.emulator.http.incoming import IncomingRequest, base_name
from django_rokka.emulator.http.routing import Route
from django_rokka.emulator.http.sending import send_file
from django_rokka.emulator.rendering.making import carry_out, plan_order
from django_rokka.emulator.rendering.orders.names import expression_names
from django_rokka.emulator.rendering.orders.order import (
    Order,
    find_stack,
    resolve_stack,
)
from django_rokka.emulator.rendering.plans.negotiation import MIMETYPES
from django_rokka.emulator.schemas import check_options
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage, image_hash
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import RenderURL, StackDefinition

__all__ = ["ROUTES"]

_MAX_SIZE = 100_000_000
_MAX_FORM = 1_000_000
"""Bytes of a form around its file."""
_NOT_TAKEN = frozenset({"mp4", "mov", "webm", "eps"})
_HERE = "0" * 40
"""A hash, so that the path of the request becomes a render URL."""


def render_file(
    services: Services, request: IncomingRequest, /, organization: str, **_path: str
) -> Response:
    """Render the file of a form as a stack says, and forget both."""
    try:
        url = _read_url(request, organization)
        file, image = _read_file(services, request, organization)
        order = _make_order(services, request, url, image)
    except InvalidRenderURL as error:
        raise BadRequest(str(error)) from error
    plan = plan_order(services, order, accept=request.headers.get("Accept", ""))
    rendered = services.renders.make_once(
        lambda target: carry_out(services, plan, source=file.path, target=target)
    )
    response = send_file(
        request,
        rendered.file,
        mimetype=MIMETYPES[rendered.format],
        name=f"{Path(image.name).stem}.{rendered.format}",
        etag="",
        is_attachment=order.options.get("content_disposition") == "attachment",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _make_order(
    services: Services, request: IncomingRequest, url: RenderURL, image: StoredImage
) -> Order:
    definition = (
        StackDefinition.from_operations(url.operations)
        if url.is_dynamic
        else find_stack(services, image.organization, url.stack)
    )
    options = check_options({**definition.options, **url.options})
    for name in ("basestack", "source_file"):
        if options.get(name):
            raise BadRequest(f"The stack option {name} is not for files that are not stored.")
    names = expression_names(image, lambda: request.headers.get("Save-Data", ""))
    resolved = resolve_stack(definition, url, bases={}, names=names)
    return Order(
        image=image, operations=resolved.operations, options=resolved.options, format=url.format
    )


def _read_url(request: IncomingRequest, organization: str) -> RenderURL:
    """Read the path behind ``render``, which is that of a render URL without an image."""
    target = request.raw_target.partition(f"/utils/{organization}/render/")[2]
    path, _, query = target.partition("?")
    stack, _, extension = path.rpartition(".")
    if not stack or "/" in extension:
        raise BadRequest(
            f"{path[:200]!r} is nothing to render. Use '<stack>[/<operations>].<format>'."
        )
    url = RenderURL.parse(f"/{stack}/{_HERE}.{extension}?{query}")
    if "pdf.pages" in url.options:
        raise Missing("the stack option 'pdf.pages'")
    return url


def _read_file(
    services: Services, request: IncomingRequest, organization: str
) -> tuple[IncomingFile, StoredImage]:
    """Return the file and what would be its row."""
    request.max_content_length = _MAX_SIZE + _MAX_FORM
    part = request.files.get("filedata")
    if part is None:
        raise BadRequest("There is no file. Send multipart/form-data with a file part 'filedata'.")
    file, name = cast("IncomingFile", part.stream), base_name(part.filename)
    if file.size > _MAX_SIZE:
        raise RequestEntityTooLarge
    file.flush()
    try:
        measurement = measure(file.path)
    except UnreadableFile as error:
        raise BadRequest(f"{name[:200]!r} cannot be rendered. {error}") from error
    if measurement.format.name in _NOT_TAKEN:
        raise BadRequest(
            f"{name[:200]!r} is a {measurement.format.name}: videos and EPS have to be stored to"
            " be rendered."
        )
    return file, StoredImage(
        organization=organization,
        hash=image_hash(file.binary_hash, dynamic_metadata={}),
        binary_hash=file.binary_hash,
        created=services.now(),
        name=name,
        size=file.size,
        **measurement.as_columns(),
        protected=False,
        user_metadata={},
        dynamic_metadata={},
    )


ROUTES: tuple[Route, ...] = (
    Route("POST", "/utils/<org:organization>/render/<path:rest>", render_file),
)
