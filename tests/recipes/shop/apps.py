"""The app of the shop, and what its parent does to the processes it runs in."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta, timezone
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
        ahead = float(os.environ.get("RECIPES_AHEAD", "0"))
        if ahead:
            django_timezone.now = lambda: datetime.now(timezone.utc) + timedelta(seconds=ahead)
        method = os.environ.get("RECIPES_DIE_AFTER", "")
        if method:
            die_after(method)


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
