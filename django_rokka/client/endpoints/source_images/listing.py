"""Finding source images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from django_rokka.client.calls import Answer
from django_rokka.client.endpoints.source_images.images import Images
from django_rokka.client.endpoints.source_images.queries import (
    MAX_LIMIT,
    MAX_OFFSET,
    write_query,
)
from django_rokka.client.objects import Page, SourceImage
from django_rokka.client.search import SearchValue
from django_rokka.exceptions import CallFailed

__all__ = ["Listing"]


class Listing(Images):
    """List, search and count source images."""

    def list(
        self,
        *,
        search: Mapping[str, SearchValue] | None = None,
        sort: str | Iterable[str] = (),
        limit: int | None = None,
        offset: int | str | None = None,
        facets: str | Iterable[str] = (),
        operator: Literal["and", "or"] = "and",
        deleted: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> Page[SourceImage]:
        """Return one page of images: ``GET /sourceimages/{organization}``.

        ``search`` maps fields to values, all of which, or any with ``operator="or"``, an image
        must have; values are texts, numbers, dates, ``Range`` and ``Prefix``. ``sort`` names
        fields, with ``-`` before those to descend; rokka's own order is newest first. ``limit``
        is up to 2000, 100 where it is ``None``; ``offset`` is a number up to 10,000 or the
        ``cursor`` of the page before. ``facets`` are fields whose values to count, and
        ``deleted`` lists deleted images instead. Changes show after some seconds. Raise
        ``ValueError`` for what rokka does not take::

            page = client.source_images.list(search={"name": Prefix("plan")}, sort="-created")
        """
        query = write_query(
            search=search,
            sort=sort,
            facets=facets,
            operator=operator,
            deleted=deleted,
            limit=limit,
            offset=offset,
        )
        return self._get_page(query, organization=organization, deadline=deadline)

    def iter(
        self,
        *,
        search: Mapping[str, SearchValue] | None = None,
        sort: str | Iterable[str] = (),
        operator: Literal["and", "or"] = "and",
        deleted: bool = False,
        page_size: int = 1000,
        organization: str = "",
        deadline: float | None = None,
    ) -> Iterator[SourceImage]:
        """Yield all images that match, a page at a time: ``GET /sourceimages/{organization}``.

        The arguments are those of ``list``; ``deadline`` is for each page. Raise ``CallFailed``
        on the way where more than 10,000 match and rokka gives no cursor, and where its pages
        lead nowhere::

            for image in client.source_images.iter(search={"format": "jpg"}):
                print(image.name)
        """
        if not 1 <= page_size <= MAX_LIMIT:
            raise ValueError(f"The page size {page_size!r} is none, must be 1 to {MAX_LIMIT}.")
        query = write_query(search=search, sort=sort, operator=operator, deleted=deleted)
        return self._iter_pages(
            query, page_size=page_size, organization=organization, deadline=deadline
        )

    def count(
        self,
        *,
        search: Mapping[str, SearchValue] | None = None,
        operator: Literal["and", "or"] = "and",
        deleted: bool = False,
        organization: str = "",
        deadline: float | None = None,
    ) -> int:
        """Count the images that match: ``GET /sourceimages/{organization}?limit=0``.

        The arguments are those of ``list``::

            client.source_images.count(search={"width": Range(4000)})
        """
        query = write_query(search=search, operator=operator, deleted=deleted, limit=0)
        answer = self._get_list(query, organization=organization, deadline=deadline)
        return answer.read_as(lambda data: int(data["total"]))

    def _iter_pages(
        self, query: Mapping[str, str], *, page_size: int, **parts: Any
    ) -> Iterator[SourceImage]:
        offset: int | str = 0  # not sent: with a number, rokka gives no cursor
        places: set[int | str] = {0}
        seen = 0
        was_empty = False
        while True:
            limit = page_size if isinstance(offset, str) else min(page_size, MAX_OFFSET - offset)
            place = {"limit": str(limit), **({"offset": str(offset)} if offset else {})}
            page = self._get_page({**query, **place}, **parts)
            yield from page
            seen += len(page)
            if page.has_next is False or (page.has_next is None and len(page) < limit):
                return
            if not page.cursor and seen >= MAX_OFFSET:
                if page.total == seen:
                    return
                raise _too_many(page, parts["organization"] or self._organization)
            offset = page.cursor or seen
            if offset in places or (was_empty and not page):
                raise _circling(offset, parts["organization"] or self._organization)
            places.add(offset)
            was_empty = not page

    def _get_page(self, query: Mapping[str, str], **parts: Any) -> Page[SourceImage]:
        answer = self._get_list(query, **parts)
        return answer.read_as(lambda data: Page.from_json(data, SourceImage.from_json))

    def _get_list(self, query: Mapping[str, str], **parts: Any) -> Answer:
        return self._request("GET", "sourceimages", "{}", parameters=query, **parts)


def _circling(offset: int | str, organization: str) -> CallFailed:
    return CallFailed(
        f"rokka's pages lead nowhere: after the one at {str(offset)[:200]!r} come no other images,"
        " though it says that there are more. Try again later, or search in parts, such as a Range"
        " of 'created' each.",
        method="GET",
        path=f"/sourceimages/{organization}",
    )


def _too_many(page: Page[SourceImage], organization: str) -> CallFailed:
    return CallFailed(
        f"{page.total or 'More'} images match, and rokka gives no cursor that leads on after"
        f" {MAX_OFFSET} of them. Search in parts, such as a Range of 'created' each.",
        method="GET",
        path=f"/sourceimages/{organization}",
    )
