"""Names and contents that Django's own storages take too."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

from django_rokka.storage import RokkaStorage

from tests import pictures

CONTENT = pictures.png()


class InChunks(File):  # type: ignore[type-arg]  # generic in the stubs only
    """A file that can only be had in pieces, as a proxy or a generator gives it."""

    def read(self, *args: Any) -> Any:
        raise AssertionError("it is read whole")

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield from (CONTENT[start : start + 10] for start in range(0, len(CONTENT), 10))


def test_save__asks_content_for_its_chunks(rokka: RokkaStorage) -> None:
    stored = rokka.save("lake.png", InChunks(io.BytesIO(CONTENT), "lake.png"))
    with rokka.open(stored) as file:
        assert file.read() == CONTENT


def test_save__takes_a_path_as_djangos_storages_do(rokka: RokkaStorage, tmp_path: Path) -> None:
    name: Any = Path("folder/lake.png")
    assert FileSystemStorage(tmp_path).save(name, ContentFile(CONTENT)) == "folder/lake.png"
    assert rokka.save(name, ContentFile(CONTENT)).endswith("/lake.png")
