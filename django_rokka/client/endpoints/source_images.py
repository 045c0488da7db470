"""The images an organization holds (API.md 2.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django_rokka.client.calls import Call
from django_rokka.client.download import Download
from django_rokka.client.multipart import MultipartBody, Source, open_source
from django_rokka.client.objects import SourceImage
from django_rokka.client.session import Session
from django_rokka.exceptions import ChecksumMismatch

__all__ = ["SourceImages"]


class SourceImages:
    """Upload, read, download and delete source images.

    ``organization`` acts on another organization than the client's. ``deadline`` limits a call
    with all its retries, in seconds. Each method raises an ``APIError`` when rokka refuses, and
    ``ConnectionFailed`` when there is no answer.
    """

    def __init__(self, session: Session, *, organization: str) -> None:
        self._session = session
        self._organization = organization

    def create(
        self,
        file: Source,
        *,
        name: str,
        user_metadata: Mapping[str, Any] | None = None,
        dynamic_metadata: Mapping[str, Any] | None = None,
        is_protected: bool | None = None,
        verify: bool = True,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Upload a file: ``POST /sourceimages/{organization}``.

        An open file is read from its beginning and left open. rokka holds the same bytes once:
        uploading them again answers with the image there is, and merges the user metadata.
        ``verify`` compares the SHA-1 of what was sent with rokka's: raise ``ChecksumMismatch``
        where they differ. Raise ``EmptyFile`` for zero bytes.
        """
        organization = organization or self._organization
        texts = _write_texts(user_metadata, dynamic_metadata, is_protected=is_protected)
        with open_source(file) as opened:
            body = MultipartBody(opened, name=name, field_name="filedata", texts=texts)
            call = Call(
                method="POST",
                segments=("sourceimages", organization),
                organization=organization,
                body=body,
                deadline=deadline,
            )
            image = self._session.request(call).read_as(_read_first)
        if verify and image.binary_hash != body.sha1:
            raise ChecksumMismatch(
                f"rokka reports the SHA-1 {image.binary_hash!r} for {name[:200]!r}, but"
                f" {body.sha1!r} was sent. Upload it again."
            )
        return image

    def get(
        self, hash: str, *, organization: str = "", deadline: float | None = None
    ) -> SourceImage:
        """Return what rokka knows of an image: ``GET /sourceimages/{organization}/{hash}``."""
        call = self._call("GET", hash, organization=organization, deadline=deadline)
        return self._session.request(call).read_as(SourceImage.from_json)

    def download(
        self, hash: str, *, organization: str = "", deadline: float | None = None
    ) -> Download:
        """Open the original: ``GET /sourceimages/{organization}/{hash}/download``.

        Use it in a ``with`` statement; it holds a connection until it is closed.
        """
        call = self._call(
            "GET",
            hash,
            "download",
            organization=organization,
            deadline=deadline,
            headers={"Accept": "*/*", "Accept-Encoding": "identity"},
        )
        return self._session.stream(call)

    def delete(self, hash: str, *, organization: str = "", deadline: float | None = None) -> None:
        """Delete an image, which rokka keeps for 30 days: ``DELETE /sourceimages/...``.

        Whoever uploaded the same bytes loses it too.
        """
        call = self._call("DELETE", hash, organization=organization, deadline=deadline)
        self._session.request(call)

    def _call(
        self,
        method: str,
        hash: str,
        *rest: str,
        organization: str,
        deadline: float | None,
        headers: Mapping[str, str] | None = None,
    ) -> Call:
        organization = organization or self._organization
        return Call(
            method=method,
            segments=("sourceimages", organization, hash, *rest),
            organization=organization,
            subject=f"source image {hash!r}",
            headers=headers or {},
            deadline=deadline,
        )


def _write_texts(
    user_metadata: Mapping[str, Any] | None,
    dynamic_metadata: Mapping[str, Any] | None,
    *,
    is_protected: bool | None,
) -> dict[str, str]:
    """Write the parts that belong to the first file, as the documentation has them."""
    values: dict[str, Any] = {}
    if user_metadata:
        values["meta_user[0]"] = user_metadata
    for name, value in (dynamic_metadata or {}).items():
        values[f"meta_dynamic[0][{name}]"] = value
    if is_protected is not None:
        values["options[0]"] = {"protected": is_protected}
    return {key: json.dumps(value, allow_nan=False) for key, value in values.items()}


def _read_first(data: Any) -> SourceImage:
    return SourceImage.from_json(data["items"][0])
