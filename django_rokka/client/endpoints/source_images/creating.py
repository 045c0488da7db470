"""Uploading source images."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django_rokka.client.calls import Repeat
from django_rokka.client.endpoints.source_images.images import Images
from django_rokka.client.endpoints.source_images.ordered_work import OrderedWork
from django_rokka.client.endpoints.source_images.uploads import (
    CreatedImage,
    NewImage,
    OptimizeSource,
    write_texts,
)
from django_rokka.client.hosts import hide_credentials
from django_rokka.client.multipart import (
    FormBody,
    MultipartBody,
    Source,
    get_file_name,
    open_source,
)
from django_rokka.client.objects import SourceImage
from django_rokka.exceptions import IntegrityError, RokkaError

__all__ = ["Creating"]


class Creating(Images):
    """Upload files, or let rokka fetch them."""

    def create(
        self,
        file: Source,
        *,
        name: str = "",
        user_metadata: Mapping[str, Any] | None = None,
        dynamic_metadata: Mapping[str, Any] | None = None,
        static_metadata: Mapping[str, Any] | None = None,
        is_protected: bool | None = None,
        is_locked: bool | None = None,
        visual_binaryhash: bool | None = None,
        optimize_source: OptimizeSource = None,
        verify: bool = True,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Upload a file: ``POST /sourceimages/{organization}``.

        The arguments are those of ``NewImage``. Return the image: rokka holds the same bytes once
        and answers with what is there, so an upload is repeated. An open file is read from its
        beginning and left open: at its end, or after an error where it stood. Raise ``EmptyFile``
        for zero bytes, and with ``verify`` ``IntegrityError`` where rokka got other ones::

            client.source_images.create("beach.jpg", user_metadata={"text:alt": "The beach"})
        """
        new = NewImage(
            file,
            name=name,
            user_metadata=user_metadata,
            dynamic_metadata=dynamic_metadata,
            static_metadata=static_metadata,
            is_protected=is_protected,
            is_locked=is_locked,
            visual_binaryhash=visual_binaryhash,
            optimize_source=optimize_source,
        )
        return self._upload(new, verify=verify, organization=organization, deadline=deadline)

    def create_many(
        self,
        files: Iterable[Source | NewImage],
        *,
        threads: int = 8,
        verify: bool = True,
        organization: str = "",
        deadline: float | None = None,
    ) -> OrderedWork[CreatedImage]:
        """Upload many files at once: ``POST /sourceimages/{organization}`` for each.

        Yield what became of each file, in their order; one for which ``create`` raises does not
        keep the others. ``files`` is read a few ahead, never whole; an open file may be in it
        once; what ``files`` itself raises comes after all results. ``deadline`` is for each file.
        Who leaves it before its end closes it, or uses it in a ``with`` statement: that begins
        nothing more and waits for the uploads that run, with their retries::

            for created in client.source_images.create_many(Path("photos").glob("*.jpg")):
                print(created.new.file, created.image or created.error)
        """
        if threads < 1:
            raise ValueError(f"{threads!r} threads cannot upload: give 1 or more.")
        if _is_one(files):
            raise TypeError(
                f"{repr(files)[:200]} is one file: use create(), or put it into a list."
            )

        def upload(file: Source | NewImage) -> CreatedImage:
            new = file if isinstance(file, NewImage) else NewImage(file)
            try:
                image = self._upload(
                    new, verify=verify, organization=organization, deadline=deadline
                )
            except (RokkaError, OSError, TypeError, ValueError) as error:
                return CreatedImage(new=new, error=error)
            return CreatedImage(new=new, image=image)

        return OrderedWork(upload, files, threads=threads)

    def create_from_url(
        self,
        url: str,
        *,
        user_metadata: Mapping[str, Any] | None = None,
        dynamic_metadata: Mapping[str, Any] | None = None,
        static_metadata: Mapping[str, Any] | None = None,
        is_protected: bool | None = None,
        is_locked: bool | None = None,
        visual_binaryhash: bool | None = None,
        optimize_source: OptimizeSource = None,
        organization: str = "",
        deadline: float | None = None,
    ) -> SourceImage:
        """Let rokka fetch a public file: ``POST /sourceimages/{organization}`` with its URL.

        The other arguments are those of ``NewImage``; the name is rokka's choice. rokka answers
        when it has the file, so a large one needs a client with a longer ``timeout``. Raise
        ``InvalidRequest`` for what it cannot fetch, ``ValueError`` for no URL::

            client.source_images.create_from_url("https://example.org/film.mp4@00:00:22")
        """
        texts = write_texts(
            user_metadata=user_metadata,
            dynamic_metadata=dynamic_metadata,
            static_metadata=static_metadata,
            is_protected=is_protected,
            is_locked=is_locked,
            visual_binaryhash=visual_binaryhash,
            optimize_source=optimize_source,
        )
        parts = {"organization": organization, "deadline": deadline}
        return self._import(url, texts, is_paid=bool(static_metadata), **parts)

    def _upload(
        self, new: NewImage, *, verify: bool, organization: str, deadline: float | None
    ) -> SourceImage:
        parts = {item.name: getattr(new, item.name) for item in dataclasses.fields(new)}
        file, name = parts.pop("file"), parts.pop("name") or get_file_name(new.file)
        texts = write_texts(**parts)
        with open_source(file) as opened:
            body = MultipartBody(
                opened, name=name, field_name="filedata", texts=texts, is_hashed=verify
            )
            call = self._call(
                "POST",
                "sourceimages",
                "{}",
                organization=organization,
                deadline=deadline,
                body=body,
                **_cost(is_paid=bool(new.static_metadata)),
            )
            image = self._session.request(call).read_as(_read_first)
            if verify and image.binary_hash != body.sha1:
                raise IntegrityError(
                    f"rokka reports the SHA-1 {image.binary_hash!r} for {name[:200]!r}, but"
                    f" {body.sha1!r} was sent. Upload it again.",
                    method=call.method,
                    path=call.path,
                )
        return image

    def _import(
        self, url: str, texts: Mapping[str, str], *, is_paid: bool, **parts: Any
    ) -> SourceImage:
        shown = hide_credentials(url.partition("?")[0])[:200]  # a query may be a signature
        if not _is_url(url):
            raise ValueError(f"{shown!r} cannot be fetched: give a URL with http:// or https://.")
        answer = self._request(
            "POST",
            "sourceimages",
            "{}",
            subject=f"file at {shown!r}",
            body=FormBody({"url[0]": url, **texts}),
            **_cost(is_paid=is_paid),
            **parts,
        )
        return answer.read_as(_read_first)


def _is_one(files: object) -> bool:
    kinds = (str, bytes, bytearray, memoryview, os.PathLike, NewImage)
    return isinstance(files, kinds) or hasattr(files, "read")


def _cost(*, is_paid: bool) -> dict[str, Any]:
    """Return the members of a call that may ask for paid work."""
    if not is_paid:
        return {}
    return {"feature": "describing images automatically", "repeat": Repeat.UNLESS_UNKNOWN}


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # a broken IPv6 address
        return False
    has_spaces = text.split() != [text]
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not has_spaces


def _read_first(data: Any) -> SourceImage:
    return SourceImage.from_json(data["items"][0])
