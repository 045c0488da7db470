"""Files as answers: streamed, conditional, in ranges."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from werkzeug.utils import send_file
from werkzeug.wrappers import Response

from django_rokka.emulator.incoming import IncomingRequest

__all__ = ["send_stored_file"]


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
    response = send_file(path, request.environ, mimetype=mimetype, etag=etag)
    response.headers["Content-Disposition"] = _disposition(name, is_attachment=is_attachment)
    # werkzeug adds a charset to what is text, an SVG for one.
    response.headers["Content-Type"] = mimetype
    # The server writes its own.
    response.headers.pop("Date", None)
    return response


def _disposition(name: str, *, is_attachment: bool) -> str:
    """Write the header with its name in quotes, which is how rokka's clients look for it."""
    plain = "".join(
        character if " " <= character < "\x7f" and character not in '"\\' else "_"
        for character in name
    )
    kind = "attachment" if is_attachment else "inline"
    extended = "" if plain == name else f"filename*=UTF-8''{quote(name, safe='')}; "
    return f'{kind}; {extended}filename="{plain}"'
