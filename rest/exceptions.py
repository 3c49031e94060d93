from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions


class Conflict(exceptions.APIException):
    """The request is fine, the state of things forbids it. `extra` is what the code `brings` with it."""

    status_code = 409
    brings: tuple[str, ...] = ()
    default_code = "conflict"
    default_detail = _("Somebody else has just changed this. Look again and repeat.")

    def __init__(self, detail=None, code=None, **extra):
        super().__init__(detail, code)
        self.extra = extra


class InUse(Conflict):
    default_code = "in_use"
    default_detail = _("Something else still needs this.")


class BodyTooLarge(exceptions.APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = _("The request body is too large.")


class Unavailable(exceptions.APIException):
    """Temporary failure (503). Nothing was changed; the same request may succeed in `wait` seconds."""

    status_code = 503
    default_code = "unavailable"
    default_detail = _("The service is busy. Please try again in a moment.")
    wait = 1
