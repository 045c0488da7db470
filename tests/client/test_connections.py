"""Whose connection it is."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

FORK = f"""
import os, sys
from django_rokka.client import RokkaClient

with RokkaClient(organization="acme", api_key="key", api_host=sys.argv[1]) as client:
    client.source_images.get("{HASH}")
    if child := os.fork():
        os.waitpid(child, 0)
    client.source_images.get("{HASH}", organization="parent" if child else "child")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork__leaves_the_connection_to_the_parent(server: ScriptedServer) -> None:
    server.reply(*[Reply(json=RECORDED)] * 3)

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK, server.url],
        capture_output=True,
        text=True,
        check=False,
    )

    first, of_child, of_parent = server.received
    assert (done.returncode, done.stderr) == (0, "")
    assert "/child/" in of_child.target
    assert first.port == of_parent.port != of_child.port
