"""Tables of ours; no page needs one of them to render."""

from __future__ import annotations

from django_rokka.models.alias import Alias

__all__ = ["Alias"]
