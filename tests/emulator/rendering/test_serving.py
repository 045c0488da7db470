from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_rokka.render import RenderURL, sign_url

from tests.emulator.conftest import SIGNING_KEY, Rokka
from tests.emulator.pictures import (
    BLUE,
    GREEN,
    RED,
    SVG,
    WHITE,
    animation,
    encode,
    halves,
    is_close,
    pixel,
    plain,
    png_with_header,
)


@pytest.fixture
def image(rokka: Rokka) -> dict[str, Any]:
    return rokka.upload(encode(halves(60, 40)))


@pytest.mark.parametrize("format", ["jpg", "jpeg", "png", "gif", "webp", "avif"])
def test_render__writes_the_format_that_is_asked_for(
    rokka: Rokka, image: dict[str, Any], format: str
) -> None:
    response = rokka.render(f"/dynamic/resize-width-30/{image['hash']}.{format}")
    expected = "jpeg" if format in {"jpg", "jpeg"} else format
    assert response.headers["Content-Type"] == f"image/{expected}"
    picture = rokka.picture(f"/dynamic/resize-width-30/{image['hash']}.{format}")
    assert (picture.format, picture.size) == (expected.upper(), (30, 20))
    assert is_close(pixel(picture, 0.1, 0.5), RED)
    assert is_close(pixel(picture, 0.9, 0.5), BLUE)


@pytest.mark.parametrize("stack", ["dynamic", "dynamic/noop", "dynamic//noop", "plain"])
@pytest.mark.parametrize("name", ["{hash}", "{short_hash}", "-_logo_-", "{hash}/a-lake-v1"])
def test_render__finds_stack_and_image(
    rokka: Rokka, image: dict[str, Any], stack: str, name: str
) -> None:
    rokka.put_stack("plain", [])
    rokka.api("PUT", "/sourceimages/demo/alias/logo", json={"hash": image["hash"]})
    assert rokka.picture(f"/{stack}/{name.format(**image)}.png").size == (60, 40)


def test_render__answers_by_host(rokka: Rokka, image: dict[str, Any]) -> None:
    port = rokka.server.api_host.rpartition(":")[2]
    for host in ("demo.localhost", f"demo.localhost:{port}"):
        path = f"/dynamic/resize-width-30/{image['hash']}.png"
        answer = rokka.api("GET", path, headers={"Host": host})
        assert answer.headers["Content-Type"] == "image/png"


def test_render__follows_the_alias(rokka: Rokka) -> None:
    for colour in (RED, BLUE):
        digest = rokka.upload(encode(plain(9, 9, colour)))["hash"]
        rokka.api("PUT", "/sourceimages/demo/alias/logo?overwrite=true", json={"hash": digest})
        assert pixel(rokka.picture("/dynamic/-_logo_-.png"), 0.5, 0.5) == colour


def test_render__headers_let_browsers_keep_it(rokka: Rokka, image: dict[str, Any]) -> None:
    path = f"/dynamic/{image['hash']}.png"
    first = rokka.render(path)
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in first.headers
    known = {"If-None-Match": first.headers["ETag"]}
    assert rokka.render(path, **known).status_code == 304
    head = rokka.render(path, method="HEAD")
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(first.content)))


