"""A walk takes the same memory through many images as through few."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from django_rokka.emulator import EmulatorServer

from tests.django_fixtures import API_KEY
from tests.library.filling import fill, make_stored

MEGABYTE = 1024

SYNC = """
import json, sys
from pathlib import Path
import django
from django.conf import settings

database, api_host, api_key, few = sys.argv[1:]
settings.configure(
    INSTALLED_APPS=["django_rokka"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command
from django_rokka import library
from django_rokka.models import SourceImage
from django_rokka.storage import RokkaStorage

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

peaks = []

def watch(report):
    if report.seen == int(few):
        peaks.append(peak())

call_command("migrate", verbosity=0)
storage = RokkaStorage(organization="demo", api_key=api_key, api_host=api_host)
report = library.sync(storage, on_progress=watch)
storage.client.close()
counts = [report.seen, report.deleted, SourceImage.objects.alive().count()]
print(json.dumps([*counts, peak() - peaks[0]]))
"""


@pytest.mark.parametrize(
    "count", [6_000, pytest.param(100_000, marks=pytest.mark.soak)], ids="{:,} images".format
)
def test_sync__of_many_images_takes_no_more_memory_than_of_few(
    tmp_path: Path, server: EmulatorServer, count: int
) -> None:
    now = server.emulator.clock.now()
    dead = now - timedelta(days=1)
    images = (make_stored(number, per_second=10) for number in range(count))
    gone = (make_stored(count + number, deleted=dead.isoformat()) for number in range(count // 10))
    fill(server.emulator.root, images)
    fill(server.emulator.root, gone)

    ran = subprocess.run(
        [
            *(sys.executable, "-c", SYNC, str(tmp_path / "mirror.sqlite3")),
            *(server.api_host, API_KEY, str(max(1000, count // 10))),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    seen, deleted, alive, growth = json.loads(ran.stdout)
    assert (seen, deleted, alive) == (count, count // 10, count)
    assert growth < 8 * MEGABYTE, f"{growth / MEGABYTE:.1f} MB more at the end"
