"""Pictures in a bucket, on a real S3 server."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from urllib.request import ProxyHandler, build_opener

import boto3
import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image

from CoffeeShop import serviceurls
from products.tests.factories import ProductFactory

pytestmark = pytest.mark.django_db
HTTP = build_opener(ProxyHandler({}))
READABLE = json.dumps(  # as docs/scaling.md says
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::pictures/*"}
        ],
    }
)


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_open(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def wait_until_open(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the S3 server does not start"
            time.sleep(0.1)


@pytest.fixture
def bucket(s3_server, settings):
    """An empty one, in which the shop keeps its pictures."""
    login = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    bucket = boto3.resource("s3", endpoint_url=s3_server, **login).Bucket("pictures")
    bucket.create()
    bucket.Policy().put(Policy=READABLE)
    bucket.objects.delete()
    keep_in_bucket(settings, s3_server)
    return bucket


def keep_in_bucket(settings, server: str) -> None:
    options = serviceurls.bucket(f"s3://key:secret@pictures/shop?endpoint={server}")
    storage = {"BACKEND": "CoffeeShop.backends.s3.PictureStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": storage}


def put(client, product, size=(20, 10)):
    file = BytesIO()
    Image.new("RGB", size, "brown").save(file, "JPEG")
    upload = SimpleUploadedFile("latte.jpg", file.getvalue(), "image/jpeg")
    return client.put(f"/api/products/{product.pk}/image/", {"image": upload}, format="multipart")


def keys(bucket) -> list[str]:
    return [re.sub("[0-9a-f]{32}", "NAME", stored.key) for stored in bucket.objects.all()]


def test_picture_is_served_by_the_bucket_in_every_size(bucket, admin_client, branch):
    told = put(admin_client, ProductFactory(), (2000, 1000)).json()

    served = {size: HTTP.open(told["images"][size]) for size in ("small", "medium", "large")}
    widths = {size: Image.open(BytesIO(answer.read())).width for size, answer in served.items()}
    assert told["image"].startswith(f"{bucket.meta.client.meta.endpoint_url}/pictures/shop/products/")
    assert widths == {"small": 320, "medium": 800, "large": 1600}
    assert {answer.headers["Content-Type"] for answer in served.values()} == {"image/webp"}
    assert all("immutable" in answer.headers["Cache-Control"] for answer in served.values())


def test_picture_leaves_the_bucket_with_its_sizes(bucket, admin_client, branch, django_capture_on_commit_callbacks):
    product = ProductFactory()
    with django_capture_on_commit_callbacks(execute=True):
        put(admin_client, product)
        put(admin_client, product)
    left = keys(bucket)

    with django_capture_on_commit_callbacks(execute=True):
        admin_client.delete(f"/api/products/{product.pk}/image/")

    folder = "shop/products/NAME"
    assert sorted(left) == [f"{folder}-large.webp", f"{folder}-medium.webp", f"{folder}-small.webp", f"{folder}.jpg"]
    assert keys(bucket) == []


def test_sizes_of_a_picture_in_the_bucket_are_made(bucket, branch, admin_client):
    product = ProductFactory()
    put(admin_client, product)
    product.refresh_from_db()
    product.image_width = None
    product.save()
    default_storage.delete(product.image.name.replace(".jpg", "-small.webp"))

    call_command("make_image_sizes")

    product.refresh_from_db()
    assert (product.image_width, product.image_height) == (20, 10)
    assert len(keys(bucket)) == 4


def test_pictures_move_from_a_folder_into_the_bucket(s3_server, bucket, settings, tmp_path, admin_client, branch):
    settings.MEDIA_ROOT = tmp_path
    in_bucket, settings.STORAGES = (
        settings.STORAGES,
        {
            **settings.STORAGES,
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        },
    )
    put(admin_client, ProductFactory())
    assert isinstance(default_storage._wrapped, FileSystemStorage)

    settings.STORAGES = in_bucket
    for _twice in range(2):
        call_command("copy_images", str(tmp_path))

    assert len(keys(bucket)) == 4


def test_upload_is_503_when_the_bucket_is_away(settings, admin_client, branch):
    keep_in_bucket(settings, "http://127.0.0.1:9")
    product = ProductFactory()

    response = put(admin_client, product)

    product.refresh_from_db()
    assert (response.status_code, product.image.name) == (503, "")
