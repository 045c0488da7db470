"""Aliases: names that follow their images, moved after the commit and never half done."""

from __future__ import annotations

from django_rokka.aliases.applying import apply, apply_and_drain, apply_at_once, apply_one
from django_rokka.aliases.claiming import claim, note_set, release_row
from django_rokka.aliases.pointing import adopt, delete, point
from django_rokka.aliases.reconciling import reconcile
from django_rokka.aliases.reports import ApplyReport, ReconcileReport, Result, Verification
from django_rokka.aliases.validating import refuse_taken
from django_rokka.aliases.verifying import verify
from django_rokka.aliases.waiting import patience

__all__ = [
    "ApplyReport",
    "ReconcileReport",
    "Result",
    "Verification",
    "adopt",
    "apply",
    "apply_and_drain",
    "apply_at_once",
    "apply_one",
    "claim",
    "delete",
    "note_set",
    "patience",
    "point",
    "reconcile",
    "refuse_taken",
    "release_row",
    "verify",
]
