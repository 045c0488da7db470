"""Reading source images."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django_rokka.client.calls import Answer
from django_rokka.client.endpoints.source_images.images import Images, check_binary_hash
from django_rokka.client.objects import Page, SourceImage
from django_rokka.exceptions import CallFailed, ChangeUnread, NotFound, OrganizationNotFound
from django_rokka.render import check_hash

__all__ = ["Reading"]


class Reading(Images):
    """Read source images, and answers that are one or say where it is."""

    def get(
        self,
        hash: str,
        *,
        with_deleted: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Return what rokka knows of an image: ``GET /sourceimages/{organization}/{hash}``.

        ``with_deleted`` finds a deleted image too, as long as rokka keeps it. Raise ``NotFound``
        when there is no such image::

            client.source_images.get("c421f4").width
        """
        answer = self._ask(
            "GET",
            hash,
            organization=organization,
            deadline=deadline,
            parameters={"deleted": "true"} if with_deleted else {},
        )
        return answer.read_as(SourceImage.from_json)

    def get_by_binary_hash(
        self, binary_hash: str, *, organization: str = "", deadline: float | None = None
    ) -> tuple[SourceImage, ...]:
        """Return the images of a file: ``GET /sourceimages/{organization}?binaryHash=``.

        ``binary_hash`` is the SHA-1 of the uploaded bytes. Dynamic metadata and protection make
        several images of one file; none at all is an empty tuple. rokka takes some seconds to
        find what was just uploaded::

            client.source_images.get_by_binary_hash(sha1(content).hexdigest())
        """
        check_binary_hash(binary_hash)
        try:
            answer = self._request(
                "GET",
                "sourceimages",
                "{}",
                organization=organization,
                deadline=deadline,
                subject=f"source image with the binary hash {binary_hash!r}",
                parameters={"binaryHash": binary_hash},
            )
        except OrganizationNotFound:
            raise
        except NotFound:
            return ()
        return answer.read_as(lambda data: Page.from_json(data, SourceImage.from_json)).items

    def _read_image(self, answer: Answer, hash: str) -> SourceImage:
        """Read the image of an answer; fetch it where the answer is something else."""
        return _read_body(answer) or self._fetch(answer, hash)

    def _read_moved(self, answer: Answer, hash: str) -> SourceImage:
        """Read the image that a change made, which ``Location`` names by its hash."""
        if location := answer.headers.get("Location", ""):
            new_hash = _read_hash(answer, location)
            try:
                image = _read_body(answer)
            except CallFailed as error:
                raise _unread(answer, new_hash, error) from error
            is_it = image is not None and image.hash.startswith(new_hash)
            return image if image is not None and is_it else self._fetch(answer, new_hash)
        image = _read_body(answer)
        if image is not None:
            return image
        if answer.status == 204:  # nothing changed
            return self._fetch(answer, hash)
        raise answer.unreadable("without the hash of the image that was made")

    def _fetch(self, answer: Answer, hash: str) -> SourceImage:
        call = answer.call
        try:
            return self.get(hash, organization=call.organization, deadline=call.deadline)
        except CallFailed as error:
            raise _unread(answer, hash, error) from error


def _read_body(answer: Answer) -> SourceImage | None:
    data = answer.json
    is_image = isinstance(data, Mapping) and "hash" in data
    return answer.read_as(SourceImage.from_json) if is_image else None


def _unread(answer: Answer, hash: str, error: CallFailed) -> ChangeUnread:
    unread = ChangeUnread(
        f"{answer.call.method} {answer.call.path} is done, but its image was not read: {error}"
        f" Do not repeat it; read the image with get({hash!r}).",
        status=error.status,
        method=error.method,
        path=error.path,
        body=error.body,
    )
    unread.hash = hash
    return unread


def _read_hash(answer: Answer, location: str) -> str:
    """Return the last part of the path, whatever the host: only the hash is used."""
    try:
        last = urlsplit(location).path.rstrip("/").rpartition("/")[2]
        check_hash(last)
    except ValueError as error:
        what = f"without the hash of the image that was made; its Location is {location[:200]!r}"
        raise answer.unreadable(what) from error
    return last
