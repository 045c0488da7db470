from __future__ import annotations

import http.server
import subprocess
import sys
import textwrap
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_rokka.emulator.pixels import vips, watching

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import RED, WHITE, decode, encode, halves, plain


@pytest.fixture
def visited() -> Iterator[tuple[str, list[str]]]:
    """A web server that notes who comes."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


def test_svg__fetches_nothing(rokka: Rokka, tmp_path: Path, visited: tuple[str, list[str]]) -> None:
    host, paths = visited
    neighbour = tmp_path / "red.png"
    neighbour.write_bytes(encode(plain(60, 40, RED)))
    # Where the emulator keeps its files, too: nothing beside an SVG may show up in it.
    (tmp_path / "rokka" / "binaries" / "red.png").write_bytes(neighbour.read_bytes())
    images = "".join(
        f'<image width="60" height="40" href="{address}" xlink:href="{address}"/>'
        for address in (f"{host}/a.png", f"file://{neighbour}", "red.png", "../../red.png")
    )
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="60" height="40"><style>@import url("{host}/style.css");</style>'
        f'<rect width="60" height="40" fill="#fff"/>{images}</svg>'
    )
    digest = rokka.upload(drawing.encode())["hash"]
    picture = decode(rokka.render(f"/dynamic/resize-width-120/{digest}.png").content)
    assert picture.convert("RGB").getcolors() == [(120 * 80, WHITE)]
    assert paths == []


def admit(promise: vips.Promise) -> None:
    vips.check_pixels(promise.width, promise.height, frames=promise.frames)


def test_load__trusts_the_signature_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(encode(halves(30, 20), "png"))
    with pytest.raises(vips.BrokenImage, match="has the signature of jpg, but reads as"):
        vips.load(path, format="jpg", width=30, height=20, check=admit)


def test_broken_image__names_no_path(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(encode(halves(300, 200).gaussblur(3), "jpg")[:900])
    with pytest.raises(vips.BrokenImage) as caught:
        vips.load(path, format="jpg", width=30, height=20, check=admit)
    assert str(tmp_path) not in str(caught.value)


def test_rendering__without_pyvips_names_the_extra(
    rokka: Rokka, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = rokka.upload(encode(halves(30, 20)))["hash"]
    monkeypatch.setitem(sys.modules, "pyvips", None)
    response = rokka.render(f"/dynamic/resize-width-9/{digest}.png")
    assert response.status_code == 501
    assert response.json()["error"]["message"] == (
        "The emulator does not have rendering, because pyvips is not installed."
        " Run: pip install django-rokka[emulator]"
    )


def test_format__that_this_libvips_cannot_write_is_missing(
    rokka: Rokka, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = rokka.upload(encode(halves(30, 20)))["hash"]
    # A saver that libvips' own wheel lacks.
    monkeypatch.setitem(vips._SAVERS, "tif", "jxlsave")
    response = rokka.render(f"/dynamic/noop/{digest}.tif")
    assert response.status_code == 501
    assert "the format 'tif' (this libvips cannot write it)" in response.text


def test_can_read__asks_libvips(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [vips.can_read(name) for name in ("jpg", "svg", "pdf", "mp4")] == [
        True,
        True,
        False,
        False,
    ]
    monkeypatch.setitem(sys.modules, "pyvips", None)
    assert [vips.can_read(name) for name in ("jpg", "pdf", "mp4")] == [True, True, False]


WATCHER = textwrap.dedent(
    """
    import gc, sys, threading, time
    from pathlib import Path
    import pyvips
    from django_rokka.emulator.pixels import vips

    noise = pyvips.Image.gaussnoise(300, 200).copy_memory()

    def work():
        for number in range(15):
            # Each copy is the same picture for libvips, and the first one's owner is gone.
            image = noise.copy().copy_memory()
            vips.watch(image, until=time.monotonic() + 60)
            image = image.copy_memory()
            gc.collect()
            filler = [object() for _ in range(1000)]
            image = image.gaussblur(2)
            vips.watch(image, until=time.monotonic() + 60)
            image.copy_memory().copy_memory()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        late = noise.copy()
        vips.watch(late, until=time.monotonic())
        late.resize(20).copy_memory()
    except pyvips.Error:
        print("given up")
    """
)


def test_watch__lasts_longer_than_the_image_that_is_watched() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHER], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "given up\n"), done.stderr[-500:]


def test_watch__forgets_what_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: deque[tuple[float, list[object]]] = deque()
    monkeypatch.setattr(watching, "_CALLBACKS", kept)
    now = time.monotonic()
    for until in (now - 9999, now - 9999, now):
        vips.watch(halves(9, 9), until=until)
    assert len(kept) == 1


def test_load__of_an_svg_is_limited_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"<svg>" + b" " * vips.MAX_SVG_SIZE)
    with pytest.raises(vips.BrokenImage, match="an SVG of more than 10 MB"):
        vips.load(path, format="svg", width=30, height=20, check=admit)
