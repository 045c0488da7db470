"""What has hurt users of other image packages, and does not here: one test for each pain.

The numbers are those of a survey of issue trackers; each name tells its story.
"""

from __future__ import annotations

import pickle
import timeit
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import migrations, models
from django.db.migrations.writer import MigrationWriter
from django.test import override_settings
from django.utils import timezone

from django_rokka.checks import check_left_over_settings
from django_rokka.client import observe_calls
from django_rokka.conf import Config
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import AliasExists, EmptyFile, PermissionDenied, Timeout
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage, get_rokka_storage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures

Configure = Callable[..., RokkaStorage]

CONTENT = pictures.jpeg()
OFFLINE = {"organization": "acme", "api_key": "the-key", "signing_key": "the-signing-key"}
NAME = f"{'c' * 40}/1600x900/lake.jpg"
BACKEND = "django_rokka.storage.RokkaStorage"


@pytest.fixture
def name(rokka: RokkaStorage) -> str:
    return rokka.save("lake.jpg", ContentFile(CONTENT))


# Data loss and security


def test_pain_1__two_rows_share_an_image_and_deleting_one_destroys_neither(
    rokka: RokkaStorage, name: str
) -> None:
    other = rokka.save("other.jpg", ContentFile(CONTENT))

    with observe_calls() as calls:
        rokka.delete(name)

    assert calls == []
    with rokka.open(other) as file:
        assert file.read() == CONTENT


def test_pain_2__an_upload_overwrites_nobodys_file(rokka: RokkaStorage, name: str) -> None:
    other = rokka.save("lake.jpg", ContentFile(pictures.png()))

    with rokka.open(name) as file:
        assert file.read() == CONTENT
    assert other != name


def test_pain_2__an_alias_is_taken_over_only_when_that_is_asked_for(
    rokka: RokkaStorage, name: str
) -> None:
    other = ImageReference.parse(rokka.save("a.png", ContentFile(pictures.png())))
    rokka.client.aliases.create("logo", ImageReference.parse(name).hash)

    with pytest.raises(AliasExists):
        rokka.client.aliases.create("logo", other.hash)
    rokka.client.aliases.create("logo", other.hash, overwrite=True)


def test_pain_3__no_secret_is_written_into_a_migration() -> None:
    field = models.ImageField(storage=RokkaStorage(**OFFLINE))

    class Migration(migrations.Migration):
        operations = [migrations.AddField("app", "image", field)]

    written = MigrationWriter(Migration("0002", "app")).as_string()

    assert f"storage={BACKEND}()" in written
    assert "the-" not in written


def test_pain_5__saving_the_same_file_again_under_its_name_changes_nothing(
    rokka: RokkaStorage, name: str
) -> None:
    again = rokka.save("lake.jpg", ContentFile(CONTENT))
    rokka.delete(name)

    assert again == name
    assert rokka.exists(again)


def test_pain_9__settings_that_django_ignores_are_not_silent() -> None:
    with override_settings(DEFAULT_FILE_STORAGE=BACKEND):
        assert [message.id for message in check_left_over_settings()] == ["django_rokka.W036"]


def test_pain_10__a_staging_site_cannot_harm_production(configure: Configure, name: str) -> None:
    staging = configure(read_only=True)

    with observe_calls() as calls, pytest.raises(PermissionError):
        staging.client.source_images.delete(ImageReference.parse(name).hash)

    assert calls == []


def test_pain_11__two_organizations_in_a_process_do_not_mix(rokka: RokkaStorage) -> None:
    first, second = (
        RokkaStorage(**{**OFFLINE, "organization": organization}) for organization in ("a1", "b2")
    )

    clients = [storage.client.organization for storage in (first, second, first)]

    assert clients == ["a1", "b2", "a1"]
    assert [storage.url(NAME)[:20] for storage in (first, second)] == [
        "https://a1.rokka.io/",
        "https://b2.rokka.io/",
    ]


def test_pain_13__a_file_that_was_read_before_is_stored_whole_and_left_open(
    rokka: RokkaStorage,
) -> None:
    content = BytesIO(CONTENT)
    content.read()

    name = rokka.save("a.jpg", content)

    assert not content.closed
    with rokka.open(name) as file:
        assert file.read() == CONTENT


def test_pain_13__an_empty_file_is_refused_before_anything_is_sent(rokka: RokkaStorage) -> None:
    with pytest.raises(EmptyFile):
        rokka.save("a.jpg", ContentFile(b""))


def test_pain_14__a_refusal_is_never_taken_for_a_file_that_is_not_there(
    rokka: RokkaStorage, server: EmulatorServer, name: str
) -> None:
    server.emulator.faults.add(method="GET", status=403, times=2)

    for ask in (rokka.exists, rokka.size):
        with pytest.raises(PermissionDenied):
            ask(name)


# Hidden calls, speed, memory


def test_pain_18__pages_render_while_rokka_is_down(closed_host: str) -> None:
    storage = RokkaStorage(**OFFLINE, api_host=closed_host)

    assert storage.url(NAME, "thumb").startswith("https://acme.rokka.io/thumb/")
    assert str(storage.read_reference(NAME)) == NAME


def test_pain_19__a_url_is_string_building_and_quick() -> None:
    storage = RokkaStorage(**OFFLINE, default_stack="content")
    storage.url(NAME)

    with assert_no_rokka_calls():
        best = min(timeit.repeat(lambda: storage.url(NAME), number=200, repeat=10)) / 200

    assert best < 100e-6  # under 10 µs on a machine that does nothing else
    assert "client" not in vars(storage)


