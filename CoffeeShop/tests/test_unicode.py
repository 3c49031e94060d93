"""A decomposed letter is the same letter: keyboards and file systems send both."""

import unicodedata

import pytest
from django.core.management import call_command

from products.tests.factories import ProductFactory
from users.models import CustomUser

pytestmark = pytest.mark.django_db

COMPOSED = "Café чай й 42"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


def sign_in(client, password: str, username: str = "vera") -> int:
    return client.post("/api/token/", {"username": username, "password": password}).status_code


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_password_is_the_same_in_both_forms(anonymous, chosen, typed):
    anonymous.post("/api/users/", {"username": "vera", "email": "vera@example.com", "password": chosen})

    assert [sign_in(anonymous, password) for password in (typed, chosen, "wrong")] == [200, 200, 401]


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_guests_new_password_is_the_same_in_both_forms(anonymous, chosen, typed):
    access = anonymous.post("/api/users/guest/", {}).json()["access"]
    body = {"username": "vera", "email": "vera@example.com", "password": chosen}
    anonymous.post("/api/users/claim/", body, HTTP_AUTHORIZATION=f"Bearer {access}")

    assert sign_in(anonymous, typed) == 200


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_administrators_password_is_the_same_in_both_forms(anonymous, monkeypatch, chosen, typed):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", chosen)
    call_command("createsuperuser", interactive=False, username="boss", email="boss@example.com")

    page = anonymous.post("/admin/login/", {"username": "boss", "password": typed}, format="multipart")

    assert page.status_code == 302


def test_texts_are_stored_in_one_form(client, user):
    client.patch("/api/users/me/", {"first_name": unicodedata.normalize("NFD", "Андрей")})

    user.refresh_from_db()
    assert user.first_name == unicodedata.normalize("NFC", "Андрей")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_search_finds_both_forms(anonymous, admin_client, form):
    ProductFactory(name="Чай")
    CustomUser.objects.filter(is_superuser=False).update(first_name="Андрей")

    products = anonymous.get("/api/products/", {"search": unicodedata.normalize(form, "чай")}).json()
    users = admin_client.get("/api/users/", {"search": unicodedata.normalize(form, "андрей")}).json()

    assert (products["count"], users["count"]) == (1, 1)
