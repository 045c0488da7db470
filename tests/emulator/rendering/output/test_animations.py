from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, GREEN, RED, animation, is_close, pixel

DELAYS = [100, 250, 700]
# Every way through the operations: loaded at its size or not, one more step, and a join of frames.
PATHS = {
    "noop": (60, 40),
    "resize-width-30": (30, 20),
    "grayscale--resize-width-120": (120, 80),
    "resize-width-30--crop-width-20-height-10": (20, 10),
    "rotate-angle-90": (40, 60),
    "blur-sigma-3": (60, 40),
    "rotate-angle-180--resize-width-30--rotate-angle-270": (20, 30),
}


def timed(format: str, loop: int) -> bytes:
    frames = [Image.new("RGB", (60, 40), colour) for colour in (RED, GREEN, BLUE)]
    file = io.BytesIO()
    frames[0].save(
        file, format, save_all=True, append_images=frames[1:], duration=DELAYS, loop=loop
    )
    return file.getvalue()


def frames_of(picture: Any) -> list[tuple[int, tuple[int, ...]]]:
    found = []
    for number in range(picture.n_frames):
        picture.seek(number)
        picture.load()
        found.append((picture.info["duration"], pixel(picture, 0.5, 0.5)))
    return found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wanted", ["gif", "webp"])
@pytest.mark.parametrize("source", ["GIF", "WEBP"])
def test_animation__keeps_delays_and_loop(
    shared_rokka: Rokka, source: str, wanted: str, path: str
) -> None:
    image = shared_rokka.upload(timed(source, loop=5))
    picture: Any = shared_rokka.picture(f"/dynamic/{path}/{image['hash']}.{wanted}")
    found = frames_of(picture)
    assert picture.size == PATHS[path]
    # A GIF counts how often it is repeated, a WebP how often it is shown.
    loop = {"GIF": 5, "WEBP": 4}[source] + (wanted == "webp")
    assert ([delay for delay, _ in found], picture.info["loop"]) == (DELAYS, loop)
    if "grayscale" not in path:
        pairs = zip([colour for _, colour in found], (RED, GREEN, BLUE), strict=True)
        assert all(is_close(*pair) for pair in pairs)


@pytest.mark.parametrize("wanted", ["png", "jpg", "avif", "tiff"])
def test_still_formats__show_the_first_frame(shared_rokka: Rokka, wanted: str) -> None:
    digest = shared_rokka.upload(animation("GIF"))["hash"]
    picture: Any = shared_rokka.picture(f"/dynamic/resize-width-30/{digest}.{wanted}")
    assert (picture.size, getattr(picture, "n_frames", 1)) == ((30, 20), 1)
    assert is_close(pixel(picture, 0.5, 0.5), RED)


def test_still_gif__stays_one_frame_when_it_grows(shared_rokka: Rokka) -> None:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), RED).save(file, "GIF")
    digest = shared_rokka.upload(file.getvalue())["hash"]
    for wanted in ("gif", "webp"):
        path = f"/dynamic/grayscale--resize-width-120/{digest}.{wanted}"
        picture: Any = shared_rokka.picture(path)
        assert (picture.size, picture.n_frames) == ((120, 80), 1)


@pytest.mark.parametrize(("url", "frames"), [("gif", 3), ("webp", 3), ("jpg", 1), ("png", 1)])
def test_autoformat__moves_only_where_the_url_does(
    shared_rokka: Rokka, url: str, frames: int
) -> None:
    digest = shared_rokka.upload(animation("GIF"))["hash"]
    picture: Any = shared_rokka.picture(
        f"/dynamic/noop/o-autoformat-true/{digest}.{url}", Accept="image/webp"
    )
    assert (picture.format, picture.n_frames) == ("WEBP", frames)
