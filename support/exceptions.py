from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException

from rest.exceptions import Conflict


class ClientIdReused(Conflict):
    default_code = "client_id_reused"
    default_detail = _("This client_id belongs to another message of yours.")


class SeqNotReached(APIException):
    status_code = 400
    default_code = "seq_not_reached"
    default_detail = _("The conversation has no such message yet.")
