import factory

from promotions.models import Kind, PromoCode, StampProgramme


class PromoCodeFactory(factory.django.DjangoModelFactory):
    """Ten per cent of everything, as often as one likes, unless told otherwise."""

    class Meta:
        model = PromoCode
        skip_postgeneration_save = True

    code = factory.Sequence(lambda number: f"CODE{number}")
    kind = Kind.PERCENT
    value = factory.Maybe("is_free_item", None, "10")

    class Params:
        is_free_item = factory.LazyAttribute(lambda code: code.kind == Kind.FREE_ITEM)

    @factory.post_generation
    def categories(self, create, extracted, **kwargs):
        self.categories.set(extracted or [])

    @factory.post_generation
    def branches(self, create, extracted, **kwargs):
        self.branches.set(extracted or [])


def begin_programme(*, categories=(), **values) -> StampProgramme:
    programme = StampProgramme.objects.current()
    StampProgramme.objects.filter(pk=programme.pk).update(**{"is_active": True, "stamps_needed": 3, **values})
    programme.categories.set(categories)
    programme.refresh_from_db()
    return programme
