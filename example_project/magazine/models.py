"""A brand, its articles, their photographs."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from django_rokka.fields import RokkaImage


class Brand(models.Model):
    """Who publishes; others link to the logo, so its link outlives every redesign."""

    name = models.CharField(max_length=80)
    tagline = models.CharField(max_length=160, blank=True)
    logo = RokkaImage(alias="brand_{pk}_logo")

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    """A story with one large picture."""

    section = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    lead = models.TextField()
    text = models.TextField()
    hero = RokkaImage(blank=True, default_stack="content", placeholder_field="hero_placeholder")
    hero_alt = models.CharField("hero, in words", max_length=200, blank=True)
    hero_placeholder = models.CharField(max_length=120, blank=True, editable=False)
    published = models.DateField()

    class Meta:
        ordering = ["-published", "pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("article", args=[self.slug])

    def get_following(self) -> Article | None:
        """Return the next older article, after the oldest one the newest again."""
        others = Article.objects.exclude(pk=self.pk)
        older = others.filter(published__lte=self.published)
        following: Article | None = older.first() or others.first()
        return following


class Photo(models.Model):
    """One picture of an article's gallery."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="photos")
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=120)
    image = RokkaImage(default_stack="content")
    alt = models.CharField("in words", max_length=200)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title
