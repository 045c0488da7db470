from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import encode, halves

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


@pytest.fixture
def rokka(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rokka]:
    """One on a computer of two processors, where a render may take little time."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    emulator = Emulator(root=tmp_path, api_key=API_KEY, render_seconds=0.4)
    with EmulatorServer(emulator) as server:
        client = Rokka(server)
        yield client
        client.close()


def make_endless(rokka: Rokka, image: dict[str, Any]) -> Path:
    """Put a pipe in the place of a file, of which a render waits for the first byte."""
    (path,) = (rokka.server.emulator.root / "binaries").rglob(image["binary_hash"])
    path.unlink()
    os.mkfifo(path)
    return path


def end(pipe: Path, answer: Future[Any]) -> None:
    while not answer.done():
        # Until somebody reads there is nobody to write to.
        with suppress(OSError):
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        time.sleep(0.01)


def test_renders__are_at_once_no_more_than_there_are_processors(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(60, 40)))
    path = f"/dynamic/resize-width-30/{image['hash']}.png"
    stuck = [rokka.upload(encode(halves(60, height))) for height in (10, 20)]
    pipes = [make_endless(rokka, item) for item in stuck]
    with ThreadPoolExecutor(2) as pool:
        answers = [
            pool.submit(Rokka(rokka.server).render, f"/dynamic/noop/{item['hash']}.png")
            for item in stuck[:1]
        ]
        time.sleep(0.2)
        assert rokka.render(path).status_code == 200
        answers.append(
            pool.submit(Rokka(rokka.server).render, f"/dynamic/noop/{stuck[1]['hash']}.png")
        )
        time.sleep(0.2)
        other = rokka.render(path.replace("width-30", "width-31"))
        for pipe, answer in zip(pipes, answers, strict=True):
            end(pipe, answer)
    assert other.status_code == 503, other.text
    assert other.headers["Retry-After"] == "1"
    assert "none of the 2 renders at work" in other.json()["error"]["message"]
    assert rokka.render(path.replace("width-30", "width-31")).status_code == 200
