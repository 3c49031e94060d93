"""Version of the catalogue: a shared token that is renewed when, and only when, something visible has changed.

All processes share it through the cache. Saving and deleting are noticed by Django's own signals, whoever does it: the
API, the back office, a command; what changes many rows in one statement says so itself (`CatalogueQuerySet`), and so
does `products/stock.py`, because of stock only running out and coming back can be seen.
"""

import logging
import uuid

from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from redis import RedisError

KEY = "catalogue-version"
UNSEEN = {"BranchStaff", "MenuImport", "OpenWork", "StockMovement"}
UNSEEN_COLUMNS = {"stock", "baristas"}

logger = logging.getLogger(__name__)


class SharedVersion:
    """The catalogue's version in the cache. One that could not be renewed is renewed as soon as the cache answers."""

    def __init__(self):
        self.is_owed = False

    def read(self) -> str | None:
        """Current version; None while the cache does not answer: then nobody knows, and nothing may be cached."""
        try:
            if self.is_owed:
                self._replace()
            return cache.get(KEY) or cache.get_or_set(KEY, _new, timeout=None)
        except (RedisError, OSError):
            return None

    def replace(self) -> None:
        self.is_owed = True
        try:
            self._replace()
        except (RedisError, OSError) as error:
            logger.warning("The cache does not answer, a change of the catalogue may be seen late: %s", error)

    def _replace(self) -> None:
        cache.set(KEY, _new(), timeout=None)
        self.is_owed = False


def _new() -> str:
    """New version, never one that was there before, also after a cache was emptied."""
    return uuid.uuid4().hex


shared_version = SharedVersion()


def catalogue_changed() -> None:
    """A new version as soon as the change is committed, and none if it is rolled back."""
    announced = (function for _savepoints, function, *_rest in transaction.get_connection().run_on_commit)
    if shared_version.replace not in announced:
        transaction.on_commit(shared_version.replace, robust=True)


def watch() -> None:
    """Notice what is saved and deleted one by one, by cascades too."""
    for model in apps.get_app_config("products").get_models():
        if model.__name__ not in UNSEEN:
            post_save.connect(_saved, sender=model, dispatch_uid=f"version-save-{model.__name__}")
            post_delete.connect(_changed, sender=model, dispatch_uid=f"version-delete-{model.__name__}")
        for field in model._meta.many_to_many:
            m2m_changed.connect(_changed, sender=field.remote_field.through, dispatch_uid=f"version-links-{field}")


def is_visible(fields) -> bool:
    """True when a change of these columns shows: how much stock there is does not, only whether there is any."""
    return not set(fields) <= UNSEEN_COLUMNS


def _saved(sender, update_fields, **kwargs) -> None:
    if update_fields is None or is_visible(update_fields):
        catalogue_changed()


def _changed(sender, **kwargs) -> None:
    catalogue_changed()
