"""The render host of an organization: albums, IIIF, pictures, and what is elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import error_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.rendering.albums import serve_album
from django_rokka.emulator.rendering.orders.iiif import serve_iiif
from django_rokka.emulator.rendering.orders.images import ImageNotHere
from django_rokka.emulator.rendering.orders.order import read_order
from django_rokka.emulator.rendering.serving import serve_render
from django_rokka.emulator.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers

__all__ = ["serve_render_host"]


def serve_render_host(
    services: Services, request: IncomingRequest, *, organization: str, target: str
) -> Response:
    """Answer what is asked of an organization's render host.

    ``target`` is the raw path and query behind the host. Refusals are for nobody to keep.
    """
    try:
        response = _answer(services, request, organization=organization, target=target)
    except ImageNotHere as error:
        response = _redirect(services, organization, target) or error_response(error)
        response.headers["Cache-Control"] = "no-store"
    except HTTPException as error:
        response = error_response(error)
        response.headers["Cache-Control"] = "no-store"
    return response


def _answer(
    services: Services, request: IncomingRequest, *, organization: str, target: str
) -> Response:
    if request.method not in {"GET", "HEAD"}:
        raise BadRequest("Pictures, albums and IIIF are read with GET or HEAD.")
    if target.startswith("/_"):
        answer = serve_album(
            services, request, organization=organization, target=target
        ) or serve_iiif(services, request, organization=organization, target=target)
        if answer is not None:
            return answer
    return serve_render(
        services, request, organization=organization, target=target, read=read_order
    )


def _redirect(services: Services, organization: str, target: str) -> Response | None:
    """Send the browser where images are looked for that never were here, if that is anywhere."""
    base = services.settings.redirect_missing
    if not base:
        return None
    # The organization exists, so that its name is one; the target begins with a slash.
    place = base.replace("{organization}", organization).rstrip("/") + target
    return _Redirect(status=302, headers={"Location": place})


class _Redirect(Response):
    """A redirect that keeps its target byte by byte, as a signature covers it."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers
