from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.emulator.conftest import API_KEY, Clock, Rokka
from tests.emulator.pictures import SVG, encode, halves
from tests.emulator.store.test_image_lists import fill

PICTURES: tuple[tuple[int, int, str, dict[str, Any]], ...] = (
    (10, 9, "plan a.png", {"int:id": 1, "place": "lake", "array:labels": ["mountain", "snow"]}),
    (20, 9, "plan_b.png", {"int:id": 2, "place": "lakeside", "array:labels": ["mountain"]}),
    (30, 20, "Beach.png", {"int:id": 3, "double:rate": 1.5, "date:day": "2026-03-01T12:00:00Z"}),
    (40, 20, "50%_x*.png", {"place": "sea", "text:about": "Two boats, one Lake", "int:id": 42}),
    (50, 20, "[a,b", {"latlon:at": "47.38,8.52", "array_text:notes": ["one boat", "Two Boats"]}),
)


@pytest.fixture(scope="module")
def filled(shared_rokka: Rokka) -> Rokka:
    for width, height, name, metadata in PICTURES:
        shared_rokka.upload(
            encode(halves(width, height)), name, **{"meta_user[0]": json.dumps(metadata)}
        )
    version = {"meta_dynamic[0][version]": '{"text": "second"}'}
    shared_rokka.upload(encode(halves(60, 9)), "version.png", **version)
    return shared_rokka


def widths(rokka: Rokka, **query: str) -> list[int]:
    response = rokka.api("GET", "/sourceimages/demo", params={"sort": "width", **query})
    assert response.status_code == 200, response.text
    data = response.json()
    assert data["total"] == len(data["items"])
    return [item["width"] for item in data["items"]]


def test_list__is_newest_first_in_pages(rokka: Rokka) -> None:
    hashes = [rokka.upload(encode(halves(width, 9)))["hash"] for width in (10, 20, 30)]
    page = rokka.api("GET", "/sourceimages/demo?limit=2").json()
    assert [item["hash"] for item in page["items"]] == hashes[:0:-1]
    assert page["total"] == 3
    assert page["links"] == {"next": {"href": "/sourceimages/demo?limit=2&offset=2"}}
    last = rokka.api("GET", page["links"]["next"]["href"]).json()
    assert [item["hash"] for item in last["items"]] == hashes[:1]


def test_list__finds_by_binary_hash(rokka: Rokka) -> None:
    image = rokka.upload(encode(halves(30, 20)))
    found = rokka.api("GET", f"/sourceimages/demo?binaryHash={image['binary_hash']}").json()
    assert found == {"total": 1, "items": [image]}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        *(("limit=2001", 400), ("limit=x", 400), ("offset=-1", 400)),
        *((f"limit={'0' * 12}9999", 400), (f"limit={'0' * 5000}", 400)),
        *(("name=a&" * 100, 200), ("name=a&" * 101, 400)),
        *((f"sort={'size,' * 9}size", 200), (f"sort={'size,' * 10}size", 400)),
        *(("sort=size", 200), ("sort=size upwards", 400), ("sort=colour", 400), ("sort=,", 400)),
        *(("operator=not", 400), ("operator=AND", 200), ("offset=10000", 200)),
        *(("offset=10001", 400), ("offset=no-cursor", 400), ("facets=name_text", 400)),
        ("limit=0", 200),
    ],
)
def test_list__checks_its_parameters(rokka: Rokka, query: str, status: int) -> None:
    assert rokka.api("GET", f"/sourceimages/demo?{query}").status_code == status


def test_list__links_back(rokka: Rokka) -> None:
    for width in (10, 20):
        rokka.upload(encode(halves(width, 9)))
    page = rokka.api("GET", "/sourceimages/demo?limit=2&offset=1").json()
    assert page["links"] == {"prev": {"href": "/sourceimages/demo?limit=2"}}


