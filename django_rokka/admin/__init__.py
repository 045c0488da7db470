"""Parts for a project's own admin classes."""

from __future__ import annotations

from django_rokka.admin.thumbnails import thumbnail
from django_rokka.admin.uploading import RokkaAdminMixin

__all__ = ["RokkaAdminMixin", "thumbnail"]
