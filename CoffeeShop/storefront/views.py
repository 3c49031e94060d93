"""The storefront's one page, and what makes it an app: service worker and manifest.

What it shows comes over the public API alone, as for any other client.
"""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from CoffeeShop.storefront.firstscreen import first_screen
from CoffeeShop.storefront.texts import texts
from products.models import Branch

ROOM = Path(__file__).parent
TEMPLATES = ROOM.parent / "templates" / "storefront"
LOCALES = ROOM.parent / "locale"
# What the shell loads, in the order in which it is needed; all of it is there before the first screen.
STYLES = ["house/house.css", "storefront/storefront.css"]
SCRIPTS = [
    "storefront/main.js",
    *(f"storefront/{name}.js" for name in ("api", "basket", "branches", "frame", "liveorders", "menu")),
    *(f"storefront/{name}.js" for name in ("menuscreen", "router", "session", "usual")),
    *("storefront/view.js", "storefront/words.js", "users/shelf.js", "users/tokens.js"),
    *("realtime/signedout.js", "realtime/uuid.js"),
]
# What comes when it is wanted for the first time.
LATE_STYLE = "storefront/order.css"
LATE_SCRIPTS = [
    *(
        f"storefront/{name}.js"
        for name in ("accountforms", "branchscreen", "cartscreen", "orderscreen", "ordersscreen")
    ),
    *(f"storefront/{name}.js" for name in ("placing", "problems", "profilescreen", "sheet", "stampsscreen", "when")),
    *("orders/board/feed.js", "realtime/connection.js", "users/otp.js"),
]
FILES = [*STYLES, LATE_STYLE, *SCRIPTS, *LATE_SCRIPTS, "storefront/icon.svg"]


@method_decorator(cache_control(no_cache=True), name="dispatch")
class LocalisedView(TemplateView):
    """A template rendered in the language that `choose_language` names."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        language = self.choose_language()
        with translation.override(language):
            response = super().dispatch(request, *args, **kwargs)
            if hasattr(response, "render"):
                response.render()
        response["Content-Language"] = language
        return response

    def choose_language(self) -> str:
        raise NotImplementedError


class StorefrontPage(LocalisedView):
    """The shell of all screens; its script reads from the address which one to show."""

    template_name = "storefront/page.html"
    extra_context = {"styles": STYLES, "late_style": LATE_STYLE, "scripts": SCRIPTS}
    has_menu = False

    def choose_language(self) -> str:
        """The one chosen on the page, which its script keeps in a cookie; else the browser's."""
        chosen = self.request.COOKIES.get("storefront_language")
        return chosen if chosen in dict(settings.LANGUAGES) else get_language()

    def get_context_data(self, **kwargs) -> dict:
        branches = Branch.objects.active().order_by("name")
        first = first_screen(self.request, kwargs.get("branch")) if self.has_menu else None
        return super().get_context_data(texts=texts(), branches=branches, first=first, **kwargs)

    def render_to_response(self, context: dict, **kwargs) -> HttpResponse:
        """The nearest branch is found by the browser, if its owner allows it: elsewhere nobody asks."""
        response = super().render_to_response(context, **kwargs)
        response["Permissions-Policy"] = "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"
        patch_vary_headers(response, ["Cookie"])
        return response


class ScreensFragment(LocalisedView):
    """Templates of every screen but the menu's, in the language of the address: an old page never gets another one."""

    template_name = "storefront/screens.html"

    def choose_language(self) -> str:
        """Raises Http404 for one that the shop does not speak."""
        if self.kwargs["language"] not in dict(settings.LANGUAGES):
            raise Http404
        return self.kwargs["language"]

    def render_to_response(self, context: dict, **kwargs) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response


@cache
def version() -> str:
    """A hash of all that the shell is made of: another deploy has another one."""
    files = [Path(finders.find(name)) for name in FILES]
    files += sorted([*TEMPLATES.rglob("*.*"), *ROOM.glob("*.py"), *ROOM.glob("*.js"), *LOCALES.rglob("*.mo")])
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker at the root, since it answers for what is beside and below its own address."""
    fragments = [reverse("screens", args=[language]) for language, _name in settings.LANGUAGES]
    constants = {"VERSION": version(), "FILES": [*map(static, FILES), *fragments]}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in constants.items())
    script = head + (ROOM / "service-worker.js").read_text(encoding="utf-8")
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(no_cache=True)
def manifest(request: HttpRequest) -> JsonResponse:
    icons = [{"src": static("storefront/icon.svg"), "sizes": "any", "type": "image/svg+xml"}]
    icons += [
        {
            "src": static(f"storefront/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    answer = {
        "id": "/", "start_url": "/", "scope": "/", "display": "standalone", "lang": get_language(),
        "name": "CoffeeShop", "short_name": "CoffeeShop", "categories": ["food", "shopping"],
        "description": _("Order ahead, and pick it up when it is ready."),
        "background_color": "#faf4ea", "theme_color": "#a63c17", "icons": icons,
        "shortcuts": [{"name": _("Orders"), "url": "/orders/"}, {"name": _("Stamps"), "url": "/stamps/"}],
    }  # fmt: skip
    return JsonResponse(answer, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
