"""Chromium, driven by selenium; without either of them all these tests are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from pytest_django.live_server_helper import LiveServer

from django_rokka.emulator import EmulatorServer
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.browser.site import Site

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

STACKS: dict[str, dict[str, Any]] = {
    "content": {
        "operations": [{"name": "resize", "options": {}, "expressions": {"width": "$w"}}],
        "variables": {"w": 800},
    },
    "thumb": {"operations": [{"name": "resize", "options": {"width": 200}}]},
    "square": {
        "operations": [
            {"name": "resize", "options": {"width": 160, "height": 160, "mode": "fill"}},
            {"name": "crop", "options": {"width": 160, "height": 160}},
        ],
        "options": {"autoformat": True},
    },
    "wide": {
        "operations": [
            {"name": "resize", "options": {"width": 320, "height": 120, "mode": "fill"}},
            {"name": "crop", "options": {"width": 320, "height": 120}},
        ],
        "options": {"autoformat": True},
    },
}


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser for all tests of a module, with a profile of its own."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program = find("chromium", "chromium-browser", "google-chrome")
    driver = find("chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def find(*names: str) -> str:
    """Return the path of the first of these programs that there is, or skip the test."""
    for name in names:
        path = shutil.which(name)
        if path:
            return str(Path(path).resolve())
    pytest.skip(f"there is no {' and no '.join(names)} on the PATH")


@pytest.fixture
def rokka_options(rokka_options: dict[str, object]) -> dict[str, object]:
    return {**rokka_options, "stacks": STACKS}


@pytest.fixture
def site(
    chrome: Chrome, server: EmulatorServer, rokka: RokkaStorage, live_server: LiveServer
) -> Iterator[Site]:
    """A site with an image of 2000 x 1125 pixels."""
    for name, definition in STACKS.items():
        rokka.client.stacks.create(name, definition)
    image = rokka.upload("lake.jpg", ContentFile(pictures.jpeg(width=2000, height=1125)))
    site = Site(chrome, server, live_server.url, str(image))
    chrome.get_log("browser")  # type: ignore[no-untyped-call]  # selenium types it not
    yield site
    # No request of this page may reach the next one's server.
    chrome.get("about:blank")
