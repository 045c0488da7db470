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

from django_rokka.emulator.__main__ import main
from django_rokka.emulator.settings import Settings

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
def served(
    root: Path, *options: str, stderr: int | None = None
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [*COMMAND, "--root", str(root), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command__prints_one_line_and_stops_cleanly(tmp_path: Path, number: int) -> None:
    with served(tmp_path, "--organization", "acme", "--api-key", "very-secret") as (process, ready):
        assert set(ready) == {"api", "page", "render", "organization", "root"}
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


def test_command__takes_several_keys(tmp_path: Path) -> None:
    with served(tmp_path, "--api-key", "a", "b", "--api-key", "c") as (_, ready):
        for key, status in {"a": 200, "b": 200, "c": 200, "d": 403}.items():
            url = f"{ready['api']}/stacks/demo"
            assert requests.get(url, headers={"Api-Key": key}, timeout=9).status_code == status


def test_command__takes_keys_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROKKA_EMULATOR_API_KEY", "a b")
    for options, known in (([], "b"), (["--api-key", "c"], "c")):
        with served(tmp_path, *options) as (_, ready):
            assert "generated_api_key" not in ready
            for key in "abc":
                is_known = key == known or (known == "b" and key == "a")
                url = f"{ready['api']}/stacks/demo"
                answer = requests.get(url, headers={"Api-Key": key}, timeout=9)
                assert answer.status_code == (200 if is_known else 403)


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, check=False, timeout=30
    )


def test_command__hands_its_options_to_the_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}

    def make(**options: Any) -> None:
        made.update(options)
        raise KeyboardInterrupt

    monkeypatch.setattr("django_rokka.emulator.__main__.Emulator", make)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    options = (
        "--search-delay 2.5 --free --render-cache-size 1000 --render-seconds 3 --private-networks"
    )
    redirect = "https://{organization}.rokka.io"
    try:
        status = main(["--root", str(tmp_path), *options.split(), "--redirect-missing", redirect])
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert status == 0
    settings = {name: made[name] for name in Settings.__dataclass_fields__}
    assert settings == {
        "search_delay": 2.5,
        "is_paying": False,
        "redirect_missing": redirect,
        "render_cache_size": 1000,
        "render_seconds": 3,
        "private_networks": True,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--root"),
        (["--root", "x", "--port", "65536"], "'65536' is no port, must be from 0 to 65535."),
        (["--root", "x", "--port", "a"], "'a' is no port, must be from 0 to 65535."),
        (["--root", "x", "--api-key", ""], "a key is empty."),
        (["--root", "x", "--search-delay", "nan"], "search_delay is nan, must be 0 or more."),
        (["--root", "x", "--render-seconds", "-1"], "render_seconds is -1.0, must be 0 or more."),
        (["--root", "x", "--redirect-missing", "rokka"], "redirect_missing is 'rokka'"),
        (["--root", "x", "--api-key"], "--api-key"),
    ],
)
def test_command__ends_with_2_when_it_is_called_wrongly(
    capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(options)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_command__ends_with_1_where_it_cannot_serve(tmp_path: Path) -> None:
    (tmp_path / "rokka.sqlite3").write_bytes(b"no database" * 100)
    done = run("--root", str(tmp_path), "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Cannot keep anything in {str(tmp_path)!r} (file is not a database). Let --root name a"
        " folder that this user may write, and that is empty or an emulator's.\n"
    )


def test_command__names_a_root_that_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    done = run("--root", str(file), "--port", "0")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot keep anything in {str(file)!r} (File exists).")


@pytest.mark.parametrize(("host", "warns"), [("0.0.0.0", True), ("127.0.0.2", False)])  # noqa: S104, it is the claim
def test_command__warns_when_other_machines_reach_it(
    tmp_path: Path, host: str, *, warns: bool
) -> None:
    with served(tmp_path, "--host", host, stderr=subprocess.PIPE) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert ("is reached from other machines too" in process.stderr.read()) is warns


def test_command__says_no_key_but_the_one_it_made(tmp_path: Path) -> None:
    with served(tmp_path, "--api-key", "very-secret", stderr=subprocess.STDOUT) as (process, ready):
        url = f"{ready['api']}/render/demo/a/0a1b2c.jpg?sig=0123456789"
        requests.get(url, headers={"Api-Key": "very-secret"}, timeout=9)
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert "very-secret" not in json.dumps(ready)


def test_command__refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*COMMAND, "--root", str(tmp_path), "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Cannot listen on 127.0.0.1:{port} (Address already in use). Choose another port, or 0"
        " for a free one.\n"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_command__refuses_an_address_that_is_not_its_own(tmp_path: Path, host: str) -> None:
    done = run("--root", str(tmp_path), "--host", host, "--port", "0")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot listen on {host}:0 (")
    assert done.stderr.endswith("). Choose an address of this machine.\n")


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
