"""What a collection deletes, and what it leaves or gives back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from django_rokka.client import observe_calls
from django_rokka.collector import Collection, collect
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import ReadOnly
from django_rokka.models import SourceImage
from django_rokka.storage import RokkaStorage

from tests.collector.conftest import Upload, get_row, is_deleted
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)

Configure = Callable[..., RokkaStorage]

NOW = timedelta(0)


def a_photo(name: object) -> Photo:
    """Write a row past all signals."""
    photo = Photo(image=str(name))
    Photo.objects.bulk_create([photo])
    return photo


def sweep(storage: RokkaStorage | None = None, **options: Any) -> Collection:
    """Delete what is unreferenced, without any grace, also where nothing is referred to."""
    exclusive = storage is None or not storage.config.environment
    given = {"grace": NOW, "is_exclusive": exclusive, "accept_fewer_columns": True, **options}
    return collect(storage, delete=True, **given)


@contextmanager
def at_statement(pattern: str, act: Callable[[], object]) -> Iterator[None]:
    """Act once, just before a statement of this kind: as another process might."""
    waiting = [act]

    def watch(execute: Any, sql: str, *args: Any) -> Any:
        if waiting and re.search(pattern, sql):
            waiting.pop()()
        return execute(sql, *args)

    with connection.execute_wrapper(watch):
        yield
    assert not waiting, f"no statement matches {pattern}"


C1 = "rokka_hash"
"""A statement that looks for references to some images."""

LAST_OF_C1 = "confirmed_hash.*rokka_hash"
"""The last of them; rokka is asked next."""

NOTE_DELETED = r'^UPDATE [`"]django_rokka_sourceimage[`"] SET [`"]deleted_at'


def test_unreferenced__is_deleted_and_can_be_restored(rokka: RokkaStorage, upload: Upload) -> None:
    red, green = upload("red"), upload("green")
    a_photo(red)
    report = sweep()
    assert (report.deleted, report.due, report.unreferenced_count) == (1, 1, 1)
    assert (is_deleted(rokka, red), is_deleted(rokka, green)) == (False, True)
    assert get_row(green).deleted_at
    assert "1 deleted" in str(report)
    assert not rokka.client.source_images.restore(green.hash).is_deleted


def test_calls__delete_by_hash_alone(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload()
    with observe_calls() as calls:
        sweep(sync=False)
    path = f"/sourceimages/demo/{red.hash}"
    assert [f"{call.method} {call.path}" for call in calls] == [
        "GET /stacks/demo",
        f"GET {path}",
        f"DELETE {path}",
        f"GET {path}",  # of deleted images too
    ]


def test_grace_period__has_to_pass(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload()
    assert sweep(grace=timedelta(days=30)).deleted == 0
    SourceImage.objects.update(released_at=F("released_at") - timedelta(days=29))
    assert sweep(grace=timedelta(days=30)).deleted == 0
    SourceImage.objects.update(released_at=F("released_at") - timedelta(days=1, minutes=1))
    assert collect().due == 1
    assert sweep(grace=timedelta(days=30)).deleted == 1
    assert is_deleted(rokka, red)


def test_image__that_somebody_restores_has_the_whole_grace_period_again(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    sweep()
    rokka.client.source_images.restore(red.hash)
    report = sweep(grace=timedelta(days=1))
    assert (report.deleted, report.released, report.unreferenced_count) == (0, 1, 1)
    assert get_row(red).deleted_at is None


def test_limit__bounds_the_deletions(rokka: RokkaStorage, upload: Upload) -> None:
    for colour in ("red", "green", "blue"):
        upload(colour)
    assert sweep(limit=0).deleted == 0
    assert sweep(limit=2).deleted == 2
    assert sweep(limit=2).deleted == 1


def test_batches__go_through_all_that_is_due(
    rokka: RokkaStorage, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_rokka.collector.deleting._IMAGES", 2)
    kept = upload("red")
    for colour in ("green", "blue", "yellow", "black", "white"):
        upload(colour)
    rokka.client.source_images.set_locked(kept.hash, True)
    SourceImage.objects.update(scanned_at=timezone.now(), released_at=timezone.now())
    assert sweep().deleted == 5


# Arguments


@pytest.mark.parametrize(
    ("options", "storage_options", "error", "words"),
    [
        ({}, {}, ValueError, "'environment', or say is_exclusive=True"),
        ({"grace": timedelta(-1)}, {}, ValueError, "grace period -1 day, 0:00:00 is negative"),
        ({"limit": -1}, {}, ValueError, "limit -1 is negative"),
        ({"is_exclusive": True}, {"read_only": True}, ReadOnly, "read_only. Run it without del"),
        ({"is_exclusive": True}, {"on_delete": "never"}, ValueError, "is 'never'"),
    ],
)
def test_deletion__is_refused(
    configure: Configure,
    options: dict[str, Any],
    storage_options: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    storage = configure(**storage_options)
    with observe_calls() as calls, pytest.raises(error, match=words):
        collect(storage, delete=True, **options)
    assert calls == []


def test_deletion__is_refused_in_a_transaction(rokka: RokkaStorage) -> None:
    with (
        transaction.atomic(),
        pytest.raises(TransactionManagementError, match="it has to see what"),
    ):
        sweep()


# Left alone


def test_young_image__is_left_alone(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload(is_young=True)
    assert sweep().deleted == 0
    SourceImage.objects.update(created=timezone.now() - timedelta(days=1))
    report = sweep(sync=False)
    assert (report.deleted, report.young, is_deleted(rokka, red)) == (0, 1, False)


def test_locked_image__of_which_the_mirror_knows_nothing_is_left_alone(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    rokka.client.source_images.set_locked(red.hash, True)
    report = sweep(sync=False)
    assert (report.deleted, report.locked, is_deleted(rokka, red)) == (0, 1, False)
    assert get_row(red).locked
    assert "Left alone: 1 locked." in str(report)


def test_marked_image__is_left_alone_by_who_has_no_environment(
    upload: Upload, configure: Configure
) -> None:
    configure(environment="staging")
    red = upload()
    storage = configure()
    report = sweep(storage)
    assert (report.deleted, report.foreign, is_deleted(storage, red)) == (0, 1, False)


def test_image__without_our_mark_is_not_ours(upload: Upload, configure: Configure) -> None:
    none = upload("red")
    configure(environment="staging")
    other = upload("green")
    storage = configure(environment="production")
    report = sweep(storage)
    assert (report.deleted, report.due, report.unreferenced_count) == (0, 0, 2)
    assert not is_deleted(storage, none)
    assert not is_deleted(storage, other)


def test_image__with_another_mark_loses_ours_alone(upload: Upload, configure: Configure) -> None:
    configure(environment="staging")
    upload()
    storage = configure(environment="production")
    red = upload()
    report = sweep(storage)
    assert (report.deleted, report.unmarked, is_deleted(storage, red)) == (0, 1, False)
    image = storage.client.source_images.get(red.hash)
    assert dict(image.user_metadata) == {"django_rokka_env_staging": "staging"}
    assert dict(get_row(red).user_metadata) == {"django_rokka_env_staging": "staging"}
    assert sweep(storage).unmarked == 0
    staging = configure(environment="staging")
    assert sweep(staging).deleted == 1


# Others at the same time


def test_row__written_after_the_scan_keeps_its_image(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload()
    with at_statement(C1, lambda: a_photo(red)), observe_calls() as calls:
        report = sweep(sync=False)
    assert [call.path for call in calls] == ["/stacks/demo"]
    assert (report.deleted, report.rescued, report.unreferenced_count) == (0, 1, 1)
    assert report.unreferenced.count() == 0


def test_row__written_while_its_image_is_deleted_has_it_back(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    with at_statement(NOTE_DELETED, lambda: a_photo(red)):
        report = sweep(sync=False)
    assert (report.deleted, report.rescued, report.restored) == (0, 1, 1)
    assert not is_deleted(rokka, red)
    assert (get_row(red).deleted_at, get_row(red).released_at) == (None, None)


def test_upload__while_the_image_is_deleted_brings_it_back(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    with at_statement(NOTE_DELETED, upload):
        report = sweep(sync=False)
    assert (report.deleted, is_deleted(rokka, red), get_row(red).deleted_at) == (0, False, None)


def test_mark__of_another_environment_while_the_image_is_deleted_has_it_back(
    upload: Upload, configure: Configure, server: EmulatorServer
) -> None:
    storage = configure(environment="production")
    red = upload()
    server.emulator.faults.add(method="DELETE", path=red.hash, delay=2)
    mark = threading.Timer(
        0.7,
        storage.client.source_images.metadata.add,
        (red.hash, {"django_rokka_env_staging": "staging"}),
    )
    with at_statement(LAST_OF_C1, mark.start):
        report = sweep(storage)
    mark.join()
    assert (report.deleted, report.restored, is_deleted(storage, red)) == (0, 1, False)


def test_row__written_while_our_mark_is_taken_away_has_it_again(
    upload: Upload, configure: Configure
) -> None:
    configure(environment="staging")
    upload()
    storage = configure(environment="production")
    red = upload()
    after_unmarking = r'^INSERT INTO [`"]django_rokka_sourceimage'
    with at_statement(after_unmarking, lambda: a_photo(red)):
        report = sweep(storage, sync=False)
    assert (report.unmarked, report.rescued, report.marked) == (1, 1, 1)
    assert len(storage.client.source_images.get(red.hash).user_metadata) == 2


# Failures


def test_failure__of_one_image_is_reported_and_the_others_go(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    red, *others = (upload(colour) for colour in ("red", "green", "blue"))
    server.emulator.faults.add(method="DELETE", path=red.hash, status=500)
    report = sweep()
    assert (report.deleted, report.failed_count, report.stopped) == (2, 1, "")
    assert report.failed[0].hash == red.hash
    assert "500" in report.failed[0].reason
    assert f"1 failed:\n  {red.hash}: " in str(report)
    assert [is_deleted(rokka, image) for image in (red, *others)] == [False, True, True]
    assert sweep().deleted == 1


@pytest.mark.parametrize("status", [401, 429])
def test_refusal__of_all_calls_ends_the_deletion(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer, status: int
) -> None:
    for colour in ("red", "green", "blue"):
        upload(colour)
    server.emulator.faults.add(method="DELETE", status=status)
    report = sweep()
    assert (report.deleted, report.failed_count) == (0, 1)
    assert str(report).splitlines()[-1].startswith("Stopped early: ")
    assert sweep().deleted == 3


def test_outage__ends_the_deletion_after_some_failures(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    for colour in ("red", "green", "blue", "yellow", "black", "white", "gray"):
        upload(colour)
    server.emulator.faults.add(method="DELETE", status=503, times=None)
    report = sweep()
    assert (report.deleted, report.failed_count) == (0, 5)
    assert report.stopped


def test_deletion__whose_answer_is_lost_is_looked_at(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    red = upload()
    server.emulator.faults.add(method="DELETE", path=red.hash, reset_at=0)
    report = sweep()
    assert (report.failed_count, bool(report.stopped)) == (1, True)
    assert report.deleted == is_deleted(rokka, red) == bool(get_row(red).deleted_at)


def test_image__that_was_deleted_by_somebody_else_is_noted(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    rokka.client.source_images.delete(red.hash)
    report = sweep(sync=False)
    assert (report.deleted, report.failed_count, report.unreferenced_count) == (0, 0, 1)
    assert get_row(red).deleted_at


def test_killed_collector__leaves_what_the_next_run_restores(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()

    def die() -> None:
        a_photo(red)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), at_statement(NOTE_DELETED, die):
        sweep(sync=False)
    # Even that is looked at once more on the way out; a process that was killed cannot.
    rokka.client.source_images.delete(red.hash)
    assert collect().restored == 1
    assert not is_deleted(rokka, red)


def test_errors__in_a_row_stop_deletions_and_not_what_is_brought_back(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    colours = ("red", "green", "blue", "black", "white", "yellow")
    images = sorted((upload(colour) for colour in colours), key=lambda image: image.hash)
    unused = upload("gray")
    for image in images:
        a_photo(image)
        rokka.client.source_images.delete(image.hash)
    for image in images[:5]:
        server.emulator.faults.add(method="POST", path=f"{image.hash}/restore", status=500)
    report = sweep()
    assert (report.failed_count, report.restored, report.deleted) == (5, 1, 0)
    assert report.stopped
    assert not is_deleted(rokka, images[5])
    assert not is_deleted(rokka, unused)
    report = sweep()
    assert (report.restored, report.deleted, report.stopped) == (5, 1, "")


def test_image__that_is_gone_for_good_when_a_row_names_it_is_reported(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    red = upload()

    def lose() -> None:
        a_photo(red)
        server.emulator.clock.advance(timedelta(days=31).total_seconds())

    with at_statement(NOTE_DELETED, lose):
        report = sweep(sync=False)
    assert (report.deleted, report.rescued, report.restored) == (0, 1, 0)
    assert [failure.hash for failure in report.failed] == [red.hash]
    assert "cannot be restored" in report.failed[0].reason


def test_image__that_is_gone_for_good_before_it_is_looked_at_counts_as_deleted(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    upload()
    month = timedelta(days=31).total_seconds()
    with at_statement(NOTE_DELETED, lambda: server.emulator.clock.advance(month)):
        report = sweep(sync=False)
    assert (report.deleted, report.failed) == (1, ())


def test_deletion__of_what_rokka_says_is_not_there_is_looked_at(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    red = upload()
    server.emulator.faults.add(method="DELETE", path=red.hash, status=404)
    report = sweep(sync=False)
    assert (report.deleted, report.failed) == (0, ())
    assert get_row(red).deleted_at is None  # for rokka has it, as the second look says


def test_mark__that_rokka_never_takes_is_given_up(
    upload: Upload, configure: Configure, server: EmulatorServer
) -> None:
    storage = configure(environment="production")
    red = upload()
    storage.client.source_images.metadata.delete(red.hash)
    storage.client.source_images.delete(red.hash)
    a_photo(red)
    server.emulator.faults.add(method="PATCH", path=red.hash, status=404, times=9)
    report = collect(storage)
    assert [failure.hash for failure in report.failed] == [red.hash]
    assert "as often as it is restored" in report.failed[0].reason


@pytest.mark.parametrize(("status", "is_noted"), [(404, True), (400, False)])
def test_mark__that_is_not_taken_away_is_no_deletion(
    upload: Upload, configure: Configure, server: EmulatorServer, status: int, *, is_noted: bool
) -> None:
    configure(environment="staging")
    upload()
    storage = configure(environment="production")
    red = upload()
    server.emulator.faults.add(method="DELETE", path="django_rokka_env_production", status=status)
    report = sweep(storage, sync=False)
    assert (report.deleted, report.unmarked, is_deleted(storage, red)) == (0, 0, False)
    assert (get_row(red).deleted_at is not None) is is_noted
    assert len(report.failed) == (0 if is_noted else 1)


def test_mark__that_rokka_refuses_is_reported_and_the_image_kept(
    upload: Upload, configure: Configure, server: EmulatorServer
) -> None:
    storage = configure(environment="production")
    red = upload()
    storage.client.source_images.metadata.delete(red.hash)
    a_photo(red)
    server.emulator.faults.add(method="PATCH", path=red.hash, status=400)
    report = collect(storage)
    assert (report.marked, report.referenced) == (0, 1)
    assert [failure.hash for failure in report.failed] == [red.hash]
