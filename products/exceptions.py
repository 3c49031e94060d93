from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException


class BranchRequired(APIException):
    status_code = 400
    default_code = "branch_required"
    default_detail = _("Name a branch: there is no default one.")
