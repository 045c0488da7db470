"""Downloading source images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from django_rokka.client.download import DOWNLOAD_HEADERS, Download
from django_rokka.client.endpoints.source_images.images import Images, check_binary_hash
from django_rokka.client.endpoints.source_images.queries import write_query
from django_rokka.client.search import SearchValue

__all__ = ["Downloading"]


class Downloading(Images):
    """Download one source image or many."""

    def download(
        self,
        hash: str,
        *,
        binary_hash: str = "",
        organization: str = "",
        deadline: float | None = None,
    ) -> Download:
        """Open the original: ``GET /sourceimages/{organization}/{hash}/download``.

        Use it in a ``with`` statement; it holds a connection until it is closed. With
        ``binary_hash``, reading ends with ``IntegrityError`` where other bytes come. Leave it out
        for an image that was uploaded with ``optimize_source``: rokka keeps other bytes than it
        got. Raise ``NotFound`` when there is no such image::

            with client.source_images.download(hash, binary_hash=binary_hash) as download:
                download.write_to("beach.jpg")
        """
        if binary_hash:
            check_binary_hash(binary_hash)
        call = self._image_call(
            "GET",
            hash,
            "download",
            organization=organization,
            deadline=deadline,
            headers=DOWNLOAD_HEADERS,
        )
        download = self._session.stream(call)
        if binary_hash:
            download.verify_sha1(binary_hash)
        return download

    def download_list(
        self,
        *,
        search: Mapping[str, SearchValue] | None = None,
        sort: str | Iterable[str] = (),
        limit: int | None = None,
        offset: int | str | None = None,
        operator: Literal["and", "or"] = "and",
        deleted: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> Download:
        """Open a zip archive of originals: ``GET /sourceimages/{organization}/download``.

        The arguments are those of ``list``, and so is what belongs to a page. Use it in a
        ``with`` statement::

            with client.source_images.download_list(search={"format": "pdf"}) as download:
                download.write_to("papers.zip")
        """
        query = write_query(
            search=search, sort=sort, operator=operator, deleted=deleted, limit=limit, offset=offset
        )
        call = self._call(
            "GET",
            "sourceimages",
            "{}",
            "download",
            organization=organization,
            deadline=deadline,
            parameters=query,
            headers=DOWNLOAD_HEADERS,
        )
        return self._session.stream(call)
