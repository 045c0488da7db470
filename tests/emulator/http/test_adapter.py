from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from django_rokka.emulator import Emulator, EmulatorAdapter

from tests.emulator.conftest import API_KEY
from tests.emulator.open_files import open_binaries
from tests.emulator.pictures import decode, encode, halves

HOST = "http://rokka.emulator"
BLOCK = b"\0" * 64 * 1024


class Body:
    """A large multipart body that is never whole in memory."""

    head = (
        b"--x\r\nContent-Disposition: form-data; name=f; filename=video.webm\r\n\r\n\x1aE\xdf\xa3"
    )
    tail = b"\r\n--x--\r\n"

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks

    def __len__(self) -> int:
        return len(self.head) + self.blocks * len(BLOCK) + len(self.tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self.head
        for _ in range(self.blocks):
            yield BLOCK
        yield self.tail


@pytest.fixture
def session(emulator: Emulator) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.headers["Api-Key"] = API_KEY
        made.mount(HOST, EmulatorAdapter(emulator))
        yield made


def test_adapter__answers_without_a_network(session: requests.Session) -> None:
    data = encode(halves(60, 40))
    items = session.post(f"{HOST}/sourceimages/demo", files={"f": ("a.png", data)}).json()["items"]
    digest = items[0]["hash"]
    assert session.get(f"{HOST}/sourceimages/demo/{digest}/download").content == data
    rendered = session.get(f"{HOST}/render/demo/dynamic/resize-width-30/{digest}.png")
    assert decode(rendered.content).size == (30, 20)
    gone = session.delete(f"{HOST}/sourceimages/demo/{digest}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert session.head(f"{HOST}/sourceimages/demo/{digest}").status_code == 404


@pytest.mark.parametrize("form", ["text", "bytes", "file"])
def test_adapter__takes_every_kind_of_body(
    session: requests.Session, form: str, tmp_path: Path
) -> None:
    text = '{"protect_dynamic_stack": true}'
    path = tmp_path / "body"
    path.write_text(text)
    with path.open("rb") as file:
        bodies: dict[str, Any] = {"text": text, "bytes": text.encode(), "file": file}
        answer = session.put(f"{HOST}/organizations/demo/options", data=bodies[form])
    assert answer.json()["options"] == {"protect_dynamic_stack": True}


def test_adapter__streams_in_both_directions(session: requests.Session) -> None:
    session.get(f"{HOST}/operations")
    body = Body(blocks=640)
    tracemalloc.start()
    answer = session.post(
        f"{HOST}/sourceimages/demo",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    digest = answer.json()["items"][0]["hash"]
    url = f"{HOST}/sourceimages/demo/{digest}/download"
    with session.get(url, stream=True) as response:
        size = sum(map(len, response.iter_content(64 * 1024)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 640 * len(BLOCK) + 4
    assert peak < 4_000_000


def test_adapter__passes_on_broken_connections(
    session: requests.Session, emulator: Emulator
) -> None:
    emulator.faults.add(reset_after=0)
    with pytest.raises(requests.ConnectionError, match="the connection is reset"):
        session.get(f"{HOST}/operations")
    emulator.faults.add(truncate_at=10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(f"{HOST}/operations")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows which files are open")
def test_adapter__closes_the_file_of_an_answer_that_breaks_off(
    session: requests.Session, emulator: Emulator
) -> None:
    files = {"f": ("a.png", encode(halves(60, 40)))}
    digest = session.post(f"{HOST}/sourceimages/demo", files=files).json()["items"][0]["hash"]
    url = f"{HOST}/sourceimages/demo/{digest}/download"
    with session.get(url, stream=True) as response:
        assert len(open_binaries(emulator.root)) == 1
        assert response.raw.read(1)
    assert open_binaries(emulator.root) == []
    emulator.faults.add(reset_at=10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError) as caught:
        session.get(url)
    # Nobody has let go of the exception, nor of what it refers to.
    assert (open_binaries(emulator.root), caught.value.request) == ([], None)
