"""The golden files: what the official libraries make of these inputs."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors"


def read_vectors(name: str, *calls: str) -> list[dict[str, Any]]:
    """Return the vectors of a file that are about these calls."""
    data = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return [vector for vector in data["vectors"] if vector["call"] in calls]


def read_date(text: str | None) -> datetime | None:
    """Read an ISO 8601 date with a zone, on any Python."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
