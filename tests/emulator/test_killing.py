"""Emulators that are killed while clients write, and two that serve one root."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator.pictures import encode, halves
from tests.emulator.test_main import served

KEY = {"Api-Key": "key"}
TWO_DAYS = 2 * 86_400


class Client:
    """What writers and tests ask of a served emulator."""

    def __init__(self, api: str) -> None:
        self._api = api
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(KEY)

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, f"{self._api}{path}", timeout=30, **options)

    def close(self) -> None:
        self._session.close()

    def upload(self, data: bytes) -> dict[str, Any]:
        answer = self("POST", "/sourceimages/demo", files={"f": data})
        assert answer.status_code == 200, answer.text
        image: dict[str, Any] = answer.json()["items"][0]
        return image


class Writer:
    """Something that is written over and over, in whole numbers.

    ``possible`` is what may be there: what was acknowledged last, and what was asked for since.
    """

    def __init__(self, number: int, image: dict[str, Any]) -> None:
        self.name = f"{type(self).__name__.lower()}_{number}"
        self.path = f"/sourceimages/demo/{image['hash']}"
        self.image = image
        self.last = 0
        self.possible: set[Any] = set()

    def step(self, client: Client) -> None:
        self.last += 1
        wanted = self.state(self.last)
        self.possible.add(wanted)
        answer = self.write(client, self.last)
        assert answer.status_code in {200, 201, 204}, answer.text
        self.possible = {wanted}

    def check(self, client: Client) -> None:
        found = self.read(client)
        if self.possible:
            assert found in self.possible, self.name
        self.possible = {found}

    def state(self, number: int) -> Any:
        return number

    def write(self, client: Client, number: int) -> requests.Response:
        raise NotImplementedError

    def read(self, client: Client) -> Any:
        raise NotImplementedError


class Alias(Writer):
    """An alias that points elsewhere and elsewhere, and is gone at times."""

    def state(self, number: int) -> Any:
        return None if number % 3 == 0 else ("a" if number % 3 == 1 else "b")

    def write(self, client: Client, number: int) -> requests.Response:
        path = f"/sourceimages/demo/alias/{self.name}"
        if self.state(number) is None:
            # What was asked for before the kill may have been done, or not.
            client("PUT", f"{path}?overwrite=true", json={"hash": self.image["hash"]})
            return client("DELETE", path)
        target = self.image["hash" if self.state(number) == "a" else "other"]
        return client("PUT", f"{path}?overwrite=true", json={"hash": target})

    def read(self, client: Client) -> Any:
        found = client("GET", f"/sourceimages/demo/alias/{self.name}").json().get("hash")
        return {None: None, self.image["hash"]: "a", self.image["other"]: "b"}[found]

    def step(self, client: Client) -> None:
        if self.state(self.last + 1) is None:
            self.possible.add("a")
        super().step(client)


class Stack(Writer):
    """A stack with two operations, which belong together."""

    def write(self, client: Client, number: int) -> requests.Response:
        operations = [
            {"name": "resize", "options": {"width": number}},
            {"name": "rotate", "options": {"angle": number % 360}},
        ]
        path = f"/stacks/demo/{self.name}?overwrite=true"
        return client("PUT", path, json={"operations": operations})

    def read(self, client: Client) -> Any:
        answer = client("GET", f"/stacks/demo/{self.name}").json()
        if "stack_operations" not in answer:
            return None
        first, second = answer["stack_operations"]
        assert second["options"]["angle"] == first["options"]["width"] % 360
        return first["options"]["width"]


class UserMetadata(Writer):
    """Two fields, which belong together and are found by either."""

    def write(self, client: Client, number: int) -> requests.Response:
        return client("PATCH", f"{self.path}/meta/user", json={"int:a": number, "int:b": number})

    def read(self, client: Client) -> Any:
        metadata = client("GET", f"{self.path}/meta/user").json()
        assert metadata.get("int:a") == metadata.get("int:b")
        number = metadata.get("int:a")
        if number is not None:
            query = f"user:int:a={number}&user:int:b={number}&hash={self.image['hash']}"
            assert client("GET", f"/sourceimages/demo?{query}").json()["total"] == 1
        return number


class DynamicMetadata(Writer):
    """A version, of which there is one image at each time."""

    def write(self, client: Client, number: int) -> requests.Response:
        answer = client(
            "PUT",
            f"{self.path}/meta/dynamic/version?deletePrevious=true",
            json={"text": str(number)},
        )
        self.path = answer.headers.get("Location", self.path)
        return answer

    def read(self, client: Client) -> Any:
        query = f"binaryHash={self.image['binary_hash']}"
        (item,) = client("GET", f"/sourceimages/demo?{query}").json()["items"]
        self.path = item["link"]
        return int(item.get("dynamic_metadata", {}).get("version", {}).get("text", 0))


class Deletion(Writer):
    """An image that is deleted and restored."""

    def state(self, number: int) -> Any:
        return number % 2 == 0

    def write(self, client: Client, number: int) -> requests.Response:
        if self.state(number):
            return client("POST", f"{self.path}/restore")
        if client("GET", self.path).status_code == 404:
            return client("POST", f"{self.path}/restore") and client("DELETE", self.path)
        return client("DELETE", self.path)

    def read(self, client: Client) -> Any:
        return client("GET", self.path).status_code == 200

    def step(self, client: Client) -> None:
        self.possible |= {True} if not self.state(self.last + 1) else set()
        super().step(client)


class Upload(Writer):
    """Files, each of which has to be there as it was sent."""

    def __init__(self, number: int, image: dict[str, Any]) -> None:
        super().__init__(number, image)
        self.number = number
        self.stored: dict[str, bytes] = {}

    def step(self, client: Client) -> None:
        self.last += 1
        data = encode(halves(200 + self.last % 300, 100 + self.number + self.last // 300))
        self.stored[client.upload(data)["hash"]] = data

    def check(self, client: Client) -> None:
        for digest, data in self.stored.items():
            assert client("GET", f"/sourceimages/demo/{digest}/download").content == data


KINDS = (Alias, Stack, UserMetadata, DynamicMetadata, Deletion, Upload)


@contextmanager
def client_of(root: Path) -> Iterator[tuple[Client, Callable[[], None]]]:
    """Serve a root; yield a client and what kills the process."""
    with served(root, "--api-key", "key") as (process, ready):
        client = Client(ready["api"])

        def kill() -> None:
            process.kill()
            process.wait(10)

        yield client, kill
        client.close()


def write_until_killed(api: Client, writer: Writer) -> None:
    """Write again and again, until nobody answers."""
    client = Client(api._api)
    try:
        while True:
            writer.step(client)
    except requests.RequestException:
        return
    finally:
        client.close()


@pytest.mark.parametrize("rounds", [3, pytest.param(40, marks=pytest.mark.soak)])
def test_kill__leaves_what_was_acknowledged_and_nothing_half_done(
    tmp_path: Path, rounds: int
) -> None:
    chance = random.Random(rounds)
    writers: list[Writer] = []
    for number in range(rounds + 1):
        with client_of(tmp_path) as (client, kill):
            if not writers:
                writers = [
                    kind(place, make_image(client, place)) for place, kind in enumerate(KINDS)
                ]
            failures: list[Exception] = []
            for writer in writers:
                writer.check(client)
            if number == rounds:
                break
            threads = [
                threading.Thread(target=collect, args=(failures, write_until_killed, client, it))
                for it in writers
            ]
            for thread in threads:
                thread.start()
            time.sleep(0.3 + chance.random() / 2)
            kill()
            for thread in threads:
                thread.join(30)
            assert failures == []
    assert all(writer.last > rounds for writer in writers)


def test_start__sweeps_away_what_a_killed_process_left(tmp_path: Path) -> None:
    with client_of(tmp_path) as (client, kill):
        address = client._api.removeprefix("http://").split(":")
        with open_upload(address[0], int(address[1])):
            deadline = time.monotonic() + 10
            while not list((tmp_path / "incoming").iterdir()) and time.monotonic() < deadline:
                time.sleep(0.01)
            kill()
    left = list((tmp_path / "incoming").iterdir())
    assert left
    with client_of(tmp_path):
        # It may be another process's upload.
        assert list((tmp_path / "incoming").iterdir()) == left
    for path in left:
        os.utime(path, (time.time() - TWO_DAYS,) * 2)
    with client_of(tmp_path):
        assert list((tmp_path / "incoming").iterdir()) == []


def test_processes__see_each_others_writes_at_once(tmp_path: Path) -> None:
    with client_of(tmp_path) as (one, _), client_of(tmp_path) as (two, _):
        image = one.upload(encode(halves(30, 20)))
        path = f"/sourceimages/demo/{image['hash']}"
        assert two("GET", path).json() == image
        for number in range(5):
            writing, reading = (one, two) if number % 2 else (two, one)
            check_both(writing, reading, path, number)
        for client in (one, two) * 5:
            assert client("DELETE", "/sourceimages/demo/alias/logo/cache").status_code == 200
        assert one("DELETE", "/sourceimages/demo/alias/logo/cache").status_code == 429
        assert two("DELETE", "/sourceimages/demo/alias/logo/cache").status_code == 429
        made = one("POST", "/user/apikeys", json={}).json()
        headers = {"Api-Key": made["api_key"]}
        assert two("GET", "/stacks/demo", headers=headers).status_code == 200
        assert one("DELETE", f"/user/apikeys/{made['id']}").status_code == 204
        assert two("GET", "/stacks/demo", headers=headers).status_code == 403


def check_both(writing: Client, reading: Client, path: str, number: int) -> None:
    """Write at one process and read at the other."""
    width = 10 + number
    stack = [{"name": "resize", "options": {"width": width}}]
    writing("PUT", "/stacks/demo/thumb?overwrite=true", json=stack)
    operations = reading("GET", "/stacks/demo/thumb").json()["stack_operations"]
    assert operations[0]["options"] == {"width": width}
    digest = path.rpartition("/")[2]
    render = f"/render/demo/thumb/{digest}.png"
    assert reading("GET", render).headers["Content-Type"] == "image/png"
    writing("PATCH", f"{path}/meta/user", json={"int:n": number})
    assert reading("GET", f"{path}/meta/user/int:n").json() == number
    assert reading("GET", f"/sourceimages/demo?user:int:n={number}").json()["total"] == 1
    writing("PUT", "/sourceimages/demo/alias/logo?overwrite=true", json={"hash": digest})
    assert reading("GET", "/sourceimages/demo/alias/logo").json()["hash"] == digest


def make_image(client: Client, place: int) -> dict[str, Any]:
    """Upload two images; the second is an ``other`` to point to."""
    first, second = (client.upload(encode(halves(20 + place, height))) for height in (8, 9))
    return {**first, "other": second["hash"]}


def collect(failures: list[Exception], function: Callable[..., None], *arguments: object) -> None:
    """Call a function in a thread, whose failure would be lost."""
    try:
        function(*arguments)
    except (AssertionError, ValueError, LookupError) as error:
        failures.append(error)


@contextmanager
def open_upload(host: str, port: int) -> Iterator[None]:
    """Begin an upload that never ends."""
    with socket.create_connection((host, port)) as half:
        half.sendall(
            b"POST /sourceimages/demo HTTP/1.1\r\nHost: x\r\nApi-Key: key\r\n"
            b"Content-Length: 9999999\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
            b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n"
            + b"\xff\xd8\xff"
            * 99_999
        )
        yield
