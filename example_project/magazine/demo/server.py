"""Serve the magazine on this machine alone, with Django's own server, one thread a request."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management.base import CommandError
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """A handler that writes no line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a page of pictures is dozens of requests."""


def make_server(port: int) -> ThreadedWSGIServer:
    """Bind the server; port 0 takes any free one, and `server_close` gives it back."""
    try:
        server = ThreadedWSGIServer((HOST, port), QuietHandler)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CommandError(f"Port {port} cannot be used. Choose another with --port.") from error
    server.daemon_threads = True
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    return server


def get_address(server: ThreadedWSGIServer) -> str:
    """Return the address of the front page."""
    return f"http://{HOST}:{server.server_port}/"


@contextmanager
def serve_in_background(server: ThreadedWSGIServer) -> Iterator[str]:
    """Serve in a thread for as long as the block runs; gives the address of the front page."""
    thread = threading.Thread(target=server.serve_forever, name="magazine")
    thread.start()
    try:
        yield get_address(server)
    finally:
        server.shutdown()
        thread.join()
