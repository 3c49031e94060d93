import factory

from products.models import (
    Branch,
    BranchHours,
    BranchProduct,
    BranchSpecialDay,
    BranchStaff,
    Category,
    Ingredient,
    Option,
    OptionGroup,
    Position,
    Product,
    StopListEntry,
)
from products.stock import save_branch_product
from products.stoplist import put_on_stop_list
from users.tests.factories import UserFactory


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda number: f"Category {number}")


class OptionGroupFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OptionGroup

    name = factory.Sequence(lambda number: f"Group {number}")


class OptionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Option

    group = factory.SubFactory(OptionGroupFactory)
    name = factory.Sequence(lambda number: f"Option {number}")


class IngredientFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Ingredient

    name = factory.Sequence(lambda number: f"Ingredient {number}")


class StopListEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StopListEntry


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    name = factory.Sequence(lambda number: f"Product {number}")
    price = "4.50"
    category = factory.SubFactory(CategoryFactory)


class BranchFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Branch

    name = factory.Sequence(lambda number: f"Branch {number}")


class BranchHoursFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = BranchHours

    branch = factory.SubFactory(BranchFactory)


class BranchSpecialDayFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = BranchSpecialDay

    branch = factory.SubFactory(BranchFactory)


class BranchStaffFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = BranchStaff

    user = factory.SubFactory(UserFactory)
    branch = factory.SubFactory(BranchFactory)
    position = Position.BARISTA


class BranchProductFactory(factory.django.DjangoModelFactory):
    """With its stock booked, as the shop itself would."""

    class Meta:
        model = BranchProduct

    product = factory.SubFactory(ProductFactory)

    @classmethod
    def _create(cls, model_class, *args, sold_out_until=None, **values):
        if sold_out_until:
            put_on_stop_list(branch=values["branch"], product=values["product"], until=sold_out_until, by=None)
        return save_branch_product(model_class(**values), changed=[], by=None)
