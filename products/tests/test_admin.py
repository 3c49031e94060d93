from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from products.models import BranchProduct, BranchStaff, Product, StockMovement, StopListEntry
from products.tests.adminforms import form_of, submit
from products.tests.factories import (
    BranchFactory,
    BranchHoursFactory,
    BranchProductFactory,
    CategoryFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db

PRODUCTS = "/admin/products/product/"


@pytest.fixture
def office(admin_user, client):
    """The back office in an administrator's browser."""
    client.credentials()
    client.force_login(admin_user)
    return client


def act(office, url: str, action: str, *rows):
    body = {"action": action, "_selected_action": [row.pk for row in rows], "post": "yes"}
    return office.post(url, body, format="multipart", follow=True)


def png(width: int = 3) -> SimpleUploadedFile:
    drawn = BytesIO()
    Image.new("RGB", (width, 2)).save(drawn, "PNG")
    return SimpleUploadedFile("evil.html", drawn.getvalue(), "text/html")


def test_product_is_sold_out_everywhere_until_the_next_opening(office, branch):
    croissant, bagel = ProductFactory(), ProductFactory()
    far = BranchFactory(timezone="Asia/Tokyo")
    BranchProductFactory(branch=branch, product=croissant, price="2.00", stock=4)
    toast = BranchProductFactory(branch=branch)

    act(office, PRODUCTS, "sell_out_today", croissant)

    entries = StopListEntry.objects.filter(product=croissant)
    now = timezone.now()
    for entry in entries:
        local = entry.until.astimezone(entry.branch.tz)
        assert now < entry.until <= now + timedelta(days=1)
        assert (local.hour, local.minute) == (0, 0)
    assert {entry.branch for entry in entries} == {branch, far}
    assert list(BranchProduct.objects.filter(product=croissant).values_list("price", "stock")) == [(2, 4)]
    assert not StopListEntry.objects.filter(product__in=[bagel, toast.product]).exists()


def test_products_are_put_on_and_off_the_menu(office):
    shown, hidden = ProductFactory(), ProductFactory(is_active=False)

    off = act(office, PRODUCTS, "unlist", shown, hidden)
    act(office, PRODUCTS, "list", hidden)

    assert "1 product was changed." in off.content.decode()
    assert list(Product.objects.filter(is_active=True)) == [hidden]


@pytest.mark.django_db(transaction=True)
def test_branch_rows_are_unlisted_sold_out_and_brought_back(office, branch):
    row = BranchProductFactory(branch=branch, stock=3)
    url = "/admin/products/branchproduct/"

    act(office, url, "unlist", row)
    act(office, url, "sell_out_today", row)
    row = BranchProduct.objects.with_sold_out_until().get()
    assert (row.is_listed, row.sold_out_until > timezone.now(), row.stock) == (False, True, 3)

    act(office, url, "list", row)
    act(office, url, "end_sold_out", row)
    row = BranchProduct.objects.with_sold_out_until().get()
    assert (row.is_listed, row.sold_out_until) == (True, None)


def test_stock_in_the_product_form_books_a_recount(office, admin_user, branch):
    row = BranchProductFactory(branch=branch, stock=3)

    response = submit(office, f"{PRODUCTS}{row.product.pk}/change/", **{"branch_products-0-stock": 5})

    booked = StockMovement.objects.filter(branch_product=row).values_list("change", "reason", "by")
    assert response.status_code == 302
    assert list(booked) == [(2, "corrected", admin_user.pk), (3, "corrected", None)]


def test_stock_sold_while_the_form_was_open_stays_sold(office, branch):
    row = BranchProductFactory(branch=branch, stock=3)
    form = form_of(office.get(f"{PRODUCTS}{row.product.pk}/change/"))
    BranchProduct.objects.update(stock=1)

    office.post(f"{PRODUCTS}{row.product.pk}/change/", {**form, "branch_products-0-price": "9.00"}, format="multipart")

    row.refresh_from_db()
    assert (row.stock, row.price) == (1, 9)


@pytest.mark.django_db(transaction=True)  # files go when the change is committed
def test_picture_is_drawn_anew_shown_and_taken_away(office, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    product = ProductFactory()
    url = f"{PRODUCTS}{product.pk}/change/"

    submit(office, url, picture=png())
    product.refresh_from_db()
    assert product.image.name.endswith(".png")
    assert product.image.url in office.get(PRODUCTS).content.decode()

    submit(office, url, without_picture="on")
    product.refresh_from_db()
    assert not product.image
    assert not list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize(
    "upload",
    [SimpleUploadedFile("x.png", b"<script>alert(1)</script>", "image/png"), png(width=50_000)],
    ids=["script", "wide"],
)
def test_picture_that_is_none_is_refused_in_the_form(office, upload):
    product = ProductFactory()

    response = submit(office, f"{PRODUCTS}{product.pk}/change/", picture=upload)

    assert "picture" in response.context["adminform"].form.errors
    product.refresh_from_db()
    assert not product.image


@pytest.mark.parametrize("price", ["-1", "NaN", "Infinity", "1e999", "1_0", "123456789.00", "1.234"])
def test_price_that_is_none_is_refused_in_the_form(office, price):
    product = ProductFactory(price="4.50")

    response = submit(office, f"{PRODUCTS}{product.pk}/change/", price=price)

    assert "price" in response.context["adminform"].form.errors
    product.refresh_from_db()
    assert f"{product.price}" == "4.50"


def test_hours_that_overlap_are_refused_in_the_form(office, branch):
    for opens in ("08:00", "12:00"):
        BranchHoursFactory(branch=branch, weekday=0, opens=opens, closes="18:00" if opens == "12:00" else "12:00")
    url = f"/admin/products/branch/{branch.pk}/change/"

    refused = submit(office, url, **{"hours-0-closes": "12:01"})
    taken = submit(office, url, **{"hours-0-closes": "11:59"})

    assert "Opening hours overlap." in refused.content.decode()
    assert taken.status_code == 302


def test_branch_needs_a_time_zone_that_exists(office, branch):
    response = submit(office, f"/admin/products/branch/{branch.pk}/change/", timezone="Mars/Olympus")

    assert "timezone" in response.context["adminform"].form.errors


def test_group_cannot_want_more_than_it_allows(office):
    body = {"name": "Size", "min_choices": 2, "max_choices": 1, "options-TOTAL_FORMS": 0, "options-INITIAL_FORMS": 0}

    response = office.post("/admin/products/optiongroup/add/", body, format="multipart")

    assert "At most must be 1 or more, and not below at least." in response.content.decode()


def test_lists_cost_the_same_however_long_they_are(office, branch, django_assert_max_num_queries):
    for product in ProductFactory.create_batch(20):
        BranchProductFactory(branch=branch, product=product)
    office.get(PRODUCTS)  # the session is there from now on

    for url, most in ((PRODUCTS, 12), ("/admin/products/branchproduct/", 12), ("/admin/products/branch/", 12)):
        with django_assert_max_num_queries(most):
            assert office.get(url).status_code == 200


def test_categories_are_put_in_order_on_their_list(office):
    first, second = CategoryFactory(position=1), CategoryFactory(position=2)
    body = {
        "form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save",
        "form-0-id": first.pk, "form-0-position": 2, "form-1-id": second.pk, "form-1-position": 1,
    }  # fmt: skip

    office.post("/admin/products/category/", body, format="multipart")

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.position, second.position) == (2, 1)


def test_barista_is_invited_and_placed_in_one_form(office, branch, mailoutbox):
    account = {"username": "vera", "email": "vera@example.com", "language": "en"}
    rows = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "0-branch": branch.pk, "0-position": "barista"}

    submit(office, "/admin/users/customuser/add/", **account, **{f"positions-{name}": rows[name] for name in rows})

    position = BranchStaff.objects.get()
    assert (position.user.username, position.branch, position.position) == ("vera", branch, "barista")
    assert [mail.to for mail in mailoutbox] == [["vera@example.com"]]
