"""Columns and aliases compared: what no signal told of becomes due, and is done by ``apply``."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection, models
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from django_rokka import aliases
from django_rokka.aliases import ReconcileReport
from django_rokka.columns import get_image_fields
from django_rokka.exceptions import NotFound
from django_rokka.models import Alias
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.aliases.conftest import Upload, get_hash_behind, get_states, snapshot
from tests.testapp.models import Badge, Brand, Contract, Leaflet, Photo, Portrait, Poster, Recent
from tests.testapp.scanned import HiddenPhoto, Seat

pytestmark = pytest.mark.django_db(transaction=True)

AN_IMAGE = ImageReference("f" * 40, 4, 3, slug="logo", extension="png")


def reconcile(**options: Any) -> dict[str, Any]:
    """Reconcile without any call, and return what is not zero."""
    with assert_no_rokka_calls():
        report = aliases.reconcile(**options)
    return {
        name: value for name, value in report.as_json().items() if value and name != "organization"
    }


@pytest.fixture
def brand(rokka: RokkaStorage) -> Brand:
    """A red brand, whose alias is in step."""
    file = ContentFile(pictures.png(colour="red"), "logo.png")
    brand: Brand = Brand.objects.create(name="Acme", logo=file)
    return brand


def bulk_update(brand: Brand, image: ImageReference) -> None:
    brand.logo = image
    Brand.objects.bulk_update([brand], ["logo"])


def update(brand: Brand, image: ImageReference) -> None:
    Brand.objects.filter(pk=brand.pk).update(logo=str(image))


def run_sql(brand: Brand, image: ImageReference) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE testapp_brand SET logo = %s WHERE id = %s", [str(image), brand.pk])


@pytest.mark.parametrize("write", [bulk_update, update, run_sql])
def test_column__that_was_written_without_a_signal_is_followed(
    rokka: RokkaStorage, brand: Brand, upload: Upload, write: Callable[..., None]
) -> None:
    name, red, blue = brand.logo.alias, brand.logo.hash, upload("blue")
    write(brand, blue)
    assert reconcile() == {"checked": 1, "retargeted": 1}
    assert get_states() == {name: ("pending", blue.hash, red)}
    aliases.apply()
    assert get_hash_behind(rokka, name) == blue.hash
    assert Brand.objects.get().logo.name == str(blue._replace(alias=name))
    assert reconcile() == {"checked": 1}


@pytest.mark.parametrize("is_new", [True, False])
def test_process__that_dies_between_row_and_alias_in_autocommit_is_made_good(
    rokka: RokkaStorage, upload: Upload, *, is_new: bool
) -> None:
    class Killed(BaseException):
        """What nothing catches."""

    def die(**kwargs: object) -> None:
        raise Killed

    red, blue = upload("red"), upload("blue")
    brand = Brand(logo=red) if is_new else Brand.objects.create(logo=red)
    brand.logo = blue
    receivers = post_save.receivers
    post_save.receivers = []
    post_save.connect(die)
    try:
        with pytest.raises(Killed):
            brand.save()
    finally:
        post_save.receivers = receivers
        post_save.sender_receivers_cache.clear()
    assert reconcile() == {"checked": 1, "claimed" if is_new else "retargeted": 1}
    aliases.apply()
    assert get_hash_behind(rokka, f"brand_{brand.pk}_logo") == blue.hash
    assert Brand.objects.get().logo.alias == f"brand_{brand.pk}_logo"


def test_row__that_was_made_without_a_signal_gets_its_alias(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red, blue = upload("red"), upload("blue")
    Brand.objects.bulk_create([Brand(logo=red), Brand(logo=blue), Brand(logo=red)])
    names = [f"brand_{brand.pk}_logo" for brand in Brand.objects.order_by("pk")]
    assert reconcile() == {"checked": 3, "claimed": 3}
    aliases.apply()
    assert [get_hash_behind(rokka, name) for name in names] == [red.hash, blue.hash, red.hash]
    assert [brand.logo.alias for brand in Brand.objects.order_by("pk")] == names


def test_column__without_the_name_of_its_alias_gets_it(brand: Brand) -> None:
    reference = brand.logo.reference
    update(brand, reference._replace(alias=""))
    assert reconcile() == {"checked": 1, "marked": 1}
    aliases.apply()
    assert Brand.objects.get().logo.name == str(reference)


def test_column__with_the_name_of_another_row_gets_its_own(
    rokka: RokkaStorage, brand: Brand
) -> None:
    Brand.objects.bulk_create([Brand()])
    copy = Brand.objects.latest("pk")
    update(copy, brand.logo.reference)
    copy.refresh_from_db()
    assert copy.logo.alias == brand.logo.alias
    assert reconcile() == {"checked": 2, "claimed": 1}
    aliases.apply()
    copy.refresh_from_db()
    assert copy.logo.alias == f"brand_{copy.pk}_logo"


@pytest.mark.parametrize("is_owned", [True, False])
def test_alias__that_is_not_confirmed_and_not_due_becomes_due(
    rokka: RokkaStorage, brand: Brand, *, is_owned: bool
) -> None:
    if not is_owned:
        Alias.objects.update(model="", field="", object_pk="brand", name="brand")
        update(brand, ImageReference(""))
    red = brand.logo.hash
    Alias.objects.update(confirmed_hash="a" * 40)
    (name,) = get_states()
    assert reconcile() == {**({"checked": 1} if is_owned else {}), "marked": 1}
    assert get_states() == {name: ("pending", red, "a" * 40)}


def test_alias__that_waits_after_a_failure_goes_on_waiting(brand: Brand, upload: Upload) -> None:
    blue = upload("blue")
    update(brand, blue)
    later = timezone.now() + timedelta(minutes=16)
    Alias.objects.update(target_hash=blue.hash, due_at=later, attempts=5, last_error="no answer")
    before = snapshot()
    assert reconcile() == {"checked": 1}
    assert snapshot() == before


def test_name__that_waits_after_a_failure_goes_on_waiting(rokka: RokkaStorage) -> None:
    Alias.objects.create(
        organization="demo",
        name="header",
        object_pk="header",
        target_hash="a" * 40,
        due_at=timezone.now() + timedelta(minutes=16),
    )
    before = snapshot()
    assert reconcile() == {}
    assert snapshot() == before


def test_name__is_fixed_whatever_its_columns_say_since(rokka: RokkaStorage, upload: Upload) -> None:
    Leaflet.objects.create(slug="spring", page=upload("red"))
    blue = upload("blue")
    Leaflet.objects.update(slug="é", page=str(blue))
    assert reconcile() == {"checked": 1, "retargeted": 1}
    aliases.apply()
    assert get_hash_behind(rokka, "leaflet_spring_page") == blue.hash


def test_column__without_an_image_here_is_left_alone(
    configure: Callable[..., RokkaStorage], old: FileSystemStorage
) -> None:
    configure(fallback="old")
    names = ("uploads/lake.png", "", f"{'c' * 40}.png")
    Brand.objects.bulk_create(Brand(logo=name) for name in names)
    assert reconcile() == {}
    configure()
    assert reconcile(dry_run=True) == {"checked": 1, "claimed": 1}


def test_alias__of_a_row_whose_image_is_taken_away_stays(brand: Brand) -> None:
    Brand.objects.update(logo="")
    before = snapshot()
    assert reconcile() == {}
    assert snapshot() == before


def test_name__that_no_alias_can_have_is_a_problem(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload("red")
    Leaflet.objects.bulk_create(
        [Leaflet(slug="é", page=red), Leaflet(slug="spring", page=red), Leaflet(slug="", page=red)]
    )
    broken = Leaflet.objects.get(slug="é")
    with translation.override("en"):
        report = aliases.reconcile()
    assert (report.checked, report.claimed, len(report.problems)) == (3, 1, 1)
    assert report.problems[0].startswith(f"testapp.leaflet {broken.pk}, page: ")
    assert "leaflet_é_page" in report.problems[0]
    assert list(get_states()) == ["leaflet_spring_page"]


def test_name__that_another_row_has_is_a_problem(rokka: RokkaStorage, upload: Upload) -> None:
    Badge.objects.bulk_create(Badge(name="gold", picture=upload(c)) for c in ("red", "blue"))
    first, second = Badge.objects.order_by("pk")
    problem = (
        f"testapp.badge {second.pk}, picture: it claims the alias 'badge_gold' of testapp.badge"
        f" {first.pk}. Change what its alias is made of, or let the other one go."
    )
    assert reconcile() == {"checked": 2, "claimed": 1, "problems": [problem]}
    assert get_states() == {"badge_gold": ("pending", first.picture.hash, "")}


@pytest.mark.parametrize("model", [Leaflet, Poster])
def test_name__that_a_row_of_another_model_with_its_key_has_is_a_problem(
    rokka: RokkaStorage, upload: Upload, model: type[models.Model]
) -> None:
    model._default_manager.bulk_create([model(pk=7, slug="spring", page=upload("red"))])
    name = f"{model._meta.model_name}_spring_page"
    Alias.objects.create(
        organization="demo",
        name=name,
        model="testapp.brand",
        object_pk="7",
        field="logo",
        target_hash="a" * 40,
        confirmed_hash="a" * 40,
    )
    Brand.objects.bulk_create([Brand(pk=7, logo="")])
    (problem,) = aliases.reconcile().problems
    assert f"it claims the alias '{name}' of testapp.brand 7." in problem


def test_alias__of_another_environment_is_only_counted(
    configure: Callable[..., RokkaStorage],
    brand: Brand,
    upload: Upload,
    caplog: pytest.LogCaptureFixture,
) -> None:
    update(brand, upload("blue"))
    configure(environment="staging")
    before = snapshot()
    with caplog.at_level("INFO", logger="django_rokka"):
        caplog.clear()
        assert reconcile() == {"checked": 1, "foreign": 1}
    assert caplog.records == []  # a run each minute would say it each minute
    Brand.objects.all().delete()
    assert reconcile() == {"foreign": 1}
    assert snapshot() == before


def test_name__of_another_environment_is_a_problem_of_who_claims_it(
    configure: Callable[..., RokkaStorage], upload: Upload
) -> None:
    leaflet = Leaflet.objects.bulk_create([Leaflet(slug="spring", page=upload("red"))])[0]
    Alias.objects.create(
        organization="demo",
        environment="production",
        name="leaflet_spring_page",
        object_pk="leaflet_spring_page",
    )
    pk = Leaflet.objects.get(slug=leaflet.slug).pk
    problem = (
        f"testapp.leaflet {pk}, page: it claims the alias 'leaflet_spring_page' that was set by"
        " hand (environment 'production'). Change what its alias is made of, or let the other one"
        " go."
    )
    assert reconcile() == {"checked": 1, "foreign": 1, "problems": [problem]}


@pytest.fixture
def delete_with_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the aliases of brands go with them."""
    (field,) = get_image_fields(Brand)
    monkeypatch.setattr(field, "alias_on_delete", "delete")


