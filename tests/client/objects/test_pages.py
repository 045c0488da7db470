"""Pages of lists."""

from __future__ import annotations

from typing import Any

import pytest

from django_rokka.client import FacetValue, Page


def read(data: dict[str, Any]) -> Page[str]:
    return Page.from_json(data, str.upper)


def test_page__is_the_list_of_its_items() -> None:
    page = read({"items": ["a", "b"]})

    assert (list(page), len(page), page[1]) == (["A", "B"], 2, "B")
    assert page[:1] == ("A",)


@pytest.mark.parametrize(
    ("members", "page"),
    [
        ({}, Page(items=())),
        ({"total": 0}, Page(items=(), total=0)),
        ({"total": "12"}, Page(items=(), total=12)),
        ({"cursor": "c1"}, Page(items=(), cursor="c1")),
        ({"cursor": None}, Page(items=())),
        ({"links": {"next": {"href": "/?offset=2"}}}, Page(items=(), has_next=True)),
        ({"links": {"prev": {"href": "/"}}}, Page(items=(), has_next=False)),
        ({"links": []}, Page(items=())),
        (
            {"facets": {"format": [{"value": "jpg", "count": 3}], "created": []}},
            Page(items=(), facets={"format": (FacetValue(value="jpg", count=3),), "created": ()}),
        ),
    ],
    ids=repr,
)
def test_page__reads_what_rokka_tells(members: dict[str, Any], page: Page[str]) -> None:
    assert read({"items": [], **members}) == page


def test_page__keeps_unknown_members() -> None:
    assert read({"items": [], "took": 5}).raw == {"items": [], "took": 5}


@pytest.mark.parametrize("data", [{}, {"items": None}, {"items": 3}, {"items": [], "total": "x"}])
def test_page__of_another_form_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        read(data)