def test_render__is_made_once(rokka: Rokka, image: dict[str, Any]) -> None:
    folder = rokka.server.emulator.root / "renders"
    answers = {
        rokka.render(f"/dynamic/resize-width-30{rest}/{image['hash']}{name}.png").content
        for rest in ("", "/o-jpg.quality-7")
        for name in ("", "/one", "/two")
    }
    assert len(answers) == 1
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/thumb/{hash}.png", (20, 10)),
        ("/thumb/v-w-30/{hash}.png", (30, 15)),
        ("/thumb/v-w-30-h-7/{hash}.png", (30, 7)),
        ('/thumb/v-w-30/{hash}.png?v={{"w":12,"h":9}}', (12, 9)),
        ("/thumb/resize-mode-absolute/crop-width-5/{hash}.png", (5, 10)),
        ("/thumb/blur-sigma-3/{hash}.png", (20, 10)),
        ("/thumb/o-dpr-2/{hash}.png", (40, 20)),
        ("/dynamic/resize-width-10/resize-width-20/{hash}.png", (20, 13)),
        ("/dynamic/resize-width-[image.width%2F4]/{hash}.png", (15, 10)),
    ],
)
def test_render__applies_variables_and_overrides(
    rokka: Rokka, image: dict[str, Any], path: str, size: tuple[int, int]
) -> None:
    expressions = {"width": "$w", "height": "$h"}
    definition = {
        "operations": [
            {"name": "resize", "options": {"mode": "fill"}, "expressions": expressions},
            {"name": "crop", "expressions": expressions},
        ],
        "variables": {"w": 20, "h": "$w / 2"},
    }
    assert rokka.put_stack("thumb", definition).status_code == 201
    assert rokka.picture(path.format(**image)).size == size


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/nothing/{hash}.png", 404, "No stack 'nothing' found in 'demo'"),
        ("/dynamic/0123456789.png", 404, "No source image found"),
        ("/dynamic/-_nobody_-.png", 404, "No alias 'nobody' found"),
        ("/dynamic/{hash}.png/", 400, "is no render URL"),
        ("/dynamic/resize-width/{hash}.png", 400, "has no value"),
        ("/dynamic/resize-width-abc/{hash}.png", 400, "must be a number from 1 to 10000"),
        ("/dynamic/resize-mode-odd-width-9/{hash}.png", 400, "one of: box, fill, absolute"),
        ("/dynamic/resize-mode-box/{hash}.png", 400, "needs a value for width or height"),
        ("/dynamic/crop-width-9/{hash}.png", 400, "needs a value for height"),
        ("/dynamic/explode/{hash}.png", 400, "Unknown operation 'explode'"),
        ("/dynamic/resize-width-9/o-loud-1/{hash}.png", 400, "Unknown stack option 'loud'"),
        ("/dynamic/resize-width-$w/{hash}.png", 400, "must be a number"),
        ("/dynamic/resize-width-[$w]/{hash}.png", 400, "the variable $w has no value"),
        ("/dynamic/{hash}.png?v=nonsense", 400, "is no JSON"),
        ("/dynamic/{hash}.xyz", 400, "Unknown format 'xyz'"),
        ("/dynamic/o-dpr-2/{hash}.png", 400, "needs a resize operation"),
        ("/dynamic/resize-width-10000-height-30000/{hash}.png", 400, "from 1 to 10000"),
        (
            "/dynamic/resize-width-10000-height-10000-mode-fill/o-dpr-9/{hash}.png",
            400,
            "megapixels",
        ),
        ("/dynamic/resize-width-9/o-basestack-x/{hash}.png", 404, "No stack 'x' found"),
        ("/dynamic/rotate/{hash}.png", 400, "needs a value for angle"),
        ("/dynamic/noop/o-autoformat-perhaps/{hash}.png", 400, "must be true or false"),
        ("/dynamic/o-source_file-1/{hash}.png", 400, "must stand in a stack"),
        ("/dynamic/-https://example.com/a.jpg-.png", 403, "remote_fullurl_allow"),
    ],
)
def test_render__says_what_is_wrong_or_missing(
    rokka: Rokka, image: dict[str, Any], path: str, status: int, message: str
) -> None:
    response = rokka.render(path.format(**image))
    assert (response.status_code, response.headers["Content-Type"]) == (
        status,
        "application/json",
    )
    assert message in response.json()["error"]["message"]
    assert response.headers["Cache-Control"] == "no-store"


def test_render__is_read_only(rokka: Rokka, image: dict[str, Any]) -> None:
    assert rokka.render(f"/dynamic/{image['hash']}.png", method="POST").status_code == 400


def test_render__of_a_deleted_image_is_404(rokka: Rokka, image: dict[str, Any]) -> None:
    path = f"/dynamic/resize-width-9/{image['hash']}.png"
    assert rokka.render(path).status_code == 200
    rokka.api("DELETE", f"/sourceimages/demo/{image['hash']}")
    assert rokka.render(path).status_code == 404


