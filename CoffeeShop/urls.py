from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path

from CoffeeShop.rest.routers import Router
from users.pages import verify_email_page
from users.views import TokenViewSet, UserViewSet

router = Router()
router.register("token", TokenViewSet, basename="token")
router.register("users", UserViewSet, basename="user")

urlpatterns = [
    path("api/", include(router.urls)),
    path("account/verify/", verify_email_page, name="verify-email"),
    path("admin/", admin.site.urls),
    path("healthz", lambda request: HttpResponse("ok", content_type="text/plain"), name="healthz"),
]
