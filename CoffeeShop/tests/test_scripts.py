"""Scripts in whatever people can write: pages show them as text."""

import re
import uuid
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from cart.tests.factories import CartItemFactory
from orders.models import Order
from orders.placing import place_order
from orders.statuses import Status
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    CategoryFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from support.services import open_conversation, post_message
from users.tests.factories import AdminFactory, UserFactory

pytestmark = pytest.mark.django_db

CONSOLE = "/admin/support/conversation/console/"
EVIL = """'"></title></textarea></script><script>evil()</script><img src=x onerror=evil()>"""
OURS = ("/static/", "/admin/jsi18n/")
KINDS = ("change", "history", "delete")  # pages of a row
# As a control: these pages do show what was written.
SHOWING = {
    *("/admin/products/category", "/admin/products/product", "/admin/products/optiongroup", "/admin/products/branch"),
    *("/admin/products/option", "/admin/orders/order", "/admin/orders/orderitem", "/admin/support/message"),
    *("/admin/users/customuser", "/admin/"),
}


class Scripts(HTMLParser):
    """Whatever of a page a browser would run and is not a file of ours."""

    def __init__(self, page: str):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = dict(attributes)
        is_ours = given.get("src", "").startswith(OURS) or given.get("type") == "application/json"
        if (tag == "script" and not is_ours) or any(name.startswith("on") for name in given):
            self.found.append(self.get_starttag_text())


@pytest.fixture
def office(db) -> Client:
    client = Client()
    client.force_login(AdminFactory(username="boss", first_name=EVIL[:150]))
    return client


@pytest.fixture
def written(branch) -> None:
    """Everything that somebody can write, written by somebody evil."""
    customer = UserFactory(first_name=EVIL, last_name=EVIL)
    product = ProductFactory(name=EVIL, description=EVIL, category=CategoryFactory(name=EVIL, description=EVIL))
    option = OptionFactory(group=OptionGroupFactory(name=EVIL), name=EVIL)
    product.option_groups.add(option.group)
    place = BranchFactory(name=EVIL, address=EVIL)
    BranchProductFactory(branch=place, product=product, stock=5)
    fill_cart(customer, product, option)
    order = place_order(user=customer, branch=place, note=EVIL)
    Order.objects.filter(pk=order.pk).update(status=Status.CANCELLED, cancel_reason=EVIL)
    fill_cart(customer, product, option)
    conversation = open_conversation(customer)[0]
    post_message(conversation_id=conversation.pk, author=customer, client_id=uuid.uuid4(), text=EVIL)


def fill_cart(customer, product, option) -> None:
    CartItemFactory(user=customer, product=product, options=[option.pk])


def office_pages() -> list[str]:
    """Every list, and what there is for its first row."""
    pages = ["/admin/", CONSOLE]
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages += [reverse(f"{name}_changelist"), f"{reverse(f'{name}_changelist')}?q={EVIL}"]
        pages += [reverse(f"{name}_{kind}", args=[row.pk]) for row in page.model.objects.all()[:1] for kind in KINDS]
    return pages


def test_nothing_that_people_write_runs_in_the_back_office(office, written):
    pages = {page: office.get(page) for page in office_pages()}
    html = {page: response.content.decode() for page, response in pages.items()}

    shown = {re.match("/admin/(?:[a-z]+/[a-z]+)?", page)[0] for page, text in html.items() if "evil()" in text}
    assert {page: found for page, text in html.items() if (found := Scripts(text).found)} == {}
    assert {response.status_code for response in pages.values()} <= {200, 302, 403}
    assert shown >= SHOWING


def test_scripts_are_found_where_there_are_some():
    assert len(Scripts(f"<title>{EVIL}").found) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/support/",
        "/account/verify/",
        "/account/reset/",
        "/",
        "/developers/",
        "/asyncapi/",
        "/admin/login/",
        "/nowhere/",
        "/redoc/",
    ],
)
def test_nothing_in_an_address_runs_on_a_page(anonymous, path):
    page = anonymous.get(path, {"uid": EVIL, "token": EVIL, "next": EVIL, "q": EVIL}).content.decode()

    assert Scripts(page).found == []


def test_nothing_in_a_name_is_html_in_an_email(anonymous, mailoutbox):
    user = UserFactory(username="<img src=x onerror=evil()>", email="anna@example.com")

    anonymous.post("/api/users/password/reset/", {"email": user.email})

    ((html, _kind),) = mailoutbox[0].alternatives
    assert "evil()" in html
    assert Scripts(html).found == []
