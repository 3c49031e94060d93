"""The Swagger document: what every operation needs and can answer, beyond what its serializers say."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse
from drf_yasg import openapi
from drf_yasg.inspectors import SwaggerAutoSchema
from drf_yasg.views import get_schema_view
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny

from cart.serializers import ProblemSerializer

INFO = openapi.Info(
    title="CoffeeShop API",
    default_version="v1",
    description=(
        "Menu, cart and orders of a chain of coffee shops.\n\n"
        "Get a token pair from `POST /api/token/` and send `Authorization: Bearer <access>`. "
        "Money is a decimal string, times are ISO 8601. "
        "Errors about fields are `400` with a list of texts per field; every other error is the `Error` schema, "
        "whose `code` is stable and whose `detail` follows `Accept-Language` (`en`, `ru`)."
    ),
)

schema_view = get_schema_view(INFO, public=True, authentication_classes=[], permission_classes=[AllowAny])

# Both pages style themselves as they run, and ReDoc searches in a worker of its own making. Its logo, at the makers'
# site, stays out.
DOCUMENTS_POLICY = f"{settings.CONTENT_SECURITY_POLICY}; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:"


def permit_documents(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def permitted(*args, **kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers["Content-Security-Policy"] = DOCUMENTS_POLICY
        return response

    return permitted


FIELD_ERRORS = openapi.Response(
    "A field is wrong: texts per field. Or the request as a whole is: `detail` and `code`.",
    openapi.Schema(title="FieldErrors", type=openapi.TYPE_OBJECT, additional_properties=True),
)


class ErrorSerializer(serializers.Serializer):
    """Every answer above 400. What follows `code` comes with some codes only."""

    detail = serializers.CharField(help_text="For people.")
    code = serializers.CharField(help_text="For programs; stable.")
    problems = ProblemSerializer(many=True, required=False)
    total_price = serializers.CharField(required=False)
    opens_at = serializers.DateTimeField(required=False, allow_null=True)
    retry_after = serializers.IntegerField(required=False, help_text="Seconds.")
    status = serializers.CharField(required=False)
    allowed_statuses = serializers.ListField(child=serializers.CharField(), required=False)

    class Meta:
        ref_name = "Error"


class AutoSchema(SwaggerAutoSchema):
    """Tags by app, security by what the view really asks for, and the errors that every such operation shares."""

    def get_tags(self, operation_keys=None) -> list[str]:
        return [type(self.view).__module__.partition(".")[0]]

    def get_security(self) -> list[dict]:
        return [{"Bearer": []}] if self._needs_token() else []

    def get_response_serializers(self) -> dict:
        responses = super().get_response_serializers()
        for status in self._error_statuses():
            is_about_fields = status == HTTPStatus.BAD_REQUEST
            error = FIELD_ERRORS if is_about_fields else openapi.Response(HTTPStatus(status).phrase, ErrorSerializer)
            responses.setdefault(str(status), error)
        return responses

    def get_query_parameters(self) -> list[openapi.Parameter]:
        """Also what the view reads by itself, listed by action in its `described_parameters`."""
        own = getattr(self.view, "described_parameters", {}).get(self.view.action, [])
        return [*super().get_query_parameters(), *own]

    def _error_statuses(self) -> list[int]:
        statuses = [503]
        if self._needs_token():
            statuses += [401, 403]
        if self.method not in SAFE_METHODS:
            statuses += [409]
        if self.get_request_body_parameters(["application/json"]):
            statuses += [400, 413, 415]
        if self.get_query_parameters():
            statuses += [400]
        if "{" in self.path or self.should_page():
            statuses += [404]
        if self.method == "POST" and not self._needs_token():
            statuses += [401, 429]
        return sorted(set(statuses))

    def _needs_token(self) -> bool:
        return bool(self.view.get_authenticators())
