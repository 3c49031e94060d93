from django.utils.translation import gettext_lazy as _
from drf_yasg import openapi
from rest_framework.exceptions import ValidationError

from rest.pagination import EndlessPagination, refuse_repetition


class NewestFirst(EndlessPagination):
    """Newest first, or `?ordering=created_at`."""

    ORDERING = openapi.Parameter(
        "ordering", openapi.IN_QUERY, "Default: newest first.", type="string", enum=["-created_at", "created_at"]
    )
    orderings = {"-created_at": ("-created_at", "-pk"), "created_at": ("created_at", "pk")}

    def get_ordering(self, request, queryset, view) -> tuple[str, ...]:
        refuse_repetition(request.query_params, "ordering")
        asked = request.query_params.get("ordering", "-created_at")
        if asked not in self.orderings:
            raise ValidationError({"ordering": [_("Order by created_at or -created_at.")]})
        return self.orderings[asked]
