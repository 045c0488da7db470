"""URLs of the pages of the tests."""

from __future__ import annotations

from django.urls import path

from tests.testapp.views import EditPhoto, show_captions, show_photos

urlpatterns = [
    path("photos/", show_photos),
    path("photos/<int:pk>/", EditPhoto.as_view()),
    path("captions/", show_captions),
]
