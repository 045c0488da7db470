"""Deleting source images, and having them back."""

from __future__ import annotations

from django_rokka.client.endpoints.source_images.images import check_binary_hash
from django_rokka.client.endpoints.source_images.reading import Reading
from django_rokka.client.objects import SourceImage
from django_rokka.exceptions import NotFound, OrganizationNotFound

__all__ = ["Deleting"]


class Deleting(Reading):
    """Delete and restore source images."""

    def delete(self, hash: str, *, organization: str = "", deadline: float | None = None) -> None:
        """Delete an image, for 30 days not for good: ``DELETE /sourceimages/.../{hash}``.

        Whoever uploaded the same bytes loses it too; what caches hold stays. Raise ``NotFound``
        when there is no such image, an ``APIError`` when it is locked::

            client.source_images.delete(image.hash)
        """
        self._ask("DELETE", hash, organization=organization, deadline=deadline, deletes=True)

    def delete_by_binary_hash(
        self, binary_hash: str, *, organization: str = "", deadline: float | None = None
    ) -> bool:
        """Delete all images of a file: ``DELETE /sourceimages/{organization}?binaryHash=``.

        Return whether there were any::

            client.source_images.delete_by_binary_hash(image.binary_hash)
        """
        check_binary_hash(binary_hash)
        try:
            self._request(
                "DELETE",
                "sourceimages",
                "{}",
                organization=organization,
                deadline=deadline,
                subject=f"source image with the binary hash {binary_hash!r}",
                parameters={"binaryHash": binary_hash},
                deletes=True,
            )
        except OrganizationNotFound:
            raise
        except NotFound:
            return False
        return True

    def restore(
        self, hash: str, *, organization: str = "", deadline: float | None = None
    ) -> SourceImage:
        """Take a deletion back: ``POST /sourceimages/{organization}/{hash}/restore``.

        Return the image, also if it was not deleted, read by another call with the same
        ``deadline`` if need be. Raise ``NotFound`` when it was deleted more than 30 days ago, or
        never was, ``ChangeUnread`` when it is done and only the image was not read::

            client.source_images.restore(image.hash)
        """
        answer = self._ask("POST", hash, "restore", organization=organization, deadline=deadline)
        return self._read_image(answer, hash)
