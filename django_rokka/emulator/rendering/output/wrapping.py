"""Pictures inside of an SVG, for formats that lack what an SVG has."""

from __future__ import annotations

import base64
from typing import Any

from django_rokka.emulator.pixels import vips
from django_rokka.emulator.rendering.plans.qualities import Output

__all__ = ["wrap_masked", "wrap_whole"]


def wrap_whole(frame: Any, output: Output) -> bytes:
    """Return an SVG that shows a picture."""
    return _svg(frame, _image(frame, _data(frame, output)))


def wrap_masked(frame: Any, output: Output, mask: Output) -> bytes:
    """Return an SVG that shows a JPEG through its alpha channel: small, and transparent."""
    colours = frame.extract_band(0, n=frame.bands - 1)
    alpha = frame.extract_band(frame.bands - 1).copy(interpretation="b-w")
    # A mask's lightness is linear unless told otherwise.
    hidden = f'<mask id="a" color-interpolation="sRGB">{_image(frame, _data(alpha, mask))}</mask>'
    return _svg(frame, hidden + _image(frame, _data(colours, output), attributes=' mask="url(#a)"'))


def _data(frame: Any, output: Output) -> str:
    content = vips.encode(frame, format=output.format, **output.options)
    kind = "jpeg" if output.format == "jpg" else output.format
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _image(frame: Any, data: str, *, attributes: str = "") -> str:
    return f'<image width="{frame.width}" height="{frame.height}"{attributes} href="{data}"/>'


def _svg(frame: Any, content: str) -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width}" height="{frame.height}"'
        f' viewBox="0 0 {frame.width} {frame.height}">{content}</svg>'
    ).encode()
