"""The client of rokka's HTTP API. Imports neither Django nor, before the first call, requests."""

from __future__ import annotations

from django_rokka.client.arguments import Expiry
from django_rokka.client.calls import Call
from django_rokka.client.credentials import TokenMemory, TokenStore
from django_rokka.client.deadline import Clock, Timeouts
from django_rokka.client.download import Download
from django_rokka.client.endpoints.memberships import ROLES
from django_rokka.client.endpoints.source_images import (
    CreatedImage,
    NewImage,
    OptimizeSource,
    OrderedWork,
)
from django_rokka.client.hosts import hide_credentials, is_host
from django_rokka.client.multipart import Source
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
from django_rokka.client.search import (
    Prefix,
    Range,
    SearchValue,
    dynamic_field,
    static_field,
    user_field,
)
from django_rokka.client.secrets import Secret, is_key

__all__ = [
    "API_HOST",
    "ROLES",
    "AlbumImage",
    "Alias",
    "ApiKey",
    "Call",
    "Clock",
    "CopiedImages",
    "CreatedImage",
    "Download",
    "Expiry",
    "FacetValue",
    "Membership",
    "NewImage",
    "OperationSchema",
    "OptimizeSource",
    "OrderedWork",
    "Organization",
    "Page",
    "Prefix",
    "PropertySchema",
    "Range",
    "RokkaClient",
    "SearchValue",
    "Secret",
    "Source",
    "SourceImage",
    "Stack",
    "Statistics",
    "StatisticsPoint",
    "SubOrganization",
    "Timeouts",
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
