from __future__ import annotations

import io
from typing import Any

import pytest
import pyvips
from PIL import Image, JpegImagePlugin

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, RED, encode, halves, is_close, pixel


@pytest.fixture(scope="module")
def noise(shared_rokka: Rokka) -> str:
    """The hash of a photo, which shows every loss."""
    one = pyvips.Image.gaussnoise(90, 60, mean=128, sigma=60)
    photo = one.bandjoin([one.rot180(), one.flip("vertical")]).cast("uchar")
    return str(shared_rokka.upload(encode(photo.copy(interpretation="srgb")))["hash"])


def sources() -> dict[str, bytes]:
    """Red and blue halves in every way that files keep pixels."""
    picture = halves(60, 40)
    file = io.BytesIO()
    cmyk = Image.new("CMYK", (60, 40), (0, 255, 255, 0))
    cmyk.paste((255, 255, 0, 0), (30, 0, 60, 40))
    cmyk.save(file, "JPEG")
    return {
        "jpg": encode(picture, "jpg"),
        "progressive jpg": encode(picture, "jpg", interlace=True),
        "cmyk jpg": file.getvalue(),
        "png": encode(picture),
        "interlaced png": encode(picture, interlace=True),
        "palette png": encode(picture, palette=True),
        "16 bit png": encode(
            (picture.cast("ushort") * 257).cast("ushort").copy(interpretation="rgb16")
        ),
        "gif": encode(picture, "gif"),
        "webp": encode(picture, "webp"),
        "lossless webp": encode(picture, "webp", lossless=True),
        "avif": encode(picture, "avif"),
        "tif": encode(picture, "tif"),
        "tiled tif": encode(picture, "tif", tile=True, compression="deflate"),
        "big tif": encode(picture, "tif", bigtiff=True),
    }


@pytest.mark.parametrize("name", sources())
@pytest.mark.parametrize("path", ["resize-width-30", "grayscale-enabled-false--rotate-angle-180"])
def test_source__of_every_kind_is_rendered(shared_rokka: Rokka, name: str, path: str) -> None:
    digest = shared_rokka.upload(sources()[name])["hash"]
    picture = shared_rokka.picture(f"/dynamic/{path}/{digest}.png")
    colours = (RED, BLUE) if "resize" in path else (BLUE, RED)
    # Inks have no such blue.
    tolerance = 140 if "cmyk" in name else 12
    assert is_close(pixel(picture, 0.1, 0.5), colours[0], tolerance)
    assert is_close(pixel(picture, 0.9, 0.5), colours[1], tolerance)


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"%PDF-1.4\n", "pdf"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "eps"),
        (b"\xff\x0a" + b"\0" * 9, "jxl"),
        (b"\0\1\0\0\0\x0c", "ttf"),
        (b"OTTO\0\x0c", "otf"),
        (b"\x1aE\xdf\xa3\1", "webm"),
    ],
)
def test_source__that_is_only_stored_is_missing_by_name(
    shared_rokka: Rokka, data: bytes, format: str
) -> None:
    image = shared_rokka.upload(data, f"a.{format}")
    response = shared_rokka.render(f"/dynamic/resize-width-9/{image['hash']}.jpg")
    assert (image["format"], response.status_code) == (format, 501)
    assert f"rendering of {format} files" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "format", ["jxl", "heif", "heic", "jp2", "mp4", "webm", "m3u", "m3u8", "ts"]
)
def test_format__that_rokka_has_is_missing_by_name(
    shared_rokka: Rokka, noise: str, format: str
) -> None:
    response = shared_rokka.render(f"/dynamic/noop/{noise}.{format}")
    assert response.status_code == 501
    assert f"the format {format!r}" in response.json()["error"]["message"]


@pytest.mark.parametrize("format", ["tif", "tiff"])
def test_tiff__keeps_every_pixel(shared_rokka: Rokka, noise: str, format: str) -> None:
    response = shared_rokka.render(f"/dynamic/noop/{noise}.{format}")
    assert response.headers["Content-Type"] == "image/tiff"
    exact = shared_rokka.picture(f"/dynamic/noop/{noise}.png")
    assert shared_rokka.picture(f"/dynamic/noop/{noise}.{format}").tobytes() == exact.tobytes()