class TestAutoformat:
    @pytest.fixture(autouse=True)
    def _stack(self, rokka: Rokka) -> None:
        rokka.put_stack("auto", {"operations": [], "options": {"autoformat": True}})

    @pytest.mark.parametrize(
        ("accept", "kind"),
        [("image/avif,image/webp,*/*", "image/webp"), ("*/*", "image/png")],
    )
    def test_autoformat__follows_accept(
        self, rokka: Rokka, image: dict[str, Any], accept: str, kind: str
    ) -> None:
        response = rokka.render(f"/auto/{image['hash']}.png", Accept=accept)
        assert (response.headers["Content-Type"], response.headers["Vary"]) == (kind, "Accept")

    def test_autoformat__gives_avif_where_the_stack_opts_in(
        self, rokka: Rokka, image: dict[str, Any]
    ) -> None:
        path = f"/auto/o-autoformat.include-avif/{image['hash']}.jpg"
        response = rokka.render(path, Accept="image/avif,image/webp")
        assert response.headers["Content-Type"] == "image/avif"

    def test_autoformat__of_png_is_lossless(self, rokka: Rokka) -> None:
        noisy = encode(halves(8, 8))
        digest = rokka.upload(noisy)["hash"]
        picture = rokka.picture(f"/auto/{digest}.png", Accept="image/webp")
        assert pixel(picture, 0.4, 0.5) == RED

    def test_autoformat__can_be_switched_off_in_the_url(
        self, rokka: Rokka, image: dict[str, Any]
    ) -> None:
        path = f"/auto/o-autoformat-false/{image['hash']}.jpg"
        assert rokka.render(path, Accept="image/webp").headers["Content-Type"] == "image/jpeg"


class TestOptions:
    @pytest.mark.parametrize("format", ["jpg", "webp", "avif"])
    def test_quality__makes_smaller_files(self, rokka: Rokka, format: str) -> None:
        digest = rokka.upload(encode(halves(60, 40).gaussblur(9).cast("uchar")))["hash"]
        low, high = (
            len(rokka.render(f"/dynamic/noop/o-{format}.quality-{q}/{digest}.{format}").content)
            for q in (5, 95)
        )
        assert low < high

    @pytest.mark.parametrize(
        ("options", "colour"),
        [
            ("", WHITE),
            ("/o-jpg.transparency.color-0000ff", BLUE),
            ("/o-transparency.color-008000", GREEN),
        ],
    )
    def test_jpg__has_a_colour_for_transparency(
        self, rokka: Rokka, options: str, colour: tuple[int, ...]
    ) -> None:
        digest = rokka.upload(encode(plain(20, 20, (255, 0, 0, 0))))["hash"]
        picture = rokka.picture(f"/dynamic/noop{options}/{digest}.jpg")
        assert is_close(pixel(picture, 0.5, 0.5), colour)

    def test_transparency_color__fills_other_formats_too(self, rokka: Rokka) -> None:
        digest = rokka.upload(encode(plain(20, 20, (255, 0, 0, 0))))["hash"]
        assert rokka.picture(f"/dynamic/noop/{digest}.png").mode == "RGBA"
        filled = rokka.picture(f"/dynamic/noop/o-transparency.color-008000/{digest}.png")
        assert (filled.mode, pixel(filled, 0.5, 0.5)) == ("RGB", GREEN)

    def test_content_disposition__makes_a_download(
        self, rokka: Rokka, image: dict[str, Any]
    ) -> None:
        path = f"/dynamic/o-content_disposition-attachment/{image['hash']}/lake.png"
        header = rokka.render(path).headers["Content-Disposition"]
        assert header == 'attachment; filename="lake.png"'

    def test_source_file__delivers_the_original(self, rokka: Rokka) -> None:
        data = animation("GIF")
        digest = rokka.upload(data)["hash"]
        rokka.put_stack("original", {"options": {"source_file": True}})
        response = rokka.render(f"/original/{digest}.jpg")
        assert (response.content, response.headers["Content-Type"]) == (data, "image/gif")

    def test_expressions__choose_options(self, rokka: Rokka, image: dict[str, Any]) -> None:
        definition = {
            "operations": [{"name": "resize", "options": {"width": 40}}],
            "expressions": [
                {
                    "expression": "options.dpr >= 2",
                    "overrides": {"options": {"content_disposition": "attachment"}},
                }
            ],
        }
        rokka.put_stack("fine", definition)
        kinds = [
            rokka.render(f"/fine{dpr}/{image['hash']}.png").headers["Content-Disposition"]
            for dpr in ("", "/o-dpr-2")
        ]
        assert [kind.partition(";")[0] for kind in kinds] == ["inline", "attachment"]


