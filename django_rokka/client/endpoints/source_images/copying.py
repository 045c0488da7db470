"""Copying source images into other organizations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from django_rokka.client.calls import Repeat, check_organization
from django_rokka.client.endpoints.source_images.images import Images
from django_rokka.client.objects import CopiedImages
from django_rokka.exceptions import CallFailed, CopyInterrupted, RokkaError
from django_rokka.render import check_hash

__all__ = ["Copying"]

_BATCH = 100
"""Images that rokka copies in one call."""


class Copying(Images):
    """Copy source images, with their metadata and under the same hash."""

    def copy(
        self,
        hash: str,
        destination: str,
        *,
        overwrite: bool = True,
        organization: str = "",
        deadline: float | None = None,
    ) -> bool:
        """Copy an image to another organization: ``COPY /sourceimages/{organization}/{hash}``.

        Return whether it is new there; ``False`` says that it replaced what was there, perhaps its
        own first try whose answer got lost. Raise ``PreconditionFailed`` when it is there and
        ``overwrite`` is off; then it is repeated only while it cannot have been done. Raise
        ``InvalidRequest`` when there is no such destination, ``PermissionDenied`` without the
        right to write there::

            client.source_images.copy(image.hash, "acme-staging")
        """
        answer = self._ask(
            "COPY",
            hash,
            organization=organization,
            deadline=deadline,
            **_target(destination, overwrite=overwrite),
        )
        return answer.status != 204

    def copy_all(
        self,
        hashes: str | Iterable[str],
        destination: str,
        *,
        overwrite: bool = True,
        organization: str = "",
        deadline: float | None = None,
    ) -> CopiedImages:
        """Copy many images: ``POST /sourceimages/{organization}/copy`` for each hundred.

        Return what became of each. ``hashes`` is read a hundred ahead, and ``deadline`` is for
        each hundred. When one fails, or ``hashes`` itself, the error is that one where nothing had
        been copied, else ``CopyInterrupted``, which says what had. Copying again does no harm::

            hashes = (image.hash for image in client.source_images.iter())
            client.source_images.copy_all(hashes, "acme-staging").not_found
        """
        parts = {
            "organization": organization,
            "deadline": deadline,
            **_target(destination, overwrite=overwrite),
        }
        done: list[CopiedImages] = []
        try:
            for batch in _iter_batches([hashes] if isinstance(hashes, str) else hashes):
                done.append(self._copy_batch(batch, **parts))  # noqa: PERF401 - counts on its own
        except Exception as error:  # what the iterable raises can be anything
            copied = _merge(done)
            if copied == CopiedImages():
                raise
            raise _interrupted(error, copied, destination) from error
        return _merge(done)

    def _copy_batch(self, hashes: list[str], **parts: Any) -> CopiedImages:
        for asked in hashes:
            check_hash(asked)
        answer = self._request("POST", "sourceimages", "{}", "copy", json=hashes, **parts)
        return answer.read_as(_read_copied)


def _target(destination: str, *, overwrite: bool) -> dict[str, Any]:
    """Return the members of a call that say where a copy goes."""
    check_organization(destination)
    return {
        "headers": {"Destination": destination, **({} if overwrite else {"Overwrite": "F"})},
        "repeat": Repeat.ALWAYS if overwrite else Repeat.UNLESS_UNKNOWN,
    }


def _iter_batches(hashes: Iterable[str]) -> Iterator[list[str]]:
    left = iter(hashes)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _read_copied(data: Any) -> CopiedImages:
    copied = CopiedImages.from_json(data)
    if not data.keys() & {"created", "existing", "notfound"}:
        raise LookupError("it does not say what became of the images")
    return copied


def _merge(batches: list[CopiedImages]) -> CopiedImages:
    """Put batches together at once: one by one would copy the first of them again each time."""
    return CopiedImages(
        created=tuple(chain.from_iterable(batch.created for batch in batches)),
        existing=tuple(chain.from_iterable(batch.existing for batch in batches)),
        not_found=tuple(chain.from_iterable(batch.not_found for batch in batches)),
    )


def _interrupted(error: Exception, copied: CopiedImages, destination: str) -> CopyInterrupted:
    count = len(copied.created) + len(copied.existing)
    call = error if isinstance(error, CallFailed) else CallFailed("")
    what = str(error) if isinstance(error, RokkaError) else f"{type(error).__name__}: {error}."
    interrupted = CopyInterrupted(
        f"{count} images were copied to {destination!r} before this: {what} Copy the others when"
        " that is repaired; copying all again does no harm.",
        status=call.status,
        method=call.method,
        path=call.path,
        body=call.body,
    )
    interrupted.created = copied.created
    interrupted.existing = copied.existing
    interrupted.not_found = copied.not_found
    return interrupted
