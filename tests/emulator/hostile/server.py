"""An emulator in a process of its own, and a guard over its time, its memory and its folders."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import django_rokka

__all__ = [
    "API_KEY",
    "CANARY",
    "FORM",
    "HAS_PROC",
    "Answer",
    "Guard",
    "each",
    "form",
    "guarded",
    "request",
]

API_KEY = "hostile-key"
CANARY = b"canary-that-nobody-may-read-or-touch"
HAS_PROC = Path("/proc/self/stat").exists()
MAX_WALL = 10.0
MAX_CPU = 2.0
MAX_MEMORY = 2_500_000_000
"""Bytes that the server may ever hold: 225 megapixels in four bands, twice, and what it is."""

_TICKS = os.sysconf("SC_CLK_TCK") if HAS_PROC else 100
_BLOCK = 65_536
_MISSING = b"does not have"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: nothing at all has the status 0."""

    status: int
    head: bytes
    body: bytes
    wall: float
    cpu: float

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    def json(self) -> Any:
        return json.loads(self.body)


class Guard:
    """Sends bytes to a server and looks at what they did."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self.start()
        self.outside = self.snapshot()

    def start(self) -> None:
        """Serve the folder's root."""
        command = [sys.executable, "-m", "django_rokka.emulator", "--port", "0"]
        home = self.folder / "home"
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(django_rokka.__file__).parents[1]),
            "TMPDIR": str(self.folder / "tmp"),
            # Where fontconfig keeps its cache.
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home),
        }
        with (home / "errors.txt").open("ab") as errors:
            self.process = subprocess.Popen(
                [
                    *command,
                    "--root",
                    str(self.folder / "root"),
                    "--api-key",
                    API_KEY,
                    *self._options,
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self.folder / "cwd",
                env=environment,
            )
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.port = int(ready["api"].rpartition(":")[2])

    def stop(self) -> None:
        """End the server, whatever it is busy with."""
        self.process.kill()
        self.process.communicate()

    def restart(self) -> None:
        """Begin anew, so that one failure is not that of every later request."""
        self.stop()
        self.start()

    def send(self, data: bytes) -> Answer:
        """Send one request, whatever it is, and read until the server ends the connection."""
        cpu, start, received = self.cpu(), time.monotonic(), bytearray()
        with socket.create_connection(("127.0.0.1", self.port), timeout=MAX_WALL) as raw:
            try:
                raw.sendall(data)
                raw.shutdown(socket.SHUT_WR)
            except OSError as error:
                # A server may refuse, and stop to read, before everything has been sent.
                if error.errno not in {errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN}:
                    raise
            with suppress(ConnectionError):
                while block := raw.recv(_BLOCK):
                    received += block
        head, _, body = bytes(received).partition(b"\r\n\r\n")
        status = head.split(b" ")[1] if head.startswith(b"HTTP/1.1 ") else b"0"
        return Answer(int(status), head, body, time.monotonic() - start, self.cpu() - cpu)

    def ask(
        self,
        method: str,
        target: str | bytes,
        *,
        body: bytes = b"",
        headers: Mapping[str, str | bytes] | None = None,
    ) -> Answer:
        """Send a request of HTTP/1.1 with any bytes in its target and headers."""
        return self.send(request(method, target, body=body, headers=headers))

    def check(self, data: bytes) -> Answer:
        """Send bytes, and assert what must hold for every request."""
        shown = data[:2000]
        try:
            answer = self.send(data)
        except TimeoutError:
            self.restart()
            raise AssertionError(f"No answer within {MAX_WALL} s of wall time: {shown!r}") from None
        assert answer.status != 500, f"{shown!r} -> {answer.body[:500]!r}"
        if answer.status == 501:
            assert _MISSING in answer.body, f"{shown!r} -> {answer.body[:500]!r}"
        assert CANARY not in answer.body, f"{shown!r} read a file outside the root"
        assert answer.wall < MAX_WALL, f"{answer.wall:.1f} s of wall time: {shown!r}"
        if HAS_PROC:
            cpu = self._measure(data, answer.cpu)
            assert cpu < MAX_CPU, f"{cpu:.1f} s of processor time: {shown[:200]!r}"
        return answer

    def _measure(self, data: bytes, cpu: float) -> float:
        """Return the least of three measurements, if the first is too much.

        Processor time grows too where other processes use the same core.
        """
        for _ in range(2):
            if cpu >= MAX_CPU:
                cpu = min(cpu, self.send(data).cpu)
        return cpu

    def check_afterwards(self) -> None:
        """Assert that the server is well, and that nothing outside its root has changed."""
        code, memory = self.process.poll(), self.memory() if HAS_PROC else 0
        if code is not None or memory >= MAX_MEMORY:
            self.restart()
        assert code is None, f"The server ended with {code}: {self.last_words()}"
        assert memory < MAX_MEMORY
        assert self.ask("GET", "/operations").status == 200
        assert self.snapshot() == self.outside

    def last_words(self) -> str:
        """Return the end of what the server said on its standard error."""
        return (self.folder / "home" / "errors.txt").read_text(errors="replace")[-4000:]

    def upload(self, data: bytes, name: str = "picture.png", **fields: str) -> dict[str, Any]:
        parts = {f'name="{key}"': value.encode() for key, value in fields.items()}
        body = form({f'name="filedata"; filename="{name}"': data} | parts)
        answer = self.ask("POST", "/sourceimages/demo", body=body, headers=FORM)
        assert answer.status == 200, answer.body
        item: dict[str, Any] = answer.json()["items"][0]
        return item

    def snapshot(self) -> dict[str, Any]:
        """Describe everything outside the root; links are not followed."""
        return {
            str(path.relative_to(self.folder)): _describe(path)
            for path in sorted(self.folder.rglob("*"))
            if path.relative_to(self.folder).parts[0] not in {"root", "home"}
        }

    def cpu(self) -> float:
        """Seconds of processor time, of the server and of what it has started."""
        return sum(map(_cpu_seconds, self._processes())) if HAS_PROC else 0.0

    def memory(self) -> int:
        """The most bytes that the server and what it has started ever held."""
        return sum(map(_peak_memory, self._processes()))

    def _processes(self) -> list[int]:
        found = [self.process.pid]
        for pid in found:
            with suppress(OSError):
                tasks = Path(f"/proc/{pid}/task").glob("*/children")
                found += [int(child) for task in tasks for child in task.read_text().split()]
        return found


FORM = {"Content-Type": "multipart/form-data; boundary=limit"}


def form(parts: Mapping[str, bytes]) -> bytes:
    """Write multipart/form-data; the keys are what follows ``form-data;``."""
    written = b"".join(
        b"--limit\r\nContent-Disposition: form-data; " + key.encode() + b"\r\n\r\n" + data + b"\r\n"
        for key, data in parts.items()
    )
    return written + b"--limit--\r\n"


def request(
    method: str,
    target: str | bytes,
    *,
    body: bytes = b"",
    headers: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Write a request; nothing is escaped."""
    lines: dict[str, str | bytes] = {
        "Host": "127.0.0.1",
        "Api-Key": API_KEY,
        "Connection": "close",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    head = b"".join(
        name.encode() + b": " + _bytes(value) + b"\r\n" for name, value in lines.items()
    )
    return method.encode() + b" " + _bytes(target) + b" HTTP/1.1\r\n" + head + b"\r\n" + body


@contextmanager
def guarded(folder: Path, *options: str) -> Iterator[Guard]:
    """Serve below a folder that also holds what must stay as it is."""
    for name in ("cwd", "home", "tmp", "secret"):
        (folder / name).mkdir()
    (folder / "canary.txt").write_bytes(CANARY)
    (folder / "secret" / "canary.jpg").write_bytes(CANARY)
    (folder / "link").symlink_to("canary.txt")
    (folder / "cwd" / "link").symlink_to(folder / "secret")
    guard = Guard(folder, *options)
    try:
        yield guard
    finally:
        guard.stop()


def each(name: str, values: list[str]) -> pytest.MarkDecorator:
    """Parametrize with the beginning of each value for its id."""
    ids = [f"{number}-{value[:30]!r}" for number, value in enumerate(values)]
    return pytest.mark.parametrize(name, values, ids=ids)


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def _describe(path: Path) -> Any:
    if path.is_symlink():
        return str(path.readlink())
    if path.is_dir():
        return "folder"
    status = path.stat()
    return status.st_size, status.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:  # it has ended
        return 0.0
    # utime, stime, and those of children that have ended: fields 14 to 17 of proc(5).
    return sum(map(int, fields[11:15])) / _TICKS


def _peak_memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    found = dict(line.split(":", 1) for line in lines)
    return int(found["VmHWM"].split()[0]) * 1024 if "VmHWM" in found else 0
