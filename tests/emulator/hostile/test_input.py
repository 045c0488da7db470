"""Whatever is sent: no 500, little time and memory, and nothing touched outside the root."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.emulator.hostile import inputs
from tests.emulator.hostile.files import damaged_files
from tests.emulator.hostile.server import FORM, HAS_PROC, Guard, form, guarded, request
from tests.emulator.pictures import SVG, animation, encode, halves

# Twice: a taste in every run, and enough of it where there is time.
COUNTS = pytest.mark.parametrize("count", [40, pytest.param(3000, marks=pytest.mark.soak)])


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarded(tmp_path_factory.mktemp("hostile")) as made:
        assert (
            made.ask("PUT", "/organizations/fuzz", body=b'{"billing_email": "a@b.ch"}').status < 300
        )
        yield made


@pytest.fixture(scope="module")
def hashes(guard: Guard) -> list[str]:
    """What the random URLs may render."""
    files = [encode(halves(60, 40)), encode(halves(33, 90), "jpg"), animation("gif"), SVG]
    return [str(guard.upload(data, meta_user='{"a": 1}')["hash"]) for data in files]


@pytest.fixture(autouse=True)
def _is_well(guard: Guard) -> Iterator[None]:
    yield
    guard.check_afterwards()


def run(count: int, **strategies: Any) -> Callable[[Callable[..., None]], None]:
    """Run a function for drawn examples; the first failure is not made smaller, or a slow one
    would never end.
    """
    chosen = settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def decorate(function: Callable[..., None]) -> None:
        chosen(given(**strategies)(function))()

    return decorate


@COUNTS
def test_render_urls__are_answered(guard: Guard, hashes: list[str], count: int) -> None:
    operations = guard.ask("GET", "/operations").json()
    options = guard.ask("GET", "/stackoptions").json()["properties"]
    targets = inputs.render_targets(operations, options, hashes)

    @run(count * 3, target=targets, headers=inputs.header_lines())
    def _(target: bytes, headers: dict[str, bytes]) -> None:
        guard.check(request("GET", target, headers=headers))


@COUNTS
def test_noise__is_answered(guard: Guard, hashes: list[str], count: int) -> None:
    prefixes = st.sampled_from([b"", b"GET ", b"GET /render/demo/", b"POST /sourceimages/demo "])
    endings = st.sampled_from([b"", b" HTTP/1.1\r\n\r\n", b" HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n"])

    @run(count, parts=st.tuples(prefixes, inputs.noise(), endings))
    def _(parts: tuple[bytes, ...]) -> None:
        guard.check(b"".join(parts))


@COUNTS
def test_expressions__are_answered(guard: Guard, hashes: list[str], count: int) -> None:
    definitions = inputs.stack_definitions(guard.ask("GET", "/operations").json())

    variables = st.dictionaries(inputs.NAMES, inputs.json_values(), max_size=3)

    @run(count, definition=definitions, variables=variables)
    def _(definition: Any, variables: Any) -> None:
        body = json.dumps(definition).encode()
        made = guard.check(request("PUT", "/stacks/demo/_preview?overwrite=true", body=body))
        if made.status < 300:
            query = json.dumps(variables).replace(" ", "+")
            guard.check(request("GET", f"/render/demo/_preview/{hashes[0]}.png"))
            guard.check(request("GET", f"/render/demo/_preview/{hashes[0]}.png?v={query}"))


@COUNTS
def test_forms__are_answered(guard: Guard, count: int) -> None:
    boundaries = st.sampled_from(["limit"] * 20 + ["", "limi", "x" * 300, '"limit', "l\tm"])
    kinds = st.builds("multipart/form-data; boundary={}".format, boundaries)
    lengths = st.sampled_from([None] * 20 + ["0", "5", "999999", "-1", "9" * 30, "x"])

    @run(count, body=inputs.multipart_bodies(), kind=kinds, length=lengths)
    def _(body: bytes, kind: str, length: str | None) -> None:
        headers = {"Content-Type": kind} | ({"Content-Length": length} if length else {})
        guard.check(request("POST", "/sourceimages/fuzz", body=body, headers=headers))


@COUNTS
def test_files__are_stored_or_refused_and_rendered_or_refused(guard: Guard, count: int) -> None:
    names = st.sampled_from(["a.png", "a.jpg", "a.svg", "a.tif", "../../canary.txt", "a"])

    @run(count, data=damaged_files(), name=names)
    def _(data: bytes, name: str) -> None:
        body = form({f'name="f"; filename="{name}"': data})
        made = guard.check(request("POST", "/sourceimages/demo", body=body, headers=FORM))
        if made.status == 200:
            digest = made.json()["items"][0]["hash"]
            for path in ("resize-width-20", "rotate-angle-7--crop-width-5-height-5"):
                guard.check(request("GET", f"/render/demo/dynamic/{path}/{digest}.png"))
            guard.check(request("GET", f"/render/demo/dynamic/resize-width-20/{digest}.webp"))


@COUNTS
def test_api__is_answered(guard: Guard, count: int) -> None:
    pictures = {'name="a"; filename="a"': encode(halves(30, 20)), 'name="b"; filename="b"': SVG}
    made = guard.ask("POST", "/sourceimages/fuzz", body=form(pictures), headers=FORM).json()
    calls = inputs.api_calls([item["hash"] for item in made["items"]])

    @run(count * 2, call=calls)
    def _(call: tuple[str, bytes, bytes]) -> None:
        method, target, body = call
        guard.check(request(method, target, body=body))


@pytest.mark.skipif(not HAS_PROC, reason="what a process uses is only known from /proc")
def test_guard__sees_time_memory_and_folders(guard: Guard) -> None:
    before = guard.cpu()
    for _ in range(30):
        guard.ask("GET", "/operations")
    assert before < guard.cpu() < 600
    assert guard.memory() > 10_000_000
    canary: Path = guard.folder / "canary.txt"
    content = canary.read_bytes()
    canary.write_bytes(b"touched")
    assert guard.snapshot() != guard.outside
    canary.write_bytes(content)
    guard.outside = guard.snapshot()
