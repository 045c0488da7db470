"""IIIF Image API 3.0 and 2.1: regions, sizes and tiles, as operations of ours."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.errors import Missing, json_response
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.rendering.orders.iiif_sizes import (
    MAX_AREA,
    MAX_SIDE,
    Region,
    read_region,
    read_size,
)
from django_rokka.emulator.rendering.orders.images import find_image
from django_rokka.emulator.rendering.orders.order import Order
from django_rokka.emulator.rendering.orders.protection import Origin
from django_rokka.emulator.rendering.serving import serve_render
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage
from django_rokka.render import Operation

__all__ = ["serve_iiif"]

_PATH = re.compile(r"/_iiif(?:/(?P<version>[23]))?/(?P<image>[^/]+)(?P<rest>/.*)?")
_NAME = re.compile(r"[0-9a-f]{6,40}|-_\w+_-")
_IMAGE = re.compile(
    r"/(?P<region>[^/]+)/(?P<size>[^/]+)/(?P<rotation>[^/]+)"
    r"/(?P<quality>[a-z]+)\.(?P<format>[a-z0-9]+)"
)
_ROTATION = re.compile(r"(?P<mirror>!?)(?P<angle>[0-9]{1,3}(?:\.[0-9]{1,9})?)")
_TILE = 512
_QUALITIES = ("default", "color", "gray")
_FORMATS = ("jpg", "png", "webp", "gif", "avif")
_TYPE = 'application/ld+json;profile="http://iiif.io/api/image/{}/context.json"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """The parts of a path; without a rest it is the image itself."""

    version: int
    image: str
    rest: str

    @classmethod
    def parse(cls, target: str) -> _Path | None:
        match = _PATH.fullmatch(unquote(target.partition("?")[0]))
        if match is None:
            return None
        return cls(
            version=int(match["version"] or 3), image=match["image"], rest=match["rest"] or ""
        )


def serve_iiif(
    services: Services, request: IncomingRequest, *, organization: str, target: str
) -> Response | None:
    """Answer a raw path of IIIF; return ``None`` for every other one."""
    if not target.startswith("/_iiif/"):
        return None
    path = _Path.parse(target)
    if path is None:
        raise BadRequest(
            f"{target[:200]!r} is nothing of IIIF. Use '/_iiif/[2|3/]<hash>/info.json' or"
            " '.../<region>/<size>/<rotation>/<quality>.<format>'."
        )
    if path.rest in {"", "/"}:
        base = _base_url(request, target)
        return Response(status=303, headers={"Location": f"{base}/info.json"})
    if path.rest == "/info.json":
        return _describe(services, request, path, organization=organization, target=target)
    return serve_render(
        services, request, organization=organization, target=target, read=_read_order
    )


def _find(services: Services, origin: Origin, path: _Path) -> StoredImage:
    """Return the image, or refuse it to those who need a signature."""
    if not _NAME.fullmatch(path.image):
        raise NotFound(f"{path.image[:200]!r} names no image. Use a hash or '-_alias_-'.")
    image = find_image(services, origin.owner, path.image)
    if not (image.width and image.height):
        raise Missing(f"IIIF of a {image.format} without a size")
    if image.protected or origin.owner.options.get("protect_dynamic_stack"):
        origin.require_signature(services)
    return image


def _describe(
    services: Services, request: IncomingRequest, path: _Path, *, organization: str, target: str
) -> Response:
    """Answer with ``info.json``."""
    owner = services.organization(organization)
    origin = Origin(request=request, owner=owner, target=target)
    image = _find(services, origin, path)
    about = _about(image, path.version, _base_url(request, target).removesuffix("/info.json"))
    response = json_response(about)
    if "application/ld+json" in request.headers.get("Accept", ""):
        response = Response(json.dumps(about), content_type=_TYPE.format(path.version))
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _about(image: StoredImage, version: int, url: str) -> dict[str, Any]:
    longest = max(image.width, image.height)
    factors = [2**power for power in range(16) if not power or longest > _TILE * 2 ** (power - 1)]
    limits = {"maxWidth": MAX_SIDE, "maxHeight": MAX_SIDE, "maxArea": MAX_AREA}
    size = {"width": image.width, "height": image.height}
    tiles = [{"width": _TILE, "scaleFactors": factors}]
    about: dict[str, Any] = {
        "@context": f"http://iiif.io/api/image/{version}/context.json",
        "protocol": "http://iiif.io/api/image",
        **size,
        "tiles": tiles,
    }
    if version == 2:
        profile = {"formats": list(_FORMATS), "qualities": list(_QUALITIES), **limits}
        profile["supports"] = ["rotationArbitrary", "sizeAboveFull"]
        about["@id"] = url
        about["profile"] = ["http://iiif.io/api/image/2/level2.json", profile]
        return about
    return {
        **about,
        "id": url,
        "type": "ImageService3",
        "profile": "level2",
        **limits,
        "extraFormats": [name for name in _FORMATS if name not in {"jpg", "png"}],
        "extraQualities": ["color", "gray"],
        "extraFeatures": ["rotationArbitrary", "sizeUpscaling"],
    }


def _base_url(request: IncomingRequest, target: str) -> str:
    """Return the URL of a path behind the render host as the client sees it."""
    before = request.raw_target.removesuffix(target)
    return f"{request.root_url.rstrip('/')}{before}{target.partition('?')[0]}".rstrip("/")


def _read_order(services: Services, origin: Origin) -> Order:
    target = origin.target
    path = _Path.parse(target)
    match = _IMAGE.fullmatch(path.rest) if path else None
    if path is None or match is None:
        raise BadRequest(
            f"{target[:200]!r} is no image of IIIF. Use"
            " '<region>/<size>/<rotation>/<quality>.<format>', such as 'full/max/0/default.jpg'."
        )
    image = _find(services, origin, path)
    if match["format"] not in _FORMATS:
        raise BadRequest(
            f"Unknown format {match['format']!r} of IIIF, must be one of: {', '.join(_FORMATS)}."
        )
    region = read_region(match["region"], image.width, image.height)
    width, height = read_size(match["size"], region, version=path.version)
    return Order(
        image=image,
        operations=(
            *_crop(region, image),
            *_resize(width, height, region),
            *_rotate(match["rotation"]),
            *_grayscale(match["quality"]),
        ),
        format=match["format"],
        origin=origin,
    )


def _crop(region: Region, image: StoredImage) -> list[Operation]:
    if (region.width, region.height) == (image.width, image.height):
        return []
    anchor = f"{region.x}_{region.y}"
    return [Operation("crop", width=region.width, height=region.height, anchor=anchor)]


def _resize(width: int, height: int, region: Region) -> list[Operation]:
    if (width, height) == (region.width, region.height):
        return []
    return [Operation("resize", width=width, height=height, mode="absolute")]


def _rotate(rotation: str) -> list[Operation]:
    match = _ROTATION.fullmatch(rotation)
    if match is None or float(match["angle"]) > 360:
        raise BadRequest(f"The rotation {rotation[:100]!r} must be a number from 0 to 360.")
    if match["mirror"]:
        raise Missing("mirroring of IIIF images (a rotation with '!')")
    angle = float(match["angle"]) % 360
    return [Operation("rotate", angle=angle)] if angle else []


def _grayscale(quality: str) -> list[Operation]:
    if quality == "bitonal":
        raise Missing("the IIIF quality 'bitonal'")
    if quality not in _QUALITIES:
        raise BadRequest(f"Unknown quality {quality!r}, must be one of: {', '.join(_QUALITIES)}.")
    return [Operation("grayscale")] if quality == "gray" else []
