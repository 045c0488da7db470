"""What an API host looks like, and how it is shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django_rokka.client.secrets import MASK

__all__ = ["hide_credentials", "is_host"]


def is_host(text: str) -> bool:
    """Say whether a text is a URL of scheme, host and perhaps a path, and nothing else."""
    try:
        parts = urlsplit(text)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a broken IPv6 address, or a port that is no number
        return False
    has_more = "@" in parts.netloc or re.search(r"[?#\s]", text)
    return parts.scheme in {"http", "https"} and has_place and not has_more


def hide_credentials(text: str) -> str:
    """Return a URL that may be shown: what stands before its ``@`` is masked."""
    return re.sub(r"//.*@", f"//{MASK}@", text)
