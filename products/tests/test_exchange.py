"""The menu goes out as a file, and what comes in is compared, told and written as a whole."""

import csv
from decimal import Decimal
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.utils import translation

from products.exceptions import CatalogueMoved
from products.exchange.services import import_menu, keep_file, read_plan
from products.exchange.shop import Shop
from products.exchange.writing import as_csv, as_xlsx
from products.models import BranchProduct, MenuImport, Option, OptionGroup, Product, StockMovement
from products.tests.factories import (
    BranchProductFactory,
    CategoryFactory,
    IngredientFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from products.tests.menufiles import done, exported, numbers, wrong, xlsx
from rest.tests.races import overtaken

pytestmark = pytest.mark.django_db

PRODUCTS = ["slug", "name", "category", "price"]
PRICES = ["branch", "product", "is_listed", "price", "stock", "stock_before"]


@pytest.fixture
def latte(branch) -> Product:
    size = OptionGroupFactory(name="Size", min_choices=1, translations={"ru": {"name": "Размер"}})
    OptionFactory(group=size, name="Small")
    oat = OptionFactory(group=OptionGroupFactory(name="Milk"), name="Oat", price_delta="-0.70")
    oat.ingredients.add(IngredientFactory(name="Oat milk"))
    latte = ProductFactory(
        name="Latte", description="Espresso\nand milk", category=CategoryFactory(name="Coffee"),
        translations={"ru": {"name": "Латте", "description": "Эспрессо и молоко"}},
    )  # fmt: skip
    latte.option_groups.add(size, oat.group)
    BranchProductFactory(branch=branch, product=latte, price="5.20", stock=4, low_stock_threshold=2)
    return latte


NASTY = ["=1+1", "+7", "-5", "@home", "'=x", "'quoted'", "＝1", "#N/A", "a;b", "#12", "007", "1-2", "true", "a_x0041_"]


@pytest.mark.parametrize("write", [as_xlsx, as_csv])
def test_exported_file_changes_nothing_when_it_comes_back(latte, write):
    for number, name in enumerate(NASTY):
        product = ProductFactory(name=name, slug=f"{number}-{number}", description=f"\t{name}\r\n{name}\x01 ")
        product.option_groups.add(OptionGroupFactory(name=name), OptionGroupFactory(name="Twin"))
        product.ingredients.add(IngredientFactory(name=name))

    plan = read_plan(write(Shop())[0], "menu")

    assert (plan.problems, plan.is_empty) == ([], True)
    assert numbers(plan)["products"] == (0, 0, len(NASTY) + 1, 0)
    assert numbers(plan)["prices"] == (0, 0, 1, 0)


def test_no_cell_of_the_export_is_a_formula(branch):
    for name in NASTY:
        ProductFactory(name=name, description=f"\t{name}")

    content, _type = as_csv(Shop())

    texts = ZipFile(BytesIO(content)).read("products.csv").decode("utf-8-sig")
    cells = [cell for row in csv.reader(StringIO(texts)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))] == []


def test_changes_are_previewed_and_written(latte, admin_user):
    content = exported(products__name="Caffè latte", products__price="6.10", categories__position=3)

    changed = [
        change for sheet in read_plan(content, "menu.xlsx").sheets for row in sheet.changed for change in row.changes
    ]
    done(content, admin_user)

    latte.refresh_from_db()
    assert [(change.column, change.old, change.new) for change in changed] == [
        ("position", "0", "3"), ("name", "Latte", "Caffè latte"), ("price", "4.50", "6.10"),
    ]  # fmt: skip
    assert (latte.name, latte.price, latte.category.position) == ("Caffè latte", Decimal("6.10"), 3)


def test_new_rows_of_every_sheet_come_in_one_file(branch, admin_user):
    content = xlsx(
        categories=[["slug", "name", "name:ru"], [None, "Coffee", "Кофе"]],
        ingredients=[["name"], ["Oat milk"]],
        option_groups=[["name", "min_choices"], ["Milk", 1]],
        options=[["group", "name", "price_delta", "ingredients"], ["Milk", "Oat", "0,70", "Oat milk"]],
        products=[[*PRODUCTS, "option_groups", "is_active"], [None, "Латте", "Coffee", 4.5, "Milk", "нет"]],
        prices=[PRICES, ["main", "latte", True, "5.20", 7, None]],
    )

    plan = done(content, admin_user)

    product, option = Product.objects.get(), Option.objects.get()
    assert [added for added, *_rest in numbers(plan).values()] == [1] * 6
    assert (product.slug, product.price, product.is_active) == ("latte", Decimal("4.50"), False)
    assert (product.category.translations, product.option_groups.get()) == ({"ru": {"name": "Кофе"}}, option.group)
    assert (option.price_delta, option.ingredients.get().name) == (Decimal("0.70"), "Oat milk")
    assert StockMovement.objects.get().change == BranchProduct.objects.get().stock == 7
    assert read_plan(content, "again.xlsx").is_empty