def test_list__has_previous_pages(rokka: Rokka) -> None:
    page = rokka.api("GET", "/sourceimages/demo?limit=2&offset=7").json()
    assert page["links"] == {"prev": {"href": "/sourceimages/demo?limit=2&offset=5"}}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"width": "30"}, [30]),
        ({"height": "9", "width": "20"}, [20]),
        ({"height": "9", "width": "30", "operator": "or"}, [10, 20, 30, 60]),
        ({"width": "[20,40]"}, [20, 30, 40]),
        ({"width": "{20,40}"}, [30]),
        ({"width": "[20,40}"}, [20, 30]),
        ({"width": "{40,}"}, [50, 60]),
        ({"width": "{,20]"}, [10, 20]),
        ({"width": "[,]"}, [10, 20, 30, 40, 50, 60]),
        ({"name": "Beach.png"}, [30]),
        ({"name": "beach.png"}, []),
        ({"name": "plan*"}, [10, 20]),
        ({"name": "50%*"}, [40]),
        ({"name": "plan_*"}, [20]),
        ({"name": "*"}, [10, 20, 30, 40, 50, 60]),
        ({"name": "[a,b"}, [50]),
        ({"name": "[Beach,plan a.png]"}, [30, 50, 10]),
        ({"name_text": "BEACH"}, [30]),
        ({"name_text": "plan b"}, [20]),
        ({"name_text": "ver*"}, [60]),
        ({"name_text": "ver"}, []),
        ({"name_text": "!"}, []),
        ({"mimetype": "image/png", "format": "png", "width": "10"}, [10]),
        ({"user:int:id": "3"}, [30]),
        ({"user:int:id": "[2,42}"}, [20, 30]),
        ({"user:place": "lake"}, [10]),
        ({"user:str:place": "lake*"}, [10, 20]),
        ({"user:array:labels": "mountain"}, [10, 20]),
        ({"user:array:labels": "sno*"}, [10]),
        ({"user:double:rate": "1.5"}, [30]),
        ({"user:double:rate": "[1,2]"}, [30]),
        ({"user:date:day": "['2026-03-01T12:00:00Z','2026-03-01T12:00:00Z']"}, [30]),
        ({"user:date:day": "2026-03-01T13:00:00+01:00"}, [30]),
        ({"user:date:day": "{'2026-03-01T12:00:00Z',}"}, []),
        ({"user:text:about": "lake boats"}, [40]),
        ({"user:text:about": "lakes"}, []),
        ({"user:array_text:notes": "two boats"}, [50]),
        ({"user:latlon:at": "47.38,8.52"}, [50]),
        ({"user:int:place": "1"}, []),
        ({"dynamic:str:version:text": "sec*"}, [60]),
        ({"static:str:colours:main": "red"}, []),
        ({"created": "['2020-01-01T00:00:00Z',}"}, [10, 20, 30, 40, 50, 60]),
        ({"created": "{,'2020-01-01T00:00:00Z']"}, []),
    ],
)
def test_search__finds(filled: Rokka, query: dict[str, str], found: list[int]) -> None:
    assert widths(filled, **query) == sorted(found)


def test_search__finds_what_a_file_says_of_itself(rokka: Rokka) -> None:
    exif, target = Image.Exif(), io.BytesIO()
    exif.update({0x010F: "Canon", 0x0112: 3})
    Image.new("RGB", (40, 30)).save(target, "JPEG", exif=exif.tobytes())
    rokka.upload(target.getvalue(), "a.jpg")
    rokka.upload(encode(halves(30, 20)))
    found = {"static:str:exif:Make": "Can*", "static:text:exif:Make": "canon"}
    for name, value in {**found, "static:int:exif:Orientation": "[2,3]"}.items():
        assert widths(rokka, **{name: value}) == [40]
    assert widths(rokka, **{"static:str:exif:Make": "Nikon"}) == []
    assert widths(rokka, sort="static:str:exif:Make") == [40, 30]


def test_search__finds_by_hashes(filled: Rokka) -> None:
    image = filled.api("GET", "/sourceimages/demo?limit=1").json()["items"][0]
    queries = (
        {"hash": image["hash"]},
        {"hash": image["hash"][:20] + "*"},
        {"short_hash": image["short_hash"]},
        {"binaryhash": image["binary_hash"]},
    )
    assert [widths(filled, **query) for query in queries] == [[image["width"]]] * 4


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("height,width desc", [60, 20, 10, 50, 40, 30]),
        ("height desc,width asc", [30, 40, 50, 10, 20, 60]),
        ("user:place,width", [10, 20, 40, 30, 50, 60]),
        ("user:place desc,width", [40, 20, 10, 30, 50, 60]),
        ("user:date:day desc, width desc", [30, 60, 50, 40, 20, 10]),
        ("user:date:day,user:place desc,width", [30, 40, 20, 10, 50, 60]),
        ("user:array:labels desc,width", [10, 20, 30, 40, 50, 60]),
        ("static:str:a:b,width", [10, 20, 30, 40, 50, 60]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 6])
