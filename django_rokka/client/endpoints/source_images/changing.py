"""Changing source images."""

from __future__ import annotations

from collections.abc import Iterable

from django_rokka.client.arguments import as_list
from django_rokka.client.calls import Repeat
from django_rokka.client.endpoints.source_images.reading import Reading
from django_rokka.client.objects import Budget, SourceImage

__all__ = ["Changing"]


class Changing(Reading):
    """Rename, lock, protect, label and describe source images, and clear their caches."""

    def rename(
        self, hash: str, name: str, *, organization: str = "", deadline: float | None = None
    ) -> None:
        """Give an image another file name: ``PUT /sourceimages/{organization}/{hash}/name``.

        Its hash stays. Raise ``NotFound`` when there is no such image::

            client.source_images.rename(image.hash, "beach.jpg")
        """
        self._ask("PUT", hash, "name", organization=organization, deadline=deadline, json=name)

    def set_locked(
        self,
        hash: str,
        is_locked: bool,  # noqa: FBT001 - what is set, as with setters
        *,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Lock an image or unlock it: ``PUT /sourceimages/{organization}/{hash}/options/locked``.

        Nobody can delete a locked image or change its user metadata. Return the image, read by
        another call with the same ``deadline`` if need be. Raise ``PermissionDenied`` without the
        role for it, ``ChangeUnread`` when it is done and only the image was not read::

            client.source_images.set_locked(image.hash, True)
        """
        answer = self._ask(
            "PUT",
            hash,
            "options",
            "locked",
            organization=organization,
            deadline=deadline,
            json=is_locked,
        )
        return self._read_image(answer, hash)

    def set_protected(
        self,
        hash: str,
        is_protected: bool,  # noqa: FBT001 - what is set, as with setters
        *,
        delete_previous: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Protect an image or not: ``PUT /sourceimages/{organization}/{hash}/options/protected``.

        Return the image that is so, which has another hash; the one before stays, unless
        ``delete_previous`` deletes it for all who use it. With that, it is repeated only while it
        cannot have been done. Where rokka does not send the image, another call with the same
        ``deadline`` reads it. Raise ``ChangeUnread``, which has its ``hash``, when it is done and
        only the image was not read::

            hash = client.source_images.set_protected(hash, True).hash
        """
        answer = self._ask(
            "PUT",
            hash,
            "options",
            "protected",
            organization=organization,
            deadline=deadline,
            parameters={"deletePrevious": "true" if delete_previous else "false"},
            json=is_protected,
            repeat=Repeat.UNLESS_UNKNOWN if delete_previous else Repeat.ALWAYS,
        )
        return self._read_moved(answer, hash)

    def autolabel(
        self, hash: str, *, organization: str = "", deadline: float | None = None
    ) -> SourceImage:
        """Label what an image shows: ``POST /sourceimages/{organization}/{hash}/autolabel``.

        Return the image, with labels in its user metadata, read by another call with the same
        ``deadline`` if need be. It costs, so it is repeated only while it cannot have been done.
        Raise ``PermissionDenied`` on a free account, ``ChangeUnread`` when it is done and only
        the image was not read::

            client.source_images.autolabel(image.hash).user_metadata
        """
        answer = self._ask(
            "POST",
            hash,
            "autolabel",
            organization=organization,
            deadline=deadline,
            feature="labelling images automatically",
            repeat=Repeat.UNLESS_UNKNOWN,
        )
        return self._read_image(answer, hash)

    def autodescribe(
        self,
        hash: str,
        languages: str | Iterable[str],
        *,
        force: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Describe an image in words: ``POST /sourceimages/.../{hash}/autodescription``.

        ``languages`` are some of ``en``, ``de``, ``fr`` and ``it``; ``force`` describes anew what
        is described. Return the image, with descriptions in its user metadata, read by another
        call with the same ``deadline`` if need be. It costs, so it is repeated only while it
        cannot have been done. Raise ``PermissionDenied`` on a free account, ``ChangeUnread`` when
        it is done and only the image was not read::

            client.source_images.autodescribe(image.hash, ["en", "de"])
        """
        chosen = as_list(languages)
        if not chosen:
            raise ValueError("There is no language to describe the image in: give one or more.")
        answer = self._ask(
            "POST",
            hash,
            "autodescription",
            organization=organization,
            deadline=deadline,
            feature="describing images automatically",
            json={"languages": chosen, "force": force},
            repeat=Repeat.UNLESS_UNKNOWN,
        )
        return self._read_image(answer, hash)

    def invalidate_cache(
        self, hash: str, *, organization: str = "", deadline: float | None = None
    ) -> Budget:
        """Clear what the CDN holds: ``DELETE /sourceimages/{organization}/{hash}/cache``.

        rokka takes five an hour, from paying accounts, so it is never retried. Return
        what is left of them. Raise ``QuotaExceeded`` with ``retry_at``, and ``PermissionDenied``
        on a free account::

            client.source_images.invalidate_cache(image.hash)
        """
        answer = self._ask(
            "DELETE",
            hash,
            "cache",
            organization=organization,
            deadline=deadline,
            feature="clearing the cache of a source image",
            repeat=Repeat.NEVER,
        )
        return Budget.from_headers(answer.headers)
