"""The stack options, as GET /stackoptions shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.emulator.schemas.values import (
    HEX_COLOUR,
    Schema,
    check_value,
    flag,
    integer,
    number,
    text,
)

__all__ = ["STACK_OPTIONS", "check_options"]

STACK_OPTIONS: Mapping[str, Schema] = {
    # Which format is written, and how.
    "autoformat": flag(default=False),
    "autoformat.exclude": text(default=None),
    "autoformat.include": text(values=["avif"], default=None),
    "jpg.quality": integer(1, 100, default=80),
    "webp.quality": integer(1, 100, default=80),
    "avif.quality": integer(1, 100, default=45),
    "gif.quality": integer(1, 100, default=70),
    "png.compression_level": integer(0, 9, default=7),
    "pngquant.quality": integer(10, 100, default=98),
    "interlacing.mode": text(values=["none", "line", "plane", "partition"], default="plane"),
    "optim.quality": integer(0, 10, default=5),
    "optim.disable_all": flag(default=False),
    "optim.immediate": flag(default=False),
    # What the picture shows.
    "dpr": number(1, 10, default=1),
    "dpi": integer(10, 5000),
    "pdf.dpi": integer(10, 1000, default=200),
    "pdf.page": integer(1, 1000, default=1),
    "transparency.color": text(HEX_COLOUR),
    "jpg.transparency.color": text(HEX_COLOUR, default="FFFFFF"),
    "jpg.transparency.autoformat": text(values=["true", "false", "png", "webp"], default="false"),
    "jpg.transparency.convert": flag(default=False),
    # Where the picture comes from, and how it is handed out.
    "basestack": text(r"[a-z0-9_-]+"),
    "source_file": flag(default=False),
    "remote_basepath": text(r"https?://.*"),
    "remote_fullurl_allow": flag(default=False),
    "remote_fullurl_whitelist": {"type": "array", "items": {"type": "string"}},
    "content_disposition": text(values=["inline", "attachment"], default="inline"),
    "protected": flag(default=False),
    # Taken without an effect: what they are about is not rendered, or not cached.
    "heif.quality": integer(1, 100, default=40),
    "jxl.quality": integer(1, 100, default=70),
    "jp2.quality": integer(1, 100, default=40),
    "av1.quality": integer(1, 100, default=70),
    "webm.quality": integer(1, 100, default=50),
    "mp4.quality": integer(1, 100, default=50),
    "fps": integer(1, 25, default=10),
    "min_video_width": integer(0, 6000),
    "min_video_height": integer(0, 2200),
    "optim.ttl_shared": integer(0, 2**31),
    "timestamp": text(),
    "timing_origin": flag(default=False),
}
"""The stack options that are known, as GET /stackoptions shows them."""


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return stack options with typed values; refuse unknown names and values."""
    return {
        name: check_value(value, STACK_OPTIONS, name=name, owner="stack option")
        for name, value in options.items()
        if value is not None
    }
