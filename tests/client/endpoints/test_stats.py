"""Statistics at the wire."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from django_rokka.client import RokkaClient, Statistics, StatisticsPoint
from django_rokka.exceptions import OrganizationNotFound

from tests.client.scripted_server import Reply, ScriptedServer

TODAY = "2019-12-10T00:00:00+00:00"

FIGURES = {
    "space_in_bytes": [{"timestamp": TODAY, "value": 1024.5, "unit": "Bytes"}],
    "number_of_files": [{"timestamp": TODAY, "value": 3, "unit": None}],
    "bytes_downloaded": [],
    "requests": 7,
}


def test_get__reads_the_figures_of_each_day(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json=FIGURES))

    figures = client.stats.get(from_date=date(2019, 12, 1), to_date=date(2019, 12, 10))

    day = datetime(2019, 12, 10, tzinfo=timezone.utc)
    assert server.received[0].line == ("GET", "/stats/acme?from=2019-12-01&to=2019-12-10")
    assert figures == Statistics(
        space_in_bytes=(StatisticsPoint(timestamp=day, value=1024.5, unit="Bytes"),),
        number_of_files=(StatisticsPoint(timestamp=day, value=3),),
    )
    assert figures.raw["requests"] == 7


def test_get__sends_the_day_of_a_time(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={}))

    client.stats.get(to_date=datetime(2019, 12, 10, 23, 59, tzinfo=timezone.utc))

    assert server.received[0].target == "/stats/acme?to=2019-12-10"


def test_get__without_dates_sends_none(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={}))

    assert client.stats.get(organization="other") == Statistics()
    assert server.received[0].target == "/stats/other"


def test_get__of_no_organization_says_so(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(OrganizationNotFound, match="There is no organization 'acme'"):
        client.stats.get()


@pytest.mark.parametrize("figures", [{"acme": {"2019-12": {"total": 12}}}, [{"total": 12}]])
def test_get_billing__gives_the_json(
    client: RokkaClient, server: ScriptedServer, figures: object
) -> None:
    server.reply(Reply(json=figures))

    read = client.stats.get_billing(from_date=date(2019, 1, 1), to_date=date(2019, 12, 31))

    assert read == figures
    assert server.received[0].line == ("GET", "/billing/acme?from=2019-01-01&to=2019-12-31")
