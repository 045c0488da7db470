"""Measure what moving aliases costs, against as many bare calls of the client.

See the README beside this file.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings
from django.db.models import F
from server import serving

ALONE, TOGETHER = 9.0, 2.0
"""How many times as long as a bare call a move may take: answered at once, and after a while."""
THREADS = 8
DELAY = 50
"""Milliseconds after which a call is answered, as over the Internet."""
HASHES = ("a" * 40, "b" * 40)


class Benchmarks(AppConfig):
    """The app of the rows: aliases find them by it."""

    path = str(Path(__file__).parent)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something to do in each round; a target is the most that its ratio to ``base`` may be."""

    label: str
    prepare: Callable[[], object]
    run: Callable[[], object]
    moves: int
    base: Case | None = None
    target: float | None = None
    samples: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        base = self.base or self
        return median(a / b for a, b in zip(self.samples, base.samples, strict=True))

    @property
    def is_met(self) -> bool:
        """Whether a case reaches its target."""
        return self.target is None or self.ratio <= self.target

    def sample(self) -> None:
        """Add a time."""
        self.prepare()
        start = time.perf_counter()
        self.run()
        self.samples.append(time.perf_counter() - start)


def set_up(folder: Path, server: str) -> None:
    """Make a project with a database in a file, and a storage for each way to be answered."""
    options = {"organization": "demo", "api_key": "of-nobody", "invalidation_budget": 0}
    rokka = {
        f"rokka_{delay}": {
            "BACKEND": "django_rokka.storage.RokkaStorage",
            "OPTIONS": {
                **options,
                "api_host": f"{server}/{'0' * 40}/{delay}",
                "environment": str(delay),
            },
        }
        for delay in (0, DELAY)
    }
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(folder / "db"),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            "timeout": 60,
            "transaction_mode": "IMMEDIATE",
        },
    }
    settings.configure(
        USE_TZ=True,
        DATABASES={"default": database},
        INSTALLED_APPS=["django_rokka", Benchmarks("benchmarks", sys.modules[__name__])],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            **rokka,
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


class Logos:
    """Rows whose images have aliases, each of which rokka has."""

    def __init__(self, delay: int, count: int) -> None:
        from django_rokka.models import Alias
        from django_rokka.storage import get_rokka_storage

        self.storage = get_rokka_storage(f"rokka_{delay}")
        self.model = self._make_model(delay)
        self.names = [f"logo{delay}_{number}" for number in range(1, count + 1)]
        self.model.objects.bulk_create(self.model() for _ in self.names)
        self._aliases = Alias.objects.of(self.storage)
        self._hashes = cycle(HASHES)
        Alias.objects.bulk_create(
            Alias(
                organization="demo",
                environment=str(delay),
                name=name,
                model=self.model._meta.label_lower,
                object_pk=str(number),
                field="image",
                confirmed_hash=HASHES[-1],
            )
            for number, name in enumerate(self.names, 1)
        )

    def change(self) -> None:
        """Let all rows have another image, which no alias has followed yet."""
        from django.utils import timezone

        wanted = next(self._hashes)
        self.model.objects.update(image=f"{wanted}/1600x900/logo.png")
        self._aliases.update(target_hash=wanted, due_at=timezone.now())

    def check(self) -> None:
        """Raise ``RuntimeError`` where an alias has not followed."""
        moved = self._aliases.filter(due_at=None, confirmed_hash=F("target_hash"))
        if moved.count() != len(self.names):
            raise RuntimeError(f"{moved.count()} of {len(self.names)} aliases have followed.")

    def apply(self, names: Iterable[str] | None = None) -> None:
        """Have aliases follow."""
        from django_rokka import aliases

        aliases.apply(storage=self.storage, names=names)

    def put(self, names: Iterable[str]) -> None:
        """Do no more than the calls."""
        for name in names:
            self.storage.client.aliases.create(name, HASHES[0], overwrite=True)

    def run_together(self, act: Callable[[list[str]], object]) -> Callable[[], None]:
        """Return what does an act in threads, each with its part of the names."""

        def run_part(start: int) -> None:
            from django.db import connections

            try:
                act(self.names[start::THREADS])
            finally:
                connections.close_all()

        def run() -> None:
            with ThreadPoolExecutor(THREADS) as pool:
                for _ in pool.map(run_part, range(THREADS)):
                    pass

        return run

    def _make_model(self, delay: int) -> Any:
        from django.db import connection, models

        from django_rokka.fields import RokkaImage

        members: dict[str, Any] = {
            "__module__": __name__,
            "Meta": type("Meta", (), {"app_label": "benchmarks"}),
            "image": RokkaImage(alias=f"logo{delay}_{{pk}}", storage=f"rokka_{delay}"),
        }
        model: Any = type(f"Logo{delay}", (models.Model,), members)
        with connection.schema_editor() as editor:
            editor.create_model(model)
        return model


def make_cases(count: int) -> list[Case]:
    """Return what to measure."""
    alone, together = Logos(0, count), Logos(DELAY, count * 2)
    calls = Case(
        label="bare calls, one after the other",
        prepare=bool,
        run=lambda: alone.put(alone.names),
        moves=count,
    )
    calls_together = Case(
        label=f"bare calls, {THREADS} threads, each answered after {DELAY} ms",
        prepare=bool,
        run=together.run_together(together.put),
        moves=count * 2,
    )
    return [
        calls,
        Case(
            label="moves, one after the other",
            prepare=alone.change,
            run=lambda: (alone.apply(), alone.check()),
            moves=count,
            base=calls,
            target=ALONE,
        ),
        calls_together,
        Case(
            label=f"moves, {THREADS} threads, each answered after {DELAY} ms",
            prepare=together.change,
            run=lambda: (together.run_together(together.apply)(), together.check()),
            moves=count * 2,
            base=calls_together,
            target=TOGETHER,
        ),
    ]


def write_table(cases: list[Case], *, has_targets: bool) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| aliases | a second | ratio | target | ok? |\n| --- | ---: | ---: | ---: | --- |\n"
    for case in cases:
        target, verdict = "", ""
        if case.target is not None and has_targets:
            target, verdict = f"≤ {case.target:g}", "yes" if case.is_met else "NO"
        speed = case.moves / median(case.samples)
        yield f"| {case.label} | {speed:.0f} | {case.ratio:.2f} | {target} | {verdict} |\n"


def main() -> int:
    """Measure, print and say whether all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="samples of each case (default: 7)")
    parser.add_argument("--small", action="store_true", help="one quick round without targets")
    options = parser.parse_args()
    count, rounds = (20, 1) if options.small else (200, options.rounds)
    with tempfile.TemporaryDirectory() as folder, serving() as server:
        set_up(Path(folder), server)
        cases = make_cases(count)
        for case in cases:
            case.sample()  # warms up
            case.samples.clear()
        for _ in range(rounds):
            for case in random.sample(cases, len(cases)):
                case.sample()
    sys.stdout.writelines(write_table(cases, has_targets=not options.small))
    return 0 if options.small or all(case.is_met for case in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