def test_pain_20__neither_saving_nor_rendering_asks_whether_a_file_exists(
    rokka: RokkaStorage,
) -> None:
    with observe_calls() as calls:
        rokka.url(rokka.save("a.jpg", ContentFile(CONTENT)))

    assert [(call.method, call.path) for call in calls] == [("POST", "/sourceimages/demo")]


def test_pain_25__all_is_known_right_after_saving_though_nothing_can_be_read_yet(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    server.emulator.faults.add(method="GET", status=503, times=9)

    reference = ImageReference.parse(rokka.save("lake.jpg", ContentFile(CONTENT)))

    assert reference[1:5] == (40, 30, "lake", "jpg")


def test_pain_27__a_download_is_spooled_and_read_by_blocks(rokka: RokkaStorage) -> None:
    content = CONTENT + bytes(3_000_000)

    with rokka.open(rokka.save("large.jpg", ContentFile(content))) as file:
        blocks = list(file.chunks())

    assert b"".join(blocks) == content
    assert {len(block) for block in blocks[:-1]} == {64 * 1024}


def test_pain_29__a_call_has_a_timeout_by_default_and_ends(
    configure: Configure, server: EmulatorServer
) -> None:
    assert Config().timeout == (5, 60)
    server.emulator.faults.add(method="POST", delay=0.5)

    with pytest.raises(Timeout):
        configure(timeout=0.1).save("a.jpg", ContentFile(CONTENT))


def test_pain_29__a_retry_sends_the_file_from_its_beginning(
    configure: Configure, server: EmulatorServer
) -> None:
    server.emulator.faults.add(method="POST", status=503)
    storage = configure(retries=1)

    with storage.open(storage.save("a.jpg", BytesIO(CONTENT))) as file:
        assert file.read() == CONTENT


# Correctness


def test_pain_30__exists_tells_the_truth_and_a_name_is_always_free(
    rokka: RokkaStorage, name: str
) -> None:
    with assert_no_rokka_calls():
        assert rokka.is_name_available(name)
        assert rokka.get_available_name(name) == name

    assert rokka.exists(name)


def test_pain_31__a_short_column_gets_a_shorter_slug_or_an_error_and_never_half_a_hash(
    rokka: RokkaStorage,
) -> None:
    long = "x" * 300 + ".jpg"

    name = rokka.save(long, ContentFile(CONTENT), max_length=80)

    assert len(name) == 80
    assert ImageReference.parse(name)[1:3] == (40, 30)
    with observe_calls() as calls, pytest.raises(SuspiciousFileOperation, match="no room"):
        rokka.save(long, ContentFile(CONTENT), max_length=45)
    assert calls == []


def test_pain_32__a_name_keeps_its_extension_and_the_original_is_known(
    rokka: RokkaStorage,
) -> None:
    name = rokka.save("Zürich 2024.JPG", ContentFile(CONTENT))

    assert name.endswith("/40x30/zurich-2024.jpg")
    image = rokka.client.source_images.get(ImageReference.parse(name).hash)
    assert image.name == "Zürich 2024.JPG"


def test_pain_33__no_signature_that_ends_is_stored(rokka: RokkaStorage) -> None:
    name = str(rokka.upload("a.jpg", ContentFile(CONTENT), is_protected=True))

    assert "sig" not in name
    assert requests.get(rokka.url(name), timeout=10).status_code == 200


def test_pain_34__a_signed_url_stays_the_same_from_render_to_render(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage = RokkaStorage(**OFFLINE)
    begin = timezone.now().replace(minute=1, second=0, microsecond=0)

    def render(now: Any) -> str:
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        return storage.url(NAME, expires_in=3600)

    urls = {render(begin + timedelta(seconds=seconds)) for seconds in range(0, 240, 30)}

    assert len(urls) == 1


def test_pain_34__the_signature_covers_the_whole_query() -> None:
    url = RokkaStorage(**OFFLINE).url(NAME, variables={"text": "ö & / ?"}, expires_in=60)

    assert [pair.partition("=")[0] for pair in urlsplit(url).query.split("&")] == [
        "v",
        "sigopts",
        "sig",
    ]


def test_pain_35__a_pickle_has_no_connection_and_works(rokka: RokkaStorage, name: str) -> None:
    again = pickle.loads(pickle.dumps(rokka))  # noqa: S301  # our own

    assert "client" not in vars(again)
    assert again.exists(name)
    again.client.close()


def test_pain_36__overridden_settings_reach_a_storage_that_is_held() -> None:
    held = RokkaStorage(organization="acme", api_key="k")
    before = held.url(NAME)

    with override_settings(ROKKA_DEFAULT_STACK="thumb", ROKKA_RENDER_HOST="https://cdn.test"):
        inside = held.url(NAME)

    assert inside == f"https://cdn.test/thumb/{'c' * 40}/lake.jpg"
    assert held.url(NAME) == before


def test_pain_36__overridden_storages_reach_who_asks_for_one() -> None:
    options = {"organization": "other", "api_key": "k"}
    with override_settings(
        STORAGES={
            "staticfiles": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "rokka": {"BACKEND": BACKEND, "OPTIONS": options},
        }
    ):
        assert get_rokka_storage() is storages["rokka"]
        assert get_rokka_storage().config.organization == "other"


def test_pain_37__a_migration_is_the_same_on_every_machine() -> None:
    here = RokkaStorage(**OFFLINE)
    there = RokkaStorage(organization="demo", api_key="k", fallback="old", read_only=True)

    assert here.deconstruct() == there.deconstruct() == (BACKEND, [], {})
