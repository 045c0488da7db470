from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "rokka.sqlite3")
    yield made
    made.close()


def fill(database: Database, count: int) -> None:
    labels = ("mountain", "lake", "snow")
    with database.transaction() as connection:
        for number in range(count):
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


@pytest.mark.parametrize("deleted_since", [None, ""])
def test_list__is_read_from_an_index(database: Database, deleted_since: str | None) -> None:
    search = Search.make("demo", deleted_since=deleted_since)
    where = search.where
    with database.connection() as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT * FROM source_image WHERE {where.sql}"  # noqa: S608
            f" ORDER BY {search.order.sql}",
            where.values,
        ).fetchall()
    assert "source_image_created" in plan[0]["detail"]
    assert ("TEMP B-TREE" in str([row["detail"] for row in plan])) is (deleted_since is not None)


def test_source_images__say_that_there_is_none(database: Database) -> None:
    images = SourceImages(database)
    assert (
        images.change("demo", "abcdef", name="x"),
        images.change_user_metadata("demo", "abcdef", lambda _: {}),
        images.derive("demo", "abcdef", lambda image: image),
        images.restore("demo", "abcdef", deleted_since=""),
    ) == (None, None, None, None)
