"""User metadata, on which the hash of an image does not depend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_rokka.client.calls import Answer
from django_rokka.client.endpoints.source_images.images import Images
from django_rokka.client.metadata import check_user_field, write_user_metadata, write_user_value

__all__ = ["UserMetadata"]


class UserMetadata(Images):
    """Read and write what users know of source images.

    A field is 1 to 54 of the characters ``a-z``, ``0-9`` and ``_``, behind a type if need be:
    ``int:id``. Values are texts, numbers, lists of texts, and dates, which are sent as UTC in
    whole seconds and come back as texts. Every method raises ``InvalidName`` for a field and
    ``ValueError`` or ``TypeError`` for a value that rokka does not take, before the network is
    touched, and ``NotFound`` when there is no such image; what changes a locked image an
    ``APIError``.
    """

    def get(
        self, hash: str, *, organization: str = "", deadline: float | None = None
    ) -> Mapping[str, Any]:
        """Return all fields: ``GET /sourceimages/{organization}/{hash}/meta/user``.

        It is empty where the image has none::

            client.source_images.metadata.get(image.hash)
        """
        answer = self._ask_about("GET", hash, organization=organization, deadline=deadline)
        return answer.read_as(_read_fields)

    def get_field(
        self, hash: str, field: str, *, organization: str = "", deadline: float | None = None
    ) -> Any:
        """Return one value: ``GET /sourceimages/{organization}/{hash}/meta/user/{field}``.

        Raise ``NotFound`` when the image has no such field::

            client.source_images.metadata.get_field(image.hash, "text:alt")
        """
        parts = {"organization": organization, "deadline": deadline}
        return self._ask_about("GET", hash, field, **parts).json

    def set(
        self,
        hash: str,
        field: str,
        value: Any,
        *,
        organization: str = "",
        deadline: float | None = None,
    ) -> None:
        """Set one field: ``PUT /sourceimages/{organization}/{hash}/meta/user/{field}``.

        Raise ``ValueError`` for ``None``, which is ``delete_field``'s::

            client.source_images.metadata.set(image.hash, "int:year", 1999)
        """
        self._ask_about(
            "PUT",
            hash,
            field,
            organization=organization,
            deadline=deadline,
            json=write_user_value(field, value),
        )

    def add(
        self,
        hash: str,
        data: Mapping[str, Any],
        *,
        organization: str = "",
        deadline: float | None = None,
    ) -> None:
        """Set these fields: ``PATCH /sourceimages/{organization}/{hash}/meta/user``.

        The others stay; ``None`` takes a field away::

            client.source_images.metadata.add(image.hash, {"text:alt": "The beach", "old": None})
        """
        self._ask_about(
            "PATCH",
            hash,
            organization=organization,
            deadline=deadline,
            json=write_user_metadata(data, may_delete_fields=True),
        )

    def replace(
        self,
        hash: str,
        data: Mapping[str, Any],
        *,
        organization: str = "",
        deadline: float | None = None,
    ) -> None:
        """Set these fields alone: ``PUT /sourceimages/{organization}/{hash}/meta/user``.

        All others go::

            client.source_images.metadata.replace(image.hash, {"text:alt": "The beach"})
        """
        self._ask_about(
            "PUT",
            hash,
            organization=organization,
            deadline=deadline,
            json=write_user_metadata(data),
        )

    def delete(self, hash: str, *, organization: str = "", deadline: float | None = None) -> None:
        """Take all fields away: ``DELETE /sourceimages/{organization}/{hash}/meta/user``.

        It need not have any::

            client.source_images.metadata.delete(image.hash)
        """
        self._ask_about("DELETE", hash, organization=organization, deadline=deadline)

    def delete_field(
        self, hash: str, field: str, *, organization: str = "", deadline: float | None = None
    ) -> None:
        """Take one field away: ``DELETE /sourceimages/.../{hash}/meta/user/{field}``.

        rokka does not say whether a field that is not there is an error::

            client.source_images.metadata.delete_field(image.hash, "text:alt")
        """
        parts = {"organization": organization, "deadline": deadline}
        self._ask_about("DELETE", hash, field, **parts)

    def _ask_about(self, method: str, hash: str, field: str | None = None, **parts: Any) -> Answer:
        if field is None:
            return self._ask(method, hash, "meta", "user", **parts)
        check_user_field(field)
        subject = f"source image {hash!r} with user metadata {field!r}"
        return self._ask(method, hash, "meta", "user", field, subject=subject, **parts)


def _read_fields(data: Any) -> Mapping[str, Any]:
    if data == []:  # an empty PHP array
        return {}
    if not isinstance(data, Mapping):
        raise TypeError(f"user metadata is {data!r}, which is no object")
    return data
