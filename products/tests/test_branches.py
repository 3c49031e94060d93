from datetime import UTC, datetime

import pytest
from django.db.models import Sum

from products.models import Branch, BranchProduct, StockMovement
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    CategoryFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db

NIGHT = {"weekday": 4, "opens": "18:00", "closes": "02:00"}


def test_branch_is_made_with_hours_and_tells_its_opening(admin_client, anonymous, branch):
    body = {"name": "Кофейня на Невском", "timezone": "Europe/Moscow", "hours": [NIGHT]}

    created = admin_client.post("/api/branches/", body)

    seen = anonymous.get(f"/api/branches/{created.json()['slug']}/").json()
    assert created.status_code == 201
    assert seen["slug"] == "kofeinia-na-nevskom"
    assert seen["hours"] == [{"weekday": 4, "opens": "18:00:00", "closes": "02:00:00"}]
    assert seen["is_open"] in {True, False}
    assert datetime.fromisoformat(seen["next_change_at"]) > datetime.now(UTC)


def test_branch_without_hours_is_always_open(anonymous, branch):
    seen = anonymous.get("/api/branches/main/").json()

    assert (seen["is_open"], seen["next_change_at"], seen["is_default"]) == (True, None, True)


def test_hours_of_other_branches_stay(admin_client, branch):
    BranchFactory(slug="brooklyn")
    admin_client.patch("/api/branches/brooklyn/", {"hours": [NIGHT]})

    admin_client.patch("/api/branches/main/", {"hours": []})

    assert len(admin_client.get("/api/branches/brooklyn/").json()["hours"]) == 1


def test_hours_are_replaced_whole_and_kept_when_not_sent(admin_client, branch):
    admin_client.patch("/api/branches/main/", {"hours": [NIGHT, {**NIGHT, "weekday": 5}]})
    renamed = admin_client.patch("/api/branches/main/", {"name": "Renamed"})
    emptied = admin_client.patch("/api/branches/main/", {"hours": []})

    assert len(renamed.json()["hours"]) == 2
    assert emptied.json()["hours"] == []


@pytest.mark.parametrize(
    "hours",
    [
        [NIGHT, {"weekday": 4, "opens": "20:00", "closes": "23:00"}],
        [NIGHT, {"weekday": 5, "opens": "01:00", "closes": "03:00"}],
        [NIGHT, NIGHT],
        [{"weekday": 6, "opens": "22:00", "closes": "03:00"}, {"weekday": 0, "opens": "02:00", "closes": "09:00"}],
        [{"weekday": 2, "opens": "00:00", "closes": "00:00"}, {"weekday": 2, "opens": "08:00", "closes": "09:00"}],
        [{"weekday": 7, "opens": "08:00", "closes": "09:00"}],
        [{"weekday": -1, "opens": "08:00", "closes": "09:00"}],
        [{"weekday": True, "opens": "08:00", "closes": "09:00"}],
        [{"weekday": "1", "opens": "08:00", "closes": "09:00"}],
        [{"weekday": 1, "opens": "25:00", "closes": "09:00"}],
        [{"weekday": 1, "opens": "08:00Z", "closes": "09:00"}],
        [{"weekday": 1, "opens": "08:00+01:00", "closes": "09:00"}],
        [{"weekday": 1, "opens": "٠٨:00", "closes": "09:00"}],
        [{"weekday": 1, "opens": "08:00"}],
        ["monday"],
        "always",
        None,
    ],
)
def test_hours_that_overlap_or_make_no_sense_are_refused(admin_client, branch, hours):
    response = admin_client.patch("/api/branches/main/", {"hours": hours})

    assert (response.status_code, list(response.json())) == (400, ["hours"])
    assert not branch.hours.exists()


def test_hours_that_only_touch_are_fine(admin_client, branch):
    hours = [
        NIGHT,
        {"weekday": 5, "opens": "02:00", "closes": "04:00"},
        {"weekday": 6, "opens": "00:00", "closes": "00:00"},
    ]

    assert admin_client.patch("/api/branches/main/", {"hours": hours}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timezone", "Mars/Olympus"),
        ("timezone", "../etc/passwd"),
        ("latitude", "91"),
        ("latitude", "NaN"),
        ("latitude", "1_0"),
        ("longitude", "١"),
        ("longitude", "Infinity"),
        ("longitude", ""),
        ("slug", "a b"),
        ("name", ""),
        ("special_days", [{"date": "2026-12-31", "opens": "08:00"}]),
        ("special_days", [{"date": "2026-12-31"}, {"date": "2026-12-31"}]),
        ("special_days", [{"date": "2026-02-30"}]),
        ("special_days", [{"date": "٢٠٢٦-12-31"}]),
        ("special_days", [{"date": "2026-1-1"}]),
    ],
)
def test_branch_names_the_field_that_makes_no_sense(admin_client, branch, field, value):
    response = admin_client.patch("/api/branches/main/", {field: value})

    assert (response.status_code, list(response.json())) == (400, [field])


