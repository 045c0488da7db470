"""The table of aliases."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from django_rokka.models import Alias


def an_alias(**values: str) -> Alias:
    return Alias(
        **{"organization": "demo", "name": "brand_1_logo", "target_hash": "a" * 40, **values}
    )


def test_alias__is_shown_by_its_name() -> None:
    assert str(an_alias()) == "brand_1_logo"


def test_alias__is_confirmed_where_it_points_at_its_target() -> None:
    assert an_alias(confirmed_hash="a" * 40).is_confirmed
    assert not an_alias(confirmed_hash="b" * 40).is_confirmed
    assert not an_alias(confirmed_hash="").is_confirmed


@pytest.mark.django_db
def test_name__is_unique_in_its_organization_and_case_sensitive() -> None:
    an_alias().save()
    an_alias(organization="other").save()
    an_alias(name="Brand_1_logo").save()
    with pytest.raises(IntegrityError), transaction.atomic():
        an_alias().save()
    assert Alias.objects.count() == 3
