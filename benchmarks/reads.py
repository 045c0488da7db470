"""Measure what reading costs the emulator with many images, against what it costs with few.

See the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from django_rokka.emulator.store import Database, StoredImage, image_hash
from django_rokka.emulator.store.image_rows import insert_row

KEY = "benchmark"
ORGANIZATION = "demo"
LIST = f"/sourceimages/{ORGANIZATION}"
FEW = 100
MAX_LIMIT = 2000
INDEXED, ANY = 3, 20
"""How many times as long a read may take: what an index answers, and any other."""
WORDS = ("lake", "mountain", "snow", "boat", "harbour", "forest", "river", "bridge", "town")


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something to read in each round; capitals stand for what differs with the number."""

    label: str
    target: float
    path: str = LIST
    query: dict[str, str] = field(default_factory=dict)
    samples: list[tuple[float, float]] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios of many images to few."""
        return median(many / few for few, many in self.samples)


@dataclass(frozen=True, kw_only=True)
class Emulated:
    """A served emulator, how many images it has, and a cursor far down its list."""

    connection: HTTPConnection
    count: int
    cursor: str

    def seconds(self, case: Case, *, repeats: int) -> float:
        """Return the least time that a case takes of some."""
        target = f"{case.path}?{urlencode(case.query)}"
        for name, value in (
            ("HASH", hash_of(self.count // 3)),
            ("SHORT", hash_of(self.count // 3)[:8]),
            ("CURSOR", self.cursor),
            ("HALF", str(self.count // 2)),
        ):
            target = target.replace(name, value)
        return min(self._take(target) for _ in range(repeats))

    def _take(self, target: str) -> float:
        start = time.perf_counter()
        get(self.connection, target)
        return time.perf_counter() - start


def make_cases() -> list[Case]:
    """Return what to measure."""
    some = {"user:place": "lake-7"}
    return [
        Case(label="one image", path=f"{LIST}/HASH", target=INDEXED),
        Case(label="one image by its short hash", path=f"{LIST}/SHORT", target=INDEXED),
        Case(label="list, first page", target=INDEXED),
        Case(label="list, deep cursor", query={"offset": "CURSOR"}, target=INDEXED),
        Case(label="search: hash", query={"hash": hash_of(33)}, target=INDEXED),
        Case(label="search: binaryHash", query={"binaryHash": binary_of(33)}, target=INDEXED),
        Case(label="search: name", query={"name": "lake-33.jpg"}, target=INDEXED),
        Case(label="search: int", query={"user:int:id": "33"}, target=INDEXED),
        *(
            Case(label=label, query=query, target=ANY)
            for label, query in (
                ("total alone (limit=0)", {"limit": "0"}),
                ("string", some),
                ("range of integers, half of all", {"user:int:id": "[,HALF]"}),
                ("range of widths", {"width": "[100,2000]"}),
                ("dates", {"user:date:day": "['2026-01-01T00:00:00Z',}"}),
                ("prefix of a name", {"name": "lake*"}),
                ("prefix of a string", {"user:place": "m*"}),
                ("words of a name", {"name_text": "snow jp*"}),
                ("words of a text", {"user:text:about": "a lake"}),
                ("static field", {"static:str:colour:main": "red"}),
                ("format that all have", {"format": "jpg"}),
                ("two conditions", {"user:int:id": "[10,]", "height": "[1,500]"}),
                (
                    "operator=or",
                    {"user:int:id": "[10,]", "user:place": "town*", "operator": "or"},
                ),
                ("sorted by a column", {"sort": "size,width desc"}),
                ("sorted by a user field", {"sort": "user:int:id desc"}),
                ("sorted by a field some have", {"sort": "user:double:rate,size"}),
                ("sorted by a user field, half", {"sort": "user:place", "user:int:id": "[,HALF]"}),
                ("facets of labels", {"facets": "user:array:labels"}),
                ("facets of a column", {"facets": "format"}),
                ("facets among some", {"facets": "user:array:labels", **some}),
                ("offset 10,000", {"offset": "10000"}),
            )
        ),
    ]


def hash_of(number: int) -> str:
    """Return the hash of an image."""
    return image_hash(binary_of(number), dynamic_metadata={})


def binary_of(number: int) -> str:
    """Return the SHA-1 of a file that nobody has."""
    return image_hash(str(number), dynamic_metadata={})


def fill(root: Path, count: int) -> None:
    """Store images with metadata; there are no files, which no read needs."""
    database = Database(root / "rokka.sqlite3")
    with database.transaction() as connection:
        for number in range(count):
            insert_row(connection, make_image(number))
    database.close()


def make_image(number: int) -> StoredImage:
    """Return an image; a few are made in each second."""
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    word, other = WORDS[number % len(WORDS)], WORDS[number * 5 % 7]
    metadata = {
        "int:id": number,
        "place": f"{word}-{number % 97}",
        "text:about": f"A {word} near a {other}, number {number}",
        "array:labels": [word, other],
        "date:day": (start + timedelta(hours=number % 5000)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if number % 10 == 0:
        metadata["double:rate"] = number / 3
    return StoredImage(
        organization=ORGANIZATION,
        hash=hash_of(number),
        binary_hash=binary_of(number),
        created=(start + timedelta(seconds=number // 5)).isoformat(),
        name=f"{word}-{number}.jpg",
        mimetype="image/jpeg",
        format="jpg",
        size=1000 + number * 7919 % 5_000_000,
        width=100 + number * 31 % 6000,
        height=100 + number * 17 % 4000,
        opaque=True,
        animated=False,
        protected=False,
        user_metadata=metadata,
        dynamic_metadata={},
    )


@contextmanager
def serving(count: int) -> Iterator[Emulated]:
    """Serve an emulator that has some images, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        fill(Path(folder), count)
        command = [sys.executable, "-m", "django_rokka.emulator", "--root", folder]
        process = opened.enter_context(
            subprocess.Popen(  # noqa: S603, our own program
                [*command, "--port", "0", "--organization", ORGANIZATION, "--api-key", KEY],
                stdout=subprocess.PIPE,
            )
        )
        opened.callback(process.kill)
        assert process.stdout is not None  # noqa: S101, for the type
        ready = json.loads(process.stdout.readline())
        connection = HTTPConnection(ready["api"].removeprefix("http://"), timeout=120)
        opened.callback(connection.close)
        yield Emulated(connection=connection, count=count, cursor=find_cursor(connection, count))


