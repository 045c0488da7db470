"""Stack options at the wire."""

from __future__ import annotations

from django_rokka.client import PropertySchema, RokkaClient

from tests.client.scripted_server import Reply, ScriptedServer


def test_get__reads_all_by_name(client: RokkaClient, server: ScriptedServer) -> None:
    quality = {"type": "integer", "default": 80, "minimum": 1, "maximum": 100, "unit": "%"}
    server.reply(
        Reply(json={"properties": {"jpg.quality": quality, "dpr": {"type": ["number", "null"]}}})
    )

    options = client.stack_options.get()

    assert server.received[0].line == ("GET", "/stackoptions")
    assert options == {
        "jpg.quality": PropertySchema(types=("integer",), default=80, minimum=1, maximum=100),
        "dpr": PropertySchema(types=("number", "null")),
    }
    assert options["jpg.quality"].raw["unit"] == "%"


def test_get__carries_no_credentials(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={}))

    client.stack_options.get()

    headers = server.received[0].headers
    assert (headers["Api-Key"], headers["Authorization"]) == (None, None)
