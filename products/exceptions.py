from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException

from rest.exceptions import Conflict


class BranchRequired(APIException):
    status_code = 400
    default_code = "branch_required"
    default_detail = _("Name a branch: there is no default one.")


class StockNotTracked(Conflict):
    default_code = "stock_not_tracked"
    default_detail = _("This is made to order here: it has no stock to change.")


class InsufficientStock(Conflict):
    default_code = "insufficient_stock"
    brings = ("available",)
    default_detail = _("There is less than that in stock.")


class CatalogueMoved(Conflict):
    default_code = "catalogue_moved"
    default_detail = _("Something of this has been changed meanwhile. Look again and confirm.")


class AlreadyStaff(Conflict):
    default_code = "already_staff"
    default_detail = _("This user already has a position at this branch.")
