"""Rows by the thousand or million, made by the database itself, and the people who ask for them."""

from django.db import connection

from cart.services import add_to_cart
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
                (name, slug, description, price, prep_seconds, image, is_active, created_at, updated_at, category_id)
            SELECT 'Coffee ' || md5(n::text), 'coffee-' || n, 'Roasted for the morning. Кофе номер ' || n,
                   1 + n %% 900 / 100.0, 1, '', true, now() - n * interval '1 minute', now(),
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


def fill_menu(kept: int) -> None:
    """Only so many products are on the menu of `main`; the others are of other branches."""
    run(
        """
        INSERT INTO products_branchproduct (branch_id, product_id, is_listed)
        SELECT (SELECT id FROM products_branch WHERE is_default), id, false
        FROM (SELECT id FROM products_product ORDER BY id OFFSET %s) AS others
        ON CONFLICT (branch_id, product_id) DO UPDATE SET is_listed = false
        """,
        kept,
    )


def fill_orders(number: int, customer: CustomUser) -> None:
    """Half of a thousand are the customer's, the others somebody else's; one line and one event each."""
    first = people(100)[0].pk
    run("SET session_replication_role = replica")  # foreign keys need not be checked one by one: they are right
    run(
        """
        INSERT INTO orders_order (user_id, branch_id, business_day, number, status, subtotal_price, discounts,
                                  total_price, currency, note, cancel_reason, created_at, updated_at)
        SELECT CASE WHEN n %% %s = 0 THEN %s ELSE %s + n %% 100 END,
               (SELECT id FROM products_branch WHERE is_default), date '2020-01-01' + n / 1000, n %% 1000,
               (ARRAY['pending', 'ready', 'completed', 'cancelled'])[1 + n %% 4], 4.50, '[]',
               4.50, 'USD', '', '', moment, moment
        FROM generate_series(1, %s) AS n, LATERAL (SELECT now() - (%s - n) * interval '1 minute' AS moment) AS at
        """,
        max(2, number // 500), customer.pk, first, number, number,
    )  # fmt: skip
    run(
        """
        INSERT INTO orders_orderitem (order_id, product_id, product_name, options, unit_price, quantity)
        SELECT id, (SELECT min(id) FROM products_product), 'Coffee', '[]', 4.50, 1 FROM orders_order
        """
    )
    run(
        """
        INSERT INTO orders_orderevent (order_id, status, at, by_id)
        SELECT id, 'pending', created_at, user_id FROM orders_order
        """
    )
    run("SET session_replication_role = origin")
    run("ANALYZE")


def fill_messages(number: int, customer: CustomUser) -> int:
    """Conversations of 50 messages each, and the customer's of half of all. Returns the id of the customer's."""
    from support.models import Conversation

    own = Conversation.objects.create(customer=customer, last_seq=number // 2)
    others = number // 2 // 50
    run(
        """
        WITH customers AS (
            INSERT INTO users_customuser (password, is_superuser, username, username_key, first_name, last_name, email,
                pending_email, is_staff, is_active, date_joined, role, is_verified, language, session_epoch)
            SELECT '!', false, 'talker' || n, 'talker' || n, '', '', '', '', false, true, now(), 'user', true, 'en', 0
            FROM generate_series(1, %s) AS n RETURNING id
        )
        INSERT INTO support_conversation (customer_id, status, last_seq, customer_read_seq, staff_read_seq,
            customer_notified_seq, waiting_since, last_message_at, created_at, updated_at)
        SELECT id, 'open', 50, 50, 0, 0, CASE WHEN id %% 10 = 0 THEN moment END, moment, moment, moment
        FROM customers, LATERAL (SELECT now() - id %% 100000 * interval '1 minute' AS moment) AS at
        """,
        others,
    )
    run("SET session_replication_role = replica")
    run(
        """
        INSERT INTO support_message (conversation_id, seq, author_id, is_staff, client_id, text, created_at)
        SELECT id, seq, customer_id, false, gen_random_uuid(), 'Where is my order?', now()
        FROM support_conversation, generate_series(1, last_seq) AS seq
        """
    )
    run("SET session_replication_role = origin")
    run("ANALYZE")
    return own.pk


def fill_cart(customer: CustomUser) -> list[int]:
    """Three lines of one product each. Returns the ids of the products."""
    products = list(Product.objects.filter(branch_products__is_listed=True).order_by("pk")[:3])
    for product in products:
        add_to_cart(user=customer, product_id=product.pk, quantity=2)
    return [product.pk for product in products]
