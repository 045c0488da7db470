"""What is to be uploaded, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

from django_rokka.client.metadata import check_dynamic_name, write_user_metadata
from django_rokka.client.multipart import Source
from django_rokka.client.objects import SourceImage

__all__ = ["CreatedImage", "NewImage", "OptimizeSource", "write_texts"]

OptimizeSource = bool | Literal["jpg", "png"] | None
"""What rokka makes of a file before it keeps it."""


@dataclass(frozen=True, slots=True)
class NewImage:
    """A file to upload, and what rokka is to know of it.

    ``name`` is the file's own where it is empty. ``user_metadata`` adds to what an image that is
    there has; ``dynamic_metadata`` and ``is_protected`` make it another image.
    ``static_metadata`` such as ``{"auto_description": {"languages": ["en"]}}`` asks for paid
    work. ``visual_binaryhash`` is passed on; rokka does not say what it does.
    ``optimize_source`` has rokka compress the file and forget the original: ``True`` TIFF and PSD
    without loss, ``"jpg"`` and ``"png"`` anything to these. ``None`` leaves it to rokka::

        NewImage("beach.jpg", user_metadata={"text:alt": "The beach"})
    """

    file: Source = field(repr=False)
    _: KW_ONLY
    name: str = ""
    user_metadata: Mapping[str, Any] | None = field(default=None, hash=False)
    dynamic_metadata: Mapping[str, Any] | None = field(default=None, hash=False)
    static_metadata: Mapping[str, Any] | None = field(default=None, hash=False)
    is_protected: bool | None = None
    is_locked: bool | None = None
    visual_binaryhash: bool | None = None
    optimize_source: OptimizeSource = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedImage:
    """What became of a file: the ``image``, or the ``error`` that kept it from being one."""

    new: NewImage
    image: SourceImage | None = None
    error: Exception | None = None


def write_texts(
    *,
    user_metadata: Mapping[str, Any] | None,
    dynamic_metadata: Mapping[str, Any] | None,
    static_metadata: Mapping[str, Any] | None,
    is_protected: bool | None,
    is_locked: bool | None,
    visual_binaryhash: bool | None,
    optimize_source: OptimizeSource,
) -> dict[str, str]:
    """Write the parts that belong to the first file, as rokka documents them."""
    if optimize_source not in {None, True, False, "jpg", "png"}:
        raise ValueError(
            f"optimize_source is {optimize_source!r}, must be one of: True, False, 'jpg', 'png'."
        )
    values: dict[str, Any] = {}
    if user_metadata:
        values["meta_user[0]"] = write_user_metadata(user_metadata)
    for name, value in (dynamic_metadata or {}).items():
        check_dynamic_name(name)
        values[f"meta_dynamic[0][{name}]"] = value
    if static_metadata:
        values["meta_static[0]"] = dict(static_metadata)
    options = {
        "protected": is_protected,
        "locked": is_locked,
        "visual_binaryhash": visual_binaryhash,
    }
    if given := {name: value for name, value in options.items() if value is not None}:
        values["options[0]"] = given
    texts = {key: json.dumps(value, allow_nan=False) for key, value in values.items()}
    if optimize_source:
        texts["optimize_source"] = "true" if optimize_source is True else optimize_source
    return texts
