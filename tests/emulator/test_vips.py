from __future__ import annotations

import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_rokka.emulator import vips

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


def test_load__trusts_the_signature_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(encode(halves(30, 20), "png"))
    with pytest.raises(vips.BrokenImage, match="has the signature of jpg, but reads as"):
        vips.load(path, format="jpg", width=30, height=20)


def test_broken_image__names_no_path(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(encode(halves(300, 200).gaussblur(3), "jpg")[:900])
    with pytest.raises(vips.BrokenImage) as caught:
        vips.load(path, format="jpg", width=30, height=20)
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


def test_load__of_an_svg_is_limited_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"<svg>" + b" " * vips.MAX_SVG_SIZE)
    with pytest.raises(vips.BrokenImage, match="an SVG of more than 10 MB"):
        vips.load(path, format="svg", width=30, height=20)
