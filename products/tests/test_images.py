from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image, ImageCms

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

    assert left == [".webp"] * 4
    assert (response.status_code, response.json()["image"]) == (200, None)
    assert not list(media_root.rglob("*.*"))


@pytest.mark.parametrize("boundary", ["", "; boundary="])
def test_form_without_boundary_is_refused_in_our_words(admin_client, branch, boundary):
    address, kind = f"/api/products/{ProductFactory().pk}/image/", f"multipart/form-data{boundary}"

    response = admin_client.generic("PUT", address, b"--x--", content_type=kind)

    assert response.status_code == 400
    assert response.json() == {"detail": "The body is not a valid form.", "code": "parse_error"}


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


# --- Colours --------------------------------------------------------------------------------------------------------


def stored(media_root, pattern: str) -> Image.Image:
    (found,) = media_root.rglob(pattern)
    return Image.open(BytesIO(found.read_bytes()))


def test_sixteen_bits_of_grey_stay_grey(admin_client, branch, media_root):
    file = BytesIO()
    Image.new("I;16", (20, 10), 0x8000).save(file, "PNG")

    put(admin_client, ProductFactory(), file.getvalue())

    (grey, *_rest) = stored(media_root, "*[0-9a-f].png").convert("RGB").getpixel((5, 5))
    assert 120 <= grey <= 135


def test_colours_of_a_profile_become_those_of_srgb(admin_client, branch, media_root):
    profile = wide_gamut()
    put(admin_client, ProductFactory(), picture("JPEG", icc_profile=profile, quality=95))

    red, green, blue = stored(media_root, "*[0-9a-f].jpg").getpixel((5, 5))
    assert "icc_profile" not in stored(media_root, "*[0-9a-f].jpg").info
    assert (red, green, blue) != pytest.approx((165, 42, 42), abs=4)
    assert red > green


def wide_gamut() -> bytes:
    """Display P3 by its primaries: an sRGB profile whose red, green and blue columns are those of P3."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    columns = {b"rXYZ": (0.5151, 0.2412, -0.0011), b"gXYZ": (0.2919, 0.6922, 0.0419), b"bXYZ": (0.1572, 0.0666, 0.7841)}
    for number in range(int.from_bytes(profile[128:132])):
        tag = profile[132 + 12 * number : 144 + 12 * number]
        if bytes(tag[:4]) in columns:
            offset = int.from_bytes(tag[4:8]) + 8
            for place, value in enumerate(columns[bytes(tag[:4])]):
                profile[offset + 4 * place : offset + 4 * place + 4] = round(value * 65536).to_bytes(4, signed=True)
    return bytes(profile)


def test_broken_profile_is_no_failure(admin_client, branch):
    assert put(admin_client, ProductFactory(), picture("PNG", icc_profile=b"nonsense")).status_code == 200


# --- Sizes ----------------------------------------------------------------------------------------------------------


def noise(size: tuple[int, int]) -> bytes:
    file = BytesIO()
    Image.effect_noise(size, 100).convert("RGB").save(file, "JPEG", quality=60)
    return file.getvalue()


def test_picture_comes_in_three_sizes(admin_client, anonymous, branch):
    product = ProductFactory()

    images = put(admin_client, product, noise((1800, 900))).json()["images"]

    widths = {}
    for size in ("small", "medium", "large"):
        served = anonymous.get(images[size].removeprefix("http://testserver"))
        content = b"".join(served.streaming_content)
        drawn = Image.open(BytesIO(content))
        widths[size] = drawn.size
        assert (served.status_code, drawn.format, served["Content-Type"]) == (200, "WEBP", "image/webp")
        assert size != "small" or len(content) <= 25_000
    assert widths == {"small": (320, 160), "medium": (800, 400), "large": (1600, 800)}
    assert (images["width"], images["height"]) == (1600, 800)
    listed = anonymous.get("/api/products/").json()["results"][0]["images"]
    menu = anonymous.get("/api/branches/main/menu/").json()["categories"][0]["products"][0]["images"]
    assert listed == menu == images


def test_sizes_are_never_larger_than_the_picture(admin_client, branch):
    images = put(admin_client, ProductFactory(), picture(size=(20, 10))).json()["images"]

    assert (images["width"], images["height"]) == (20, 10)


@pytest.mark.parametrize("how", ["another", "removed", "deleted"])
def test_old_files_go_with_all_their_sizes(admin_client, branch, media_root, django_capture_on_commit_callbacks, how):
    product = ProductFactory()
    put(admin_client, product, picture())
    old = {path.name for path in media_root.rglob("*.*")}

    with django_capture_on_commit_callbacks(execute=True):
        if how == "another":
            put(admin_client, product, picture())
        elif how == "removed":
            shown = admin_client.delete(f"/api/products/{product.pk}/image/").json()
            assert (shown["image"], shown["images"]) == (None, None)
        else:
            admin_client.delete(f"/api/products/{product.pk}/")

    left = {path.name for path in media_root.rglob("*.*")}
    assert len(old) == 4
    assert not left & old
    assert len(left) == (4 if how == "another" else 0)


def test_command_makes_the_sizes_of_older_pictures(anonymous, branch, media_root, capsys):
    (media_root / "products").mkdir()
    (media_root / "products" / f"{'a' * 32}.png").write_bytes(picture(size=(400, 200)))
    product = ProductFactory(image=f"products/{'a' * 32}.png")
    ProductFactory(image=f"products/{'b' * 32}.png")
    before = anonymous.get(f"/api/products/{product.pk}/").json()["images"]

    call_command("make_image_sizes")

    images = anonymous.get(f"/api/products/{product.pk}/").json()["images"]
    assert (before, images["width"], images["height"]) == (None, 400, 200)
    assert all((media_root / images[size].partition("/media/")[2]).exists() for size in ("small", "medium", "large"))
    assert "Made the sizes of 1 pictures." in capsys.readouterr().out


def test_picture_is_503_when_nothing_can_be_stored(admin_client, branch, settings, tmp_path):
    (tmp_path / "file").write_text("no folder")
    settings.MEDIA_ROOT = tmp_path / "file"
    product = ProductFactory()

    response = put(admin_client, product, picture())

    product.refresh_from_db()
    assert (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "unavailable", "1")
    assert not product.image