def delete_silently(row: models.Model) -> None:
    rows = type(row)._base_manager.filter(pk=row.pk)
    rows._raw_delete(using="default")


def test_alias__of_a_row_that_went_without_a_signal_is_kept(
    rokka: RokkaStorage, brand: Brand
) -> None:
    delete_silently(brand)
    before = snapshot()
    assert reconcile() == {"orphaned": 1}
    assert snapshot() == before


@pytest.mark.usefixtures("delete_with_row")
def test_alias__of_a_row_that_went_without_a_signal_goes_where_its_field_says_so(
    rokka: RokkaStorage, brand: Brand
) -> None:
    name, red = brand.logo.alias, brand.logo.hash
    delete_silently(brand)
    assert reconcile() == {"deleted": 1}
    assert get_states() == {name: ("deleting", "", red)}
    assert reconcile() == {}
    aliases.apply()
    assert get_states() == {}
    with pytest.raises(NotFound):
        rokka.client.aliases.get(name)


@pytest.mark.usefixtures("delete_with_row")
def test_deletion__that_is_noted_and_not_due_becomes_due(brand: Brand) -> None:
    delete_silently(brand)
    Alias.objects.update(target_hash="", due_at=None)
    assert reconcile() == {"deleted": 1}
    assert Alias.objects.get().due_at is not None


