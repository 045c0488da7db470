"""Measure renders against libvips, and cached renders against a static file of the same server.

See the README beside this file.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pyvips
from werkzeug.utils import send_file
from werkzeug.wrappers import Request

from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.emulator.control import Traffic
from django_rokka.emulator.faults import Faults

WIDTH, HEIGHT, WANTED = 6000, 4000, 800
QUALITY = 80
API_KEY = "key"


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something to measure in each round; a target is the most that the ratio may be."""

    label: str
    run: Callable[[], object]
    target: float | None = None
    samples: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cases that do the same, the first of which is what the others are compared with."""

    title: str
    cases: list[Case]

    def ratio(self, case: Case) -> float:
        """Return the median of the rounds' ratios to the first case."""
        return median(a / b for a, b in zip(case.samples, self.cases[0].samples, strict=True))

    def meets(self, case: Case) -> bool:
        """Return whether a case reaches its target."""
        return case.target is None or self.ratio(case) <= case.target


class Client:
    """One connection that stays open."""

    def __init__(self, host: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(host).netloc, timeout=60)

    def get(self, path: str) -> bytes:
        """Return the body of an answer, which has to be 200."""
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answers {response.status}: {body[:200]!r}")
        return body

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class StaticFile:
    """The least that a WSGI application does to send a file, served as an emulator is."""

    organization = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.faults = Faults()
        self.traffic = Traffic()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Send the file, whatever was asked for."""
        request = Request(environ)
        return send_file(self._path, request.environ)(environ, start_response)

    def close(self) -> None:
        """Nothing is open."""


def upload(client: http.client.HTTPConnection, data: bytes) -> str:
    """Store a picture and return its hash."""
    head = 'Content-Disposition: form-data; name="filedata"; filename="picture.jpg"'
    body = b"--limit\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n--limit--\r\n"
    kind = "multipart/form-data; boundary=limit"
    headers = {"Api-Key": API_KEY, "Content-Type": kind}
    client.request("POST", "/sourceimages/demo", body=body, headers=headers)
    image: dict[str, Any] = json.loads(client.getresponse().read())["items"][0]
    return str(image["hash"])


def make_picture() -> bytes:
    """Return a JPEG of 24 megapixels with shapes and some noise, as photographs have them."""
    shapes = pyvips.Image.perlin(WIDTH, HEIGHT, cell_size=300) * 100 + 128
    noise = pyvips.Image.gaussnoise(WIDTH, HEIGHT, sigma=6)
    bands = [shapes + noise, shapes * 0.7 + 40, 255 - shapes]
    image = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    data: bytes = image.jpegsave_buffer(Q=90)
    return data


@contextmanager
def rendering(folder: Path) -> Iterator[Table]:
    """Give the table of renders, whose server is in this process as libvips is."""
    picture = folder / "picture.jpg"
    picture.write_bytes(make_picture())
    with EmulatorServer(Emulator(root=folder / "rendering", api_key=API_KEY)) as server:
        uploading = http.client.HTTPConnection(urlsplit(server.api_host).netloc)
        digest = upload(uploading, picture.read_bytes())
        uploading.close()
        client = Client(server.api_host)
        numbers = iter(range(1_000_000))

        def thumbnail() -> None:
            pyvips.Image.thumbnail(str(picture), WANTED).jpegsave(
                str(folder / "thumbnail.jpg"), Q=QUALITY
            )

        def render() -> None:
            # A version that nobody asked for yet.
            path = f"/render/demo/dynamic/resize-width-{WANTED}/{digest}/v{next(numbers)}.jpg"
            client.get(path)

        yield Table(
            title=f"a JPEG of {WIDTH} x {HEIGHT} pixels made {WANTED} wide",
            cases=[
                Case(label="pyvips, thumbnail and jpegsave", run=thumbnail),
                Case(label="rendered through HTTP", run=render, target=1.25),
            ],
        )
        client.close()


def serve(folder: str, pipe: Any) -> None:
    """Serve a render and the same bytes as a file, until the process is killed."""
    emulator = Emulator(root=Path(folder) / "cached", api_key=API_KEY)
    with EmulatorServer(emulator) as server, ExitStack() as stack:
        connection = http.client.HTTPConnection(urlsplit(server.api_host).netloc)
        digest = upload(connection, (Path(folder) / "picture.jpg").read_bytes())
        connection.close()
        path = f"/render/demo/dynamic/resize-width-{WANTED}/{digest}/picture.jpg"
        client = Client(server.api_host)
        copy = Path(folder) / "copy.jpg"
        copy.write_bytes(client.get(path))
        client.close()
        static: Any = StaticFile(copy)
        file_server = stack.enter_context(EmulatorServer(static))
        pipe.send([file_server.api_host, "/copy.jpg", server.api_host, path])
        pipe.recv()


@contextmanager
def sending(folder: Path, *, requests: int) -> Iterator[Table]:
    """Give the table of what is sent from disk, by servers of a process of their own."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=[str(folder), theirs], daemon=True)
    process.start()
    theirs.close()
    file_host, file_path, render_host, render_path = ours.recv()
    static, cached = Client(file_host), Client(render_host)
    yield Table(
        title=f"{requests} requests for {WANTED} x {HEIGHT * WANTED // WIDTH} pixels",
        cases=[
            Case(
                label="a static file, werkzeug's send_file",
                run=lambda: [static.get(file_path) for _ in range(requests)],
            ),
            Case(
                label="a cached render",
                run=lambda: [cached.get(render_path) for _ in range(requests)],
                target=2,
            ),
        ],
    )
    static.close()
    cached.close()
    process.kill()
    process.join()


def measure(table: Table, *, rounds: int) -> None:
    """Take a sample of each case in each round, in an order of its own; the first is not one."""
    for number in range(rounds + 1):
        for case in random.sample(table.cases, len(table.cases)):
            started = time.perf_counter()
            case.run()
            if number:
                case.samples.append(time.perf_counter() - started)


def write_table(table: Table, *, has_targets: bool) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield f"{table.title}:\n\n"
    yield "| case | median | ratio | target | ok? |\n"
    yield "| --- | ---: | ---: | ---: | --- |\n"
    for case in table.cases:
        target, verdict = "", ""
        if has_targets and case.target is not None:
            target, verdict = f"≤ {case.target:g}", "yes" if table.meets(case) else "NO"
        milliseconds = median(case.samples) * 1000
        yield (
            f"| {case.label} | {milliseconds:.1f} ms | {table.ratio(case):.2f} | {target}"
            f" | {verdict} |\n"
        )
    yield "\n"


def main() -> int:
    """Measure, print and say whether all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="samples of each case (default: 15)")
    parser.add_argument("--small", action="store_true", help="one quick round without targets")
    # Those of the other benchmarks may be given to all of them.
    options, _ = parser.parse_known_args()
    rounds, requests = (1, 50) if options.small else (options.rounds, 500)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        tables = [
            stack.enter_context(rendering(folder)),
            stack.enter_context(sending(folder, requests=requests)),
        ]
        for table in tables:
            measure(table, rounds=rounds)
            sys.stdout.writelines(write_table(table, has_targets=not options.small))
            sys.stdout.flush()
    missed = [case for table in tables for case in table.cases if not table.meets(case)]
    return 1 if missed and not options.small else 0


if __name__ == "__main__":
    sys.exit(main())
