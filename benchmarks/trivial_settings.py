"""The shop with trivial views in place of its own: what is measured is all that is around a view."""

from CoffeeShop.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.trivial"
