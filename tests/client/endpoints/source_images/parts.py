"""Reading what a test's upload sent, and what is still at work."""

from __future__ import annotations

import threading
import time
from email import message_from_bytes
from email.policy import HTTP

from tests.client.scripted_server import Received


def read_parts(request: Received) -> list[tuple[str, str, bytes]]:
    """Return name, file name and content of each part."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.body, policy=HTTP)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename() or "",
            bytes(part.get_content() if part.get_filename() else part.get_payload(decode=True)),
        )
        for part in message.iter_parts()
    ]


def count_threads(*, wait: float = 5) -> int:
    """Count the threads that are left once those that were at work had time to end."""
    latest = time.monotonic() + wait
    while count := sum(each.name.startswith("rokka-") for each in threading.enumerate()):
        if time.monotonic() >= latest:
            break
        time.sleep(0.005)
    return count
