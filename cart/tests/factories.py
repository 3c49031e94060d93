import factory

from cart.models import CartItem
from cart.services import add_to_cart
from products.tests.factories import ProductFactory
from users.tests.factories import UserFactory


class CartItemFactory(factory.django.DjangoModelFactory):
    """Added as a customer would; `options` are ids."""

    class Meta:
        model = CartItem

    user = factory.SubFactory(UserFactory)
    product = factory.SubFactory(ProductFactory)

    @classmethod
    def _create(cls, model_class, *args, product, **values):
        line, _is_new = add_to_cart(product_id=product.pk, **values)
        return line.item
