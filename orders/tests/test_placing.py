from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import ANY

import pytest
from django.utils import timezone

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from orders.exceptions import BranchClosed, CartHasProblems, CartIsEmpty, TotalChanged
from orders.models import Order, PickupCounter
from orders.placing import place_order
from products.exceptions import BranchRequired
from products.models import Option, Product, StockMovement
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    BranchSpecialDayFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from users.tests.factories import AdminFactory, UserFactory

pytestmark = pytest.mark.django_db


def close_today(branch) -> None:
    for number in (-1, 0):
        BranchSpecialDayFactory(branch=branch, date=timezone.now().date() + timedelta(days=number))


def latte_with_oat(user, **values) -> tuple[Product, Option]:
    latte, group = ProductFactory(name="Латте", price="4.00"), OptionGroupFactory()
    latte.option_groups.add(group)
    oat = OptionFactory(group=group, name="Овсяное", price_delta="0.70")
    CartItemFactory(user=user, product=latte, options=[oat.pk], **values)
    return latte, oat


def test_order_copies_the_cart_and_empties_it(user, branch):
    latte, _oat = latte_with_oat(user, quantity=2)
    CartItemFactory(user=user, product__name="Раф", product__price="0.10")

    order = place_order(user=user)

    assert (str(order.total_price), order.currency, order.status) == ("9.50", "USD", "pending")
    assert [(item.product_name, str(item.unit_price), item.quantity) for item in order.items.all()] == [
        ("Латте", "4.70", 2),
        ("Раф", "0.10", 1),
    ]
    assert order.items.first().product == latte
    assert order.items.first().options == [{"id": ANY, "name": "Овсяное", "names": {}, "price_delta": "0.70"}]
    assert [(event.status, event.by) for event in order.events.all()] == [("pending", user)]
    assert not CartItem.objects.exists()


def test_order_stays_as_bought_whatever_the_menu_becomes(user, branch):
    latte, oat = latte_with_oat(user)
    order = place_order(user=user)

    Option.objects.filter(pk=oat.pk).update(name="Oats", price_delta="1.00")
    Product.objects.filter(pk=latte.pk).update(name="Latte", price="9.00")
    latte.option_groups.all().delete()
    Product.objects.all().delete()

    order.refresh_from_db()
    (item,) = order.items.all()
    assert (item.product, item.product_name, str(item.unit_price)) == (None, "Латте", "4.70")
    assert item.options == [{"id": oat.pk, "name": "Овсяное", "names": {}, "price_delta": "0.70"}]
    assert str(order.total_price) == "4.70"


def test_order_takes_the_branchs_prices_and_stock(user, branch):
    brooklyn, croissant = BranchFactory(), ProductFactory(price="2.00")
    here = BranchProductFactory(branch=branch, product=croissant, stock=5)
    there = BranchProductFactory(branch=brooklyn, product=croissant, stock=5, price="3.00")
    CartItemFactory(user=user, product=croissant, quantity=2)

    order = place_order(user=user, branch=brooklyn)

    here.refresh_from_db()
    there.refresh_from_db()
    assert (order.branch, str(order.total_price)) == (brooklyn, "6.00")
    assert (here.stock, there.stock) == (5, 3)


def test_stock_is_booked_once_for_all_a_products_lines(user, branch):
    latte, _oat = latte_with_oat(user, quantity=2)
    CartItemFactory(user=user, product=latte, quantity=3)
    row = BranchProductFactory(branch=branch, product=latte, stock=5)

    order = place_order(user=user)

    row.refresh_from_db()
    sold = StockMovement.objects.get(reason="sold")
    assert (row.stock, sold.change, sold.order_id, sold.by) == (0, -5, order.pk, user)


def test_numbers_are_short_and_count_by_branch_and_day(branch):
    brooklyn = BranchFactory()

    numbers = []
    for where in [branch, branch, brooklyn]:
        buyer = CartItemFactory().user
        numbers.append(place_order(user=buyer, branch=where).number)

    assert numbers == ["001", "002", "001"]


