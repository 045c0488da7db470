"""Time limits for what libvips works on."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

__all__ = ["watch"]

# What libvips may call, and until when: it gives up soon after the time of an image.
_CALLBACKS: deque[tuple[float, list[Any]]] = deque()
_CALLBACKS_LOCK = threading.Lock()
_GRACE = 600


def watch(image: Any, *, until: float) -> None:
    """Let libvips give up whatever it makes from an image after this time of the steady clock."""

    def stop_late(watched: Any, _progress: Any) -> None:
        if time.monotonic() > until:
            watched.set_kill(True)

    image.set_progress(True)
    image.signal_connect("eval", stop_late)
    # libvips calls back as long as it has the image or one made from it. Python may have dropped
    # its own by then, and with it the callback, which would end the process.
    handles = image._handles  # noqa: SLF001 (pyvips has no other way)
    with _CALLBACKS_LOCK:
        _CALLBACKS.append((until + _GRACE, handles))
        while _CALLBACKS[0][0] < time.monotonic() and len(_CALLBACKS) > 1:
            _CALLBACKS.popleft()
