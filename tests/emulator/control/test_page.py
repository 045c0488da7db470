"""The page for people, in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from tests.emulator.conftest import Rokka
from tests.emulator.pictures import encode, halves

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
HOSTILE = "<img src=x onerror=alert(1)>.png"


def show(url: str, folder: Path) -> str:
    """Return the page as it is when its script has run."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the PATH")
    options = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", f"--user-data-dir={folder}", "--virtual-time-budget=4000"),
    ]
    done = subprocess.run(
        [browser, *options, "--dump-dom", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_page__shows_uploads_stacks_and_requests(rokka: Rokka, tmp_path: Path) -> None:
    image = rokka.upload(encode(halves(60, 40)), "Lake.png")
    rokka.upload(encode(halves(40, 60)), HOSTILE)
    rokka.put_stack("card", {"operations": [{"name": "resize", "options": {"width": 30}}]})

    page = show(f"{rokka.server.api_host}/", tmp_path)

    text = unescape(re.sub(r"<[^>]*>", " ", page))
    for shown in ("Lake.png", "60 × 40", HOSTILE, "card", "resize", "/stacks/demo/card"):
        assert shown in text
    assert "<img src=x" not in page
    assert f"/{image['hash']}" in page
    assert "Loading…" not in text