@pytest.mark.usefixtures("delete_with_row")
def test_deletion__ends_when_the_row_is_there_again(rokka: RokkaStorage, brand: Brand) -> None:
    name, red = brand.logo.alias, brand.logo.hash
    delete_silently(brand)
    aliases.reconcile()
    Brand.objects.bulk_create([brand])
    assert reconcile() == {"checked": 1, "retargeted": 1}
    aliases.apply()
    assert get_states() == {name: ("in_step", red, red)}
    assert get_hash_behind(rokka, name) == red


@pytest.mark.usefixtures("delete_with_row")
@pytest.mark.parametrize(
    "owner",
    [
        {"model": "testapp.gone"},
        {"field": "gone"},
        {"object_pk": "no-number"},
        {"model": "testapp.photo", "field": "image"},
    ],
    ids=str,
)
def test_alias__that_no_column_can_tell_of_is_kept(brand: Brand, owner: dict[str, str]) -> None:
    Alias.objects.update(**owner)
    Brand.objects.update(logo="")
    before = snapshot()
    assert reconcile() == {"orphaned": 1}
    assert snapshot() == before


@pytest.mark.usefixtures("delete_with_row")
def test_dry_run__counts_the_same_and_changes_nothing(
    rokka: RokkaStorage, brand: Brand, upload: Upload
) -> None:
    red, blue = upload("red"), upload("blue")
    Brand.objects.create(logo=blue)
    delete_silently(Brand.objects.latest("pk"))
    update(brand, blue)
    marked = Brand.objects.create(logo=red)
    update(marked, red)
    Badge.objects.bulk_create(Badge(name="gold", picture=image) for image in (red, blue))
    Leaflet.objects.bulk_create([Leaflet(slug="a b", page=red)])
    Alias.objects.create(organization="demo", name="lost", object_pk="lost", target_hash="a" * 40)
    before = snapshot()
    planned = aliases.reconcile(dry_run=True)
    assert snapshot() == before
    assert planned == aliases.reconcile()
    assert str(planned) == (
        "Organization demo: 5 checked, 1 claimed, 1 retargeted, 2 marked, 1 to delete,"
        " 0 orphaned, 0 of other environments, 2 problems."
    )
    assert snapshot() != before