def test_new_default_takes_the_place_of_the_old_one(admin_client, branch):
    response = admin_client.post("/api/branches/", {"name": "Brooklyn", "is_default": True})

    assert response.status_code == 201
    assert Branch.objects.default().name == "Brooklyn"
    assert Branch.objects.filter(is_default=True).count() == 1


def test_branch_out_of_business_is_seen_by_administrators_only(admin_client, client, anonymous, branch):
    BranchFactory(slug="closed", is_active=False)

    statuses = [
        caller.get(f"/api/branches/closed/{query}").status_code
        for caller, query in [
            (anonymous, ""), (admin_client, ""), (anonymous, "?include_inactive=true"),
            (client, "?include_inactive=true"), (admin_client, "?include_inactive=true"),
        ]
    ]  # fmt: skip

    assert statuses == [404, 404, 401, 403, 200]


# --- The menu -------------------------------------------------------------------------------------------------------


def test_menu_is_the_whole_tree_at_branch_prices(anonymous, branch):
    latte, hidden, unlisted = ProductFactory(price="4.00"), ProductFactory(is_active=False), ProductFactory()
    oat = OptionFactory(name="Oat", price_delta="0.70")
    latte.option_groups.add(oat.group)
    BranchProductFactory(branch=branch, product=latte, price="5.20", stock=0)
    BranchProductFactory(branch=branch, product=unlisted, is_listed=False)

    menu = anonymous.get("/api/branches/main/menu/").json()

    (category,) = menu["categories"]
    (product,) = category["products"]
    (group,) = product["option_groups"]
    assert (menu["branch"]["slug"], menu["currency"]) == ("main", "USD")
    assert (product["id"], product["price"], product["is_available"]) == (latte.pk, "5.20", False)
    assert [(option["id"], option["is_available"]) for option in group["options"]] == [(oat.pk, True)]
    assert hidden.pk not in {product["id"] for product in category["products"]}


def test_menu_is_in_the_order_of_positions_then_names(anonymous, admin_client, branch):
    coffee = CategoryFactory()
    a, b, c = (ProductFactory(name=name, category=coffee, position=1) for name in "ABC")

    saved = admin_client.patch(f"/api/products/{c.pk}/", {"position": 0})

    (category,) = anonymous.get("/api/branches/main/menu/").json()["categories"]
    assert (saved.status_code, saved.json()["position"]) == (200, 0)
    assert [product["id"] for product in category["products"]] == [c.pk, a.pk, b.pk]


def test_menu_costs_the_same_queries_however_long(anonymous, branch, django_assert_num_queries):
    for _ in range(3):
        product = ProductFactory()
        product.option_groups.add(OptionFactory().group, OptionFactory().group)

    with django_assert_num_queries(7):
        assert len(anonymous.get("/api/branches/main/menu/").json()["categories"]) == 3


def test_menu_is_answered_with_304_until_something_changes(anonymous, admin_client, branch):
    product = ProductFactory()
    first = anonymous.get("/api/branches/main/menu/")

    same = anonymous.get("/api/branches/main/menu/", HTTP_IF_NONE_MATCH=first["ETag"])
    admin_client.patch(f"/api/products/{product.pk}/", {"price": "9.99"})
    changed = anonymous.get("/api/branches/main/menu/", HTTP_IF_NONE_MATCH=first["ETag"])

    assert (same.status_code, same.content) == (304, b"")
    assert first["Cache-Control"] == "no-cache"
    assert changed.status_code == 200


# --- What one branch does differently -------------------------------------------------------------------------------


def booked(row_id: int) -> int:
    return StockMovement.objects.filter(branch_product=row_id).aggregate(total=Sum("change"))["total"] or 0


def test_branch_product_sets_its_price_and_books_a_recount(admin_client, branch):
    body = {"branch": "main", "product": ProductFactory().pk, "price": "5.20", "stock": 10}

    created = admin_client.post("/api/branch-products/", body)
    row_id = created.json()["id"]
    recounted = admin_client.patch(f"/api/branch-products/{row_id}/", {"stock": 7})
    made_to_order = admin_client.patch(f"/api/branch-products/{row_id}/", {"stock": None})

    assert created.status_code == 201
    unset = {"low_stock_threshold": None, "sold_out_until": None}
    assert recounted.json() == {**body, "id": row_id, "is_listed": True, "stock": 7, **unset}
    assert made_to_order.json()["stock"] is None
    assert list(StockMovement.objects.order_by("pk").values_list("change", flat=True)) == [10, -3, -7]


