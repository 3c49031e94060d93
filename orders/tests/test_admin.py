from datetime import UTC, datetime

import pytest
from django.test import Client

from cart.tests.factories import CartItemFactory
from orders.models import Order
from orders.placing import place_order
from orders.tests.factories import OrderFactory
from products.admin.moments import local_time
from products.models import StockMovement
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/order/"


@pytest.fixture
def office(admin_user, branch) -> Client:
    """The back office in an administrator's browser."""
    browser = Client()
    browser.force_login(admin_user)
    return browser


def act(office: Client, action: str, *orders: Order, **more: str) -> str:
    body = {"action": action, "_selected_action": [order.pk for order in orders], **more}
    return office.post(LIST, body, follow=True).content.decode()


def statuses() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("status", flat=True))


def test_actions_move_an_order_under_the_administrators_name(office, admin_user):
    order = OrderFactory()

    reached = []
    for action in ["accept", "prepare", "make_ready", "complete"]:
        act(office, action, order)
        reached += statuses()

    assert reached == ["accepted", "preparing", "ready", "completed"]
    assert {event.by for event in order.events.exclude(status="pending")} == {admin_user}


def test_action_moves_what_it_can_and_names_others(office):
    orders = [OrderFactory(), OrderFactory(status="completed"), OrderFactory()]

    page = act(office, "accept", *orders)

    assert statuses() == ["accepted", "completed", "accepted"]
    assert "Moved 2 orders" in page
    assert f"{orders[1]} (completed): The order cannot be moved there." in page


def test_number_of_moved_orders_has_its_plural_form(office, branch):
    def said(language: str, number: int) -> str:
        orders = [OrderFactory() for _ in range(number)]
        body = {"action": "accept", "_selected_action": [order.pk for order in orders]}
        return office.post(LIST, body, follow=True, HTTP_ACCEPT_LANGUAGE=language).content.decode()

    assert "Moved 1 order to" in said("en", 1)
    assert "Переведён 1 заказ," in said("ru", 1)
    assert "Переведено 2 заказа," in said("ru", 2)


def test_sections_of_the_back_office_speak_russian(office):
    page = office.get("/admin/", HTTP_ACCEPT_LANGUAGE="ru").content.decode()

    assert [
        name for name in ("Каталог", "Корзины", "Заказы", "Учётные записи", "Чат поддержки") if name not in page
    ] == []


def test_action_that_was_done_already_moves_nothing(office):
    order = OrderFactory(status="accepted")

    page = act(office, "accept", order)

    assert "Moved 0 orders" in page
    assert order.events.count() == 2


def test_cancelling_returns_stock_and_writes_to_the_customer(office, branch, mailoutbox):
    row = BranchProductFactory(branch=branch, stock=5)
    order = OrderFactory(product=row.product, quantity=3)

    for _ in range(2):
        act(office, "cancel", order, cancel_reason="The machine is broken.")

    row.refresh_from_db()
    order.refresh_from_db()
    assert order.cancel_reason == "The machine is broken."
    assert (statuses(), row.stock) == (["cancelled"], 5)
    assert StockMovement.objects.filter(reason="returned").count() == 1
    assert [mail.to for mail in mailoutbox if "cancelled" in mail.subject] == [[order.user.email]]


@pytest.mark.parametrize("reason", [None, " ", "x" * 501, "not_accepted"])
def test_cancelling_asks_for_the_reason(office, reason):
    order = OrderFactory()

    page = act(office, "cancel", order, **({} if reason is None else {"cancel_reason": reason}))

    assert statuses() == ["pending"]
    assert f'name="_selected_action" value="{order.pk}"' in page


def test_choice_beyond_the_page_cancels_what_is_shown(office, monkeypatch):
    monkeypatch.setattr("orders.admin.MOST_CANCELLED", 2)
    orders = [OrderFactory() for _ in range(3)]
    body = {"action": "cancel", "_selected_action": [orders[0].pk], "select_across": "1"}

    page = office.post(LIST, body)
    office.post(LIST, {"action": "cancel", "_selected_action": page.context["chosen"], "cancel_reason": "Closed"})

    assert len(page.context["orders"]) == statuses().count("cancelled") == 2


