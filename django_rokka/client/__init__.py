"""The client of rokka's HTTP API. Imports neither Django nor, before the first call, requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_rokka.deferral import defer

if TYPE_CHECKING:
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
        Budget,
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
else:
    __getattr__, __dir__ = defer(
        __name__,
        {
            "arguments": ["Expiry"],
            "calls": ["Call"],
            "credentials": ["TokenMemory", "TokenStore"],
            "deadline": ["Clock", "Timeouts"],
            "download": ["Download"],
            "endpoints.memberships": ["ROLES"],
            "endpoints.source_images": [
                "CreatedImage",
                "NewImage",
                "OptimizeSource",
                "OrderedWork",
            ],
            "hosts": ["hide_credentials", "is_host"],
            "multipart": ["Source"],
            "objects": [
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
            ],
            "observation": ["observe_calls"],
            "rokka_client": ["API_HOST", "RokkaClient"],
            "search": [
                "Prefix",
                "Range",
                "SearchValue",
                "dynamic_field",
                "static_field",
                "user_field",
            ],
            "secrets": ["Secret", "is_key"],
        },
    )

__all__ = [
    "API_HOST",
    "ROLES",
    "AlbumImage",
    "Alias",
    "ApiKey",
    "Budget",
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
