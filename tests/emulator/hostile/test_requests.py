"""Known attacks on the server and the API by name, each against a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.emulator.hostile.server import CANARY, FORM, Guard, each, form, guarded, request
from tests.emulator.pictures import encode, halves

TRAVERSALS = [
    "../canary.txt",
    "../../canary.txt",
    "%2e%2e%2fcanary.txt",
    "..%2f..%2fcanary.txt",
    "%2e%2e/%2e%2e/canary.txt",
    "..%5c..%5ccanary.txt",
    "%252e%252e%252fcanary.txt",
    "....//canary.txt",
    "%c0%ae%c0%ae/canary.txt",
    "canary.txt%00.jpg",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "rokka.sqlite3",
    "../root/rokka.sqlite3",
    "~root",
]


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarded(tmp_path_factory.mktemp("attacked")) as made:
        yield made


@pytest.fixture(scope="module")
def digest(guard: Guard) -> str:
    return str(guard.upload(encode(halves(60, 40)))["hash"])


@pytest.fixture(autouse=True)
def _is_well(guard: Guard) -> Iterator[None]:
    yield
    guard.check_afterwards()


@pytest.mark.parametrize("count", [9000, 60_000, 100_000, 1_000_000])
def test_url__of_any_length_is_answered(guard: Guard, digest: str, count: int) -> None:
    for target in (
        f"/render/demo/dynamic/{'a' * count}/{digest}.png",
        f"/render/demo/dynamic/{digest}.png?v={'a' * count}",
        f"/render/demo{'/' * count}{digest}.png",
        f"/render/demo/dynamic/{digest}/{'-' * count}.png",
        f"/sourceimages/demo?{'a&' * (count // 2)}",
        f"/sourceimages/demo?sort={'a,' * (count // 2)}",
    ):
        guard.check(request("GET", target))


def test_headers__of_any_length_are_answered(guard: Guard) -> None:
    many = {f"X-{number}": "y" for number in range(5000)}
    guard.check(request("GET", "/operations", headers=many))
    guard.check(request("GET", "/operations", headers={"X": "y" * 1_000_000}))
    guard.check(request("GET", "/operations", headers={"Accept": "image/webp," * 5000}))
    guard.check(request("GET", "/operations", headers={"Api-Key": "y" * 60_000}))
    guard.check(request("GET", "/operations", headers={"Authorization": "Bearer " + "a." * 30_000}))


@each("text", TRAVERSALS)
def test_traversal__reaches_nothing(guard: Guard, digest: str, text: str) -> None:
    for method, target in (
        ("GET", f"/render/{text}/dynamic/{digest}.jpg"),
        ("GET", f"/render/demo/{text}/{digest}.jpg"),
        ("GET", f"/render/demo/dynamic/{text}"),
        ("GET", f"/render/demo/dynamic/{text}.jpg"),
        ("GET", f"/render/demo/dynamic/-_{text}_-.jpg"),
        ("GET", f"/render/demo/dynamic/-{text}-.jpg"),
        ("GET", f"/render/demo/dynamic/-file:///{text}-.jpg"),
        ("GET", f"/render/demo/dynamic/{digest}/{text}"),
        ("GET", f"/render/demo/dynamic/composition-secondary_image-{text}/{digest}.jpg"),
        ("GET", f"/render/demo/dynamic/text-text-a-font-{text}/{digest}.jpg"),
        ("GET", f"/render/demo/_iiif/{text}/info.json"),
        ("GET", f"/sourceimages/demo/{text}/download"),
        ("GET", f"/sourceimages/{text}"),
        ("PUT", f"/stacks/demo/{text}"),
        ("PUT", f"/stacks/{text}/a"),
        ("PUT", f"/organizations/{text}"),
        ("PUT", f"/sourceimages/demo/alias/{text}"),
        ("GET", f"/{text}"),
        ("GET", text),
    ):
        answer = guard.check(request(method, target, body=b'{"billing_email": "a@b.ch"}'))
        assert b"root:" not in answer.body
        assert b"SQLite format" not in answer.body


@each("text", [*TRAVERSALS, "a\r\nSet-Cookie: x=1", "a\0b", 'a"; x="', "é\n"])
def test_names__stay_names(guard: Guard, text: str) -> None:
    data = encode(halves(6, 4))
    item = guard.upload(data, text.replace("\r\n", "%0d%0a").replace('"', "%22").replace("\n", ""))
    path = f"/sourceimages/demo/{item['hash']}"
    body = json.dumps(text).encode()
    guard.check(request("PUT", f"{path}/name", body=body))
    for target in (
        f"{path}/download",
        "/sourceimages/demo/download",
        f"/render/demo/dynamic/o-content_disposition-attachment/{item['hash']}/a%0d%0aX:%20y.jpg",
        f"/render/demo/dynamic/o-content_disposition-attachment/{item['hash']}/a%22%00%ff.jpg",
    ):
        answer = guard.check(request("GET", target))
        lines = [line.partition(b":")[0].strip().lower() for line in answer.head.splitlines()]
        assert not {b"set-cookie", b"x"}.intersection(lines)
    guard.check(
        request("POST", "/sourceimages/demo/copy", body=body, headers={"Destination": "../x"})
    )


@each(
    "url",
    [
        *("file:///etc/passwd", "file://../canary.txt", "/etc/passwd", "gopher://127.0.0.1:1/"),
        *("http://127.0.0.1:1/a.jpg", "http://[::1]:1/", "http://[", "http://127.0.0.1:99999/"),
        *("http://\r\nX: y/", "http://127.0.0.1:1\r\nX: y/", "data:image/png;base64,AAAA", ""),
        *("http://" + "a" * 5000, "http://user@127.0.0.1:1/", "http://0/", "//127.0.0.1:1/"),
    ],
)
def test_urls__that_must_not_be_fetched_are_refused(guard: Guard, url: str) -> None:
    body = form({'name="url[0]"': url.encode()})
    answer = guard.check(request("POST", "/sourceimages/demo", body=body, headers=FORM))
    assert 400 <= answer.status < 500
    assert CANARY not in answer.body


def test_forms__are_not_flooded(guard: Guard) -> None:
    part = b'--limit\r\nContent-Disposition: form-data; name="a%d"\r\n\r\nx\r\n'
    many = b"".join(part % number for number in range(100_000)) + b"--limit--\r\n"
    guard.check(request("POST", "/sourceimages/demo", body=many, headers=FORM))
    files = b'--limit\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n'
    guard.check(request("POST", "/sourceimages/demo", body=files * 20_000, headers=FORM))
    nested = b'--limit\r\nContent-Disposition: form-data; name="f"\r\n' + b"X: y\r\n" * 200_000
    guard.check(request("POST", "/sourceimages/demo", body=nested, headers=FORM))
    large = form({'name="meta_user[0]"': b"[" * 1_900_000, 'name="f"; filename="a"': b"x"})
    guard.check(request("POST", "/sourceimages/demo", body=large, headers=FORM))
    endless = form({'name="meta_user[0]"': b"x" * 30_000_000})
    guard.check(request("POST", "/sourceimages/demo", body=endless, headers=FORM))
    dashes = {"Content-Type": "multipart/form-data; boundary=" + "-" * 60}
    body = b"\r\n" + b"-" * 5_000_000
    guard.check(request("POST", "/sourceimages/demo", body=body, headers=dashes))


@pytest.mark.parametrize(
    "path", ["/stacks/demo/x?overwrite=true", "/sourceimages/demo/copy", "/users"]
)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 900_000,
        b'{"a":' * 100_000,
        b"9" * 900_000,
        b'{"operations":[' + b'{"name":"noop"},' * 50_000 + b'{"name":"noop"}]}',
        b'{"operations":[],"variables":{"a":' + b"[" * 400 + b"]" * 400 + b"}}",
        b"\xff" * 999,
    ],
    ids=range(6),
)
def test_json__of_any_depth_is_answered(guard: Guard, path: str, body: bytes) -> None:
    for method in ("PUT", "POST"):
        guard.check(request(method, path, body=body))


def test_lengths__that_contradict_each_other_are_no_second_request(guard: Guard) -> None:
    inner = request("DELETE", "/stacks/demo/keep")
    body = b'{"operations": []}'
    assert guard.ask("PUT", "/stacks/demo/keep", body=body).status in {200, 201}
    for headers in (
        {"Transfer-Encoding": "chunked", "Connection": "keep-alive"},
        {"Transfer-Encoding": "xchunked", "Connection": "keep-alive"},
        {"Content-Length": "0, 5", "Connection": "keep-alive"},
        {"Content-Length": "+5", "Connection": "keep-alive"},
    ):
        guard.check(request("POST", "/users", body=b"0\r\n\r\n" + inner, headers=headers))
    assert guard.ask("GET", "/stacks/demo/keep").status == 200
