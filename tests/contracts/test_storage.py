"""What Django expects of a storage, wherever its own code or that of others calls one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.core.files.storage import (
    FileSystemStorage,
    InvalidStorageError,
    Storage,
    default_storage,
    storages,
)
from django.core.files.uploadedfile import (
    InMemoryUploadedFile,
    SimpleUploadedFile,
    TemporaryUploadedFile,
)
from django.db.migrations.writer import MigrationWriter
from django.test import override_settings
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from PIL import Image
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import fetch_picture

BACKEND = "django_rokka.storage.RokkaStorage"
CONTENT = pictures.png()


def a_file(name: str | None = "lake.png", data: bytes = CONTENT) -> ContentFile[bytes]:
    return ContentFile(data, name)


def read(storage: Storage, name: str) -> Any:
    with storage.open(name) as file:
        return file.read()


@pytest.fixture
def stored(rokka: RokkaStorage) -> str:
    return rokka.save("lake.png", a_file())


@pytest.fixture
def as_default(settings: Settings, rokka: RokkaStorage, rokka_options: Any) -> Iterator[None]:
    """Make rokka the project's default storage, for every file of every app."""
    settings.STORAGES = {"default": {"BACKEND": BACKEND, "OPTIONS": rokka_options}}
    yield
    default_storage.client.close()  # type: ignore[attr-defined]  # it is one of rokka's


# The methods


def test_storage__has_every_method_that_djangos_has() -> None:
    theirs = {name for name in vars(Storage) if not name.startswith("_")}
    assert {name for name in theirs if callable(getattr(RokkaStorage, name, None))} == theirs


def test_storage__leaves_no_question_unanswered_but_those_of_disks(
    rokka: RokkaStorage, stored: str
) -> None:
    for ask in (rokka.path, rokka.get_accessed_time):
        with pytest.raises(NotImplementedError):
            ask(stored)
    for name in ("exists", "size", "url", "get_created_time", "get_modified_time"):
        assert getattr(rokka, name)(stored)
    assert rokka.listdir("")[0] == []


# Saving


def test_save__returns_the_name_to_ask_for_later(rokka: RokkaStorage) -> None:
    stored = rokka.save("lake.png", a_file())
    assert type(stored) is str
    assert rokka.exists(stored)
    assert ImageReference.parse(stored).slug == "lake"


def test_save__without_a_name_takes_the_contents(rokka: RokkaStorage) -> None:
    assert rokka.save(None, a_file("from-content.png")).endswith("/from-content.png")
    assert rokka.save("given.png", a_file("from-content.png")).endswith("/given.png")


@pytest.mark.parametrize("name", ["folder/lake.png", "a/b/c/lake.png", "a\\b\\lake.png"])
def test_save__in_a_folder_keeps_the_file_and_drops_the_folder(
    rokka: RokkaStorage, name: str
) -> None:
    stored = rokka.save(name, a_file())
    assert stored.endswith("/40x30/lake.png")
    assert read(rokka, stored) == CONTENT


@pytest.mark.parametrize(
    "name", ["../lake.png", "a/../../lake.png", "..\\lake.png", "a/..", "..", ".", "folder/"]
)
def test_save__refuses_a_name_that_climbs_or_is_none(rokka: RokkaStorage, name: str) -> None:
    with assert_no_rokka_calls(), pytest.raises(SuspiciousFileOperation):
        rokka.save(name, a_file())


