"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from magazine import views

urlpatterns = [
    path("", views.front, name="front"),
    path("gallery/", views.gallery, name="gallery"),
    path("<slug:slug>/", views.article, name="article"),
]
