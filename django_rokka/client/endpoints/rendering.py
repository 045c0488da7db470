"""Rendering, signing and albums: what rokka keeps under ``/utils`` and on its render host."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django_rokka.client.calls import Call
from django_rokka.client.download import DOWNLOAD_HEADERS, Download
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.client.hosts import hide_credentials, is_host
from django_rokka.client.multipart import MultipartBody, Source, get_file_name, open_source
from django_rokka.client.objects import AlbumImage
from django_rokka.client.objects.reading import read_text
from django_rokka.exceptions import InvalidName
from django_rokka.render import check_stack_name

__all__ = ["RENDER_HOST", "Utils"]

RENDER_HOST = "https://{organization}.rokka.io"

_FORMAT = re.compile(r"[a-z0-9]{2,5}")
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,167}")
"""1 to 81 waves; the first and largest of them is four characters, the others are two."""


class Utils(Endpoint):
    """Sign and render without a stored image, and read albums.

    In every method ``organization`` acts on another organization than the client's, and
    ``deadline`` limits the call with all its retries, in seconds. Every method raises
    ``InvalidName`` or ``ValueError`` before the network is touched, an ``APIError`` when rokka
    refuses, and ``ConnectionFailed`` without an answer.
    """

    def sign_url(
        self,
        url: str,
        *,
        round_date_up_to: int | None = None,
        organization: str = "",
        deadline: float | None = None,
    ) -> str:
        """Let rokka sign a render URL: ``POST /utils/{organization}/sign_url``.

        Good for trying out a signature of one's own. Pages sign by ``render.sign_url``, which
        asks nobody. rokka rounds the date of an end up to ``round_date_up_to`` seconds::

            client.utils.sign_url("https://acme.rokka.io/thumb/c421f4.jpg")
        """
        rounding = {} if round_date_up_to is None else {"round_date_up_to": round_date_up_to}
        answer = self._request(
            "POST",
            "utils",
            "{}",
            "sign_url",
            organization=organization,
            deadline=deadline,
            json={"url": url, **rounding},
        )
        return answer.read_as(lambda data: read_text(data, "signed_url"))

    def render(
        self,
        file: Source,
        *,
        stack: str,
        format: str,
        operations: str = "",
        variables: Mapping[str, Any] | None = None,
        name: str = "",
        organization: str = "",
        deadline: float | None = None,
    ) -> Download:
        """Render a file that rokka does not keep: ``POST /utils/{organization}/render/{stack}``.

        ``operations`` are written as in a render URL; ``stack`` may be ``dynamic``. Nothing is
        stored or cached, so each call costs the work and counts against a limit per minute. rokka
        takes images and PDF of up to 100 MB; the stack option ``pdf.pages`` makes a zip of it.
        Open files are read as by ``create``. Return the open answer, for a ``with`` statement::

            with client.utils.render("a.png", stack="thumb", format="jpg") as rendered:
                rendered.write_to("a.jpg")
        """
        path = _write_path(stack, operations=operations, format=format)
        name = name or get_file_name(file)
        with open_source(file) as opened:
            body = MultipartBody(
                opened, name=name, field_name="filedata", texts={}, is_hashed=False
            )
            call = self._call(
                "POST",
                *path,
                organization=organization,
                deadline=deadline,
                subject=f"stack {stack!r}",
                parameters=_write_variables(variables or {}),
                body=body,
                headers=DOWNLOAD_HEADERS,
            )
            return self._session.stream(call)

    def list_album(
        self,
        album: str,
        *,
        is_favorites: bool = False,
        render_host: str = RENDER_HOST,
        organization: str = "",
        deadline: float | None = None,
    ) -> tuple[AlbumImage, ...]:
        """Return the images of an album: ``GET {render_host}/_albums/{album}/all.json``.

        In an album are the images whose user metadata ``array:albums`` has its name.
        ``render_host`` may have ``{organization}`` in it. The call carries no credentials::

            [image.hash for image in client.utils.list_album("holidays")]
        """
        organization = organization or self._organization
        call = Call(
            method="GET",
            segments=("_albums", album, "favorites.json" if is_favorites else "all.json"),
            organization=organization,
            subject=f"album {album!r}",
            is_public=True,
            host=render_host.replace("{organization}", organization).rstrip("/"),
            deadline=deadline,
        )
        if not is_host(call.host):
            raise ValueError(
                f"{hide_credentials(call.host)!r} is no render host: write scheme, host and perhaps"
                f" a path, such as {RENDER_HOST!r}."
            )
        answer = self._session.request(call)
        return answer.read_as(
            lambda data: tuple(AlbumImage.from_json(item) for item in data["items"])
        )

    def fetch_blurhash(
        self, url: str, *, organization: str = "", deadline: float | None = None
    ) -> str:
        """Return the BlurHash of an image: ``GET {render_host}/{stack}/{hash}.blur``.

        It is some thirty characters that a page can draw before the picture is there. The URL is
        signed where the image needs it; the call carries no credentials. Raise ``ValueError`` for
        a URL of another kind, ``NotFound`` when there is no such image::

            client.utils.fetch_blurhash("https://acme.rokka.io/dynamic/noop/c421f4.blur")
        """
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if not is_host(host) or not parts.path.endswith(".blur"):
            raise ValueError(
                f"{hide_credentials(url)[:200]!r} is no render URL of a BlurHash: write a whole URL"
                " that ends with '.blur'."
            )
        call = Call(
            method="GET",
            segments=tuple(map(unquote, parts.path.strip("/").split("/"))),
            organization=organization or self._organization,
            subject="image behind this URL",
            parameters=dict(parse_qsl(parts.query)),
            is_public=True,
            host=host,
            deadline=deadline,
        )
        answer = self._session.request(call)
        text = answer.content.decode("ascii", errors="replace").strip()
        if not _BLURHASH.fullmatch(text):
            raise answer.unreadable("no BlurHash")
        return text


def _write_path(stack: str, *, operations: str, format: str) -> list[str]:
    check_stack_name(stack)
    if not _FORMAT.fullmatch(format):
        raise InvalidName(
            f"{format[:200]!r} is no format: use lower-case letters and digits, such as 'jpg'."
        )
    parts = operations.strip("/").split("/") if operations else []
    *before, last = stack, *map(unquote, parts)
    return ["utils", "{}", "render", *before, f"{last}.{format}"]


def _write_variables(variables: Mapping[str, Any]) -> dict[str, str]:
    if not variables:
        return {}
    return {"v": json.dumps(dict(variables), separators=(",", ":"), allow_nan=False)}
