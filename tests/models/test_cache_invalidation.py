"""The table of wishes, and that of budgets."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction

from django_rokka.models import CacheInvalidation, InvalidationBudget

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)

pytestmark = pytest.mark.django_db


def add(key: str, **values: object) -> CacheInvalidation:
    made = {"organization": "demo", "kind": "alias", "key": key, "requested_at": NOW, **values}
    wish: CacheInvalidation = CacheInvalidation.objects.create(**made)
    return wish


def get_due() -> list[str]:
    return list(CacheInvalidation.objects.due(NOW).values_list("key", flat=True))


def test_open__are_those_without_an_answer_in_the_order_of_the_queue() -> None:
    add("second")
    add("first", requested_at=EARLIER)
    add("third")
    add("answered", answered_at=NOW)
    assert list(map(str, CacheInvalidation.objects.open())) == [
        "alias first",
        "alias second",
        "alias third",
    ]


def test_due__are_those_that_neither_pause_nor_are_being_sent() -> None:
    add("paused", not_before=LATER)
    add("claimed", claimed_until=LATER)
    add("after_a_pause", not_before=NOW)
    add("after_a_claim", claimed_until=NOW)
    assert get_due() == ["after_a_pause", "after_a_claim"]


@pytest.mark.parametrize("held", ["not_before", "claimed_until"])
def test_due__holds_back_all_wishes_of_a_key_together(held: str) -> None:
    add("logo", **{held: LATER})
    add("logo")
    add("Logo")
    add("logo", kind="stack")
    add("logo", environment="staging")
    add("logo", organization="other")
    assert get_due() == ["Logo", "logo", "logo", "logo"]


def test_due__does_not_wait_for_what_was_answered() -> None:
    add("logo", not_before=LATER, answered_at=NOW)
    add("logo")
    assert get_due() == ["logo"]


def test_budget__is_one_of_its_organization_and_kind() -> None:
    InvalidationBudget.objects.create(organization="demo", kind="alias")
    InvalidationBudget.objects.create(organization="demo", kind="stack")
    with pytest.raises(IntegrityError), transaction.atomic():
        InvalidationBudget.objects.create(organization="demo", kind="alias")
    assert [str(budget) for budget in InvalidationBudget.objects.order_by("pk")] == [
        "demo alias",
        "demo stack",
    ]
