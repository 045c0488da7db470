"""What has hurt users of other packages that clean up files, and does not here.

The numbers are those of a survey of issue trackers; each name tells its story.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.db.models import F

from django_rokka.client import observe_calls
from django_rokka.collector import collect
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import ReadOnly
from django_rokka.models import SourceImage
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

from tests.collector.conftest import Upload, get_row, is_deleted
from tests.collector.test_deleting import C1, a_photo, at_statement, sweep
from tests.pages import fetch_picture
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db(transaction=True)

Configure = Callable[..., RokkaStorage]


@pytest.fixture
def derive(rokka: RokkaStorage, server: EmulatorServer) -> Callable[..., ImageReference]:
    """Make another image of the same file two days ago, which has metadata of its own."""

    def derive(reference: ImageReference) -> ImageReference:
        server.emulator.clock.advance(-timedelta(days=2).total_seconds())
        image = rokka.client.source_images.set_subject_area(hash=reference.hash, x=3, y=4)
        server.emulator.clock.reset()
        return reference._replace(hash=image.hash)

    return derive


def let_pass(**time: float) -> None:
    """Have the last scan, and what it found, so much longer ago."""
    passed = timedelta(**time)
    SourceImage.objects.update(
        released_at=F("released_at") - passed, scanned_at=F("scanned_at") - passed
    )


def test_pain_1__an_image_of_two_rows_outlives_the_first_and_goes_with_the_last(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    first, second = a_photo(red), a_photo(red)
    first.delete()
    assert sweep().deleted == 0
    assert not is_deleted(rokka, red)
    second.delete()
    assert sweep().deleted == 1
    assert is_deleted(rokka, red)


@pytest.mark.parametrize("is_plain_used", [True, False], ids=["plain", "variant"])
def test_pain_1__an_image_of_the_same_file_with_other_metadata_survives(
    rokka: RokkaStorage,
    upload: Upload,
    derive: Callable[..., ImageReference],
    is_plain_used: bool,  # noqa: FBT001  # a parameter
) -> None:
    plain = upload()
    variant = derive(plain)
    used, unused = (plain, variant) if is_plain_used else (variant, plain)
    a_photo(used)
    with observe_calls() as calls:
        report = sweep()
    assert get_row(used).binary_hash == get_row(unused).binary_hash
    deletions = [call for call in calls if call.method == "DELETE"]
    assert [call.path for call in deletions] == [f"/sourceimages/demo/{unused.hash}"]
    assert not any(call.parameters for call in deletions)  # as for a binary hash
    assert report.deleted == 1
    assert (is_deleted(rokka, used), is_deleted(rokka, unused)) == (False, True)
    assert fetch_picture(rokka.url(str(used))).size == (64, 48)


def test_pain_4__an_image_of_cached_pages_renders_for_the_grace_period_and_comes_back_after_it(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red, teal = upload("red"), upload("teal")
    photo = a_photo(red)
    url = photo.image.url
    Photo.objects.update(image=str(teal))
    for days in (0, 29):
        let_pass(days=days)
        assert collect(delete=True, is_exclusive=True).deleted == 0
        assert fetch_picture(url).size == (64, 48)
    let_pass(days=2)
    assert collect(delete=True, is_exclusive=True).deleted == 1
    assert requests.get(url, timeout=20).status_code == 404
    rokka.client.source_images.restore(red.hash)
    assert fetch_picture(url).size == (64, 48)
    assert collect(delete=True, is_exclusive=True).deleted == 0


def test_pain_6__references_are_looked_for_once_more_when_the_time_for_deletion_has_come(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload()
    collect()
    let_pass(days=31)
    with at_statement(C1, lambda: a_photo(red)), observe_calls() as calls:
        report = sweep(grace=timedelta(days=30), sync=False)
    assert [call.path for call in calls] == ["/stacks/demo"]
    assert (report.deleted, report.rescued) == (0, 1)
    assert fetch_picture(rokka.url(str(red))).size == (64, 48)


def test_pain_10__staging_with_a_database_of_its_own_deletes_nothing_of_production(
    configure: Configure, upload: Upload
) -> None:
    configure(environment="production")
    shared, theirs = upload("red"), upload("teal")
    staging = configure(environment="staging")
    upload("red")
    ours = upload("navy")
    # In this database, which is staging's, no row refers to any of them.
    report = sweep(staging)
    images = (shared, theirs, ours)
    assert [is_deleted(staging, image) for image in images] == [False, False, True]
    assert (report.deleted, report.unmarked) == (1, 1)


def test_pain_10__staging_believes_rokka_and_not_what_it_wrote_down_before(
    configure: Configure, upload: Upload
) -> None:
    configure(environment="production")
    red = upload()
    staging = configure(environment="staging")
    SourceImage.objects.update(user_metadata={"django_rokka_env_staging": "staging"})
    report = sweep(staging, sync=False)
    assert (report.deleted, report.foreign, is_deleted(staging, red)) == (0, 1, False)


def test_pain_10__staging_that_only_reads_deletes_nothing(
    configure: Configure, upload: Upload
) -> None:
    red = upload()
    staging = configure(read_only=True)
    with pytest.raises(ReadOnly):
        sweep(staging)
    assert not is_deleted(staging, red)


def test_pain_10__a_collection_only_reports_unless_it_is_told_more(
    rokka: RokkaStorage, upload: Upload
) -> None:
    images = [upload(colour) for colour in ("red", "teal", "navy")]
    collect()
    let_pass(days=31)
    assert collect().due == 3
    with pytest.raises(ValueError, match="Other sites may use the organization 'demo'"):
        collect(delete=True)
    assert not any(is_deleted(rokka, image) for image in images)
    assert sweep(grace=timedelta(days=30), limit=1).deleted == 1
