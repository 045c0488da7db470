"""The app of the shop, and what its parent does to the processes it runs in."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import requests
from django.apps import AppConfig
from django.utils import timezone as django_timezone
from requests.adapters import HTTPAdapter


class ShopConfig(AppConfig):
    name = "tests.recipes.shop"
    label = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Set the clock ahead, and let the process die where that is asked for."""
        ahead = os.environ.get("RECIPES_AHEAD", "0")
        if ahead != "0":
            go_ahead(ahead)
        method = os.environ.get("RECIPES_DIE_AFTER", "")
        if method:
            die_after(method)


def go_ahead(ahead: str) -> None:
    """Let the clock be so many seconds ahead, or as many as a file says at that moment."""
    path = Path(ahead)

    def read() -> datetime:
        seconds = float(path.read_text() if path.is_absolute() else ahead)
        return datetime.now(timezone.utc) + timedelta(seconds=seconds)

    django_timezone.now = read


def die_after(method: str) -> None:
    """Kill the process that calls rokka so, as soon as it has its answer."""
    send = HTTPAdapter.send

    def deadly(
        adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        answer = send(adapter, request, **options)
        if request.method == method:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    HTTPAdapter.send = deadly  # type: ignore[assignment, method-assign]  # the same in effect
