"""Uploads as ``multipart/form-data``, streamed in constant memory."""

from __future__ import annotations

import mimetypes
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha1
from io import SEEK_END, BytesIO, TextIOBase
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from django_rokka.exceptions import EmptyFile, UploadFailed

__all__ = [
    "BLOCK_SIZE",
    "Body",
    "FormBody",
    "MultipartBody",
    "Readable",
    "Source",
    "get_file_name",
    "is_seekable",
    "open_source",
]

BLOCK_SIZE = 256 * 1024
"""Bytes read, hashed and sent at a time."""

_SPOOL_LIMIT = 1024 * 1024  # what cannot be rewound waits in memory up to here, then on disk
_UNSAFE = re.compile(r'["\x00-\x1f\x7f]')


class Readable(Protocol):
    """An open binary file, or whatever reads like one."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""
        ...


Source = bytes | bytearray | memoryview | os.PathLike[str] | str | Readable | Iterable[bytes]
"""What can be uploaded: bytes, the path of a file, an open binary file, or blocks of bytes."""


class Body(Protocol):
    """The body of a request: each iteration gives all of it.

    ``failure`` is what reading its file raised.
    """

    content_type: str
    failure: Exception | None

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


@contextmanager
def open_source(source: Source) -> Iterator[BinaryIO]:
    """Give a file that can be rewound; an open file is used from its beginning and stays open.

    After an error an open file stands where it stood. What cannot be rewound is copied first:
    into memory, past 1 MiB into a temporary file.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield BytesIO(source)
    elif isinstance(source, (str, os.PathLike)):
        with Path(source).open("rb") as opened:
            yield opened
    elif _is_text(source):
        raise TypeError(f"{source!r} is open as text; open it in binary mode ('rb').")
    elif is_seekable(source):
        with _rewinding_on_error(cast("BinaryIO", source)) as opened:
            yield opened
    else:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_LIMIT) as spooled:
            if hasattr(source, "read"):
                shutil.copyfileobj(cast("Readable", source), spooled, BLOCK_SIZE)
            else:
                spooled.writelines(source)
            yield cast("BinaryIO", spooled)


def is_seekable(file: object) -> bool:
    """Say whether a file can be rewound; temporary files of Python 3.10 cannot say it."""
    says = getattr(file, "seekable", None)
    return bool(says()) if says else hasattr(file, "seek")


def get_file_name(source: Source) -> str:
    """Return the name of the file that a source is, without its folder; ``image`` for none."""
    path = source if isinstance(source, (str, os.PathLike)) else getattr(source, "name", "")
    # The name of a file that was opened by its descriptor is a number.
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ""
    return name.replace("\\", "/").rpartition("/")[2] or "image"


class MultipartBody:
    """A request body of one file and some texts, which requests streams with its length.

    Each iteration rewinds the file, so a retry is another iteration. After a whole pass
    ``sha1`` is the file's SHA-1 in hexadecimal digits, before that, or where it ``is_hashed`` is
    false, it is empty. ``failure`` is what reading the file raised, which the connection's own
    errors would hide. Raise ``EmptyFile`` for a file of zero bytes.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        name: str,
        field_name: str,
        texts: Mapping[str, str],
        is_hashed: bool = True,
    ) -> None:
        file.seek(0, SEEK_END)
        self._file = file
        self._file_size = file.tell()
        if not self._file_size:
            raise EmptyFile(f"The file {name[:200]!r} is empty; rokka takes no empty files.")
        self._name = name
        self._is_hashed = is_hashed
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = _write_head(boundary, field_name, name)
        self._tail = b"\r\n" + _write_texts(boundary, texts)
        self.sha1 = ""
        self.failure: Exception | None = None

    def __len__(self) -> int:
        return len(self._head) + self._file_size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        self.sha1 = ""
        yield self._head
        try:
            yield from self._iter_hashed() if self._is_hashed else self._iter_file()
        except Exception as error:
            self.failure = error
            raise OSError("the file to upload cannot be read") from error
        yield self._tail

    def _iter_hashed(self) -> Iterator[bytes]:
        digest = sha1(usedforsecurity=False)
        for block in self._iter_file():
            digest.update(block)
            yield block
        self.sha1 = digest.hexdigest()

    def _iter_file(self) -> Iterator[bytes]:
        self._file.seek(0)
        left = self._file_size
        while left:
            block = cast("bytes | str", self._file.read(min(BLOCK_SIZE, left)))
            if isinstance(block, str):
                raise TypeError(f"{self._file!r} reads as text; open it in binary mode ('rb').")
            if not block:
                raise UploadFailed(self._changed("has become shorter"))
            left -= len(block)
            yield block
        if self._file.read(1):
            raise UploadFailed(self._changed("has grown"))

    def _changed(self, what: str) -> str:
        return (
            f"The file {self._name[:200]!r} {what} while it was sent ({self._file_size} bytes were"
            " announced). Upload it again when nothing writes to it."
        )


class FormBody:
    """A request body of texts alone."""

    failure: Exception | None = None

    def __init__(self, texts: Mapping[str, str]) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._content = _write_texts(boundary, texts)

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        yield self._content


def _is_text(source: object) -> bool:
    """Look also into what wraps a file, such as a named temporary file."""
    return any(isinstance(each, TextIOBase) for each in (source, getattr(source, "file", None)))


@contextmanager
def _rewinding_on_error(file: BinaryIO) -> Iterator[BinaryIO]:
    """Put a file back where it stood if the block fails."""
    start = file.tell()
    try:
        yield file
    except BaseException:
        with suppress(OSError, ValueError):  # the file itself may be what failed
            file.seek(start)
        raise


def _write_head(boundary: str, field_name: str, name: str) -> bytes:
    # A part with an empty file name means "no file chosen" to servers.
    file_name = _escape(name) or "image"
    suffix = "." + name.rpartition(".")[2]
    content_type = mimetypes.guess_type(f"file{suffix}")[0] or "application/octet-stream"
    text = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{_escape(field_name)}"; filename="{file_name}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n"
    )
    return text.encode(errors="replace")


def _write_texts(boundary: str, texts: Mapping[str, str]) -> bytes:
    """Write the parts that are texts, and the end of the body."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_escape(key)}"\r\n\r\n{text}\r\n'
        for key, text in texts.items()
    ]
    return "".join([*parts, f"--{boundary}--\r\n"]).encode(errors="replace")


def _escape(text: str) -> str:
    """Percent-encode what could end a quoted header value, as browsers do (HTML standard).

    Browsers encode the quote and line ends; other control characters are treated alike, since
    servers disagree about them.
    """
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", text)
