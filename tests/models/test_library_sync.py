"""Walks through an organization, which several processes may be on."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from django_rokka.models import LibrarySync

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


def read() -> tuple[datetime, datetime | None, datetime | None]:
    row = LibrarySync.objects.get()
    return row.started, row.position, row.finished


def test_sync__is_shown_by_its_organization() -> None:
    assert str(LibrarySync(organization="demo")) == "demo"


def test_begin__of_an_organization_without_walks_is_a_new_one() -> None:
    walk = LibrarySync.objects.begin("demo", now=NOW)

    assert (walk.organization, walk.started, walk.position) == ("demo", NOW, None)


def test_begin__goes_on_with_one_that_was_cut_off() -> None:
    first = LibrarySync.objects.begin("demo", now=NOW)
    LibrarySync.objects.advance(first, NOW - HOUR)

    walk = LibrarySync.objects.begin("demo", now=NOW + HOUR)

    assert (walk.started, walk.position) == (NOW, NOW - HOUR)


def test_begin__after_one_that_finished_is_a_new_one() -> None:
    first = LibrarySync.objects.begin("demo", now=NOW)
    LibrarySync.objects.advance(first, NOW - HOUR)
    LibrarySync.objects.finish(first, now=NOW + HOUR)

    LibrarySync.objects.begin("demo", now=NOW + 2 * HOUR)

    assert read() == (NOW + 2 * HOUR, None, None)


def test_begin__after_one_that_was_cut_off_long_ago_is_a_new_one() -> None:
    LibrarySync.objects.advance(LibrarySync.objects.begin("demo", now=NOW), NOW - HOUR)

    LibrarySync.objects.begin("demo", now=NOW + 24 * HOUR)

    assert read() == (NOW + 24 * HOUR, None, None)


def test_advance__only_goes_forward() -> None:
    walk = LibrarySync.objects.begin("demo", now=NOW)

    LibrarySync.objects.advance(walk, NOW)
    LibrarySync.objects.advance(walk, NOW - HOUR)

    assert read() == (NOW, NOW, None)


def test_walk__that_another_has_taken_the_place_of_notes_nothing() -> None:
    old = LibrarySync.objects.begin("demo", now=NOW)
    LibrarySync.objects.finish(old, now=NOW + HOUR)
    LibrarySync.objects.begin("demo", now=NOW + 2 * HOUR)

    LibrarySync.objects.advance(old, NOW)
    LibrarySync.objects.finish(old, now=NOW + 3 * HOUR)

    assert read() == (NOW + 2 * HOUR, None, None)


def test_walks__of_organizations_are_apart() -> None:
    LibrarySync.objects.advance(LibrarySync.objects.begin("demo", now=NOW), NOW)

    assert LibrarySync.objects.begin("other", now=NOW).position is None
