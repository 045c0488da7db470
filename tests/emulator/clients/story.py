"""What the official JavaScript client was answered, in a form that tests can compare."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Any

from tests.emulator.pictures import (
    BLUE,
    GREEN,
    RED,
    SVG,
    decode,
    encode,
    halves,
    is_close,
    pixel,
    plain,
)

PICTURES: Mapping[str, bytes] = {
    "halves.png": encode(halves(40, 20), keep="none"),
    "wide.jpg": encode(halves(60, 20), "jpg", Q=95, keep="none"),
    "drawing.svg": SVG,
    "hidden.png": encode(plain(40, 40, GREEN), keep="none"),
    "far.png": encode(plain(50, 30, BLUE), keep="none"),
    "scan.tiff": encode(halves(30, 30), "tiff", keep="none"),
}
_FACTS: Mapping[str, tuple[str, str, int, int]] = {
    "halves.png": ("image/png", "png", 40, 20),
    "wide.jpg": ("image/jpeg", "jpg", 60, 20),
    "drawing.svg": ("image/svg+xml", "svg", 60, 40),
    "hidden.png": ("image/png", "png", 40, 40),
    "far.png": ("image/png", "png", 50, 30),
    "scan.tiff": ("image/png", "png", 30, 30),  # as optimize_source stores it
}
_SCANNED: Mapping[str, Any] = {
    "ImageWidth": 30,
    "ImageLength": 30,
    "BitsPerSample": [8, 8, 8],
    "Compression": 1,
    "PhotometricInterpretation": 2,
    "Orientation": 1,
    "SamplesPerPixel": 3,
    "RowsPerStrip": 128,
    "XResolution": 10.0,
    "YResolution": 10.0,
    "PlanarConfiguration": 1,
    "ResolutionUnit": 3,
    "SampleFormat": [1, 1, 1],
}
"""What the TIFF says of itself, which stays when it is optimized."""

DONE = (204, "")
"""The outcome of what has nothing to say."""

_COLOURS = {"red": RED, "blue": BLUE, "green": GREEN}


class Story:
    """Calls by their chapter and their name."""

    def __init__(self, report: dict[str, Any], *, began: str) -> None:
        self.methods: set[str] = set(report["methods"])
        self.calls: list[dict[str, Any]] = report["calls"]
        self.began = began
        self._by_id = {call["id"]: call for call in self.calls}

    @property
    def chapters(self) -> set[str]:
        return {call["chapter"] for call in self.calls}

    def chapter(self, name: str) -> dict[str, Any]:
        """Give the outcome of each call of a chapter."""
        return {call["id"]: outcome(call) for call in self.calls if call["chapter"] == name}

    def body(self, id: str) -> Any:
        return read_body(self._by_id[id])

    def header(self, id: str, name: str) -> str | None:
        value: str | None = self._by_id[id]["headers"].get(name)
        return value

    def image(self, picture: str, /, **more: Any) -> dict[str, Any]:
        """Give what the documentation promises of a picture that was uploaded."""
        return describe(picture, created=self.began, **more)


def describe(
    picture: str, /, *, organization: str = "acme", link: bool = True, **more: Any
) -> dict[str, Any]:
    """Give what the documentation promises of a picture that was uploaded.

    The hash is that of an image without dynamic metadata, unless it is among ``more``.
    """
    mimetype, extension, width, height = _FACTS[picture]
    binary_hash = digest(PICTURES[picture])
    own_hash = more.pop("hash", None) or digest(f"{binary_hash}a:0:{{}}".encode())
    facts = {
        "organization": organization,
        "hash": own_hash,
        "short_hash": own_hash[:6],
        "binary_hash": binary_hash,
        "name": picture,
        "mimetype": mimetype,
        "format": extension,
        "size": len(PICTURES[picture]),
        "width": width,
        "height": height,
        "opaque": picture != "drawing.svg",
        "animated": False,
        "protected": False,
        "locked": False,
    }
    if picture == "scan.tiff":
        facts["static_metadata"] = {"exif": {"data": _SCANNED}}
    if link:
        facts["link"] = f"/sourceimages/{organization}/{own_hash}"
    return {**facts, **more}


def names(answer: tuple[int, dict[str, Any]]) -> list[str]:
    """Give the names of the images of a list."""
    return [image["name"] for image in answer[1]["items"]]


def tell_budget(story: Story, method: str, budget: int) -> dict[str, Any]:
    """Give what is answered until the budget of an hour is spent, and once more."""
    then = datetime.fromisoformat(story.began) + timedelta(hours=1)
    spent = f"{method} {budget + 1}"
    refused = {
        "error": {"code": 429, "message": story.body(spent)["error"]["message"]},
        "status": "too many requests",
        "X-RateLimit-Retry-After-readable": then.isoformat(),
    }
    done = {f"{method} {number}": (200, {"status": "ok"}) for number in range(1, budget + 1)}
    return {**done, spent: (429, refused)}


def outcome(call: dict[str, Any]) -> Any:
    """Give the value of a local call, else what was answered.

    The usual refusal is its status alone; a picture is its type and how it looks.
    """
    if "status" not in call:
        return call["body"]
    status, body = call["status"], read_body(call)
    if status >= 400:
        return (status,) if is_usual_refusal(body, status) else (status, body)
    if call["id"].startswith("look "):
        mimetype = call["headers"]["content-type"]
        seen = look_at(body) if mimetype.startswith("image/") else (body.decode(),)
        return (status, mimetype, *seen)
    return (status, body)


def look_at(data: bytes) -> tuple[Any, ...]:
    """Give the size of a picture, and its colours in the first and the last corner."""
    image = decode(data)
    return (image.size, *(name_colour(pixel(image, end, end)) for end in (0, 1)))


def is_usual_refusal(body: Any, status: int) -> bool:
    if not isinstance(body, dict) or set(body) != {"error"}:
        return False
    error = body["error"]
    return set(error) == {"code", "message"} and error["code"] == status and bool(error["message"])


def read_body(call: dict[str, Any]) -> Any:
    """Give the body, bytes as such; what refuses to show a picture is JSON."""
    body = call["body"]
    if not (isinstance(body, dict) and "$bytes" in body):
        return body
    data = base64.b64decode(body["$bytes"])
    return json.loads(data) if call["status"] >= 400 else data


def name_colour(colour: tuple[int, ...]) -> str:
    near = [name for name, other in _COLOURS.items() if is_close(colour, other, 20)]
    return near[0] if near else str(colour)


def digest(data: bytes) -> str:
    return sha1(data, usedforsecurity=False).hexdigest()
