"""One page, whose head and body are templates in its query."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

PAGE = """{{% load rokka %}}<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Pictures</title>
  <link rel="icon" href="data:,">
  <style>body {{ margin: 0; }} img {{ display: block; max-width: 100%; height: auto; }}</style>
  <script>
    window.shift = 0;
    window.watch = new PerformanceObserver(entries => window.sum(entries.getEntries()));
    window.sum = entries => entries.forEach(entry => {{ window.shift += entry.value; }});
    window.watch.observe({{ type: "layout-shift", buffered: true }});
  </script>
  {head}
</head>
<body>
  {body}
  <p>Words below the picture.</p>
</body>
</html>"""


def show(request: HttpRequest) -> HttpResponse:
    source = PAGE.format(head=request.GET["head"], body=request.GET["body"])
    context = {"image": request.GET["image"]}
    return HttpResponse(engines["django"].from_string(source).render(context, request))


urlpatterns = [path("", show)]
