"""Known attacks on the renderer by name, each against an emulator in a process of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.emulator.hostile.files import (
    gif_bomb,
    jpeg_bomb,
    laughs,
    nested_uses,
    png_bomb,
    svg,
    tiff_bomb,
)
from tests.emulator.hostile.server import FORM, Guard, each, form, guarded, request
from tests.emulator.pictures import SVG, encode, halves, png_with_header

BIG = "resize-width-10000-height-10000-mode-absolute"


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarded(tmp_path_factory.mktemp("attacked")) as made:
        yield made


@pytest.fixture(scope="module")
def digest(guard: Guard) -> str:
    return str(guard.upload(encode(halves(60, 40)))["hash"])


@pytest.fixture(scope="module")
def drawing(guard: Guard) -> str:
    return str(guard.upload(SVG, "a.svg")["hash"])


@pytest.fixture(autouse=True)
def _is_well(guard: Guard) -> Iterator[None]:
    yield
    guard.check_afterwards()


@pytest.mark.parametrize("format", ["jpg", "png", "webp", "avif", "gif", "tiff", "blur", "svg"])
def test_enlargement__is_rendered_or_refused_in_time(
    guard: Guard, digest: str, format: str
) -> None:
    guard.check(request("GET", f"/render/demo/dynamic/{BIG}/{digest}.{format}"))


@each(
    "path",
    [
        f"{BIG}--blur-sigma-100",
        "resize-width-4000-height-4000-mode-absolute--blur-sigma-100",
        f"{BIG}--dropshadow-horizontal-100-vertical-100-sigma-100-blur_radius-100-opacity-100",
        f"{BIG}--rotate-angle-45",
        f"{BIG}--sharpen-sigma-10",
        f"{BIG}--trim",
        f"{BIG}--circlemask",
        f"{BIG}--modulate-hue-77--sepia--grayscale--multiply-factor-0.1--alpha-mode-extract",
        f"{BIG}--crop-width-5-height-5-anchor-smart",
        f"{BIG}--glitch-amount-10",
        "dropshadow-sigma-1000000-blur_radius-100000-opacity-100",
        "sharpen-sigma-1000000",
        "blur-sigma-100-radius-500",
        "resize-width-1-height-10000-mode-absolute--resize-width-10000",
        "resize-width-10000-mode-fill/o-dpr-10",
        "resize-width-10000-height-1-mode-absolute/o-dpr-10",
        "--".join(["resize-width-3000"] * 50),
        "--".join(["resize-width-2000", "rotate-angle-33"] * 25),
        "--".join(["rotate-angle-44.5"] * 50),
        "--".join(["blur-sigma-100"] * 50),
        "--".join(["resize-width-10000-height-1-mode-absolute", "resize-width-1-height-1"] * 25),
        "--".join(["composition-width-10000-height-10000-mode-foreground"] * 20),
        "composition-width-10000-height-10000-mode-foreground-secondary_color-ffffff",
        "crop-width-99999-height-99999",
        "crop-width-99999-height-99999-mode-ratio-scale-0",
        "crop-width-1-height-99999-mode-ratio",
        "crop-width-5-height-5-anchor-99999999999999999999_99999999999999999999",
        "rotate-angle-1e300",
        "rotate-angle-nan",
        "resize-width-[1/0]",
        "noop--" * 5000 + "noop",
    ],
)
@pytest.mark.parametrize("format", ["png", "jpg"])
def test_operations__at_their_ends_are_answered(
    guard: Guard, digest: str, path: str, format: str
) -> None:
    guard.check(request("GET", f"/render/demo/dynamic/{path}/{digest}.{format}"))


def test_layer__is_refused_before_it_is_turned(guard: Guard, digest: str) -> None:
    path = "composition-width-10000-height-10000-mode-foreground-angle-45"
    guard.check(request("GET", f"/render/demo/dynamic/{path}/{digest}.png"))


@pytest.mark.parametrize("target", [BIG, "resize-width-10000-height-10000", "rotate-angle-45"])
def test_drawing__is_answered_at_any_size(guard: Guard, drawing: str, target: str) -> None:
    guard.check(request("GET", f"/render/demo/dynamic/{target}/{drawing}.png"))


@pytest.mark.parametrize(
    "options", ["size-100000", "size-1e9", "angle-45-size-5000", "spacing-99999"]
)
def test_text__of_any_size_is_answered(guard: Guard, digest: str, options: str) -> None:
    variables = json.dumps({"t": "W" * 4000}).replace(" ", "")
    path = f"text-font-{digest}-text-%5B$t%5D-{options}"
    guard.check(request("GET", f"/render/demo/dynamic/{path}/{digest}.png?v={variables}"))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("gif-many-frames", gif_bomb(20_000, 100)),
        ("gif-large-frames", gif_bomb(2000)),
        ("gif-huge-screen", gif_bomb(1, 65_535)),
        ("png-huge", png_with_header(60_000, 60_000)),
        ("png-beyond", png_with_header(2**31 - 1, 2**31 - 1)),
        ("png-lying", png_with_header(9000, 9000)),
        ("png-valid-large", png_bomb(12_000)),
        ("png-valid-too-large", png_bomb(40_000)),
        ("tiff-huge", tiff_bomb(100_000, 100_000)),
        ("tiff-lying", tiff_bomb(9000, 9000)),
        ("svg-laughs", laughs()),
        ("svg-uses", nested_uses()),
        ("svg-huge", svg("<rect/>", 'width="1000000" height="1000000"')),
        ("svg-endless", svg("<rect/>", 'width="1e38" height="1e38"')),
        ("svg-nan", svg("<rect/>", 'width="NaN" height="-1"')),
        ("svg-viewbox", svg("<rect/>", 'viewBox="0 0 1e30 1e-30"')),
        ("svg-deep", svg("<g>" * 50_000 + "</g>" * 50_000)),
        ("svg-paths", svg('<path d="M0 0' + "L60 40L0 0" * 100_000 + '" stroke="red"/>')),
        (
            "svg-filter",
            svg(
                '<filter id="f"><feGaussianBlur stdDeviation="9e9"/></filter>'
                '<rect filter="url(#f)" width="60" height="40"/>'
            ),
        ),
        (
            "svg-turbulence",
            svg(
                '<filter id="f"><feTurbulence baseFrequency="9"'
                ' numOctaves="99999999"/></filter>'
                '<rect filter="url(#f)" width="60" height="40"/>'
            ),
        ),
        ("svg-file", svg('<image href="../secret/canary.jpg" width="9" height="9"/>')),
        ("svg-entity", b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///canary.txt">]>' + svg("&x;")),
        ("jpeg-scans", jpeg_bomb(3000, 300)),
        ("jpeg-arithmetic", b"\xff\xd8\xff\xc9\0\x0b\x08\xff\xff\xff\xff\x01\x11\0\x01"),
        ("empty", b""),
    ],
    ids=lambda value: value if isinstance(value, str) else "data",
)
def test_bomb__is_refused_or_rendered_in_time(guard: Guard, name: str, data: bytes) -> None:
    body = form({f'name="f"; filename="{name}"': data})
    made = guard.check(request("POST", "/sourceimages/demo", body=body, headers=FORM))
    if made.status != 200:
        return
    found = made.json()["items"][0]["hash"]
    for tail in ("resize-width-30/{}.png", "resize-width-30/{}.gif", "rotate-angle-9/{}.jpg"):
        guard.check(request("GET", f"/render/demo/dynamic/{tail.format(found)}"))
    guard.check(request("GET", f"/render/demo/dynamic/{found}.blur"))


@each(
    "variables",
    [
        "[" * 20_000,
        '{"a":' * 20_000,
        '{"a":' * 900 + "1" + "}" * 900,
        '{"a":1e999}',
        '{"a":' + "9" * 30_000 + "}",
        '{"a":"' + "x" * 30_000 + '"}',
        "{" + ",".join(f'"a{number}":{number}' for number in range(3000)) + "}",
        '{"a":"\\ud800"}',
        "null",
        "{",
        "%ff",
    ],
)
def test_variables__of_any_depth_are_answered(guard: Guard, digest: str, variables: str) -> None:
    target = f"/render/demo/dynamic/resize-width-%5B$a%5D/{digest}.png?v={variables}"
    guard.check(request("GET", target))


@each(
    "expression",
    [
        "(" * 20_000,
        "(" * 900 + "1" + ")" * 900,
        "-" * 20_000 + "1",
        "!" * 20_000 + "1",
        "not " * 9000 + "1",
        "1?" * 9000 + "1",
        "1+" * 20_000 + "1",
        "9**9**9**9**9",
        "**".join(["9"] * 3000),
        "(9**999)**999",
        "2**-1e9",
        "'a'~" * 9000 + "'a'",
        "[" * 9000,
        "1 matches '/^(a+)+$/'",
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' matches '/^(a+)+$/'",
        "1..999999999",
        "image.__class__.__mro__",
        "$a.__init__.__globals__",
        "__import__('os').system('true')",
        "constant('PATH')",
        "9" * 20_000,
        "1 % 0",
        "1e308*1e308",
    ],
)
def test_expression__is_answered_in_time(guard: Guard, digest: str, expression: str) -> None:
    stack = {
        "operations": [{"name": "resize", "expressions": {"width": expression}}],
        "variables": {"a": 1, "b": expression},
        "expressions": [{"expression": expression, "overrides": {"variables": {"a": 2}}}],
    }
    body = json.dumps(stack).encode()
    made = guard.check(request("PUT", "/stacks/demo/_preview?overwrite=true", body=body))
    if made.status < 300:
        guard.check(request("GET", f"/render/demo/_preview/{digest}.png"))
    doubled = {
        "variables": {f"v{n}": f"$v{n - 1} ~ $v{n - 1}" for n in range(1, 60)} | {"v0": "'x'"}
    }
    body = json.dumps({"operations": [], **doubled}).encode()
    guard.check(request("PUT", "/stacks/demo/_previewb?overwrite=true", body=body))
    guard.check(request("GET", f"/render/demo/_previewb/{digest}.png"))
    shown = "".join(f"%{byte:02x}" for byte in expression.encode())[:60_000]
    guard.check(request("GET", f"/render/demo/dynamic/resize-width-%5B{shown}%5D/{digest}.png"))


def test_bombs__are_what_they_are_meant_to_be() -> None:
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(gif_bomb(3, 50))) as moving:
        assert (moving.size, getattr(moving, "n_frames", 1)) == ((50, 50), 3)
    with Image.open(io.BytesIO(png_bomb(64))) as picture:
        picture.load()
    with Image.open(io.BytesIO(tiff_bomb(70, 60))) as lying:
        assert lying.size == (70, 60)
