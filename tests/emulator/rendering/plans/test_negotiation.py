from __future__ import annotations

from typing import Any

import pytest
import pyvips

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import (
    BLUE,
    RED,
    SVG,
    WHITE,
    decode,
    encode,
    halves,
    is_close,
    pixel,
    plain,
)

BROWSER = "image/avif,image/webp,image/*,*/*;q=0.8"


@pytest.fixture(scope="module")
def images(shared_rokka: Rokka) -> dict[str, str]:
    """Hashes of a graphic, a photo, a graphic with a transparent half, and a drawing."""
    noise = pyvips.Image.gaussnoise(90, 60, mean=128, sigma=60)
    photo = noise.bandjoin([noise.rot180(), noise.flip("vertical")]).cast("uchar")
    clear = plain(30, 40, (*RED, 255)).join(plain(30, 40, (*BLUE, 0)), "horizontal")
    files = {
        "graphic": encode(halves(60, 40)),
        "photo": encode(photo.copy(interpretation="srgb")),
        "clear": encode(clear),
        "drawing": SVG,
    }
    return {name: shared_rokka.upload(data)["hash"] for name, data in files.items()}


def kind(response: Any) -> str:
    assert response.status_code == 200, response.text
    return str(response.headers["Content-Type"])


def is_lossless(data: bytes) -> bool:
    return data[12:16] == b"VP8L"


class TestFirstStage:
    @pytest.mark.parametrize(
        ("accept", "format"),
        [
            ("image/webp", "webp"),
            ("IMAGE/WEBP;q=0.1", "webp"),
            ("text/html, image/webp;v=1;q=0.5", "webp"),
            ("image/webp;q=0, */*", "jpeg"),
            ("*/*", "jpeg"),
            ("image/*", "jpeg"),
            ("image/webpx", "jpeg"),
            ("image/webp;q=often", "jpeg"),
            (",;,=", "jpeg"),
            ("", "jpeg"),
        ],
    )
    def test_accept__must_name_webp(
        self, shared_rokka: Rokka, images: dict[str, str], accept: str, format: str
    ) -> None:
        path = f"/dynamic/noop/o-autoformat-true/{images['graphic']}.jpg"
        response = shared_rokka.render(path, Accept=accept)
        assert (kind(response), response.headers["Vary"]) == (f"image/{format}", "Accept")

    @pytest.mark.parametrize(
        ("url", "options", "expected"),
        [
            ("jpg", "", "webp"),
            ("png", "", "webp"),
            ("gif", "", "gif"),
            ("webp", "", "webp"),
            ("avif", "", "avif"),
            ("tiff", "", "tiff"),
            ("jpg", "-autoformat.include-avif", "avif"),
            ("png", "-autoformat.include-avif", "webp"),
            ("png", "-autoformat.include-avif-autoformat.exclude-webp", "avif"),
            ("jpg", "-autoformat.exclude-webp", "jpeg"),
            ("jpg", "-autoformat.include-avif-autoformat.exclude-avif", "webp"),
            ("jpg", "-autoformat.include-avif-autoformat.exclude-avif,webp", "jpeg"),
        ],
    )
    def test_format__follows_url_and_stack(
        self,
        shared_rokka: Rokka,
        images: dict[str, str],
        url: str,
        options: str,
        expected: str,
    ) -> None:
        path = f"/dynamic/noop/o-autoformat-true{options}/{images['graphic']}.{url}"
        assert kind(shared_rokka.render(path, Accept=BROWSER)) == f"image/{expected}"

    @pytest.mark.parametrize(
        ("url", "options", "expected"),
        [
            ("png", "", True),
            ("jpg", "", False),
            ("png", "-webp.quality-80", False),
            ("jpg", "-webp.quality-100", True),
        ],
    )
    def test_webp__loses_what_was_asked_for(
        self,
        shared_rokka: Rokka,
        images: dict[str, str],
        url: str,
        options: str,
        expected: bool,  # noqa: FBT001 (a parameter of the test)
    ) -> None:
        path = f"/dynamic/noop/o-autoformat-true{options}/{images['photo']}.{url}"
        response = shared_rokka.render(path, Accept="image/webp")
        assert (kind(response), is_lossless(response.content)) == ("image/webp", expected)

    def test_exclude__takes_known_words_only(
        self, shared_rokka: Rokka, images: dict[str, str]
    ) -> None:
        path = f"/dynamic/noop/o-autoformat-true-autoformat.exclude-gif/{images['photo']}.jpg"
        response = shared_rokka.render(path)
        assert response.status_code == 400
        assert "Unknown word 'gif'" in response.json()["error"]["message"]

    def test_picture__is_as_opaque_for_every_browser(
        self, shared_rokka: Rokka, images: dict[str, str]
    ) -> None:
        path = f"/dynamic/noop/o-autoformat-true/{images['clear']}.jpg"
        for accept in ("*/*", "image/webp"):
            picture = shared_rokka.picture(path, Accept=accept)
            assert (picture.mode, is_close(pixel(picture, 0.9, 0.5), WHITE)) == ("RGB", True)


