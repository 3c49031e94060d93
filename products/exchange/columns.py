"""The columns of a sheet: how each is read from a cell, had from a row, put into it, and explained."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from products.exchange.cells import clean, number, text_of, value_of
from products.exchange.shop import SEPARATOR, Index, Shop
from products.models.translations import text_columns

LANGUAGE_NAMES = dict(settings.LANGUAGES)
KEEP = object()  # an empty cell of what cannot be empty: it stays as it is, or is as by default


class Column:
    """A field of the model."""

    is_link = False  # to many rows

    def __init__(self, model: type[models.Model], name: str):
        self.model, self.name = model, name

    @cached_property
    def field(self) -> models.Field:
        return self.model._meta.get_field(self.name)

    @property
    def is_needed(self) -> bool:
        """True when a new row must have it."""
        return not self.field.blank and not self.field.null and not self.field.has_default()

    @property
    def explanation(self) -> str:
        return ". ".join(
            capfirst(str(text)).rstrip(".") for text in (self.field.verbose_name, self.field.help_text) if text
        )

    def read(self, cell: object, shop: Shop) -> object:
        """Raises ValidationError."""
        value = value_of(cell, self.field)
        if value == "" and not self.field.blank:
            raise ValidationError(_("This must not be empty."))
        if value is None and not self.field.null:
            if self.is_needed:
                raise ValidationError(_("This must not be empty."))
            return KEEP
        return value

    def get(self, row: models.Model, shop: Shop) -> object:
        value = getattr(row, self.name)
        return clean(value) if isinstance(value, str) else value

    def put(self, row: models.Model, value: object) -> str:
        """Returns the name of the field that has changed."""
        setattr(row, self.name, value)
        return self.name

    def written(self, row: models.Model, shop: Shop) -> object:
        """Format a value for a cell."""
        return self.get(row, shop)

    def differs(self, old: object, new: object) -> bool:
        return old != new


class Id(Column):
    """Column of the id, by which rows are found that have no slug; empty for new ones."""

    is_needed = False

    @property
    def explanation(self) -> str:
        return _("Do not change it; leave it empty for a new one")

    def read(self, cell: object, shop: Shop) -> object:
        text = text_of(cell)
        return number(text) if text else KEEP

    def put(self, row: models.Model, value: object) -> str:
        return ""


class Translation(Column):
    """A text in one language, `name:ru`. The whole of them is checked when all columns are read."""

    is_needed = False

    def __init__(self, model: type[models.Model], language: str, text: str):
        super().__init__(model, f"{text}:{language}")
        self.language, self.text = language, text

    @cached_property
    def field(self) -> models.Field:
        return self.model._meta.get_field(self.text)

    @property
    def explanation(self) -> str:
        return capfirst(f"{LANGUAGE_NAMES[self.language]}, {self.field.verbose_name}")

    def read(self, cell: object, shop: Shop) -> str:
        return value_of(cell, self.field)

    def get(self, row: models.Model, shop: Shop) -> str:
        return clean(row.translations.get(self.language, {}).get(self.text, ""))

    def put(self, row: models.Model, value: str) -> str:
        texts = {**row.translations.get(self.language, {}), self.text: value}
        texts = {name: text for name, text in texts.items() if text}
        others = {code: one for code, one in row.translations.items() if code != self.language}
        row.translations = {**others, **({self.language: texts} if texts else {})}
        return "translations"


class Link(Column):
    """A row of another sheet, by its slug or name."""

    def __init__(self, model: type[models.Model], name: str, index: str):
        super().__init__(model, name)
        self.index = index

    def index_of(self, shop: Shop) -> Index:
        return getattr(shop, self.index)

    def read(self, cell: object, shop: Shop) -> models.Model:
        text = text_of(cell)
        if not text:
            raise ValidationError(_("This must not be empty."))
        return self.index_of(shop).find(text)

    def get(self, row: models.Model, shop: Shop) -> models.Model:
        return getattr(row, self.name)

    def written(self, row: models.Model, shop: Shop) -> str:
        return self.index_of(shop).called(getattr(row, self.name))

    def differs(self, old: object, new: object) -> bool:
        return old is not new


class Links(Link):
    """Any number of them, with semicolons between."""

    is_link = True
    is_needed = False

    @property
    def explanation(self) -> str:
        return f"{super().explanation}; {_('several with semicolons between')}"

    def read(self, cell: object, shop: Shop) -> list[models.Model]:
        names = [name for name in map(clean, text_of(cell).split(SEPARATOR)) if name]
        rows = [self.index_of(shop).find(name) for name in names]
        return list({id(row): row for row in rows}.values())

    def get(self, row: models.Model, shop: Shop) -> list[models.Model]:
        return shop.links[id(row), self.name]

    def put(self, row: models.Model, value: list[models.Model]) -> str:
        return ""

    def written(self, row: models.Model, shop: Shop) -> str:
        return f"{SEPARATOR} ".join(self.index_of(shop).called(one) for one in self.get(row, shop))

    def differs(self, old: list, new: list) -> bool:
        return {id(row) for row in old} != {id(row) for row in new}


class StockBefore(Column):
    """Column of the stock at export. Where it equals the stock nobody has touched that, and what was sold since then is
    not put back.
    """

    is_needed = False

    def __init__(self, model: type[models.Model], name: str, of: str):
        super().__init__(model, name)
        self.of = of

    @cached_property
    def field(self) -> models.Field:
        return self.model._meta.get_field(self.of)

    @property
    def explanation(self) -> str:
        return _("Stock when the file was written: do not change it. Where it equals the stock, nothing is booked")

    def get(self, row: models.Model, shop: Shop) -> int | None:
        return getattr(row, self.of)

    def put(self, row: models.Model, value: object) -> str:
        return ""

    def differs(self, old: object, new: object) -> bool:
        return False


def translations(model: type[models.Model], languages: list[str]) -> list[Translation]:
    return [Translation(model, language, text.name) for text in text_columns(model) for language in languages]
