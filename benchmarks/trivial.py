from django.http import HttpResponse
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from products.models import Category
from products.serializers.catalogue import CategorySerializer


class OneQueryView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request) -> Response:
        return Response({"name": Category.objects.values_list("name", flat=True).first()})


class CategoryViewSet(ReadOnlyModelViewSet):
    """As the shop's, but that a token is looked at."""

    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    permission_classes = [AllowAny]


urlpatterns = [
    path("one-query/", OneQueryView.as_view()),
    path("categories/<pk>/", CategoryViewSet.as_view({"get": "retrieve"})),
    path("healthz", lambda request: HttpResponse("ok")),
]
