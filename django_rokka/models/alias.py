"""Aliases: a name, the image it shall point at, and the image it is known to point at."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from django_rokka.fields.names import CaseSensitiveCharField, validate_alias_name

if TYPE_CHECKING:
    from django_rokka.storage import RokkaStorage

__all__ = ["Alias", "AliasQuerySet"]


class AliasQuerySet(models.QuerySet["Alias"]):
    """Questions to the aliases."""

    def of(self, storage: RokkaStorage) -> AliasQuerySet:
        """Keep those that a storage may move: of its organization and its environment."""
        config = storage.config
        kept: AliasQuerySet = self.filter(
            organization=config.organization, environment=config.environment
        )
        return kept

    def due(self, now: datetime) -> AliasQuerySet:
        """Keep those that may be applied by now, those first that wait longest."""
        is_free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        kept: AliasQuerySet = self.filter(is_free, due_at__lte=now).order_by("due_at", "pk")
        return kept


class Alias(models.Model):
    """What rokka cannot list: a name, and the column of a row that it follows.

    The row's own column is the truth; ``target_hash`` is what it held when it was last looked at,
    ``asked_hash`` what rokka was asked for and has perhaps not answered, ``confirmed_hash`` what
    rokka has accepted. A name without an owner, as ``aliases.point`` makes it, has its target
    here alone. An empty target is a name that shall be deleted.

    ``due_at`` is when it may be applied next, and ``None`` where nothing is to do;
    ``claimed_until`` how long one process has it for itself, and ``generation`` counts these
    leases. Who has another ``environment`` reads it and leaves it alone.
    """

    organization = models.CharField(_("organization"), max_length=100)
    name = CaseSensitiveCharField(_("name"), max_length=255, validators=[validate_alias_name])
    model = models.CharField(_("model"), max_length=255, blank=True)
    object_pk = CaseSensitiveCharField(_("primary key"), max_length=255)
    field = models.CharField(_("field"), max_length=100, blank=True)
    environment = models.CharField(_("environment"), max_length=100, blank=True)
    target_hash = models.CharField(_("target hash"), max_length=40, blank=True)
    asked_hash = models.CharField(_("asked hash"), max_length=40, blank=True)
    confirmed_hash = models.CharField(_("confirmed hash"), max_length=40, blank=True)
    overwrite = models.BooleanField(_("overwrite"), default=False)
    generation = models.PositiveIntegerField(_("generation"), default=0)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    changed = models.DateTimeField(_("changed"), auto_now=True)

    objects = AliasQuerySet.as_manager()

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")
        ordering = ("organization", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name"), name="django_rokka_alias_organization_name"
            ),
            models.UniqueConstraint(
                fields=("organization", "model", "object_pk", "field"),
                name="django_rokka_alias_owner",
            ),
        )
        indexes = (
            models.Index(
                fields=("organization", "environment", "due_at"), name="django_rokka_alias_due"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_owned(self) -> bool:
        """Whether it follows the column of a row."""
        return bool(self.model)

    @property
    def owner(self) -> str:
        """The row whose alias it is, as ``testapp.brand 7``; empty for a name of its own."""
        return f"{self.model} {self.object_pk}" if self.model else ""

    @property
    def is_confirmed(self) -> bool:
        """Whether rokka's alias points where the row wants it."""
        return self.confirmed_hash == self.target_hash

    @property
    def state(self) -> str:
        """``"in_step"``, ``"pending"``, ``"deleting"``, or ``"failed"`` where a try has."""
        if self.due_at is None:
            return "in_step" if self.is_confirmed else "pending"
        if self.last_error:
            return "failed"
        return "pending" if self.target_hash else "deleting"

    def get_previous(self, hash: str) -> str:
        """Return another hash that the name has, or may have, pointed at; empty for none."""
        others = {self.confirmed_hash, self.asked_hash} - {"", hash}
        return self.confirmed_hash if self.confirmed_hash in others else "".join(others)
