"""Signatures: what opens a protected image, stack or organization."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import parse_qsl

from werkzeug.exceptions import Forbidden

from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredOrganization
from django_rokka.render import is_signature_valid

__all__ = ["Origin"]


@dataclass(slots=True, kw_only=True)
class Origin:
    """Whose render URL was asked for, and what is noted of it for those who keep the answer.

    ``target`` is the raw path and query behind the render host, which a signature covers.
    """

    request: IncomingRequest
    owner: StoredOrganization
    target: str
    is_secret: bool = False
    """Whether the answer is for those only who have the signature."""
    is_preview: bool = False
    """Whether nobody may keep the answer."""
    asks_save_data: bool = False
    """Whether an expression has asked how much the browser wants to load."""

    def require_signature(self, services: Services) -> None:
        """Refuse a target that the organization's key did not sign, or whose time is up."""
        self.is_secret = True
        if not is_signature_valid(self.target, [self.owner.signing_key], now=services.clock()):
            raise Forbidden(
                "This picture is protected and the URL has no valid signature. Sign it with the"
                " signing key of the organization; the time limit may also be over."
            )

    def ask_save_data(self) -> str:
        """Return what the header says, and note that the answer depends on it."""
        self.asks_save_data = True
        return self.request.headers.get("Save-Data", "")

    def seconds_left(self, services: Services) -> int | None:
        """Return how long the signature is still valid, ``None`` for one without an end."""
        _, _, query = self.target.partition("?")
        ends = [
            until
            for name, value in parse_qsl(query)
            if name == "sigopts" and (until := json.loads(value).get("until")) is not None
        ]
        if not ends:
            return None
        now = services.clock()
        return max(0, int(min((_read_date(str(end)) - now).total_seconds() for end in ends)))


def _read_date(text: str) -> datetime:
    """Read the date of a signature that was found to be valid."""
    date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
