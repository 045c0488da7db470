"""What rokka sends, as immutable objects.

``raw`` keeps the whole answer, with members that are not known here; keys in it are masked.
"""

from __future__ import annotations

from django_rokka.client.objects.albums import AlbumImage
from django_rokka.client.objects.aliases import Alias
from django_rokka.client.objects.budgets import Budget
from django_rokka.client.objects.organizations import (
    Membership,
    Organization,
    SubOrganization,
    UserMembership,
)
from django_rokka.client.objects.pages import FacetValue, Page
from django_rokka.client.objects.source_images import CopiedImages, SourceImage
from django_rokka.client.objects.stacks import OperationSchema, PropertySchema, Stack
from django_rokka.client.objects.statistics import Statistics, StatisticsPoint
from django_rokka.client.objects.users import ApiKey, Token, User

__all__ = [
    "AlbumImage",
    "Alias",
    "ApiKey",
    "Budget",
    "CopiedImages",
    "FacetValue",
    "Membership",
    "OperationSchema",
    "Organization",
    "Page",
    "PropertySchema",
    "SourceImage",
    "Stack",
    "Statistics",
    "StatisticsPoint",
    "SubOrganization",
    "Token",
    "User",
    "UserMembership",
]
