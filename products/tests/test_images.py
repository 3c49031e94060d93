from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from products.tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def picture(kind: str = "PNG", size=(20, 10), mode: str = "RGB", **options) -> bytes:
    file = BytesIO()
    Image.new(mode, size, "brown").save(file, kind, **options)
    return file.getvalue()


def put(client, product, content: bytes, name: str = "latte.png", kind: str = "image/png"):
    upload = SimpleUploadedFile(name, content, kind)
    return client.put(f"/api/products/{product.pk}/image/", {"image": upload}, format="multipart")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_image_is_kept_under_a_random_name_and_served(admin_client, anonymous, branch, kind):
    response = put(admin_client, ProductFactory(), picture(kind), "../../evil name.exe")

    address = response.json()["image"]
    served = anonymous.get(address.removeprefix("http://testserver"))
    drawn = Image.open(BytesIO(b"".join(served.streaming_content)))
    assert response.status_code == 200
    assert "evil" not in address
    assert (drawn.format, drawn.size) == (kind, (20, 10))
    assert "immutable" in served["Cache-Control"]


def test_image_loses_everything_that_is_no_pixel(admin_client, branch, media_root):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    hidden = picture("JPEG", exif=exif) + b"<script>alert(1)</script>"

    put(admin_client, ProductFactory(), hidden)

    (stored,) = media_root.rglob("*.jpg")
    assert b"home" not in stored.read_bytes()
    assert b"script" not in stored.read_bytes()


def test_new_image_takes_the_place_of_the_old_file(
    admin_client, branch, media_root, django_capture_on_commit_callbacks
):
    product = ProductFactory()
    with django_capture_on_commit_callbacks(execute=True):
        put(admin_client, product, picture())
        put(admin_client, product, picture("WEBP"))
    left = [path.suffix for path in media_root.rglob("*.*")]

    with django_capture_on_commit_callbacks(execute=True):
        response = admin_client.delete(f"/api/products/{product.pk}/image/")

    assert left == [".webp"]
    assert (response.status_code, response.json()["image"]) == (200, None)
    assert not list(media_root.rglob("*.*"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#!/bin/sh\necho hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        picture("GIF"),
        picture("PNG")[:40],
        picture("PNG", size=(50_000, 1)),
        picture("PNG", size=(6000, 6000), mode="1"),
    ],
    ids=["empty", "script", "svg", "gif", "torn", "wide", "bomb"],
)
def test_image_that_is_none_of_ours_is_refused(admin_client, branch, media_root, content):
    response = put(admin_client, ProductFactory(), content)

    assert (response.status_code, list(response.json())) == (400, ["image"])
    assert not list(media_root.rglob("*.*"))


def test_image_of_more_than_five_mebibytes_is_too_large(admin_client, branch):
    response = put(admin_client, ProductFactory(), picture() + b"\0" * (5 * 1024 * 1024))

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


def test_image_comes_as_a_form_and_from_administrators_only(admin_client, client, anonymous, branch):
    product = ProductFactory()

    assert admin_client.put(f"/api/products/{product.pk}/image/", {"image": "x"}).status_code == 415
    assert admin_client.put(f"/api/products/{product.pk}/image/", {}, format="multipart").status_code == 400
    assert put(client, product, picture()).status_code == 403
    assert put(anonymous, product, picture()).status_code == 401
    assert put(admin_client, product, picture()).status_code == 200


@pytest.mark.parametrize("path", ["nothing.png", "../manage.py", "%2e%2e/manage.py", "", "products/"])
def test_media_serves_nothing_else(anonymous, path):
    assert anonymous.get(f"/media/{path}").status_code == 404
