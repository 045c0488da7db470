"""What the storage asks rokka about images."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone as django_timezone
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidReference,
    OrganizationNotFound,
    ServerError,
)
from django_rokka.storage import RokkaStorage

from tests import pictures

MISSING = f"{'0' * 40}/40x30/gone.jpg"


@pytest.fixture
def name(rokka: RokkaStorage) -> str:
    return rokka.save("lake.jpg", ContentFile(pictures.jpeg()))


# exists


def test_exists__says_what_rokka_has(rokka: RokkaStorage, name: str) -> None:
    assert rokka.exists(name)
    assert not rokka.exists(MISSING)


@pytest.mark.parametrize("other", ["", "holiday.jpg", "brands/20240315.jpg"])
def test_exists__of_no_reference_asks_nobody(rokka: RokkaStorage, other: str) -> None:
    with observe_calls() as calls:
        assert not rokka.exists(other)

    assert calls == []


def test_exists__during_an_outage_is_an_error(
    rokka: RokkaStorage, server: EmulatorServer, name: str
) -> None:
    server.emulator.faults.add(method="GET", status=503)

    with pytest.raises(ServerError, match=r"rokka failed at GET .* Try again later"):
        rokka.exists(name)


def test_exists__with_a_wrong_key_is_an_error(rokka_options: dict[str, object], name: str) -> None:
    stranger = RokkaStorage(**{**rokka_options, "api_key": "another-key"})

    with pytest.raises(AuthenticationFailed, match="Check the option api_key"):
        stranger.exists(name)
    stranger.client.close()


def test_exists__of_an_unreachable_host_is_an_error(
    rokka_options: dict[str, object], closed_host: str
) -> None:
    storage = RokkaStorage(**{**rokka_options, "api_host": closed_host})

    with pytest.raises(ConnectionFailed, match="connection refused"):
        storage.exists(MISSING)
    storage.client.close()


@pytest.mark.parametrize("ask", ["exists", "size", "get_created_time"])
def test_questions__to_an_unknown_organization_name_it(
    ask: str, rokka_options: dict[str, object]
) -> None:
    storage = RokkaStorage(**{**rokka_options, "organization": "nobody"})

    with pytest.raises(OrganizationNotFound, match="There is no organization 'nobody'"):
        getattr(storage, ask)(MISSING)
    with pytest.raises(OrganizationNotFound), storage.open(MISSING) as file:
        file.read()
    storage.client.close()


# size


def test_size__is_asked_without_a_download(rokka: RokkaStorage, name: str) -> None:
    with observe_calls() as calls:
        assert rokka.size(name) == len(pictures.jpeg())

    assert [call.path for call in calls] == [f"/sourceimages/demo/{name[:40]}"]


def test_size__of_a_missing_image_is_file_not_found(rokka: RokkaStorage) -> None:
    with pytest.raises(FileNotFoundError, match=f"no source image '{'0' * 40}'"):
        rokka.size(MISSING)


def test_size__of_no_reference_names_the_forms(rokka: RokkaStorage) -> None:
    with pytest.raises(InvalidReference, match=r"'holiday\.jpg' is no image reference"):
        rokka.size("holiday.jpg")


# times


def test_times__are_aware_with_use_tz(rokka: RokkaStorage, name: str) -> None:
    created = rokka.get_created_time(name)

    assert created.utcoffset() is not None
    assert abs(datetime.now(timezone.utc) - created) < timedelta(minutes=1)
    assert rokka.get_modified_time(name) == created


def test_times__are_naive_in_the_projects_time_zone_without_use_tz(
    settings: Settings, rokka: RokkaStorage, name: str
) -> None:
    aware = rokka.get_created_time(name)
    settings.USE_TZ = False

    # The zone of a request's visitor does not count, as it does not for Django's own storages.
    with django_timezone.override(ZoneInfo("Asia/Tokyo")):
        naive = rokka.get_created_time(name)

    assert naive.tzinfo is None
    assert naive.replace(tzinfo=ZoneInfo("Europe/Zurich")) == aware


def test_times__of_a_missing_image_are_file_not_found(rokka: RokkaStorage) -> None:
    with pytest.raises(FileNotFoundError):
        rokka.get_created_time(MISSING)


# What it does not have


def test_path__is_not_implemented(rokka: RokkaStorage, name: str) -> None:
    with pytest.raises(NotImplementedError):
        rokka.path(name)


def test_accessed_time__is_not_implemented(rokka: RokkaStorage, name: str) -> None:
    with pytest.raises(NotImplementedError, match="does not tell when an image was last read"):
        rokka.get_accessed_time(name)


@pytest.mark.parametrize("mode", ["w", "wb", "r", "a", "r+b"])
def test_open__reads_bytes_only(rokka: RokkaStorage, name: str, mode: str) -> None:
    with observe_calls() as calls, pytest.raises(ValueError, match=f"mode '.*{mode[-1]}'"):
        rokka.open(name, mode)

    assert calls == []
