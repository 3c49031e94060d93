"""Carts, orders and stock against a plain model of them, in whatever order things are done.

`STATEFUL_STEPS=20000 python run.py test orders/tests/test_stateful.py -n 0 -s` takes that many steps.
"""

import os
from collections import Counter
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from rest_framework.exceptions import APIException, ValidationError

from cart.contents import read_cart
from cart.models import MAX_QUANTITY, CartItem
from cart.services import add_to_cart, change_item, clear_cart, remove_item
from orders import integrity as orders_integrity
from orders.models import Order
from orders.placing import place_order
from orders.services import change_status, delete_order
from orders.statuses import CUSTOMER_MOVES, STAFF_MOVES, Status
from products import integrity as products_integrity
from products.exceptions import InsufficientStock, StockNotTracked
from products.models import Branch, BranchProduct, Product
from products.stock import change_stock, save_branch_product
from products.tests.factories import BranchProductFactory, OptionFactory, OptionGroupFactory, ProductFactory
from users.tests.factories import AdminFactory, UserFactory

pytestmark = pytest.mark.django_db

STEPS_PER_LIFE = 100
steps = Counter()

who, what, which = st.integers(0, 1), st.integers(0, 2), st.integers(0, 30)
quantities = st.one_of(st.integers(1, 4), st.integers(1, MAX_QUANTITY))
choices = st.sampled_from([(), (0,), (1,), (0, 1)])
prices = st.decimals("0.01", "99.99", places=2)
stocks = st.one_of(st.none(), st.integers(0, 12))


