"""The client of rokka's HTTP API. Imports neither Django nor, before the first call, requests."""

from __future__ import annotations

from django_rokka.client.deadline import Clock
from django_rokka.client.download import Download
from django_rokka.client.hosts import hide_credentials, is_host
from django_rokka.client.objects import Alias, SourceImage, Stack
from django_rokka.client.observation import observe_calls
from django_rokka.client.rokka_client import API_HOST, RokkaClient
from django_rokka.client.secrets import Secret, is_key

__all__ = [
    "API_HOST",
    "Alias",
    "Clock",
    "Download",
    "RokkaClient",
    "Secret",
    "SourceImage",
    "Stack",
    "hide_credentials",
    "is_host",
    "is_key",
    "observe_calls",
]
