"""Who gets into the console, and where its pages are linked."""

import pytest
from django.test import Client

from support.tests.pages.conftest import CONSOLE
from users.tokens import end_all_sessions

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_console_and_its_tokens_are_for_administrators(user, admin_user):
    for client in (Client(), signed_in(user)):
        assert client.get(CONSOLE).status_code == 302
        refusal = client.get(f"{CONSOLE}token/")
        assert (refusal.status_code, refusal.json()["code"]) == (401, "not_authenticated")
    assert signed_in(admin_user).get(CONSOLE).status_code == 200


def test_console_token_ends_with_its_users_sessions(anonymous, admin_user):
    client = signed_in(admin_user)
    response = client.get(f"{CONSOLE}token/")
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert anonymous.get("/api/users/me/").json()["username"] == "boss"

    end_all_sessions(admin_user)

    assert "no-store" in response["Cache-Control"]
    assert anonymous.get("/api/users/me/").status_code == 401
    assert client.get(f"{CONSOLE}token/").status_code == 401


@pytest.mark.parametrize("page", ["/admin/", "/admin/support/conversation/"])
def test_back_office_leads_to_the_console(admin_user, page):
    assert f'href="{CONSOLE}"' in signed_in(admin_user).get(page).content.decode()


@pytest.mark.parametrize("page", ["/", "/developers/"])
def test_page_leads_to_the_chat_without_a_token(anonymous, page):
    assert 'href="/support/"' in anonymous.get(page).content.decode()
    assert anonymous.get("/support/").status_code == 200
