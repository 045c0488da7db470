"""The golden files: what the official libraries make of these inputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import RenderURL

VECTORS = Path(__file__).parents[1] / "vectors"


def read_vectors(name: str, *calls: str) -> list[dict[str, Any]]:
    """Return the vectors of a file that are about these calls, or all of them."""
    data = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return [vector for vector in data["vectors"] if not calls or vector["call"] in calls]


def read_date(text: str | None) -> datetime | None:
    """Read an ISO 8601 date with a zone, on any Python."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def vector_id(vector: dict[str, Any]) -> str:
    return str(vector["id"])


def outcome(ours: Callable[[dict[str, Any]], Any], vector: dict[str, Any]) -> Any:
    """Return what we make of a vector's input, or the words with which we refuse it."""
    try:
        return ours(vector["input"])
    except InvalidRenderURL as error:
        return f"refused: {error}"


def is_refusal(result: Any) -> bool:
    """Say whether a library's answer, or ours, is that the input is none for it."""
    return result in (None, False) or str(result).startswith("refused: ")


def meaning(url: str) -> tuple[Any, ...]:
    """Return what a URL asks for, whatever the layout: host, parts, the rest of the query.

    Overrides are merged, so that it does not matter where they stand; noop does nothing. What
    is no render URL means nothing but itself.
    """
    try:
        parsed = RenderURL.parse(url).overridden()
    except InvalidRenderURL:
        return (url,)
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    operations = tuple(item for item in parsed.operations if item.name != "noop")
    rest = [pair for pair in query if pair[0] != "v"]
    return host_of(url), parsed._replace(operations=operations), rest


def host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
