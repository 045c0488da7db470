from __future__ import annotations

from typing import Any

import pytest

from django_rokka.render import sign_url

from tests.emulator.conftest import SIGNING_KEY, Rokka
from tests.emulator.pictures import BLUE, RED, decode, encode, halves, is_close, pixel


@pytest.fixture
def digest(rokka: Rokka) -> str:
    return str(rokka.upload(encode(halves(60, 40)))["hash"])


@pytest.mark.parametrize(
    ("request_", "size"),
    [
        ("full/max/0", (60, 40)),
        ("square/max/0", (40, 40)),
        ("10,10,20,5/max/0", (20, 5)),
        ("50,30,20,20/max/0", (10, 10)),
        ("pct:0,0,50,25/max/0", (30, 10)),
        ("full/30,/0", (30, 20)),
        ("full/,10/0", (15, 10)),
        ("full/30,30/0", (30, 30)),
        ("full/!30,30/0", (30, 20)),
        ("full/!100,100/0", (60, 40)),
        ("full/^!120,100/0", (120, 80)),
        ("full/^120,/0", (120, 80)),
        ("full/pct:50/0", (30, 20)),
        ("full/^max/0", (2048, 1365)),
        ("full/max/90", (40, 60)),
        ("10,0,40,40/20,/180", (20, 20)),
    ],
)
def test_image__has_the_size_that_is_asked_for(
    rokka: Rokka, digest: str, request_: str, size: tuple[int, int]
) -> None:
    for version in ("", "/3"):
        assert rokka.picture(f"/_iiif{version}/{digest}/{request_}/default.png").size == size


@pytest.mark.parametrize(
    ("size", "expected"),
    [("full", (60, 40)), ("max", (60, 40)), ("120,", (120, 80)), ("!120,120", (120, 80))],
)
def test_image__of_version_2_may_grow(
    rokka: Rokka, digest: str, size: str, expected: tuple[int, int]
) -> None:
    assert rokka.picture(f"/_iiif/2/{digest}/full/{size}/0/default.jpg").size == expected


def test_image__shows_region_rotation_and_quality(rokka: Rokka, digest: str) -> None:
    left = rokka.picture(f"/_iiif/{digest}/0,0,30,40/max/0/default.png")
    right = rokka.picture(f"/_iiif/{digest}/30,0,30,40/max/0/color.png")
    turned = rokka.picture(f"/_iiif/{digest}/full/max/90/default.png")
    grey = rokka.picture(f"/_iiif/{digest}/full/max/0/gray.png")
    assert [pixel(left, 0.5, 0.5), pixel(right, 0.5, 0.5)] == [RED, BLUE]
    assert [pixel(turned, 0.5, 0.1), pixel(turned, 0.5, 0.9)] == [RED, BLUE]
    red, green, blue = pixel(grey, 0.1, 0.5)
    assert red == green == blue


def test_image__takes_an_alias(rokka: Rokka, digest: str) -> None:
    rokka.api("PUT", "/sourceimages/demo/alias/logo", json={"hash": digest})
    picture = rokka.picture("/_iiif/-_logo_-/full/30,/0/default.jpg")
    assert picture.size == (30, 20)
    assert is_close(pixel(picture, 0.1, 0.5), RED)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("full/61,/0/default.jpg", 400),
        ("full/pct:101/0/default.jpg", 400),
        ("full/^2049,/0/default.jpg", 400),
        ("full/0,/0/default.jpg", 400),
        ("full/pct:0/0/default.jpg", 400),
        ("full/,/0/default.jpg", 400),
        ("full/full/0/default.jpg", 400),
        ("full/!30,/0/default.jpg", 400),
        ("60,0,5,5/max/0/default.jpg", 400),
        ("0,0,0,5/max/0/default.jpg", 400),
        ("1,2,3/max/0/default.jpg", 400),
        ("1.5,2,3,4/max/0/default.jpg", 400),
        ("full/max/361/default.jpg", 400),
        ("full/max/x/default.jpg", 400),
        ("full/max/!0/default.jpg", 501),
        ("full/max/0/bitonal.jpg", 501),
        ("full/max/0/loud.jpg", 400),
        ("full/max/0/default.xyz", 400),
        ("full/max/0", 400),
    ],
)
def test_image__refuses_what_is_no_request(
    rokka: Rokka, digest: str, path: str, status: int
) -> None:
    answer = rokka.render(f"/_iiif/{digest}/{path}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")


