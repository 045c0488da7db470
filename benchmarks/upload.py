"""Measure uploads against other clients, and against what this machine can do at all.

See the README beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from server import serving

HERE = Path(__file__).parent
ROKKA_JS = "rokka.js"
MEGABYTE = 1000 * 1000
LARGE = 300 * MEGABYTE
SMALL = 200 * 1000
TIMEOUT = 300


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something to measure in each round."""

    label: str
    uploader: str
    uploads: int = 1
    threads: int = 1
    target: float | None = None
    samples: list[dict[str, float]] = field(default_factory=list)

    @property
    def seconds_each(self) -> list[float]:
        """The seconds an upload took, in each round."""
        return [sample["seconds"] / self.uploads for sample in self.samples]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Cases with the same file, the first of which is what the others are compared with.

    With ``is_throughput`` the ratio is how much more gets done in the same time, and the targets
    are the least that will do; otherwise it is how much longer it takes, and they are the most.
    """

    title: str
    size: int
    cases: list[Case]
    milliseconds: int = 0
    is_throughput: bool = False

    def ratio(self, case: Case) -> float:
        """Return the median of the rounds' ratios to the first case."""
        pairs = zip(case.seconds_each, self.cases[0].seconds_each, strict=True)
        return median(b / a if self.is_throughput else a / b for a, b in pairs)

    def meets(self, case: Case) -> bool:
        """Return whether a case with a target reaches it."""
        ratio, target = self.ratio(case), case.target or 0
        return ratio >= target if self.is_throughput else ratio <= target


def make_tables(*, small: bool, peers: list[str]) -> list[Table]:
    """Return what to measure."""
    size, count, per_thread, alone = (30 * MEGABYTE, 20, 5, 5) if small else (LARGE, 200, 200, 50)
    return [
        Table(
            title=f"one file of {size // MEGABYTE} MB",
            size=size,
            cases=[
                Case(label="limit: http.client, blocks of 64 KiB", uploader="limit"),
                Case(label="ours", uploader="ours", target=2.5),
                Case(label="ours, verify=False", uploader="ours, verify=False", target=1.4),
                *(Case(label=peer, uploader=peer) for peer in peers),
            ],
        ),
        Table(
            title=f"{count} files of {SMALL // 1000} KB, one after the other",
            size=SMALL,
            cases=[
                Case(label="requests files=", uploader="requests files=", uploads=count),
                Case(label="ours", uploader="ours", uploads=count, target=1.25),
                Case(label="limit: http.client", uploader="limit", uploads=count),
                *(
                    Case(label=peer, uploader=peer, uploads=count)
                    for peer in peers
                    if peer != "requests files="
                ),
            ],
        ),
        Table(
            title=f"files of {SMALL // 1000} KB, each answered after 50 ms, through one client",
            size=SMALL,
            milliseconds=50,
            is_throughput=True,
            cases=[
                Case(label=f"ours, 1 thread, {alone} files", uploader="ours", uploads=alone),
                Case(
                    label=f"ours, 8 threads, {8 * per_thread} files",
                    uploader="ours",
                    uploads=8 * per_thread,
                    threads=8,
                    target=6,
                ),
            ],
        ),
    ]


def measure(table: Table, *, rounds: int, host: str, folder: Path, rokka_js: str) -> None:
    """Take a sample of each case in each round, in an order of its own."""
    file = folder / f"{table.size}.jpg"
    content = os.urandom(table.size // 100) * 100
    file.write_bytes(content)
    url = f"{host}/{sha1(content, usedforsecurity=False).hexdigest()}/{table.milliseconds}"
    (folder / "warm-up").write_bytes(b"a few bytes")
    for _ in range(rounds):
        for case in random.sample(table.cases, len(table.cases)):
            case.samples.append(take_sample(case, url=url, file=file, rokka_js=rokka_js))


def take_sample(case: Case, *, url: str, file: Path, rokka_js: str) -> dict[str, float]:
    """Run a case once, in a process of its own."""
    numbers = [str(case.uploads), str(case.threads)]
    command: list[str | Path]
    if case.uploader == ROKKA_JS:
        command = ["node", HERE / "uploader.mjs", rokka_js, url, file, numbers[0]]
    else:
        command = [sys.executable, HERE / "uploaders.py", case.uploader, url, file, *numbers]
    done = subprocess.run(  # noqa: S603, our own programs
        command, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT
    )
    sample: dict[str, float] = json.loads(done.stdout)
    return sample


def write_table(table: Table, *, has_targets: bool) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    ratio = "times as many" if table.is_throughput else "ratio"
    yield f"{table.title}:\n\n"
    yield f"| case | median | {ratio} | target | ok? | memory |\n"
    yield "| --- | ---: | ---: | ---: | --- | ---: |\n"
    for case in table.cases:
        seconds = median(sample["seconds"] for sample in case.samples)
        memory = median(sample["memory"] for sample in case.samples) / MEGABYTE
        sign = "≥" if table.is_throughput else "≤"
        target, verdict = "", ""
        if has_targets and case.target is not None:
            target = f"{sign} {case.target:g}"
            verdict = "yes" if table.meets(case) else "NO"
        yield (
            f"| {case.label} | {seconds:.3f} s | {table.ratio(case):.2f} | {target} | {verdict}"
            f" | {memory:.1f} MB |\n"
        )
    yield "\n"


def find_peers(rokka_js: str) -> list[str]:
    """Return the other clients that are installed."""
    peers = ["requests files="]
    if find_spec("cloudinary"):
        peers.append("cloudinary")
    if rokka_js and shutil.which("node"):
        peers.append(ROKKA_JS)
    return peers


def main() -> int:
    """Measure, print and say whether all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="samples of each case (default: 7)")
    parser.add_argument("--small", action="store_true", help="one quick round without targets")
    parser.add_argument(
        "--rokka-js", default="", metavar="DIRECTORY", help="has the npm package in node_modules"
    )
    options = parser.parse_args()
    tables = make_tables(small=options.small, peers=find_peers(options.rokka_js))
    with serving() as host, tempfile.TemporaryDirectory() as folder:
        for table in tables:
            measure(
                table,
                rounds=1 if options.small else options.rounds,
                host=host,
                folder=Path(folder),
                rokka_js=options.rokka_js,
            )
            sys.stdout.writelines(write_table(table, has_targets=not options.small))
            sys.stdout.flush()
    missed = [
        case for table in tables for case in table.cases if case.target and not table.meets(case)
    ]
    return 1 if missed and not options.small else 0


if __name__ == "__main__":
    sys.exit(main())
