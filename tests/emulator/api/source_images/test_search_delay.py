"""A search index that knows of changes some time later, as rokka's does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.conftest import API_KEY, Clock, Rokka
from tests.emulator.pictures import encode, halves

DELAY = 10


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "rokka"


def serve(root: Path, clock: Clock) -> Iterator[Rokka]:
    emulator = Emulator(root=root, api_key=API_KEY, clock=clock, search_delay=DELAY)
    with EmulatorServer(emulator) as server:
        client = Rokka(server)
        yield client
        client.close()
    emulator.close()


@pytest.fixture
def delayed(root: Path, clock: Clock) -> Iterator[Rokka]:
    yield from serve(root, clock)


def hashes(rokka: Rokka, **query: str) -> list[str]:
    page = rokka.api("GET", "/sourceimages/demo", params=query).json()
    assert page["total"] == len(page["items"])
    return [item["hash"] for item in page["items"]]


def upload(rokka: Rokka, width: int, **fields: str) -> dict[str, Any]:
    return rokka.upload(encode(halves(width, 9)), **fields)


def test_new_image__is_read_at_once_and_found_later(delayed: Rokka, clock: Clock) -> None:
    image = upload(delayed, 20)
    assert delayed.api("GET", f"/sourceimages/demo/{image['hash']}").json() == image
    queries: tuple[dict[str, str], ...] = (
        {},
        {"width": "20"},
        {"binaryHash": image["binary_hash"]},
        {"user:int:a": "1"},
    )
    delayed.api("PATCH", f"/sourceimages/demo/{image['hash']}/meta/user", json={"int:a": 1})
    clock.advance(DELAY - 1)
    assert [hashes(delayed, **query) for query in queries] == [[]] * 4
    clock.advance(1)
    assert [hashes(delayed, **query) for query in queries] == [[image["hash"]]] * 4


def test_deleted_image__is_still_listed(delayed: Rokka, clock: Clock) -> None:
    image = upload(delayed, 20)
    clock.advance(DELAY)
    delayed.api("DELETE", f"/sourceimages/demo/{image['hash']}")
    assert delayed.api("GET", f"/sourceimages/demo/{image['hash']}").status_code == 404
    assert (hashes(delayed), hashes(delayed, deleted="true")) == ([image["hash"]], [])
    clock.advance(DELAY)
    assert (hashes(delayed), hashes(delayed, deleted="true")) == ([], [image["hash"]])


def test_metadata__are_found_by_the_old_value_and_each_change_in_its_turn(
    delayed: Rokka, clock: Clock
) -> None:
    image = upload(delayed, 20, **{"meta_user[0]": '{"int:a": 0}'})
    path = f"/sourceimages/demo/{image['hash']}/meta/user"
    clock.advance(DELAY)
    for number in (1, 2):
        delayed.api("PATCH", path, json={"int:a": number})
        clock.advance(4)
    seen = []
    for _ in range(4):
        seen.append(
            [bool(hashes(delayed, **{"user:int:a": str(it)})) for it in range(3)].index(True)
        )
        clock.advance(3)
    assert seen == [0, 1, 2, 2]
    assert delayed.api("GET", f"{path}/int:a").json() == 2


def test_facets_and_order__are_those_of_the_index(delayed: Rokka, clock: Clock) -> None:
    first = upload(delayed, 20, **{"meta_user[0]": '{"array:labels": ["a"], "int:n": 1}'})
    second = upload(delayed, 30, **{"meta_user[0]": '{"array:labels": ["b"], "int:n": 2}'})
    clock.advance(DELAY)
    delayed.api("PUT", f"/sourceimages/demo/{first['hash']}/meta/user", json={"int:n": 3})
    query = {"facets": "user:array:labels", "sort": "user:int:n"}
    page = delayed.api("GET", "/sourceimages/demo", params=query).json()
    assert [item["hash"] for item in page["items"]] == [first["hash"], second["hash"]]
    counts = [{"value": value, "count": 1} for value in ("a", "b")]
    assert page["facets"] == {"user:array:labels": counts}
    clock.advance(DELAY)
    assert hashes(delayed, sort="user:int:n") == [second["hash"], first["hash"]]


def test_start__takes_over_everything(root: Path, clock: Clock) -> None:
    for rokka in serve(root, clock):
        image = upload(rokka, 20)
        assert hashes(rokka) == []
    for rokka in serve(root, clock):
        assert hashes(rokka) == [image["hash"]]


def test_without_a_delay__nothing_is_noted(rokka: Rokka, emulator: Emulator) -> None:
    image = upload(rokka, 20)
    assert hashes(rokka) == [image["hash"]]
    with emulator._services.database.connection() as connection:
        names = [row["name"] for row in connection.execute("SELECT name FROM sqlite_master")]
    assert not [name for name in names if "delayed" in name or "change" in name]
