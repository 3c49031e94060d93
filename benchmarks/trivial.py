from django.http import HttpResponse
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from products.models import Branch


class OneQueryView(APIView):
    permission_classes = [AllowAny]

    def get(self, request) -> Response:
        return Response({"name": Branch.objects.values_list("name", flat=True).get(slug="main")})


urlpatterns = [path("one-query/", OneQueryView.as_view()), path("healthz", lambda request: HttpResponse("ok"))]
