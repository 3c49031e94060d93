"""The whole HTTP map."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import TemplateView

from cart.slots import SlotsViewSet
from cart.views import CartViewSet, FavouriteViewSet
from CoffeeShop import errors
from CoffeeShop.media import media
from CoffeeShop.monitoring import health, metrics
from CoffeeShop.schema.asyncapi_views import AsyncapiPage, asyncapi
from CoffeeShop.schema.document import cache_per_host, permit_documents, schema_view
from orders.pages import BoardPage, ScreenPage
from orders.reports.views import ReportViewSet
from orders.screen import ScreenViewSet
from orders.sharing import SharedOrderViewSet
from orders.views import OrderViewSet, StopListViewSet
from products.views import (
    BranchProductViewSet,
    BranchStaffViewSet,
    BranchViewSet,
    CategoryViewSet,
    IngredientViewSet,
    OptionGroupViewSet,
    ProductViewSet,
    StaffedBranchViewSet,
)
from promotions.views import PromoCodeViewSet, StampProgrammeViewSet, StampViewSet
from rest.routers import Router
from support.pages import ChatPage
from support.views import ConversationViewSet
from users.pages import ResetPage, VerifyPage
from users.views import TokenViewSet, UserViewSet

router = Router()
router.register("token", TokenViewSet, basename="token")
router.register("users", UserViewSet, basename="user")
router.register("categories", CategoryViewSet, basename="category")
router.register("products", ProductViewSet, basename="product")
router.register("ingredients", IngredientViewSet, basename="ingredient")
router.register("option-groups", OptionGroupViewSet, basename="optiongroup")
router.register("branches", StaffedBranchViewSet, basename="staffedbranch")  # before a branch of that slug
router.register("branches", BranchViewSet, basename="branch")
router.register("branches/(?P<slug>[-a-zA-Z0-9_]{1,80})/slots", SlotsViewSet, basename="slots")
router.register("branches/(?P<slug>[-a-zA-Z0-9_]{1,80})/staff", BranchStaffViewSet, basename="branchstaff")
router.register("branches", ScreenViewSet, basename="screen")
router.register("branches/(?P<slug>[-a-zA-Z0-9_]{1,80})/stop-list", StopListViewSet, basename="stoplist")
router.register("branch-products", BranchProductViewSet, basename="branchproduct")
router.register("promo-codes", PromoCodeViewSet, basename="promocode")
router.register("stamps/programme", StampProgrammeViewSet, basename="stampprogramme")
router.register("stamps", StampViewSet, basename="stamp")
router.register("cart", CartViewSet, basename="cart")
router.register("favourites", FavouriteViewSet, basename="favourite")
router.register("orders", OrderViewSet, basename="order")
router.register("shared-orders", SharedOrderViewSet, basename="sharedorder")
router.register("reports", ReportViewSet, basename="report")
router.register("support/conversations", ConversationViewSet, basename="conversation")

PICTURE = r"[0-9a-f]{32}(?:-(?:small|medium|large))?\.(?:png|jpg|webp)"

urlpatterns = [
    path("", include("CoffeeShop.storefront.urls")),
    path("developers/", TemplateView.as_view(template_name="developers.html"), name="developers"),
    path("api/", include(router.urls)),
    path("account/verify/", VerifyPage.as_view(), name="verify-email"),
    path("account/reset/", ResetPage.as_view(), name="reset-password"),
    path("support/", ChatPage.as_view(), name="support-chat"),
    path("board/", BoardPage.as_view(), name="boards"),
    path("board/<slug:slug>/", BoardPage.as_view(), name="board"),
    path("board/<slug:slug>/screen/", ScreenPage.as_view(), name="screen"),
    path("admin/", admin.site.urls),
    path("swagger/", permit_documents(cache_per_host(schema_view.with_ui("swagger"))), name="swagger"),
    path("redoc/", permit_documents(cache_per_host(schema_view.with_ui("redoc"))), name="redoc"),
    path("swagger.<format>", cache_per_host(schema_view.without_ui()), name="schema"),
    path("asyncapi/", AsyncapiPage.as_view(), name="asyncapi-page"),
    path("asyncapi.<format>", asyncapi, name="asyncapi"),
    re_path(rf"^media/(?P<path>products/{PICTURE})$", media, name="media"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
