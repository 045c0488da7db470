"""Operations at the wire."""

from __future__ import annotations

from typing import Any

from django_rokka.client import OperationSchema, PropertySchema, RokkaClient

from tests.client.scripted_server import Reply, ScriptedServer

OPERATIONS: dict[str, Any] = {
    "rotate": {
        "properties": {"angle": {"type": "number", "minimum": -360, "maximum": 360}},
        "required": ["angle"],
        "description": "Turn it.",
        "since": 2015,
    },
    "grayscale": {"properties": []},
}


def test_list__reads_all_by_name(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=OPERATIONS))

    operations = client.operations.list()

    assert server.received[0].line == ("GET", "/operations")
    assert operations == {
        "rotate": OperationSchema(
            name="rotate",
            properties={"angle": PropertySchema(types=("number",), minimum=-360, maximum=360)},
            required=("angle",),
            description="Turn it.",
        ),
        "grayscale": OperationSchema(name="grayscale"),
    }
    assert operations["rotate"].raw["since"] == 2015


def test_list__carries_no_credentials(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={}))

    client.operations.list()

    headers = server.received[0].headers
    assert (headers["Api-Key"], headers["Authorization"]) == (None, None)
