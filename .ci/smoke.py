"""A customer's and a barista's first minute over real HTTP: `python .ci/smoke.py http://127.0.0.1:8000`."""

import json
import sys
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

HTTP = build_opener(ProxyHandler({}))  # the server is on this machine, whatever proxy the environment names


class Client:
    def __init__(self, site):
        self.site = site

    def ask(self, expected, method, path, body=None, token=None):
        """Send one request, insist on its status and return the body: parsed when it is JSON."""
        headers = {"Content-Type": "application/json", "Accept": "*/*"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.site + quote(path, safe="/?=&"), data, headers, method=method)
        try:
            answer = HTTP.open(request, timeout=30)
        except HTTPError as refusal:
            answer = refusal
        with answer:
            text = answer.read().decode()
        require(answer.status == expected, f"{method} {path}: {expected}", f"got {answer.status} {text[:500]}")
        return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text

    def sign_in(self, username, password):
        return self.ask(200, "POST", "/api/token/", {"username": username, "password": password})["access"]


def require(holds, step, otherwise=""):
    print(f"  ok    {step}" if holds else f"  FAIL  {step} {otherwise}", flush=True)
    if not holds:
        raise SystemExit(1)


def place_order(client, customer):
    """Find a latte by a Cyrillic word in the wrong case, which plain SQLite cannot, and order it."""
    found = client.ask(200, "GET", "/api/products/?search=латте")["results"]
    require(found, "the search finds a product")
    product = client.ask(200, "GET", f"/api/products/{found[0]['id']}/")
    options = [o["id"] for group in product["option_groups_detail"] for o in group["options"][: group["min_choices"]]]
    wanted = {"product": product["id"], "quantity": 2, "options": options}
    client.ask(201, "POST", "/api/cart/", wanted, customer)
    cart = client.ask(200, "GET", "/api/cart/", token=customer)
    require(cart["total_quantity"] == 2, "the cart has both cups", cart)
    order = client.ask(201, "POST", "/api/orders/", {}, customer)
    require(order["total_price"] == cart["total_price"], "the order costs what the cart said", order)
    return order


def main(site):
    client = Client(site)
    client.ask(200, "GET", "/healthz")
    order = place_order(client, client.sign_in("anna", "anna12345"))
    barista = client.sign_in("admin", "admin123")
    accepted = client.ask(200, "PATCH", f"/api/orders/{order['id']}/", {"status": "accepted"}, barista)
    require(accepted["status"] == "accepted", "the order is accepted", accepted)
    require(client.ask(200, "GET", "/swagger.json")["paths"], "the schema has paths")
    client.ask(200, "GET", "/admin/login/")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