def test_rows__are_read_in_chunks_with_two_queries_each(rokka: RokkaStorage) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            aliases.reconcile()
        return len(queries)

    make_brands(1_500)
    before = count_queries()
    make_brands(2_000)
    # Two more chunks of rows, and two of aliases.
    assert count_queries() - before == 2 * (2 + 2)
    assert reconcile() == {"checked": 3_500}


def make_brands(count: int) -> None:
    """Write rows that are in step, without any image at rokka."""
    first = Brand.objects.count() + 1
    numbers = range(first, first + count)
    Brand.objects.bulk_create(
        Brand(pk=n, logo=str(AN_IMAGE._replace(hash=f"{n:040x}", alias=f"brand_{n}_logo")))
        for n in numbers
    )
    Alias.objects.bulk_create(
        Alias(
            organization="demo",
            name=f"brand_{n}_logo",
            model="testapp.brand",
            object_pk=str(n),
            field="logo",
            target_hash=f"{n:040x}",
            confirmed_hash=f"{n:040x}",
        )
        for n in numbers
    )


def test_rows__beyond_the_first_chunk_are_followed(rokka: RokkaStorage) -> None:
    make_brands(2_100)
    Brand.objects.filter(pk__in=(1, 1_000, 1_001, 2_100)).update(logo=str(AN_IMAGE))
    Brand.objects.filter(pk__in=(1_002, 2_000))._raw_delete(using="default")
    assert reconcile() == {"checked": 2_098, "retargeted": 4, "orphaned": 2}
    due = Alias.objects.exclude(due_at=None).order_by("pk")
    assert list(due.values_list("object_pk", "target_hash")) == [
        (number, AN_IMAGE.hash) for number in ("1", "1000", "1001", "2100")
    ]


def test_key__that_is_a_uuid_leads_to_its_alias(rokka: RokkaStorage, upload: Upload) -> None:
    contracts = [Contract(scan=upload(colour)) for colour in ("red", "blue")]
    for contract in contracts:
        assert isinstance(contract.pk, uuid.UUID)
        contract.scan = contract.scan.reference._replace(is_protected=True)
    Contract.objects.bulk_create(contracts)
    assert reconcile() == {"checked": 2, "claimed": 2}
    aliases.apply()
    assert {
        contract.pk: get_hash_behind(rokka, f"contract_{contract.pk.hex}") for contract in contracts
    } == {contract.pk: contract.scan.hash for contract in contracts}
    assert reconcile() == {"checked": 2}
    delete_silently(contracts[0])
    assert reconcile() == {"checked": 1, "orphaned": 1}