def test_new_price_needs_branch_and_product_only(branch, admin_user):
    mocha = ProductFactory(name="Mocha")

    done(xlsx(prices=[["branch", "product", "is_listed"], ["main", "mocha", "no"]]), admin_user)

    row = mocha.branch_products.get()
    assert (row.is_listed, row.price, row.stock) == (False, None, None)


def test_name_that_several_have_is_asked_for_by_id(branch):
    for name, number in (("Twice", 2), ("Once", 1)):
        for group in OptionGroupFactory.create_batch(number, name=name):
            OptionFactory(group=group)

    plan = read_plan(xlsx(option_groups=[["name", "name:ru"], ["Twice", "Дважды"], ["Once", "Раз"]]), "menu.xlsx")

    assert wrong(plan) == [("option_groups", 2, "id")]


def test_ingredient_is_not_renamed_to_another_one(branch):
    oat, _soy = IngredientFactory(name="Oat milk"), IngredientFactory(name="Soy milk")

    plan = read_plan(xlsx(ingredients=[["id", "name"], [oat.pk, "Soy milk"]]), "menu.xlsx")

    assert wrong(plan) == [("ingredients", 2, "name")]


def test_cells_name_groups_and_number_only_namesakes(latte):
    OptionGroupFactory(name="Milk")

    content, _type = as_csv(Shop())

    texts = ZipFile(BytesIO(content)).read("products.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(StringIO(texts))
    milk = latte.option_groups.get(name="Milk")
    assert set(row["option_groups"].split("; ")) == {"Size", f"#{milk.pk}"}


def test_what_the_file_does_not_name_is_left_alone(latte, admin_user):
    mocha = ProductFactory(name="Mocha", price="4.00")
    content = xlsx(products=[["slug", "price"], ["mocha", 4.2]])

    plan = done(content, admin_user)

    mocha.refresh_from_db()
    assert (mocha.price, mocha.name, mocha.category.name) == (Decimal("4.20"), "Mocha", mocha.category.name)
    assert numbers(plan) == {"products": (0, 1, 0, 1)}
    assert Product.objects.get(pk=latte.pk).option_groups.count() == 2


def test_empty_cells_empty_what_may_be_empty(latte, admin_user):
    head = ["slug", "description", "name:ru", "description:ru", "option_groups", "prep_seconds"]

    done(xlsx(products=[head, ["latte", None, "Латте", None, None, None]]), admin_user)

    latte.refresh_from_db()
    assert (latte.description, latte.translations, latte.prep_seconds) == ("", {"ru": {"name": "Латте"}}, 60)
    assert not latte.option_groups.exists()


def test_stock_sold_since_the_export_is_not_put_back(latte, branch, admin_user):
    content = exported(prices__price=9.9)
    BranchProduct.objects.update(stock=1)

    done(content, admin_user)

    row = BranchProduct.objects.get()
    assert (row.price, row.stock) == (Decimal("9.90"), 1)


def test_typed_stock_is_booked_as_a_recount(latte, admin_user):
    done(exported(prices__stock=9), admin_user)

    assert list(StockMovement.objects.values_list("change", "reason", "by")) == [
        (5, "corrected", admin_user.pk),
        (4, "corrected", None),
    ]


def test_recount_below_the_threshold_is_told_to_its_managers(latte, admin_user, mailoutbox):
    done(exported(prices__stock=1), admin_user)

    assert [message.to for message in mailoutbox] == [[admin_user.email]]


def test_options_may_trade_their_names(branch, admin_user):
    group = OptionGroupFactory()
    one, other = (OptionFactory(group=group, name=name) for name in ("Small", "Large"))

    done(xlsx(options=[["id", "name"], [one.pk, "Large"], [other.pk, "Small"]]), admin_user)

    assert dict(Option.objects.values_list("pk", "name")) == {one.pk: "Large", other.pk: "Small"}


def test_row_silent_on_a_branch_makes_no_branch_row(latte, admin_user):
    BranchProduct.objects.all().delete()

    plan = done(xlsx(prices=[PRICES, ["main", "latte", True, None, None, None]]), admin_user)

    assert (plan.is_empty, BranchProduct.objects.exists()) == (True, False)


WRONG = {
    "unknown category": (["x", "X", "nowhere", 1], "category"),
    "no price": (["x", "X", "coffee", None], "price"),
    "price of letters": (["x", "X", "coffee", "cheap"], "price"),
    "price below zero": (["x", "X", "coffee", -1], "price"),
    "price of three places": (["x", "X", "coffee", 1.234], "price"),
    "endless price": (["x", "X", "coffee", "1e999"], "price"),
    "flag for a price": (["x", "X", "coffee", True], "price"),
    "formula for a price": (["x", "X", "coffee", "=1+1"], "price"),
    "formula for a name": (["x", "=HYPERLINK(A1)", "coffee", 1], "name"),
    "no name": (["x", None, "coffee", 1], "name"),
    "invisible name": (["x", "\u200b", "coffee", 1], "name"),
    "huge name": (["x", "X" * 30_000, "coffee", 1], "name"),
    "name that turns around": (["x", "\u202eX", "coffee", 1], "name"),
    "slug that is none": (["x y", "X", "coffee", 1], "slug"),
}


@pytest.mark.parametrize(("row", "column"), WRONG.values(), ids=WRONG)
def test_wrong_cell_is_named_and_nothing_is_written(latte, row, column):
    plan = read_plan(xlsx(products=[PRODUCTS, ["mocha", "Mocha", "coffee", 4], row]), "menu.xlsx")

    assert wrong(plan) == [("products", 3, column)]
    assert Product.objects.count() == 1


def test_wrong_cells_of_other_sheets_are_named(latte, branch):
    milk = OptionGroup.objects.get(name="Milk")
    content = xlsx(
        categories=[["slug", "name", "position", "description:ru"], ["c", "C", 40000, "Без имени"]],
        option_groups=[["id", "name", "min_choices", "max_choices"], [milk.pk, "Milk", 3, 1], [9**9, "X", 0, 1]],
        options=[["id", "group", "name"], [None, "Size", "Small"], [None, "Size", "Small"], [None, "Nope", "X"]],
        products=[["slug", "prep_seconds", "option_groups"], ["latte", 3601, "Size; Nope"]],
        prices=[PRICES, ["main", "latte", "maybe", "x", -1, None], ["nowhere", "nothing", True, 1, 1, None]],
    )

    found = wrong(read_plan(content, "menu.xlsx"))

    assert found == [
        ("categories", 2, "position"), ("categories", 2, "name:ru"),
        ("option_groups", 3, "id"), ("option_groups", 2, "max_choices"), ("option_groups", 2, "min_choices"),
        ("options", 3, "id"), ("options", 4, "group"),
        ("products", 2, "prep_seconds"), ("products", 2, "option_groups"),
        ("prices", 2, "is_listed"), ("prices", 2, "price"), ("prices", 2, "stock"),
        ("prices", 3, "branch"), ("prices", 3, "product"),
    ]  # fmt: skip


def test_same_slug_twice_names_both_rows(latte):
    plan = read_plan(xlsx(products=[["slug", "price"], ["latte", 1], ["latte", 2]]), "menu.xlsx")

    (problem,) = plan.problems
    assert (problem.row, problem.column, "Row 2" in problem.why) == (3, "slug", True)


def test_what_is_wrong_is_said_in_the_readers_language(latte):
    with translation.override("ru"):
        (problem,) = read_plan(xlsx(products=[["slug", "price"], ["latte", "x"]]), "menu.xlsx").problems

    assert problem.why == "Введите сумму, например 4.50."


def test_change_made_meanwhile_is_told_and_nothing_is_lost(latte, admin_user):
    content = xlsx(products=[["slug", "price"], ["latte", 9]])
    plan, kept = read_plan(content, "menu.xlsx"), keep_file(content=content, name="menu.xlsx", by=admin_user)
    Product.objects.update(price="7.00")

    with pytest.raises(CatalogueMoved):
        import_menu(file_id=kept.pk, digest=plan.digest, by=admin_user)

    assert Product.objects.get().price == 7
    import_menu(file_id=kept.pk, digest=read_plan(content, "menu.xlsx").digest, by=admin_user)
    assert Product.objects.get().price == 9
    assert not MenuImport.objects.exists()


def test_file_is_written_for_whoever_sent_it_only(latte, admin_user, user):
    content = xlsx(products=[["slug", "price"], ["latte", 9]])
    kept = keep_file(content=content, name="menu.xlsx", by=admin_user)

    with pytest.raises(MenuImport.DoesNotExist):
        import_menu(file_id=kept.pk, digest=read_plan(content, "menu.xlsx").digest, by=user)


@pytest.mark.django_db(transaction=True)
def test_import_is_undone_when_stock_sells_meanwhile(latte, branch, admin_user):
    content = exported(products__price=9, prices__stock=9)
    plan, kept = read_plan(content, "menu.xlsx"), keep_file(content=content, name="menu.xlsx", by=admin_user)

    def sell() -> None:
        BranchProduct.objects.locked().get()
        BranchProduct.objects.update(stock=3)

    with pytest.raises(CatalogueMoved):
        overtaken(sell, lambda: import_menu(file_id=kept.pk, digest=plan.digest, by=admin_user))

    assert (Product.objects.get().price, BranchProduct.objects.get().stock) == (Decimal("4.50"), 3)


@pytest.mark.django_db(transaction=True)
def test_import_is_undone_when_a_price_changes_meanwhile(latte, branch, admin_user):
    content = exported(products__price=9)
    plan, kept = read_plan(content, "menu.xlsx"), keep_file(content=content, name="menu.xlsx", by=admin_user)

    with pytest.raises(CatalogueMoved):
        overtaken(
            lambda: Product.objects.update(price="7.77"),
            lambda: import_menu(file_id=kept.pk, digest=plan.digest, by=admin_user),
        )

    assert Product.objects.get().price == Decimal("7.77")
