"""What save() says when an upload fails: one kind of error, with words and without a row."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import APIError, RokkaError, UploadFailed
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.testapp.models import Photo

pytestmark = pytest.mark.django_db


def a_photo(data: bytes | None = None, name: str = "lake.jpg") -> Photo:
    content = pictures.jpeg() if data is None else data
    return Photo(title="The lake", image=ContentFile(content, name))


def fail(photo: Photo) -> UploadFailed:
    with pytest.raises(UploadFailed) as caught:
        photo.save()
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value.__cause__, RokkaError)
    assert "testapp.Photo.image was not uploaded, and nothing was saved" in str(caught.value)
    assert not Photo.objects.exists()
    return caught.value


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"api_key": "wrong"}, "Check the option api_key of the storage, or ROKKA_API_KEY"),
        ({"organization": "nobody"}, "There is no organization 'nobody'"),
        ({"api_host": "http://127.0.0.1:1"}, "Check the network and the option api_host"),
    ],
    ids=["wrong key", "unknown organization", "unreachable"],
)
def test_save__says_what_to_do(options: dict[str, object], words: str, configure: Any) -> None:
    configure(**options)
    assert words in str(fail(a_photo()))


def test_save__with_missing_settings_names_them(configure: Any) -> None:
    configure(organization="", api_key="")
    with pytest.raises(ImproperlyConfigured, match=r"has no organization\. Set the option"):
        a_photo().save()
    assert not Photo.objects.exists()


@pytest.mark.usefixtures("rokka")
@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "empty.jpg", "empty"),
        (b"Dear Sir or Madam", "letter.jpg", "no image, video or font that rokka takes"),
        (pictures.jpeg()[:20], "cut.jpg", "rokka does not accept POST"),
    ],
)
def test_save__of_what_rokka_refuses_has_rokkas_words(data: bytes, name: str, words: str) -> None:
    assert words in str(fail(a_photo(data, name)))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_save__during_an_outage_can_be_done_again(
    status: int, rokka: RokkaStorage, server: EmulatorServer
) -> None:
    server.emulator.faults.add(method="POST", path="/sourceimages/", status=status)
    photo = a_photo()
    error = fail(photo)
    assert isinstance(error.__cause__, APIError)
    assert error.__cause__.status == status
    assert photo.image.name == "lake.jpg"
    photo.save()
    assert rokka.exists(Photo.objects.get().image.name or "")


def test_save__after_a_connection_broke_can_be_done_again(
    rokka: RokkaStorage, server: EmulatorServer
) -> None:
    server.emulator.faults.add(method="POST", path="/sourceimages/", reset_after=100)
    photo = a_photo()
    fail(photo)
    with observe_calls() as calls:
        photo.save()
    assert len(calls) == 1
    assert rokka.exists(photo.image.name or "")


def test_save__that_fails_keeps_the_image_there_was(configure: Any) -> None:
    configure()
    photo = a_photo()
    photo.save()
    before = Photo.objects.values().get()
    configure(api_key="wrong")
    photo.image = ContentFile(pictures.png(), "new.png")
    with pytest.raises(UploadFailed):
        photo.save()
    assert Photo.objects.values().get() == before
