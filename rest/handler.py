"""One handler turns every failure into the contract's JSON: field errors, or `{"detail", "code"}`."""

import logging

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from django.utils.translation import gettext as _
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

from rest.exceptions import BodyTooLarge, Conflict, InUse, Unavailable

logger = logging.getLogger(__name__)


def handle_exception(exc: Exception, context: dict) -> Response | None:
    """DRF's exception handler. Returns None, hence a 500, only for what is a defect of ours."""
    exc = _translated(exc)
    if _asks_for_no_action(exc, context):
        exc = exceptions.MethodNotAllowed(context["request"].method)
    response = exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, exceptions.ValidationError):
        response.data = as_serializer_error(exc)
    else:
        response.data = _described(exc, response)
    return response


def _translated(exc: Exception) -> Exception:
    """Name what Django and the database raise in the API's words."""
    match exc:
        case ModelValidationError():
            return exceptions.ValidationError(as_serializer_error(exc))
        case ProtectedError():
            return InUse()
        # A constraint won a race against the check that gives the friendly answer, or a sum outgrew its column.
        case IntegrityError() | DataError():
            logger.info("conflict", exc_info=exc)
            return Conflict()
        case OperationalError() | InterfaceError() | RedisError():
            logger.warning("database unavailable", exc_info=exc)
            return Unavailable()
        case Http404() | ObjectDoesNotExist():
            return exceptions.NotFound()
        case exceptions.Throttled():
            text = _("Too many attempts. Please try again later.")  # DRF's own words are a developer's
            exc.detail = exceptions.ErrorDetail(text, exc.default_code)
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return BodyTooLarge()
        case SuspiciousOperation():
            return exceptions.ParseError()
    return exc


def _asks_for_no_action(exc: Exception, context: dict) -> bool:
    """True for a refused caller of a method that no action has: it is a 405 whoever asks."""
    refusals = exceptions.NotAuthenticated | exceptions.AuthenticationFailed | exceptions.PermissionDenied
    return isinstance(exc, refusals) and getattr(context["view"], "action", "") is None


def _described(exc: exceptions.APIException, response: Response) -> dict:
    """The body of every answer that is not about single fields; Retry-After goes along where waiting helps."""
    data = {"detail": response.data["detail"], "code": _code(exc)} | getattr(exc, "extra", {})
    wait = getattr(exc, "wait", None)
    if wait is not None:
        data["retry_after"] = max(1, round(wait))
        response["Retry-After"] = str(data["retry_after"])
    return data


def _code(exc: exceptions.APIException) -> str:
    code = exc.get_codes()
    # SimpleJWT puts a dictionary into the detail; its `code` is what clients know.
    return str(exc.detail["code"]) if isinstance(code, dict) else code
