"""Static files with hashes in their names, and what our own server compresses."""

import gzip
import re
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings

from CoffeeShop.backends.staticfiles import StaticFilesStorage

GZIP = {"HTTP_ACCEPT_ENCODING": "gzip"}
RELATIVE_IMPORT = re.compile(r"""^\s*(?:import|export)\b[^"']*["'](\.[^"']+)["']""", re.MULTILINE)


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> StaticFilesStorage:
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder):
        call_command("collectstatic", interactive=False, verbosity=0, ignore=["drf-yasg", "rest_framework"])
        return StaticFilesStorage()


def ours() -> list[str]:
    """The modules that live in this repository."""
    apps = [name for name in ("CoffeeShop", *settings.SHOP_APPS) if Path(settings.BASE_DIR, name, "static").is_dir()]
    folders = [Path(settings.BASE_DIR, name, "static") for name in apps]
    return [path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*.js")]


def test_every_import_of_our_modules_names_a_hashed_file(collected):
    imports = []
    for name in ours():
        text = Path(collected.path(collected.stored_name(name))).read_text(encoding="utf-8")
        imports += [(name, target) for target in RELATIVE_IMPORT.findall(text)]

    assert len(imports) >= 8
    assert [pair for pair in imports if not re.search(r"\.[0-9a-f]{12}\.js$", pair[1])] == []


def test_collected_files_lie_there_compressed(collected):
    path = Path(collected.path(collected.stored_name("users/page.css")))

    assert gzip.decompress(Path(f"{path}.gz").read_bytes()) == path.read_bytes()


def test_names_stay_as_they_are_without_collectstatic():
    assert staticfiles_storage.url("users/page.css") == "/static/users/page.css"


def test_file_newer_than_the_last_collectstatic_keeps_its_name(collected):
    assert collected.url("users/new.css") == "/static/users/new.css"


@pytest.mark.django_db
def test_large_answers_are_compressed_and_say_the_same(anonymous):
    plain, packed = anonymous.get("/swagger.json"), anonymous.get("/swagger.json", **GZIP)

    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 5
    assert "Accept-Encoding" in plain["Vary"]


@pytest.mark.django_db
def test_large_static_file_is_compressed_when_nobody_did_before(anonymous):
    with closing(anonymous.get("/static/admin/css/base.css", **GZIP)) as response:
        text = gzip.decompress(b"".join(response.streaming_content))

    assert text == Path(finders.find("admin/css/base.css")).read_bytes()


@pytest.mark.django_db
def test_compressed_answer_is_asked_for_again_by_its_etag(anonymous):
    tag = anonymous.get("/swagger.json", **GZIP)["ETag"]

    assert anonymous.get("/swagger.json", HTTP_IF_NONE_MATCH=tag, **GZIP).status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{"HTTP_RANGE": "bytes=0-2999"}, {"HTTP_ACCEPT_ENCODING": "identity"}])
def test_part_of_a_file_is_never_compressed(anonymous, headers):
    with closing(anonymous.get("/static/admin/css/base.css", **{**GZIP, **headers})) as response:
        assert "Content-Encoding" not in response


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/products/", "/swagger.json", "/"])
def test_head_brings_the_etag_that_get_brings(anonymous, branch, path):
    found, told = anonymous.get(path), anonymous.head(path)

    assert told["ETag"] == found["ETag"]
    assert anonymous.head(path, HTTP_IF_NONE_MATCH=told["ETag"]).status_code == 304
