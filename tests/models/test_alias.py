"""The table of aliases."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from django_rokka.models import Alias


def an_alias(**values: str) -> Alias:
    return Alias(
        **{
            "organization": "demo",
            "name": "brand_1_logo",
            "model": "app.brand",
            "object_pk": "1",
            "field": "logo",
            "target_hash": "a" * 40,
            **values,
        }
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
    an_alias(name="Brand_1_logo", object_pk="2").save()
    with pytest.raises(IntegrityError), transaction.atomic():
        an_alias(object_pk="3").save()
    assert Alias.objects.count() == 3


@pytest.mark.django_db
def test_column__has_one_alias() -> None:
    an_alias().save()
    with pytest.raises(IntegrityError), transaction.atomic():
        an_alias(name="another").save()