def test_delivery_is_added_and_waste_taken_away(admin_client, admin_user, branch):
    row = BranchProductFactory(branch=branch, stock=5)

    delivered = admin_client.post(f"/api/branch-products/{row.pk}/stock/", {"change": 12, "reason": "delivered"})
    wasted = admin_client.post(f"/api/branch-products/{row.pk}/stock/", {"change": -2, "reason": "wasted"})

    movement = StockMovement.objects.first()
    assert (delivered.json()["stock"], wasted.json()["stock"]) == (17, 15)
    assert (movement.change, movement.reason, movement.by) == (-2, "wasted", admin_user)
    assert booked(row.pk) == 15


def test_delivery_with_the_same_key_is_booked_once(admin_client, branch):
    row = BranchProductFactory(branch=branch, stock=5)
    body = {"change": 12, "reason": "delivered"}

    for _ in range(2):
        response = admin_client.post(f"/api/branch-products/{row.pk}/stock/", body, HTTP_IDEMPOTENCY_KEY="truck")

    assert response.json()["stock"] == 17


def test_stock_is_refused_when_negative_or_not_kept(admin_client, branch):
    kept, made = BranchProductFactory(branch=branch, stock=5), BranchProductFactory(branch=branch)

    below = admin_client.post(f"/api/branch-products/{kept.pk}/stock/", {"change": -6, "reason": "wasted"})
    none = admin_client.post(f"/api/branch-products/{made.pk}/stock/", {"change": 1, "reason": "delivered"})

    assert (below.status_code, below.json()["code"], below.json()["available"]) == (409, "insufficient_stock", 5)
    assert (none.status_code, none.json()["code"]) == (409, "stock_not_tracked")
    assert booked(kept.pk) == 5


@pytest.mark.parametrize(
    "body",
    [
        {"change": 0, "reason": "delivered"}, {"change": 1.5, "reason": "delivered"},
        {"change": True, "reason": "delivered"}, {"change": "5", "reason": "delivered"},
        {"change": 2**63, "reason": "delivered"}, {"change": 5, "reason": "sold"}, {"change": 5}, {},
    ],
)  # fmt: skip
def test_stock_change_that_makes_no_sense_is_refused(admin_client, branch, body):
    row = BranchProductFactory(branch=branch, stock=5)

    assert admin_client.post(f"/api/branch-products/{row.pk}/stock/", body).status_code == 400
    assert BranchProduct.objects.get().stock == 5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", "-1.00"), ("price", 5), ("price", "1e3"), ("stock", -1), ("stock", 2**31), ("stock", "5"),
        ("stock", True), ("sold_out_until", "soon"), ("sold_out_until", "9999-12-31T23:59:59-23:59"),
        ("branch", "elsewhere"), ("product", 2**63),
    ],
)  # fmt: skip
def test_branch_product_names_the_field_that_makes_no_sense(admin_client, branch, field, value):
    row = BranchProductFactory(branch=branch, stock=5)

    response = admin_client.patch(f"/api/branch-products/{row.pk}/", {field: value})

    assert (response.status_code, list(response.json())) == (400, [field])


def test_branch_has_one_lasting_row_for_a_product(admin_client, branch):
    row, other = BranchProductFactory(branch=branch), BranchFactory(slug="other")

    twice = admin_client.post("/api/branch-products/", {"branch": "main", "product": row.product_id})
    moved = admin_client.patch(f"/api/branch-products/{row.pk}/", {"branch": other.slug})

    assert (twice.status_code, moved.status_code) == (400, 400)


def test_branch_products_are_for_administrators_and_can_be_filtered(admin_client, client, anonymous, branch):
    row = BranchProductFactory(branch=branch)
    BranchProductFactory(branch=BranchFactory(slug="other"))

    found = admin_client.get(f"/api/branch-products/?branch=main&product={row.product_id}").json()["results"]

    assert [each["id"] for each in found] == [row.pk]
    assert client.get("/api/branch-products/").status_code == 403
    assert anonymous.get("/api/branch-products/").status_code == 401


# --- Options --------------------------------------------------------------------------------------------------------


def test_option_group_is_made_with_its_options(admin_client):
    body = {"name": "Milk", "max_choices": 2, "options": [{"name": "Oat", "price_delta": "0.70"}, {"name": "Soy"}]}

    group = admin_client.post("/api/option-groups/", body).json()

    assert (group["min_choices"], group["max_choices"]) == (0, 2)
    assert [(option["name"], option["price_delta"]) for option in group["options"]] == [
        ("Oat", "0.70"),
        ("Soy", "0.00"),
    ]


