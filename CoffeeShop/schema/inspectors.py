"""Swagger inspectors of our strict fields, filters and paginators."""

from drf_yasg import inspectors, openapi
from drf_yasg.inspectors import NotHandled
from rest_framework import serializers

from rest.pagination import EndlessPagination, PageSizeMixin


class FieldInspector(inspectors.FieldInspector):
    """Decimals by their digits; what is only read may be empty, whatever may be written there."""

    def field_to_swagger_object(self, field, swagger_object_type, use_references, **kwargs):
        if isinstance(field, serializers.DecimalField):
            build, _child = self._get_partial_types(field, swagger_object_type, use_references, **kwargs)
            return build(type=openapi.TYPE_STRING, pattern=decimal_pattern(field))
        if isinstance(field, serializers.SlugField) and field.allow_blank:
            build, _child = self._get_partial_types(field, swagger_object_type, use_references, **kwargs)
            return build(type=openapi.TYPE_STRING, pattern="^[-a-zA-Z0-9_]*$", max_length=field.max_length)
        if isinstance(field, serializers.CharField) and field.read_only:
            build, _child = self._get_partial_types(field, swagger_object_type, use_references, **kwargs)
            return build(type=openapi.TYPE_STRING)
        return NotHandled


def decimal_pattern(field: serializers.DecimalField) -> str:
    sign = "" if field.min_value is not None and field.min_value >= 0 else "-?"
    return rf"^{sign}[0-9]{{1,{field.max_digits - field.decimal_places}}}(\.[0-9]{{1,{field.decimal_places}}})?$"


class FilterInspector(inspectors.FilterInspector):
    """The view's filter set. A filter without a value filters nothing."""

    def get_filter_parameters(self, filter_backend) -> list[openapi.Parameter]:
        filterset = getattr(self.view, "filterset_class", None)
        filters = filterset.base_filters if filterset and self.view.action == "list" else {}
        return [self._parameter(name, each) for name, each in filters.items()]

    def _parameter(self, name: str, each) -> openapi.Parameter:
        described = dict(getattr(each, "described", {"type": openapi.TYPE_STRING}))
        if "max_length" in each.extra:
            described["max_length"] = each.extra["max_length"]
        if "choices" in each.extra:
            values = [str(value) for value, _label in each.extra["choices"]]
            described |= {"items": {"type": "string", "enum": values}} if "items" in described else {"enum": values}
        text = each.extra.get("help_text", "")
        return openapi.Parameter(name, openapi.IN_QUERY, text, allowEmptyValue=True, **described)


class PaginatorInspector(inspectors.DjangoRestResponsePagination):
    """Every page names the one before and the one after, or null."""

    def get_paginator_parameters(self, paginator) -> list[openapi.Parameter]:
        if not isinstance(paginator, PageSizeMixin):
            return NotHandled
        size = f"Default {paginator.page_size}, at most {paginator.max_page_size}; more is that many."
        return [
            CURSOR if isinstance(paginator, EndlessPagination) else PAGE,
            openapi.Parameter("page_size", openapi.IN_QUERY, size, type=openapi.TYPE_INTEGER, minimum=1),
        ]

    def get_paginated_response(self, paginator, response_schema) -> openapi.Schema:
        page = super().get_paginated_response(paginator, response_schema)
        page.required = list(page.properties)
        return page


PAGE = openapi.Parameter("page", openapi.IN_QUERY, "From 1.", type=openapi.TYPE_INTEGER, minimum=1)
CURSOR = openapi.Parameter(
    "cursor", openapi.IN_QUERY, "From `next` or `previous`; without it the first page.", type=openapi.TYPE_STRING
)
