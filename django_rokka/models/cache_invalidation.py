"""Wishes to clear what caches hold, and the hourly budgets that they are sent within."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from django_rokka.fields.names import CaseSensitiveCharField

__all__ = ["CacheInvalidation", "CacheInvalidationQuerySet", "InvalidationBudget"]

_KINDS = [("alias", _("alias")), ("image", _("image")), ("stack", _("stack"))]


class CacheInvalidationQuerySet(models.QuerySet["CacheInvalidation"]):
    """Questions to the queue."""

    def open(self) -> CacheInvalidationQuerySet:
        """Keep the wishes that are still to be answered, those first that wait longest."""
        kept: CacheInvalidationQuerySet = self.filter(answered_at=None).order_by(
            "requested_at", "pk"
        )
        return kept

    def due(self, now: datetime) -> CacheInvalidationQuerySet:
        """Keep the open wishes that may be sent by now.

        A later wish of the same key waits with one that is being sent, or that failed just now.
        """
        same = self.model._default_manager.using(self.db).filter(
            organization=OuterRef("organization"),
            kind=OuterRef("kind"),
            key=OuterRef("key"),
            environment=OuterRef("environment"),
            answered_at=None,
        )
        held = same.filter(Q(not_before__gt=now) | Q(claimed_until__gt=now))
        kept: CacheInvalidationQuerySet = self.open().exclude(Exists(held))
        return kept


class CacheInvalidation(models.Model):
    """A wish to have the CDN forget an alias, an image or a stack.

    Each wish is a row of its own, so that transactions with the same wish never wait for one
    another; all that are open for a key are answered by one call. ``sent_at`` is when the last
    attempt began, ``claimed_until`` how long nobody else may try, ``answered_at`` the end of it,
    and ``outcome`` how it ended.
    """

    OPEN = ""
    CLEARED = "cleared"
    GONE = "gone"
    REFUSED = "refused"
    INVALID = "invalid"
    OUTCOMES = [
        (OPEN, _("waits")),
        (CLEARED, _("cleared")),
        (GONE, _("there is no such thing at rokka")),
        (REFUSED, _("not for this account")),
        (INVALID, _("not accepted by rokka")),
    ]

    organization = models.CharField(_("organization"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=_KINDS)
    key = CaseSensitiveCharField(_("key"), max_length=255)
    environment = models.CharField(_("environment"), max_length=100, blank=True)
    requested_at = models.DateTimeField(_("requested"))
    not_before = models.DateTimeField(_("not before"), null=True)
    claimed_until = models.DateTimeField(_("claimed until"), null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=OUTCOMES, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)

    objects = CacheInvalidationQuerySet.as_manager()

    class Meta:
        verbose_name = _("cache invalidation")
        verbose_name_plural = _("cache invalidations")
        ordering = ("requested_at", "pk")
        indexes = (
            models.Index(
                fields=("organization", "kind", "answered_at", "requested_at"),
                name="django_rokka_invalidation_open",
            ),
            models.Index(
                fields=("organization", "kind", "key", "answered_at"),
                name="django_rokka_invalidation_key",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class InvalidationBudget(models.Model):
    """What was spent of an organization's budget of a kind; who changes it locks its row.

    ``spent`` and ``spent_by_others`` are moments in seconds since the epoch: those of our own
    attempts, and those of calls that only rokka has counted. ``per_hour`` is what rokka last said.
    ``refusal`` is what it said to an account that may not, which is not asked until
    ``refused_until``. ``drain_at`` is when a task queue drains next.
    """

    organization = models.CharField(_("organization"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10)
    spent = models.JSONField(_("spent"), default=list)
    spent_by_others = models.JSONField(_("spent by others"), default=list)
    per_hour = models.PositiveIntegerField(_("per hour"), null=True)
    blocked_until = models.DateTimeField(_("blocked until"), null=True)
    refused_until = models.DateTimeField(_("refused until"), null=True)
    refusal = models.TextField(_("refusal"), blank=True)
    drain_at = models.DateTimeField(_("next drain"), null=True)
    changed = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("invalidation budget")
        verbose_name_plural = _("invalidation budgets")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "kind"), name="django_rokka_invalidation_budget"
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization} {self.kind}"
