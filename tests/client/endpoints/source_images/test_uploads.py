"""Many uploads at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from django_rokka.client import CreatedImage, NewImage, RokkaClient, SourceImage
from django_rokka.exceptions import EmptyFile, InvalidRequest

from tests.client.endpoints.source_images.parts import count_threads, read_parts
from tests.client.samples import uploaded
from tests.client.scripted_server import Reply, ScriptedServer

IMAGE = SourceImage.from_json(uploaded(b"content")["items"][0])


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


def test_create_many__keeps_what_create_raises_for_one_file(
    client: RokkaClient, server: ScriptedServer
) -> None:
    accept(server, 1)
    closed = BytesIO(b"content")
    closed.close()
    files: list[Any] = [
        StringIO("text"),
        closed,
        NewImage(b"content", user_metadata={"is_new": True}),
        NewImage(b"content", optimize_source="gif"),  # type: ignore[arg-type]  # the claim
        b"content",
    ]

    created = list(client.source_images.create_many(files, threads=2))

    assert [type(one.error) for one in created[:4]] == [
        TypeError,
        ValueError,
        TypeError,
        ValueError,
    ]
    assert created[4].image == IMAGE


def test_create_many__lets_other_errors_through_and_ends_its_threads(
    client: RokkaClient, server: ScriptedServer
) -> None:
    class Broken(BytesIO):
        def seek(self, *_: Any) -> int:
            raise ZeroDivisionError("the file's own fault")

    accept(server, 8)

    with pytest.raises(ZeroDivisionError, match="the file's own fault"):
        list(client.source_images.create_many([b"content", Broken(), b"content"], threads=2))

    assert count_threads() == 0


def test_create_many__gives_all_results_before_what_its_files_raise(
    client: RokkaClient, server: ScriptedServer
) -> None:
    accept(server, 8, delay=0.02)

    def files() -> Iterator[bytes]:
        yield from [b"content"] * 3
        raise LookupError("no more")

    created = client.source_images.create_many(files(), threads=2)

    assert [next(created).image for _ in range(3)] == [IMAGE] * 3
    with pytest.raises(LookupError, match="no more"):
        next(created)
    assert list(created) == []
    assert count_threads() == 0


def test_create_many__reads_its_files_no_more_once_it_is_left(
    client: RokkaClient, server: ScriptedServer, tmp_path: Path
) -> None:
    accept(server, 20, delay=0.05)
    path = tmp_path / "beach.jpg"
    path.write_bytes(b"content")

    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for _ in range(8)]
        with client.source_images.create_many(files, threads=4) as created:
            assert next(created).image == IMAGE
        received = len(server.received)

    assert count_threads(wait=0) == 0
    assert len(server.received) == received <= 8


@pytest.mark.parametrize(
    "file",
    [
        *("beach.jpg", Path("beach.jpg")),
        *(b"content", bytearray(b"content"), memoryview(b"content"), BytesIO(b"content")),
        NewImage("beach.jpg"),
    ],
    ids=lambda file: type(file).__name__,
)
def test_create_many__takes_no_single_file(client: RokkaClient, file: Any) -> None:
    with pytest.raises(TypeError, match="is one file: use create"):
        client.source_images.create_many(file)


def test_create_many__needs_a_thread(client: RokkaClient) -> None:
    with pytest.raises(ValueError, match="0 threads cannot upload: give 1 or more"):
        client.source_images.create_many([], threads=0)


def test_new_image__does_not_show_its_bytes() -> None:
    assert "content" not in repr(NewImage(b"content"))
