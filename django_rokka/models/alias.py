"""Aliases: a name, the image it shall point at, and the image it is known to point at."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_rokka.fields.names import CaseSensitiveCharField

__all__ = ["Alias"]


class Alias(models.Model):
    """What rokka cannot list: the alias of one column of one row.

    The row's own column is the truth; ``target_hash`` is what it held when it was last saved,
    ``asked_hash`` what rokka was asked for and has not answered, ``confirmed_hash`` what rokka
    has accepted.
    """

    organization = models.CharField(_("organization"), max_length=100)
    name = CaseSensitiveCharField(_("name"), max_length=255)
    model = models.CharField(_("model"), max_length=255)
    object_pk = CaseSensitiveCharField(_("primary key"), max_length=255)
    field = models.CharField(_("field"), max_length=100)
    target_hash = models.CharField(_("target hash"), max_length=40)
    asked_hash = models.CharField(_("asked hash"), max_length=40, blank=True)
    confirmed_hash = models.CharField(_("confirmed hash"), max_length=40, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    changed = models.DateTimeField(_("changed"), auto_now=True)

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

    def __str__(self) -> str:
        return self.name

    @property
    def is_confirmed(self) -> bool:
        """Whether rokka's alias points where the row wants it."""
        return self.confirmed_hash == self.target_hash
