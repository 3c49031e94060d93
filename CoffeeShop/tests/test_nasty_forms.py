"""Forms that are none, where the API takes a form and where it does not."""

import pytest

from CoffeeShop.tests.conftest import noun
from CoffeeShop.tests.nasty import STRINGS, chosen, told_insides
from CoffeeShop.tests.routes import all_routes
from products.models import Product

BOUNDARY = "x"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
WRITES = [
    (method, route.path)
    for route in all_routes()
    if route.path.startswith("/api/")
    for method in sorted(route.methods & {"POST", "PUT", "PATCH"})
]
# What comes with them is not looked at.
BODILESS = {
    "/api/token/blacklist/all/",
    "/api/support/conversations/",
    "/api/orders/<pk>/missing/",
    "/api/favourites/<pk>/order/",
}
IMAGE = "/api/products/<pk>/image/"


def part(content: bytes, *lines: bytes, disposition: bytes = b'form-data; name="image"; filename="x.png"') -> bytes:
    head = b"\r\n".join([b"--x", b"Content-Disposition: " + disposition, *lines, b"", b""])
    return head + content + b"\r\n"


END = b"--x--\r\n"
FORMS = {
    "nothing": b"",
    "an end": END,
    "no end": part(b"GIF89a"),
    "another boundary": b"--y\r\n\r\n--y--\r\n",
    "text in place of a file": part(b"a", disposition=b'form-data; name="image"') + END,
    "no name": part(b"a", disposition=b"form-data") + END,
    "no disposition": b"--x\r\nContent-Type: image/png\r\n\r\na\r\n" + END,
    "no head": b"--x\r\n\r\na\r\n" + END,
    "two files": part(b"a") + part(b"b") + END,
    "empty file": part(b"") + END,
    "base64 that is none": part(b"a$", b"Content-Transfer-Encoding: base64") + END,
    "encoding that is none": part(b"a", b"Content-Transfer-Encoding: \xff") + END,
    "odd charset": part(b"a", b"Content-Type: image/png; charset=undefined") + END,
    "odd type": part(b"a", b"Content-Type: ;;;=") + END,
    "part within a part": part(b"--y\r\n\r\n--y--", b"Content-Type: multipart/mixed; boundary=y") + END,
    "length that lies": part(b"a", b"Content-Length: -1") + END,
    "length of no number": part(b"a", b"Content-Length: x") + END,
    "zero in a name": part(b"a", disposition=b'form-data; name="ima\0ge"; filename="a\0b"') + END,
    "bytes in a name": part(b"a", disposition=b'form-data; name="image"; filename="\xff\xfe"') + END,
    "extended name": part(b"a", disposition=b"form-data; name=image; filename*=undefined''%ff%00") + END,
    "extended name that is none": part(b"a", disposition=b"form-data; name*=nowhere''x; filename*=x") + END,
    "path for a name": part(b"a", disposition=b'form-data; name="image"; filename="../../manage.py"') + END,
    "dots for a name": part(b"a", disposition=b'form-data; name="image"; filename=".."') + END,
    "long name": part(b"a", disposition=b'form-data; name="image"; filename="' + b"x" * 9000 + b'"') + END,
    "many fields": b"".join(part(b"a", disposition=b'form-data; name="%d"' % n) for n in range(3000)) + END,
    "many files": b"".join(part(b"a") for _ in range(300)) + END,
    "long head": part(b"a", b"X-Odd: " + b"a" * 100_000) + END,
    "endless boundary": b"--x" * 30_000,
}


def named(text: str) -> bytes:
    """The text as the file's name, and as its content, and as a field."""
    raw = text.encode("utf-8", "surrogatepass")
    name = raw.replace(b'"', b'\\"')
    return (
        part(raw, disposition=b'form-data; name="image"; filename="' + name + b'"')
        + part(raw, disposition=b'form-data; name="' + name + b'"')
        + END
    )


@pytest.fixture
def administrator(clients):
    return clients["administrator"]


def test_form_that_is_none_gets_no_picture_in(administrator, addresses, record_property):
    forms = FORMS | {f"as a name {text!r:.80}": named(text) for text in chosen(STRINGS, seed="forms")}
    record_property("nasty", {"forms": len(forms)})
    found = []

    for case, form in forms.items():
        response = administrator.generic("PUT", addresses[IMAGE], form, content_type=TYPE)
        if response.status_code not in {400, 413} or told_insides(response.content.decode()):
            found.append(f"{case}: {response.status_code} {response.content!r:.200}")

    assert not found, "\n".join(found)
    assert not Product.objects.get().image


@pytest.mark.parametrize("content_type", [TYPE, "application/x-www-form-urlencoded", "multipart/form-data"])
def test_forms_are_for_pictures_alone(clients, addresses, content_type, record_property):
    forms, writes = list(FORMS.values())[1::6], [write for write in WRITES if write[1] not in {IMAGE, *BODILESS}]
    record_property("nasty", {"forms": len(forms) * len(writes)})

    for method, path in writes:
        client = clients["owner" if noun(path) == "cart" else "administrator"]
        for form in forms:
            response = client.generic(method, addresses[path], form, content_type=content_type)

            assert response.status_code == 415, (method, path, form)
            assert response.json()["code"] == "unsupported_media_type"
