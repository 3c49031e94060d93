"""Settings are read once per process, so each case is a process of its own."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

SECRET = "x" * 50
POSTGRES = "postgres://shop:secret@db.example:5432/shop"
READ = """
import json
from CoffeeShop import settings
names = {names!r}
print(json.dumps({{name: getattr(settings, name) for name in names}}, default=str))
"""


def read(names: list[str], **environment: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "SYSTEMROOT", "HOME"}}
    return subprocess.run(
        [sys.executable, "-c", READ.format(names=names)],
        cwd=settings.BASE_DIR,
        env={**kept, "ENV_FILE": os.devnull, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def values(*names: str, **environment: str) -> dict:
    return json.loads(read(list(names), **environment).stdout)


def test_settings_are_safe_and_local_without_any_environment():
    found = values("DEBUG", "ALLOWED_HOSTS", "IS_SQLITE", "MAILER_EMAIL_BACKEND", "REDIS_URL")

    assert found == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["127.0.0.1", "127.0.0.1", "localhost", "[::1]"],
        "IS_SQLITE": True,
        "MAILER_EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
        "REDIS_URL": "",
    }


def test_settings_follow_the_site_url():
    found = values(
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "WEBSOCKET_ORIGINS",
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_SECURE",
        SITE_URL="https://shop.example",
    )

    assert found["ALLOWED_HOSTS"][0] == "shop.example"
    assert found["CSRF_TRUSTED_ORIGINS"] == found["WEBSOCKET_ORIGINS"] == ["https://shop.example"]
    assert found["SECURE_SSL_REDIRECT"] is found["SESSION_COOKIE_SECURE"] is True


def test_settings_share_channels_and_cache_over_redis():
    found = values("CACHES", "CHANNEL_LAYERS", REDIS_URL="redis://redis.example:6379/0")

    assert "redis" in found["CACHES"]["default"]["BACKEND"]
    assert "PubSub" in found["CHANNEL_LAYERS"]["default"]["BACKEND"]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DATABASE_URL": POSTGRES}, "SECRET_KEY is required"),
        ({"SECRET_KEY": "short"}, "at least 32 characters"),
        ({"ALLOWED_HOSTS": "*"}, "name the hosts"),
        ({"SITE_URL": "shop.example"}, "https://shop.example"),
        ({"SITE_URL": "https://shop.example/path"}, "must look like"),
    ],
)
def test_settings_refuse_nonsense_in_one_sentence(environment, sentence):
    result = read(["DEBUG"], **environment)

    assert result.returncode != 0
    assert sentence in result.stderr.splitlines()[-1]


def test_settings_take_postgresql_by_url():
    found = values("DATABASES", DATABASE_URL=POSTGRES, SECRET_KEY=SECRET)["DATABASES"]["default"]

    assert (found["ENGINE"], found["HOST"], found["NAME"]) == ("django.db.backends.postgresql", "db.example", "shop")
