"""The pages of the back office on which the menu goes out and comes in."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from products.models import MenuImport, Product
from products.tests.factories import ProductFactory
from products.tests.menufiles import exported, xlsx
from rest.spreadsheets import XLSX

pytestmark = pytest.mark.django_db

PAGE = "/admin/products/product/exchange/"


@pytest.fixture
def office(admin_user, client):
    """The back office in an administrator's browser."""
    client.credentials()
    client.force_login(admin_user)
    return client


@pytest.fixture
def latte(branch) -> Product:
    return ProductFactory(name="Latte")


def send(office, content: bytes, name: str = "menu.xlsx"):
    return office.post(PAGE, {"file": SimpleUploadedFile(name, content)}, format="multipart", follow=True)


def confirm(office, page, **fields):
    answer = {"digest": page.context["plan"].digest, **fields}
    return office.post(page.request["PATH_INFO"], answer, format="multipart", follow=True)


@pytest.mark.parametrize(("kind", "content_type"), [("xlsx", XLSX), ("csv", "application/zip")])
def test_menu_goes_out_as_a_file(office, latte, kind, content_type):
    answer = office.get(f"{PAGE}export/?as={kind}")

    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"].startswith('attachment; filename="menu-20')
    assert answer.content.startswith(b"PK")


def test_export_of_no_kind_is_404(office):
    assert [office.get(f"{PAGE}export/{query}").status_code for query in ("", "?as=pdf")] == [404, 404]


def test_next_reader_sees_what_a_file_changed(office, anonymous, latte):
    assert anonymous.get("/api/products/").json()["results"][0]["price"] == "4.50"

    page = send(office, exported(products__price="5.25"))
    assert f"{Product.objects.get().price}" == "4.50"
    done = confirm(office, page)

    assert "0 rows were added, 1 row was changed: menu.xlsx" in done.content.decode()
    assert anonymous.get("/api/products/").json()["results"][0]["price"] == "5.25"
    assert LogEntry.objects.get().object_id == f"{latte.pk}"
    assert not MenuImport.objects.exists()


def test_preview_shows_old_and_new_as_text(office, latte):
    page = send(office, exported(products__name="<script>alert(1)</script>"), name="<b>.xlsx").content.decode()

    assert "<del>Latte</del>" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page and "<b>.xlsx" not in page  # noqa: PT018


def test_wrong_cells_are_listed_and_the_file_discarded(office, latte):
    page = send(office, exported(products__price="cheap"))

    assert [(one.row, one.column) for one in page.context["problems"]] == [(2, "price")]
    assert "Enter an amount such as 4.50." in page.content.decode()
    assert not MenuImport.objects.exists()


@pytest.mark.parametrize("content", [b"", b"x" * (5 * 1024 * 1024 + 1), b"\x89PNG", "slug\nЛатте".encode("cp1251")])
def test_file_that_is_none_is_told_beside_the_form(office, latte, content):
    page = send(office, content, name="products.csv")

    assert page.status_code == 200
    assert page.context["form"].errors["file"]


def test_change_between_preview_and_yes_is_shown_anew(office, latte):
    page = send(office, exported(products__price="5.25"))
    Product.objects.update(price="7.00")

    again = confirm(office, page)

    assert "The menu has been changed meanwhile" in again.content.decode()
    assert "<del>7.00</del>" in again.content.decode()
    assert Product.objects.get().price == 7
    confirm(office, again)
    assert f"{Product.objects.get().price}" == "5.25"


def test_second_yes_and_a_file_given_up_change_nothing(office, latte):
    page = send(office, exported(products__price="5.25"))
    confirm(office, page)
    Product.objects.update(price="7.00")

    twice = confirm(office, page)
    given_up = confirm(office, send(office, exported(products__price="5.25")), give_up="1")

    assert "written already, or given up" in twice.content.decode()
    assert given_up.request["PATH_INFO"] == PAGE
    assert (Product.objects.get().price, MenuImport.objects.exists()) == (7, False)


@pytest.mark.parametrize("digest", ["", "x", "\0"])
def test_yes_to_what_was_not_seen_writes_nothing(office, latte, digest):
    page = send(office, exported(products__price="5.25"))

    confirm(office, page, digest=digest)

    assert f"{Product.objects.get().price}" == "4.50"


def test_form_from_another_site_is_refused(admin_user, latte):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin_user)

    assert browser.post(PAGE, {"file": SimpleUploadedFile("menu.xlsx", exported())}).status_code == 403


@pytest.mark.parametrize("object_id", ["0", "999", "x", "9" * 30, "%00", "-1"])
def test_preview_of_no_file_leads_back(office, object_id):
    assert office.get(f"{PAGE}{object_id}/").status_code in {302, 404}


def test_long_file_costs_the_page_no_more_queries(office, latte, django_assert_max_num_queries):
    rows = [["slug", "name", "category", "price"]] + [[f"p-{n}", f"P {n}", latte.category.slug, 1] for n in range(200)]
    page = send(office, xlsx(products=rows))

    with django_assert_max_num_queries(60):
        confirm(office, page)

    assert Product.objects.count() == 201
