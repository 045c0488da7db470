"""The mirror comes to have what rokka has."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from django.utils import timezone as clock

from django_rokka import library
from django_rokka.client import Call, observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.emulator.store import StoredImage
from django_rokka.exceptions import (
    ConnectionFailed,
    OrganizationNotFound,
    RateLimited,
    ServerError,
)
from django_rokka.models import LibrarySync, SourceImage
from django_rokka.storage import RokkaStorage

from tests.library.conftest import Upload, refer_to
from tests.library.filling import FIRST, fill, hash_of, make_stored

Configure = Callable[..., RokkaStorage]

LONG_AGO = datetime(2020, 5, 4, 3, 2, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
TIMES = ("synced_at",)

pytestmark = pytest.mark.django_db


def snapshot() -> list[dict[str, object]]:
    """Return all that the mirror says, without when it was synced."""
    columns = [field.attname for field in SourceImage._meta.concrete_fields]
    rows = SourceImage.objects.order_by("hash").values(*columns)
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]


def count_pages(calls: list[Call]) -> int:
    return sum(1 for call in calls if call.path == "/sourceimages/demo")


def list_single(calls: list[Call]) -> list[str]:
    return [f"{call.method} {call.path}" for call in calls if call.path != "/sourceimages/demo"]


@pytest.fixture
def four(rokka: RokkaStorage, upload: Upload) -> list[str]:
    """Hashes of four images that the mirror knows by a walk."""
    hashes = [upload(colour=colour).hash for colour in ("red", "green", "blue", "white")]
    library.sync(rokka)
    return hashes


def list_once(server: EmulatorServer, *images: StoredImage) -> None:
    """Have the next list say something else, as one does that knows nothing of the last seconds."""
    items = [image.as_json() for image in images]
    body = json.dumps({"total": len(items), "items": items, "links": {}})
    server.emulator.faults.add(path="^/sourceimages/demo$", status=200, body=body)


# What is there


@pytest.mark.smoke
def test_sync__writes_down_every_image(rokka: RokkaStorage, upload: Upload) -> None:
    images = [upload(f"{colour}.png", colour=colour) for colour in ("red", "green", "blue")]
    start = clock.now()

    report = library.sync()

    rows = {row.hash: row for row in SourceImage.objects.all()}
    assert {key: row.name for key, row in rows.items()} == {i.hash: i.name for i in images}
    assert all(row.synced_at and row.synced_at >= start for row in rows.values())
    assert report == library.SyncReport(
        organization="demo", started=report.started, is_resumed=False, seen=3, created=3
    )
    assert start <= report.started <= clock.now()


def test_sync__again_changes_nothing_but_times(
    rokka: RokkaStorage, upload: Upload, four: list[str]
) -> None:
    rokka.client.source_images.delete(four[0])
    library.sync(rokka)
    before = snapshot()

    report = library.sync(rokka)

    assert snapshot() == before
    assert (report.seen, report.created, report.deleted, report.restored) == (3, 0, 0, 0)
    assert (report.forgotten, report.is_resumed) == (0, False)


def test_sync__reads_a_page_at_a_time(rokka: RokkaStorage, four: list[str]) -> None:
    with observe_calls() as calls:
        report = library.sync(rokka, page_size=2)

    assert report.seen == 4
    assert count_pages(calls) <= 4  # two of images, maybe one that is empty, one of deleted
    assert list_single(calls) == []


def test_sync__tells_how_far_it_is(rokka: RokkaStorage, four: list[str]) -> None:
    told: list[library.SyncReport] = []

    report = library.sync(rokka, page_size=2, on_progress=told.append)

    assert [each.seen for each in told] == [2, 4]
    assert told[-1] == report


def test_sync__brings_up_to_date_what_was_changed_at_rokka(
    rokka: RokkaStorage, four: list[str]
) -> None:
    images = rokka.client.source_images
    images.rename(four[0], "new.png")
    images.metadata.add(four[0], {"text:alt": "The lake"})
    images.set_locked(four[0], True)

    library.sync(rokka)

    row = SourceImage.objects.get(hash=four[0])
    assert (row.name, row.user_metadata, row.locked) == (
        "new.png",
        {"text:alt": "The lake"},
        True,
    )


def test_sync__leaves_what_is_ours(rokka: RokkaStorage, four: list[str]) -> None:
    SourceImage.objects.update(placeholder="LKO2", released_at=LONG_AGO, scanned_at=LONG_AGO)

    library.sync(rokka)

    ours = SourceImage.objects.values_list("placeholder", "released_at", "scanned_at")
    assert set(ours) == {("LKO2", LONG_AGO, LONG_AGO)}


def test_sync__of_nothing_is_a_walk_too(rokka: RokkaStorage) -> None:
    report = library.sync(rokka)

    assert report.seen == 0
    assert LibrarySync.objects.get().finished is not None


def test_sync__with_more_images_of_one_second_than_a_page_has(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    fill(server.emulator.root, (make_stored(number, per_second=1000) for number in range(25)))

    report = library.sync(rokka, page_size=4)

    assert (report.seen, SourceImage.objects.count()) == (25, 25)


def test_sync__of_another_storage_of_the_organization_shares_the_rows(
    configure: Configure, upload: Upload, four: list[str]
) -> None:
    report = library.sync(configure(default_stack="mail"))

    assert (report.seen, report.created) == (4, 0)
    assert LibrarySync.objects.count() == 1


def test_sync__of_an_organization_leaves_the_rows_of_others(
    rokka: RokkaStorage, four: list[str]
) -> None:
    SourceImage.objects.update(organization="other", synced_at=LONG_AGO)

    report = library.sync(rokka)

    assert report.created == 4
    others = SourceImage.objects.filter(organization="other")
    assert set(others.values_list("synced_at", "deleted_at")) == {(LONG_AGO, None)}


def test_sync__of_a_storage_that_only_reads_reads(configure: Configure, four: list[str]) -> None:
    storage = configure(read_only=True, environment="staging")

    with observe_calls() as calls:
        assert library.sync(storage).seen == 4

    assert {call.method for call in calls} == {"GET"}


# What is not there


def test_sync__notes_what_was_deleted_at_rokka(rokka: RokkaStorage, four: list[str]) -> None:
    rokka.client.source_images.delete(four[0])

    with observe_calls() as calls:
        report = library.sync(rokka)

    assert (report.seen, report.deleted) == (3, 1)
    deleted = SourceImage.objects.exclude(deleted_at=None).get()
    expected = rokka.client.source_images.get(four[0], with_deleted=True).deleted_date
    assert (deleted.hash, deleted.deleted_at) == (four[0], expected)
    assert list_single(calls) == []


def test_sync__writes_down_deleted_images_that_it_did_not_know(
    rokka: RokkaStorage, upload: Upload
) -> None:
    image = upload()
    rokka.client.source_images.delete(image.hash)

    report = library.sync(rokka)

    row = SourceImage.objects.get()
    assert (row.hash, row.name) == (image.hash, "lake.png")
    assert row.deleted_at is not None
    assert (report.created, report.deleted) == (0, 1)


def test_sync__notes_what_somebody_has_restored(rokka: RokkaStorage, four: list[str]) -> None:
    rokka.client.source_images.delete(four[0])
    library.sync(rokka)
    SourceImage.objects.update(deleted_at=LONG_AGO)
    rokka.client.source_images.restore(four[0])

    with observe_calls() as calls:
        report = library.sync(rokka)

    assert list_single(calls) == []
    assert report.restored == 4  # all were said to be deleted
    assert not SourceImage.objects.exclude(deleted_at=None).exists()


def test_sync__asks_for_what_no_list_has_yet(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    image = upload()
    library.record(rokka, image)
    list_once(server)
    list_once(server)

    with observe_calls() as calls:
        report = library.sync(rokka)

    assert list_single(calls) == [f"GET /sourceimages/demo/{image.hash}"]
    row = SourceImage.objects.get()
    assert (row.deleted_at, report.forgotten) == (None, 0)
    assert row.synced_at is not None


def test_sync__asks_for_what_was_deleted_and_is_not_listed_yet(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    image = upload()
    library.record(rokka, image)
    rokka.client.source_images.delete(image.hash)
    list_once(server)
    list_once(server)

    report = library.sync(rokka)

    assert SourceImage.objects.get().deleted_at is not None
    assert report.deleted == 1


def test_sync__forgets_what_is_gone_for_good(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer, four: list[str]
) -> None:
    rokka.client.source_images.delete(four[0])
    server.emulator.clock.advance(31 * DAY.total_seconds())

    report = library.sync(rokka)

    assert set(SourceImage.objects.values_list("hash", flat=True)) == set(four[1:])
    assert (report.deleted, report.forgotten) == (0, 1)


def test_sync__forgets_what_was_deleted_long_ago_without_asking(
    rokka: RokkaStorage, server: EmulatorServer, four: list[str]
) -> None:
    rokka.client.source_images.delete(four[0])
    library.sync(rokka)
    server.emulator.clock.advance(40 * DAY.total_seconds())
    SourceImage.objects.filter(hash=four[0]).update(deleted_at=clock.now() - 40 * DAY)

    with observe_calls() as calls:
        report = library.sync(rokka)

    assert list_single(calls) == []
    assert (report.forgotten, SourceImage.objects.count()) == (1, 3)


def test_sync__forgets_nothing_when_the_organization_is_gone(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    library.record(rokka, upload())
    list_once(server)
    list_once(server)
    body = '{"error": {"message": "Organization not found"}}'
    server.emulator.faults.add(status=404, body=body, times=None)

    with pytest.raises(OrganizationNotFound):
        library.sync(rokka)

    assert SourceImage.objects.alive().count() == 1


def test_sync__begins_the_grace_period_of_what_somebody_has_deleted_or_restored_anew(
    rokka: RokkaStorage, server: EmulatorServer, four: list[str]
) -> None:
    deleted, restored, *others = four
    long_ago = clock.now() - timedelta(days=40)
    SourceImage.objects.update(released_at=long_ago, scanned_at=long_ago)
    SourceImage.objects.filter(hash=restored).update(deleted_at=long_ago + timedelta(days=20))
    rokka.client.source_images.delete(deleted)
    server.emulator.clock.advance(60)  # lists at rokka lag

    report = library.sync(rokka)

    assert (report.deleted, report.restored) == (1, 1)
    rows = {row.hash: row for row in SourceImage.objects.all()}
    assert {key: row.released_at for key, row in rows.items()} == {
        deleted: None,
        restored: None,
        **dict.fromkeys(others, long_ago),
    }
    assert rows[deleted].scanned_at is None
    assert not SourceImage.objects.unreferenced().filter(hash__in=[deleted, restored]).exists()


def test_sync__does_not_take_back_what_has_been_done_just_now(
    rokka: RokkaStorage, server: EmulatorServer, four: list[str]
) -> None:
    """The lists lag: they may still have what a collector has deleted, and not what it restored."""
    deleted, restored, gone = four[0], four[1], hash_of(7)
    images = rokka.client.source_images
    images.delete(restored)
    library.keep(rokka, refer_to(restored), is_confirmed=False)
    images.delete(deleted)
    SourceImage.objects.filter(hash=deleted).update(deleted_at=clock.now())
    SourceImage.objects.filter(hash=four[2]).update(hash=gone, deleted_at=clock.now())
    list_once(server, make_stored(0, hash=deleted), make_stored(7))
    list_once(server, make_stored(1, hash=restored, deleted=clock.now().isoformat()))

    report = library.sync(rokka)

    dates = dict(SourceImage.objects.values_list("hash", "deleted_at"))
    assert dates[deleted] is not None
    assert dates[gone] is not None
    assert dates[restored] is None
    assert (report.deleted, report.restored) == (0, 0)


def test_sync__keeps_since_when_an_image_is_deleted_where_rokka_does_not_say(
    rokka: RokkaStorage, server: EmulatorServer, four: list[str]
) -> None:
    day = clock.now() - DAY
    SourceImage.objects.filter(hash=four[0]).update(deleted_at=day)
    list_once(server)
    list_once(server, make_stored(0, hash=four[0]))

    report = library.sync(rokka)

    assert SourceImage.objects.get(hash=four[0]).deleted_at == day
    assert report.deleted == 0


# Going on


def test_sync__that_was_cut_off_goes_on_where_it_was(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    fill(server.emulator.root, (make_stored(number) for number in range(10)))

    def break_off(report: library.SyncReport) -> None:
        if report.seen == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.sync(rokka, page_size=3, on_progress=break_off)
    cut_off = LibrarySync.objects.get()
    assert (cut_off.position, cut_off.finished) == (FIRST + timedelta(seconds=5), None)

    report = library.sync(rokka, page_size=3)

    assert (report.is_resumed, report.started) == (True, cut_off.started)
    assert (report.seen, report.created) == (5, 4)  # one is seen twice, at the place of the cut
    assert set(SourceImage.objects.values_list("hash", flat=True)) == set(map(hash_of, range(10)))
    assert LibrarySync.objects.get().finished is not None


def test_sync__that_goes_on_asks_for_nothing_that_the_first_part_has_seen(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    fill(server.emulator.root, (make_stored(number) for number in range(10)))
    with pytest.raises(ZeroDivisionError):
        library.sync(rokka, page_size=3, on_progress=lambda _: 1 // 0)

    with observe_calls() as calls:
        library.sync(rokka, page_size=3)

    assert list_single(calls) == []
    assert SourceImage.objects.count() == 10


def test_sync__after_one_that_was_cut_off_long_ago_begins_anew(
    rokka: RokkaStorage, four: list[str]
) -> None:
    yesterday = clock.now() - DAY
    LibrarySync.objects.update(started=yesterday, finished=None, position=clock.now())

    report = library.sync(rokka)

    assert (report.is_resumed, report.seen) == (False, 4)
    assert report.started > yesterday


def test_sync__after_one_that_finished_begins_anew(rokka: RokkaStorage, four: list[str]) -> None:
    first = LibrarySync.objects.get()

    report = library.sync(rokka)

    assert not report.is_resumed
    assert report.started > first.started


@pytest.mark.parametrize(
    ("fault", "error"),
    [({"status": 503}, ServerError), ({"status": 429}, RateLimited)],
    ids=["outage", "too many calls"],
)
def test_sync__lets_errors_through_with_its_place_noted(
    rokka: RokkaStorage, server: EmulatorServer, fault: dict[str, int], error: type[Exception]
) -> None:
    fill(server.emulator.root, (make_stored(number) for number in range(10)))

    def fail_at_the_next_page(report: library.SyncReport) -> None:
        server.emulator.faults.add(**fault, times=None)

    with pytest.raises(error):
        library.sync(rokka, page_size=4, on_progress=fail_at_the_next_page)

    assert LibrarySync.objects.get().position == FIRST + timedelta(seconds=3)
    assert SourceImage.objects.count() == 4
    server.emulator.faults.clear()
    assert library.sync(rokka, page_size=4).is_resumed
    assert SourceImage.objects.count() == 10


def test_sync__without_rokka_is_an_error(configure: Configure, closed_host: str) -> None:
    with pytest.raises(ConnectionFailed):
        library.sync(configure(api_host=closed_host))


def test_sync__beside_another_goes_with_it(rokka: RokkaStorage, server: EmulatorServer) -> None:
    fill(server.emulator.root, (make_stored(number) for number in range(12)))
    inner: list[library.SyncReport] = []

    def join(report: library.SyncReport) -> None:
        if report.seen == 4 and not inner:
            inner.append(library.sync(rokka, page_size=5))

    outer = library.sync(rokka, page_size=2, on_progress=join)

    assert inner[0].started == outer.started
    assert inner[0].is_resumed
    assert (inner[0].seen, outer.seen) == (9, 12)
    assert inner[0].created + outer.created == 12
    sync = LibrarySync.objects.get()
    assert sync.position == FIRST + timedelta(seconds=11)
    assert sync.finished is not None


def test_sync__believes_no_clock_but_that_of_the_walk(rokka: RokkaStorage, four: list[str]) -> None:
    """One that goes on may be by another machine, whose clock is behind."""
    ahead = clock.now() + timedelta(hours=1)
    LibrarySync.objects.update(started=ahead, finished=None, position=None)

    with observe_calls() as calls:
        library.sync(rokka)

    assert list_single(calls) == []


# Report


def test_report__is_readable() -> None:
    report = library.SyncReport(
        organization="demo",
        started=datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc),
        is_resumed=False,
        seen=12_345,
        created=1_200,
        deleted=3,
    )
    assert str(report) == (
        "demo: 12,345 images seen; 1,200 new, 3 deleted, 0 restored, 0 forgotten."
    )


def test_report__of_a_walk_that_went_on_says_so() -> None:
    started = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)
    report = library.SyncReport(organization="demo", started=started, is_resumed=True)
    assert str(report).startswith(
        "demo: 0 images seen, going on with the walk of 2026-03-01 12:30 UTC;"
    )