def test_cursor__walks_through_every_order(
    filled: Rokka, sort: str, expected: list[int], limit: int
) -> None:
    found: list[int] = []
    query = {"sort": sort, "limit": str(limit)}
    while True:
        page = filled.api("GET", "/sourceimages/demo", params=query).json()
        assert page["total"] == len(expected)
        if not page["items"]:
            break
        found += [item["width"] for item in page["items"]]
        query["offset"] = page["cursor"]
    assert found == expected


def test_cursor__neither_repeats_nor_skips_when_images_come(rokka: Rokka, clock: Clock) -> None:
    hashes = []
    for width in (10, 20, 30, 40):
        hashes.append(rokka.upload(encode(halves(width, 9)))["hash"])
        clock.advance(1)
    first = rokka.api("GET", "/sourceimages/demo?limit=2").json()
    rokka.upload(encode(halves(50, 9)))
    cursor = first["cursor"]
    rest = rokka.api("GET", f"/sourceimages/demo?limit=2&offset={cursor}").json()
    assert [item["hash"] for item in first["items"] + rest["items"]] == hashes[::-1]


def test_cursor__is_there_without_a_numeric_offset_only(filled: Rokka) -> None:
    for query, has_cursor in (("", True), ("?limit=0", True), ("?offset=0", False)):
        page = filled.api("GET", f"/sourceimages/demo{query}").json()
        assert ("cursor" in page) is has_cursor


def test_cursor__goes_on_after_a_page_of_none(filled: Rokka) -> None:
    cursor = filled.api("GET", "/sourceimages/demo?limit=0").json()["cursor"]
    page = filled.api("GET", "/sourceimages/demo", params={"offset": cursor}).json()
    assert len(page["items"]) == len(PICTURES) + 1


def test_cursor__belongs_to_its_order(filled: Rokka) -> None:
    cursor = filled.api("GET", "/sourceimages/demo?limit=1").json()["cursor"]
    response = filled.api("GET", "/sourceimages/demo", params={"offset": cursor, "sort": "size"})
    assert response.status_code == 400
    assert "sorted by 'created desc'" in response.json()["error"]["message"]


def test_list__of_none_has_the_total(filled: Rokka) -> None:
    page = filled.api("GET", "/sourceimages/demo?limit=0").json()
    assert (page["total"], page["items"], page["links"]) == (len(PICTURES) + 1, [], {})


def test_facets__count_values(filled: Rokka) -> None:
    query = {"facets": "user:array:labels,format", "limit": "0"}
    facets = filled.api("GET", "/sourceimages/demo", params=query).json()["facets"]
    assert facets == {
        "user:array:labels": [{"value": "mountain", "count": 2}, {"value": "snow", "count": 1}],
        "format": [{"value": "png", "count": len(PICTURES) + 1}],
    }


def test_facets__count_among_what_matches(filled: Rokka) -> None:
    query = {"facets": "user:str:place", "width": "[20,40]"}
    facets = filled.api("GET", "/sourceimages/demo", params=query).json()["facets"]
    assert facets == {
        "user:str:place": [{"value": "lakeside", "count": 1}, {"value": "sea", "count": 1}]
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("colour", "red"), ("user:AltText", "x"), ("user:float:x", "1"), ("user:a-b", "x")),
        *(("width", "wide"), ("width", ""), ("width", "[1,x]"), ("width", "1*"), ("width", "[1")),
        *(("width", "9" * 19), ("size", "[1 TO 2]"), ("user:double:x", "nan")),
        *(("user:double:x", "1e999"), ("created", "today"), ("created", "['2017-13-01',}")),
        *(("created", "0001-01-01T00:00:00+10:00"), ("dynamic:version", "x")),
        ("name' OR 1=1 --", "x"),
    ],
)
def test_search__names_what_it_refuses(filled: Rokka, name: str, value: str) -> None:
    response = filled.api("GET", "/sourceimages/demo", params={name: value})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == 400
    assert name in response.json()["error"]["message"]


