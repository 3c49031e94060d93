"""`python run.py client`: openapi-generator makes a Python client from the live document, and that client has a coffee.

The client checks what it gets: its models are pydantic's, with the document's types, patterns, enums and nulls.
"""

import compileall
import importlib
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from contract.server import HTTP, open_shop

NAME = "coffeeshop_client"


def main() -> int:
    with open_shop() as site, TemporaryDirectory(prefix="coffeeshop-client-") as folder:
        generate(site, Path(folder))
        require(compileall.compile_dir(folder, quiet=1), "it compiles")
        sys.path.insert(0, folder)
        has_a_coffee(site)
    return 0


def generate(site: str, folder: Path) -> None:
    document = folder / "swagger.json"
    document.write_bytes(HTTP.open(f"{site}/swagger.json").read())
    generator = Path(sys.executable).with_name("openapi-generator-cli")
    command = [generator, "generate", "-g", "python", "-i", document, "-o", folder, f"--package-name={NAME}"]
    run = subprocess.run(command, capture_output=True, text=True)
    require(run.returncode == 0, "openapi-generator makes a client", run.stdout + run.stderr)


def has_a_coffee(site: str) -> None:
    client = importlib.import_module(NAME)
    configuration = client.Configuration(host=f"{site}/api")
    api = client.ApiClient(configuration)
    users, products, cart, orders, support = (
        getattr(client, f"{name}Api")(api) for name in ("Users", "Products", "Cart", "Orders", "Support")
    )
    pair = users.token_create(client.SignIn(username="anna", password="anna12345"))  # noqa: S106 -- the demo's
    configuration.api_key["Bearer"] = f"Bearer {pair.access}"
    require(users.users_me_read().username == "anna", "signed in")

    menu = products.branches_menu("main")
    latte = next(each for section in menu.categories for each in section.products if each.name == "Latte")
    size = next(group.options[0].id for group in latte.option_groups if group.min_choices)
    cart.cart_create(data=client.Add(product=latte.id, quantity=2, options=[size]))
    total = cart.cart_list().total_price
    require(total == "7.80", f"two lattes in the cart for {total}")

    key, wanted = str(uuid4()), client.PlaceOrder(expected_total=total)
    order = orders.orders_create(data=wanted, idempotency_key=key)
    again = orders.orders_create_with_http_info(data=wanted, idempotency_key=key)
    require(order.status == "pending" and order.total_price == total, f"ordered: {order.number}")
    require(
        again.data.id == order.id and again.headers["Idempotency-Replayed"] == "true", "the same key: the same order"
    )
    require(order in orders.orders_list().results, "it is in the list")

    talk = support.support_conversations_create()
    said = support.support_conversations_messages_create(
        talk.id, client.PostMessage(client_id=str(uuid4()), text="Без сахара, please")
    )
    require(said.text == "Без сахара, please", "said something")
    try:
        cart.cart_create(data=client.Add(product=latte.id, quantity=1, options=[10**6]))
    except client.exceptions.BadRequestException as error:
        require("options" in error.data.additional_properties, "an option that is none: 400 by field")


def require(holds: object, step: str, otherwise: object = "") -> None:
    print(f"  ok    {step}" if holds else f"  FAIL  {step} {otherwise}", flush=True)
    if not holds:
        raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
