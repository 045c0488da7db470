"""Every call is seen, whoever makes it."""

from __future__ import annotations

import threading

import pytest

from django_rokka.client import RokkaClient, observe_calls
from django_rokka.exceptions import ServerError

from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer


def test_observe_calls__sees_each_call_once_and_with_its_subject(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(status=503), Reply(json=RECORDED), Reply(status=500), Reply(json=RECORDED))

    with observe_calls() as calls:
        client.source_images.get(HASH)
        with pytest.raises(ServerError):
            client.source_images.delete(HASH)
    client.source_images.get(HASH)

    path = f"/sourceimages/acme/{HASH}"
    assert [(call.method, call.path) for call in calls] == [("GET", path), ("DELETE", path)]


def test_observe_calls__sees_other_threads_and_clients(server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED))
    with RokkaClient(organization="other", api_key="key", api_host=server.url) as other:
        thread = threading.Thread(target=other.source_images.get, args=(HASH,))

        with observe_calls() as calls:
            thread.start()
            thread.join()
            other.close()

    assert [call.organization for call in calls] == ["other"]


def test_observe_calls__may_be_nested(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED), Reply(json=RECORDED))

    with observe_calls() as outer:
        with observe_calls() as inner:
            client.source_images.get(HASH)
        client.source_images.get(HASH)

    assert (len(outer), len(inner)) == (2, 1)
