"""Lists of source images at the wire."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from django_rokka.client import FacetValue, Prefix, Range, RokkaClient, SourceImage, user_field
from django_rokka.exceptions import CallFailed, OrganizationNotFound, ServerError

from tests.client.samples import RECORDED
from tests.client.scripted_server import Received, Reply, ScriptedServer

IMAGE = SourceImage.from_json(RECORDED)
NEXT = {"next": {"href": "/x"}}


def read_query(request: Received) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(request.target).query, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def page(count: int, **members: Any) -> Reply:
    return Reply(json={"items": [RECORDED] * count, **members})


def test_list__of_all_asks_for_nothing(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(page(2, total=7, cursor="c1", links={"next": {"href": "/x"}}))

    found = client.source_images.list(organization="other")

    assert server.received[0].line == ("GET", "/sourceimages/other")
    assert (found.items, found.total, found.cursor) == ((IMAGE, IMAGE), 7, "c1")
    assert found.has_next


def test_list__writes_all_that_is_asked_for(client: RokkaClient, server: ScriptedServer) -> None:
    counted = {"user:array:labels": [{"value": "lake", "count": 4}]}
    server.reply(page(0, total=0, facets=counted))

    found = client.source_images.list(
        search={
            "height": Range(1, 2, includes_maximum=False),
            "name": Prefix("foo"),
            "created": Range(datetime(2017, 1, 1, tzinfo=timezone.utc)),
            user_field("id", type="int"): 42,
        },
        sort=["-created", "size"],
        facets=["user:array:labels", "format"],
        operator="or",
        deleted=True,
        limit=0,
        offset=0,
    )

    assert found.facets == {"user:array:labels": (FacetValue(value="lake", count=4),)}
    assert read_query(server.received[0]) == {
        "created": "['2017-01-01T00:00:00Z',}",
        "deleted": "true",
        "facets": "user:array:labels,format",
        "height": "[1,2}",
        "limit": "0",
        "name": "foo*",
        "offset": "0",
        "operator": "or",
        "sort": "created desc,size asc",
        "user:int:id": "42",
    }


def test_list__takes_a_single_text_as_one(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(page(0))

    client.source_images.list(sort="-created", facets="format", offset="Vc6z+/==")

    assert read_query(server.received[0]) == {
        "facets": "format",
        "offset": "Vc6z+/==",
        "sort": "created desc",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": -1}, "The limit -1 is none, must be 0 to 2000"),
        ({"limit": 2001}, "The limit 2001 is none, must be 0 to 2000"),
        ({"offset": -1}, "The offset -1 is none, must be 0 to 10000, or the cursor"),
        ({"offset": 10001}, "The offset 10001 is none, must be 0 to 10000, or the cursor"),
        ({"operator": "not"}, "The operator 'not' is none, must be one of: 'and', 'or'"),
        ({"offset": ""}, "The offset '' is the cursor of a last page"),
        ({"sort": "created desc"}, "'created desc' is no field to sort by: write '-created'"),
        ({"facets": "Labels"}, "'Labels' is no field of a search"),
        ({"search": {"limit": 1}}, "'limit' is no field of a search"),
    ],
)
def test_list__refuses_what_rokka_does_not_take(
    client: RokkaClient, server: ScriptedServer, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        client.source_images.list(**options)

    assert server.received == []


def test_list__of_no_organization_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(OrganizationNotFound):
        client.source_images.list()


@pytest.mark.parametrize(
    ("replies", "count", "offsets"),
    [
        ([page(0)], 0, [None]),
        ([page(1, cursor="c1")], 1, [None]),
        ([page(2, cursor="c1", links={})], 2, [None]),
        ([page(2, cursor="c1"), page(2, cursor="c2"), page(0)], 4, [None, "c1", "c2"]),
        ([page(2), page(2), page(1)], 5, [None, "2", "4"]),
        ([page(2, cursor="c1"), page(2), page(0)], 4, [None, "c1", "4"]),
        ([page(2, links={"next": {"href": "/x"}}), page(2, links={})], 4, [None, "2"]),
        ([page(1, links=NEXT, cursor="c1"), page(2, links={})], 3, [None, "c1"]),
        ([page(1, links=NEXT), page(0, links={})], 1, [None, "1"]),
        ([page(0, links=NEXT, cursor="c1"), page(2, links={})], 2, [None, "c1"]),
    ],
    ids=[
        *("none", "short", "no next", "cursors", "numbers", "a cursor once", "next by number"),
        *("a short one amid", "a short one by number", "an empty one amid"),
    ],
)
def test_iter__walks_all_pages(
    client: RokkaClient,
    server: ScriptedServer,
    replies: list[Reply],
    count: int,
    offsets: list[str | None],
) -> None:
    server.reply(*replies)

    images = client.source_images.iter(search={"format": "jpg"}, sort="name", page_size=2)

    assert list(images) == [IMAGE] * count
    assert [read_query(request) for request in server.received] == [
        {
            "format": "jpg",
            "limit": "2",
            "sort": "name asc",
            **({"offset": offset} if offset else {}),
        }
        for offset in offsets
    ]


def test_iter__asks_for_a_page_when_it_is_needed(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(page(2, cursor="c1"))

    images = client.source_images.iter(operator="or", deleted=True, organization="other")
    asked_before = len(server.received)
    first = next(images)

    assert (asked_before, first, len(server.received)) == (0, IMAGE, 1)
    assert server.received[0].target == "/sourceimages/other?deleted=true&limit=1000&operator=or"


def test_iter__counts_to_ten_thousand_and_then_says_why_it_ends(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(*[page(1500, total=12_000)] * 6, page(1000, total=12_000))
    images = client.source_images.iter(page_size=1500)

    assert sum(1 for _ in islice(images, 10_000)) == 10_000
    with pytest.raises(CallFailed, match="12000 images match, and rokka gives no cursor") as caught:
        next(images)

    assert read_query(server.received[-1]) == {"limit": "1000", "offset": "9000"}
    assert (caught.value.method, caught.value.path) == ("GET", "/sourceimages/acme")


def test_iter__of_just_ten_thousand_is_whole(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(*[page(2000, total=10_000)] * 5)

    assert sum(1 for _ in client.source_images.iter(page_size=2000)) == 10_000


@pytest.mark.parametrize("page_size", [0, 2001])
def test_iter__has_pages_that_rokka_gives(client: RokkaClient, page_size: int) -> None:
    with pytest.raises(ValueError, match=f"The page size {page_size} is none, must be 1 to 2000"):
        client.source_images.iter(page_size=page_size)


def test_count__asks_for_no_image(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(page(0, total=3))

    count = client.source_images.count(search={"width": Range(400)}, operator="or", deleted=True)

    assert count == 3
    assert read_query(server.received[0]) == {
        "deleted": "true",
        "limit": "0",
        "operator": "or",
        "width": "[400,}",
    }


def test_count__without_a_total_is_unreadable(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(page(0))

    with pytest.raises(ServerError, match="not what rokka documents"):
        client.source_images.count()


@pytest.mark.parametrize(
    ("replies", "count"),
    [
        ([page(2, cursor="c1")] * 3, 4),
        ([page(2, cursor="c1"), page(2, cursor="c2"), page(2, cursor="c1")], 6),
        ([page(0, links=NEXT)], 0),
        ([page(0, links=NEXT, cursor="c1"), page(0, links=NEXT, cursor="c2")], 0),
    ],
    ids=["one cursor", "two cursors", "one empty page", "empty pages"],
)
def test_iter__that_is_led_nowhere_ends_and_says_so(
    client: RokkaClient, server: ScriptedServer, replies: list[Reply], count: int
) -> None:
    server.reply(*replies)
    images = client.source_images.iter(page_size=2)

    assert list(islice(images, count)) == [IMAGE] * count
    with pytest.raises(CallFailed, match="rokka's pages lead nowhere") as caught:
        next(images)

    assert type(caught.value) is CallFailed
    assert (caught.value.method, caught.value.path) == ("GET", "/sourceimages/acme")
