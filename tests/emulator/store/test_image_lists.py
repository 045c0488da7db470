from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from django_rokka.emulator.store import (
    Database,
    ImageLists,
    Search,
    SourceImages,
    StoredImage,
    image_hash,
)
from django_rokka.emulator.store.image_rows import insert_row

from tests.emulator.store.test_source_images import image

EARLIER_INDEX = (
    "DROP TRIGGER count_new_image",
    "DROP TRIGGER count_moved_image",
    "DROP TABLE image_count",
    "DROP TABLE search_field",
    "DROP TABLE field_value",
    "CREATE TABLE search_value (organization, is_deleted, field, value, sequence)",
)
"""What a file of an earlier version has of the search index, and what it has not."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "rokka.sqlite3")
    yield made
    made.close()


def fill(database: Database, count: int, *, start: int = 0) -> None:
    labels = ("mountain", "lake", "snow")
    with database.transaction() as connection:
        for number in range(start, start + count):
            made = replace(
                image(image_hash(str(number), dynamic_metadata={})),
                name=f"picture-{number}.png",
                width=number,
                height=number % 7,
                user_metadata={"int:id": number, "array:labels": [labels[number % 3]]},
            )
            insert_row(connection, made)


def walk(lists: ImageLists, search: Search, *, limit: int) -> Iterator[StoredImage]:
    after = None
    while (page := lists.page(search, limit=limit, after=after)).items:
        yield from page.items
        after = search.read_cursor(search.write_cursor(page.last))


def test_cursor__goes_past_every_offset(database: Database) -> None:
    fill(database, 12_500)
    search = Search.make("demo", sort="height desc,user:int:id")
    found = [(item.height, item.width) for item in walk(ImageLists(database), search, limit=2000)]
    assert found == sorted(found, key=lambda pair: (-pair[0], pair[1]))
    assert len(found) == 12_500


@pytest.mark.parametrize("count", [2_000, pytest.param(100_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    "condition",
    [
        ("user:int:id", "[10,19]"),
        ("name", "picture-99*"),
        ("name_text", "picture 77"),
        ("user:array:labels", "lake"),
        ("created", "['2026-01-01',}"),
    ],
)
def test_search__stays_usable_with_many_images(
    database: Database, count: int, condition: tuple[str, str]
) -> None:
    fill(database, count)
    lists = ImageLists(database)
    search = Search.make("demo", conditions=[condition], sort="size,width desc")
    start = time.perf_counter()
    page = lists.page(search, limit=10)
    lists.facets(search, "user:array:labels")
    assert page.total > 0
    assert time.perf_counter() - start < 5


def plans(database: Database, search: Search, **page: Any) -> list[str]:
    """Return how SQLite goes about the queries of a page."""
    queries: list[str] = []
    with database.connection() as connection:
        connection.set_trace_callback(queries.append)
    ImageLists(database).page(search, limit=10, **page)
    with database.connection() as connection:
        connection.set_trace_callback(None)
        return [
            row["detail"]
            for query in queries
            if "SELECT" in query
            for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")
        ]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"sort": "size"},
        {"sort": "user:int:id desc,width"},
        {"deleted_since": ""},
        {"conditions": [("width", "[3,]")]},
        {"conditions": [("name", "pict*")]},
        {"conditions": [("user:int:id", "[,9000]"), ("user:array:labels", "lake")]},
        {"conditions": [("user:int:id", "5"), ("hash", "a*")], "is_any": True},
        {"conditions": [("name_text", "picture 7*")], "sort": "created"},
        {"conditions": [("name_text", "picture png")]},
        {"conditions": [("user:int:id", "[,9000]"), ("name", "p*")], "deleted_since": ""},
    ],
)
def test_search__reads_indexes_alone(database: Database, query: dict[str, Any]) -> None:
    fill(database, 1_200)
    found = plans(database, Search.make("demo", **query))
    assert any("INDEX" in detail or "PRIMARY KEY" in detail for detail in found)
    assert not [detail for detail in found if detail.startswith("SCAN source_image")]
    assert not [detail for detail in found if detail.startswith("SCAN field_value")]


@pytest.mark.parametrize("label", ["lake", "sea"])
def test_search__finds_what_many_values_have_in_common(database: Database, label: str) -> None:
    fill(database, 3_300)
    conditions = [("name_text", "picture png"), ("user:array:labels", label)]
    page = ImageLists(database).page(Search.make("demo", conditions=conditions), limit=3)
    widths = {"lake": [3298, 3295, 3292], "sea": []}[label]
    assert (page.total, [item.width for item in page.items]) == (1100 if widths else 0, widths)


@pytest.mark.parametrize("version", [0, 1])
def test_index__is_made_for_a_root_of_before_it(tmp_path: Path, version: int) -> None:
    path = tmp_path / "rokka.sqlite3"
    database = Database(path)
    fill(database, 3)
    with database.transaction() as connection:
        for statement in EARLIER_INDEX:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
    database.close()
    again = Database(path)
    searches = [Search.make("demo", conditions=it) for it in ([], [("user:array:labels", "lake")])]
    assert [ImageLists(again).page(search, limit=9).total for search in searches] == [3, 1]
    fill(again, 3, start=3)
    assert [ImageLists(again).page(search, limit=9).total for search in searches] == [6, 2]
    again.close()


def test_source_images__say_that_there_is_none(database: Database) -> None:
    images = SourceImages(database)
    assert (
        images.change("demo", "abcdef", name="x"),
        images.change_user_metadata("demo", "abcdef", lambda _: {}),
        images.derive("demo", "abcdef", lambda image: image),
        images.restore("demo", "abcdef", deleted_since=""),
    ) == (None, None, None, None)
