"""Every screen of the storefront has an address, and all of them are one page that knows which screen to show."""

from django.urls import path, re_path

from CoffeeShop.storefront.menus import MenuPage
from CoffeeShop.storefront.shared import SharedOrderPage
from CoffeeShop.storefront.views import ScreensFragment, StorefrontPage, manifest, service_worker
from orders.sharing import SIGNED

MENUS = ["", "at/<slug:branch>/", "at/<slug:branch>/<int:product>/"]
SCREENS = [
    *("branches/", "cart/", "orders/", "orders/<int:order>/", "stamps/", "profile/", "profile/<slug:part>/"),
]

urlpatterns = [
    *(path(screen, StorefrontPage.as_view(has_menu=True)) for screen in MENUS),
    *(path(screen, StorefrontPage.as_view()) for screen in SCREENS),
    path("menu/<slug:slug>/", MenuPage.as_view(), name="printed-menu"),
    re_path(rf"^o/(?P<token>{SIGNED})/$", SharedOrderPage.as_view(), name="shared-order"),
    path("screens/<slug:language>/", ScreensFragment.as_view(), name="screens"),
    path("service-worker.js", service_worker),
    path("manifest.webmanifest", manifest, name="manifest"),
]