def test_key__that_no_row_can_have_keeps_its_name_from_nobody(
    rokka: RokkaStorage, upload: Upload
) -> None:
    red = upload("red")
    Leaflet.objects.bulk_create([Leaflet(slug="spring", page=red)])
    Alias.objects.create(
        organization="demo",
        name="leaflet_spring_page",
        model="testapp.poster",
        object_pk="no-number",
        field="page",
    )
    assert reconcile() == {"checked": 1, "claimed": 1}
    assert get_states() == {"leaflet_spring_page": ("pending", red.hash, "")}


@pytest.fixture
def with_aliases(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the image field of a model an alias."""

    def give(model: type[models.Model], alias: str, **options: str) -> None:
        (field,) = get_image_fields(model)
        for name, value in {"alias": alias, **options}.items():
            monkeypatch.setattr(field, name, value)

    return give


def test_key__of_two_columns_leads_to_its_alias(
    rokka: RokkaStorage, upload: Upload, with_aliases: Callable[..., None]
) -> None:
    with_aliases(Seat, "seat_{row}_{number}", alias_on_delete="delete")
    red, blue = upload("red"), upload("blue")
    Seat.objects.bulk_create(Seat(row="A", number=n, view=red) for n in range(1, 4))
    assert reconcile() == {"checked": 3, "claimed": 3}
    assert aliases.apply().errors == ()
    assert get_hash_behind(rokka, "seat_A_2") == red.hash
    assert reconcile() == {"checked": 3}
    Seat.objects.filter(number=2).update(view=str(blue))
    Seat.objects.filter(number=3)._raw_delete(using="default")
    assert reconcile() == {"checked": 2, "retargeted": 1, "deleted": 1}
    assert aliases.apply().errors == ()
    assert get_states() == {
        "seat_A_1": ("in_step", red.hash, red.hash),
        "seat_A_2": ("in_step", blue.hash, blue.hash),
    }
    assert Seat.objects.get(number=2).view.alias == "seat_A_2"


def test_keys__of_two_columns_are_as_many_as_you_like(
    rokka: RokkaStorage, with_aliases: Callable[..., None]
) -> None:
    with_aliases(Seat, "seat_{row}_{number}")
    Seat.objects.bulk_create(Seat(row="A", number=n, view=AN_IMAGE) for n in range(1_200))
    assert reconcile() == {"checked": 1_200, "claimed": 1_200}
    assert reconcile() == {"checked": 1_200}


def test_row__that_managers_hide_is_followed(
    rokka: RokkaStorage, upload: Upload, with_aliases: Callable[..., None]
) -> None:
    with_aliases(HiddenPhoto, "hidden_{pk}", alias_on_delete="delete")
    image = upload("red")
    HiddenPhoto.objects.bulk_create([HiddenPhoto(is_shown=False, image=image)])
    assert reconcile() == {"checked": 1, "claimed": 1}
    aliases.apply()
    ((name, state),) = get_states().items()
    assert state == ("in_step", image.hash, image.hash)
    assert get_hash_behind(rokka, name) == image.hash
    assert reconcile() == {"checked": 1}


def test_column__that_children_share_is_compared_once(
    rokka: RokkaStorage, upload: Upload, with_aliases: Callable[..., None]
) -> None:
    with_aliases(Photo, "photo_{pk}")
    Portrait.objects.create(image=upload("red"))
    Recent.objects.create(image=upload("blue"))
    assert reconcile() == {"checked": 2}
    Photo.objects.update(image=str(upload("green")))
    assert reconcile() == {"checked": 2, "retargeted": 2}


def test_field__on_the_storage_of_another_organization_is_left_alone(
    rokka: RokkaStorage, rokka_options: dict[str, Any], brand: Brand, upload: Upload
) -> None:
    (field,) = get_image_fields(Brand)
    before = field._storage
    field.storage = RokkaStorage(**{**rokka_options, "organization": "other"})
    try:
        update(brand, upload("blue"))
        assert reconcile(storage=rokka) == {"orphaned": 1}
        assert reconcile(storage=field.rokka_storage) == {"checked": 1, "claimed": 1}
    finally:
        field._storage = before


def test_storage__that_is_only_read_has_nothing_compared(
    configure: Callable[..., RokkaStorage], brand: Brand, upload: Upload
) -> None:
    update(brand, upload("blue"))
    configure(read_only=True)
    assert aliases.reconcile() == ReconcileReport(organization="demo")


@pytest.mark.smoke
def test_several_databases__are_all_looked_at(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.aliases.several_databases", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["all is well"]), done.stderr
