from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from werkzeug.exceptions import UnprocessableEntity

from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.emulator.concurrency.counters import Counters
from django_rokka.emulator.concurrency.render_cache import RenderCache

from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.pictures import encode, halves

HOUR = 3600


def writing(data: bytes, *, seconds: float = 0) -> Callable[[Path], str]:
    def make(path: Path) -> str:
        time.sleep(seconds)
        path.write_bytes(data)
        return "png"

    return make


def read(cache: RenderCache, key: str, make: Callable[[Path], str]) -> bytes:
    rendered = cache.fetch(key, formats=("webp", "png"), make=make)
    with rendered.file:
        return rendered.file.read()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def cache(tmp_path: Path, counters: Counters) -> RenderCache:
    return RenderCache(tmp_path, maximum=1000, counters=counters)


def test_fetch__finds_what_was_made_in_any_format(cache: RenderCache, counters: Counters) -> None:
    assert read(cache, "aabbcc", writing(b"first")) == b"first"
    assert read(cache, "aabbcc", writing(b"second")) == b"first"
    assert counters.as_json() == {"cache_hits": 1, "renders": 1}


def test_fetch__makes_once_for_many_threads(cache: RenderCache, counters: Counters) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: read(cache, "aabbcc", writing(b"one", seconds=0.2)), range(8))
        )
    assert answers == [b"one"] * 8
    assert counters.as_json()["renders"] == 1


def test_fetch__gives_an_error_to_all_who_wait_and_keeps_nothing(
    cache: RenderCache, tmp_path: Path
) -> None:
    started = threading.Barrier(4)
    tried = []

    def fail(path: Path) -> str:
        tried.append(path)
        path.write_bytes(b"half")
        time.sleep(0.3)
        raise UnprocessableEntity("broken")

    def ask(_: int) -> str:
        started.wait()
        with pytest.raises(UnprocessableEntity) as caught:
            read(cache, "aabbcc", fail)
        return str(caught.value.description)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == ["broken"] * 4
    assert len(tried) == 1
    assert files(tmp_path / "renders") + files(tmp_path / "rendering") == []
    assert read(cache, "aabbcc", writing(b"sound")) == b"sound"


def test_fetch__evicts_what_was_not_used_for_longest(cache: RenderCache, tmp_path: Path) -> None:
    for number, key in enumerate(("aaaaaa", "bbbbbb", "cccccc")):
        read(cache, key, writing(key.encode() * 50))
        (path,) = (tmp_path / "renders").rglob(f"{key}.png")
        os.utime(path, (number * HOUR, number * HOUR))
    assert read(cache, "aaaaaa", writing(b"other")) == b"aaaaaa" * 50
    # The room of three, of which a little stays free.
    read(cache, "dddddd", writing(b"d" * 300))
    assert {path.stem for path in files(tmp_path / "renders")} == {"aaaaaa", "cccccc", "dddddd"}


def _size(root: Path) -> int:
    return sum(path.stat().st_size for path in files(root / "renders"))


def test_fetch__never_keeps_more_than_there_is_room_for(cache: RenderCache, tmp_path: Path) -> None:
    for number in range(40):
        assert read(cache, f"{number:06}", writing(b"x" * 150)) == b"x" * 150
        assert _size(tmp_path) <= 1000


def test_fetch__answers_with_what_is_larger_than_all_room(
    cache: RenderCache, tmp_path: Path
) -> None:
    assert read(cache, "aabbcc", writing(b"x" * 5000)) == b"x" * 5000
    assert _size(tmp_path) == 0


def test_fetch__keeps_to_the_room_that_another_one_shares(tmp_path: Path) -> None:
    caches = [RenderCache(tmp_path, maximum=1000, counters=Counters()) for _ in range(2)]
    for number in range(40):
        read(caches[number % 2], f"{number:06}", writing(b"x" * 100))
        assert _size(tmp_path) <= 1000


def test_use__changes_no_date_that_browsers_see(cache: RenderCache, tmp_path: Path) -> None:
    read(cache, "aabbcc", writing(b"one"))
    (path,) = files(tmp_path / "renders")
    os.utime(path, (HOUR, HOUR))
    read(cache, "aabbcc", writing(b"two"))
    assert path.stat().st_mtime == HOUR
    assert path.stat().st_atime > time.time() - HOUR


def test_make_once__keeps_nothing(cache: RenderCache, tmp_path: Path) -> None:
    for data in (b"one", b"two"):
        rendered = cache.make_once(writing(data))
        with rendered.file:
            assert (rendered.file.read(), rendered.format) == (data, "png")
    assert files(tmp_path) == []


def test_unfinished__of_a_killed_process_is_swept(tmp_path: Path) -> None:
    RenderCache(tmp_path, maximum=1000, counters=Counters())
    old, new = (tmp_path / "rendering" / name for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * HOUR,) * 2)
    RenderCache(tmp_path, maximum=1000, counters=Counters())
    assert files(tmp_path / "rendering") == [new]


