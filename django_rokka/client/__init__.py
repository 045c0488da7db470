"""The client of rokka's HTTP API. Imports neither Django nor, before the first call, requests."""

from __future__ import annotations

from django_rokka.client.credentials import TokenMemory, TokenStore
from django_rokka.client.deadline import Clock
from django_rokka.client.download import Download
from django_rokka.client.endpoints.memberships import ROLES
from django_rokka.client.endpoints.source_images import CreatedImage, NewImage
from django_rokka.client.hosts import hide_credentials, is_host
from django_rokka.client.objects import (
    AlbumImage,
    Alias,
    ApiKey,
    CopiedImages,
    FacetValue,
    Membership,
    OperationSchema,
    Organization,
    Page,
    PropertySchema,
    SourceImage,
    Stack,
    Statistics,
    StatisticsPoint,
    SubOrganization,
    Token,
    User,
    UserMembership,
)
from django_rokka.client.observation import observe_calls
from django_rokka.client.rokka_client import API_HOST, RokkaClient
from django_rokka.client.search import Prefix, Range, dynamic_field, static_field, user_field
from django_rokka.client.secrets import Secret, is_key

__all__ = [
    "API_HOST",
    "ROLES",
    "AlbumImage",
    "Alias",
    "ApiKey",
    "Clock",
    "CopiedImages",
    "CreatedImage",
    "Download",
    "FacetValue",
    "Membership",
    "NewImage",
    "OperationSchema",
    "Organization",
    "Page",
    "Prefix",
    "PropertySchema",
    "Range",
    "RokkaClient",
    "Secret",
    "SourceImage",
    "Stack",
    "Statistics",
    "StatisticsPoint",
    "SubOrganization",
    "Token",
    "TokenMemory",
    "TokenStore",
    "User",
    "UserMembership",
    "dynamic_field",
    "hide_credentials",
    "is_host",
    "is_key",
    "observe_calls",
    "static_field",
    "user_field",
]
