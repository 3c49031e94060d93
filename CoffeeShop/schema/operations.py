"""Swagger schema of one operation: its parameters and its errors."""

from collections import defaultdict
from functools import partial
from http import HTTPStatus

from drf_yasg import openapi
from drf_yasg.inspectors import SwaggerAutoSchema
from rest_framework import exceptions, serializers
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS

from cart.serializers import ProblemSerializer
from products.permissions import INCLUDE_INACTIVE
from products.views.catalogue import CatalogueViewSet
from rest.exceptions import BodyTooLarge, Conflict, Unavailable
from users.exceptions import IdempotencyKeyNotValid, IdempotencyKeyReused, TokenNotValid
from users.idempotency import IDEMPOTENCY_KEY

VERBS = {
    "list": "List {many}",
    "create": "Add a new {one}",
    "retrieve": "Show one {one}",
    "update": "Replace one {one}",
    "partial_update": "Change one {one}",
    "destroy": "Delete one {one}",
}
IF_NONE_MATCH = openapi.Parameter(
    "If-None-Match",
    openapi.IN_HEADER,
    "The `ETag` of the answer you have: if it is still the same, you get 304 and no body.",
    type=openapi.TYPE_STRING,
)
KEEP_BUT_ASK = {
    "ETag": {"type": "string", "description": "Names this very answer; send it as `If-None-Match`."},
    "Cache-Control": {"type": "string", "description": "`no-cache`: keep it, but ask before using it again."},
}
REPLAYED = {
    "Idempotency-Replayed": {"type": "string", "description": "`true` when this answer was given to the key before."}
}
RETRY_AFTER = {"Retry-After": {"type": "integer", "description": "Seconds, as in `retry_after`."}}
CHALLENGE = {"WWW-Authenticate": {"type": "string", "description": "`Bearer`."}}
ERROR_HEADERS = {401: CHALLENGE, 429: RETRY_AFTER, 503: RETRY_AFTER}


def bad_request(*, has_code: bool = True) -> openapi.Schema:
    """Schema of a 400: without `code` where the body has a field of that name, whose texts stand there."""
    text = openapi.Schema(type=openapi.TYPE_STRING)
    return openapi.Schema(
        type=openapi.TYPE_OBJECT,
        description="Texts per field, nested as the body is; or, when no field is to blame, `detail` and `code`.",
        properties={
            "non_field_errors": openapi.Schema(type=openapi.TYPE_ARRAY, items=text),
            "detail": text,
            **({"code": text} if has_code else {}),
        },
        additional_properties=True,
        example={"quantity": ["Ensure this value is less than or equal to 99."]},
    )


class ErrorSerializer(serializers.Serializer):
    """Every answer above 400. What follows `code` comes with some codes only."""

    detail = serializers.CharField(help_text="For people.")
    code = serializers.CharField(help_text="For programs; stable.")
    problems = ProblemSerializer(many=True, required=False, help_text="With `cart_has_problems`.")
    total_price = serializers.CharField(required=False, help_text="With `total_changed`: what it would cost.")
    opens_at = serializers.DateTimeField(required=False, allow_null=True, help_text="With `branch_closed`.")
    next_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="With `slot_full`: a time that can be had; null if there is none."
    )
    paused_until = serializers.DateTimeField(required=False, help_text="With `branch_paused`.")
    available = serializers.IntegerField(required=False, help_text="With `insufficient_stock`: so many are left.")
    status = serializers.CharField(required=False, help_text="With `status_not_allowed`: the order's status.")
    allowed_statuses = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="With `status_not_allowed`: where it may go."
    )
    retry_after = serializers.IntegerField(required=False, help_text="With 429 and 503: seconds.")

    class Meta:
        ref_name = "Error"


