"""The unmodified PyPI package ``rokka-client-codegen`` lists, uploads, reads and deletes.

``rokka_codegen.py`` makes the calls. The client is of 2019: it leaves out what its models do not
know, such as whether an image is protected.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.clients.story import PICTURES, describe
from tests.installing import Kept

SCRIPT = Path(__file__).parent / "rokka_codegen.py"
PACKAGE = "rokka-client-codegen==0.2.0"
API_KEY = "emulators-own-key"
TIMEOUT = 60
NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
LATER = {"opaque", "protected", "locked"}
"""Members of images that rokka has had since."""

AREA = {"subject_area": {"x": 1, "y": 2, "width": 3, "height": 4}}
DONE = [204, None]


@pytest.fixture(scope="module")
def told(kept: Kept, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Have the client make its calls once."""
    packages = kept.pip(PACKAGE)
    emulator = Emulator(root=tmp_path_factory.mktemp("rokka"), api_key=API_KEY, clock=lambda: NOW)
    with EmulatorServer(emulator) as server:
        done = subprocess.run(
            # -S: without the packages of this environment
            [sys.executable, "-S", SCRIPT, server.api_host, API_KEY, pictures],
            env={"PYTHONPATH": str(packages), "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=TIMEOUT,
        )
    assert (done.returncode, done.stderr) == (0, "")
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def tell(picture: str, **more: Any) -> dict[str, Any]:
    """Give what the client knows of an image."""
    image = describe(picture, created=NOW.isoformat(), organization="demo", **more)
    return {name: value for name, value in image.items() if name not in LATER}


def drawing(told: dict[str, Any]) -> dict[str, Any]:
    own_hash = told["upload with metadata"][1]["items"][0]["hash"]
    metadata = {"title": "Bär", "int:number": 42}
    return tell("drawing.svg", hash=own_hash, user_metadata=metadata, dynamic_metadata=AREA)


def scan(told: dict[str, Any]) -> dict[str, Any]:
    return tell("scan.tiff", size=told["upload optimized"][1]["items"][0]["size"])


def refuse(status: int, answer: list[Any]) -> list[Any]:
    return [status, {"error": {"code": status, "message": answer[1]["error"]["message"]}}]


def test_uploads__are_told_by_the_bytes(told: dict[str, Any]) -> None:
    images = {
        "upload": tell("halves.png"),
        "upload with metadata": drawing(told),
        "upload optimized": scan(told),
    }
    assert {name: told[name] for name in images} == {
        name: [200, {"total": 1, "items": [image]}] for name, image in images.items()
    }


def test_lists__have_what_was_uploaded(told: dict[str, Any]) -> None:
    halves, names = tell("halves.png"), ("empty list", "list", "page", "next page")
    pages = {name: (told[name][1]["total"], told[name][1]["items"]) for name in names}

    assert pages == {
        "empty list": (0, []),
        "list": (3, [drawing(told), halves, scan(told)]),
        "page": (3, [drawing(told)]),
        "next page": (3, [halves]),
    }
    assert told["by binary hash"] == [200, {"total": 1, "items": [halves]}]


def test_images__are_read(told: dict[str, Any]) -> None:
    assert told["get"] == [200, tell("halves.png")]
    assert told["get unknown"] == refuse(404, told["get unknown"])
    assert told["download"] == [200, PICTURES["halves.png"].hex()]


def test_user_metadata__are_put_and_deleted(told: dict[str, Any]) -> None:
    done = ("put metadata", "patch metadata", "put a field", "delete a field", "delete metadata")
    assert [told[name] for name in done] == [DONE] * len(done)
    assert told["get metadata"] == [200, {"a": "b", "int:c": 2, "d": "x"}]
    assert told["get a field"] == [200, "x"]
    assert told["get no metadata"] == [200, {}]


def test_dynamic_metadata__make_another_image(told: dict[str, Any]) -> None:
    focused = told["put an area"][1]["hash"]
    halves = tell("halves.png", link=False)
    assert told["put an area"] == [201, {**halves, **_name(focused), "dynamic_metadata": AREA}]
    assert told["delete an area"] == [201, halves]
    assert focused != halves["hash"]


def _name(own_hash: str) -> dict[str, str]:
    return {"hash": own_hash, "short_hash": own_hash[:6]}


def test_deletion__can_be_undone(told: dict[str, Any]) -> None:
    halves = tell("halves.png")
    gone = {**halves, "deleted": True, "deleted_date": NOW.isoformat()}
    assert told["delete"] == DONE
    assert told["get deleted"] == refuse(404, told["get deleted"])
    assert gone in told["list of deleted"][1]["items"]
    restored = tell("halves.png", link=False, deleted=False)
    assert told["restore"] == [200, restored]
    assert told["list at the end"][1] == told["list"][1]


def test_copies__are_made(told: dict[str, Any]) -> None:
    # The client throws the bodies away.
    assert (told["copy"], told["copy many"]) == ([201, None], [200, None])


def test_stacks__are_put_read_listed_and_deleted(told: dict[str, Any]) -> None:
    stack = {
        "name": "small",
        "organization": "demo",
        "created": NOW.isoformat(),
        "stack_operations": [{"name": "resize", "options": {"width": 10}}],
        "stack_options": {},
        "stack_expressions": [],
        "stack_variables": {},
    }
    assert told["put a stack"] == [201, stack]
    assert told["put a stack again"] == refuse(409, told["put a stack again"])
    assert told["get a stack"] == [200, {**stack, "link": "/stacks/demo/small"}]
    assert told["list stacks"] == [200, {"items": [stack]}]
    assert told["delete a stack"] == DONE


def test_schemas__are_what_the_client_was_generated_for(told: dict[str, Any]) -> None:
    required = {"resize": [], "crop": ["width", "height"], "rotate": ["angle"], "noop": []}
    assert {name: told["operations"].get(name) for name in required} == required
    assert {"autoformat", "dpr", "jpg.quality", "source_file"} <= set(told["options"])


def test_organizations__are_made_and_read(told: dict[str, Any]) -> None:
    archive, demo = (told[f"{verb} an organization"][1] for verb in ("create", "get"))
    assert archive == {
        "id": archive["id"],
        "name": "archive",
        "display_name": "archive",
        "billing_email": "a@example.org",
        "created": NOW.isoformat(),
        "master_organization": "archive",
        "options": {},
    }
    assert demo == {
        **archive,
        "id": demo["id"],
        "name": "demo",
        "display_name": "demo",
        "billing_email": demo["billing_email"],
        "master_organization": "demo",
    }
    (member,) = told["list members"][1]["items"]
    assert (member["roles"], member["organization_id"]) == (["admin"], demo["id"])
