from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_rokka.emulator.store import Database, ImageLists, Search
from django_rokka.emulator.store.delayed import DelayedIndex
from django_rokka.emulator.store.image_rows import insert_row, update_row

from tests.emulator.store.search_model import (
    DAYS,
    FIELDS,
    Entry,
    Question,
    count_values,
    make_changes,
    make_entry,
    make_image,
    make_question,
)

ORGANIZATIONS = (f"organization-{number}" for number in count())
MANY = 2_500
"""More images than are collected and sorted one by one."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Filled:
    """The images of an organization, and what a search of them has to know."""

    organization: str
    entries: list[Entry]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database(tmp_path_factory.mktemp("search") / "rokka.sqlite3")
    yield made
    made.close()


@pytest.fixture(scope="module")
def all_lists(database: Database) -> list[ImageLists]:
    """Return the lists of what there is, and those of an index that has caught up."""
    index = DelayedIndex(database, delay=0, clock=lambda: datetime.now(timezone.utc))
    return [ImageLists(database), ImageLists(database, delayed=index)]


@pytest.fixture(scope="module")
def many(database: Database, all_lists: list[ImageLists]) -> Filled:
    return fill(database, Random(8), number=MANY)


def fill(database: Database, random: Random, *, number: int) -> Filled:
    organization, entries = next(ORGANIZATIONS), []
    with database.transaction() as connection:
        for at in range(number):
            made = make_image(random, organization=organization, number=at)
            insert_row(connection, made)
            if changes := make_changes(random):
                update_row(connection, made, **changes)
            entries.append(make_entry(replace(made, **changes), at))
    return Filled(organization=organization, entries=entries)


def make_search(organization: str, question: Question) -> Search:
    return Search.make(
        organization,
        conditions=[(asked.field, asked.text) for asked in question.asked],
        is_any=question.is_any,
        deleted_since=question.deleted_since,
        sort=question.sort,
    )


def walk(lists: ImageLists, search: Search, *, limit: int) -> Iterator[str]:
    """Yield the hashes of all images, page by page."""
    after = None
    while (page := lists.page(search, limit=limit, after=after)).items:
        yield from (item.hash for item in page.items)
        after = search.read_cursor(search.write_cursor(page.last))


def check(lists: ImageLists, filled: Filled, question: Question, random: Random) -> None:
    """Compare a page, a walk and a count of values with the model's."""
    search, expected = make_search(filled.organization, question), question.answer(filled.entries)
    hashes = [entry.hash for entry in expected]
    limit, offset = random.choice((0, 1, 3, 50)), random.choice((0, 0, 2, len(hashes)))
    page = lists.page(search, limit=limit, offset=offset)
    assert [item.hash for item in page.items] == hashes[offset : offset + limit]
    assert (page.total, page.has_more) == (len(hashes), 0 < limit < len(hashes) - offset)
    assert list(walk(lists, search, limit=len(hashes) // 3 + 1)) == hashes
    # Dates are counted as they are stored.
    field = random.choice([name for name, values in FIELDS.items() if values is not DAYS])
    assert lists.facets(search, field) == count_values(expected, field)


@settings(max_examples=30, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_search__of_few_finds_what_the_model_finds(
    database: Database, all_lists: list[ImageLists], random: Random
) -> None:
    filled = fill(database, random, number=random.randrange(9))
    for question in [make_question(random) for _ in range(3)]:
        for lists in all_lists:
            check(lists, filled, question, random)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_search__of_many_finds_what_the_model_finds(
    many: Filled, all_lists: list[ImageLists], seed: int
) -> None:
    question = make_question(Random(seed))
    for lists in all_lists:
        check(lists, many, question, Random(seed))
