from __future__ import annotations

from hashlib import sha1
from itertools import count
from typing import Any

import pytest

from django_rokka.emulator.store import image_hash
from django_rokka.render import sign_url

from tests.emulator.conftest import SIGNING_KEY, Rokka
from tests.emulator.fonts import box_font
from tests.emulator.pictures import BLUE, GREEN, RED, WHITE, animation, encode, plain
from tests.emulator.rendering.pictures.operations.test_layers import boxes, upload
from tests.emulator.rendering.pictures.operations.test_texts import BLACK

_NARROW, _WIDE = box_font(), box_font(advance=2000)
PROTECTED = {"options[0]": '{"protected": true}'}


def resize(width: int) -> dict[str, Any]:
    return {"name": "resize", "options": {"width": width}}


@pytest.fixture
def digest(rokka: Rokka) -> str:
    return upload(rokka, 60, 40, RED)


class TestSecondaryStacks:
    def test_transparency_color__fills_the_layer(self, rokka: Rokka, digest: str) -> None:
        clear = upload(rokka, 10, 6, (255, 0, 0, 0))
        path = f"/dynamic/composition-secondary_stack-filled-secondary_image-{clear}-anchor-0_0"
        rokka.put_stack("filled", {"options": {"transparency.color": "008000"}})
        assert boxes(rokka.picture(f"{path}/{digest}.png"), GREEN) == (0, 0, 10, 6)

    @pytest.mark.parametrize(
        "definition",
        [
            {"operations": [resize(9)], "options": {"dpr": 2}},
            {
                "operations": [resize(9)],
                "expressions": [{"expression": "false", "overrides": {"options": {"dpr": 2}}}],
            },
            {"operations": [], "options": {"basestack": "other"}},
        ],
    )
    def test_options__that_cannot_be_had_are_missing(
        self, rokka: Rokka, digest: str, definition: dict[str, Any]
    ) -> None:
        rokka.put_stack("fine", definition)
        answer = rokka.render(f"/dynamic/composition-secondary_stack-fine/{digest}.png")
        assert answer.status_code == 501
        assert "of a secondary stack" in answer.json()["error"]["message"]

    def test_change__of_a_secondary_stack_makes_another_picture(
        self, rokka: Rokka, digest: str
    ) -> None:
        mark = upload(rokka, 20, 20, BLUE)
        path = f"/dynamic/composition-secondary_stack-mark-secondary_image-{mark}-anchor-0_0"
        for width in (10, 15):
            rokka.put_stack("mark", [resize(width)], overwrite="true")
            picture = rokka.picture(f"{path}/{digest}.png")
            assert boxes(picture, BLUE) == (0, 0, width, width)

    def test_preview__is_kept_by_nobody_who_shows_it(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("_preview1", [resize(30)])
        path = f"/dynamic/composition-secondary_stack-_preview1/{digest}.png"
        assert rokka.render(path).headers["Cache-Control"] == "no-store"


class TestFallback:
    @pytest.fixture(autouse=True)
    def _other(self, rokka: Rokka) -> None:
        body = {"billing_email": "a@example.com"}
        assert rokka.api("PUT", "/organizations/other", json=body).status_code == 200

    @staticmethod
    def store(rokka: Rokka, name: str, data: bytes) -> str:
        files = {"filedata": (name, data)}
        answer = rokka.api("POST", "/sourceimages/other", files=files)
        return str(answer.json()["items"][0]["hash"])

    def test_layers_and_fonts__come_from_the_other_organization(
        self, rokka: Rokka, digest: str
    ) -> None:
        mark = self.store(rokka, "mark.png", encode(plain(10, 6, BLUE)))
        font = self.store(rokka, "boxes.ttf", box_font())
        paths = [
            f"/dynamic/composition-secondary_image-{mark}-anchor-0_0/{digest}.png",
            f"/dynamic/text-font-{font}-text-A-size-10-anchor-left_top/{digest}.png",
        ]
        assert [rokka.render(path).status_code for path in paths] == [404, 404]
        path = "/organizations/demo/options/render_org_fallback"
        assert rokka.api("PUT", path, json="other").status_code == 200
        layered, written = map(rokka.picture, paths)
        assert boxes(layered, BLUE) == (0, 0, 10, 6)
        assert boxes(written, BLACK) == (0, 0, 10, 10)


def test_font__that_is_protected_needs_a_signature(rokka: Rokka) -> None:
    digest = upload(rokka, 60, 40, WHITE)
    font = rokka.upload(box_font(), "boxes.ttf", **PROTECTED)["hash"]
    path = f"/dynamic/text-font-{font}-text-A/{digest}.png"
    assert rokka.render(path).status_code == 403
    assert rokka.render(sign_url(path, SIGNING_KEY)).status_code == 200


def test_animation__and_its_first_frame_are_two_renders(rokka: Rokka) -> None:
    digest = rokka.upload(animation("GIF"))["hash"]
    # One background for both, so that nothing but the frames tells them apart.
    options = {"autoformat": True, "transparency.color": "FFFFFF"}
    rokka.put_stack("auto", {"operations": [], "options": options})
    frames = []
    for extension in ("jpg", "gif"):
        picture: Any = rokka.picture(f"/auto/{digest}.{extension}", Accept="image/webp")
        assert picture.format == "WEBP"
        frames.append(getattr(picture, "n_frames", 1))
    assert frames == [1, 3]


def _fonts_of_one_short_hash() -> list[bytes]:
    """Return a narrow and a wide font whose hashes begin with the same six characters."""
    found: dict[str, bytes] = {}
    for number in count():
        for data in (_NARROW, _WIDE):
            font = data + str(number).encode()
            binary_hash = sha1(font, usedforsecurity=False).hexdigest()
            short_hash = image_hash(binary_hash, dynamic_metadata={})[:6]
            other = found.setdefault(short_hash, font)
            if other[: len(data)] != data:
                return [other, font]
    raise AssertionError


def test_font__that_a_short_hash_names_now_is_the_one_that_is_used(rokka: Rokka) -> None:
    digest = upload(rokka, 200, 40, WHITE)
    widths = []
    for font in _fonts_of_one_short_hash():
        item = rokka.upload(font, "boxes.ttf")
        path = f"/dynamic/text-font-{item['hash'][:6]}-text-AAA-size-10-anchor-left_top"
        place = boxes(rokka.picture(f"{path}/{digest}.png"), BLACK)
        assert place is not None
        widths.append(place[2])
        rokka.api("DELETE", f"/sourceimages/demo/{item['hash']}")
    assert len(set(widths)) == 2
