"""Example values of fields, by name, or by schema and field where one name has several meanings."""

from drf_yasg import openapi

MOMENT = "2027-03-01T08:30:00Z"
CLIENT_ID = "3f2b8c1e-6f0a-4d59-9c59-2f6f6a3b7c11"
EXAMPLES = {
    **{"username": "anna", "email": "anna@example.com", "first_name": "Anna", "last_name": "Петрова"},
    **{"password": "strong coffee 7", "current_password": "strong coffee 7", "new_password": "stronger coffee 8"},
    "otp": "492039",
    **{"access": "eyJhbGci…", "refresh": "eyJhbGci…"},
    **{"uid": "MTI", "token": "d1x0kq-5a2f6c0b7e9d4831", "Token.token": "eyJhbGci…", "Auth.token": "eyJhbGci…"},
    **{"name": "Flat white", "slug": "flat-white", "description": "Two ristretti and velvety milk.", "price": "3.80"},
    **{"category_name": "Coffee with milk", "price_delta": "0.60", "currency": "USD"},
    **{"MyBranch.name": "CoffeeShop Brooklyn", "AddStaff.username": "maria", "Guest.name": "Anna"},
    **{f"{who}.name": "anna" for who in ("Author", "ChatPerson", "Mover", "Person", "Speaker", "Watcher")},
    **{"Category.name": "Coffee with milk", "Category.slug": "coffee-with-milk"},
    **{
        "OptionGroup.name": "Size",
        "Option.name": "Medium",
        "ChosenOption.name": "Medium",
        "BoughtOption.name": "Medium",
    },
    **{"translations": {"ru": {"name": "Флэт уайт"}}, "language": "ru"},
    **{"Branch.name": "CoffeeShop Brooklyn", "Branch.slug": "brooklyn", "branch": "brooklyn"},
    **{"address": "Bedford Avenue 140, New York", "phone": "+1 718 5550103", "timezone": "America/New_York"},
    **{"latitude": "40.719200", "longitude": "-73.956900", "weekday": 0, "opens": "07:00", "closes": "20:00"},
    **{"date": "2027-01-01", "position": 1, "min_choices": 1, "max_choices": 1},
    **{"stock": 12, "low_stock_threshold": 5, "sold_out_until": MOMENT, "change": 24},
    **{"Ingredient.name": "Oat milk", "ingredient": 3, "ingredients": [3], "option": 2, "until": MOMENT},
    **{"category": 2, "product": 7, "option_groups": [1], "options": [2], "quantity": 2},
    **{"product_name": "Flat white", "unit_price": "4.40", "subtotal": "8.80"},
    **{"total_price": "8.80", "expected_total": "8.80", "total_quantity": 2},
    **{"number": "042", "note": "Without sugar, please", "cancel_reason": "Changed my mind", "pickup_at": MOMENT},
    **{"customer_name": "Anna", "made": 1, "promised_at": MOMENT},
    **{"code": "SUMMER", "Error.code": "not_found", "Problem.code": "promo_not_applicable", "promo_code": "summer"},
    **{"categories": [2], "branches": ["brooklyn"], "starts_at": MOMENT, "ends_at": "2027-04-01T00:00:00Z"},
    **{"kind": "percent", "value": "10.00", "min_total": "5.00", "limit_total": 100, "limit_per_user": 1},
    **{"subtotal_price": "9.80", "Discount.detail": "10 %", "amount": "1.00", "discount": "0.50", "max_price": "6.00"},
    **{"stamps_needed": 10, "stamps": 7, "needed": 10, "rewards": 1, "Problem.reason": "expired"},
    **{"pickup_place": "At the window on the left"},
    **{"client_id": CLIENT_ID, "text": "Где мой латте?", "seq": 7, "assignee": 1},
    **{"detail": "That is not here.", "code": "not_found", "retry_after": 5, "opens_at": MOMENT},
    **{"next_at": MOMENT, "paused_until": MOMENT, "baristas": 3, "prep_seconds": 75},
}


def give_examples(document: openapi.Swagger) -> None:
    """To every field of every schema of the document that has one."""
    for schema_name, schema in document.definitions.items():
        base = schema_name.removesuffix("Change")
        for name, field in schema.get("properties", {}).items():
            example = EXAMPLES.get(f"{base}.{name}", EXAMPLES.get(name))
            if example is not None and not is_made_of_schemas(field):
                field["example"] = example


def is_made_of_schemas(field: openapi.Schema | openapi.SchemaRef) -> bool:
    return "$ref" in field or "$ref" in field.get("items", {})
