"""All endpoints of source images."""

from __future__ import annotations

from django_rokka.emulator.api.source_images import (
    copies,
    dynamic_metadata,
    images,
    lists,
    options,
    user_metadata,
)
from django_rokka.emulator.http.routing import Route, missing

__all__ = ["ROUTES"]

_ALL = "/sourceimages/<org:organization>"
_ONE = f"{_ALL}/<hash:hash>"
_DYNAMIC = f"{_ONE}/meta/dynamic/<name>"
_USER = f"{_ONE}/meta/user"

ROUTES: tuple[Route, ...] = (
    Route("POST", _ALL, images.create),
    Route("GET", _ALL, lists.list_images),
    Route("DELETE", _ALL, images.delete_binary),
    Route("GET", f"{_ALL}/binaryhash/<hash:binary_hash>", lists.find_binary),
    Route("GET", f"{_ALL}/download", lists.download),
    Route("POST", f"{_ALL}/copy", copies.copy_many),
    Route("GET", _ONE, images.read),
    Route("DELETE", _ONE, images.delete),
    Route("COPY", _ONE, copies.copy),
    Route("POST", f"{_ONE}/copy", copies.copy),
    Route("POST", f"{_ONE}/restore", images.restore),
    Route("GET", f"{_ONE}/download", images.download),
    Route("PUT", f"{_ONE}/name", images.rename),
    Route("PUT", f"{_ONE}/options/protected", options.protect),
    Route("PUT", f"{_ONE}/options/locked", options.lock),
    Route("POST", f"{_ONE}/autolabel", options.label),
    Route("POST", f"{_ONE}/autodescription", options.describe),
    missing("POST", f"{_ONE}/contentcredentials", "content credentials (C2PA)"),
    Route("DELETE", f"{_ONE}/cache", options.invalidate),
    Route("PUT", _DYNAMIC, dynamic_metadata.put),
    Route("DELETE", _DYNAMIC, dynamic_metadata.delete),
    Route("GET", _USER, user_metadata.read),
    Route("PUT", _USER, user_metadata.replace),
    Route("PATCH", _USER, user_metadata.merge),
    Route("DELETE", _USER, user_metadata.clear),
    Route("GET", f"{_USER}/<field>", user_metadata.read_field),
    Route("PUT", f"{_USER}/<field>", user_metadata.put_field),
    Route("DELETE", f"{_USER}/<field>", user_metadata.delete_field),
)
