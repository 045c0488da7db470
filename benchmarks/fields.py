"""Measure what rows with images cost to load, against the same rows with texts.

See the README beside this file.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import django
from django.conf import settings

LOADED, TOUCHED = 1.15, 1.30
"""How many times as long as a text column's an image column's row may take."""
REFERENCE = "{:040x}/1600x900/the-lake.png"


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something to do in each round; a target is the most that its ratio to ``base`` may be."""

    label: str
    run: Callable[[], object]
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
        """Add the least of three times, those of the processor: the machine may be busy."""
        self.samples.append(min(self._take() for _ in range(3)))

    def _take(self) -> float:
        gc.collect()
        start = time.process_time()
        self.run()
        return time.process_time() - start


def set_up() -> None:
    """Make a project with a database in memory."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django_rokka"],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "rokka": {
                "BACKEND": "django_rokka.storage.RokkaStorage",
                "OPTIONS": {"organization": "demo", "api_key": "of-nobody"},
            },
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def make_model(name: str, column: Callable[..., Any], *, has_size: bool) -> Any:
    """Make a model with a column for the image, and its table."""
    from django.db import connection, models

    options = {"width_field": "width", "height_field": "height"} if has_size else {}
    members: dict[str, Any] = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "benchmarks"}),
        "title": models.CharField(max_length=100),
        "image": column(**options),
    }
    if has_size:
        members["width"] = models.PositiveIntegerField(null=True)
        members["height"] = models.PositiveIntegerField(null=True)
    model: Any = type(name, (models.Model,), members)
    with connection.schema_editor() as editor:
        editor.create_model(model)
    return model


def fill(model: Any, count: int) -> None:
    """Make rows, each with a reference of its own."""
    size = {"width": 1600, "height": 900} if hasattr(model, "width") else {}
    model.objects.bulk_create(
        (
            model(title=f"The lake {number}", image=REFERENCE.format(number), **size)
            for number in range(count)
        ),
        batch_size=500,
    )


def load(model: Any) -> Callable[[], object]:
    """Return what loads all rows."""
    return lambda: list(model.objects.all())


def touch(model: Any) -> Callable[[], object]:
    """Return what loads all rows and reads the image of each."""

    def run() -> None:
        for row in model.objects.all():
            row.image  # noqa: B018, reading is what is measured

    return run


def make_cases(count: int) -> list[Case]:
    """Return what to measure, in models with and without columns for the size."""
    from django.db import models

    from django_rokka.fields import RokkaImage

    def make_text(**options: Any) -> models.CharField[Any, Any]:
        return models.CharField(max_length=255)

    cases = []
    for has_size, words in ((False, ""), (True, ", width and height")):
        kinds = {"Text": make_text, "Ours": RokkaImage, "Stock": models.ImageField}
        text, ours, stock = (
            make_model(f"{name}{has_size}", kind, has_size=has_size) for name, kind in kinds.items()
        )
        for model in (text, ours):
            fill(model, count)
        # Not by its own model, which opens each file.
        copy_rows(text, stock)
        for label, act, target in (("loaded", load, LOADED), ("touched", touch, TOUCHED)):
            base = Case(label=f"CharField{words}, {label}", run=act(text))
            cases += [
                base,
                Case(label=f"RokkaImage{words}, {label}", run=act(ours), base=base, target=target),
                Case(label=f"Django's ImageField{words}, {label}", run=act(stock), base=base),
            ]
    return cases


def copy_rows(source: Any, target: Any) -> None:
    """Copy the rows of a table into another with the same columns."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {target._meta.db_table} SELECT * FROM {source._meta.db_table}")  # noqa: S608, our own names


def write_table(cases: list[Case], *, has_targets: bool) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| rows | median | ratio | target | ok? |\n| --- | ---: | ---: | ---: | --- |\n"
    for case in cases:
        target, verdict = "", ""
        if case.target is not None and has_targets:
            target, verdict = f"≤ {case.target:.2f}", "yes" if case.is_met else "NO"
        milliseconds = median(case.samples) * 1000
        yield (
            f"| {case.label} | {milliseconds:.1f} ms | {case.ratio:.2f} | {target} | {verdict} |\n"
        )


def main() -> int:
    """Measure, print and say whether all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="samples of each case (default: 7)")
    parser.add_argument("--small", action="store_true", help="one quick round without targets")
    options = parser.parse_args()
    count, rounds = (500, 1) if options.small else (10_000, options.rounds)
    set_up()
    cases = make_cases(count)
    for case in cases:
        case.run()  # warms up
    for _ in range(rounds):
        for case in random.sample(cases, len(cases)):
            case.sample()
    sys.stdout.write(f"{count:,} rows:\n\n")
    sys.stdout.writelines(write_table(cases, has_targets=not options.small))
    return 0 if options.small or all(case.is_met for case in cases) else 1


if __name__ == "__main__":
    sys.exit(main())
