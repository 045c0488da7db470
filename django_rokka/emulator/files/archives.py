"""Many files in one zip archive, written to disk and streamed from there."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from django_rokka.emulator.http.incoming import IncomingRequest, base_name

__all__ = ["send_archive", "write_archive"]


def send_archive(
    request: IncomingRequest, files: Iterable[tuple[str, Path]], *, name: str
) -> Response:
    """Answer with an archive of files and their names."""
    with ExitStack() as opened:
        archive = opened.enter_context(request.files_store.open_temporary())
        write_archive(archive, files)
        length = archive.tell()
        archive.seek(0)
        response = Response(
            wrap_file(request.environ, archive), mimetype="application/zip", direct_passthrough=True
        )
        response.content_length = length
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        # Closing removes it, which is for the response to do from here on.
        response.call_on_close(opened.pop_all().close)
    return response


def write_archive(target: IO[bytes], files: Iterable[tuple[str, Path]]) -> None:
    """Write files one after the other, uncompressed: pictures are compressed already."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, path in _distinct(files):
            # A fixed date, so that the same list gives the same archive.
            info = zipfile.ZipInfo(name)
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as entry:
                shutil.copyfileobj(source, entry)


def _distinct(files: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
    """Yield files without their folders, numbered where a name is there, whatever its case."""
    taken: set[str] = set()
    for given, path in files:
        plain = Path(base_name(given))
        name, number = plain.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain.stem}-{number}{plain.suffix}"
        taken.add(name.casefold())
        yield name, path