def test_sent_options_replace_the_list_and_may_trade_names(admin_client):
    group = OptionGroupFactory()
    oat, soy, gone = (OptionFactory(group=group, name=name) for name in ("Oat", "Soy", "Gone"))
    options = [{"id": oat.pk, "name": "Soy"}, {"id": soy.pk, "name": "Oat"}, {"name": "Rice", "position": 9}]

    changed = admin_client.patch(f"/api/option-groups/{group.pk}/", {"options": options}).json()["options"]
    renamed = admin_client.patch(f"/api/option-groups/{group.pk}/", {"name": "Milk"}).json()

    assert [(option["id"], option["name"]) for option in changed][:2] == [(oat.pk, "Soy"), (soy.pk, "Oat")]
    assert gone.pk not in {option["id"] for option in changed}
    assert (renamed["name"], renamed["options"]) == ("Milk", changed)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"min_choices": 3, "max_choices": 2}, "max_choices"),
        ({"max_choices": 0}, "max_choices"),
        ({"min_choices": -1}, "min_choices"),
        ({"max_choices": 2**31}, "max_choices"),
        ({"options": [{"name": "A"}, {"name": "A"}]}, "options"),
        ({"options": [{"id": 999999, "name": "A"}]}, "options"),
        ({"options": [{"id": True, "name": "A"}]}, "options"),
        ({"options": [{"name": "A", "price_delta": "NaN"}]}, "options"),
        ({"options": [{"name": ""}]}, "options"),
        ({"options": [{"position": 1}]}, "options"),
        ({"options": [{"name": str(number)} for number in range(101)]}, "options"),
        ({"options": {}}, "options"),
    ],
)
def test_option_group_names_the_field_that_makes_no_sense(admin_client, body, field):
    group = OptionGroupFactory()

    response = admin_client.patch(f"/api/option-groups/{group.pk}/", body)

    assert (response.status_code, list(response.json())) == (400, [field])


def test_strangers_options_cannot_be_taken_over(admin_client):
    group, other = OptionGroupFactory(), OptionFactory()

    response = admin_client.patch(f"/api/option-groups/{group.pk}/", {"options": [{"id": other.pk, "name": "mine"}]})

    assert response.status_code == 400
    other.refresh_from_db()
    assert other.group != group


@pytest.mark.parametrize("route", ["option-groups", "branches"])
def test_catalogue_is_written_by_administrators_only(client, anonymous, branch, route):
    assert client.post(f"/api/{route}/", {"name": "x"}).status_code == 403
    assert anonymous.post(f"/api/{route}/", {"name": "x"}).status_code == 401
    assert anonymous.get(f"/api/{route}/").status_code == 200


def test_slug_of_a_branch_is_a_text(admin_client):
    BranchFactory(slug="0")
    product = ProductFactory()

    answers = [admin_client.post("/api/branch-products/", {"branch": slug, "product": product.pk}) for slug in (0, "0")]

    assert [answer.status_code for answer in answers] == [400, 201]


# --- Near -----------------------------------------------------------------------------------------------------------


def test_branches_are_sorted_by_distance(anonymous, branch):
    for slug, latitude, longitude in (("brooklyn", "40.7192", "-73.9569"), ("kreuzberg", "52.5006", "13.4219")):
        BranchFactory(slug=slug, latitude=latitude, longitude=longitude)

    rows = anonymous.get("/api/branches/?near=52.520008,13.404954").json()["results"]

    assert [row["slug"] for row in rows] == ["kreuzberg", "brooklyn", "main"]
    assert rows[0]["distance_m"] == pytest.approx(2440, abs=30)
    assert rows[1]["distance_m"] == pytest.approx(6_386_000, rel=0.01)
    assert rows[2]["distance_m"] is None


def test_distance_is_told_to_those_who_ask(anonymous, branch):
    plain, near = (anonymous.get(f"/api/branches/{query}").json()["results"] for query in ("", "?near=0,0"))

    assert "distance_m" not in plain[0]
    assert near == [{**plain[0], "distance_m": None}]


@pytest.mark.parametrize(
    "point", ["1", "1,", ",1", "91,0", "0,181", "-90.1,0", "a,b", "1,2,3", "٥,٥", "NaN,0", "1e1,0", " 1,2x", "%00,1"]
)
def test_branches_near_nonsense_are_400(anonymous, branch, point):
    response = anonymous.get(f"/api/branches/?near={point}")

    assert (response.status_code, list(response.json())) == (400, ["near"])


@pytest.mark.parametrize("name", ["Europe/Atlantis", "/etc/localtime", "../UTC", "", "CEST", 5])
def test_branch_of_an_unknown_time_zone_is_400(admin_client, name):
    response = admin_client.post("/api/branches/", {"name": "Here", "timezone": name})

    assert (response.status_code, list(response.json())) == (400, ["timezone"])
