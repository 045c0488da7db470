"""Files that lie, files that explode, and URLs that ask for too much."""

from __future__ import annotations

import json
import resource
import struct
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path

import pytest
import pyvips

from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.emulator.pixels import svg_drawing, vips
from django_rokka.emulator.rendering.plans.costs import SECONDS, writing_rate
from django_rokka.emulator.rendering.plans.qualities import choose_output

from tests.emulator.conftest import API_KEY, Rokka
from tests.emulator.hostile.files import gif_bomb
from tests.emulator.pictures import encode, halves, plain, png_with_header


def gif(width: int, height: int, frames: int) -> bytes:
    """A GIF whose frames are large and have next to no pixels."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x21\xf9\x04\x04\x0a\0\0\0," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return head + (frame + b"\x02\x02\x44\x01\x00") * frames + b";"


def interlaced_png(width: int, height: int) -> bytes:
    """The header of an interlaced PNG with 16 bits a band: a decoder keeps all of it."""
    old, new = (
        b"IHDR" + struct.pack(">IIBBBBB", width, height, *kind)
        for kind in ((8, 2, 0, 0, 0), (16, 6, 0, 0, 1))
    )
    sums = [struct.pack(">I", zlib.crc32(header)) for header in (old, new)]
    return png_with_header(width, height).replace(old + sums[0], new + sums[1])


def svg(content: str, attributes: str = 'width="60" height="40"', head: str = "") -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{head}<svg {names} {attributes}>{content}</svg>".encode()


def nested_uses(depth: int) -> str:
    groups = '<g id="a0"><rect width="9" height="9"/></g>'
    for number in range(1, depth):
        groups += f'<g id="a{number}">' + f'<use xlink:href="#a{number - 1}"/>' * 10 + "</g>"
    return groups


def filtered(effect: str) -> str:
    box = '<rect width="60" height="40" filter="url(#f)"/>'
    return f'<filter id="f" x="0" y="0" width="1" height="1">{effect}</filter>{box}'


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
SOUND = encode(halves(900, 700).gaussblur(2).cast("uchar"), "png")
BOMBS = {
    "png of nothing": png_with_header(15_000, 15_000),
    "interlaced png": interlaced_png(15_000, 15_000),
    "large gif": gif(15_000, 15_000, 2),
    "long gif": gif(500, 500, 5000),
    "entities": svg("<text>&a11;</text>", head=f'<!DOCTYPE svg [<!ENTITY a0 "ha">{ENTITIES}]>'),
    "deep svg": svg("<g>" * 100_000 + "</g>" * 100_000),
    "layers": svg('<g opacity=".9">' * 200 + '<rect width="60" height="40"/>' + "</g>" * 200),
    "uses": svg(nested_uses(10)),
    "uses without a size": svg(nested_uses(10), attributes=""),
    "turbulence": svg(filtered('<feTurbulence baseFrequency=".05" numOctaves="1000"/>')),
    "morphology": svg(filtered('<feMorphology operator="dilate" radius="1000"/>')),
    "large view": svg('<rect width="9" height="9"/>', attributes='viewBox="0 0 1e9 1e9"'),
    "many shapes": svg('<path d="M0 0h60v40h-60z"/>' * 20_000),
}
PATHS = (
    "resize-width-50/{}.png",
    "resize-width-50/{}.gif",
    "noop/{}.webp",
    "resize-width-2000-height-2000-mode-absolute/{}.jpg",
)


# Those that need all the time they are given, and are the same to the code as another.
SLOW = {"large gif", "uses", "uses without a size", "morphology", "many shapes"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.soak if name in SLOW else ()) for name in BOMBS],
)
def test_bomb__is_refused_or_drawn_in_time(shared_rokka: Rokka, name: str) -> None:
    upload = shared_rokka.post_file(BOMBS[name])
    if upload.status_code != 200:
        assert upload.status_code == 400
        return
    digest = upload.json()["items"][0]["hash"]
    for path in PATHS:
        began = time.monotonic()
        answer = shared_rokka.render(f"/dynamic/{path.format(digest)}")
        assert answer.status_code in {200, 400, 422}
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("format", ["jpg", "png", "gif", "webp", "avif", "tif"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_truncated_file__is_refused(shared_rokka: Rokka, format: str, share: float) -> None:
    # Noise, so that every part of the file matters.
    noise = pyvips.Image.gaussnoise(400, 300, mean=128, sigma=60).cast("uchar")
    data = encode(noise.bandjoin([noise, noise]).copy(interpretation="srgb"), format)
    upload = shared_rokka.post_file(data[: int(len(data) * share)])
    assert upload.status_code in {200, 400}
    if upload.status_code == 200:
        digest = upload.json()["items"][0]["hash"]
        for path in ("resize-width-50", "noop", "rotate-angle-90"):
            assert shared_rokka.render(f"/dynamic/{path}/{digest}.png").status_code == 422


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + SOUND,
        b"GIF89a" + SOUND,
        b"RIFF\0\0\0\0WEBPVP8 " + SOUND,
        b"II*\0" + SOUND,
        b"\x89PNG\r\n\x1a\n" + encode(halves(9, 9), "jpg"),
        b"<svg>" + SOUND,
    ],
)
def test_file__that_lies_about_its_type_is_refused(shared_rokka: Rokka, data: bytes) -> None:
    assert shared_rokka.post_file(data).status_code == 400


@pytest.mark.parametrize(
    ("option", "format"),
    [
        ("webp.quality-99", "webp"),
        ("gif.quality-100", "gif"),
        *(
            pytest.param(*case, marks=pytest.mark.soak)
            for case in (
                ("jpg.quality-100", "jpg"),
                ("png.compression_level-9", "png"),
                ("webp.quality-100", "webp"),
                ("avif.quality-100", "avif"),
                ("dpr-1", "svg"),
                ("dpr-1", "tif"),
                ("pngquant.quality-90", "png"),
            )
        ),
    ],
)
def test_enlarging__costs_little_at_the_limit_and_more_is_refused(
    shared_rokka: Rokka, option: str, format: str
) -> None:
    bands = [pyvips.Image.gaussnoise(300, 200, mean=128, sigma=60, seed=n) for n in range(4)]
    noise = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    digest = shared_rokka.upload(encode(noise))["hash"]
    name, _, value = option.partition("-")
    rate = writing_rate(choose_output(format, {name: int(value)})).busy + 36
    height = int(1e9 * SECONDS / rate / 2000)
    path = "/dynamic/resize-mode-absolute-width-2000-height-{}/o-{}/{}.{}"
    before = _processor_time()
    answer = shared_rokka.render(path.format(height, option, digest, format))
    assert answer.status_code == 200
    assert _processor_time() - before < 2
    answer = shared_rokka.render(path.format(height * 3 // 2, option, digest, format))
    assert answer.status_code == 400
    assert "seconds of processor time" in answer.json()["error"]["message"]


def test_even_picture__may_be_larger_than_noise(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(plain(4000, 3000, (9, 9, 9)), "jpg"))["hash"]
    for name in ("webp", "avif", "png"):
        assert shared_rokka.render(f"/dynamic/noop/{digest}.{name}").status_code == 200


def test_large_file__may_take_longer(shared_rokka: Rokka) -> None:
    bands = [pyvips.Image.gaussnoise(4000, 3000, mean=128, sigma=9, seed=n) for n in range(3)]
    noise = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    digest = shared_rokka.upload(encode(noise, "jpg"))["hash"]
    assert shared_rokka.render(f"/dynamic/sharpen/{digest}.jpg").status_code == 200


@pytest.mark.parametrize(
    ("path", "format"),
    [
        ("resize-width-200", "gif"),
        *(
            pytest.param(*case, marks=pytest.mark.soak)
            for case in (("resize-width-200", "webp"), ("crop-width-200-height-150", "gif"))
        ),
    ],
)
def test_animation__of_many_frames_is_rendered(shared_rokka: Rokka, path: str, format: str) -> None:
    digest = shared_rokka.upload(gif_bomb(500, 400, 300))["hash"]
    assert shared_rokka.picture(f"/dynamic/{path}/{digest}.{format}").size == (200, 150)


@pytest.mark.soak
def test_animation__of_many_frames_is_written_in_full(shared_rokka: Rokka) -> None:
    noise = pyvips.Image.gaussnoise(100, 80, mean=128, sigma=60).cast("uchar")
    patch = noise.bandjoin([noise, noise]).copy(interpretation="srgb").copy_memory()
    frames = [halves(400, 300).insert(patch, number % 300, 50) for number in range(500)]
    joined = pyvips.Image.arrayjoin(frames, across=1).copy()
    joined.set_type(pyvips.GValue.gint_type, "page-height", 300)
    digest = shared_rokka.upload(encode(joined, "gif", effort=1))["hash"]
    assert shared_rokka.render(f"/dynamic/noop/{digest}.gif").status_code == 200


def test_work__of_many_steps_is_refused(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40)))["hash"]
    step = "resize-width-2000-height-2000-mode-absolute--grayscale"
    answer = shared_rokka.render(f"/dynamic/{'--'.join([step] * 15)}/{digest}.jpg")
    assert answer.status_code == 400
    assert f"must take at most {SECONDS}" in answer.json()["error"]["message"]
    assert shared_rokka.render(f"/dynamic/{step}--{step}/{digest}.jpg").status_code == 200


def test_render__is_given_up_after_the_time_of_the_setting(tmp_path: Path) -> None:
    emulator = Emulator(root=tmp_path / "rokka", api_key=API_KEY, render_seconds=0)
    with EmulatorServer(emulator) as server:
        rokka = Rokka(server)
        digest = rokka.upload(encode(halves(900, 600), "jpg"))["hash"]
        for path in ("resize-width-300", "noop", "rotate-angle-90"):
            answer = rokka.render(f"/dynamic/{path}/{digest}.png")
            assert answer.status_code == 503
            assert "raise the setting render_seconds" in answer.json()["error"]["message"]
        rokka.close()
    emulator.close()


def test_drawing__is_apart_unless_it_is_plain() -> None:
    shape = '<path d="M0 0h9"/>'
    assert svg_drawing.is_plain(svg(shape * 9))
    costly = ("<g opacity='.5'/>", "<use/>", "<!-- -->", "\\66", "<style>*{mask:none}</style>")
    assert not any(svg_drawing.is_plain(svg(shape + more)) for more in costly)
    assert not svg_drawing.is_plain(svg(shape * 200))
    assert not svg_drawing.is_plain(svg("<path d='" + "M0 0" * 2000 + "'/>"))


def test_drawing__apart_is_the_same_picture(shared_rokka: Rokka) -> None:
    shapes = '<rect width="30" height="40" fill="#f00"/><circle cx="30" cy="20" r="9"/>'
    pictures = [
        shared_rokka.picture(f"/dynamic/resize-width-90/{digest}.png").tobytes()
        for digest in (
            shared_rokka.upload(svg(content))["hash"] for content in (shapes, f"<!-- -->{shapes}")
        )
    ]
    assert pictures[0] == pictures[1]


MEMORY_PROBE = textwrap.dedent(
    """
    import json, resource, sys
    from pathlib import Path
    from django_rokka.emulator.files import measuring
    from django_rokka.emulator.pixels import vips
    found = []

    def check(promise):
        vips.check_pixels(promise.width, promise.height, frames=promise.frames)

    for name in sys.argv[1:]:
        path = Path(name)
        try:
            kind = measuring.measure(path)
            size = {"width": 2000, "height": 2000, "with_frames": True}
            vips.load(path, format=kind.format.name, check=check, **size)
            found.append("drawn")
        except (measuring.UnreadableFile, vips.BrokenImage, vips.TooManyPixels):
            found.append("refused")
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # Not that of getrusage, which begins with what the process before exec() held.
    lines = Path("/proc/self/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    print(json.dumps([found, max(own, children) * 1024]))
    """
)


def _memory_of(paths: list[Path]) -> tuple[list[str], int]:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_PROBE, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found, size = json.loads(done.stdout.splitlines()[-1])
    return found, size


def test_bombs__stay_within_the_stated_memory(tmp_path: Path) -> None:
    names = ["png of nothing", "interlaced png", "large gif", "long gif", "entities", "layers"]
    paths = [tmp_path / str(number) for number in range(len(names))]
    for path, name in zip(paths, names, strict=True):
        path.write_bytes(BOMBS[name])
    found, size = _memory_of(paths)
    assert found == ["refused"] * len(names)
    assert size < svg_drawing.MEMORY < vips.MAX_MEMORY


@pytest.mark.soak
@pytest.mark.parametrize(
    ("format", "options", "side"),
    [
        ("jpg", {"interlace": True, "subsample_mode": "off", "Q": 95}, 17_000),
        ("png", {"interlace": True}, 14_000),
        ("png", {}, 15_000),
        ("webp", {"lossless": True, "effort": 0}, 15_000),
        ("avif", {"effort": 0}, 15_000),
        ("tif", {"compression": "deflate"}, 15_000),
    ],
)
def test_largest_sources__stay_within_the_stated_memory(
    tmp_path: Path, format: str, options: dict[str, object], side: int
) -> None:
    path = tmp_path / "largest"
    path.write_bytes(encode(plain(side, side, (200, 30, 3)), format, **options))
    found, size = _memory_of([path])
    assert found == ["drawn"]
    assert size < vips.MAX_MEMORY


def _processor_time() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
