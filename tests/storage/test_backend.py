"""Names and uploads of the storage."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.exceptions import EmptyFile
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.storage.backend import SHORTEST_ROOM
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures

FORMATS = {
    "jpg": pictures.jpeg(),
    "png": pictures.png(),
    "gif": pictures.gif(frames=3),
    "webp": pictures.webp(),
    "avif": pictures.avif(),
    "svg": pictures.svg(),
}
HOSTILE_NAMES = {
    'a "quoted" one.jpg': "a-quoted-one",
    "it's.jpg": "it-s",
    "<script>alert(1)<.jpg": "script-alert-1",
    "&#60;b&#62;.jpg": "60-b-62",
    "%2e%2e%2f.jpg": "2e-2e-2f",
    "Zürich – Öl & Co.jpg": "zurich-ol-co",
    "写真.jpg": "image",
    "фото🖼.jpg": "image",
    "x" * 300 + ".jpg": "x" * 49,  # what 100 characters leave
    "日" * 300: "image",
    "no-extension": "no-extension",
    "...": "image",
    "a\r\nSet-Cookie: x=1.jpg": "a-set-cookie-x-1",
    "semi;colon=1, comma.jpg": "semi-colon-1-comma",
    "-_brand_-.jpg": "brand",
    "C:\\pictures\\me.jpg": "me",
}


def read(storage: RokkaStorage, name: str) -> bytes:
    with storage.open(name) as file:
        content: bytes = file.read()
    return content


def fetch_original_name(storage: RokkaStorage, name: str) -> str:
    return storage.client.source_images.get(ImageReference.parse(name).hash).name


# Uploads


@pytest.mark.smoke
@pytest.mark.parametrize("extension", FORMATS)
def test_save__bytes_come_back_identical(rokka: RokkaStorage, extension: str) -> None:
    content = FORMATS[extension]

    name = rokka.save(f"A Picture.{extension}", ContentFile(content))

    reference = ImageReference.parse(name)
    assert reference[1:5] == (40, 30, "a-picture", extension)
    assert read(rokka, name) == content


@pytest.mark.parametrize(("original", "slug"), HOSTILE_NAMES.items(), ids=range(len(HOSTILE_NAMES)))
def test_save__takes_any_name(rokka: RokkaStorage, original: str, slug: str) -> None:
    content = pictures.jpeg()

    name = rokka.save(original, ContentFile(content))

    assert ImageReference.parse(name)[1:] == (40, 30, slug, "jpg", "", False)
    assert len(name) <= 100
    assert read(rokka, name) == content


@pytest.mark.parametrize(
    "original",
    [name for name in HOSTILE_NAMES if not set("\\\r\n").intersection(name)],
    ids=lambda name: name[:12],
)
def test_save__tells_rokka_the_name_as_it_was(rokka: RokkaStorage, original: str) -> None:
    name = rokka.save(original, ContentFile(pictures.png()))

    assert fetch_original_name(rokka, name) == original


def test_save__tells_rokka_line_ends_percent_encoded_as_browsers_do(rokka: RokkaStorage) -> None:
    name = rokka.save("a\r\nb.jpg", ContentFile(pictures.png()))

    assert fetch_original_name(rokka, name) == "a%0D%0Ab.jpg"


def test_save__drops_folders_because_rokka_is_flat(rokka: RokkaStorage) -> None:
    name = rokka.save("brands/2024/logo.png", ContentFile(pictures.png()))

    assert ImageReference.parse(name).slug == "logo"
    assert fetch_original_name(rokka, name) == "logo.png"


def test_save__the_extension_is_what_rokka_found_not_what_the_name_says(
    rokka: RokkaStorage,
) -> None:
    name = rokka.save("picture.jpg", ContentFile(pictures.png()))

    assert name.endswith("/40x30/picture.png")


def test_save__same_bytes_are_one_image_under_two_names(rokka: RokkaStorage) -> None:
    content = pictures.jpeg()

    first = rokka.save("first.jpg", ContentFile(content))
    second = rokka.save("second.jpg", ContentFile(content))

    assert first != second
    assert ImageReference.parse(first).hash == ImageReference.parse(second).hash


def test_save__makes_one_call(rokka: RokkaStorage) -> None:
    with observe_calls() as calls:
        rokka.save("a.jpg", ContentFile(pictures.jpeg()))

    assert [(call.method, call.path) for call in calls] == [("POST", "/sourceimages/demo")]


def test_save__a_stored_reference_does_not_pile_up_path_parts(rokka: RokkaStorage) -> None:
    first = rokka.save("lake.jpg", ContentFile(pictures.jpeg()))

    again = rokka.save(first, ContentFile(pictures.jpeg()))
    other = rokka.save(first, ContentFile(pictures.png(width=7, height=5)))

    assert again == first
    assert ImageReference.parse(other)[1:5] == (7, 5, "lake", "png")
    assert fetch_original_name(rokka, other) == "lake.jpg"


# Content


def test_save__reads_from_the_beginning(rokka: RokkaStorage) -> None:
    content = ContentFile(pictures.jpeg())
    content.read(10)

    assert read(rokka, rokka.save("a.jpg", content)) == pictures.jpeg()


def test_save__opens_a_closed_file_again(rokka: RokkaStorage, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(pictures.jpeg())
    with path.open("rb") as opened:
        file = File(opened, name=str(path))

    name = rokka.save("a.jpg", file)
    file.close()

    assert read(rokka, name) == pictures.jpeg()


def test_save__takes_objects_without_chunks(rokka: RokkaStorage) -> None:
    assert read(rokka, rokka.save("a.jpg", BytesIO(pictures.jpeg()))) == pictures.jpeg()


def test_save__takes_what_cannot_be_rewound(rokka: RokkaStorage) -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, offset: int, whence: int = 0, /) -> int:
            raise OSError("a pipe does not rewind")

    assert read(rokka, rokka.save("a.jpg", Pipe(pictures.jpeg()))) == pictures.jpeg()


def test_save__takes_what_djangos_upload_handlers_make(rokka: RokkaStorage) -> None:
    content = pictures.jpeg()
    with TemporaryUploadedFile("a.jpg", "image/jpeg", len(content), None) as on_disk:
        on_disk.write(content)
        on_disk.seek(0)
        names = [
            rokka.save("a.jpg", on_disk),
            rokka.save("a.jpg", SimpleUploadedFile("a.jpg", content)),
        ]

    assert [read(rokka, name) for name in names] == [content, content]


@pytest.mark.parametrize("wrap", [lambda content: content, File], ids=["plain", "wrapped"])
def test_save__sends_text_as_utf_8(rokka: RokkaStorage, wrap: Any) -> None:
    text = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="8"><title>Ö</title></svg>'

    name = rokka.save("a.svg", wrap(ContentFile(text)))

    assert read(rokka, name) == text.encode()


def test_save__copies_an_image_of_its_own(rokka: RokkaStorage) -> None:
    first = rokka.save("a.jpg", ContentFile(pictures.jpeg()))
    with rokka.open(first) as file:
        assert rokka.save("b.jpg", file) == first.replace("/a.jpg", "/b.jpg")


def test_save__takes_the_contents_name_when_it_gets_none(rokka: RokkaStorage) -> None:
    name = rokka.save(None, ContentFile(pictures.jpeg(), name="lake.jpg"))

    assert ImageReference.parse(name).slug == "lake"


def test_save__refuses_content_without_any_name(rokka: RokkaStorage) -> None:
    with observe_calls() as calls, pytest.raises(ValueError, match="has no name"):
        rokka.save(None, ContentFile(pictures.jpeg()))

    assert calls == []


def test_save__of_an_empty_file_says_so(rokka: RokkaStorage) -> None:
    with pytest.raises(EmptyFile, match=r"'a\.jpg' is empty"):
        rokka.save("a.jpg", ContentFile(b""))


def test_upload__protected_is_part_of_the_reference(rokka: RokkaStorage) -> None:
    public = rokka.upload("a.jpg", ContentFile(pictures.jpeg()))
    protected = rokka.upload("a.jpg", ContentFile(pictures.jpeg()), is_protected=True)

    assert (public.is_protected, protected.is_protected) == (False, True)
    assert public.hash != protected.hash
    assert "/protected/40x30/a.jpg" in str(protected)


# Names


@pytest.mark.parametrize(
    "name",
    ["../../x.jpg", "a/../../x.jpg", "..\\x.jpg", "/etc/x.jpg", "", ".", "..", "brands/..", "a/"],
)
def test_save__refuses_traversal_before_any_upload(rokka: RokkaStorage, name: str) -> None:
    with observe_calls() as calls, pytest.raises(SuspiciousFileOperation):
        rokka.save(name, ContentFile(pictures.jpeg()))

    assert calls == []


@pytest.mark.parametrize("name", ["../../x.jpg", "a/../../x.jpg", "..\\x.jpg", ""])
def test_generate_filename__refuses_traversal(rokka: RokkaStorage, name: str) -> None:
    with pytest.raises(SuspiciousFileOperation):
        rokka.generate_filename(name)


def test_generate_filename__keeps_the_name(rokka: RokkaStorage) -> None:
    assert rokka.generate_filename("brands/Löwe & Co.jpg") == "brands/Löwe & Co.jpg"


@pytest.mark.parametrize(
    ("max_length", "is_available"), [(None, True), (100, True), (SHORTEST_ROOM, True), (60, False)]
)
def test_is_name_available__is_a_question_of_room(
    rokka: RokkaStorage,
    max_length: int | None,
    is_available: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    with assert_no_rokka_calls():
        assert rokka.is_name_available("taken.jpg", max_length=max_length) is is_available


def test_get_alternative_name__is_djangos(rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls():
        name = rokka.get_alternative_name("lake", ".jpg")

    assert re.fullmatch(r"lake_\w{7}\.jpg", name)


def test_get_available_name__asks_nobody(rokka: RokkaStorage) -> None:
    with observe_calls() as calls:
        assert rokka.get_available_name("a/b.jpg", max_length=100) == "a/b.jpg"

    assert calls == []


def test_save__without_room_for_a_reference_uploads_nothing(rokka: RokkaStorage) -> None:
    with (
        observe_calls() as calls,
        pytest.raises(SuspiciousFileOperation, match=r"60 characters.*max_length of 100 or more"),
    ):
        rokka.save("a.jpg", ContentFile(pictures.jpeg()), max_length=60)

    assert calls == []


def test_save__with_little_room_shortens_the_slug_alone(rokka: RokkaStorage) -> None:
    name = rokka.save("a-lake-in-winter-at-noon.jpg", ContentFile(pictures.jpeg()), max_length=72)

    reference = ImageReference.parse(name)
    assert len(name) == 72
    assert reference[1:] == (40, 30, "a-lake-in-winter-at-n", "jpg", "", False)


@pytest.mark.parametrize("max_length", [72, 75, 99, 100, 255])
def test_save__never_exceeds_max_length(rokka: RokkaStorage, max_length: int) -> None:
    name = rokka.save("x" * 90 + ".jpg", ContentFile(pictures.jpeg()), max_length=max_length)

    assert len(name) <= max_length
    assert rokka.exists(name)


# Deleting


@pytest.mark.smoke
def test_delete__of_one_name_leaves_the_others_image_alive(rokka: RokkaStorage) -> None:
    first = rokka.save("first.jpg", ContentFile(pictures.jpeg()))
    second = rokka.save("second.jpg", ContentFile(pictures.jpeg()))

    rokka.delete(first)

    assert read(rokka, second) == pictures.jpeg()


def test_delete__needs_a_name(rokka: RokkaStorage) -> None:
    with pytest.raises(ValueError, match="name must be given"):
        rokka.delete("")


@pytest.mark.parametrize("name", [f"{'0' * 40}.jpg", "holiday.jpg"])
def test_delete__of_what_is_gone_is_silent(rokka: RokkaStorage, name: str) -> None:
    rokka.delete(name)


# Several organizations


def test_two_organizations__are_two_aliases_that_do_not_mix(
    settings: Settings, rokka_options: dict[str, object], rokka: RokkaStorage
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "other": {
            "BACKEND": "django_rokka.storage.RokkaStorage",
            "OPTIONS": {**rokka_options, "default_stack": "wide"},
        },
    }
    other = storages["other"]

    assert isinstance(other, RokkaStorage)
    assert other != storages["rokka"]
    assert (other.config.default_stack, rokka.config.default_stack) == ("wide", "")
