"""Many uploads at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from django_rokka.client import CreatedImage, NewImage, RokkaClient, SourceImage
from django_rokka.client.endpoints.source_images.uploads import do_in_order
from django_rokka.exceptions import EmptyFile, InvalidRequest

from tests.client.endpoints.source_images.parts import read_parts
from tests.client.samples import uploaded
from tests.client.scripted_server import Reply, ScriptedServer

IMAGE = SourceImage.from_json(uploaded(b"content")["items"][0])


def count_threads() -> int:
    """Count the threads that are left once those that were at work had time to end."""
    latest = time.monotonic() + 5
    while count := sum(each.name.startswith("rokka-") for each in threading.enumerate()):
        if time.monotonic() > latest:
            break
        time.sleep(0.005)
    return count


def accept(server: ScriptedServer, count: int, **reply: Any) -> None:
    server.reply(*[Reply(json=uploaded(b"content"), **reply)] * count)


def test_create_many__yields_what_became_of_each_in_order(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    accept(server, 2)
    missing = NewImage(tmp_path / "missing.jpg")
    new = NewImage(b"content", name="b.jpg", user_metadata={"a": "1"}, is_protected=True)

    created = list(client.source_images.create_many([b"content", missing, new, b""], threads=1))

    assert created[0] == CreatedImage(new=NewImage(b"content"), image=IMAGE)
    assert created[2] == CreatedImage(new=new, image=IMAGE)
    assert [type(one.error) for one in created] == [
        type(None),
        FileNotFoundError,
        type(None),
        EmptyFile,
    ]
    assert [one.image is None for one in created] == [False, True, False, True]
    assert [name for name, _, _ in read_parts(server.received[1])] == [
        "filedata",
        "meta_user[0]",
        "options[0]",
    ]


def test_create_many__keeps_what_rokka_refuses_and_goes_on(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=400))
    accept(server, 1)

    refused, taken = client.source_images.create_many([b"content"] * 2, threads=1)

    assert isinstance(refused.error, InvalidRequest)
    assert taken.image == IMAGE


def test_create_many__uses_threads_and_ends_them(
    client: RokkaClient, server: ScriptedServer
) -> None:
    accept(server, 12, delay=0.02)

    created = list(client.source_images.create_many([b"content"] * 12, threads=4))

    assert all(one.image == IMAGE for one in created)
    assert len({request.port for request in server.received}) > 1
    assert count_threads() == 0


def test_create_many__uploads_to_another_organization_unverified(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json=uploaded(b"other")))

    (created,) = client.source_images.create_many([b"content"], organization="b", verify=False)

    assert created.error is None
    assert server.received[0].line == ("POST", "/sourceimages/b")


def test_create_many__reads_its_files_a_few_ahead(
    client: RokkaClient, server: ScriptedServer
) -> None:
    accept(server, 100)
    taken: list[int] = []

    def files() -> Iterator[BytesIO]:
        for number in range(100):
            taken.append(number)
            yield BytesIO(b"content")

    created = client.source_images.create_many(files(), threads=2)
    before = len(taken)
    next(created)
    after = len(taken)
    created.close()

    assert before == 0
    assert 1 <= after <= 4
    assert len(server.received) <= 4
    assert count_threads() == 0


def test_create_many__lets_other_errors_through_and_ends_its_threads(
    client: RokkaClient, server: ScriptedServer
) -> None:
    accept(server, 8)
    files: list[Any] = [b"content", StringIO("text"), b"content"]

    with pytest.raises(TypeError, match="open as text"):
        list(client.source_images.create_many(files, threads=2))

    assert count_threads() == 0


def test_create_many__ends_with_what_its_files_raise(
    client: RokkaClient, server: ScriptedServer
) -> None:
    accept(server, 8)

    def files() -> Iterator[bytes]:
        yield b"content"
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        list(client.source_images.create_many(files(), threads=2))

    assert count_threads() == 0


@pytest.mark.parametrize("file", ["beach.jpg", b"content"])
def test_create_many__takes_no_single_file(client: RokkaClient, file: Any) -> None:
    with pytest.raises(TypeError, match="is one file: use create"):
        client.source_images.create_many(file)


def test_create_many__needs_a_thread(client: RokkaClient) -> None:
    with pytest.raises(ValueError, match="0 threads cannot upload: give 1 or more"):
        client.source_images.create_many([], threads=0)


def test_new_image__does_not_show_its_bytes() -> None:
    assert "content" not in repr(NewImage(b"content"))


def test_do_in_order__is_as_far_ahead_as_its_threads_can_be() -> None:
    running = 0
    most = 0
    lock = threading.Lock()
    meeting = threading.Barrier(3)

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        meeting.wait(timeout=10)
        with lock:
            running -= 1
        return number * number

    assert list(do_in_order(work, range(9), threads=3)) == [n * n for n in range(9)]
    assert most == 3


def test_do_in_order__starts_nothing_after_it_is_closed() -> None:
    done: list[int] = []
    gate = threading.Event()

    def work(number: int) -> int:
        done.append(number)
        if number:
            gate.wait(timeout=10)
        return number

    numbers = do_in_order(work, range(10), threads=1)
    first = next(numbers)
    numbers.close()  # while the next one waits for the gate
    gate.set()

    assert first == 0
    assert count_threads() == 0
    assert done in ([0], [0, 1])
