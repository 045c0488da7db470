"""Whether the name that a row will have is another's, said while the row is still validated."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import router
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from django_rokka.aliases.owners import get_owner, has_living_owner, is_same_owner
from django_rokka.conf import Config
from django_rokka.fields import RokkaImage
from django_rokka.fields.naming import get_origin_name, get_remedy
from django_rokka.models import Alias

__all__ = ["refuse_taken"]


def refuse_taken(instance: Model, field: RokkaImage, name: str) -> None:
    """Raise ``ValidationError`` when the row would not get this name for its alias.

    So it is where the alias is that of another row which is still there, was set by hand, or
    belongs to another environment. A row that has an alias keeps it, and needs no other. One
    query, and a second one to look for the row that has the name.
    """
    try:
        config = field.rokka_storage.config
    except ImproperlyConfigured:
        return  # kept elsewhere, as in tests; the checks report a mistake
    using = router.db_for_write(type(instance), instance=instance)
    owner = get_owner(instance, field)
    rows = Alias.objects.using(using).filter(organization=config.organization)
    found = list(rows.filter(Q(**owner) | Q(name=name)))
    if not found or any(is_same_owner(alias, owner) for alias in found):
        return
    words, params = _find_reason(found[0], config, using=using)
    if not words:
        return
    raise ValidationError(
        f"{words} {get_remedy()}",
        code="alias_taken",
        params={**params, "alias": name, "origin": get_origin_name(field.alias)},
    )


def _find_reason(alias: Alias, config: Config, *, using: str) -> tuple[str, dict[str, Any]]:
    """Say whose an alias is that a row may not take over; empty where it may."""
    if alias.environment != config.environment:
        whose = alias.environment or _("(none)")
        words = _("The alias “%(alias)s” belongs to the environment “%(environment)s”.")
        return words, {"environment": whose}
    if not alias.is_owned:
        return _("The alias “%(alias)s” has been set by hand, for an image without a row."), {}
    if has_living_owner(alias, using=using):
        words = _("The alias “%(alias)s” is that of another row, “%(owner)s”.")
        return words, {"owner": alias.owner}
    return "", {}
