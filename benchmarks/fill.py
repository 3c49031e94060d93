"""Rows by the thousand or million, made by the database itself, and the people who ask for them."""

from django.db import connection

from products.models import Category, Option, OptionGroup, Product
from users.models import CustomUser, Role
from users.tokens import start_family

CATEGORIES, GROUPS, OPTIONS = 10, 8, 4


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def fill_catalogue(products: int) -> None:
    """So many products with two option groups each, a third of them with a price and a stock of their own at `main`."""
    if not Category.objects.exists():
        Category.objects.bulk_create(
            Category(name=f"Category {number}", slug=f"category-{number}", position=number)
            for number in range(CATEGORIES)
        )
        groups = OptionGroup.objects.bulk_create(OptionGroup(name=f"Group {number}") for number in range(GROUPS))
        Option.objects.bulk_create(
            Option(group=group, name=f"Option {number}", price_delta=number, position=number)
            for group in groups
            for number in range(OPTIONS)
        )
    add_products(Product.objects.count(), products)


def add_products(start: int, end: int) -> None:
    run(
        """
        WITH new AS (
            INSERT INTO products_product
                (name, slug, description, price, image, is_active, created_at, updated_at, category_id)
            SELECT 'Coffee ' || md5(n::text), 'coffee-' || n, 'Roasted for the morning. Кофе номер ' || n,
                   1 + n %% 900 / 100.0, '', true, now() - n * interval '1 minute', now(),
                   (SELECT min(id) FROM products_category) + n %% %s
            FROM generate_series(%s, %s) AS n
            RETURNING id
        ), asked AS (
            INSERT INTO products_product_option_groups (product_id, optiongroup_id)
            SELECT new.id, (SELECT min(id) FROM products_optiongroup) + (new.id + shift) %% %s
            FROM new, generate_series(0, 1) AS shift
        )
        INSERT INTO products_branchproduct (branch_id, product_id, is_listed, price, stock)
        SELECT (SELECT id FROM products_branch WHERE is_default), id, true, 1 + id %% 700 / 100.0, 1000000
        FROM new WHERE id %% 3 = 0
        """,
        CATEGORIES, start + 1, end, GROUPS,
    )  # fmt: skip
    run("ANALYZE")


def people(number: int, role: Role = Role.USER) -> list[CustomUser]:
    """Without passwords: they come with tokens."""
    first = CustomUser.objects.count()
    names = [f"{role}{first + count}" for count in range(number)]
    return CustomUser.objects.bulk_create(
        CustomUser(username=name, username_key=name, email=f"{name}@example.com", role=role, is_verified=True)
        for name in names
    )


def bearer(user: CustomUser) -> str:
    return f"Bearer {start_family(user)['access']}"
