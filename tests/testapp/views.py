"""Pages of the tests."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import UpdateView

from tests.testapp.models import Caption, Photo


def show_photos(request: HttpRequest) -> HttpResponse:
    return render(request, "testapp/photos.html", {"photos": Photo.objects.order_by("pk")})


def show_captions(request: HttpRequest) -> HttpResponse:
    return render(request, "testapp/captions.html", {"captions": Caption.objects.order_by("pk")})


class EditPhoto(UpdateView):  # type: ignore[type-arg]  # generic in the stubs only
    """A page that shows the object beside its form."""

    model = Photo
    fields = ("title", "image")
    template_name = "testapp/photo_form.html"
    success_url = "/photos/"
