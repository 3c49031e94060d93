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


class BadFrame(APIException):
    """A frame that is no JSON object or of no known type. `client_id` is what an answer can be matched by."""

    status_code = 400
    default_code = "malformed"
    default_detail = _("Send a JSON object with a known type.")

    def __init__(self, detail=None, code=None, client_id: str | None = None):
        super().__init__(detail, code)
        self.client_id = client_id
