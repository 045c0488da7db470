"""A site that a browser looks at, and what it asks the emulator for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django_rokka.emulator import EmulatorServer

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

PATIENCE = 10
"""Seconds until a picture has to be there."""

_ARE_LOADED = "return [...document.images].every(image => image.complete && image.naturalWidth)"
_TAKE_SHIFT = """
    const done = arguments[arguments.length - 1];
    requestAnimationFrame(() => requestAnimationFrame(() => {
        window.sum(window.watch.takeRecords());
        done(window.shift);
    }));
"""


class Site(NamedTuple):
    """Pages about one image; nothing of it is in the browser's cache, as each test has a server."""

    chrome: Chrome
    server: EmulatorServer
    address: str
    image: str

    def open(self, body: str, *, head: str = "", width: int = 800, density: int = 1) -> None:
        """Open a page that these templates make, in a window of so many pixels."""
        self.resize(width, density=density)
        self.server.emulator.traffic.reset()
        query = urlencode({"head": head, "body": body, "image": self.image})
        self.chrome.get(f"{self.address}/?{query}")

    def resize(self, width: int, *, density: int = 1) -> None:
        """Change the window, and how many dots of the screen a pixel of the page is."""
        metrics = {"width": width, "height": 600, "deviceScaleFactor": density, "mobile": False}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def run(self, script: str) -> Any:
        """Run a script in the page."""
        return self.chrome.execute_script(script)

    def wait_for_pictures(self) -> None:
        """Wait until every picture of the page is there."""
        self.wait(lambda: bool(self.run(_ARE_LOADED)))

    def wait(self, is_done: Callable[[], bool]) -> None:
        """Wait until something is so; fail when it does not become so."""
        end = time.monotonic() + PATIENCE
        while not is_done():
            assert time.monotonic() < end, f"nothing happened in {PATIENCE} s: {self.asked}"
            time.sleep(0.02)

    @property
    def current(self) -> str:
        """The URL of the first picture that the browser has chosen, without its host."""
        url: str = self.run("return document.images[0].currentSrc")
        return url.removeprefix(self.server.render_host)

    @property
    def shift(self) -> float:
        """How far everything on the page was shifted since it was opened."""
        return float(self.chrome.execute_async_script(_TAKE_SHIFT))

    @property
    def asked(self) -> list[str]:
        """The pictures that were asked for since the page was opened, the first one first."""
        base = self.server.render_host.removeprefix(self.server.api_host)
        last = reversed(self.server.emulator.traffic.last())
        return [asked["path"].removeprefix(base) for asked in last]

    @property
    def complaints(self) -> list[str]:
        """What the browser wrote into its console since it was asked last."""
        return [entry["message"] for entry in self.chrome.get_log("browser")]  # type: ignore[no-untyped-call]  # selenium types it not
