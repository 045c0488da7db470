from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import quote

import pytest
import pyvips
from PIL import Image

from django_rokka.render import sign_url

from tests.emulator.conftest import SIGNING_KEY, Clock, Rokka
from tests.emulator.pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    animation,
    at,
    encode,
    halves,
    is_close,
    plain,
)

CLEAR = (0, 0, 0, 0)


def upload(rokka: Rokka, width: int, height: int, colour: tuple[int, ...]) -> str:
    digest: str = rokka.upload(encode(plain(width, height, colour)))["hash"]
    return digest


def boxes(picture: Image.Image, colour: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Where a picture has exactly this colour: left, top, right, bottom."""
    shown = picture.convert("RGBA")
    wanted = (*colour, 255) if len(colour) == 3 else colour
    places = [
        (x, y)
        for x in range(shown.width)
        for y in range(shown.height)
        if shown.getpixel((x, y)) == wanted
    ]
    if not places:
        return None
    across, down = zip(*places, strict=True)
    return min(across), min(down), max(across) + 1, max(down) + 1


def compose(rokka: Rokka, digest: str, *, before: str = "", dpr: float = 1, **options: Any) -> Any:
    """Render a stack of one composition, in which any value can stand."""
    operations: list[dict[str, Any]] = [{"name": "composition", "options": options}]
    if before:
        operations.insert(0, {"name": "resize", "options": {"width": int(before)}})
    rokka.put_stack("composed", {"operations": operations}, overwrite="true")
    return rokka.picture(f"/composed/o-dpr-{dpr}/{digest}.png")


@pytest.mark.parametrize(
    ("anchor", "left", "top"),
    [
        ("center_center", 50, 30),
        ("auto", 50, 30),
        ("left_top", 0, 0),
        ("right-bottom", 100, 60),
        ("left_bottom", 0, 60),
        ("7_9", 7, 9),
        ("150_center", 150, 30),
    ],
)
def test_composition__puts_the_picture_before_a_box(
    shared_rokka: Rokka, anchor: str, left: int, top: int
) -> None:
    digest = upload(shared_rokka, 60, 40, RED)
    options: dict[str, Any] = {
        "mode": "foreground",
        "width": 160,
        "height": 100,
        "secondary_color": "ffffff",
    }
    picture = compose(shared_rokka, digest, anchor=anchor, **options)
    assert (picture.size, picture.mode) == ((160, 100), "RGB")
    assert boxes(picture, RED) == (left, top, min(160, left + 60), min(100, top + 40))
    assert picture.getpixel((159, 0)) == WHITE


def test_composition__extends_with_what_is_clear(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, 60, 40, RED)
    path = f"/dynamic/composition-mode-foreground-width-80-height-50-secondary_opacity-0/{digest}"
    picture = shared_rokka.picture(f"{path}.png")
    assert boxes(picture, RED) == (10, 5, 70, 45)
    assert picture.getpixel((0, 0)) == CLEAR


@pytest.mark.parametrize(("width", "height"), [(20, 10), (20, 90), (90, 10)])
def test_composition__is_never_smaller_than_the_picture(
    shared_rokka: Rokka, width: int, height: int
) -> None:
    digest = upload(shared_rokka, 60, 40, RED)
    picture = compose(shared_rokka, digest, mode="foreground", width=width, height=height)
    assert picture.size == (max(60, width), max(40, height))
    across, down = (picture.width - 60) // 2, (picture.height - 40) // 2
    assert boxes(picture, RED) == (across, down, across + 60, down + 40)


@pytest.mark.parametrize(
    ("anchor", "place"),
    [
        ("right_bottom", (50, 34, 60, 40)),
        ("left_center", (0, 17, 10, 23)),
        ("15_25", (15, 25, 25, 31)),
        # What is beyond the edge is cut off.
        ("55_38", (55, 38, 60, 40)),
        ("99999_0", None),
    ],
)
def test_composition__lays_an_image_over_the_picture(
    shared_rokka: Rokka, anchor: str, place: tuple[int, ...] | None
) -> None:
    digest, mark = upload(shared_rokka, 60, 40, RED), upload(shared_rokka, 10, 6, BLUE)
    picture = compose(shared_rokka, digest, mode="background", anchor=anchor, secondary_image=mark)
    assert picture.size == (60, 40)
    assert boxes(picture, BLUE) == place


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (20, 10)),
        ({"width": 40}, (40, 20)),
        ({"width": 30, "height": 30}, (30, 15)),
        ({"width": 30, "height": 30, "resize_mode": "fill"}, (60, 30)),
        ({"width": 30, "height": 30, "resize_mode": "absolute"}, (30, 30)),
        ({"resize_to_primary": True}, (60, 30)),
        ({"resize_to_primary": True, "resize_mode": "absolute"}, (60, 40)),
        ({"angle": 90}, (10, 20)),
    ],
)
@pytest.mark.parametrize("dpr", [1, 2])
def test_composition__resizes_and_turns_the_second_image(
    shared_rokka: Rokka, options: dict[str, Any], size: tuple[int, int], dpr: int
) -> None:
    digest, mark = upload(shared_rokka, 60, 40, RED), upload(shared_rokka, 20, 10, BLUE)
    picture = compose(
        shared_rokka, digest, before="60", dpr=dpr, secondary_image=mark, anchor="0_0", **options
    )
    assert picture.size == (60 * dpr, 40 * dpr)
    assert boxes(picture, BLUE) == (0, 0, size[0] * dpr, size[1] * dpr)


def test_composition__grows_offsets_and_boxes_with_dpr(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, 60, 40, RED)
    picture = compose(shared_rokka, digest, before="60", dpr=2, anchor="5_7", width=11, height=13)
    assert boxes(picture, (0, 0, 0)) == (10, 14, 32, 40)


@pytest.mark.parametrize("opacity", [0, 25, 50, 100])
def test_composition__lets_the_picture_shine_through(shared_rokka: Rokka, opacity: int) -> None:
    digest, mark = upload(shared_rokka, 6, 4, RED), upload(shared_rokka, 6, 4, BLUE)
    picture = compose(shared_rokka, digest, secondary_image=mark, secondary_opacity=opacity)
    found = picture.convert("RGB").getpixel((3, 2))
    expected = (255 * (1 - opacity / 100), 0, 255 * opacity / 100)
    assert found == pytest.approx(expected, abs=1.5)


def test_composition__adds_the_opacities_of_what_is_half_transparent(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, 6, 4, (*RED, 128))
    mark = upload(shared_rokka, 6, 4, (*BLUE, 64))
    found = compose(shared_rokka, digest, secondary_image=mark).getpixel((3, 2))
    above, below = 64 / 255, 128 / 255 * (1 - 64 / 255)
    part = above / (above + below)
    expected = (255 * (1 - part), 0, 255 * part, 255 * (above + below))
    assert found == pytest.approx(expected, abs=1.5)


def test_composition__changes_every_frame(shared_rokka: Rokka) -> None:
    digest = shared_rokka.upload(animation("GIF"), "a.gif")["hash"]
    mark = upload(shared_rokka, 6, 4, WHITE)
    path = f"/dynamic/composition-secondary_image-{mark}-anchor-right_bottom/{digest}.gif"
    picture = Image.open(io.BytesIO(shared_rokka.render(path).content))
    assert getattr(picture, "n_frames", 1) == 3
    for frame, colour in enumerate([RED, GREEN, BLUE]):
        picture.seek(frame)
        assert is_close(at(picture, 0, 0)[:3], colour)
        assert is_close(at(picture, 59, 39)[:3], WHITE)


def test_composition__shows_an_animation_as_its_first_frame(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, 60, 40, WHITE)
    mark = shared_rokka.upload(animation("GIF"), "a.gif")["hash"]
    assert boxes(compose(shared_rokka, digest, secondary_image=mark), RED) == (0, 0, 60, 40)


def test_empty_primary__leaves_the_second_layer_alone(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, 60, 40, RED)
    options: dict[str, Any] = {"width": 20, "height": 10, "secondary_color": "0000ff"}
    picture = compose(shared_rokka, digest, empty_primary=True, mode="background", **options)
    assert (picture.size, boxes(picture, BLUE)) == ((20, 10), (0, 0, 20, 10))


def test_composition__carries_the_subject_area_along(shared_rokka: Rokka) -> None:
    area = {"x": 50, "y": 10, "width": 4, "height": 4}
    fields = {"meta_dynamic[0]": json.dumps({"subject_area": area})}
    digest = shared_rokka.upload(encode(halves(60, 40)), **fields)["hash"]
    extended = "composition-mode-foreground-width-160-height-40-anchor-right_top"
    picture = shared_rokka.picture(
        f"/dynamic/{extended}--crop-width-10-height-10-anchor-subjectarea/{digest}.png"
    )
    assert boxes(picture, BLUE) == (0, 0, 10, 10)


class TestSecondaryStack:
    def test_stack__renders_the_second_image(self, shared_rokka: Rokka) -> None:
        digest, mark = upload(shared_rokka, 60, 40, RED), upload(shared_rokka, 20, 10, BLUE)
        shared_rokka.put_stack("mark", [{"name": "resize", "options": {"width": 4}}])
        picture = compose(
            shared_rokka, digest, secondary_stack="mark", secondary_image=mark, anchor="0_0"
        )
        assert boxes(picture, BLUE) == (0, 0, 4, 2)

    def test_stack__renders_the_same_image_without_a_second_one(self, shared_rokka: Rokka) -> None:
        digest = upload(shared_rokka, 60, 40, RED)
        turned = [
            {"name": "resize", "options": {"width": 30}},
            {"name": "multiply", "options": {"factor": 0}},
        ]
        shared_rokka.put_stack("shade", turned)
        picture = compose(shared_rokka, digest, secondary_stack="shade", anchor="0_0")
        assert boxes(picture, (0, 0, 0)) == (0, 0, 30, 20)

    @pytest.mark.parametrize("variables", ["w=8", "w=8&unused=1"])
    def test_stack__gets_variables(self, shared_rokka: Rokka, variables: str) -> None:
        digest, mark = upload(shared_rokka, 60, 40, RED), upload(shared_rokka, 20, 10, BLUE)
        put_sized(shared_rokka)
        picture = compose(
            shared_rokka,
            digest,
            secondary_stack="sized",
            secondary_image=mark,
            secondary_stack_variables=variables,
            anchor="0_0",
        )
        assert boxes(picture, BLUE) == (0, 0, 8, 4)

    def test_stack__gets_variables_that_are_computed(self, shared_rokka: Rokka) -> None:
        digest, mark = upload(shared_rokka, 60, 40, RED), upload(shared_rokka, 20, 10, BLUE)
        put_sized(shared_rokka)
        operation = {
            "name": "composition",
            "options": {"secondary_stack": "sized", "secondary_image": mark, "anchor": "0_0"},
            "expressions": {"secondary_stack_variables": {"w": "image.width / 6"}},
        }
        shared_rokka.put_stack("computed", [operation])
        picture = shared_rokka.picture(f"/computed/{digest}.png")
        assert boxes(picture, BLUE) == (0, 0, 10, 5)

    def test_stack__gets_the_variables_of_the_url(self, shared_rokka: Rokka) -> None:
        digest, mark = upload(shared_rokka, 60, 40, RED), upload(shared_rokka, 20, 10, BLUE)
        put_sized(shared_rokka)
        options = {"secondary_stack": "sized", "secondary_image": mark, "anchor": "0_0"}
        shared_rokka.put_stack("passing", [{"name": "composition", "options": options}])
        values = quote(json.dumps({"w": 6}))
        picture = shared_rokka.picture(f"/passing/{digest}.png?v={values}")
        assert boxes(picture, BLUE) == (0, 0, 6, 3)

    def test_stack__is_rendered_as_finely_as_the_picture(self, shared_rokka: Rokka) -> None:
        digest = upload(shared_rokka, 60, 40, RED)
        # Stripes of one pixel, which nothing but the same size shows.
        pair = plain(1, 4, BLUE).join(plain(1, 4, WHITE), "horizontal")
        mark = shared_rokka.upload(encode(pair.replicate(4, 1)))["hash"]
        shared_rokka.put_stack("fine", [{"name": "resize", "options": {"width": 4}}])
        layer = {"secondary_stack": "fine", "secondary_image": mark, "anchor": "0_0"}
        picture = compose(shared_rokka, digest, before="60", dpr=2, **layer).convert("RGB")
        assert [picture.getpixel((x, 0)) for x in range(9)] == [*[BLUE, WHITE] * 4, RED]

    def test_stack__cannot_be_in_itself(self, shared_rokka: Rokka) -> None:
        digest = upload(shared_rokka, 6, 4, RED)
        for name, other in (("ping", "pong"), ("pong", "ping")):
            nested = {"name": "composition", "options": {"secondary_stack": other}}
            shared_rokka.put_stack(name, [nested])
        answer = shared_rokka.render(f"/ping/{digest}.png")
        assert answer.status_code == 400
        assert "circle" in answer.json()["error"]["message"]

    def test_stacks__are_in_each_other_three_deep_at_most(self, shared_rokka: Rokka) -> None:
        digest = upload(shared_rokka, 6, 4, RED)
        shared_rokka.put_stack("level0", [{"name": "sepia"}])
        for level in range(1, 5):
            nested = {"name": "composition", "options": {"secondary_stack": f"level{level - 1}"}}
            shared_rokka.put_stack(f"level{level}", [nested])
        assert shared_rokka.render(f"/level3/{digest}.png").status_code == 200
        assert shared_rokka.render(f"/level4/{digest}.png").status_code == 400

    def test_images__are_no_more_than_a_render_can_hold(self, shared_rokka: Rokka) -> None:
        digest = upload(shared_rokka, 6, 4, RED)
        operation = {"name": "composition", "options": {"secondary_image": digest}}
        shared_rokka.put_stack("many", [operation] * 21)
        shared_rokka.put_stack("some", [operation] * 20)
        assert shared_rokka.render(f"/some/{digest}.png").status_code == 200
        assert shared_rokka.render(f"/many/{digest}.png").status_code == 400


class TestProtection:
    @pytest.fixture
    def path(self, rokka: Rokka) -> str:
        digest = upload(rokka, 60, 40, RED)
        mark = rokka.upload(encode(plain(6, 4, BLUE)), **{"options[0]": '{"protected": true}'})
        return f"/dynamic/composition-secondary_image-{mark['hash']}/{digest}.png"

    def test_protected_image__is_not_seen_without_a_signature(
        self, rokka: Rokka, path: str
    ) -> None:
        assert rokka.render(path).status_code == 403
        assert rokka.render(sign_url(path, SIGNING_KEY)).status_code == 200
        assert rokka.render(path).status_code == 403

    def test_protected_image__is_seen_no_longer_than_its_signature(
        self, rokka: Rokka, path: str, clock: Clock
    ) -> None:
        signed = sign_url(path, SIGNING_KEY, until=clock.now)
        clock.advance(-1)
        assert rokka.render(signed).status_code == 200
        clock.advance(3600)
        assert rokka.render(signed).status_code == 403

    def test_protected_stack__renders_no_second_image_without_a_signature(
        self, rokka: Rokka
    ) -> None:
        digest = upload(rokka, 6, 4, RED)
        rokka.put_stack("secret", {"operations": [], "options": {"protected": True}})
        path = f"/dynamic/composition-secondary_stack-secret/{digest}.png"
        assert rokka.render(path).status_code == 403
        assert rokka.render(sign_url(path, SIGNING_KEY)).status_code == 200


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"secondary_image": "abcdef"}, 404),
        ({"secondary_image": "../etc"}, 400),
        ({"secondary_stack": "nothing_of_this_name"}, 404),
        ({"secondary_stack_variables": "no query"}, 400),
        ({"mode": "x"}, 400),
        ({"width": 0}, 400),
        ({"width": 10001}, 400),
        ({"secondary_opacity": 101}, 400),
        ({"secondary_color": "red"}, 400),
        ({"anchor": "-1_0"}, 400),
        ({"anchor": "smart"}, 501),
        ({"anchor": "subjectarea"}, 501),
        ({"anchor": "croparea"}, 501),
        ({"angle": "nan"}, 400),
        ({"color": "ff0000"}, 400),
    ],
)
def test_composition__refuses(shared_rokka: Rokka, options: dict[str, Any], status: int) -> None:
    digest = upload(shared_rokka, 6, 4, RED)
    operation = {"name": "composition", "options": options}
    stored = shared_rokka.put_stack("refused", [operation], overwrite="true")
    if stored.status_code != 400:
        assert shared_rokka.render(f"/refused/{digest}.png").status_code == status
    else:
        assert status == 400


def test_composition__names_a_second_image_that_is_broken(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, 6, 4, RED)
    scene = pyvips.Image.gaussnoise(300, 300, mean=128).cast("uchar")
    broken = shared_rokka.upload(encode(scene)[:30000])["hash"]
    answer = shared_rokka.render(f"/dynamic/composition-secondary_image-{broken}/{digest}.png")
    assert answer.status_code == 422
    assert broken in answer.json()["error"]["message"]


def test_composition__is_for_images_that_are_stored(shared_rokka: Rokka) -> None:
    mark = upload(shared_rokka, 6, 4, BLUE)
    for named, status in ((f"secondary_image-{mark}", 501), ("width-9-height-9", 200)):
        answer = shared_rokka.api(
            "POST",
            f"/utils/demo/render/dynamic/composition-{named}.png",
            files={"filedata": ("a.png", encode(plain(6, 4, RED)))},
        )
        assert answer.status_code == status, answer.text


def test_composition__refuses_a_canvas_that_is_too_large(shared_rokka: Rokka) -> None:
    digest = upload(shared_rokka, 1, 30000, RED)
    path = f"/dynamic/composition-width-10000-height-10000/{digest}.png"
    assert shared_rokka.render(path).status_code == 400


def put_sized(rokka: Rokka) -> None:
    operations = [{"name": "resize", "expressions": {"width": "$w"}}]
    rokka.put_stack("sized", {"operations": operations, "variables": {"w": 20}}, overwrite="true")
