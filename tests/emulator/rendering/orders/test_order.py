from __future__ import annotations

from typing import Any

import pytest

from django_rokka.render import sign_url

from tests.emulator.conftest import SIGNING_KEY, Rokka
from tests.emulator.pictures import BLUE, SVG, encode, halves, pixel

CORNER = {"width": 10, "height": 10, "anchor": "left_top"}


@pytest.fixture
def digest(rokka: Rokka) -> str:
    return str(rokka.upload(encode(halves(60, 40)))["hash"])


def resize(width: int, **more: Any) -> dict[str, Any]:
    return {"name": "resize", "options": {"width": width, **more}}


def message(answer: Any) -> str:
    return str(answer.json()["error"]["message"])


@pytest.mark.parametrize(
    "path",
    [
        "/small/{hash}.png",
        "/small//{hash}.png",
        "/small/o-af-0/{hash}/a-name.png",
        '/wide/v-w-30/{hash}.png?v={{"other":"a b"}}',
        '/wide/{hash}.png?v={{"w":30}}',
        "/wide/{hash}.png?v=%7B%22w%22%3A30%7D",
        '/wide/v-w-9/{hash}.png?x=1&v={{"w": 30}}',
        "/wide/variables-w-30/{hash}.png",
        "/wide/resize-width-30/{hash}.png",
        "/dynamic/resize-width-%5Bimage.width%2F2%5D/{hash}.png",
        "/dynamic/resize-width-9/resize-width-30/{hash}.png",
        "/dynamic/resize-width-30--options-autoformat-false-jpg.quality-9/{hash}.png",
        "/dynamic/resize-width-15/o-dpr-2/{hash}.png",
    ],
)
def test_url__may_be_written_in_many_ways(rokka: Rokka, digest: str, path: str) -> None:
    rokka.put_stack("small", [resize(30)])
    operations = [{"name": "resize", "expressions": {"width": "$w"}}]
    rokka.put_stack("wide", {"operations": operations, "variables": {"w": 50}})
    for name in (digest, digest[:6]):
        assert rokka.picture(path.format(hash=name)).size == (30, 20)


