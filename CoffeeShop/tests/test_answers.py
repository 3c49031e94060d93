import pytest
from django.db import IntegrityError, OperationalError
from django.urls import path
from rest_framework.views import APIView

from CoffeeShop.urls import handler404, handler500, urlpatterns  # noqa: F401 - this module stands in as a URLconf


class Failing(APIView):
    permission_classes = []
    error = None

    def get(self, request):
        raise self.error


urlpatterns = [
    *urlpatterns,
    path("api/conflict/", Failing.as_view(error=IntegrityError("secret"))),
    path("api/busy/", Failing.as_view(error=OperationalError("secret"))),
    path("api/defect/", Failing.as_view(error=RuntimeError("secret"))),
]


@pytest.mark.django_db
@pytest.mark.urls("CoffeeShop.tests.test_answers")
@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/api/conflict/", 409, "conflict"),
        ("/api/busy/", 503, "unavailable"),
        ("/api/defect/", 500, "server_error"),
        ("/api/nowhere/", 404, "not_found"),
        ("/api/users/me/", 401, "not_authenticated"),
    ],
)
def test_every_failure_has_one_shape_and_no_secrets(anonymous, url, status, code):
    response = anonymous.get(url)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert set(response.json()) - {"retry_after"} == {"detail", "code"}
    assert b"secret" not in response.content


@pytest.mark.django_db
@pytest.mark.urls("CoffeeShop.tests.test_answers")
def test_answer_says_when_to_retry_when_busy(anonymous):
    response = anonymous.get("/api/busy/")

    assert response["Retry-After"] == "1"
    assert response.json()["retry_after"] == 1


@pytest.mark.django_db
def test_details_follow_the_language_and_codes_do_not(anonymous):
    english = anonymous.get("/api/users/me/")
    russian = anonymous.get("/api/users/me/", HTTP_ACCEPT_LANGUAGE="ru")

    assert english.json()["code"] == russian.json()["code"]
    assert english.json()["detail"] != russian.json()["detail"]
    assert "\\u" not in russian.content.decode()


@pytest.mark.parametrize(("language", "is_russian"), [("ru", True), ("en", False)])
def test_layers_outside_the_views_answer_in_the_callers_language(anonymous, language, is_russian):
    response = anonymous.get("/api/products/", HTTP_HOST="elsewhere.example", HTTP_ACCEPT_LANGUAGE=language)

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert (not response.json()["detail"].isascii()) is is_russian


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense"])
def test_api_speaks_json_whatever_is_asked_for(anonymous, accept):
    response = anonymous.get("/api/categories/?format=xml", HTTP_ACCEPT=accept)

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


@pytest.mark.django_db
def test_redirect_keeps_the_body_when_a_slash_is_missing(client):
    response = client.post("/api/cart", {"product": 1})

    assert (response.status_code, response["Location"]) == (308, "/api/cart/")


@pytest.mark.django_db
@pytest.mark.parametrize("pk", ["1_0", "-1", "1.5", "true", "٣", "NaN", "%201", "9223372036854775808", "0"])
@pytest.mark.parametrize("route", ["products", "categories", "orders", "cart"])
def test_path_with_anything_but_an_id_is_404(admin_client, route, pk):
    response = admin_client.patch(f"/api/{route}/{pk}/", {})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
def test_page_links_carry_the_search_unharmed(anonymous):
    response = anonymous.get("/api/products/", {"search": "латте", "page_size": 1})

    assert response.status_code == 200
    assert response.json()["count"] == 0
