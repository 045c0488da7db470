"""Files opened from the storage."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from django_rokka.client import observe_calls
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import ConnectionFailed, IntegrityError, InvalidReference
from django_rokka.storage import RokkaFile, RokkaStorage
from django_rokka.storage.files import SPOOL_SIZE

from tests import pictures

CONTENT = pictures.jpeg()


@pytest.fixture
def name(rokka: RokkaStorage) -> str:
    return rokka.save("lake.jpg", ContentFile(CONTENT))


@pytest.fixture
def file(rokka: RokkaStorage, name: str) -> RokkaFile:
    opened = rokka.open(name)
    assert isinstance(opened, RokkaFile)
    return opened


def test_open__asks_nobody_before_the_first_read(rokka: RokkaStorage, name: str) -> None:
    with observe_calls() as calls:
        opened = rokka.open(name)
        assert calls == []
        with opened:
            opened.read(1)
            opened.read()

    assert [call.path for call in calls] == [f"/sourceimages/demo/{name[:40]}/download"]


def test_read__gives_the_original(file: RokkaFile, name: str) -> None:
    with file:
        assert (file.name, file.mode, file.read()) == (name, "rb", CONTENT)
        assert file.read() == b""


def test_open__gives_an_independent_file_each_time(rokka: RokkaStorage, name: str) -> None:
    with rokka.open(name) as first, rokka.open(name) as second:
        first.read()

        assert second.read() == CONTENT


def test_seek__moves_as_in_any_file(file: RokkaFile) -> None:
    with file:
        file.seek(4)
        assert file.read(3) == CONTENT[4:7]
        assert file.tell() == 7
        file.seek(-2, io.SEEK_END)
        assert file.read() == CONTENT[-2:]
        assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)


def test_chunks__begin_at_the_beginning(file: RokkaFile) -> None:
    with file:
        file.read(100)

        assert b"".join(file.chunks(64)) == CONTENT
        assert next(iter(file.chunks(64))) == CONTENT[:64]


def test_lines__make_up_the_whole(rokka: RokkaStorage) -> None:
    lines = [line + b">\n" for line in pictures.svg().split(b">")[:-1]]
    name = rokka.save("a.svg", ContentFile(b"".join(lines)))

    with rokka.open(name) as file:
        assert list(file) == lines


def test_size__before_reading_is_asked_without_a_download(file: RokkaFile) -> None:
    with observe_calls() as calls:
        assert (file.size, len(file)) == (len(CONTENT), len(CONTENT))

    assert [call.path.rpartition("/")[2] for call in calls] == [(file.name or "")[:40]]


def test_size__after_reading_asks_nobody_and_keeps_the_position(file: RokkaFile) -> None:
    with file:
        file.read(5)
        with observe_calls() as calls:
            assert file.size == len(CONTENT)
            assert file.tell() == 5

    assert calls == []


def test_open__goes_back_to_the_beginning(file: RokkaFile) -> None:
    with file:
        file.read()
        with observe_calls() as calls:
            assert file.open().read() == CONTENT

    assert calls == []


def test_open__of_a_file_not_read_yet_asks_nobody(file: RokkaFile) -> None:
    with observe_calls() as calls:
        assert file.open() is file

    assert calls == []


def test_open__after_close_fetches_again(file: RokkaFile) -> None:
    with file:
        file.read()

    with file.open() as again:
        assert again is file
        assert file.read() == CONTENT


def test_closed__is_what_was_read_and_closed(file: RokkaFile) -> None:
    before = file.closed
    with file:
        file.read()

    assert (before, file.closed) == (False, True)


def test_read__after_close_is_an_error(file: RokkaFile) -> None:
    with file:
        file.read()

    with pytest.raises(ValueError, match="closed"):
        file.read()


def test_open__has_no_other_mode(file: RokkaFile) -> None:
    with pytest.raises(ValueError, match="can only be opened with mode 'rb', not 'wb'"):
        file.open("wb")


def test_close__of_a_file_that_was_never_read_fetches_nothing(file: RokkaFile) -> None:
    with observe_calls() as calls:
        file.close()

    assert calls == []


def test_pillow__reads_it(file: RokkaFile) -> None:
    with file, Image.open(file) as image:
        assert (image.format, image.size) == ("JPEG", (40, 30))


def test_read__of_a_large_image_is_spooled_to_disk(rokka: RokkaStorage) -> None:
    content = CONTENT + bytes(range(256)) * (SPOOL_SIZE // 128)

    with rokka.open(rokka.save("large.jpg", ContentFile(content))) as file:
        assert file.read() == content
        assert file.file.fileno() > 0


@pytest.mark.parametrize("name", [f"{'0' * 40}/1x1/a.jpg", "0" * 40])
def test_read__of_a_missing_image_is_file_not_found(rokka: RokkaStorage, name: str) -> None:
    file = rokka.open(name)

    with pytest.raises(FileNotFoundError, match="no source image '0000"):
        file.read()
    with pytest.raises(FileNotFoundError, match="no source image '0000"):
        file.size  # noqa: B018  # asking is what fails


def test_read__of_no_reference_names_the_forms(rokka: RokkaStorage) -> None:
    with pytest.raises(InvalidReference, match=r"'holiday\.jpg' is no image reference"):
        rokka.open("holiday.jpg").read()


def test_read__that_breaks_off_is_no_half_image(file: RokkaFile, server: EmulatorServer) -> None:
    server.emulator.faults.add(path="/download$", truncate_at=100)

    with pytest.raises(ConnectionFailed):
        file.read()

    with file:
        assert file.read() == CONTENT


# Comparing with the hash


def corrupt(server: EmulatorServer) -> None:
    """Replace what is stored by other bytes of the same length."""
    [path] = [
        path
        for path in server.emulator.root.rglob("*")
        if path.is_file() and path.read_bytes() == CONTENT
    ]
    path.chmod(0o600)
    path.write_bytes(bytes(len(CONTENT)))


def test_read__of_other_bytes_than_rokka_took_is_an_error(
    file: RokkaFile, server: EmulatorServer
) -> None:
    corrupt(server)

    with pytest.raises(IntegrityError, match=r"came with the SHA-1 .* Read it again"):
        file.read()
    with pytest.raises(IntegrityError):
        file.open().read()


def test_read__without_verify_takes_what_comes(
    server: EmulatorServer, name: str, configure: Callable[..., RokkaStorage]
) -> None:
    corrupt(server)

    with configure(verify=False).open(name) as file:
        assert file.read() == bytes(len(CONTENT))


def test_read__asks_for_the_checksum_where_the_hash_does_not_tell_it(rokka: RokkaStorage) -> None:
    name = str(rokka.upload("a.jpg", ContentFile(CONTENT), is_protected=True))

    with observe_calls() as calls, rokka.open(name) as file:
        assert file.read() == CONTENT

    image = f"/sourceimages/demo/{name[:40]}"
    assert [call.path for call in calls] == [f"{image}/download", image]


def test_read__of_an_image_with_a_subject_area_is_compared_too(rokka: RokkaStorage) -> None:
    plain = rokka.upload("a.jpg", ContentFile(CONTENT))
    changed = rokka.client.source_images.set_subject_area(plain.hash, x=3, y=2)

    with rokka.open(f"{changed.hash}/40x30/a.jpg") as file:
        assert file.read() == CONTENT