class Shop(RuleBasedStateMachine):
    """Two customers, three products; the first one has an option group of which one option may be chosen."""

    @initialize()
    def open(self):
        self.life = transaction.atomic()
        self.life._from_testcase = True  # transactions within are whole ones
        self.life.__enter__()
        self.boss, self.users = AdminFactory(), UserFactory.create_batch(2)
        self.branch = Branch.objects.get_or_create(slug="main", defaults={"name": "Main", "is_default": True})[0]
        group = OptionGroupFactory(max_choices=1)
        self.options = [OptionFactory(group=group, price_delta=delta) for delta in ("0.50", "-3.00")]
        products = [ProductFactory(prep_seconds=0) for _ in range(3)]  # what the bar can do is tested by itself
        self.rows = [BranchProductFactory(branch=self.branch, stock=5, product=product) for product in products]
        self.rows[0].product.option_groups.add(group)
        self.price, self.stock = [Decimal("4.50")] * 3, [5] * 3
        self.is_sold, self.carts, self.orders = [True] * 3, ({}, {}), []

    def teardown(self):
        if not hasattr(self, "life"):
            return
        problems = [*products_integrity.problems(), *orders_integrity.problems()]
        transaction.set_rollback(True)
        self.life.__exit__(None, None, None)
        assert not problems

    # --- Carts ------------------------------------------------------------------------------------------------------

    @rule(who=who, what=what, quantity=quantities, chosen=choices)
    def add(self, who, what, quantity, chosen):
        cart, line = self.carts[who], (what, chosen)
        is_the_products = what == 0 or not chosen
        fits = self.is_sold[what] and is_the_products and cart.get(line, 0) + quantity <= MAX_QUANTITY
        if self.succeeds(ValidationError, add_to_cart, **self.named(who, what, chosen), quantity=quantity) and fits:
            cart[line] = cart.get(line, 0) + quantity
        self.expect(fits)

    @precondition(lambda self: any(self.carts))
    @rule(who=who, which=which, quantity=quantities, chosen=choices)
    def change(self, who, which, quantity, chosen):
        cart = self.carts[who]
        if not cart:
            return
        old = self.line(who, which)
        new = (old[0], chosen)
        absorbed = cart.get(new, 0) if new != old else 0
        fits = (old[0] == 0 or not chosen) and quantity + absorbed <= MAX_QUANTITY
        values = {"quantity": quantity, "options": self.ids(chosen)}
        self.succeeds(ValidationError, change_item, user=self.users[who], item_id=self.item(who, old).pk, **values)
        if fits:
            # The line keeps its place under its new configuration; a twin of it is gone.
            if new != old:
                cart.pop(new, None)
            lines = [(new, quantity + absorbed) if line == old else (line, number) for line, number in cart.items()]
            cart.clear()
            cart.update(lines)
        self.expect(fits)

    @precondition(lambda self: any(self.carts))
    @rule(who=who, which=which)
    def remove(self, who, which):
        if self.carts[who]:
            line = self.line(who, which)
            remove_item(user=self.users[who], item_id=self.item(who, line).pk)
            del self.carts[who][line]

    @rule(who=who)
    def clear(self, who):
        clear_cart(user=self.users[who])
        self.carts[who].clear()

    # --- The shop's own doings --------------------------------------------------------------------------------------

    @rule(what=what, price=prices)
    def reprice(self, what, price):
        Product.objects.filter(pk=self.rows[what].product_id).update(price=price)
        self.price[what] = price

    @rule(what=what, is_sold=st.booleans())
    def list_or_hide(self, what, is_sold):
        Product.objects.filter(pk=self.rows[what].product_id).update(is_active=is_sold)
        self.is_sold[what] = is_sold

    @rule(what=what, stock=stocks)
    def recount(self, what, stock):
        row = BranchProduct.objects.get(pk=self.rows[what].pk)
        row.stock = stock
        save_branch_product(row, changed=["stock"], by=self.boss)
        self.stock[what] = stock

    @rule(what=what, change=st.integers(-5, 5).filter(bool))
    def deliver(self, what, change):
        possible = self.stock[what] is not None and self.stock[what] + change >= 0
        refusals = (InsufficientStock, StockNotTracked)
        self.succeeds(
            refusals, change_stock, row_id=self.rows[what].pk, change=change, reason="delivered", by=self.boss
        )
        if possible:
            self.stock[what] += change
        self.expect(possible)

    # --- Orders -----------------------------------------------------------------------------------------------------

    @rule(who=who, surprise=st.sampled_from([None, 0, 1]))
    def place(self, who, surprise):
        total = self.total(who)
        expected = None if surprise is None else total + surprise
        possible = bool(self.carts[who]) and not self.problems(who) and not surprise
        if self.succeeds(APIException, place_order, user=self.users[who], expected_total=expected):
            taken = {what: number for what, number in self.wanted(who).items() if self.stock[what] is not None}
            for what, number in taken.items():
                self.stock[what] -= number
            order = {"pk": self.result.pk, "who": who, "status": Status.PENDING, "total": total, "taken": taken}
            self.orders.append(order)
            self.carts[who].clear()
        self.expect(possible)

    @precondition(lambda self: self.orders)
    @rule(which=which, to=st.sampled_from(Status), is_boss=st.booleans())
    def move(self, which, to, is_boss):
        order = self.orders[which % len(self.orders)]
        moves = (STAFF_MOVES if is_boss else CUSTOMER_MOVES).get(order["status"], [])
        by = self.boss if is_boss else self.users[order["who"]]
        self.succeeds(APIException, change_status, order_id=order["pk"], to=to, by=by)
        self.expect(to in moves or to == order["status"])
        if to in moves:
            order["status"] = to
            for what, number in order["taken"].items() if to == Status.CANCELLED else ():
                if self.stock[what] is not None:
                    self.stock[what] += number

    @precondition(lambda self: self.orders)
    @rule(which=which)
    def delete(self, which):
        order = self.orders[which % len(self.orders)]
        self.succeeds(APIException, delete_order, order_id=order["pk"])
        self.expect(order["status"] == Status.CANCELLED)
        if order["status"] == Status.CANCELLED:
            self.orders.remove(order)

    # --- What must be the same after every step ---------------------------------------------------------------------

    @invariant()
    def stock_is_the_models(self):
        steps["taken"] += 1
        if hasattr(self, "life"):
            rows = BranchProduct.objects.filter(pk__in=[row.pk for row in self.rows]).order_by("pk")
            assert list(rows.values_list("stock", flat=True)) == self.stock

    @invariant()
    def carts_are_the_models(self):
        for who in [steps["taken"] % 2] if hasattr(self, "life") else []:
            cart = read_cart(user=self.users[who], branch=self.branch, now=timezone.now())
            lines = {(self.place_of(line.product), self.chosen_of(line)): line.item.quantity for line in cart.lines}
            assert list(lines.items()) == list(self.carts[who].items())
            assert cart.total_price == self.total(who)
            assert Counter(problem["code"] for problem in cart.problems) == self.problems(who)

    @invariant()
    def orders_are_the_models(self):
        if hasattr(self, "life"):
            stored = Order.objects.order_by("pk").values_list("pk", "status", "total_price")
            assert list(stored) == [(order["pk"], order["status"], order["total"]) for order in self.orders]

    # --- The model --------------------------------------------------------------------------------------------------

    def unit_price(self, what, chosen):
        deltas = [Decimal("0.50"), Decimal("-3.00")]
        return max(Decimal(0), self.price[what] + sum(deltas[place] for place in chosen))

    def total(self, who):
        return sum((self.unit_price(*line) * number for line, number in self.carts[who].items()), Decimal(0))

    def wanted(self, who) -> Counter:
        wanted = Counter()
        for (what, _chosen), number in self.carts[who].items():
            wanted[what] += number
        return wanted

    def problems(self, who) -> Counter:
        found, wanted = Counter(), self.wanted(who)
        for what, chosen in self.carts[who]:
            found["product_unavailable"] += not self.is_sold[what]
            found["insufficient_stock"] += self.stock[what] is not None and wanted[what] > self.stock[what]
            found["too_many_choices"] += len(chosen) > 1
        return +found

    # --- Between the two --------------------------------------------------------------------------------------------

    def named(self, who, what, chosen) -> dict:
        return {"user": self.users[who], "product_id": self.rows[what].product_id, "options": self.ids(chosen)}

    def ids(self, chosen) -> list[int]:
        return [self.options[place].pk for place in chosen]

    def line(self, who, which):
        return list(self.carts[who])[which % len(self.carts[who])]

    def item(self, who, line) -> CartItem:
        place = list(self.carts[who]).index(line)
        return CartItem.objects.filter(user=self.users[who])[place]

    def place_of(self, product) -> int:
        return [row.product_id for row in self.rows].index(product.pk)

    def chosen_of(self, line) -> tuple:
        return tuple(sorted(self.options.index(option) for option in line.options))

    def succeeds(self, refusals, service, **values) -> bool:
        """Whether the service did it; what it gave is then the `result`."""
        try:
            self.result, self.done = service(**values), True
        except refusals:
            self.done = False
        return self.done

    def expect(self, done: bool) -> None:
        assert self.done == done


def live(lives: int) -> None:
    unhurried = settings(
        max_examples=lives,
        stateful_step_count=STEPS_PER_LIFE,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Shop, settings=unhurried)


def test_shop_does_what_a_plain_model_of_it_does():
    wanted = int(os.environ.get("STATEFUL_STEPS", "500"))

    while steps["taken"] < wanted:
        live(max(1, (wanted - steps["taken"]) // STEPS_PER_LIFE))

    print(f"{steps['taken']} steps without a divergence")


def test_model_notices_when_stock_does_not_come_back(monkeypatch):
    monkeypatch.setattr("orders.changes.return_stock", lambda **values: None)
    shop = Shop()
    shop.open()
    shop.add(who=0, what=1, quantity=2, chosen=())
    shop.place(who=0, surprise=None)
    shop.stock_is_the_models()

    shop.move(which=0, to=Status.CANCELLED, is_boss=True)

    with pytest.raises(AssertionError):
        shop.stock_is_the_models()
    shop.teardown()
