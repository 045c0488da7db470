"""Statistics, read from JSON."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from django_rokka.client import Statistics, StatisticsPoint

DAY = datetime(2019, 12, 10, tzinfo=timezone.utc)
POINT = {"timestamp": "2019-12-10T00:00:00+00:00", "value": 1.5, "unit": "Bytes"}
READ = StatisticsPoint(timestamp=DAY, value=1.5, unit="Bytes")

NAMES = ["space_in_bytes", "number_of_files", "bytes_downloaded", "bytes_downloaded_external"]


@pytest.mark.parametrize("name", NAMES)
def test_statistics__reads_each_figure(name: str) -> None:
    expected: dict[str, Any] = {name: (READ, READ)}

    assert Statistics.from_json({name: [POINT, POINT]}) == Statistics(**expected)


def test_statistics__keeps_unknown_members() -> None:
    assert Statistics.from_json({"requests": 7}).raw == {"requests": 7}


@pytest.mark.parametrize(("unit", "read"), [("Bytes", "Bytes"), (None, "")])
def test_point__without_a_unit_is_a_count(unit: str | None, read: str) -> None:
    assert StatisticsPoint.from_json({**POINT, "unit": unit}).unit == read


@pytest.mark.parametrize("members", [{"timestamp": "today"}, {"value": "much"}, {"value": None}])
def test_point__of_another_form_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        StatisticsPoint.from_json({**POINT, **members})
