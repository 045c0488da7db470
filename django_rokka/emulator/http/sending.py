"""Files as answers: streamed, conditional, in ranges."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from urllib.parse import quote

from werkzeug.datastructures import Range
from werkzeug.http import http_date, is_resource_modified
from werkzeug.wrappers import Response

from django_rokka.emulator.http.incoming import IncomingRequest

__all__ = ["send_file", "send_stored_file"]

_BLOCK = 64 * 1024
_CONDITIONS = frozenset(
    {
        *("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"),
        *("HTTP_IF_RANGE", "HTTP_RANGE"),
    }
)
_MAX_RANGES = 20
"""Ranges of one request; one that asks for more gets everything."""


def send_stored_file(
    request: IncomingRequest,
    path: Path,
    *,
    mimetype: str,
    name: str,
    etag: str,
    is_attachment: bool,
) -> Response:
    """Answer with a file that never changes."""
    return send_file(
        request,
        path.open("rb"),
        mimetype=mimetype,
        name=name,
        etag=etag,
        is_attachment=is_attachment,
    )


def send_file(
    request: IncomingRequest,
    file: IO[bytes],
    *,
    mimetype: str,
    name: str,
    etag: str,
    is_attachment: bool,
) -> Response:
    """Answer with an open file, which is closed with the answer.

    Without an ETag the answer is none that anybody may keep, and it is always sent whole.
    """
    with ExitStack() as opened:
        opened.enter_context(file)
        response = _respond(
            request, file, mimetype=mimetype, name=name, etag=etag, is_attachment=is_attachment
        )
        # From here on it is for the answer to close it.
        response.call_on_close(opened.pop_all().close)
    return response


def _respond(
    request: IncomingRequest,
    file: IO[bytes],
    *,
    mimetype: str,
    name: str,
    etag: str,
    is_attachment: bool,
) -> Response:
    status = os.fstat(file.fileno())
    size = status.st_size
    response = Response(_blocks(file, 0, size))
    response.headers["Content-Type"] = mimetype
    response.headers["Content-Disposition"] = _disposition(name, is_attachment=is_attachment)
    response.headers["Content-Length"] = str(size)
    if etag:
        response.headers["ETag"] = f'"{etag}"'
        response.headers["Last-Modified"] = http_date(int(status.st_mtime))
        response.headers["Accept-Ranges"] = "bytes"
        if not _CONDITIONS.isdisjoint(request.environ):
            _make_conditional(request, response, file, size=size)
    return response


def _make_conditional(
    request: IncomingRequest, response: Response, file: IO[bytes], *, size: int
) -> None:
    """Send no more than the client lacks (RFC 9110, sections 13 and 14)."""
    environ, headers = request.environ, response.headers
    known = (headers["ETag"], None, headers["Last-Modified"])
    if not is_resource_modified(environ, *known):
        if "HTTP_IF_MATCH" in environ:
            response.status_code = 412
            response.response, headers["Content-Length"] = [], "0"
        else:
            response.status_code = 304
            response.response = []
            del headers["Content-Length"]
        return
    if request.method != "GET" or not (ranges := request.range) or ranges.units != "bytes":
        # A Range that cannot be read is one that was not sent.
        return
    if "HTTP_IF_RANGE" in environ and is_resource_modified(environ, *known, ignore_if_range=False):
        return
    if len(ranges.ranges) <= _MAX_RANGES:
        _send_ranges(response, file, ranges, size=size)


def _send_ranges(response: Response, file: IO[bytes], ranges: Range, *, size: int) -> None:
    headers = response.headers
    spans = [span for item in ranges.ranges if (span := _span(*item, size=size))]
    if not spans:
        response.status_code = 416
        response.response = []
        headers["Content-Range"] = f"bytes */{size}"
        headers["Content-Length"] = "0"
        return
    response.status_code = 206
    if len(spans) == 1:
        start, end = spans[0]
        response.response = _blocks(file, start, end)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        headers["Content-Length"] = str(end - start)
        return
    boundary = secrets.token_hex(16)
    heads = [_part_head(boundary, headers["Content-Type"], span, size) for span in spans]
    tail = f"\r\n--{boundary}--\r\n".encode()
    length = sum(map(len, heads)) + sum(end - start for start, end in spans) + len(tail)
    response.response = _parts(file, heads, spans, tail)
    headers["Content-Type"] = f"multipart/byteranges; boundary={boundary}"
    headers["Content-Length"] = str(length)


def _span(start: int, end: int | None, *, size: int) -> tuple[int, int] | None:
    """Return the bytes that a range names, end excluded; ``None`` where there are none."""
    first = max(0, size + start) if start < 0 else start
    last = size if end is None else min(end, size)
    return (first, last) if first < last else None


def _part_head(boundary: str, mimetype: str, span: tuple[int, int], size: int) -> bytes:
    start, end = span
    return (
        f"\r\n--{boundary}\r\nContent-Type: {mimetype}\r\n"
        f"Content-Range: bytes {start}-{end - 1}/{size}\r\n\r\n"
    ).encode()


def _parts(
    file: IO[bytes], heads: list[bytes], spans: list[tuple[int, int]], tail: bytes
) -> Iterator[bytes]:
    for head, (start, end) in zip(heads, spans, strict=True):
        yield head
        yield from _blocks(file, start, end)
    yield tail


def _blocks(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes between two offsets."""
    file.seek(start)
    left = end - start
    while left and (block := file.read(min(left, _BLOCK))):
        left -= len(block)
        yield block


def _disposition(name: str, *, is_attachment: bool) -> str:
    """Write the header with its name in quotes, which is how rokka's clients look for it."""
    plain = "".join(
        character if " " <= character < "\x7f" and character not in '"\\' else "_"
        for character in name
    )
    kind = "attachment" if is_attachment else "inline"
    extended = "" if plain == name else f"filename*=UTF-8''{quote(name, safe='')}; "
    return f'{kind}; {extended}filename="{plain}"'
