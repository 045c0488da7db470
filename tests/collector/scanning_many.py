"""A process that scans many rows and images, and prints the most memory that it took for that.

``python -m tests.collector.scanning_many DATABASE NUMBER API_HOST API_KEY`` prints JSON: bytes,
and the report.
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from hashlib import sha1

from tests.collector.environment import migrate, set_up

BATCH = 1000


def hash_of(number: int) -> str:
    return sha1(f"image {number}".encode(), usedforsecurity=False).hexdigest()


def fill(number: int) -> None:
    """Write rows and images, of which every second is referred to."""
    from django.utils import timezone

    from django_rokka.models import SourceImage

    from tests.testapp.models import Photo

    values = {"organization": "demo", "format": "jpg", "size": 1, "created": timezone.now()}
    for start in range(0, number, BATCH):
        part = range(start, min(number, start + BATCH))
        SourceImage.objects.bulk_create(
            SourceImage(hash=hash_of(n), binary_hash=hash_of(n), name=f"{n}.jpg", **values)
            for n in part
        )
        Photo.objects.bulk_create(Photo(image=f"{hash_of(n // 2 * 2)}/4x3/a.jpg") for n in part)


def measure() -> tuple[int, list[int]]:
    from django_rokka.collector import collect

    collect(sync=False)  # what is loaded once
    tracemalloc.start()
    report = collect(sync=False)
    return tracemalloc.get_traced_memory()[1], [report.referenced, report.unreferenced_count]


if __name__ == "__main__":
    set_up("", sys.argv[1], *sys.argv[3:])
    migrate()
    fill(int(sys.argv[2]))
    sys.stdout.write(json.dumps(measure()))