class TestQualities:
    def test_jpg__is_80_and_less_on_fine_screens(self, shared_rokka: Rokka, noise: str) -> None:
        def tables(options: str, operation: str = "resize-width-45") -> Any:
            path = f"/dynamic/{operation}/{options}/{noise}.jpg"
            picture = shared_rokka.picture(path)
            assert isinstance(picture, JpegImagePlugin.JpegImageFile)
            return picture.quantization

        assert tables("o-dpr-1") == tables("o-jpg.quality-80")
        assert tables("o-dpr-1.5") == tables("o-jpg.quality-80")
        assert tables("o-dpr-2") == tables("o-jpg.quality-70")
        assert tables("o-dpr-2-jpg.quality-80") == tables("o-jpg.quality-80")

    @pytest.mark.parametrize(("optim", "quality"), [(0, 55), (4, 75), (5, 80), (7, 90), (10, 95)])
    def test_optim_quality__stands_for_qualities(
        self, shared_rokka: Rokka, noise: str, optim: int, quality: int
    ) -> None:
        found, same, explicit, off = (
            shared_rokka.render(f"/dynamic/noop/o-{options}/{noise}.jpg").content
            for options in (
                f"optim.quality-{optim}",
                f"jpg.quality-{quality}",
                f"optim.quality-{optim}-jpg.quality-33",
                f"optim.quality-{optim}-optim.disable_all-true",
            )
        )
        assert found == same
        assert explicit == shared_rokka.render(f"/dynamic/o-jpg.quality-33/{noise}.jpg").content
        assert off == shared_rokka.render(f"/dynamic/{noise}.jpg").content

    @pytest.mark.parametrize(
        ("format", "option"),
        [
            ("webp", "webp.quality"),
            ("avif", "avif.quality"),
            ("jpg", "jpg.quality"),
            ("png", "pngquant.quality"),
        ],
    )
    def test_quality__changes_the_size(
        self, shared_rokka: Rokka, noise: str, format: str, option: str
    ) -> None:
        sizes = [
            len(shared_rokka.render(f"/dynamic/noop/o-{option}-{value}/{noise}.{format}").content)
            for value in (10, 50, 100)
        ]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[2]

    def test_webp__of_100_is_lossless(self, shared_rokka: Rokka, noise: str) -> None:
        exact = shared_rokka.picture(f"/dynamic/noop/{noise}.png").convert("RGB")
        found = shared_rokka.picture(f"/dynamic/noop/o-webp.quality-100/{noise}.webp")
        assert found.convert("RGB").tobytes() == exact.tobytes()

    def test_png__is_exact_unless_the_stack_says_otherwise(
        self, shared_rokka: Rokka, noise: str
    ) -> None:
        modes = [
            shared_rokka.picture(f"/dynamic/noop/o-{options}/{noise}.png").mode
            for options in (
                "dpr-1",
                "pngquant.quality-100",
                "pngquant.quality-80",
                "pngquant.quality-80-optim.disable_all-true",
            )
        ]
        assert modes == ["RGB", "RGB", "P", "RGB"]

    def test_compression_level__packs_tighter(self, shared_rokka: Rokka) -> None:
        digest = shared_rokka.upload(encode(halves(300, 200)))["hash"]
        loose, tight = (
            len(shared_rokka.render(f"/dynamic/o-png.compression_level-{n}/{digest}.png").content)
            for n in (0, 9)
        )
        assert tight < loose

    @pytest.mark.parametrize(("mode", "expected"), [("plane", True), ("none", False)])
    def test_interlacing__makes_progressive_jpegs(
        self,
        shared_rokka: Rokka,
        noise: str,
        mode: str,
        expected: bool,  # noqa: FBT001 (a parameter of the test)
    ) -> None:
        path = f"/dynamic/noop/o-interlacing.mode-{mode}/{noise}.jpg"
        assert ("progressive" in shared_rokka.picture(path).info) is expected
        assert "progressive" in shared_rokka.picture(f"/dynamic/{noise}.jpg").info


class TestDPI:
    @pytest.mark.parametrize("format", ["png", "tiff"])
    def test_dpi__is_written_into_the_file(
        self, shared_rokka: Rokka, noise: str, format: str
    ) -> None:
        path = f"/dynamic/noop/o-dpi-300-optim.disable_all-true/{noise}.{format}"
        picture = shared_rokka.picture(path)
        assert [round(float(number)) for number in picture.info["dpi"]] == [300, 300]

    def test_dpi__needs_optimization_off(self, shared_rokka: Rokka, noise: str) -> None:
        response = shared_rokka.render(f"/dynamic/noop/o-dpi-300/{noise}.png")
        assert response.status_code == 400
        assert "needs optim.disable_all" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("options", "widths"),
    [
        ("", (200, 400, 400, 800)),
        ("-upscale-false", (200, 400, 300, 600)),
        ("-upscale-false-upscale_dpr-false", (200, 300, 300, 300)),
    ],
)
def test_dpr__follows_the_documented_table(
    shared_rokka: Rokka, options: str, widths: tuple[int, ...]
) -> None:
    digest = shared_rokka.upload(encode(halves(300, 30)))["hash"]
    found = tuple(
        shared_rokka.picture(f"/dynamic/resize-width-{w}{options}/o-dpr-{d}/{digest}.png").width
        for w in (200, 400)
        for d in (1, 2)
    )
    assert found == widths