class TestSecondStage:
    @pytest.mark.parametrize(
        ("image", "url", "options"),
        [
            ("graphic", "jpg becomes png", ""),
            ("graphic", "png becomes png", ""),
            ("photo", "jpg becomes jpeg", ""),
            ("photo", "png becomes jpeg", ""),
            ("photo", "gif becomes gif", ""),
            ("clear", "png becomes png", ""),
            ("graphic", "jpg becomes jpeg", "-autoformat.exclude-lossy_to_lossless"),
            ("graphic", "jpg becomes png", "-autoformat.exclude-lossy_to_lossless_if_bigger"),
            ("photo", "png becomes png", "-autoformat.exclude-lossless_to_lossy"),
            ("photo", "png becomes png", "-optim.disable_all-true"),
        ],
    )
    def test_immediate__lets_the_picture_decide(
        self, shared_rokka: Rokka, images: dict[str, str], image: str, url: str, options: str
    ) -> None:
        stack = f"o-autoformat-true-optim.immediate-true{options}"
        url, _, expected = url.partition(" becomes ")
        response = shared_rokka.render(f"/dynamic/noop/{stack}/{images[image]}.{url}")
        assert kind(response) == f"image/{expected}"

    def test_bigger__is_refused_where_the_stack_says_so(self, shared_rokka: Rokka) -> None:
        # A PNG that is not compressed at all is larger than any JPEG.
        digest = shared_rokka.upload(encode(halves(600, 400)))["hash"]
        stack = "o-autoformat-true-optim.immediate-true-png.compression_level-0"
        word = "-autoformat.exclude-lossy_to_lossless_if_bigger"
        found = [
            kind(shared_rokka.render(f"/dynamic/noop/{stack}{more}/{digest}.jpg"))
            for more in ("", word)
        ]
        assert found == ["image/png", "image/jpeg"]

    @pytest.mark.parametrize(("image", "url"), [("graphic", "jpg"), ("photo", "png")])
    def test_webp__changes_between_lossy_and_lossless(
        self, shared_rokka: Rokka, images: dict[str, str], image: str, url: str
    ) -> None:
        stack = "o-autoformat-true-optim.immediate-true"
        found = {}
        for quality in ("", "-webp.quality-100", "-webp.quality-90"):
            path = f"/dynamic/noop/{stack}{quality}/{images[image]}.{url}"
            found[quality] = is_lossless(shared_rokka.render(path, Accept="image/webp").content)
        is_graphic = image == "graphic"
        assert found == {"": is_graphic, "-webp.quality-100": True, "-webp.quality-90": False}

    def test_first_answer__is_that_of_the_first_stage(
        self, shared_rokka: Rokka, images: dict[str, str]
    ) -> None:
        path = f"/dynamic/noop/o-autoformat-true/{images['graphic']}.jpg"
        assert kind(shared_rokka.render(path)) == "image/jpeg"


