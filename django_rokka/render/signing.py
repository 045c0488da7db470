"""Signatures of render URLs: what protected images and stacks ask for.

The signature covers path and query, byte by byte as they stand in the URL, and the key.
The file name is left out, so that one signature per image and stack serves every name.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit

from django_rokka.exceptions import InvalidRenderURL

__all__ = ["DEFAULT_ROUNDING", "is_signature_valid", "sign_url"]

DEFAULT_ROUNDING = 300
"""Seconds to a multiple of which an expiry is rounded up."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_WITH_FILENAME = re.compile(
    r"(?P<image>/[^/].*?/(?:[0-9a-f]{6,40}|-_[A-Za-z0-9_]+_-|-.+-))/[^/]+(?P<format>\.[A-Za-z0-9]{2,5})"
)


def sign_url(
    url: str,
    key: str,
    *,
    until: datetime | None = None,
    round_date_up_to: int = DEFAULT_ROUNDING,
    options: Mapping[str, Any] | None = None,
    keep_filename: bool = False,
) -> str:
    """Sign a render URL, or the part of one that follows the render host.

    ``until`` (timezone-aware) ends its validity, rounded up to a multiple of
    ``round_date_up_to`` seconds; 1 or less keeps it exact. ``options`` writes any other
    ``sigopts``. Raise ``InvalidRenderURL`` for a text that is neither URL nor absolute path.
    """
    parts = _split(url)
    if until is not None:
        options = {"until": _write_date(_round_up(until, seconds=round_date_up_to))}
    path = urljoin("/", quote(parts.path, safe="/%:@!$&'()*+,;=~"))
    if not keep_filename and not path.startswith("/_iiif/"):
        path = _without_filename(path)
    query = _write_query(parts.query, options)
    signature = _sign(path, query, key)
    query = f"{query}&sig={signature}" if query else f"sig={signature}"
    return parts._replace(path=path, query=query).geturl()


def is_signature_valid(target: str, keys: Iterable[str], *, now: datetime) -> bool:
    """Say whether a request target (raw path and query) is signed by one of the keys.

    Signatures with and without the file name count; one whose ``until`` has passed does not.
    """
    path, _, query = target.partition("?")
    pairs = query.split("&") if query else []
    given = [pair[4:] for pair in pairs if pair.startswith("sig=")]
    if not given or _has_expired(query, now=now):
        return False
    signed = "&".join(pair for pair in pairs if not pair.startswith("sig="))
    signature = _encode(given[-1])  # bytes, since texts beyond ASCII are not comparable
    return any(
        hmac.compare_digest(_encode(_sign(candidate, signed, key)), signature)
        for key in keys
        for candidate in (path, _without_filename(path))
    )


def _sign(path: str, query: str, key: str) -> str:
    # In two steps: no variable of a frame, which error pages print, holds text and key in one.
    digest = sha256(_encode(f"{path}?{query}:" if query else f"{path}:"))
    digest.update(_encode(key))
    return digest.hexdigest()[:16]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:  # a broken IPv6 address
        parts = SplitResult("", "", "", "", "")
    if not parts.path.startswith("/"):
        raise InvalidRenderURL(f"{url[:200]!r} cannot be signed: give a URL or a path with '/'.")
    return parts


def _encode(text: str) -> bytes:
    """Encode whatever a server made of the bytes of a request."""
    return text.encode(errors="surrogatepass")


def _without_filename(path: str) -> str:
    match = _WITH_FILENAME.fullmatch(path)
    return f"{match['image']}{match['format']}" if match else path


def _write_query(query: str, options: Mapping[str, Any] | None) -> str:
    """Write the query again as the official client does, with ``sigopts`` in its place."""
    pairs = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k != "sig"]
    names = [name for name, _ in pairs]
    place = names.index("sigopts") if "sigopts" in names else len(pairs)
    pairs = [pair for pair in pairs if pair[0] != "sigopts"]
    if options is not None:
        text = json.dumps(options, separators=(",", ":"), ensure_ascii=False)
        pairs.insert(place, ("sigopts", text))
    return urlencode(pairs, safe="*").replace("~", "%7E")


def _round_up(date: datetime, *, seconds: int) -> datetime:
    if date.tzinfo is None:
        raise InvalidRenderURL(
            f"The expiry {date.isoformat()} has no time zone; use django.utils.timezone.now()"
            " or another aware date."
        )
    if seconds <= 1:
        return date
    step = timedelta(seconds=seconds)
    return _EPOCH + -((_EPOCH - date) // step) * step


def _write_date(date: datetime) -> str:
    text = date.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _has_expired(query: str, *, now: datetime) -> bool:
    for name, value in parse_qsl(query):
        if name == "sigopts":
            try:
                until = json.loads(value).get("until")
            except (ValueError, AttributeError, RecursionError):
                return True
            if until is not None and not _is_later(until, than=now):
                return True
    return False


def _is_later(until: Any, *, than: datetime) -> bool:
    try:
        date = datetime.fromisoformat(str(until).replace("Z", "+00:00"))
    except ValueError:
        return False
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return date > than