class TestBaseStacks:
    @pytest.fixture(autouse=True)
    def _stacks(self, rokka: Rokka) -> None:
        crop = {"name": "crop", "options": {"width": 30, "height": 40, "anchor": "right_top"}}
        options = {"content_disposition": "attachment", "jpg.quality": 3}
        rokka.put_stack("right", {"operations": [crop], "options": options})
        rokka.put_stack("top", {"operations": [resize(15)], "options": {"basestack": "right"}})

    def test_base__comes_first(self, rokka: Rokka, digest: str) -> None:
        picture = rokka.picture(f"/top/{digest}.png")
        assert (picture.size, pixel(picture, 0.1, 0.5)) == ((15, 20), BLUE)

    def test_base__gives_its_options_unless_the_stack_has_them(
        self, rokka: Rokka, digest: str
    ) -> None:
        kinds = [
            rokka.render(path).headers["Content-Disposition"].partition(";")[0]
            for path in (f"/top/{digest}.jpg", f"/top/o-content_disposition-inline/{digest}.jpg")
        ]
        assert kinds == ["attachment", "inline"]

    def test_override__leaves_the_base_alone(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("twenty", [resize(20)])
        path = f"/dynamic/resize-width-10-upscale-false/o-basestack-twenty/resize-width-40/{digest}"
        assert rokka.picture(f"{path}.png").size == (20, 13)

    def test_dpr__needs_a_resize_in_the_stack_itself(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("flat", {"operations": [], "options": {"basestack": "top"}})
        answer = rokka.render(f"/flat/o-dpr-2/{digest}.png")
        assert (answer.status_code, "resize" in message(answer)) == (400, True)

    def test_dpr__of_a_base_is_missing(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("fine", {"operations": [resize(20)], "options": {"dpr": 2}})
        answer = rokka.render(f"/dynamic/resize-width-9/o-basestack-fine/{digest}.png")
        assert (answer.status_code, "'dpr' of a base stack" in message(answer)) == (501, True)

    def test_dpr__leaves_the_base_as_it_is(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("thirty", [resize(30)])
        path = f"/dynamic/resize-width-30-upscale_dpr-false/o-basestack-thirty-dpr-2/{digest}.png"
        assert rokka.picture(path).size == (30, 20)

    def test_dpr__of_a_drawing_leaves_the_base_as_it_is(self, rokka: Rokka) -> None:
        drawing = rokka.upload(SVG)["hash"]
        rokka.put_stack("thirty", [resize(30)])
        steps = "resize-width-30-upscale_dpr-false--crop-width-10-height-10-anchor-left_top"
        answer = rokka.render(f"/dynamic/{steps}/o-basestack-thirty-dpr-2/{drawing}.svg")
        assert 'width="20" height="20" viewBox="0 0 40 40"' in answer.text

    def test_size__after_the_base_is_foretold_without_the_dpr(
        self, rokka: Rokka, digest: str
    ) -> None:
        rokka.put_stack("large", [resize(3000), {"name": "crop", "options": CORNER}])
        path = f"/dynamic/resize-width-10/o-basestack-large-dpr-10/{digest}.png"
        assert rokka.picture(path).size == (100, 100)

    def test_source_file__of_the_base_counts(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("original", {"operations": [], "options": {"source_file": True}})
        rokka.put_stack("based", {"operations": [], "options": {"basestack": "original"}})
        answer = rokka.render(f"/based/{digest}.jpg")
        assert answer.headers["Content-Type"] == "image/png"

    def test_preview__as_a_base_is_kept_by_nobody(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("_preview1", [resize(30)])
        answer = rokka.render(f"/dynamic/noop/o-basestack-_preview1/{digest}.png")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")

    def test_circle__is_refused(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("one", {"options": {"basestack": "two"}})
        rokka.put_stack("two", {"options": {"basestack": "one"}})
        answer = rokka.render(f"/one/{digest}.png")
        assert (answer.status_code, "one > two > one" in message(answer)) == (400, True)

    def test_depth__is_bounded(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("n0", [])
        for number in range(1, 8):
            rokka.put_stack(f"n{number}", {"options": {"basestack": f"n{number - 1}"}})
        assert rokka.render(f"/n5/{digest}.png").status_code == 200
        assert rokka.render(f"/n6/{digest}.png").status_code == 400

    def test_protected_base__protects_what_is_based_on_it(self, rokka: Rokka, digest: str) -> None:
        rokka.put_stack("closed", {"operations": [], "options": {"protected": True}})
        path = f"/dynamic/noop/o-basestack-closed-protected-false/{digest}.png"
        assert rokka.render(path).status_code == 403
        assert rokka.render(sign_url(path, SIGNING_KEY)).status_code == 200


def test_preview__is_kept_by_nobody(rokka: Rokka, digest: str) -> None:
    answer = rokka.put_stack("_preview1", [resize(30)])
    assert answer.status_code == 201, answer.text
    for _ in range(2):
        answer = rokka.render(f"/_preview1/{digest}.png")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert "ETag" not in answer.headers
    root = rokka.server.emulator.root
    assert [path for path in (root / "renders").rglob("*") if path.is_file()] == []
    stats = rokka.api("GET", "/_emulator/stats").json()
    assert (stats["renders"], stats["cache_hits"]) == (2, 0)


def test_version__is_a_render_of_its_own(rokka: Rokka, digest: str) -> None:
    etags = {
        rokka.render(f"/dynamic/{digest}/{name}.png").headers["ETag"]
        for name in ("a", "b", "v1", "lake-v1", "v2", "v2x", "v")
    }
    assert len(etags) == 3
    assert rokka.api("GET", "/_emulator/stats").json()["renders"] == 3


@pytest.mark.parametrize("name", ["a.jpg", "a.mp4", "a.xyz", "name.with.dots.png"])
def test_source_file__is_sent_whatever_the_extension_says(rokka: Rokka, name: str) -> None:
    data = b"%PDF-1.4\n"
    digest = rokka.upload(data, "paper.pdf")["hash"]
    rokka.put_stack("original", {"operations": [], "options": {"source_file": True}})
    answer = rokka.render(f"/original/{digest}/{name}")
    assert (answer.content, answer.headers["Content-Type"]) == (data, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'inline; filename="paper.pdf"'


@pytest.mark.parametrize("path", ["/plain/o-source_file-true", "/dynamic/o-source_file-1"])
def test_source_file__is_not_for_urls(rokka: Rokka, digest: str, path: str) -> None:
    rokka.put_stack("plain", [])
    answer = rokka.render(f"{path}/{digest}.jpg")
    assert (answer.status_code, "must stand in a stack" in message(answer)) == (400, True)
    assert rokka.render(f"/plain/o-source_file-false/{digest}.jpg").status_code == 200


def test_override__has_the_name_of_an_operation(rokka: Rokka, digest: str) -> None:
    rokka.put_stack("small", [resize(30)])
    assert rokka.picture(f"/small/blur-sigma-3/{digest}.png").size == (30, 20)
    answer = rokka.render(f"/small/explode-sigma-3/{digest}.png")
    assert (answer.status_code, "Unknown operation" in message(answer)) == (400, True)


def test_timestamp__of_a_picture_changes_nothing(rokka: Rokka, digest: str) -> None:
    assert rokka.picture(f"/dynamic/noop/o-timestamp-00:00:40/{digest}.png").size == (60, 40)


class TestFallback:
    @pytest.fixture
    def elsewhere(self, rokka: Rokka) -> str:
        body = {"billing_email": "a@example.com"}
        assert rokka.api("PUT", "/organizations/other", json=body).status_code == 200
        files = {"filedata": ("a.png", encode(halves(30, 20)))}
        answer = rokka.api("POST", "/sourceimages/other", files=files)
        return str(answer.json()["items"][0]["hash"])

    def test_missing_image__is_rendered_from_the_other_organization(
        self, rokka: Rokka, elsewhere: str
    ) -> None:
        rokka.api("PUT", "/sourceimages/other/alias/logo", json={"hash": elsewhere})
        paths = [f"/dynamic/{elsewhere}.png", "/dynamic/-_logo_-.png"]
        assert [rokka.render(path).status_code for path in paths] == [404, 404]
        path = "/organizations/demo/options/render_org_fallback"
        assert rokka.api("PUT", path, json="other").status_code == 200
        assert [rokka.picture(path).size for path in paths] == [(30, 20)] * 2

    def test_stacks__are_not_inherited(self, rokka: Rokka, elsewhere: str) -> None:
        rokka.api("PUT", "/stacks/other/small", json=[resize(10)])
        rokka.api("PUT", "/organizations/demo/options", json={"render_org_fallback": "other"})
        answer = rokka.render(f"/small/{elsewhere}.png")
        assert (answer.status_code, "No stack" in message(answer)) == (404, True)

    def test_fallback__is_for_administrators_of_both(self, rokka: Rokka, elsewhere: str) -> None:
        body = {"roles": ["admin"]}
        key = rokka.api("POST", "/organizations/demo/memberships", json=body).json()["api_key"]
        path = "/organizations/demo/options/render_org_fallback"
        answer = rokka.api("PUT", path, json="other", headers={"Api-Key": key})
        assert answer.status_code == 403
        assert rokka.api("PUT", path, json="nobody").status_code == 404