class TestProtection:
    @pytest.fixture
    def protected(self, rokka: Rokka) -> str:
        fields = {"options[0]": json.dumps({"protected": True})}
        return str(rokka.upload(encode(halves(60, 40)), **fields)["hash"])

    def test_protected_image__needs_a_signature(self, rokka: Rokka, protected: str) -> None:
        url = RenderURL(image=protected, format="png", filename="lake")
        assert rokka.render(url.path).status_code == 403
        signed = url.build(rokka.server.render_host, signing_key=SIGNING_KEY)
        path = signed.removeprefix(rokka.server.render_host)
        assert rokka.picture(path).size == (60, 40)
        with_name = path.replace(f"{protected}.png", f"{protected}/other.png")
        assert rokka.render(with_name).status_code == 200

    @pytest.mark.parametrize(
        ("old", "new"), [("sig=", "sig=0"), ("width-30", "width-31"), ("?v=", "?x=1&v=")]
    )
    def test_signature__covers_path_and_query(
        self, rokka: Rokka, protected: str, old: str, new: str
    ) -> None:
        path = f'/dynamic/resize-width-30/{protected}.png?v=%7B"w":1%7D'
        signed = sign_url(path.replace('"', "%22"), SIGNING_KEY)
        assert rokka.render(signed).status_code == 200
        assert rokka.render(signed.replace(old, new, 1)).status_code == 403

    def test_signature__expires(self, rokka: Rokka, protected: str, clock: Any) -> None:
        signed = sign_url(f"/dynamic/{protected}.png", SIGNING_KEY, until=clock.now)
        clock.advance(-1)
        assert rokka.render(signed).status_code == 200
        clock.advance(301)
        assert rokka.render(signed).status_code == 403

    def test_protected_stack__needs_a_signature(self, rokka: Rokka, image: dict[str, Any]) -> None:
        rokka.put_stack("closed", {"operations": [], "options": {"protected": True}})
        path = f"/closed/{image['hash']}.png"
        assert rokka.render(path).status_code == 403
        assert rokka.render(f"/closed/o-protected-false/{image['hash']}.png").status_code == 403
        assert rokka.render(sign_url(path, SIGNING_KEY)).status_code == 200

    def test_dynamic_stack__is_protected_by_the_organization(
        self, rokka: Rokka, image: dict[str, Any]
    ) -> None:
        path = f"/dynamic/{image['hash']}.png"
        rokka.api("PUT", "/organizations/demo/options", json={"protect_dynamic_stack": True})
        assert rokka.render(path).status_code == 403
        assert rokka.render(sign_url(path, SIGNING_KEY)).status_code == 200


