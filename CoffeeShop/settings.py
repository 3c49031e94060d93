"""Everything that differs between installations comes from the environment; nonsense there fails loudly.

With no environment at all the shop runs on localhost, safely, on SQLite, in one process. README.md has the table.
"""

import warnings
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from CoffeeShop import environment, schema, serviceurls
from CoffeeShop.backends import sqlite
from CoffeeShop.local_secret import read_or_make_secret
from CoffeeShop.monitoring import logs

BASE_DIR = Path(__file__).resolve().parent.parent

env = environment.Environment()
PRINTED = {"a long random text", "a long random text, at least 32 characters"}  # in .env.example
env.read_file(BASE_DIR)

DEBUG = env.bool("DEBUG", default=False)

# --- Where we are ---------------------------------------------------------------------------------------------------

SITE_URL = env.origin("SITE_URL", default="http://127.0.0.1:8000")
_site = urlsplit(SITE_URL)
IS_HTTPS = _site.scheme == "https"

LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = [environment.bracketed(_site.hostname), *LOOPBACK_HOSTS, *env.hosts("ALLOWED_HOSTS")]
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("ALLOWED_HOSTS=* would believe any Host header; name the hosts, or set DEBUG=1.")
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_EXPOSE_HEADERS = ["ETag", "Idempotency-Replayed", "Retry-After", "X-Request-ID"]
CORS_ALLOW_HEADERS = [
    *("accept", "accept-language", "authorization", "content-type", "idempotency-key", "if-none-match"),
    "x-request-id",
]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "CoffeeShop.errors.csrf_failure"
FORCE_SCRIPT_NAME = ""  # the shop has a host to itself; a prefix that a request brings is not for links to believe
# Browsers on these origins may open a socket; a client that sends no Origin is no browser and brings a token anyway.
WEBSOCKET_ORIGINS = [SITE_URL, *CORS_ALLOWED_ORIGINS]

# How many proxies of ours stand in front: only then is X-Forwarded-* believed.
NUM_PROXIES = env.int("NUM_PROXIES", default=0)
if NUM_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Asked from inside, by an address of the machine and over plain HTTP.
PROBES = {"/healthz", "/readyz", "/metrics"}
METRICS_TOKEN = env.str("METRICS_TOKEN")
if METRICS_TOKEN in PRINTED:
    raise ImproperlyConfigured("METRICS_TOKEN is the example that is printed in the repository: make one of your own.")
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = ["^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS and env.bool("HSTS_WHOLE_DOMAIN", default=True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
# `no-referrer` would be stricter, and make browsers send `Origin: null` with forms, which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
# Uploaded pictures: a bucket that all machines share, or the folder MEDIA_ROOT.
BUCKET = env.bucket("STORAGE_URL")
_pictures = f" {BUCKET['url_protocol']}//{BUCKET['custom_domain'].partition('/')[0]}" if BUCKET else ""
# No page of ours has a script or a style inside its HTML; pictures as `data:` come with the admin's style sheets.
CONTENT_SECURITY_POLICY = (
    f"default-src 'self'; img-src 'self' data:{_pictures}; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

# --- The house ------------------------------------------------------------------------------------------------------

SHOP_APPS = ["users", "products", "promotions", "cart", "orders", "support"]
INSTALLED_APPS = [
    "daphne",
    "CoffeeShop.apps.CoffeeShopConfig",
    "realtime",
    *SHOP_APPS,
    "CoffeeShop.apps.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "corsheaders",
    "django_filters",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "drf_yasg",
    "mailer",
    "rest_framework",
]
MIDDLEWARE = [
    "CoffeeShop.middleware.ObservationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "CoffeeShop.middleware.PolicyMiddleware",
    "CoffeeShop.serving.compression.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "CoffeeShop.serving.bodies.BodyLimitMiddleware",
    "CoffeeShop.middleware.ConditionalGetMiddleware",
    "products.responsecache.CatalogueCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "rest.languages.LanguageMiddleware",
    "CoffeeShop.middleware.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "CoffeeShop.urls"
WSGI_APPLICATION = "CoffeeShop.wsgi.application"
ASGI_APPLICATION = "CoffeeShop.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Data -----------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", default=BASE_DIR / "db.sqlite3")}
_database = DATABASES["default"]
IS_SQLITE = _database["ENGINE"] == "django.db.backends.sqlite3"
# One connection per thread of the pool, checked when a request takes it up, so a restarted server is no error.
_database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
_database["CONN_HEALTH_CHECKS"] = True
if IS_SQLITE:
    _database["OPTIONS"] = sqlite.OPTIONS
    # Threads share a file, not a database in memory.
    _database["TEST"] = {"NAME": BASE_DIR / ".local" / "test.sqlite3"}
else:
    _database["OPTIONS"] = {
        "connect_timeout": 5,
        "options": "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s",
        # A server that is gone without a word, its network with it, is given up after some ten seconds.
        **{"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000},
        **_database.get("OPTIONS", {}),
    }

REDIS_URL = env.redis("REDIS_URL", environment.REDIS, "redis://host:6379/0")
REDIS_PREFIX = env.str("REDIS_PREFIX", default="coffeeshop")
_redis = REDIS_URL.channel_host() if isinstance(REDIS_URL, serviceurls.Sentinels) else REDIS_URL
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "CoffeeShop.backends.rediscache.RedisCache",
            "LOCATION": [REDIS_URL],
            "KEY_PREFIX": REDIS_PREFIX,
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [_redis], "prefix": REDIS_PREFIX},
        }
    }