def find_cursor(connection: HTTPConnection, count: int) -> str:
    """Return a cursor behind which there is a last page of a hundred at most."""
    cursor = ""
    for left in range(count - FEW, 0, -MAX_LIMIT):
        page = json.loads(get(connection, f"{LIST}?limit={min(left, MAX_LIMIT)}&offset={cursor}"))
        cursor = page["cursor"]
    return cursor


def get(connection: HTTPConnection, target: str) -> bytes:
    """Return what is answered, which must be 200."""
    connection.request("GET", target, headers={"Api-Key": KEY})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{target} is answered {response.status}: {body[:500]!r}")
    return body


def write_table(cases: list[Case], *, count: int, has_targets: bool) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield f"| read | {FEW} images | {count:,} images | ratio | target | ok? |\n"
    yield "| --- | ---: | ---: | ---: | ---: | --- |\n"
    for case in cases:
        few, many = (median(times) * 1000 for times in zip(*case.samples, strict=True))
        target, verdict = "", ""
        if has_targets:
            target, verdict = f"≤ {case.target:g}", "yes" if case.ratio <= case.target else "NO"
        yield (
            f"| {case.label} | {few:.2f} ms | {many:.2f} ms | {case.ratio:.1f} | {target}"
            f" | {verdict} |\n"
        )


def main() -> int:
    """Measure, print and say whether all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="samples of each case (default: 7)")
    parser.add_argument("--small", action="store_true", help="one quick round without targets")
    options = parser.parse_args()
    count, rounds = (2_000, 1) if options.small else (100_000, options.rounds)
    cases = make_cases()
    # The one that takes long to fill first: connections do not wait for ever.
    with serving(count) as many, serving(FEW) as few:
        for _ in range(rounds):
            for case in random.sample(cases, len(cases)):
                case.samples.append((few.seconds(case, repeats=5), many.seconds(case, repeats=3)))
    sys.stdout.writelines(write_table(cases, count=count, has_targets=not options.small))
    missed = [case for case in cases if case.ratio > case.target]
    return 1 if missed and not options.small else 0


if __name__ == "__main__":
    sys.exit(main())
