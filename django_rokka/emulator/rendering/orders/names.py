"""What expressions may ask of an image and of a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.store import StoredImage
from django_rokka.exceptions import InvalidRenderURL

__all__ = ["expression_names"]


def expression_names(
    image: StoredImage, save_data: Callable[[], str] = lambda: ""
) -> dict[str, Any]:
    """Return ``image.…`` and ``request.…``; ``save_data`` is called when it is asked for."""
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
        "meta_user": _without_types(image.user_metadata),
    }
    return {"image": _ImageNames(of_image), "request": {"headers": _Headers(save_data)}}


class _ImageNames(Mapping[str, Any]):
    """The names behind ``image.``; one that is unknown is refused, and not taken for empty."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        first = name.partition(".")[0]
        if first == "entropy":
            raise Missing("the name 'image.entropy' of expressions")
        is_known = first == name or isinstance(self._values.get(first), Mapping)
        if first not in self._values or not is_known:
            raise InvalidRenderURL(
                f"Unknown name 'image.{name[:100]}' in an expression, must be one of:"
                f" {', '.join(sorted(self._values))}."
            )
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class _Headers(Mapping[str, str]):
    """The names behind ``request.headers.``, of which there is one."""

    def __init__(self, save_data: Callable[[], str]) -> None:
        self._save_data = save_data

    def __getitem__(self, name: str) -> str:
        if name != "save_data":
            raise KeyError(name)
        return self._save_data()

    def __iter__(self) -> Iterator[str]:
        return iter(("save_data",))

    def __len__(self) -> int:
        return 1


def _without_types(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return user metadata by the names alone: no expression can spell ``int:stars``."""
    return {name.partition(":")[2] or name: value for name, value in metadata.items()}
