"""What rokka says of an image, written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from django.db import OperationalError
from django.forms import model_to_dict
from pytest_django import DjangoAssertNumQueries

from django_rokka import library, models
from django_rokka.library.recording import repeated
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls, make_image

from tests.library.conftest import Upload

LONG_AGO = datetime(2020, 5, 4, 3, 2, 1, tzinfo=timezone.utc)


@pytest.mark.smoke
@pytest.mark.django_db
def test_record__writes_down_all_that_rokka_says(rokka: RokkaStorage, upload: Upload) -> None:
    image = upload("Bächli.png", width=30, height=20, user_metadata={"int:year": 1999})

    with assert_no_rokka_calls():
        library.record(rokka, image)

    row = models.SourceImage.objects.get()
    assert model_to_dict(row, exclude=["id"]) == {
        "organization": "demo",
        "hash": image.hash,
        "binary_hash": image.binary_hash,
        "name": "Bächli.png",
        "format": "png",
        "size": image.size,
        "width": 30,
        "height": 20,
        "created": image.created,
        "user_metadata": {"int:year": 1999},
        "dynamic_metadata": {},
        "locked": False,
        "protected": False,
        "placeholder": "",
        "deleted_at": None,
        "released_at": None,
        "scanned_at": None,
        "synced_at": None,
    }


@pytest.mark.django_db
def test_record__again_brings_up_to_date_what_is_rokkas_and_leaves_what_is_ours(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image = upload()
    library.record(rokka, image)
    ours = {
        "placeholder": "LKO2",
        "released_at": LONG_AGO,
        "scanned_at": LONG_AGO,
        "synced_at": LONG_AGO,
    }
    models.SourceImage.objects.update(**ours)
    before = models.SourceImage.objects.get()

    library.record(rokka, replace(image, name="new.png", is_locked=True, user_metadata={"a": "b"}))

    row = models.SourceImage.objects.get()
    assert row.pk == before.pk
    assert (row.name, row.locked, row.user_metadata) == ("new.png", True, {"a": "b"})
    assert {name: getattr(row, name) for name in ours} == ours
    assert models.SourceImage.objects.search("new.png b").exists()


@pytest.mark.django_db
def test_record__of_a_deleted_image_says_since_when_it_is(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image = upload()
    library.record(rokka, replace(image, is_deleted=True, deleted_date=LONG_AGO))
    assert models.SourceImage.objects.get().deleted_at == LONG_AGO

    library.record(rokka, replace(image, is_deleted=True))
    deleted_at = models.SourceImage.objects.get().deleted_at
    assert deleted_at is not None
    assert deleted_at > LONG_AGO

    library.record(rokka, image)
    assert models.SourceImage.objects.get().deleted_at is None


@pytest.mark.django_db
def test_record__of_the_same_hash_in_another_organization_is_another_row(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image = upload()
    library.record(rokka, image)
    models.SourceImage.objects.update(organization="other")

    library.record(rokka, image)

    found = models.SourceImage.objects.values_list("organization", "hash")
    assert set(found) == {("demo", image.hash), ("other", image.hash)}


@pytest.mark.django_db
def test_record__takes_what_no_database_keeps(rokka: RokkaStorage, upload: Upload) -> None:
    hostile = {"a\0": "\0b", "c": ["\ud800", float("nan")], "d": {"e": float("-inf")}, "f": 0.5}
    image = replace(upload(), name=f"\0{'ü' * 300}", format="x" * 30, user_metadata=hostile)

    library.record(rokka, image)

    row = models.SourceImage.objects.get()
    assert (row.name, row.format) == ("ü" * 255, "x" * 20)
    assert row.user_metadata == {"a": "b", "c": ["?", None], "d": {"e": None}, "f": 0.5}


# The grace period

OURS = {"released_at": LONG_AGO, "scanned_at": LONG_AGO}


@pytest.mark.django_db
def test_record__of_a_restored_image_begins_its_grace_period_anew(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image, other = upload(), upload("teal.png", colour="teal")
    for each in (image, other):
        library.record(rokka, replace(each, is_deleted=True, deleted_date=LONG_AGO))
    models.SourceImage.objects.update(**OURS)

    library.record(rokka, image)

    rows = {row.hash: row for row in models.SourceImage.objects.all()}
    assert rows[image.hash].released_at is None
    # A scan that has begun before counts it as referred to.
    assert rows[image.hash].scanned_at is not None
    assert rows[image.hash].scanned_at > LONG_AGO
    assert (rows[other.hash].released_at, rows[other.hash].scanned_at) == (LONG_AGO, LONG_AGO)


@pytest.mark.django_db
def test_record__of_a_deleted_image_ends_its_grace_period(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image, other = upload(), upload("teal.png", colour="teal")
    for each in (image, other):
        library.record(rokka, each)
    models.SourceImage.objects.update(**OURS)

    library.record(rokka, replace(image, is_deleted=True))

    rows = {row.hash: row for row in models.SourceImage.objects.all()}
    assert (rows[image.hash].released_at, rows[image.hash].scanned_at) == (None, None)
    assert (rows[other.hash].released_at, rows[other.hash].scanned_at) == (LONG_AGO, LONG_AGO)


@pytest.mark.django_db
@pytest.mark.parametrize("is_deleted", [True, False])
def test_record__of_an_image_that_is_as_it_was_leaves_its_grace_period(
    rokka: RokkaStorage,
    upload: Upload,
    is_deleted: bool,  # noqa: FBT001  # a parameter
) -> None:
    image = replace(upload(), is_deleted=is_deleted)
    library.record(rokka, image)
    models.SourceImage.objects.update(**OURS)

    library.record(rokka, image)

    row = models.SourceImage.objects.get()
    assert (row.released_at, row.scanned_at) == (LONG_AGO, LONG_AGO)


@pytest.mark.django_db
def test_record__of_an_image_that_is_wanted_begins_its_grace_period_anew_by_one_query(
    rokka: RokkaStorage, upload: Upload, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    image = upload()
    library.record(rokka, image)
    models.SourceImage.objects.update(**OURS)

    with django_assert_num_queries(1):
        library.record(rokka, image, is_wanted=True)

    row = models.SourceImage.objects.get()
    assert row.released_at is None
    assert row.scanned_at is not None
    assert row.scanned_at > LONG_AGO


@pytest.mark.django_db(transaction=True)
def test_upload__of_bytes_that_were_due_begins_their_grace_period_anew(rokka: RokkaStorage) -> None:
    reference = rokka.upload("lake.png", make_image())
    models.SourceImage.objects.update(**OURS)

    assert rokka.upload("lake.png", make_image()).hash == reference.hash

    row = models.SourceImage.objects.get()
    assert row.released_at is None
    assert row.scanned_at is not None
    assert row.scanned_at > LONG_AGO


# Deadlocks


class Flaky:
    """A write that fails a number of times before it is done."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = [*errors]

    def __call__(self, value: str) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return value


def make_deadlock() -> OperationalError:
    return OperationalError(1213, "Deadlock found when trying to get lock")


@pytest.mark.django_db(transaction=True)
def test_repeated__write_is_made_again_after_a_deadlock() -> None:
    assert repeated(Flaky(make_deadlock(), make_deadlock()).__call__)("done") == "done"


@pytest.mark.django_db(transaction=True)
def test_repeated__write_that_fails_for_another_reason_is_not() -> None:
    flaky = Flaky(OperationalError("disk I/O error"))
    with pytest.raises(OperationalError, match="disk"):
        repeated(flaky.__call__)("done")
    assert flaky.errors == []


@pytest.mark.django_db
def test_repeated__write_inside_of_a_transaction_is_not() -> None:
    with pytest.raises(OperationalError, match="Deadlock"):
        repeated(Flaky(make_deadlock()).__call__)("done")


@pytest.mark.django_db(transaction=True)
def test_repeated__write_is_given_up_at_last() -> None:
    flaky = Flaky(*(make_deadlock() for _ in range(30)))
    with pytest.raises(OperationalError, match="Deadlock"):
        repeated(flaky.__call__)("done")
    assert len(flaky.errors) == 20