else:
    # Beyond so many entries old ones go, and with them counts of failed logins: guessers must not get there in minutes.
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# With a broker, `celery -A CoffeeShop worker --beat` does what cron would do otherwise.
CELERY_BROKER_URL = env.redis("CELERY_BROKER_URL", environment.BROKERS, "redis://host:6379/1")

# Room for cached responses of the catalogue in each process; 0 caches none.
CATALOGUE_CACHE_MB = env.int("CATALOGUE_CACHE_MB", default=32, at_least=0)

# Threads that answer HTTP under daphne; each holds at most one database connection.
HTTP_THREADS = env.int("HTTP_THREADS", default=16, at_least=1, at_most=1000)

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "CoffeeShop.backends.s3.PictureStorage", "OPTIONS": BUCKET}
    if BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "CoffeeShop.backends.staticfiles.StaticFilesStorage"},
}
# Without `collectstatic` the files are served from where the packages keep them.
WHITENOISE_USE_FINDERS = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "jpeg", "png", "gif", "webp", "gz", "woff", "woff2", "map")
warnings.filterwarnings("ignore", message="No directory at")
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=BASE_DIR / "media"))

# --- Who may come in ------------------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if env.str("DATABASE_URL"):
        raise ImproperlyConfigured("DATABASE_URL is set, so SECRET_KEY is required: a long random text kept secret.")
    SECRET_KEY = read_or_make_secret(BASE_DIR / ".secret_key")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY signs every token: it needs at least 32 characters.")
if SECRET_KEY in PRINTED:
    raise ImproperlyConfigured("SECRET_KEY is the example that is printed in the repository: make one of your own.")

AUTH_USER_MODEL = "users.CustomUser"
AUTHENTICATION_BACKENDS = ["users.backends.LoginBackend"]
PASSWORD_HASHERS = [
    "users.hashers.BoundedArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# So many passwords are hashed at a time in a process, 100 MB each; twice as many may wait, and so long.
PASSWORD_HASHES = env.int("PASSWORD_HASHES", default=2, at_least=1)
PASSWORD_HASH_WAIT_SECONDS = 5
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Administrators may set up two-factor sign-in; with this they have to, before anything else.
ADMIN_OTP_REQUIRED = env.bool("ADMIN_OTP_REQUIRED")
OTP_TOTP_ISSUER = "CoffeeShop"  # how authenticator apps call it
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=env.int("ACCESS_TOKEN_SECONDS", default=15 * 60)),
    "REFRESH_TOKEN_LIFETIME": timedelta(seconds=env.int("REFRESH_TOKEN_SECONDS", default=30 * 24 * 3600)),
    "SIGNING_KEY": SECRET_KEY,
    # So far the clocks of two servers may differ before one takes the other's tokens for issued in the future.
    "LEEWAY": 60,
}
# A refresh token that was used up is an accident for this long (two tabs, a retry), and theft after that.
REFRESH_GRACE_SECONDS = env.int("REFRESH_GRACE_SECONDS", default=10)
# A refresh whose answer was lost gets the same pair again for this long, by its Idempotency-Key.
REFRESH_REPLAY_SECONDS = env.int("REFRESH_REPLAY_SECONDS", default=60)
PASSWORD_RESET_TIMEOUT = 48 * 3600  # seconds; verification links live as long
# Where the links in e-mails lead, for a front end that brings its own pages; without them to ours.
VERIFY_URL = env.address("VERIFY_URL", {"http", "https"}, "https://app.shop.example/verify")
RESET_URL = env.address("RESET_URL", {"http", "https"}, "https://app.shop.example/reset")
# How often in how many seconds: wrong passwords for one account from one address and over all accounts, registrations
# and changes of address from one address, unknown promo codes by one user, e-mails that are asked for to one account
# and recipient.
LIMIT_FAILED_LOGINS = env.int("FAILED_LOGINS", default=5), env.int("FAILED_LOGINS_SECONDS", default=300)
LIMIT_FAILED_LOGINS_ADDRESS = env.int("FAILED_LOGINS_ADDRESS", default=30), LIMIT_FAILED_LOGINS[1]
LIMIT_REGISTRATIONS = env.int("REGISTRATIONS", default=30), env.int("REGISTRATIONS_SECONDS", default=3600)
LIMIT_WRONG_CODES = env.int("WRONG_CODES", default=20), env.int("WRONG_CODES_SECONDS", default=3600)
LIMIT_EMAILS = env.int("ACCOUNT_EMAILS", default=3), env.int("ACCOUNT_EMAILS_SECONDS", default=3600)

