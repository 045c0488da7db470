from __future__ import annotations

import json
from typing import Any

import pytest
from PIL import Image

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import BLUE, RED, animation, encode, halves, places, plain

WIDTH, HEIGHT = 200, 100
SUBJECT = {"x": 150, "y": 20, "width": 20, "height": 10}
FACE = {"x": 20, "y": 60, "width": 30, "height": 20}
CROP = {"x": 7, "y": 11, "width": 33, "height": 21}
# Half of it is beyond the lower right corner.
LOW = {"x": 190, "y": 90, "width": 20, "height": 20}


def upload(rokka: Rokka, **metadata: Any) -> str:
    """Return the hash of a picture whose pixels tell where they are."""
    fields = {"meta_dynamic[0]": json.dumps(metadata)} if metadata else {}
    digest: str = rokka.upload(encode(places(WIDTH, HEIGHT)), **fields)["hash"]
    return digest


def shown(picture: Image.Image) -> tuple[int, int, int, int]:
    """The part of the source that a picture shows, pixel by pixel: x, y, width, height."""
    rgb = picture.convert("RGB")
    first, last = (
        rgb.getpixel(corner) for corner in ((0, 0), (picture.width - 1, picture.height - 1))
    )
    assert isinstance(first, tuple)
    assert isinstance(last, tuple)
    assert (last[0] - first[0], last[1] - first[1]) == (picture.width - 1, picture.height - 1)
    return int(first[0]), int(first[1]), picture.width, picture.height


def cut(rokka: Rokka, options: str, **metadata: Any) -> tuple[int, int, int, int]:
    return shown(rokka.picture(f"/dynamic/crop-{options}/{upload(rokka, **metadata)}.png"))


@pytest.mark.parametrize(
    ("anchor", "corner"),
    [
        ("left_top", (0, 0)),
        ("center_top", (75, 0)),
        ("right_top", (150, 0)),
        ("left_center", (0, 40)),
        ("center_center", (75, 40)),
        ("right_center", (150, 40)),
        ("left_bottom", (0, 80)),
        ("center_bottom", (75, 80)),
        ("right_bottom", (150, 80)),
        ("0_0", (0, 0)),
        ("30_70", (30, 70)),
        ("30_bottom", (30, 80)),
        ("right_7", (150, 7)),
        ("9999_99999", (150, 80)),
        ("auto", (75, 40)),
    ],
)
def test_crop__takes_what_the_anchor_says(
    shared_rokka: Rokka, anchor: str, corner: tuple[int, int]
) -> None:
    assert cut(shared_rokka, f"width-50-height-20-anchor-{anchor}") == (*corner, 50, 20)


def test_crop__reads_an_anchor_with_a_hyphen_as_well(shared_rokka: Rokka) -> None:
    # A hyphen separates in a URL, so that such an anchor has to stand in a stack.
    options = {"width": 50, "height": 20, "anchor": "right-top"}
    shared_rokka.put_stack("cut", {"operations": [{"name": "crop", "options": options}]})
    assert shown(shared_rokka.picture(f"/cut/{upload(shared_rokka)}.png")) == (150, 0, 50, 20)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("width-50-height-20-mode-absolute", (75, 40, 50, 20)),
        ("width-400-height-400", (50, 0, 100, 100)),
        ("width-1-height-1-mode-ratio", (50, 0, 100, 100)),
        ("width-4-height-1-mode-ratio", (0, 25, 200, 50)),
        ("width-800-height-400-mode-ratio", (0, 0, 200, 100)),
        ("width-1-height-1-mode-ratio-scale-50", (75, 25, 50, 50)),
        ("width-1-height-1-mode-ratio-scale-50-anchor-right_bottom", (150, 50, 50, 50)),
        ("width-40-height-20-scale-50", (90, 45, 20, 10)),
        ("width-40-height-20-scale-0-anchor-3_4", (3, 4, 1, 1)),
        ("width-40-height-20-scale-100", (80, 40, 40, 20)),
        ("width-40-height-20-scale-150", (70, 35, 60, 30)),
        ("width-40-height-20-scale-1e300", (0, 0, 200, 100)),
        # Without an area, these are as the modes of plain sizes.
        ("width-50-height-20-mode-box", (75, 40, 50, 20)),
        ("width-1-height-1-mode-area", (50, 0, 100, 100)),
        ("width-1-height-1-mode-area-fallback-left_top", (0, 0, 100, 100)),
    ],
)
def test_crop__is_as_large_as_mode_and_scale_say(
    shared_rokka: Rokka, options: str, expected: tuple[int, ...]
) -> None:
    assert cut(shared_rokka, options) == expected


