from django.conf import settings
from django.http import HttpResponse
from drf_yasg.utils import swagger_auto_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from orders.models import DaySum
from orders.reports.export import as_file, sales_table, service_table
from orders.reports.queries import sales, service, totals
from orders.reports.serializers import (
    PeriodSerializer,
    SalesPeriodSerializer,
    SalesSerializer,
    ServiceSerializer,
)
from rest.bodies import validated_query


class ReportViewSet(GenericViewSet):
    """For administrators, and for managers of what they manage."""

    queryset = DaySum.objects.none()
    serializer_class = SalesSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = None
    filter_backends = []
    raises = {"sales": [NotFound], "service": [NotFound]}

    @swagger_auto_schema(query_serializer=SalesPeriodSerializer, responses={200: SalesSerializer})
    @action(detail=False, methods=["get"])
    def sales(self, request: Request) -> Response | HttpResponse:
        """Report of sales, in rows of `by`, and in total. Days and hours are those of the branch; `net` is what
        completed orders come to after discounts. `export` gives the same as a file.
        """
        asked = validated_query(request, SalesPeriodSerializer, context={"user": request.user})
        period, by = asked["period"], asked["by"]
        figures = {"by": by, "currency": settings.CURRENCY, "rows": sales(period, by), "totals": totals(period)}
        report = {"from": period.first, "to": period.last, **figures}
        if "export" in asked:
            return as_file(sales_table(report), name=f"sales-by-{by}", kind=asked["export"])
        return _answer(SalesSerializer(report))

    @swagger_auto_schema(query_serializer=PeriodSerializer, responses={200: ServiceSerializer})
    @action(detail=False, methods=["get"])
    def service(self, request: Request) -> Response | HttpResponse:
        """Report of service: minutes to ready, kept promises, what went wrong. `export` gives the same as a file."""
        asked = validated_query(request, PeriodSerializer, context={"user": request.user})
        period = asked["period"]
        report = {"from": period.first, "to": period.last, **service(period)}
        if "export" in asked:
            return as_file(service_table(report), name="service", kind=asked["export"])
        return _answer(ServiceSerializer(report))


def _answer(serializer: Serializer) -> Response:
    return Response(serializer.data, headers={"Cache-Control": "no-store"})