class AutoSchema(SwaggerAutoSchema):
    """Tags by app, security by what the view really asks for, and the errors that every such operation shares.

    A view's `described_parameters` are what it reads from the query by itself, and its `raises` the exceptions of its
    own, both by action.
    """

    def get_tags(self, operation_keys=None) -> list[str]:
        return [type(self.view).__module__.partition(".")[0]]

    def get_security(self) -> list[dict]:
        return [{"Bearer": []}] if self._needs_token() else []

    def get_summary_and_description(self) -> tuple[str, str]:
        """The first sentence is what a list of operations shows."""
        summary, rest = super().get_summary_and_description()
        description = f"{summary}\n\n{rest}" if summary else rest
        if getattr(type(self.view), self.view.action).__doc__:
            return description.partition(". ")[0].partition("\n")[0].rstrip("."), description
        model = self.view.queryset.model._meta
        return VERBS[self.view.action].format(one=model.verbose_name, many=model.verbose_name_plural), description

    def get_query_parameters(self) -> list[openapi.Parameter]:
        return [*super().get_query_parameters(), *self._own("described_parameters")]

    def add_manual_parameters(self, parameters: list[openapi.Parameter]) -> list[openapi.Parameter]:
        if self._is_catalogue_read():
            parameters = [*parameters, IF_NONE_MATCH]
        if self._is_idempotent():
            parameters = [*parameters, IDEMPOTENCY_KEY]
        return super().add_manual_parameters(parameters)

    def make_body_parameter(self, schema) -> openapi.Parameter:
        """Body parameter, optional unless a field must be sent."""
        body = super().make_body_parameter(schema)
        body.required = bool(openapi.resolve_ref(schema, self.components).get("required"))
        return body

    def get_request_body_schema(self, serializer) -> openapi.Schema | openapi.SchemaRef:
        schema = super().get_request_body_schema(serializer)
        whole = openapi.resolve_ref(schema, self.components)
        if self.method != "PATCH" or "required" not in whole:
            return schema
        definitions = self.components.with_scope(openapi.SCHEMA_DEFINITIONS)
        name = schema.ref.rpartition("/")[2] + "Change"
        definitions.setdefault(name, lambda: without_required(whole))
        return openapi.SchemaRef(definitions, name)

    def get_response_serializers(self) -> dict:
        responses = super().get_response_serializers()
        if self._is_catalogue_read():
            responses["304"] = openapi.Response("What you have is still right.", headers=KEEP_BUT_ASK)
        for status, errors in sorted(self._errors().items()):
            responses.setdefault(str(status), self._error_response(status, errors))
        return responses

    def get_response_schemas(self, response_serializers: dict) -> dict[str, openapi.Response]:
        responses = super().get_response_schemas(response_serializers)
        headers = self._success_headers()
        for status, response in responses.items():
            response.description = response.description or HTTPStatus(int(status)).phrase
            if status.startswith("2") and headers:
                response.headers = headers
        return responses

    def _success_headers(self) -> dict:
        if self._is_idempotent():
            return REPLAYED
        return KEEP_BUT_ASK if self._is_catalogue_read() else {}

    def _error_response(self, status: int, errors: list[type[APIException]]) -> openapi.Response:
        texts = [described(error) for error in errors]
        extra = {"headers": ERROR_HEADERS[status]} if status in ERROR_HEADERS else {}
        if status == HTTPStatus.BAD_REQUEST:
            definitions = self.components.with_scope(openapi.SCHEMA_DEFINITIONS)
            has_code = "code" not in getattr(self.get_request_serializer(), "fields", {})
            name = "BadRequest" if has_code else "BadRequestOfCode"
            definitions.setdefault(name, partial(bad_request, has_code=has_code))
            schema = openapi.SchemaRef(definitions, name)
            return openapi.Response("\n\n".join(["Texts per field.", *texts]), schema)
        example = {"detail": detail_of(errors[0]), "code": errors[0].default_code}
        return openapi.Response("\n\n".join(texts), ErrorSerializer, {"application/json": example}, **extra)

    def _errors(self) -> dict[int, list[type[APIException]]]:
        """Exceptions that this operation can answer with, by status."""
        has_body = bool(self.get_request_body_parameters(self.get_consumes()))
        query = self.get_query_parameters()
        errors = [Unavailable]
        if self._needs_token() or INCLUDE_INACTIVE in query:
            errors += [exceptions.NotAuthenticated, TokenNotValid, exceptions.PermissionDenied]
        if has_body:
            errors += [exceptions.ParseError, BodyTooLarge, exceptions.UnsupportedMediaType]
        if "{" in self.path or self.should_page():
            errors += [exceptions.NotFound]
        if self.method not in SAFE_METHODS:
            errors += [Conflict]
        if self._is_idempotent():
            errors += [IdempotencyKeyReused]
        if self._is_idempotent() or IDEMPOTENCY_KEY in self.overrides.get("manual_parameters", ()):
            errors += [IdempotencyKeyNotValid]
        by_status = defaultdict(list)
        if query:
            by_status[400] = []
        for error in [*errors, *self._own("raises")]:
            by_status[error.status_code].append(error)
        return by_status

    def _own(self, name: str) -> list:
        return getattr(self.view, name, {}).get(self.view.action, [])

    def _is_idempotent(self) -> bool:
        return hasattr(getattr(type(self.view), self.view.action), "operation")

    def _is_catalogue_read(self) -> bool:
        return isinstance(self.view, CatalogueViewSet) and self.method == "GET"

    def _needs_token(self) -> bool:
        return bool(self.view.get_authenticators())


def without_required(schema: openapi.Schema) -> openapi.Schema:
    partial = openapi.Schema(type=openapi.TYPE_OBJECT)
    partial.update((key, value) for key, value in schema.items() if key != "required")
    return partial


def described(error: type[APIException]) -> str:
    brought = getattr(error, "brings", ())
    extra = f" (with {', '.join(f'`{name}`' for name in brought)})" if brought else ""
    return f"`{error.default_code}`{extra}: {detail_of(error)}"


def detail_of(error: type[APIException]) -> str:
    return str(error.default_detail).format(media_type="text/csv")
