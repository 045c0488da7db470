"""What Django REST framework's own serializers and file fields make of our columns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.urls import path

from django_rokka.client import observe_calls
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.pages import fetch_picture
from tests.testapp.models import Brand, Caption, Photo

pytest.importorskip("rest_framework")

from rest_framework import generics, renderers, serializers

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
REFERENCE = f"{HASH}/1600x900/the-lake.png"
URL = f"https://demo.rokka.io/dynamic/noop/o-autoformat-true/{HASH}/the-lake.png"


class PhotoSerializer(serializers.ModelSerializer):  # type: ignore[misc]  # it has no types
    class Meta:
        model = Photo
        fields = ("id", "title", "image", "image_width")


class CaptionSerializer(serializers.ModelSerializer):  # type: ignore[misc]  # it has no types
    class Meta:
        model = Caption
        fields = ("id", "title", "image", "image_width")


class BrandSerializer(serializers.ModelSerializer):  # type: ignore[misc]  # it has no types
    class Meta:
        model = Brand
        fields = ("id", "name", "logo")


class NameSerializer(serializers.ModelSerializer):  # type: ignore[misc]  # it has no types
    """Shows the reference in place of a URL."""

    image = serializers.ImageField(use_url=False, required=False)

    class Meta:
        model = Photo
        fields = ("image",)


class FileSerializer(serializers.ModelSerializer):  # type: ignore[misc]  # it has no types
    """Takes any file, and NULL to clear it."""

    image = serializers.FileField(allow_null=True, required=False)

    class Meta:
        model = Photo
        fields = ("title", "image")


class Photos(generics.ListCreateAPIView):  # type: ignore[misc]  # it has no types
    queryset = Photo.objects.order_by("pk")
    serializer_class = PhotoSerializer
    renderer_classes = (renderers.JSONRenderer,)


class OnePhoto(generics.RetrieveUpdateDestroyAPIView):  # type: ignore[misc]  # it has no types
    queryset = Photo.objects.all()
    serializer_class = PhotoSerializer
    renderer_classes = (renderers.JSONRenderer,)


class OneFile(OnePhoto):
    serializer_class = FileSerializer


class Brands(generics.ListCreateAPIView):  # type: ignore[misc]  # it has no types
    queryset = Brand.objects.order_by("pk")
    serializer_class = BrandSerializer
    renderer_classes = (renderers.JSONRenderer,)


urlpatterns = [
    path("photos/", Photos.as_view()),
    path("photos/<int:pk>/", OnePhoto.as_view()),
    path("files/<int:pk>/", OneFile.as_view()),
    path("brands/", Brands.as_view()),
]


def sent(data: bytes | None = None, name: str = "lake.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.png() if data is None else data, "image/png")


def a_photo(title: str = "before") -> Photo:
    photo: Photo = Photo.objects.create(title=title, image=ContentFile(pictures.png(), "lake.png"))
    return photo


def patch(client: Client, path: str, data: dict[str, Any]) -> Any:
    body = encode_multipart(BOUNDARY, data)
    return client.patch(path, body, content_type=MULTIPART_CONTENT)


# Reading


def test_field__is_the_one_that_an_image_field_gets() -> None:
    field = PhotoSerializer().fields["image"]
    assert isinstance(field, serializers.ImageField)
    assert (field.required, field.max_length) == (False, 255)
    assert BrandSerializer().fields["logo"].required


def test_read__gives_the_url_without_any_call() -> None:
    with assert_no_rokka_calls():
        data = PhotoSerializer(Photo(title="The lake", image=REFERENCE, image_width=1600)).data
    assert data == {"id": None, "title": "The lake", "image": URL, "image_width": 1600}


def test_read__in_a_view_gives_the_url_of_rokka_and_not_of_the_site(client: Client) -> None:
    photo = Photo.objects.create(image=REFERENCE)
    with assert_no_rokka_calls():
        assert client.get(f"/photos/{photo.pk}/").json()["image"] == URL


def test_read__without_use_url_gives_the_reference() -> None:
    with assert_no_rokka_calls():
        assert NameSerializer(Photo(image=REFERENCE)).data == {"image": REFERENCE}


@pytest.mark.parametrize("kind", [PhotoSerializer, FileSerializer])
def test_read__of_an_empty_image_is_null(kind: Any) -> None:
    with assert_no_rokka_calls():
        assert kind(Photo()).data["image"] is None


def test_read__of_a_list_costs_what_text_columns_cost(client: Client) -> None:
    for _ in range(5):
        Photo.objects.create(image=REFERENCE)
        Caption.objects.create(image=REFERENCE)
    with CaptureQueriesContext(connection) as expected:
        assert len(CaptionSerializer(Caption.objects.all(), many=True).data) == 5
    with assert_no_rokka_calls(), CaptureQueriesContext(connection) as queries:
        assert [row["image"] for row in client.get("/photos/").json()] == [URL] * 5
    assert len(queries) == len(expected) == 1


# Writing


@pytest.mark.usefixtures("rokka")
def test_create__by_multipart_uploads_once_and_answers_with_the_url(client: Client) -> None:
    with observe_calls() as calls:
        answer = client.post("/photos/", {"title": "The lake", "image": sent()})
    assert answer.status_code == 201, answer.content
    assert [call.method for call in calls] == ["POST"]
    photo = Photo.objects.get()
    assert answer.json() == {
        "id": photo.pk,
        "title": "The lake",
        "image": photo.image.url,
        "image_width": 40,
    }
    assert fetch_picture(answer.json()["image"]).size == (40, 30)


@pytest.mark.usefixtures("rokka")
def test_patch__of_another_column_keeps_the_image(client: Client) -> None:
    photo = a_photo()
    with assert_no_rokka_calls():
        answer = patch(client, f"/photos/{photo.pk}/", {"title": "after"})
    assert (answer.status_code, answer.json()["title"]) == (200, "after")
    assert Photo.objects.get().image == photo.image


@pytest.mark.usefixtures("rokka")
def test_patch__with_a_file_replaces_the_image_and_its_size(client: Client) -> None:
    photo = a_photo()
    answer = patch(client, f"/photos/{photo.pk}/", {"image": sent(pictures.png(width=10))})
    assert answer.status_code == 200
    assert answer.json()["image"] == Photo.objects.get().image.url
    assert Photo.objects.values_list("title", "image_width").get() == ("before", 10)


@pytest.mark.usefixtures("rokka")
def test_put__without_an_optional_image_keeps_it(client: Client) -> None:
    photo = a_photo()
    body = json.dumps({"title": "after"})
    with assert_no_rokka_calls():
        answer = client.put(f"/photos/{photo.pk}/", body, content_type="application/json")
    assert answer.status_code == 200
    assert Photo.objects.get().image == photo.image


@pytest.mark.usefixtures("rokka")
def test_null__clears_the_image_where_the_serializer_allows_it(client: Client) -> None:
    photo = a_photo()
    body = json.dumps({"image": None})
    with assert_no_rokka_calls():
        answer = client.patch(f"/photos/{photo.pk}/", body, content_type="application/json")
        assert answer.status_code == 400
        answer = client.patch(f"/files/{photo.pk}/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["image"]) == (200, None)
    assert Photo.objects.values_list("image", "image_width").get() == ("", None)


def test_create__without_a_required_image_is_refused(client: Client) -> None:
    with assert_no_rokka_calls():
        answer = client.post("/brands/", {"name": "Acme"})
        assert answer.status_code == 400
        assert list(answer.json()) == ["logo"]
        answer = client.post("/photos/", {"title": "no image"})
    assert (answer.status_code, answer.json()["image"]) == (201, None)


@pytest.mark.parametrize("data", [b"", b"no image"], ids=["empty", "text"])
def test_create__of_what_is_no_image_is_refused_before_the_upload(
    data: bytes, client: Client
) -> None:
    with assert_no_rokka_calls():
        answer = client.post("/photos/", {"image": sent(data)})
    assert answer.status_code == 400
    assert list(answer.json()) == ["image"]
    assert not Photo.objects.exists()


def test_create__with_a_reference_in_place_of_a_file_is_refused(client: Client) -> None:
    body = json.dumps({"image": REFERENCE})
    answer = client.post("/photos/", body, content_type="application/json")
    assert answer.status_code == 400
    assert not Photo.objects.exists()


@pytest.mark.usefixtures("rokka")
def test_create__with_a_long_file_name_shortens_it(client: Client) -> None:
    answer = client.post("/photos/", {"image": sent(name="x" * 300 + ".png")})
    # Django's own parser cuts the name to 255 characters, which is what the column takes.
    assert answer.status_code == 201
    assert len(Photo.objects.get().image.name or "") <= 255


@pytest.mark.usefixtures("rokka")
def test_delete__of_a_row_leaves_the_image_of_another(client: Client, rokka: RokkaStorage) -> None:
    first, second = a_photo(), a_photo()
    assert client.delete(f"/photos/{first.pk}/").status_code == 204
    assert rokka.exists(second.image.name or "")