def test_business_day_is_the_branchs_own(user):
    far_ahead = BranchFactory(timezone="Pacific/Kiritimati")
    far_behind = BranchFactory(timezone="Pacific/Pago_Pago")

    days = []
    for where in (far_ahead, far_behind):
        CartItemFactory(user=user)
        days.append(place_order(user=user, branch=where).business_day)

    assert days[0] > days[1]


# --- Refusals -------------------------------------------------------------------------------------------------------


def test_refusals_come_in_the_contracts_order(user, branch):
    product = CartItemFactory(user=user, quantity=2).product
    BranchProductFactory(branch=branch, product=product, stock=1)
    close_today(branch)
    branch.is_default = False
    branch.save()

    refusals = []
    for repair in [
        lambda: setattr(branch, "is_default", True),
        lambda: branch.special_days.all().delete(),
        lambda: CartItemFactory(user=user, product=product, quantity=2),
        lambda: CartItem.objects.update(quantity=1),
        lambda: None,
    ]:
        if len(refusals) == 1:
            CartItem.objects.all().delete()
        with pytest.raises(Exception) as refusal:  # noqa: PT011 - which one is what the test is about
            place_order(user=user, expected_total=Decimal(1))
        refusals.append(refusal.type)
        repair()
        branch.save()

    assert refusals == [BranchRequired, BranchClosed, CartIsEmpty, CartHasProblems, TotalChanged]


def test_refused_order_leaves_no_trace(user, branch):
    item = CartItemFactory(user=user, quantity=2)
    row = BranchProductFactory(branch=branch, product=item.product, stock=5)
    CartItemFactory(user=user, product__is_active=True)
    Product.objects.exclude(pk=item.product.pk).update(is_active=False)

    with pytest.raises(CartHasProblems):
        place_order(user=user)

    row.refresh_from_db()
    assert (row.stock, row.movements.count()) == (5, 1)
    assert CartItem.objects.count() == 2
    assert not Order.objects.exists()
    assert not PickupCounter.objects.exists()


def test_cart_is_not_emptied_of_somebody_elses_lines(user, branch):
    CartItemFactory(user=user)
    strange = CartItemFactory()

    place_order(user=user)

    assert list(CartItem.objects.all()) == [strange]


# --- Hours ----------------------------------------------------------------------------------------------------------


def test_closed_branch_refuses_an_order_and_says_its_opening(user, branch):
    CartItemFactory(user=user)
    close_today(branch)

    with pytest.raises(BranchClosed) as refusal:
        place_order(user=user)

    tomorrow = timezone.now().date() + timedelta(days=1)
    assert refusal.value.extra["opens_at"] == datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC)


def test_closed_branch_takes_an_order_for_its_open_hours(user, branch):
    CartItemFactory(user=user)
    close_today(branch)
    tomorrow = timezone.now() + timedelta(days=1)

    order = place_order(user=user, pickup_at=tomorrow)

    assert order.pickup_at == tomorrow


def test_open_branch_refuses_an_order_for_its_closed_hours(user, branch):
    CartItemFactory(user=user)
    tomorrow = timezone.now() + timedelta(days=1)
    BranchSpecialDayFactory(branch=branch, date=tomorrow.date())

    with pytest.raises(BranchClosed) as refusal:
        place_order(user=user, pickup_at=tomorrow)

    assert refusal.value.extra["opens_at"].date() == tomorrow.date() + timedelta(days=1)


@pytest.mark.parametrize("lines", [1, 10])
def test_placing_costs_the_same_queries_whatever_the_cart_holds(branch, django_assert_num_queries, lines):
    buyer = UserFactory()
    for _ in range(lines):
        latte, _oat = latte_with_oat(buyer)
        BranchProductFactory(branch=branch, product=latte, stock=1)

    # savepoint (2), cart lock, branch, hours, stock lock, cart, offers, open orders, its lines, branch lock, open work,
    # number (2), order, its work, items, event, stock, movements, administrators
    with django_assert_num_queries(21):
        place_order(user=buyer)


def test_placing_over_http_costs_the_same_queries_whoever_hears(client, user, branch, django_assert_num_queries):
    AdminFactory.create_batch(3)
    CartItemFactory(user=user)

    # who asks and where they work, the key and its answer; without stock and its movements
    with django_assert_num_queries(23):
        response = client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="k")

    assert response.status_code == 201
