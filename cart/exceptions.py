from django.utils.translation import gettext_lazy as _

from rest.exceptions import Conflict


class CartFull(Conflict):
    default_code = "cart_full"
    default_detail = _("The cart is full.")
