from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator.pictures import encode, halves

UPLOAD = """
import json, sys, requests
url, headers = sys.argv[1] + "/sourceimages/demo", {"Api-Key": "key"}
for data in json.loads(sys.stdin.read()):
    files = {"f": bytes.fromhex(data)}
    requests.post(url, headers=headers, files=files, timeout=30).json()["items"]
"""
COMMAND = [sys.executable, "-m", "django_rokka.emulator"]


@contextmanager
def served(root: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [*COMMAND, "--root", str(root), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command__prints_one_line_and_stops_cleanly(tmp_path: Path, number: int) -> None:
    with served(tmp_path, "--organization", "acme", "--api-key", "very-secret") as (process, ready):
        assert set(ready) == {"api", "render", "organization", "root"}
        assert ready["render"] == f"{ready['api']}/render/{{organization}}"
        headers = {"Api-Key": "very-secret"}
        url = f"{ready['api']}/organizations/acme"
        assert requests.get(url, headers=headers, timeout=9).json()["name"] == "acme"
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_command__shows_a_key_it_made(tmp_path: Path) -> None:
    with served(tmp_path) as (_, ready):
        headers = {"Api-Key": ready["generated_api_key"]}
        assert requests.get(ready["api"], headers=headers, timeout=9).status_code == 200


def test_command__refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*COMMAND, "--root", str(tmp_path), "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Choose another port, or 0 for a free one." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.soak)])
def test_kill__loses_nothing_that_was_acknowledged(tmp_path: Path, rounds: int) -> None:
    acknowledged: dict[str, bytes] = {}
    headers = {"Api-Key": "key"}
    for number in range(rounds):
        with served(tmp_path, "--api-key", "key") as (process, ready):
            url = f"{ready['api']}/sourceimages/demo"
            for digest, data in acknowledged.items():
                answer = requests.get(f"{url}/{digest}/download", headers=headers, timeout=9)
                assert answer.content == data
            for width in range(20):
                data = encode(halves(10 + width, 10 + number))
                answer = requests.post(url, files={"f": data}, headers=headers, timeout=9)
                acknowledged[answer.json()["items"][0]["hash"]] = data
            # Killed in the middle of an upload, whose bytes never arrive in full.
            with socket.create_connection(
                ("127.0.0.1", int(url.split(":")[2].split("/", maxsplit=1)[0]))
            ) as half:
                half.sendall(
                    b"POST /sourceimages/demo HTTP/1.1\r\nHost: x\r\nApi-Key: key\r\n"
                    b"Content-Length: 99999\r\n"
                    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
                    b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n"
                    + b"\xff\xd8\xff"
                    * 9999
                )
                process.kill()
                process.wait(10)
    assert len(acknowledged) == 20 * rounds


@pytest.mark.parametrize("count", [10, pytest.param(500, marks=pytest.mark.soak)])
def test_processes__share_a_root(tmp_path: Path, count: int) -> None:
    pictures = [encode(halves(10 + width, 10)) for width in range(count)]
    with (
        served(tmp_path, "--api-key", "key") as (_, first),
        served(tmp_path, "--api-key", "key") as (_, second),
    ):
        uploaders = [
            subprocess.Popen(
                [sys.executable, "-c", UPLOAD, ready["api"]], stdin=subprocess.PIPE, text=True
            )
            for ready in (first, second)
        ]
        hexadecimal = json.dumps([data.hex() for data in pictures])
        for uploader in uploaders:
            assert uploader.stdin is not None
            uploader.stdin.write(hexadecimal)
            uploader.stdin.close()
        assert [uploader.wait(120) for uploader in uploaders] == [0, 0]
        lists = [
            requests.get(
                f"{ready['api']}/sourceimages/demo?limit={count}",
                headers={"Api-Key": "key"},
                timeout=9,
            ).json()
            for ready in (first, second)
        ]
    assert lists[0] == lists[1]
    assert lists[0]["total"] == len(pictures)
    assert {item["size"] for item in lists[0]["items"]} == {len(data) for data in pictures}