@pytest.mark.parametrize(
    ("options", "metadata", "expected"),
    [
        ("", {"subject_area": SUBJECT}, (135, 15)),
        ("-anchor-subjectarea", {"subject_area": SUBJECT}, (135, 15)),
        ("-anchor-auto", {"subject_area": {"x": 160, "y": 25}}, (136, 16)),
        ("", {"subject_area": LOW}, (150, 80)),
        ("", {"subject_area": {"x": 300, "y": 300}}, (75, 40)),
        (
            "",
            {"subject_area": {"x": 80, "y": 20, "width": 5, "height": 10, "percentage": True}},
            (140, 15),
        ),
        ("", {"detection_face": FACE}, (10, 60)),
        ("-anchor-face", {"detection_face": FACE}, (10, 60)),
        ("", {"subject_area": SUBJECT, "detection_face": FACE}, (135, 15)),
        ("-anchor-face", {"subject_area": SUBJECT, "detection_face": FACE}, (10, 60)),
        ("-anchor-left_top", {"subject_area": SUBJECT, "crop_area": CROP}, (0, 0)),
        ("-anchor-subjectarea", {"detection_face": FACE}, (75, 40)),
        ("-anchor-croparea", {"subject_area": SUBJECT}, (75, 40)),
        ("", {"subject_area": SUBJECT, "crop_area": CROP}, (135, 15)),
    ],
)
def test_crop__looks_for_the_area_of_its_anchor(
    shared_rokka: Rokka, options: str, metadata: dict[str, Any], expected: tuple[int, int]
) -> None:
    found = cut(shared_rokka, f"width-50-height-20{options}", **metadata)
    assert found == (*expected, 50, 20)


def test_crop_area__wins_over_a_face(shared_rokka: Rokka) -> None:
    found = cut(shared_rokka, "width-50-height-20", crop_area=CROP, detection_face=FACE)
    assert found == tuple(CROP.values())


@pytest.mark.parametrize("options", ["", "-mode-ratio", "-mode-box", "-mode-area"])
@pytest.mark.parametrize("anchor", ["auto", "subjectarea", "croparea"])
def test_crop_area__is_cut_out_exactly(shared_rokka: Rokka, options: str, anchor: str) -> None:
    found = cut(shared_rokka, f"width-50-height-20-anchor-{anchor}{options}", crop_area=CROP)
    assert found == tuple(CROP.values())


@pytest.mark.parametrize(
    ("fallback", "corner"),
    [
        ("left_top", (0, 0)),
        ("9_8", (9, 8)),
        ("face", (10, 60)),
        ("auto", (10, 60)),
        ("subjectarea", (75, 40)),
    ],
)
def test_fallback__is_any_other_anchor(
    shared_rokka: Rokka, fallback: str, corner: tuple[int, int]
) -> None:
    options = f"width-50-height-20-anchor-subjectarea-fallback-{fallback}"
    assert cut(shared_rokka, options, detection_face=FACE) == (*corner, 50, 20)


@pytest.mark.parametrize(
    ("options", "metadata", "expected"),
    [
        ("mode-box", {"subject_area": SUBJECT}, (150, 20, 20, 10)),
        ("mode-box", {"subject_area": LOW}, (190, 90, 10, 10)),
        ("mode-box", {"detection_face": FACE}, (20, 60, 30, 20)),
        ("mode-box-anchor-left_top", {"subject_area": SUBJECT}, (150, 20, 20, 10)),
        ("mode-box-scale-50", {"subject_area": SUBJECT}, (155, 22, 10, 5)),
        # The smallest square that shows the area, and what of it the picture has room for.
        ("mode-area", {"subject_area": SUBJECT}, (150, 15, 20, 20)),
        ("mode-area", {"subject_area": SUBJECT | {"y": 90}}, (150, 80, 20, 20)),
        ("mode-area", {"subject_area": SUBJECT | {"x": 0, "width": 180}}, (40, 0, 100, 100)),
        ("mode-area-anchor-smart", {"subject_area": SUBJECT}, (150, 15, 20, 20)),
        ("mode-area-scale-50", {"subject_area": SUBJECT}, (155, 20, 10, 10)),
    ],
)
def test_mode__takes_its_size_from_the_area(
    shared_rokka: Rokka, options: str, metadata: dict[str, Any], expected: tuple[int, ...]
) -> None:
    assert cut(shared_rokka, f"width-50-height-50-{options}", **metadata) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("area-exact", tuple(CROP.values())),
        ("area-exact-mode-ratio", tuple(CROP.values())),
        ("area-exact-anchor-right_bottom", tuple(CROP.values())),
        ("area-point", (20, 20, 50, 20)),
        ("area-point-mode-box", (40, 28, 10, 4)),
        ("area-point-mode-area", (40, 28, 10, 4)),
        # The image has no such area: the normal rules.
        ("area-other", (135, 15, 50, 20)),
        ("area-other-anchor-left_top", (0, 0, 50, 20)),
    ],
)
def test_area__is_one_of_those_that_the_image_names(
    shared_rokka: Rokka, options: str, expected: tuple[int, ...]
) -> None:
    point = {"x": 40, "y": 28, "width": 10, "height": 4}
    areas = {"exact": {"crop_area": CROP}, "point": {"subject_area": point}}
    options = f"width-50-height-20-{options}"
    assert cut(shared_rokka, options, subject_area=SUBJECT, multi_areas=areas) == expected


