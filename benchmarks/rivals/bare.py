"""The framework's limit: a view that knows its answer, which a file holds, behind the usual middleware."""

import os
from pathlib import Path

from django.db import connection
from django.http import HttpResponse
from django.urls import path

ANSWER = Path(os.environ.get("ANSWER", os.devnull)).read_bytes()


def known(request, **parts):
    return HttpResponse(ANSWER, content_type="application/json")


def one_query(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM products_category ORDER BY id LIMIT 1")
        return HttpResponse(f'{{"name": "{cursor.fetchone()[0]}"}}', content_type="application/json")


urlpatterns = [
    path("api/products/", known),
    path("api/branches/<slug>/menu/", known),
    path("one-query/", one_query),
    path("healthz", lambda request: HttpResponse("ok")),
]
