"""``python -m django_rokka.emulator``: serve a local rokka from the command line."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from django_rokka.emulator import Emulator, EmulatorServer

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; print one line of JSON when ready."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        _serve(options)
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError) as error:
        print(getattr(error, "strerror", None) or error, file=sys.stderr)
        return 1
    return 0


def _serve(options: argparse.Namespace) -> None:
    emulator = Emulator(
        root=options.root, organization=options.organization, api_key=options.api_key
    )
    with EmulatorServer(emulator, host=options.host, port=options.port) as server:
        ready = {
            "api": server.api_host,
            "render": f"{server.api_host}/render/{{organization}}",
            "organization": emulator.organization,
            "root": str(emulator.root),
        }
        if not options.api_key:
            ready["generated_api_key"] = emulator.api_key
        print(json.dumps(ready), flush=True)
        threading.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m django_rokka.emulator", description="Serve a local rokka."
    )
    parser.add_argument(
        "--root", type=Path, required=True, help="folder of everything it remembers"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8642, help="port, 0 for a free one")
    parser.add_argument("--organization", default="demo", help="organization to make and serve")
    parser.add_argument("--api-key", help="key of the API; without it a new one is made and shown")
    return parser


if __name__ == "__main__":
    sys.exit(main())