@pytest.mark.parametrize(
    ("options", "corner"),
    [
        ("movearea_x-5", (145, 15)),
        ("movearea_y-10-movearea_x-0", (135, 25)),
        ("movearea_x-100-movearea_y-100", (150, 80)),
        # The place of an anchor is no area.
        ("movearea_x-5-anchor-left_top", (0, 0)),
    ],
)
def test_movearea__moves_by_percents_of_the_picture(
    shared_rokka: Rokka, options: str, corner: tuple[int, int]
) -> None:
    found = cut(shared_rokka, f"width-50-height-20-{options}", subject_area=SUBJECT)
    assert found == (*corner, 50, 20)


def test_movearea__goes_back_as_well(shared_rokka: Rokka) -> None:
    # A minus cannot be written in a URL.
    options = {"width": 50, "height": 20, "movearea_x": -50, "movearea_y": -10}
    shared_rokka.put_stack("moved", {"operations": [{"name": "crop", "options": options}]})
    digest = upload(shared_rokka, subject_area=SUBJECT)
    assert shown(shared_rokka.picture(f"/moved/{digest}.png")) == (35, 5, 50, 20)


@pytest.mark.parametrize(
    "operations",
    [
        "crop-width-120-height-80-anchor-70_5",
        "rotate-angle-90",
        "rotate-angle-180",
        "rotate-angle-270",
        "rotate-angle-30",
        "autorotate-width-1-height-2",
        "autorotate-width-1-height-2-rotation_direction-counterclockwise",
        "trim",
        "resize-width-300",
        "resize-width-150-height-200-mode-absolute",
        "grayscale",
        "blur-sigma-1",
    ],
)
def test_areas__follow_the_operations_before(shared_rokka: Rokka, operations: str) -> None:
    # A red square in black, which every operation leaves red or bright, and a dot that trim meets.
    scene = plain(WIDTH, HEIGHT, (0, 0, 0)).insert(plain(20, 20, RED), 150, 20)
    scene = scene.insert(plain(1, 1, BLUE), 60, 15)
    area = {"x": 150, "y": 20, "width": 20, "height": 20}
    metadata = {
        "subject_area": area,
        "detection_face": area,
        "multi_areas": {"red": {"subject_area": area}},
    }
    fields = {"meta_dynamic[0]": json.dumps(metadata)}
    digest = shared_rokka.upload(encode(scene), **fields)["hash"]
    for choice in ("anchor-subjectarea", "anchor-face", "area-red-anchor-left_top"):
        crop = f"crop-width-10-height-10-{choice}"
        picture = shared_rokka.picture(f"/dynamic/{operations}--{crop}/{digest}.png").convert("RGB")
        assert picture.size == (10, 10)
        assert not any(picture.histogram()[:60])  # no red that is dark


def test_area__of_which_nothing_is_left_is_none(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, subject_area=SUBJECT)
    first = "crop-width-100-height-100-anchor-left_top"
    picture = shared_rokka.picture(f"/dynamic/{first}--crop-width-9-height-9-mode-box/{digest}.png")
    assert shown(picture) == (46, 46, 9, 9)


@pytest.mark.parametrize(
    ("path", "size"),
    [
        # In front of the resize pixels are those of the source, behind it those of the dpr.
        ("crop-width-50-height-20--resize-width-50/o-dpr-2", (100, 40)),
        ("resize-width-50--crop-width-20-height-10/o-dpr-2", (40, 20)),
        ("resize-width-10--crop-width-5-height-5/o-dpr-10", (50, 50)),
        # The resize did not reach it, but the ratio is as intended.
        ("resize-width-500-upscale-false--crop-width-400-height-100", (200, 50)),
        (
            "resize-width-500-height-500-mode-fill-upscale-false--crop-width-500-height-500",
            (100,) * 2,
        ),
    ],
)
def test_crop__counts_in_the_pixels_of_its_resize(
    shared_rokka: Rokka, path: str, size: tuple[int, int]
) -> None:
    assert shared_rokka.picture(f"/dynamic/{path}/{upload(shared_rokka)}.png").size == size


