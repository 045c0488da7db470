"""Dynamic metadata, which make another image of the same file."""

from __future__ import annotations

from typing import Any

from django_rokka.client.calls import Repeat
from django_rokka.client.endpoints.source_images.reading import Reading
from django_rokka.client.metadata import check_dynamic_name
from django_rokka.client.objects import SourceImage

__all__ = ["DynamicMetadata"]

_SUBJECT_AREA = "subject_area"
_FEATURES = {"detection_face": "detecting faces"}
"""Names that only paying accounts may set."""


class DynamicMetadata(Reading):
    """Set and delete dynamic metadata.

    Every method returns the image that is so, which has another hash than the one before. That
    one stays, unless ``delete_previous`` deletes it for all who use it; with that, the call is
    repeated only while it cannot have been done. ``keep_hash`` changes the image in its place,
    and caches go on showing what they have; not together with ``delete_previous``, which is a
    ``ValueError``. Where rokka does not send the image, another call with the same ``deadline``
    reads it; ``ChangeUnread``, which has its ``hash``, says that the change is done and only that
    failed.
    """

    def set_dynamic_metadata(
        self,
        hash: str,
        name: str,
        value: Any,
        *,
        delete_previous: bool = False,
        keep_hash: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Set a value: ``PUT /sourceimages/{organization}/{hash}/meta/dynamic/{name}``.

        ``name`` is one of rokka's, such as ``crop_area`` or ``version``. Return the image, with
        its new hash unless ``keep_hash``. Raise ``InvalidRequest`` for a value that rokka does
        not take, ``PermissionDenied`` for what a free account may not set::

            image = client.source_images.set_dynamic_metadata(hash, "version", {"text": "2"})
        """
        return self._change(
            "PUT",
            hash,
            name,
            delete_previous=delete_previous,
            keep_hash=keep_hash,
            organization=organization,
            deadline=deadline,
            feature=_FEATURES.get(name, ""),
            json=value,
        )

    def delete_dynamic_metadata(
        self,
        hash: str,
        name: str,
        *,
        delete_previous: bool = False,
        keep_hash: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Take a value away: ``DELETE /sourceimages/{organization}/{hash}/meta/dynamic/{name}``.

        Return the image, with its new hash unless ``keep_hash``. Raise an ``APIError``, such as
        ``NotFound``, when it has no such value::

            hash = client.source_images.delete_dynamic_metadata(hash, "version").hash
        """
        return self._change(
            "DELETE",
            hash,
            name,
            delete_previous=delete_previous,
            keep_hash=keep_hash,
            organization=organization,
            deadline=deadline,
            subject=f"source image {hash!r} with dynamic metadata {name!r}",
            deletes=keep_hash,  # else a 404 leaves open which image was made
        )

    def set_subject_area(
        self,
        hash: str,
        *,
        x: int,
        y: int,
        width: int = 1,
        height: int = 1,
        is_percentage: bool | None = None,
        delete_previous: bool = False,
        keep_hash: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Say what must stay visible: ``PUT /sourceimages/.../{hash}/meta/dynamic/subject_area``.

        The box is in pixels of the original, or with ``is_percentage`` in percent of it. One by
        one is a point. Return the image, with its new hash unless ``keep_hash``. Raise
        ``ValueError`` for what is no box::

            hash = client.source_images.set_subject_area(hash, x=120, y=80).hash
        """
        area: dict[str, Any] = {"x": x, "y": y, "width": width, "height": height}
        _check_area(area)
        if is_percentage is not None:
            area["percentage"] = is_percentage
        return self.set_dynamic_metadata(
            hash,
            _SUBJECT_AREA,
            area,
            delete_previous=delete_previous,
            keep_hash=keep_hash,
            organization=organization,
            deadline=deadline,
        )

    def remove_subject_area(
        self,
        hash: str,
        *,
        delete_previous: bool = False,
        keep_hash: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Let all be cut off: ``DELETE /sourceimages/.../{hash}/meta/dynamic/subject_area``.

        Return the image, with its new hash unless ``keep_hash``. Raise an ``APIError``, such as
        ``NotFound``, when it has no subject area::

            hash = client.source_images.remove_subject_area(hash).hash
        """
        return self.delete_dynamic_metadata(
            hash,
            _SUBJECT_AREA,
            delete_previous=delete_previous,
            keep_hash=keep_hash,
            organization=organization,
            deadline=deadline,
        )

    def _change(
        self,
        method: str,
        hash: str,
        name: str,
        *,
        delete_previous: bool,
        keep_hash: bool,
        **parts: Any,
    ) -> SourceImage:
        check_dynamic_name(name)
        if delete_previous and keep_hash:
            raise ValueError(
                "delete_previous and keep_hash exclude each other: an image that keeps its hash"
                " has no previous one. Leave one of them out."
            )
        # In the query for DELETE as well: rokka reads no body there.
        parameters = {"deletePrevious": "true" if delete_previous else "false"}
        if keep_hash:
            parameters["keepHash"] = "true"
        answer = self._ask(
            method,
            hash,
            "meta",
            "dynamic",
            name,
            parameters=parameters,
            repeat=Repeat.UNLESS_UNKNOWN if delete_previous else Repeat.ALWAYS,
            **parts,
        )
        return self._read_moved(answer, hash)


def _check_area(area: dict[str, Any]) -> None:
    for name, value in area.items():
        least = 0 if name in {"x", "y"} else 1
        if value < least:
            raise ValueError(f"{name} is {value!r}, must be {least} or more.")