SEARCHES = ["2", "002", "0002", "аннА@Example.com", "2026-01-05", "01/05/2026", "2 2026-01-05 анна"]


@pytest.mark.parametrize("words", SEARCHES)
def test_order_is_found_by_number_day_and_customer(office, words):
    OrderFactory()
    customer = UserFactory(username="анна", email="анна@example.com")
    found = OrderFactory(user=customer)
    Order.objects.filter(pk=found.pk).update(business_day="2026-01-05")

    page = office.get(LIST, {"q": words})

    assert list(page.context_data["cl"].result_list) == [found]


def test_list_is_filtered_by_status_branch_and_day(office):
    brooklyn = BranchFactory()
    for status in ["pending", "ready"]:
        OrderFactory(status=status)
    Order.objects.filter(status="ready").update(branch=brooklyn, created_at="2026-01-05T10:00:00Z")
    queries = [
        "status__exact=ready",
        f"branch__id__exact={brooklyn.pk}",
        "created_at__year=2026&created_at__month=1&created_at__day=5",
        "q=002",
    ]

    lists = [office.get(f"{LIST}?{query}").context_data["cl"].result_list for query in queries]

    assert [[order.status for order in rows] for rows in lists] == [["ready"]] * 4


def test_order_page_shows_lines_and_timeline_without_any_input(office, user):
    latte, group = ProductFactory(name="Латте", price="4.00"), OptionGroupFactory()
    latte.option_groups.add(group)
    oat = OptionFactory(group=group, name="Овсяное", price_delta="0.70")
    CartItemFactory(user=user, product=latte, quantity=2, options=[oat.pk])
    order = place_order(user=user)

    page = office.get(f"{LIST}{order.pk}/change/").content.decode()

    for shown in ["Латте", "Овсяное (0.70)", "4.70", "9.40", "pending", "anna"]:
        assert shown in page
    assert 'name="total_price"' not in page
    assert 'name="status"' not in page


@pytest.mark.parametrize("url", ["add/", "{pk}/delete/"])
def test_orders_are_neither_made_nor_deleted_here(office, url):
    order = OrderFactory(status="cancelled")

    response = office.post(LIST + url.format(pk=order.pk), {"post": "yes"})
    page = act(office, "delete_selected", order)

    assert response.status_code == 403
    assert "Moved" not in page
    assert Order.objects.exists()


@pytest.mark.parametrize("model", ["order", "orderitem", "orderevent"])
def test_what_happened_is_changed_nowhere(office, model):
    order = OrderFactory()
    row = {"order": order, "orderitem": order.items.first(), "orderevent": order.events.first()}[model]

    response = office.post(f"/admin/orders/{model}/{row.pk}/change/", {"total_price": "0.01", "status": "completed"})

    assert response.status_code == 403
    assert statuses() == ["pending"]


def test_customer_has_no_business_here(user, branch):
    browser = Client()
    browser.force_login(user)
    order = OrderFactory()

    act(browser, "accept", order)

    assert statuses() == ["pending"]


@pytest.mark.parametrize("number", [1, 6])
def test_list_takes_as_many_queries_whatever_its_length(office, django_assert_num_queries, number):
    for _ in range(number):
        OrderFactory()

    with django_assert_num_queries(7):
        office.get(LIST)


def test_moments_of_an_order_are_the_branchs_own(office, user):
    branch = BranchFactory(timezone="America/New_York")
    order = OrderFactory(user=user, branch=branch, pickup_at=datetime(2027, 1, 5, 14, 30, tzinfo=UTC))

    pages = [office.get(url).content.decode() for url in (LIST, f"{LIST}{order.pk}/change/")]

    assert ["9:30 a.m. EST" in page for page in pages] == [True, True]
    for moment in (order.created_at, order.events.get().at):
        assert local_time(moment, branch) in pages[1]