class TestSources:
    @pytest.mark.parametrize("format", ["GIF", "WEBP"])
    @pytest.mark.parametrize("wanted", ["gif", "webp"])
    def test_animation__keeps_its_frames(self, rokka: Rokka, format: str, wanted: str) -> None:
        image = rokka.upload(animation(format))
        assert image["animated"] is True
        path = f"/dynamic/resize-width-30--crop-width-20-height-10/{image['hash']}.{wanted}"
        picture: Any = rokka.picture(path)
        assert (picture.size, picture.n_frames) == ((20, 10), 3)
        colours = []
        for number in range(3):
            picture.seek(number)
            picture.load()
            colours.append(pixel(picture, 0.5, 0.5))
            assert picture.info["duration"] == 120
        expected = (RED, GREEN, BLUE)
        assert all(is_close(*pair) for pair in zip(colours, expected, strict=True))

    def test_animation__gives_its_first_frame_to_a_still_format(self, rokka: Rokka) -> None:
        digest = rokka.upload(animation("GIF"))["hash"]
        picture = rokka.picture(f"/dynamic/rotate-angle-90/{digest}.png")
        assert (picture.size, pixel(picture, 0.5, 0.5)) == ((40, 60), RED)

    @pytest.mark.parametrize(
        "path", ["/dynamic/resize-width-50/{hash}.jpg", "/dynamic/noop/{hash}.jpg"]
    )
    @pytest.mark.parametrize(
        "data",
        [png_with_header(3000, 2000), encode(halves(900, 700).gaussblur(2), "jpg")[:1200]],
    )
    def test_broken_file__is_an_error_and_no_half_picture(
        self, rokka: Rokka, data: bytes, path: str
    ) -> None:
        response = rokka.render(path.format(**rokka.upload(data)))
        assert response.status_code == 422
        assert "cannot be rendered" in response.json()["error"]["message"]
        renders = rokka.server.emulator.root / "renders"
        assert [file for file in renders.rglob("*") if file.is_file()] == []

    def test_heic__without_a_decoder_is_missing(self, rokka: Rokka) -> None:
        head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
        extent = b"\0\0\0\x14ispe\0\0\0\0" + (4000).to_bytes(4, "big") + (3000).to_bytes(4, "big")
        digest = rokka.upload(head + extent)["hash"]
        response = rokka.render(f"/dynamic/resize-width-9/{digest}.jpg")
        assert response.status_code == 501
        assert "a decoder for this HEIC" in response.json()["error"]["message"]

    def test_animation__of_too_many_pixels_is_refused(self, rokka: Rokka) -> None:
        digest = rokka.upload(animation("GIF"))["hash"]
        path = f"/dynamic/resize-width-10000-height-10000-mode-absolute/{digest}.gif"
        response = rokka.render(path)
        assert response.status_code == 400
        message = "would have 10000 x 10000 pixels in 3 frames, more than 225 megapixels"
        assert message in response.json()["error"]["message"]

    @pytest.mark.parametrize(
        "steps",
        [
            "rotate-angle-1--resize-width-2500-height-2500-mode-absolute",
            "resize-width-3000-height-2-mode-absolute--rotate-angle-45",
            "grayscale--resize-width-1000-height-1000-mode-absolute",
        ],
    )
    def test_growing_step__is_refused_before_it_takes_memory(
        self, rokka: Rokka, steps: str
    ) -> None:
        digest = rokka.upload(animation("GIF"))["hash"]
        response = rokka.render(f"/dynamic/{steps}/o-dpr-10/{digest}.webp")
        assert response.status_code == 400
        assert "megapixels" in response.json()["error"]["message"]

    def test_svg__is_drawn_at_the_size_asked_for(self, rokka: Rokka) -> None:
        digest = rokka.upload(SVG)["hash"]
        picture = rokka.picture(f"/dynamic/resize-width-600/{digest}.png")
        assert picture.size == (600, 400)
        assert pixel(picture, 0.49, 0.5) == RED

    def test_stored_but_not_rendered__is_named(self, rokka: Rokka) -> None:
        digest = rokka.upload(b"%PDF-1.4\n")["hash"]
        response = rokka.render(f"/dynamic/{digest}.jpg")
        assert response.status_code == 501
        assert "rendering of pdf files (it stores them)" in response.json()["error"]["message"]


PIECES = st.sampled_from(
    [
        *("dynamic", "thumb", "resize-width-", "crop-height-9", "-", "--", "/", "//", "o-dpr-2"),
        *("v-w-7", "$w", "[", "]", "%", "%00", "%2F", "..", ".", "png", "svg", "?v={}", "?sig=0"),
        *("0a1b2c", "-_logo_-", "é", "1e9", "99999", "rotate-angle-33.3", "{hash}"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=12))
def test_render__answers_anything_with_a_picture_or_words(
    shared_rokka: Rokka, pieces: list[str]
) -> None:
    image_hash = shared_rokka.upload(encode(halves(6, 4)))["hash"]
    path = "".join(pieces).replace("{hash}", image_hash).replace("#", "")
    answer = shared_rokka.render(f"/{path}")
    assert answer.status_code in {200, 400, 403, 404, 501}
    if answer.status_code != 200:
        assert answer.json()["error"]["message"]