@pytest.mark.parametrize(
    "path",
    [
        "/_iiif/nothing/info.json",
        "/_iiif/0a1b2c/full/max/0/default.jpg",
        "/_iiif/2/-_nobody_-/info.json",
        "/_iiif/nothing/full/max/0/default.jpg",
    ],
)
def test_iiif__of_an_image_that_is_not_there_is_404(rokka: Rokka, path: str) -> None:
    answer = rokka.render(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_iiif__takes_no_shorter_hashes_than_rokka(rokka: Rokka, digest: str) -> None:
    assert rokka.render(f"/_iiif/{digest[:6]}/info.json").status_code == 200
    assert rokka.render(f"/_iiif/{digest[:5]}/info.json").status_code == 404


@pytest.mark.parametrize("path", ["/_iiif/", "/_iiif/4/0a1b2c/info.json"])
def test_iiif__refuses_other_paths(rokka: Rokka, path: str) -> None:
    assert rokka.render(path).status_code == 400


def test_image__has_the_formats_that_its_info_names(rokka: Rokka, digest: str) -> None:
    about = rokka.render(f"/_iiif/2/{digest}/info.json").json()
    formats = about["profile"][1]["formats"]
    for name in (*formats, "jpeg", "tif", "svg", "blur"):
        answer = rokka.render(f"/_iiif/{digest}/full/max/0/default.{name}")
        assert answer.status_code == (200 if name in formats else 400)


def test_info__of_version_3_says_what_there_is(rokka: Rokka, digest: str) -> None:
    answer = rokka.render(f"/_iiif/{digest}/info.json")
    about = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert about["@context"] == "http://iiif.io/api/image/3/context.json"
    assert about["id"] == f"{rokka.server.render_host}/_iiif/{digest}"
    assert (about["type"], about["profile"]) == ("ImageService3", "level2")
    assert (about["width"], about["height"]) == (60, 40)
    limits = (about["maxWidth"], about["maxHeight"], about["maxArea"])
    assert limits == (2048, 2048, 2048 * 2048)
    assert about["tiles"] == [{"width": 512, "scaleFactors": [1]}]


def test_info__of_version_2_has_its_own_shape(rokka: Rokka, digest: str) -> None:
    about = rokka.render(f"/_iiif/2/{digest}/info.json").json()
    assert about["@context"] == "http://iiif.io/api/image/2/context.json"
    assert about["@id"] == f"{rokka.server.render_host}/_iiif/2/{digest}"
    assert about["profile"][0] == "http://iiif.io/api/image/2/level2.json"
    assert about["profile"][1]["maxWidth"] == 2048


def test_info__names_the_factors_of_its_tiles(rokka: Rokka) -> None:
    digest = rokka.upload(encode(halves(1500, 20)))["hash"]
    about = rokka.render(f"/_iiif/{digest}/info.json").json()
    assert about["tiles"] == [{"width": 512, "scaleFactors": [1, 2, 4]}]


def test_info__is_linked_data_for_those_who_ask(rokka: Rokka, digest: str) -> None:
    answer = rokka.render(f"/_iiif/{digest}/info.json", Accept="application/ld+json")
    expected = 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'
    assert answer.headers["Content-Type"] == expected


def test_iiif__leads_from_the_image_to_its_info(rokka: Rokka, digest: str) -> None:
    answer = rokka.render(f"/_iiif/{digest}")
    assert (answer.history[0].status_code, answer.json()["width"]) == (303, 60)


def test_iiif__is_protected_as_the_dynamic_stack(rokka: Rokka, digest: str) -> None:
    rokka.api("PUT", "/organizations/demo/options", json={"protect_dynamic_stack": True})
    for path in (f"/_iiif/{digest}/info.json", f"/_iiif/{digest}/full/max/0/default.png"):
        assert rokka.render(path).status_code == 403
        assert rokka.render(sign_url(path, SIGNING_KEY)).status_code == 200


def test_image__is_kept_by_browsers_and_made_once(rokka: Rokka, digest: str) -> None:
    path = f"/_iiif/{digest}/full/30,/0/default.png"
    answers: list[Any] = [rokka.render(path) for _ in range(2)]
    assert answers[1].headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert decode(answers[1].content).size == (30, 20)
    assert rokka.render(path, **{"If-None-Match": answers[0].headers["ETag"]}).status_code == 304
