"""Images that rows refer to are kept, brought back and released."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from time import monotonic

import pytest
from django.utils import timezone as clock

from django_rokka import library, models
from django_rokka.client import Call, SourceImage, observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.library.conftest import Upload, refer_to

Configure = Callable[..., RokkaStorage]

LONG_AGO = datetime(2020, 5, 4, 3, 2, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
NO_ORGANIZATION = '{"error": {"message": "Organization not found"}}'

pytestmark = pytest.mark.django_db


def get_row(image: SourceImage) -> models.SourceImage:
    row: models.SourceImage = models.SourceImage.objects.get(hash=image.hash)
    return row


def is_just_now(moment: datetime | None) -> bool:
    return moment is not None and abs(clock.now() - moment) < timedelta(minutes=1)


def list_calls(calls: list[Call]) -> list[str]:
    return [f"{call.method} {call.path}" for call in calls]


# Keep


def test_keep__of_confirmed_images_takes_their_release_back_and_asks_nobody(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image = upload()
    library.record(rokka, image)

    with assert_no_rokka_calls():
        library.keep(rokka, refer_to(image.hash), is_confirmed=True)

    row = get_row(image)
    assert row.released_at is None
    assert is_just_now(row.scanned_at)


def test_keep__asks_rokka_for_what_is_not_confirmed_and_writes_it_down(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image = upload()

    with observe_calls() as calls:
        library.keep(rokka, refer_to(image.hash, image.hash), is_confirmed=False)

    assert list_calls(calls) == [f"GET /sourceimages/demo/{image.hash}"]
    row = get_row(image)
    assert (row.name, row.released_at) == ("lake.png", None)
    assert is_just_now(row.scanned_at)


@pytest.mark.parametrize("column", ["released_at", "deleted_at"])
def test_keep__asks_for_a_confirmed_image_that_the_mirror_holds_for_gone(
    rokka: RokkaStorage, upload: Upload, column: str
) -> None:
    image = upload()
    library.record(rokka, image)
    models.SourceImage.objects.update(**{column: LONG_AGO})

    with observe_calls() as calls:
        library.keep(rokka, refer_to(image.hash), is_confirmed=True)

    assert list_calls(calls) == [f"GET /sourceimages/demo/{image.hash}"]
    row = get_row(image)
    assert (row.released_at, row.deleted_at) == (None, None)


@pytest.mark.smoke
def test_keep__restores_an_image_that_was_deleted_before_the_commit(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image = upload()
    rokka.client.source_images.delete(image.hash)
    reference = refer_to(image.hash)
    assert not rokka.exists(str(reference[0]))

    library.keep(rokka, reference, is_confirmed=False)

    assert rokka.exists(str(reference[0]))
    assert get_row(image).deleted_at is None


def test_keep__restores_one_that_this_mirror_knows_to_be_deleted(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image = upload()
    library.record(rokka, image)
    models.SourceImage.objects.update(released_at=LONG_AGO, deleted_at=LONG_AGO)
    rokka.client.source_images.delete(image.hash)

    library.keep(rokka, refer_to(image.hash), is_confirmed=True)

    assert not rokka.client.source_images.get(image.hash).is_deleted
    row = get_row(image)
    assert (row.released_at, row.deleted_at) == (None, None)


def test_keep__of_an_image_that_is_gone_for_good_says_so_and_goes_on(
    rokka: RokkaStorage, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    image, gone = upload(), "0" * 40

    library.keep(rokka, refer_to(gone, image.hash), is_confirmed=False)

    (record,) = caplog.records
    assert (record.name, record.levelno) == ("django_rokka.library", logging.ERROR)
    assert f"Rows refer to the image {gone}, which is gone for good" in record.getMessage()
    assert "Upload it again" in record.getMessage()
    assert [row.hash for row in models.SourceImage.objects.all()] == [image.hash]


def test_keep__of_no_images_does_nothing(rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls():
        library.keep(rokka, [], is_confirmed=False)


def test_keep__asks_for_each_image_once_in_the_order_of_hashes(
    rokka: RokkaStorage, upload: Upload
) -> None:
    hashes = [upload(colour=colour).hash for colour in ("red", "green", "blue", "white")]

    with observe_calls() as calls:
        library.keep(rokka, refer_to(*hashes, *hashes), is_confirmed=False)

    assert list_calls(calls) == [f"GET /sourceimages/demo/{each}" for each in sorted(hashes)]


# Environments


def test_keep__marks_an_image_of_others_as_ours_too(configure: Configure, upload: Upload) -> None:
    storage = configure(environment="staging")
    image = upload(user_metadata={"django_rokka_env_production": "production", "alt": "A lake"})

    library.keep(storage, refer_to(image.hash), is_confirmed=False)

    expected = {
        "django_rokka_env_production": "production",
        "django_rokka_env_staging": "staging",
        "alt": "A lake",
    }
    assert dict(storage.client.source_images.get(image.hash).user_metadata) == expected
    assert get_row(image).user_metadata == expected


def test_keep__marks_nothing_twice(configure: Configure, upload: Upload) -> None:
    storage = configure(environment="staging")
    image = upload(user_metadata={"django_rokka_env_staging": "staging"})

    with observe_calls() as calls:
        library.keep(storage, refer_to(image.hash), is_confirmed=False)

    assert list_calls(calls) == [f"GET /sourceimages/demo/{image.hash}"]


def test_keep__marks_no_locked_image_which_nobody_can_delete(
    configure: Configure, upload: Upload
) -> None:
    storage = configure(environment="staging")
    image = upload()
    storage.client.source_images.set_locked(image.hash, True)

    library.keep(storage, refer_to(image.hash), is_confirmed=False)

    row = get_row(image)
    assert (row.locked, row.user_metadata) == (True, {})


def test_keep__restores_what_is_deleted_between_reading_and_marking(
    configure: Configure, upload: Upload, server: EmulatorServer
) -> None:
    storage = configure(environment="staging")
    image = upload()
    storage.client.source_images.delete(image.hash)
    # What was read before that.
    body = json.dumps({**image.raw})
    server.emulator.faults.add(method="GET", path=image.hash, status=200, body=body)

    with observe_calls() as calls:
        library.keep(storage, refer_to(image.hash), is_confirmed=False)

    path = f"/sourceimages/demo/{image.hash}"
    assert list_calls(calls) == [
        f"GET {path}",
        f"PATCH {path}/meta/user",
        f"GET {path}",
        f"POST {path}/restore",
        f"PATCH {path}/meta/user",
    ]
    metadata = storage.client.source_images.get(image.hash).user_metadata
    assert dict(metadata) == {"django_rokka_env_staging": "staging"}
    assert get_row(image).user_metadata == {"django_rokka_env_staging": "staging"}


# Trouble


def test_keep__during_an_outage_says_what_was_not_found_out_and_raises_nothing(
    configure: Configure, closed_host: str, caplog: pytest.LogCaptureFixture
) -> None:
    storage = configure(api_host=closed_host)

    library.keep(storage, refer_to("b" * 40, "a" * 40), is_confirmed=False)

    (record,) = caplog.records
    message = record.getMessage()
    assert record.levelno == logging.ERROR
    assert f"{'a' * 40}, {'b' * 40}" in message
    assert "The next collection restores" in message


def test_keep__during_an_outage_has_taken_the_release_back(
    configure: Configure, upload: Upload, closed_host: str
) -> None:
    image = upload()
    storage = configure(api_host=closed_host)
    library.record(storage, image)
    models.SourceImage.objects.update(released_at=LONG_AGO)

    library.keep(storage, refer_to(image.hash), is_confirmed=True)

    assert get_row(image).released_at is None


def test_keep__ends_at_its_deadline(
    rokka: RokkaStorage,
    upload: Upload,
    server: EmulatorServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("django_rokka.library.keeping._SECONDS", 0.3)
    image = upload()
    server.emulator.faults.add(method="GET", delay=1.5, times=None)
    start = clock.now()

    library.keep(rokka, refer_to(image.hash, "f" * 40), is_confirmed=False)

    assert clock.now() - start < timedelta(seconds=1.2)
    (record,) = caplog.records
    assert image.hash in record.getMessage()


def test_keep__after_an_outage_waits_for_rokka_no_second_time(
    rokka: RokkaStorage,
    upload: Upload,
    server: EmulatorServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("django_rokka.library.keeping._SECONDS", 0.3)
    image = upload()
    library.record(rokka, image)
    models.SourceImage.objects.update(released_at=LONG_AGO)
    server.emulator.faults.add(method="GET", delay=1.5, times=None)
    library.keep(rokka, refer_to("f" * 40), is_confirmed=False)

    with assert_no_rokka_calls():
        library.keep(rokka, refer_to(image.hash), is_confirmed=False)

    assert get_row(image).released_at is None
    _, record = caplog.records
    assert record.levelno == logging.ERROR
    assert f"{image.hash}, which rows refer to, was not found out" in record.getMessage()
    assert "It has not answered just now, so it was not asked again." in record.getMessage()


def test_keep__some_seconds_after_an_outage_asks_again(
    rokka: RokkaStorage,
    upload: Upload,
    server: EmulatorServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("django_rokka.library.keeping._SECONDS", 0.3)
    image = upload()
    server.emulator.faults.add(method="GET", delay=1.5, times=1)
    library.keep(rokka, refer_to("f" * 40), is_confirmed=False)
    later = monotonic() + 11
    monkeypatch.setattr("django_rokka.library.keeping.monotonic", lambda: later)

    library.keep(rokka, refer_to(image.hash), is_confirmed=False)

    assert get_row(image).released_at is None


def test_keep__after_a_refusal_asks_on(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    image = upload()
    server.emulator.faults.add(method="GET", status=500, times=1)
    library.keep(rokka, refer_to("f" * 40), is_confirmed=False)

    with observe_calls() as calls:
        library.keep(rokka, refer_to(image.hash), is_confirmed=False)

    assert list_calls(calls) == [f"GET /sourceimages/demo/{image.hash}"]


def test_keep__without_time_left_asks_nobody(
    rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("django_rokka.library.keeping._SECONDS", 0)

    with assert_no_rokka_calls():
        library.keep(rokka, refer_to("a" * 40), is_confirmed=False)

    assert "The 0 s for keeping images have passed." in caplog.text


@pytest.mark.parametrize(
    "answer",
    [("{}", "was deleted 3 times"), (NO_ORGANIZATION, "There is no organization")],
    ids=["image", "organization"],
)
def test_keep__that_cannot_mark_an_image_calls_it_neither_lost_nor_kept(
    configure: Configure,
    upload: Upload,
    server: EmulatorServer,
    caplog: pytest.LogCaptureFixture,
    answer: tuple[str, str],
) -> None:
    body, said = answer
    storage = configure(environment="staging")
    image = upload()
    server.emulator.faults.add(method="PATCH", status=404, body=body, times=None)

    library.keep(storage, refer_to(image.hash), is_confirmed=False)

    (record,) = caplog.records
    assert said in record.getMessage()
    assert "was not found out" in record.getMessage()
    assert "gone for good" not in record.getMessage()


def test_keep__when_the_organization_is_gone_calls_no_image_lost(
    configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    storage = configure(organization="nobody", environment="staging")

    library.keep(storage, refer_to("a" * 40), is_confirmed=False)

    (record,) = caplog.records
    assert "was not found out" in record.getMessage()
    assert "gone for good" not in record.getMessage()


def test_keep__of_a_storage_that_only_reads_writes_nothing_at_rokka(
    configure: Configure, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    there, deleted = upload(), upload(colour="blue")
    storage = configure(environment="staging")
    storage.client.source_images.delete(deleted.hash)
    storage = configure(environment="staging", read_only=True)

    with observe_calls() as calls:
        library.keep(storage, refer_to(there.hash, deleted.hash), is_confirmed=False)

    assert {call.method for call in calls} == {"GET"}
    assert is_just_now(get_row(there).scanned_at)
    (record,) = caplog.records
    assert deleted.hash in record.getMessage()
    assert "this storage is read_only" in record.getMessage()


# Release


def test_release__notes_since_when_and_asks_nobody(rokka: RokkaStorage, upload: Upload) -> None:
    image, other = upload(), upload(colour="blue")
    library.record(rokka, image)
    library.record(rokka, other)

    with assert_no_rokka_calls():
        library.release(rokka, refer_to(image.hash))

    assert is_just_now(get_row(image).released_at)
    assert get_row(other).released_at is None


def test_release__that_comes_later_wins(rokka: RokkaStorage, upload: Upload) -> None:
    image, ahead = upload(), upload(colour="blue")
    library.record(rokka, image)
    library.record(rokka, ahead)
    tomorrow = clock.now() + DAY
    models.SourceImage.objects.filter(hash=image.hash).update(released_at=LONG_AGO)
    models.SourceImage.objects.filter(hash=ahead.hash).update(released_at=tomorrow)

    library.release(rokka, refer_to(image.hash, ahead.hash))

    assert is_just_now(get_row(image).released_at)
    assert get_row(ahead).released_at == tomorrow


@pytest.mark.parametrize("options", [{"read_only": True}, {"on_delete": "never"}], ids=str)
def test_release__that_is_not_to_be_notes_nothing(
    configure: Configure, upload: Upload, options: dict[str, object]
) -> None:
    image = upload()
    storage = configure(**options)
    library.record(storage, image)

    library.release(storage, refer_to(image.hash))

    assert get_row(image).released_at is None


def test_release__of_an_unknown_image_and_of_none_does_nothing(rokka: RokkaStorage) -> None:
    library.release(rokka, refer_to("a" * 40))
    library.release(rokka, [])
    assert not models.SourceImage.objects.exists()


def test_released_image__that_is_chosen_again_is_kept(rokka: RokkaStorage, upload: Upload) -> None:
    image = upload()
    library.record(rokka, image)
    library.release(rokka, refer_to(image.hash))

    library.keep(rokka, refer_to(image.hash), is_confirmed=True)

    row = get_row(image)
    assert row.released_at is None
    assert not models.SourceImage.objects.unreferenced().exists()
