"""A branch's menu as a page without any script: for QR codes, printers and search engines."""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views import View
from django.views.decorators.cache import cache_control

from products.models import Branch
from products.serializers.menu import MenuSerializer

ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"}


@method_decorator(cache_control(no_cache=True), name="dispatch")
class MenuPage(View):
    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        branch = get_object_or_404(Branch.objects.active().prefetch_related("hours", "special_days"), slug=slug)
        menu = MenuSerializer(branch, context={"request": request}).data
        data = json.dumps(linked_data(menu, branch), ensure_ascii=False)
        context = {"menu": menu, "linked_data": as_script(data)}
        return render(request, "storefront/menu.html", context)


def as_script(text: str) -> str:
    """JSON that cannot end the `<script>` it stands in, whatever a product is called."""
    return mark_safe(text.translate(ESCAPES))  # noqa: S308 escaped


def linked_data(menu: dict, branch: Branch) -> dict:
    """The menu in the words of schema.org, for search engines."""
    address = f"{settings.SITE_URL}{reverse('printed-menu', args=[branch.slug])}"
    place = {
        "@type": "CafeOrCoffeeShop",
        "name": menu["branch"]["name"],
        "address": branch.shown_address,
        "telephone": branch.phone,
    }
    if branch.latitude is not None and branch.longitude is not None:
        place["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": float(branch.latitude),
            "longitude": float(branch.longitude),
        }
    sections = [
        {
            "@type": "MenuSection",
            "name": category["name"],
            "description": category["description"],
            "hasMenuItem": [menu_item(product, menu["currency"]) for product in category["products"]],
        }
        for category in menu["categories"]
    ]
    page = {"@context": "https://schema.org", "@type": "Menu", "url": address, "inLanguage": get_language()}
    return {**page, "name": menu["branch"]["name"], "hasMenuSection": sections, "provider": {**place, "url": address}}


def menu_item(product: dict, currency: str) -> dict:
    stock = "InStock" if product["is_available"] else "SoldOut"
    offer = {"price": product["price"], "priceCurrency": currency, "availability": f"https://schema.org/{stock}"}
    item = {"@type": "MenuItem", "name": product["name"], "description": product["description"]}
    picture = {"image": product["image"]} if product["image"] else {}
    return {**item, **picture, "offers": {"@type": "Offer", **offer}}
