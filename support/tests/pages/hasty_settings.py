"""The shop with tokens so short that a test can wait for their end."""

from datetime import timedelta

from CoffeeShop.settings import *  # noqa: F403
from CoffeeShop.settings import SIMPLE_JWT

SIMPLE_JWT = {**SIMPLE_JWT, "ACCESS_TOKEN_LIFETIME": timedelta(seconds=6)}
SUPPORT_LIMITS = {"EXPIRY_NOTICE_SECONDS": 4}