def test_pixels_of_an_anchor__grow_with_the_resize(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka)
    crop = "crop-width-10-height-10-anchor-30_20"
    picture = shared_rokka.picture(f"/dynamic/resize-width-100--{crop}/o-dpr-2/{digest}.png")
    assert shown(picture) == (60, 40, 20, 20)
    # Nothing is resized yet.
    picture = shared_rokka.picture(f"/dynamic/{crop}--resize-width-10/o-dpr-1.5/{digest}.png")
    middle = picture.convert("RGB").getpixel((7, 7))
    assert isinstance(middle, tuple)
    assert (30 <= middle[0] < 40, 20 <= middle[1] < 30) == (True, True)


@pytest.mark.parametrize("options", ["anchor-smart", "anchor-face-fallback-smart"])
def test_smart_crop__finds_what_draws_attention(shared_rokka: Rokka, options: str) -> None:
    scene = plain(300, 100, (128, 128, 128)).insert(plain(30, 30, RED), 250, 30)
    for alpha in (scene, scene.bandjoin(255)):
        digest = shared_rokka.upload(encode(alpha))["hash"]
        picture = shared_rokka.picture(f"/dynamic/crop-width-100-height-100-{options}/{digest}.png")
        colours = picture.convert("RGB").getcolors(10_000) or []
        assert RED in [colour for _, colour in colours]


def test_auto_crop__is_never_smart(shared_rokka: Rokka) -> None:
    scene = plain(300, 100, (128, 128, 128)).insert(plain(30, 30, RED), 250, 30)
    digest = shared_rokka.upload(encode(scene))["hash"]
    picture = shared_rokka.picture(f"/dynamic/crop-width-100-height-100-anchor-auto/{digest}.png")
    assert picture.convert("RGB").getcolors() == [(10_000, (128, 128, 128))]


@pytest.mark.parametrize("anchor", ["right_bottom", "smart"])
def test_animation__is_cut_alike_in_all_frames(shared_rokka: Rokka, anchor: str) -> None:
    digest = shared_rokka.upload(animation("GIF"), "a.gif")["hash"]
    operations = f"crop-width-20-height-30-anchor-{anchor}"
    picture = shared_rokka.picture(f"/dynamic/{operations}/{digest}.gif")
    assert (getattr(picture, "n_frames", 1), picture.size) == (3, (20, 30))


def test_transparency__stays(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(encode(halves(60, 40).bandjoin(77)))["hash"]
    picture = shared_rokka.picture(f"/dynamic/crop-width-20-height-20-anchor-left_top/{digest}.png")
    assert picture.getcolors() == [(400, (*RED, 77))]


@pytest.mark.parametrize(
    "options",
    [
        "width-9",
        "height-9",
        "width-9-height-9-anchor-left",
        "width-9-height-9-anchor-top_left",
        "width-9-height-9-anchor-999999_0",
        "width-9-height-9-anchor-clever",
        "width-9-height-9-fallback-middle",
        "width-9-height-9-mode-square",
        "width-9-height-9-scale--1",
        "width-9-height-9-scale-inf",
        "width-9-height-9-movearea_x-101",
        "width-9-height-9-area-a.b",
        "width-0-height-9",
        "width-100000-height-9",
    ],
)
def test_crop__refuses_what_is_not_documented(shared_rokka: Rokka, options: str) -> None:
    response = shared_rokka.render(f"/dynamic/crop-{options}/{upload(shared_rokka)}.png")
    assert response.status_code == 400


def test_crop__of_a_face_may_ask_whether_there_is_one(shared_rokka: Rokka) -> None:
    face = {"x": 20, "y": 10, "width": 30, "height": 40}
    side = "image.hasDetectionFace ? image.detection_face.height / 2 : image.height"
    operation = {
        "name": "crop",
        "options": {"anchor": "face"},
        "expressions": {"width": side, "height": side},
    }
    shared_rokka.put_stack("faces", [operation], overwrite="true")
    data = encode(plain(100, 80, RED))
    without = shared_rokka.upload(data)["hash"]
    fields = {"meta_dynamic[0][detection_face]": json.dumps(face)}
    found = shared_rokka.upload(data, **fields)["hash"]
    assert shared_rokka.picture(f"/faces/{without}.png").size == (80, 80)
    assert shared_rokka.picture(f"/faces/{found}.png").size == (20, 20)
