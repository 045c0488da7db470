"""Measure what importing the app costs a project, against the smallest app that there can be.

See the README beside this file.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

LIMIT = 5
"""How many times as long as the smallest app's the import of field, storage and tags may take."""
SMALLEST = {
    "__init__.py": "",
    "apps.py": """
from django.apps import AppConfig

class SmallestConfig(AppConfig):
    name = "smallest"
    default_auto_field = "django.db.models.BigAutoField"
""",
    "models.py": """
from django.db import models

class Picture(models.Model):
    name = models.CharField(max_length=100)
""",
    "fields.py": """
from django.db import models

class PictureField(models.ImageField):
    pass
""",
    "storage.py": """
from django.core.files.storage import Storage

class PictureStorage(Storage):
    pass
""",
    "templatetags/__init__.py": "",
    "templatetags/smallest.py": """
from django import template

register = template.Library()

@register.simple_tag
def picture_url(name):
    return f"/{name}"
""",
}
PROJECT = """
import sys
import time
from importlib import import_module

import django
from django.apps import AppConfig, apps
from django.conf import settings

contrib = ("admin", "auth", "contenttypes", "messages", "sessions", "staticfiles")
settings.configure(INSTALLED_APPS=[f"django.contrib.{name}" for name in contrib])
django.setup()


def import_parts(name):
    for part in parts.split():
        module, _, attribute = part.rpartition(".")
        getattr(import_module(f"{name}.{module}"), attribute)


def register(name):
    config = AppConfig.create(name)
    config.apps = apps
    apps.app_configs[config.label] = config
    config.import_models()
    config.ready()
    import_parts(name)


name, parts, act = sys.argv[1:]
before = len(sys.modules)
start = time.process_time()
{"parts": import_parts, "app": register}[act](name)
print(time.process_time() - start, len(sys.modules) - before)
"""
"""What Django itself loads is loaded before the clock starts."""
PARTS = {
    "smallest": "fields.PictureField storage.PictureStorage templatetags.smallest.register",
    "django_rokka": "fields.RokkaImage storage.RokkaStorage templatetags.rokka.register",
}
"""What is asked for, since a package may import what it names only then."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something to import in each round; a target is the most that its ratio may be."""

    label: str
    package: str
    act: str
    target: float | None = None
    samples: list[float] = field(default_factory=list)
    modules: set[int] = field(default_factory=set)

    def run(self, folder: Path) -> float:
        """Return the processor's seconds that the import takes in a new process."""
        command = [sys.executable, "-c", PROJECT, self.package, PARTS[self.package], self.act]
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": ""}
        done = subprocess.run(  # noqa: S603, our own program
            command, env=environment, capture_output=True, check=True, text=True
        )
        seconds, modules = done.stdout.split()
        self.modules.add(int(modules))
        return float(seconds)

    def ratio(self, base: Case) -> float:
        """Return the median of the rounds' ratios to another case."""
        return median(a / b for a, b in zip(self.samples, base.samples, strict=True))


def make_cases() -> list[Case]:
    """Return what to measure; each second case is compared with the one before it."""
    return [
        Case(label="smallest: field, storage, tag", package="smallest", act="parts"),
        Case(
            label="ours: field, storage, tags",
            package="django_rokka",
            act="parts",
            target=LIMIT,
        ),
        Case(label="smallest: all and ready()", package="smallest", act="app"),
        Case(label="ours: all and ready()", package="django_rokka", act="app"),
    ]


def write_smallest(folder: Path) -> None:
    """Write the smallest app: a model, a field, a storage and a tag, which do nothing."""
    for name, text in SMALLEST.items():
        path = folder / "smallest" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_table(cases: list[Case]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| imported | modules | median | ratio | target | ok? |\n"
    yield "| --- | ---: | ---: | ---: | ---: | --- |\n"
    for number, case in enumerate(cases):
        ratio = case.ratio(cases[number - number % 2])
        target, verdict = "", ""
        if case.target is not None:
            target, verdict = f"≤ {case.target:g}", "yes" if ratio <= case.target else "NO"
        milliseconds = median(case.samples) * 1000
        modules = max(case.modules)
        yield (
            f"| {case.label} | {modules} | {milliseconds:.1f} ms | {ratio:.2f} | {target} |"
            f" {verdict} |\n"
        )


def main() -> int:
    """Measure, print and say whether the target is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="samples of each case (default: 7)")
    parser.add_argument("--small", action="store_true", help="one quick round without targets")
    options = parser.parse_args()
    cases = make_cases()
    with tempfile.TemporaryDirectory() as folder:
        write_smallest(Path(folder))
        for case in cases:
            case.run(Path(folder))  # writes what Python compiles
        for _ in range(1 if options.small else options.rounds):
            for case in random.sample(cases, len(cases)):
                case.samples.append(case.run(Path(folder)))
    sys.stdout.writelines(write_table(cases))
    ours, base = cases[1], cases[0]
    return 1 if ours.ratio(base) > LIMIT and not options.small else 0


if __name__ == "__main__":
    sys.exit(main())