# --- Orders ---------------------------------------------------------------------------------------------------------

# How many open orders that are not paid a user, and a guest, may have.
OPEN_ORDERS = env.int("OPEN_ORDERS", default=5, at_least=1)
OPEN_ORDERS_GUEST = env.int("OPEN_ORDERS_GUEST", default=2, at_least=1)
# An order that nobody accepted so long after its time is cancelled; 0: never.
NOT_ACCEPTED_MINUTES = env.int("NOT_ACCEPTED_MINUTES", default=30)
# One that nobody fetched so long after the end of its business day is, too.
NOT_FETCHED_MINUTES = env.int("NOT_FETCHED_MINUTES", default=0)
# When a branch's managers are told that no board has shown an order.
UNSEEN_SECONDS = env.int("UNSEEN_SECONDS", default=60, at_least=1)
# The e-mail "ready" waits so long for a barista who takes it back.
READY_MAIL_SECONDS = env.int("READY_MAIL_SECONDS", default=15)
# Whether administrators get an e-mail about yesterday, after 08:00 by the clock of the default branch.
MORNING_MAIL = env.bool("MORNING_MAIL", default=True)
# How often each serving process looks for orders to end and to tell of; 0: never, then `tend_orders` has to from cron.
TEND_SECONDS = env.int("TEND_SECONDS", default=5)

# --- The API --------------------------------------------------------------------------------------------------------

JSON_MAX_BYTES = 1024 * 1024
JSON_MAX_DEPTH = 32
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024  # the largest body of all, an image of 5 MiB in a multipart form
REST_FRAMEWORK = {
    "DEFAULT_METADATA_CLASS": "rest.metadata.Metadata",
    "DEFAULT_AUTHENTICATION_CLASSES": ["users.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "rest.negotiation.FirstRendererNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest.pagination.NumberedPagination",
    "EXCEPTION_HANDLER": "rest.handler.handle_exception",
    "NUM_PROXIES": NUM_PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SWAGGER_USE_COMPAT_RENDERERS = False
SWAGGER_SETTINGS = schema.SETTINGS

# --- The shop -------------------------------------------------------------------------------------------------------

CURRENCY = env.word("CURRENCY", "USD", "[A-Z]{3}", "three capital letters")
# What sockets may ask for; realtime/limits.py has the names: SOCKET_LIMITS=BURST=100,SOCKETS_PER_USER=5
SOCKET_LIMITS = {
    **env.numbers("SUPPORT_LIMITS"),  # the older name
    **env.numbers("SOCKET_LIMITS"),
}
# An answer in the chat that was unread for so long, with nobody connected, becomes an e-mail.
SUPPORT_AWAY_SECONDS = env.float("SUPPORT_AWAY_SECONDS", SOCKET_LIMITS.pop("AWAY_SECONDS", 180.0))

# --- Mail -----------------------------------------------------------------------------------------------------------

# Mail is a row in the transaction that causes it; `send_queued_mail` sends it by EMAIL_URL, with retries.
EMAIL_BACKEND = "mailer.backend.DbBackend"
_mail = env.email("EMAIL_URL", default="consolemail://")
MAILER_EMAIL_BACKEND = _mail.pop("EMAIL_BACKEND")
globals().update(_mail)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"CoffeeShop <no-reply@{_site.hostname}>")
EMAIL_SUBJECT_PREFIX = ""

# --- Words and time -------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ru", _("Russian"))]
LOCALE_PATHS = [BASE_DIR / "CoffeeShop" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- What it says ---------------------------------------------------------------------------------------------------

LOG_LEVEL = env.word("LOG_LEVEL", "INFO", "DEBUG|INFO|WARNING|ERROR", "DEBUG, INFO, WARNING or ERROR")
LOG_FORMAT = env.word("LOG_FORMAT", "line", "line|json", "line or json")
LOG_REQUESTS = env.bool("LOG_REQUESTS")
SLOW_QUERY_MS = env.int("SLOW_QUERY_MS", default=500)  # 0: never mind
LOGGING = logs.configuration(level=LOG_LEVEL, formatter=LOG_FORMAT)
