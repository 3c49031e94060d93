"""The shop as it is, but for what would make thousands of requests a minute slow or refused."""

from CoffeeShop.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # what is tested is not how long guessing takes
LIMIT_FAILED_LOGINS = LIMIT_FAILED_LOGINS_ADDRESS = LIMIT_REGISTRATIONS = LIMIT_EMAILS = 1_000_000, 1