def test_save__refuses_an_absolute_name(rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls(), pytest.raises(SuspiciousFileOperation):
        rokka.save("/etc/lake.png", a_file())


def test_save__takes_a_text_that_is_marked_as_safe(rokka: RokkaStorage) -> None:
    assert rokka.save(mark_safe("safe.png"), a_file()).endswith("/safe.png")


def test_save__refuses_a_lazy_text_as_djangos_storages_do(
    rokka: RokkaStorage, tmp_path: Path
) -> None:
    lazy: Any = SimpleLazyObject(lambda: "lazy.png")
    for storage in (FileSystemStorage(tmp_path), rokka):
        with assert_no_rokka_calls(), pytest.raises(TypeError, match="SimpleLazyObject"):
            storage.save(lazy, a_file())
        assert storage.save(str(lazy), a_file()).endswith("lazy.png")


@pytest.mark.parametrize(
    "name", ["Grüße vom See.png", "湖.png", "a b%20c.png", 'quote".png', "x" * 300 + ".png"]
)
def test_save__takes_any_name_and_returns_an_ascii_one(rokka: RokkaStorage, name: str) -> None:
    stored = rokka.save(name, a_file())
    assert stored.isascii()
    assert len(stored) <= 100
    assert rokka.exists(stored)


def test_save__of_the_same_name_with_other_content_leaves_the_first_alone(
    rokka: RokkaStorage,
) -> None:
    other = pictures.png(colour="teal")
    first, second = rokka.save("lake.png", a_file()), rokka.save("lake.png", a_file(data=other))
    assert first != second
    assert read(rokka, first) == CONTENT
    assert read(rokka, second) == other


@pytest.mark.parametrize("max_length", [100, 255, None])
def test_save__keeps_to_max_length(rokka: RokkaStorage, max_length: int | None) -> None:
    stored = rokka.save("x" * 500 + ".png", a_file(), max_length=max_length)
    assert len(stored) <= (max_length or 100)
    assert rokka.exists(stored)


def test_save__without_room_is_djangos_error(rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls(), pytest.raises(SuspiciousFileOperation, match="20 characters"):
        rokka.save("lake.png", a_file(), max_length=20)


class NotedBytes(io.BytesIO):
    """Bytes that note how many are asked for at once."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.asked: list[int | None] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.append(size)
        return super().read(size)


def test_save__never_asks_content_for_all_at_once(rokka: RokkaStorage) -> None:
    content = NotedBytes(CONTENT)
    assert read(rokka, rokka.save("lake.png", File(content, "lake.png"))) == CONTENT
    assert content.asked
    assert all(size is not None and 0 < size <= 2**20 for size in content.asked)


def test_save__takes_text_as_utf_8(rokka: RokkaStorage) -> None:
    text = pictures.svg().decode()
    stored = rokka.save("drawing.svg", ContentFile(text))
    assert stored.endswith("/drawing.svg")
    assert read(rokka, stored) == text.encode()


def test_save__takes_a_bare_file_object(rokka: RokkaStorage, tmp_path: Path) -> None:
    path = tmp_path / "on-disk.png"
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        stored = rokka.save("lake.png", file)
        assert not file.closed
    assert read(rokka, stored) == CONTENT


@pytest.mark.parametrize("kind", ["memory", "simple", "temporary"])
def test_save__leaves_an_uploaded_file_open(rokka: RokkaStorage, kind: str) -> None:
    uploaded: Any
    if kind == "memory":
        data = io.BytesIO(CONTENT)
        uploaded = InMemoryUploadedFile(data, "f", "lake.png", "image/png", len(CONTENT), None)
    elif kind == "simple":
        uploaded = SimpleUploadedFile("lake.png", CONTENT, "image/png")
    else:
        uploaded = TemporaryUploadedFile("lake.png", "image/png", len(CONTENT), None)
        uploaded.write(CONTENT)
    with uploaded:
        stored = rokka.save(None, uploaded)
        assert not uploaded.closed
        assert not uploaded.file.closed
    assert read(rokka, stored) == CONTENT


def test_save__of_what_was_read_before_stores_the_whole(rokka: RokkaStorage) -> None:
    content = a_file()
    content.read(20)
    assert rokka.size(rokka.save("lake.png", content)) == len(CONTENT)


def test_save__of_a_file_of_another_storage_copies_it(rokka: RokkaStorage, tmp_path: Path) -> None:
    folder = FileSystemStorage(location=tmp_path)
    with folder.open(folder.save("there.png", a_file())) as file:
        stored = rokka.save("here.png", file)
    assert read(rokka, stored) == CONTENT
    assert folder.exists("there.png")


def test_save__into_another_storage_copies_an_image_out(
    rokka: RokkaStorage, stored: str, tmp_path: Path
) -> None:
    folder = FileSystemStorage(location=tmp_path)
    with rokka.open(stored) as file:
        assert folder.save("out/lake.png", file) == "out/lake.png"
    assert (tmp_path / "out/lake.png").read_bytes() == CONTENT


# Names


def test_names__are_made_without_asking_anyone(rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls():
        assert rokka.get_valid_name("a lake.png") == "a lake.png"
        assert rokka.get_available_name("a lake.png") == "a lake.png"
        assert rokka.generate_filename("2024/a lake.png") == "2024/a lake.png"
        assert rokka.is_name_available("a lake.png", max_length=100)


@pytest.mark.parametrize("name", ["", ".", "..", "a/.."])
def test_names__that_are_none_are_refused(rokka: RokkaStorage, name: str) -> None:
    for make in (rokka.generate_filename, rokka.get_available_name):
        with pytest.raises(SuspiciousFileOperation):
            make(name)


def test_alternative_name__ends_with_chance_as_djangos_does(rokka: RokkaStorage) -> None:
    first, second = (rokka.get_alternative_name("lake", ".png") for _ in range(2))
    assert first != second
    assert first.startswith("lake_")
    assert first.endswith(".png")


# Reading


def test_open__is_a_context_manager_that_closes(rokka: RokkaStorage, stored: str) -> None:
    with rokka.open(stored) as file:
        assert isinstance(file, File)
        assert file.readable()
        assert file.seekable()
        assert not file.writable()
        assert file.read() == CONTENT
        assert not file.closed
    assert file.closed


def test_open__again_begins_at_the_beginning(rokka: RokkaStorage, stored: str) -> None:
    file = rokka.open(stored)
    assert file.read(4) == CONTENT[:4]
    assert file.open() is file
    assert file.read() == CONTENT
    file.close()
    assert file.open("rb").read(4) == CONTENT[:4]
    file.close()


def test_open__twice_gives_two_files_with_positions_of_their_own(
    rokka: RokkaStorage, stored: str
) -> None:
    with rokka.open(stored) as first, rokka.open(stored) as second:
        first.seek(10)
        assert (first.tell(), second.tell()) == (10, 0)
        first.close()
        assert second.read() == CONTENT


@pytest.mark.parametrize("mode", ["w", "wb", "r", "r+b", "a", "ab", "x"])
def test_open__in_another_mode_names_it(rokka: RokkaStorage, stored: str, mode: str) -> None:
    with assert_no_rokka_calls(), pytest.raises(ValueError, match=f"'{mode}'"):
        rokka.open(stored, mode)


def test_seek_tell_and_readline__behave_as_in_memory(rokka: RokkaStorage) -> None:
    data = pictures.svg().replace(b"><", b">\n<")
    memory = io.BytesIO(data)
    acts: list[Callable[[Any], Any]] = [
        lambda it: it.seek(5),
        lambda it: it.tell(),
        lambda it: it.read(3),
        lambda it: it.readline(),
        lambda it: it.seek(-4, io.SEEK_END),
        lambda it: it.seek(-2, io.SEEK_CUR),
        lambda it: it.read(),
        lambda it: it.read(),
        lambda it: it.seek(0),
        lambda it: it.readlines(),
    ]
    with rokka.open(rokka.save("drawing.svg", a_file(data=data))) as file:
        assert [act(file) for act in acts] == [act(memory) for act in acts]


def test_iteration__goes_line_by_line(rokka: RokkaStorage) -> None:
    data = pictures.svg().replace(b"><", b">\n<")
    with rokka.open(rokka.save("drawing.svg", a_file(data=data))) as file:
        assert list(file) == data.splitlines(keepends=True)
        assert len(list(file)) > 1


def test_chunks__make_up_the_whole_again_and_again(rokka: RokkaStorage, stored: str) -> None:
    with rokka.open(stored) as file:
        assert next(file.chunks(16)) == CONTENT[:16]
        assert b"".join(file.chunks(16)) == CONTENT
        assert not file.multiple_chunks()
        assert file.multiple_chunks(16)


def test_open__serves_pillow(rokka: RokkaStorage, stored: str) -> None:
    with rokka.open(stored) as file, Image.open(file) as image:
        assert (image.format, image.size) == ("PNG", (40, 30))


def test_size__of_the_file_and_of_the_storage_agree(rokka: RokkaStorage, stored: str) -> None:
    assert rokka.size(stored) == rokka.open(stored).size == len(CONTENT)


@pytest.mark.parametrize("ask", ["size", "get_created_time", "get_modified_time"])
def test_questions__about_a_missing_image_are_file_not_found(rokka: RokkaStorage, ask: str) -> None:
    with pytest.raises(FileNotFoundError):
        getattr(rokka, ask)(f"{'0' * 40}/1x1/gone.png")


# Deleting


def test_delete__is_silent_for_what_is_gone_and_needs_a_name(rokka: RokkaStorage) -> None:
    rokka.delete(f"{'0' * 40}/1x1/gone.png")
    with pytest.raises(ValueError, match="name must be given"):
        rokka.delete("")


def test_delete__leaves_what_other_names_refer_to(rokka: RokkaStorage) -> None:
    first, second = rokka.save("first.png", a_file()), rokka.save("second.png", a_file())
    rokka.delete(first)
    assert read(rokka, second) == CONTENT
    assert fetch_picture(rokka.url(second)).size == (40, 30)


# Times


@pytest.mark.parametrize("ask", ["get_created_time", "get_modified_time"])
def test_times__are_aware_and_now_with_use_tz(rokka: RokkaStorage, ask: str) -> None:
    before = datetime.now(timezone.utc) - timedelta(seconds=2)
    time = getattr(rokka, ask)(rokka.save("lake.png", a_file()))
    assert time.utcoffset() is not None
    assert before <= time <= before + timedelta(seconds=60)


@pytest.mark.parametrize("ask", ["get_created_time", "get_modified_time"])
@pytest.mark.parametrize("zone", ["Africa/Algiers", "America/New_York"])
def test_times__are_naive_in_the_projects_zone_without_use_tz(
    rokka: RokkaStorage, ask: str, zone: str
) -> None:
    stored = rokka.save("lake.png", a_file())
    with override_settings(USE_TZ=True, TIME_ZONE=zone):
        aware = getattr(rokka, ask)(stored)
    with override_settings(USE_TZ=False, TIME_ZONE=zone):
        naive = getattr(rokka, ask)(stored)
    assert naive == aware.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


# Where storages come from


@pytest.mark.usefixtures("as_default")
def test_default_storage__may_be_rokka() -> None:
    stored = default_storage.save("lake.png", a_file())
    assert default_storage.exists(stored)
    assert read(default_storage, stored) == CONTENT
    assert fetch_picture(default_storage.url(stored)).size == (40, 30)
    with pytest.raises(NotImplementedError):
        default_storage.path(stored)


def test_storages__make_one_by_its_alias_and_keep_it(rokka: RokkaStorage) -> None:
    assert storages["rokka"] is storages["rokka"] is rokka
    with pytest.raises(InvalidStorageError):
        storages["nobody"]


def test_create_storage__makes_an_equal_one_of_the_same_settings(
    rokka: RokkaStorage, rokka_options: dict[str, Any], stored: str
) -> None:
    made = storages.create_storage({"BACKEND": BACKEND, "OPTIONS": rokka_options})
    assert isinstance(made, RokkaStorage)
    assert made == rokka
    assert made is not rokka
    assert made.exists(stored)
    made.client.close()


def test_create_storage__takes_no_options_and_reads_nothing() -> None:
    with assert_no_rokka_calls():
        assert isinstance(storages.create_storage({"BACKEND": BACKEND}), RokkaStorage)


def test_override_settings__replaces_what_storages_give(rokka: RokkaStorage) -> None:
    options = {"organization": "other", "api_key": "k"}
    name = f"{'0' * 40}/1x1/a.png"
    with override_settings(STORAGES={"rokka": {"BACKEND": BACKEND, "OPTIONS": options}}):
        assert storages["rokka"].url(name).startswith("https://other.rokka.io/")
    assert not storages["rokka"].url(name).startswith("https://other.rokka.io/")


def test_override_settings__reaches_a_storage_that_is_held() -> None:
    held = RokkaStorage(api_key="k")
    name = f"{'0' * 40}/1x1/a.png"
    for organization in ("one", "two"):
        with override_settings(ROKKA_ORGANIZATION=organization):
            assert held.url(name).startswith(f"https://{organization}.rokka.io/")


def test_deconstruct__is_written_into_a_migration_without_options(rokka: RokkaStorage) -> None:
    text, imports = MigrationWriter.serialize(rokka)
    assert text == f"{BACKEND}()"
    assert imports == {"import django_rokka.storage"}


# Async: Django's Storage has no async methods


def test_django__has_no_async_convention_for_storages_yet() -> None:
    convention = {f"a{name}" for name in ("save", "open", "delete", "exists", "size", "url")}
    assert convention.isdisjoint(dir(Storage)), "give RokkaStorage the same ones"


async def in_a_loop(rokka: RokkaStorage) -> tuple[str, bool, int, bytes]:
    stored = await sync_to_async(rokka.save)("lake.png", a_file())
    file = await sync_to_async(rokka.open)(stored)
    data = await sync_to_async(file.read)()
    file.close()
    exists = await sync_to_async(rokka.exists)(stored)
    return stored, exists, await sync_to_async(rokka.size)(stored), data


def test_methods__work_from_an_event_loop_through_sync_to_async(rokka: RokkaStorage) -> None:
    import asyncio

    with observe_calls() as calls:
        stored, exists, size, data = asyncio.run(in_a_loop(rokka))
    assert stored.endswith("/40x30/lake.png")
    assert (exists, size, data) == (True, len(CONTENT), CONTENT)
    assert calls[0].method == "POST"