def test_fetch__makes_its_folders_again(cache: RenderCache, tmp_path: Path) -> None:
    for folder in list(tmp_path.iterdir()):
        shutil.rmtree(folder)
    assert read(cache, "aabbcc", writing(b"one")) == b"one"
    for folder in list(tmp_path.iterdir()):
        shutil.rmtree(folder)
    with cache.make_once(writing(b"two")).file as file:
        assert file.read() == b"two"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
class TestLocks:
    @staticmethod
    def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        def flock(*_: Any) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr("fcntl.flock", flock)

    @pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
    def test_fetch__goes_on_without_locks(
        self, cache: RenderCache, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        self.refuse(monkeypatch, number)
        assert read(cache, "aabbcc", writing(b"one")) == b"one"

    def test_fetch__hides_no_other_error(
        self, cache: RenderCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.refuse(monkeypatch, errno.EIO)
        with pytest.raises(OSError, match=r"\[Errno 5\]"):
            read(cache, "aabbcc", writing(b"one"))


class TestPowerLoss:
    def test_render__is_on_disk_before_it_has_its_name(
        self, cache: RenderCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced, fsync = [], os.fsync

        def note(descriptor: int) -> None:
            synced.append((os.fstat(descriptor).st_size, files(tmp_path / "renders")))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", note)
        read(cache, "aabbcc", writing(b"one"))
        assert synced == [(3, [])]

    def test_render__that_lost_its_bytes_is_made_again(
        self, cache: RenderCache, tmp_path: Path
    ) -> None:
        read(cache, "aabbcc", writing(b"one"))
        (path,) = files(tmp_path / "renders")
        path.write_bytes(b"")
        assert read(cache, "aabbcc", writing(b"two")) == b"two"

    def test_render__without_bytes_is_an_error(self, cache: RenderCache, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="no bytes"):
            read(cache, "aabbcc", writing(b""))
        assert files(tmp_path / "renders") + files(tmp_path / "rendering") == []


def _fetch_in_process(root: str, results: Any) -> None:
    counters = Counters()
    cache = RenderCache(Path(root), maximum=1000, counters=counters)
    read(cache, "aabbcc", writing(b"one", seconds=0.5))
    results.put(counters.as_json().get("renders", 0))


def test_fetch__makes_once_for_several_processes(tmp_path: Path) -> None:
    context = get_context("spawn")
    results = context.Queue()
    processes = [
        context.Process(target=_fetch_in_process, args=(str(tmp_path), results)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    made = [results.get(timeout=30) for _ in processes]
    for process in processes:
        process.join()
    assert sum(made) == 1


class TestOverHttp:
    def test_renders__are_counted_apart_from_hits(self, rokka: Rokka) -> None:
        digest = rokka.upload(encode(halves(60, 40)))["hash"]
        for _ in range(3):
            assert rokka.render(f"/dynamic/resize-width-30/{digest}.png").status_code == 200
        stats = rokka.api("GET", "/_emulator/stats").json()
        assert (stats["renders"], stats["cache_hits"]) == (1, 2)

    def test_folders__may_be_deleted_at_any_time(self, rokka: Rokka) -> None:
        path = f"/dynamic/resize-width-30/{rokka.upload(encode(halves(60, 40)))['hash']}.png"
        root = rokka.server.emulator.root
        for _ in range(2):
            assert rokka.picture(path).width == 30
            for name in ("renders", "rendering", "render-locks"):
                shutil.rmtree(root / name)

    def test_renders__take_no_more_than_their_setting(self, tmp_path: Path) -> None:
        emulator = Emulator(root=tmp_path, api_key=API_KEY, render_cache_size=2000)
        with EmulatorServer(emulator) as server:
            client = Rokka(server)
            digest = client.upload(encode(halves(600, 400)))["hash"]
            for width in range(100, 110):
                assert client.picture(f"/dynamic/resize-width-{width}/{digest}.jpg").width == width
                assert _size(tmp_path) <= 2000
            client.close()

    def test_change__by_another_process_is_seen_at_once(self, rokka: Rokka) -> None:
        digest = rokka.upload(encode(halves(60, 40)))["hash"]
        rokka.put_stack("small", [{"name": "resize", "options": {"width": 30}}])
        path = f"/small/{digest}.png"
        assert rokka.picture(path).width == rokka.picture(path).width == 30
        root = rokka.server.emulator.root
        with EmulatorServer(Emulator(root=root, api_key=API_KEY)) as server:
            other = Rokka(server)
            definition = [{"name": "resize", "options": {"width": 20}}]
            assert other.put_stack("small", definition, overwrite="true").status_code == 200
            assert rokka.picture(path).width == 20
            other.api("DELETE", f"/sourceimages/demo/{digest}")
            assert rokka.render(path).status_code == 404
            other.close()