class TestDrawings:
    @pytest.mark.parametrize("url", ["jpg", "png", "webp", "svg"])
    def test_drawing__stays_one_under_autoformat(
        self, shared_rokka: Rokka, images: dict[str, str], url: str
    ) -> None:
        path = f"/dynamic/resize-width-60/o-autoformat-true/{images['drawing']}.{url}"
        assert shared_rokka.render(path, Accept="image/webp").content == SVG

    @pytest.mark.parametrize(
        ("operation", "options", "url"),
        [
            ("noop", "-autoformat.exclude-svg", "png becomes webp"),
            ("grayscale", "", "jpg becomes webp"),
            ("crop-width-9-height-9-anchor-smart", "", "png becomes webp"),
            ("grayscale", "", "svg becomes webp"),
            ("grayscale", "-autoformat.exclude-webp", "svg becomes png"),
            ("grayscale", "-autoformat.exclude-svg_to_png", "svg becomes svg+xml"),
        ],
    )
    def test_drawing__becomes_pixels_where_it_must(
        self, shared_rokka: Rokka, images: dict[str, str], operation: str, options: str, url: str
    ) -> None:
        url, _, expected = url.partition(" becomes ")
        path = f"/dynamic/{operation}/o-autoformat-true{options}/{images['drawing']}.{url}"
        assert kind(shared_rokka.render(path, Accept="image/webp")) == f"image/{expected}"

    def test_svg__shows_pixels_where_nothing_else_is_there(
        self, shared_rokka: Rokka, images: dict[str, str]
    ) -> None:
        response = shared_rokka.render(f"/dynamic/resize-width-30/{images['graphic']}.svg")
        assert kind(response) == "image/svg+xml"
        picture = decode(pyvips.Image.svgload_buffer(response.content).write_to_buffer(".png"))
        colours = (pixel(picture, 0.1, 0.5), pixel(picture, 0.9, 0.5))
        assert (picture.size, colours) == ((30, 20), (RED, BLUE))


class TestTransparency:
    @pytest.mark.parametrize(
        ("value", "accept", "expected"),
        [
            ("true", BROWSER, "webp"),
            ("true", "*/*", "svg+xml"),
            ("true", "image/svg+xml", "svg+xml"),
            ("true", "image/webp;q=0,*/*", "svg+xml"),
            ("true", "image/png", "png"),
            ("true", "", "png"),
            ("png", "*/*", "png"),
            ("png", "image/webp", "webp"),
            ("webp", "*/*", "webp"),
            ("false", BROWSER, "jpeg"),
        ],
    )
    def test_jpg__with_visible_alpha_becomes_something_better(
        self,
        shared_rokka: Rokka,
        images: dict[str, str],
        value: str,
        accept: str,
        expected: str,
    ) -> None:
        path = f"/dynamic/noop/o-jpg.transparency.autoformat-{value}/{images['clear']}.jpg"
        response = shared_rokka.render(path, Accept=accept)
        assert kind(response) == f"image/{expected}"
        assert response.headers.get("Vary") == (None if value == "false" else "Accept")

    @pytest.mark.parametrize(
        ("operations", "options", "expected"),
        [
            # What counts is what can be seen after the operations.
            ("crop-width-20-height-20-anchor-left_top", "", "jpeg"),
            ("noop", "-jpg.transparency.convert-true", "jpeg"),
            ("noop", "-transparency.color-008000", "jpeg"),
            ("noop", "-jpg.transparency.color-008000", "png"),
            ("rotate-angle-90", "", "png"),
        ],
    )
    def test_jpg__without_visible_alpha_stays_one(
        self,
        shared_rokka: Rokka,
        images: dict[str, str],
        operations: str,
        options: str,
        expected: str,
    ) -> None:
        stack = f"o-jpg.transparency.autoformat-png{options}"
        path = f"/dynamic/{operations}/{stack}/{images['clear']}.jpg"
        # The second answer comes from the cache, which has to know the format, too.
        for _ in range(2):
            assert kind(shared_rokka.render(path, Accept="*/*")) == f"image/{expected}"

    def test_svg__shows_a_jpeg_through_a_mask(
        self, shared_rokka: Rokka, images: dict[str, str]
    ) -> None:
        path = f"/dynamic/noop/o-jpg.transparency.autoformat-true/{images['clear']}.jpg"
        response = shared_rokka.render(path, Accept="*/*")
        assert b"data:image/jpeg;base64" in response.content
        drawn = pyvips.Image.svgload_buffer(response.content)
        assert drawn(55, 20)[3] == 0
        assert is_close(tuple(map(int, drawn(5, 20))), (*RED, 255))
