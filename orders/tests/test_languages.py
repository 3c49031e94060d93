"""An order speaks to each reader in their language, also when the menu says something else by then."""

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils.translation import override

from orders.models import Order
from orders.tests.factories import OrderFactory
from orders.tests.test_consumers import OrdersSocket
from products.models import Branch, BranchStaff, Option, OptionGroup, Position, Product
from products.tests.factories import OptionFactory, OptionGroupFactory, ProductFactory
from promotions.discounts import Bill, Item
from realtime.threads import in_database
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

RUSSIAN = {"HTTP_ACCEPT_LANGUAGE": "ru"}


@pytest.fixture
def latte(branch):
    product = ProductFactory(name="Latte", translations={"ru": {"name": "Латте"}})
    group = OptionGroupFactory(name="Milk", translations={"ru": {"name": "Молоко"}})
    OptionFactory(group=group, name="Oat", translations={"ru": {"name": "Овсяное"}})
    product.option_groups.add(group)
    Branch.objects.update(name="Nevsky", translations={"ru": {"name": "Невский"}})
    return product


@pytest.fixture
def order(client, user, latte) -> Order:
    client.post("/api/cart/", {"product": latte.pk, "options": [Option.objects.get().pk]})
    return Order.objects.get(pk=client.post("/api/orders/", {}).json()["id"])


def names_in(order: dict) -> list[str]:
    line = order["items"][0]
    return [line["product_name"], *(option["name"] for option in line["options"])]


def test_order_keeps_the_names_it_was_sold_by(client, latte, order):
    Product.objects.update(name="Renamed", translations={"ru": {"name": "Другое"}})
    Option.objects.all().delete()

    russian = client.get(f"/api/orders/{order.pk}/", **RUSSIAN)
    english = client.get(f"/api/orders/{order.pk}/")

    assert names_in(russian.json()) == ["Латте", "Овсяное"]
    assert names_in(english.json()) == ["Latte", "Oat"]
    assert russian.json()["items"][0].keys() == english.json()["items"][0].keys()
    assert set(russian.json()["items"][0]["options"][0]) == {"name", "price_delta"}
    assert (russian["Content-Language"], english["Content-Language"]) == ("ru", "en")


def test_order_tells_its_pickup_place_in_its_readers_language(client, order):
    Branch.objects.update(pickup_place="Window", translations={"ru": {"name": "Невский", "pickup_place": "Окно"}})

    russian, english = (client.get(f"/api/orders/{order.pk}/", HTTP_ACCEPT_LANGUAGE=one).json() for one in ("ru", "en"))

    assert (russian["pickup_place"], english["pickup_place"]) == ("Окно", "Window")
    assert "pickup_places" not in russian


def test_list_of_orders_differs_by_language_in_its_etag(client, order):
    russian = client.get("/api/orders/?open=true", **RUSSIAN)
    english = client.get("/api/orders/?open=true")

    assert names_in(russian.json()["results"][0]) == ["Латте", "Овсяное"]
    assert russian["ETag"] != english["ETag"]


def test_order_from_before_translations_is_shown_as_it_was(client, user, order):
    line = order.items.get()
    line.product_names, line.options = {}, [{"id": 1, "name": "Oat", "price_delta": "0.00"}]
    line.save()

    assert names_in(client.get(f"/api/orders/{order.pk}/", **RUSSIAN).json()) == ["Latte", "Oat"]


def test_cart_and_its_problems_speak_the_readers_language(client, user, latte):
    OptionGroup.objects.update(min_choices=2, max_choices=2)
    OptionFactory(group=OptionGroup.objects.get(), name="Soy")
    client.post("/api/cart/", {"product": latte.pk, "options": [Option.objects.get(name="Oat").pk]})

    russian, english = client.get("/api/cart/", **RUSSIAN).json(), client.get("/api/cart/").json()

    assert names_in(russian) == ["Латте", "Овсяное"]
    assert "Молоко" in russian["problems"][0]["detail"]
    assert "Латте" in russian["problems"][0]["detail"]
    assert names_in(english) == ["Latte", "Oat"]
    assert "Milk" in english["problems"][0]["detail"]


def test_option_that_is_gone_keeps_its_names_in_carts(client, user, latte):
    client.post("/api/cart/", {"product": latte.pk, "options": [Option.objects.get().pk]}, **RUSSIAN)
    Option.objects.all().delete()

    assert names_in(client.get("/api/cart/", **RUSSIAN).json()) == ["Латте", "Овсяное"]
    assert names_in(client.get("/api/cart/").json()) == ["Latte", "Oat"]


def test_favourite_without_a_name_of_its_own_speaks_too(client, latte):
    client.post("/api/favourites/", {"product": latte.pk})

    answers = [client.get("/api/favourites/", **headers).json()["results"] for headers in (RUSSIAN, {})]

    assert [answer[0]["name"] for answer in answers] == ["Латте", "Latte"]


def test_customer_is_written_to_in_their_language(admin_user, client, user, latte):
    user.language = "ru"
    user.save()
    client.post("/api/cart/", {"product": latte.pk, "options": [Option.objects.get().pk]})
    client.post("/api/orders/", {})

    call_command("send_queued_mail")

    email = next(email for email in mail.outbox if email.to == [user.email])
    assert "Невский" in email.subject
    assert "Латте, Овсяное" in email.body


@pytest.mark.django_db(transaction=True)
async def test_board_speaks_its_branchs_language_and_customers_theirs(user, branch):
    barista = await in_database(prepare)(user, branch)

    async with await OrdersSocket.of(user) as own, await OrdersSocket.of(barista, branch) as board:
        assert names_in(own.ready["orders"][0]) == ["Latte"]
        assert names_in(board.ready["orders"][0]) == ["Латте"]

        order = await in_database(OrderFactory)(user=user, product=await in_database(Product.objects.get)())

        assert names_in((await own.hear())["order"]) == ["Latte"]
        heard = (await board.hear())["order"]
        assert (heard["id"], names_in(heard)) == (order.pk, ["Латте"])


def prepare(user, branch):
    """A Russian branch, with a barista who reads English, and an order that waits."""
    Branch.objects.update(language="ru")
    OrderFactory(user=user, product=ProductFactory(name="Latte", translations={"ru": {"name": "Латте"}}))
    return BranchStaff.objects.create(user=UserFactory(), branch=branch, position=Position.BARISTA).user


@pytest.mark.parametrize("path", ["/board/main/", "/board/main/screen/"])
def test_pages_of_a_branch_are_in_its_language(anonymous, branch, path):
    Branch.objects.update(language="ru", translations={"ru": {"name": "Невский"}})

    page = anonymous.get(path, HTTP_ACCEPT_LANGUAGE="en")

    assert page["Content-Language"] == "ru"
    assert '<html lang="ru">' in page.content.decode()


@pytest.mark.parametrize("path", ["/board/", "/board/elsewhere/"])
def test_board_of_no_branch_is_in_the_browsers_language(anonymous, branch, path):
    assert '<html lang="ru">' in anonymous.get(path, **RUSSIAN).content.decode()


def test_discount_names_what_is_free_in_the_readers_language():
    bill = Bill([Item("Latte", 1, 5, 1, {"ru": "Латте"})])
    bill.free_cup(covers=lambda _category: True, max_price=None, kind="reward", code=None)

    (discount,) = bill.discounts

    with override("ru"):
        assert discount.shown_detail == "Латте"
    with override("en"):
        assert discount.shown_detail == "Latte"
    assert discount.as_json()["details"] == {"ru": "Латте"}