FIELDS = [
    *("hash", "name", "name_text", "width", "created", "user:place", "user:int:id"),
    *("user:array:labels", "user:text:about", "user:date:day", "user:latlon:at"),
    *("user:double:rate", "dynamic:str:version:text", "deletedDate", "sort", "offset", "limit"),
    *("facets", "operator", "binaryHash"),
]
VALUES = st.text(max_size=20) | st.text("[]{}',*0123456789-:TZ.+e\"%_", max_size=20)


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(FIELDS) | st.text(max_size=10), value=VALUES)
def test_search__takes_any_text(filled: Rokka, name: str, value: str) -> None:
    query = {name.encode(errors="replace"): value.encode(errors="replace")}
    response = filled.api("GET", "/sourceimages/demo", params=query)
    assert response.status_code in {200, 400}
    if response.status_code == 400:
        assert response.json()["error"]["code"] == 400


@settings(max_examples=50, deadline=None)
@example(parts=[])
@example(parts=2**70)
@given(
    parts=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=2),
    )
)
def test_cursor__may_be_forged(filled: Rokka, parts: Any) -> None:
    for data in (parts, ["created desc", parts], ["created desc", [[parts], 3]]):
        cursor = base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
        response = filled.api("GET", "/sourceimages/demo", params={"offset": f"{cursor}"})
        assert response.status_code in {200, 400}


def test_links__change_to_the_cursor_where_numbers_end(rokka: Rokka) -> None:
    fill(rokka.server.emulator._services.database, 10_200)
    start = "/sourceimages/demo?limit=100"
    for offset, is_number in (("", False), ("&offset=9800", True), ("&offset=9901", False)):
        page = rokka.api("GET", f"{start}{offset}").json()
        following = page["links"]["next"]["href"]
        assert following.removeprefix(f"{start}&offset=").isdigit() is is_number
    rest = []
    while following:
        page = rokka.api("GET", following).json()
        rest += [item["name"] for item in page["items"]]
        following = page["links"].get("next", {}).get("href")
    assert rest == [f"picture-{number}.png" for number in range(198, -1, -1)]


def test_list__of_the_deleted(rokka: Rokka, clock: Clock) -> None:
    kept = rokka.upload(encode(halves(10, 9)))
    gone = rokka.upload(encode(halves(20, 9)))
    clock.advance(60)
    rokka.api("DELETE", f"/sourceimages/demo/{gone['hash']}")
    assert rokka.api("GET", "/sourceimages/demo").json()["items"] == [kept]
    query = {"deleted": "true", "deletedDate": "['2026-03-01T12:01:00Z',}"}
    page = rokka.api("GET", "/sourceimages/demo", params=query).json()
    deleted = {"deleted": True, "deleted_date": "2026-03-01T12:01:00+00:00"}
    assert (page["total"], page["items"]) == (1, [{**gone, **deleted}])


def test_list__finds_by_binary_hash_in_the_older_form(filled: Rokka) -> None:
    image = filled.api("GET", "/sourceimages/demo?limit=1").json()["items"][0]
    found = filled.api("GET", f"/sourceimages/demo/binaryhash/{image['binary_hash']}").json()
    assert found == {"total": 1, "items": [image]}
    unknown = filled.api("GET", f"/sourceimages/demo/binaryhash/{'0' * 40}")
    assert (unknown.status_code, unknown.json()) == (200, {"total": 0, "items": []})


def test_download__of_a_list_is_a_zip(rokka: Rokka) -> None:
    data = [encode(halves(width, 9)) for width in (10, 20, 30)]
    rokka.upload(data[0], "../a.png")
    rokka.upload(data[1], "A.png")
    rokka.upload(data[2], "a-2.png")
    rokka.upload(SVG, "other.svg")
    response = rokka.api("GET", "/sourceimages/demo/download?format=png&sort=width")
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Length"] == str(len(response.content))
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files == {"a.png": data[0], "A-2.png": data[1], "a-2-2.png": data[2]}


def test_download__of_nothing_is_an_empty_zip(rokka: Rokka) -> None:
    response = rokka.api("GET", "/sourceimages/demo/download")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == []


def test_download__of_protected_images_needs_the_role(rokka: Rokka) -> None:
    rokka.upload(encode(halves(10, 9)), **{"options[0]": '{"protected": true}'})
    member = rokka.api(
        "POST",
        "/organizations/demo/memberships",
        json={"email": "reader@example.com", "roles": ["sourceimages:read"]},
    ).json()
    path = "/sourceimages/demo/download"
    refused = rokka.api("GET", path, headers={"Api-Key": member["api_key"]})
    assert refused.status_code == 403
    assert "sourceimages:download:protected" in refused.json()["error"]["message"]
    assert rokka.api("GET", path, headers={"Api-Key": API_KEY}).status_code == 200
