"""Edit the magazine: lists show thumbnails, forms show what a new file would replace."""

from __future__ import annotations

from django.contrib import admin

from django_rokka.admin import thumbnail

from magazine.models import Article, Brand, Photo


@admin.register(Brand)
class BrandAdmin(admin.ModelAdmin):
    list_display = ["name", "tagline", thumbnail("logo", width=180)]


class PhotoInline(admin.TabularInline):
    model = Photo
    extra = 0


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    list_display = ["title", "section", "published", thumbnail("hero")]
    list_filter = ["section"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [PhotoInline]


@admin.register(Photo)
class PhotoAdmin(admin.ModelAdmin):
    list_display = ["title", "article", thumbnail("image")]
    list_select_related = ["article"]
