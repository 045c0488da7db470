"""From what was asked for to an answer: made or found again, and sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.http.sending import send_file
from django_rokka.emulator.rendering.making import carry_out, plan_order
from django_rokka.emulator.rendering.orders.order import Order
from django_rokka.emulator.rendering.orders.protection import Origin
from django_rokka.emulator.rendering.plans.negotiation import MIMETYPES, varies
from django_rokka.emulator.rendering.plans.plan import RenderPlan
from django_rokka.emulator.schemas import check_options
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage

__all__ = ["ReadOrder", "serve_render"]

_NEVER = "no-store"
_FOREVER = "public, max-age=31536000, immutable"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_PRIVATE = "private, max-age=31536000, immutable"
ReadOrder = Callable[[Services, Origin], Order]
"""Read the raw path and query behind the render host."""

_VERSION = re.compile(r"v[0-9]+$")
_SIGNED = "sig="
_MAX_REMEMBERED = 2000
"""Characters of all that an answer depends on, if it is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    """What is sent, and how; without a plan it is the source file."""

    image: StoredImage
    source: Path
    plan: RenderPlan | None
    key: str
    name: str
    is_attachment: bool
    vary: str
    caching: str


def serve_render(
    services: Services,
    request: IncomingRequest,
    *,
    organization: str,
    target: str,
    read: ReadOrder,
) -> Response:
    """Answer with the picture that ``read`` finds in the target."""
    delivery = _find_delivery(services, request, organization, target, read)
    plan = delivery.plan
    if plan is None:
        file = delivery.source.open("rb")
        return _send(request, delivery, file, mimetype=delivery.image.mimetype, suffix="")

    def make(path: Path) -> str:
        return carry_out(services, plan, source=delivery.source, target=path)

    if delivery.caching == _NEVER:
        rendered = services.renders.make_once(make)
    else:
        rendered = services.renders.fetch(delivery.key, formats=plan.possible_formats, make=make)
    mimetype, suffix = MIMETYPES[rendered.format], f".{rendered.format}"
    return _send(request, delivery, rendered.file, mimetype=mimetype, suffix=suffix)


def _find_delivery(
    services: Services,
    request: IncomingRequest,
    organization: str,
    target: str,
    read: ReadOrder,
) -> _Delivery:
    """Return what is sent for a target: remembered, or worked out from the database."""
    accept = request.headers.get("Accept", "")
    known_as = (organization, target, accept, request.headers.get("Save-Data", ""))
    version = services.memory.version()
    delivery: _Delivery | None = services.memory.recall(known_as, version)
    if delivery is None:
        owner = services.organization(organization)
        origin = Origin(request=request, owner=owner, target=target)
        order = read(services, origin)
        delivery = _make_delivery(services, order, origin, accept=accept)
        # Signatures end with time, whatever it is that they open.
        if _SIGNED not in target and sum(map(len, known_as)) <= _MAX_REMEMBERED:
            services.memory.remember(known_as, version, delivery)
    return delivery


def _make_delivery(services: Services, order: Order, origin: Origin, *, accept: str) -> _Delivery:
    options = check_options(order.options)
    plan = None
    name = order.filename or order.image.short_hash
    key = order.image.file_hash
    if options.get("source_file"):
        if order.operations:
            raise BadRequest("The option source_file delivers the file as it is: no operations.")
        name = order.image.name
    else:
        plan = plan_order(services, order, accept=accept)
        version = _VERSION.search(order.filename)
        # Each number is a render of its own, so that it is a fresh one.
        key = sha256(f"{plan.key} {version[0]}".encode()).hexdigest() if version else plan.key
    return _Delivery(
        image=order.image,
        source=services.files.path(order.image.file_hash),
        plan=plan,
        key=key,
        name=name,
        is_attachment=options.get("content_disposition") == "attachment",
        vary=_vary(origin, accepts=varies(options)),
        caching=_caching(services, origin),
    )


def _vary(origin: Origin, *, accepts: bool) -> str:
    """Name the headers on which the answer depends."""
    names = {"Accept": accepts, "Save-Data": origin.asks_save_data}
    return ", ".join(name for name, is_asked in names.items() if is_asked)


def _caching(services: Services, origin: Origin) -> str:
    """Say who may keep the answer, and how long: what needs a signature not longer than that."""
    if origin.is_preview:
        return _NEVER
    if not origin.is_secret:
        return _FOREVER
    left = origin.seconds_left(services)
    return _PRIVATE if left is None else f"private, max-age={left}"


def _send(
    request: IncomingRequest, delivery: _Delivery, file: IO[bytes], *, mimetype: str, suffix: str
) -> Response:
    response = send_file(
        request,
        file,
        mimetype=mimetype,
        name=f"{delivery.name}{suffix}",
        etag="" if delivery.caching == _NEVER else delivery.key + suffix,
        is_attachment=delivery.is_attachment,
    )
    headers = response.headers
    headers["Cache-Control"] = delivery.caching if response.status_code < 400 else _NEVER
    if delivery.vary:
        headers["Vary"] = delivery.vary
    # Opened by itself an SVG is a document: nothing of an upload may run on this host.
    headers["Content-Security-Policy"] = _POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    return response
