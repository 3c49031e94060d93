from django.utils.translation import gettext_lazy as _

from rest.exceptions import Conflict


class CartFull(Conflict):
    default_code = "cart_full"
    default_detail = _("The cart is full.")


class FavouritesFull(Conflict):
    default_code = "favourites_full"
    default_detail = _("There is no room for more favourites.")


class ProductUnavailable(Conflict):
    default_code = "product_unavailable"
    default_detail = _("This product is not on the menu any more.")


class OptionUnavailable(Conflict):
    default_code = "option_unavailable"
    default_detail = _("The product does not have one of these options any more.")
