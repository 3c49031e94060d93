import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from conftest import client_of
from users.models import CustomUser, Role
from users.tests.factories import PASSWORD, AdminFactory, UserFactory

pytestmark = pytest.mark.django_db

NOWHERE = {"positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}  # no position at a branch


@pytest.fixture
def office(admin_user, client):
    """The back office in an administrator's browser."""
    client.credentials()
    client.force_login(admin_user)
    return client


def act(office, action: str, *users: CustomUser):
    body = {"action": action, "_selected_action": [user.pk for user in users]}
    return office.post("/admin/users/customuser/", body, format="multipart", follow=True)


def test_actions_do_what_the_services_do(office):
    plain, waiting = UserFactory(), UserFactory(is_verified=False)

    for action in ["make_administrator", "block"]:
        act(office, action, plain)
    act(office, "verify", waiting)

    plain.refresh_from_db()
    waiting.refresh_from_db()
    assert (plain.role, plain.is_active, plain.session_epoch) == (Role.ADMIN, False, 2)
    assert waiting.is_verified


def test_actions_leave_oneself_and_superusers_as_they_are(office, admin_user):
    root = CustomUser.objects.create_superuser("root", "root@example.com", "x")

    response = act(office, "make_user", admin_user, root)

    admin_user.refresh_from_db()
    assert admin_user.is_admin
    assert "Root: The role of a superuser is fixed." in response.content.decode()


def test_emails_go_to_whom_they_are_meant_for(office, mailoutbox):
    waiting, blocked = UserFactory(is_verified=False), UserFactory(is_verified=False, is_active=False)

    act(office, "resend", waiting, blocked)
    act(office, "send_reset", waiting, blocked)

    assert [mail.to for mail in mailoutbox] == [[waiting.email]] * 2


def test_form_offers_no_password_and_no_power(office, user):
    page = office.get(f"/admin/users/customuser/{user.pk}/change/").content.decode()
    body = {"first_name": "Anna", "language": "en", "role": "admin", "is_superuser": "on", "password": "x"}

    office.post(f"/admin/users/customuser/{user.pk}/change/", {**body, **NOWHERE}, format="multipart")

    user.refresh_from_db()
    assert user.first_name == "Anna"
    assert (user.is_admin, user.is_superuser) == (False, False)
    assert "argon2" not in page
    assert "md5" not in page


def test_form_writes_nothing_but_what_was_changed_in_it(office, user):
    body = {"first_name": "Anna", "language": "en", **NOWHERE}

    with CaptureQueriesContext(connection) as queries:
        office.post(f"/admin/users/customuser/{user.pk}/change/", body, "multipart")

    updates = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "users_customuser"')]
    assert len(updates) == 1
    assert updates[0].startswith('UPDATE "users_customuser" SET "first_name" = \'Anna\' WHERE')


@pytest.mark.django_db(transaction=True)
def test_own_password_change_has_the_apis_consequences(office, admin_client, admin_user, mailoutbox):
    new = {"new_password1": "another fine password", "new_password2": "another fine password"}
    api = client_of(admin_user)

    pages = [
        office.post("/admin/password_change/", {"old_password": old, **new}, format="multipart").status_code
        for old in ("wrong", PASSWORD)
    ]

    admin_user.refresh_from_db()
    assert pages == [200, 302]
    assert admin_user.check_password("another fine password")
    assert api.get("/api/users/me/").status_code == 401
    assert office.get("/admin/").status_code == 200
    assert [mail.to for mail in mailoutbox] == [[admin_user.email]]


def test_own_password_cannot_be_guessed_in_the_back_office(office):
    form = {"old_password": "wrong", "new_password1": "another fine password", "new_password2": "another fine password"}
    for _ in range(5):
        office.post("/admin/password_change/", form, format="multipart")

    page = office.post("/admin/password_change/", {**form, "old_password": PASSWORD}, format="multipart")

    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 300
    assert "throttled" in page.content.decode()


def test_session_of_the_back_office_ends_with_the_role(office, admin_client, admin_user):
    other = AdminFactory()
    assert office.get("/admin/").status_code == 200

    CustomUser.objects.filter(pk=admin_user.pk).update(session_epoch=1)

    assert office.get("/admin/").status_code == 302
    assert other.is_admin


@pytest.mark.parametrize(
    "page",
    [
        f"{app}/{model}"
        for app, models in {
            "users": ["customuser", "tokenfamily", "idempotencyrecord"],
            "products": ["category", "product", "optiongroup", "option", "branch", "branchproduct", "stockmovement"],
            "cart": ["cartitem"],
            "orders": ["order", "orderitem", "orderevent", "pickupcounter"],
            "support": ["conversation", "message"],
        }.items()
        for model in models
    ],
)
def test_every_back_office_list_opens_for_an_administrator(office, page):
    assert office.get(f"/admin/{page}/").status_code == 200


@pytest.mark.parametrize("page", ["mailer/message", "mailer/messagelog", "auth/group"])
def test_emails_and_groups_are_not_in_the_back_office(office, page):
    assert office.get(f"/admin/{page}/").status_code == 404


def test_administrator_has_power_over_the_shops_own_apps_only(admin_user, user):
    permissions = ["orders.view_order", "mailer.view_message", "auth.change_permission"]

    assert [admin_user.has_perm(name) for name in permissions] == [True, False, False]
    assert [admin_user.has_module_perms(app) for app in ("orders", "mailer", "auth")] == [True, False, False]
    assert not user.has_perm("orders.view_order")


@pytest.mark.parametrize("method", ["get", "post"])
def test_logging_out_of_the_back_office_ends_its_tokens(admin_user, method):
    visitor = Client()
    visitor.force_login(admin_user)
    token = visitor.get("/admin/support/conversation/console/token/").json()
    (access,) = [value for value in token.values() if isinstance(value, str) and value.count(".") == 2]

    getattr(visitor, method)("/admin/logout/")

    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert api.get("/api/users/me/").status_code == (401 if method == "post" else 200)


def test_tokens_are_stored_by_no_cache(anonymous, client, admin_user):
    visitor = Client()
    visitor.force_login(admin_user)
    pair = anonymous.post("/api/token/", {"username": "boss", "password": PASSWORD})
    change = {"current_password": PASSWORD, "new_password": "another horse 7"}
    answers = [
        pair,
        anonymous.post("/api/token/refresh/", {"refresh": pair.json()["refresh"]}),
        client.post("/api/users/password/change/", change),
        visitor.get("/admin/support/conversation/console/token/"),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert all("no-store" in answer["Cache-Control"] for answer in answers)


def invite(office, **changes):
    body = {"username": "maria", "email": "Maria@example.com", "first_name": "Maria", "language": "ru", **NOWHERE}
    body |= changes
    return office.post("/admin/users/customuser/add/", body, format="multipart")


def test_added_user_gets_an_invitation_and_chooses_the_password(office, anonymous, mailoutbox):
    page = office.get("/admin/users/customuser/add/")
    invite(office)

    (mail,) = mailoutbox
    link = dict(parse_qsl(urlsplit(re.search(r"http\S+", mail.body)[0]).query))
    refused = anonymous.post("/api/token/", {"username": "maria", "password": PASSWORD})
    chosen = anonymous.post("/api/users/password/reset/confirm/", {**link, "new_password": PASSWORD})
    signed_in = anonymous.post("/api/token/", {"username": "maria", "password": PASSWORD})

    maria = CustomUser.objects.get(username="maria")
    assert page.status_code == 200
    assert (mail.to, maria.email, maria.is_verified) == ([maria.email], "Maria@example.com", True)
    assert (maria.role, maria.is_superuser, maria.is_staff) == (Role.USER, False, False)
    assert [answer.status_code for answer in (refused, chosen, signed_in)] == [401, 200, 200]


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "ANNA"},
        {"username": "a@b"},
        {"email": ""},
        {"email": "ANNA@example.com"},
        {"email": "nobody"},
        {"language": "xx"},
    ],
)
def test_added_user_is_held_to_the_rules_of_registration(office, user, mailoutbox, wrong):
    response = invite(office, **wrong)

    (field,) = wrong
    assert list(response.context["adminform"].form.errors) == [field]
    assert mailoutbox == []


def test_added_user_gets_no_power_with_the_form(office, mailoutbox):
    invite(office, role="admin", is_superuser="on", is_staff="on", password=PASSWORD)

    maria = CustomUser.objects.get(username="maria")
    assert (maria.is_admin, maria.is_staff, maria.has_usable_password()) == (False, False, False)
