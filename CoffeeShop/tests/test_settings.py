"""Settings are read once per process, so each case is a process of its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
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
    return python("-c", READ.format(names=names), **environment)


def start(command: str, **environment: str) -> subprocess.CompletedProcess:
    return python(*command.split(), **environment)


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "SYSTEMROOT", "HOME"}}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**kept, "ENV_FILE": os.devnull, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
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
        "CSRF_COOKIE_SECURE",
        SITE_URL="https://shop.example",
    )

    assert found["ALLOWED_HOSTS"][0] == "shop.example"
    assert found["CSRF_TRUSTED_ORIGINS"] == found["WEBSOCKET_ORIGINS"] == ["https://shop.example"]
    assert found["SECURE_SSL_REDIRECT"] is found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True


def composed() -> dict[str, str]:
    """What a container is told when `.env` has nothing but what it must have."""
    given = yaml.safe_load((Path(settings.BASE_DIR) / "compose.yaml").read_text())["services"]["web"]["environment"]
    return {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in given.items() if "?" not in value}


def test_web_starts_with_what_the_containers_are_told():
    command = "-m gunicorn --check-config --config python:CoffeeShop.gunicorn CoffeeShop.wsgi"

    checked = start(command, **composed(), DATABASE_URL=POSTGRES, SECRET_KEY=SECRET)

    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_setting_may_be_set_to_nothing():
    nothing = dict.fromkeys(composed(), "")

    assert values("SUPPORT_AWAY_SECONDS", "SOCKET_LIMITS", **nothing) == {
        "SUPPORT_AWAY_SECONDS": 180.0,
        "SOCKET_LIMITS": {},
    }


def test_settings_know_several_hosts_of_the_database():
    url = "postgres://shop:p%2Cw@one,[::1]:5433,three:5434/shop"

    database = values("DATABASES", DATABASE_URL=url, SECRET_KEY=SECRET)["DATABASES"]["default"]

    assert (database["HOST"], database["PORT"]) == ("one,::1,three", "5432,5433,5434")
    assert (database["PASSWORD"], database["ENGINE"]) == ("p,w", "CoffeeShop.backends.failover")
    assert database["OPTIONS"]["target_session_attrs"] == "read-write"


def test_settings_share_channels_and_cache_over_redis():
    found = values("CACHES", "CHANNEL_LAYERS", REDIS_URL="redis://redis.example:6379/0")

    assert "redis" in found["CACHES"]["default"]["BACKEND"]
    assert "PubSub" in found["CHANNEL_LAYERS"]["default"]["BACKEND"]


SENTINEL = "rediss+sentinel://:p%40ss@one:26379,two/shop/3?sentinel_password=word&ssl_ca_certs=/etc/ca.pem"


def test_settings_find_redis_by_its_sentinels():
    ours = {"REDIS_URL": SENTINEL, "CELERY_BROKER_URL": SENTINEL}
    read = "from CoffeeShop import settings as s; c = s.CHANNEL_LAYERS['default']['CONFIG']['hosts'][0]; "
    told = python("-c", f"{read}import json; print(json.dumps([c, s.CELERY_BROKER_URL.celery()]))", **ours)

    channels, celery = json.loads(told.stdout)
    assert (channels["sentinels"], channels["master_name"]) == ([["one", 26379], ["two", 26379]], "shop")
    assert (channels["db"], channels["password"], channels["ssl"]) == (3, "p@ss", True)
    assert channels["sentinel_kwargs"]["password"] == "word"
    assert celery["broker_read_url"] == "sentinel://:p%40ss@one:26379/3;sentinel://:p%40ss@two:26379/3"
    assert celery["broker_use_ssl"]["ssl_ca_certs"] == "/etc/ca.pem"


@pytest.mark.parametrize(
    ("query", "origin"),
    [
        ("?region=eu-north-1", "https://pictures.s3.eu-north-1.amazonaws.com"),
        ("?endpoint=https://s3.example:9000", "https://s3.example:9000"),
        ("/shop?endpoint=https://s3.example&public=https://cdn.example/", "https://cdn.example"),
    ],
)
def test_policy_allows_pictures_of_the_bucket(query, origin):
    found = values("CONTENT_SECURITY_POLICY", STORAGE_URL=f"s3://key:secret@pictures{query}")

    assert f"img-src 'self' data: {origin};" in found["CONTENT_SECURITY_POLICY"]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DATABASE_URL": POSTGRES}, "SECRET_KEY is required"),
        ({"SECRET_KEY": "short"}, "at least 32 characters"),
        ({"ALLOWED_HOSTS": "*"}, "name the hosts"),
        ({"SITE_URL": "shop.example"}, "https://shop.example"),
        ({"SITE_URL": "https://shop.example/path"}, "must look like"),
        ({"SITE_URL": "https://shop.example?x"}, "must look like"),
        ({"SITE_URL": "https://a.example,https://b.example"}, "must look like"),
        ({"SITE_URL": "https://me:hidden@shop.example"}, "must look like"),
        ({"SITE_URL": "https://shop.example:port"}, "must look like"),
        ({"SITE_URL": "ftp://shop.example"}, "must look like"),
        ({"SITE_URL": "http://my_shop.example"}, "must look like"),
        ({"SITE_URL": "http://sh%6Fp.example"}, "must look like"),
        ({"SITE_URL": "http://shop..example"}, "must look like"),
        ({"SITE_URL": "http://-shop.example"}, "must look like"),
        ({"SITE_URL": "http://127.1"}, "must look like"),
        ({"SITE_URL": "http://[::1"}, "must look like"),
        ({"SITE_URL": "http://" + "a" * 64 + "ё.рф"}, "must look like"),
        ({"SITE_URL": "http://shop.example:0"}, "must look like"),
        ({"SITE_URL": "http://shop.example:70000"}, "must look like"),
        ({"ALLOWED_HOSTS": "shop.example:80"}, "without scheme or port"),
        ({"ALLOWED_HOSTS": "my_shop.example"}, "without scheme or port"),
        ({"ALLOWED_HOSTS": "shop.example/x"}, "without scheme or port"),
        ({"SECRET_KEY": "a long random text, at least 32 characters"}, "printed in the repository"),
        ({"METRICS_TOKEN": "a long random text"}, "printed in the repository"),
        ({"ENV_FILE": "/nowhere/shop.env"}, "ENV_FILE names no file"),
        ({"ALLOWED_HOSTS": "https://shop.example"}, "without scheme or port"),
        ({"CORS_ALLOWED_ORIGINS": "app.shop.example"}, "CORS_ALLOWED_ORIGINS must look like"),
        ({"DATABASE_URL": "nonsense", "SECRET_KEY": SECRET}, "DATABASE_URL must look like"),
        ({"DATABASE_URL": "mysql://db.example/shop", "SECRET_KEY": SECRET}, "DATABASE_URL must look like"),
        ({"DATABASE_URL": "postgres://db.example", "SECRET_KEY": SECRET}, "DATABASE_URL must look like"),
        ({"DATABASE_URL": "postgres://u:hidden@db:port/shop", "SECRET_KEY": SECRET}, "DATABASE_URL must look like"),
        ({"DATABASE_URL": "postgres://u:hidden@a,:5432/shop", "SECRET_KEY": SECRET}, "DATABASE_URL must look like"),
        ({"DATABASE_URL": "postgres://u:hidden@a,b:port/shop", "SECRET_KEY": SECRET}, "DATABASE_URL must look like"),
        ({"DATABASE_URL": "mysql://a,b/shop", "SECRET_KEY": SECRET}, "DATABASE_URL must look like"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL must look like"),
        ({"REDIS_URL": "redis+sentinel://one,two"}, "REDIS_URL must look like"),
        ({"REDIS_URL": "redis+sentinel://:hidden@one:port/shop"}, "REDIS_URL must look like"),
        ({"REDIS_URL": "redis+sentinel://:hidden@/shop"}, "REDIS_URL must look like"),
        ({"REDIS_URL": "redis+sentinel://:hidden@one/shop/zero"}, "REDIS_URL must look like"),
        ({"REDIS_URL": "redis+sentinel://one/shop?password=hidden"}, "it takes sentinel_password, ssl_ca_certs"),
        ({"CELERY_BROKER_URL": "redis+sentinel://one"}, "CELERY_BROKER_URL must look like"),
        ({"REDIS_URL": "http://localhost:6379"}, "REDIS_URL must look like"),
        ({"EMAIL_URL": "smtp://"}, "EMAIL_URL must look like"),
        ({"EMAIL_URL": "mail.example"}, "EMAIL_URL must look like"),
        ({"CELERY_BROKER_URL": "localhost"}, "CELERY_BROKER_URL must look like"),
        ({"VERIFY_URL": "/verify"}, "VERIFY_URL must look like"),
        ({"SUPPORT_AWAY_SECONDS": "soon"}, "SUPPORT_AWAY_SECONDS must be a number"),
        ({"SOCKET_LIMITS": "BURST"}, "SOCKET_LIMITS must look like"),
        ({"SOCKET_LIMITS": "BURST=many"}, "SOCKET_LIMITS must look like"),
        ({"STORAGE_URL": "pictures"}, "STORAGE_URL must look like"),
        ({"STORAGE_URL": "s3://"}, "STORAGE_URL must look like"),
        ({"STORAGE_URL": "s3://key:hid/den@pictures"}, "STORAGE_URL must look like"),
        ({"STORAGE_URL": "s3://key:hidden@pictures:80"}, "the bucket's name is missing"),
        ({"STORAGE_URL": "s3://key:hidden@pictures?endpoint=s3.example"}, "an address is none"),
        ({"STORAGE_URL": "s3://key:hidden@pictures?acl=public"}, "it takes endpoint, public, region"),
        ({"HTTP_THREADS": "many"}, "HTTP_THREADS must be a whole number"),
        ({"HTTP_THREADS": "0"}, "HTTP_THREADS must be a whole number"),
        ({"CONN_MAX_AGE": "-1"}, "CONN_MAX_AGE must be a whole number"),
        ({"CONN_MAX_AGE": "1_0"}, "CONN_MAX_AGE must be a whole number"),
        ({"DEBUG": "perhaps"}, "DEBUG must be 1 or 0"),
        ({"CURRENCY": "dollars"}, "CURRENCY must be three capital letters"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT must be"),
    ],
)
def test_settings_refuse_nonsense_in_one_sentence(environment, sentence):
    result = read(["DEBUG"], **environment)

    assert result.returncode != 0
    assert sentence in result.stderr.splitlines()[-1]
    assert "hidden" not in result.stderr or "SITE_URL" in environment


@pytest.mark.parametrize(
    "command",
    [
        "manage.py check",
        "manage.py migrate",
        "-m daphne CoffeeShop.asgi:application",
        "-m gunicorn --config python:CoffeeShop.gunicorn CoffeeShop.wsgi",
        "-m gunicorn CoffeeShop.wsgi",
        "-m celery --app CoffeeShop worker",
    ],
)
def test_start_commands_show_no_traceback_when_settings_are_wrong(command):
    result = start(command, SECRET_KEY="short")

    assert result.returncode != 0
    assert "CoffeeShop cannot start: SECRET_KEY signs every token" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout


@pytest.mark.parametrize("way", [{"WEB_CONCURRENCY": "2"}, {"GUNICORN_CMD_ARGS": "--workers 2"}])
def test_several_workers_are_refused_without_redis(way):
    result = start("-m gunicorn --config python:CoffeeShop.gunicorn --bind 127.0.0.1:0 CoffeeShop.wsgi", **way)

    assert result.returncode != 0
    assert "2 workers share nothing without REDIS_URL" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("given", "form", "host"),
    [
        ("http://Shop.Example", "http://shop.example", "shop.example"),
        ("HTTPS://SHOP.EXAMPLE/", "https://shop.example", "shop.example"),
        ("http://shop.example:80", "http://shop.example", "shop.example"),
        ("https://shop.example:443/", "https://shop.example", "shop.example"),
        ("https://shop.example:80", "https://shop.example:80", "shop.example"),
        ("http://shop.example:08080", "http://shop.example:8080", "shop.example"),
        ("http://shop.example:", "http://shop.example", "shop.example"),
        ("http://shop.example.", "http://shop.example", "shop.example"),
        ("http://кофе.рф", "http://xn--e1ajmy.xn--p1ai", "xn--e1ajmy.xn--p1ai"),
        ("http://Кофе.РФ:80/", "http://xn--e1ajmy.xn--p1ai", "xn--e1ajmy.xn--p1ai"),
        ("http://straße.example", "http://xn--strae-oqa.example", "xn--strae-oqa.example"),
        ("http://[0:0:0::1]:8000", "http://[::1]:8000", "[::1]"),
    ],
)
def test_site_url_takes_the_form_that_browsers_use(given, form, host):
    found = values("SITE_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "WEBSOCKET_ORIGINS", SITE_URL=given)

    assert found["ALLOWED_HOSTS"][0] == host
    assert found["CSRF_TRUSTED_ORIGINS"] == found["WEBSOCKET_ORIGINS"] == [found["SITE_URL"]] == [form]


def test_other_hosts_and_origins_take_that_form_too():
    found = values(
        "ALLOWED_HOSTS", "CORS_ALLOWED_ORIGINS",
        ALLOWED_HOSTS="Shop.Example,.кофе.рф,[0::2]", CORS_ALLOWED_ORIGINS="https://App.Example:443/",
    )  # fmt: skip

    assert found["ALLOWED_HOSTS"][-3:] == ["shop.example", ".xn--e1ajmy.xn--p1ai", "[::2]"]
    assert found["CORS_ALLOWED_ORIGINS"] == ["https://app.example"]


@pytest.mark.parametrize(
    ("url", "port", "is_tls", "is_starttls"),
    [
        ("smtps://me:a%20b+c@mail.example", 465, True, False),
        ("smtp+ssl://me:a%20b+c@mail.example", 465, True, False),
        ("smtp+tls://me:a%20b+c@mail.example", 587, False, True),
        ("smtp://me:a%20b+c@mail.example", 25, False, False),
        ("smtps://me:a%20b+c@mail.example:2465", 2465, True, False),
    ],
)
def test_mail_goes_over_tls_as_its_url_says(url, port, is_tls, is_starttls):
    code = (
        "import json; from django.conf import settings as s;"
        "print(json.dumps([s.EMAIL_PORT, s.EMAIL_USE_SSL, s.EMAIL_USE_TLS, s.EMAIL_HOST_PASSWORD]))"
    )

    done = python("-c", code, EMAIL_URL=url, DJANGO_SETTINGS_MODULE="CoffeeShop.settings")

    assert json.loads(done.stdout) == [port, is_tls, is_starttls, "a b+c"]


# --- The file -------------------------------------------------------------------------------------------------------

HIDDEN = "hidden-password"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (f"\ufeffSECRET_KEY={HIDDEN}", "line 1 begins with a byte order mark"),
        (f"# shop\nDATABASE_URL = postgres://shop:{HIDDEN}@db/shop", "line 2 is no NAME=value"),
        (f"DATABASE_URL =postgres://shop:{HIDDEN}@db/shop", "line 1 is no NAME=value"),
        (f"DATABASE_URL: postgres://shop:{HIDDEN}@db/shop", "line 1 is no NAME=value"),
        (f"\n\n{HIDDEN}", "line 3 is no NAME=value"),
        (f"2NAME={HIDDEN}", "line 1 is no NAME=value"),
        (f'SECRET_KEY="{HIDDEN}', "line 1 has a quotation mark"),
        (f"SECRET_KEY='{HIDDEN}\nmore'", "line 1 has a quotation mark"),
        (f"SECRET_KEY='{HIDDEN}' # ours", "line 1 has a quotation mark"),
        (f"SECRET_KEY={HIDDEN} # ours", "line 1 has a comment after the value"),
        (f"SECRET_KEY={HIDDEN}\rDEBUG=1", "line 1 has a character that nobody can see"),
        (f"SECRET_KEY={HIDDEN}\n\ufeffDEBUG=1", "line 2 has a character that nobody can see"),
        (f"SECRET_KEY=\x00{HIDDEN}", "line 1 has a character that nobody can see"),
    ],
)
def test_settings_file_is_refused_by_line_and_never_quoted(tmp_path, content, sentence):
    file = tmp_path / "shop.env"
    file.write_bytes(content.encode())

    done = read(["IS_SQLITE"], ENV_FILE=str(file))

    assert done.returncode != 0
    assert sentence in done.stderr.splitlines()[-1]
    assert HIDDEN not in done.stderr + done.stdout


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251"])
def test_settings_file_in_another_encoding_is_refused(tmp_path, encoding):
    file = tmp_path / "shop.env"
    file.write_bytes("CURRENCY=EUR\n# кофе".encode(encoding))

    assert "is no UTF-8 text" in read(["CURRENCY"], ENV_FILE=str(file)).stderr.splitlines()[-1]


def test_settings_file_is_read_as_people_write_it(tmp_path):
    file = tmp_path / "shop.env"
    lines = ["# ours", "", "export CURRENCY=EUR", "  LOG_LEVEL=ERROR  ", "DEFAULT_FROM_EMAIL='Кофе <a@shop.example>'"]
    lines += ['METRICS_TOKEN="with # and \\" in it"', "REDIS_PREFIX=first", "REDIS_PREFIX=last#1", "HTTP_THREADS="]
    file.write_bytes("\r\n".join(lines).encode())
    names = ["CURRENCY", "LOG_LEVEL", "DEFAULT_FROM_EMAIL", "METRICS_TOKEN", "REDIS_PREFIX", "HTTP_THREADS"]

    found = values(*names, ENV_FILE=str(file), LOG_LEVEL="WARNING")

    assert list(found.values()) == ["EUR", "WARNING", "Кофе <a@shop.example>", 'with # and " in it', "last#1", 16]


def test_example_file_starts_nothing_when_uncommented(tmp_path):
    file = tmp_path / "shop.env"
    file.write_text(re.sub(r"(?m)^#(?=[A-Z_]+=)", "", Path(settings.BASE_DIR, ".env.example").read_text()))

    done = read(["IS_SQLITE"], ENV_FILE=str(file))

    assert done.returncode != 0
    assert "is the example that is printed in the repository" in done.stderr.splitlines()[-1]


def test_empty_variable_is_as_good_as_none():
    names = ["SITE_URL", "HTTP_THREADS", "DEBUG", "CURRENCY", "REDIS_URL", "MAILER_EMAIL_BACKEND"]
    empty = dict.fromkeys(["SITE_URL", "HTTP_THREADS", "DEBUG", "CURRENCY", "REDIS_URL", "EMAIL_URL"], "")

    assert values(*names, **empty) == values(*names)


def test_secret_may_begin_with_a_dollar():
    assert values("SECRET_KEY", SECRET_KEY="$" + SECRET) == {"SECRET_KEY": "$" + SECRET}


def test_settings_take_postgresql_by_url():
    found = values("DATABASES", DATABASE_URL=POSTGRES, SECRET_KEY=SECRET)["DATABASES"]["default"]

    assert (found["ENGINE"], found["HOST"], found["NAME"]) == ("django.db.backends.postgresql", "db.example", "shop")


@pytest.mark.parametrize("readme", ["README.md", "README.ru.md"])
def test_readme_names_every_setting_and_no_other(readme):
    code = "".join(Path(settings.BASE_DIR, "CoffeeShop", name).read_text() for name in ("settings.py", "gunicorn.py"))
    read = set(re.findall(r'env\.(?:\w+)\(\s*"([A-Z_]+)"', code)) | {"ENV_FILE"}
    table = re.findall(r"^\|((?: `[A-Z_]+`,?)+) \|", Path(settings.BASE_DIR, readme).read_text(), re.MULTILINE)

    assert {name for row in table for name in re.findall("[A-Z_]+", row)} == read
