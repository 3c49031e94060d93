"""What people see when a page is not there, not theirs, or broken: a way back, in words of theirs."""

import pytest
from django.test import Client
from django.urls import path

from CoffeeShop.tests.test_policy import browser_page
from CoffeeShop.urls import handler400, handler403, handler404, handler500  # noqa: F401 - this stands in as a URLconf
from CoffeeShop.urls import urlpatterns as ours


def fail(request):
    raise RuntimeError("secret")


urlpatterns = [*ours, path("broken/", fail), path("api/broken/", fail)]
RUSSIAN = {"HTTP_ACCEPT_LANGUAGE": "ru"}

CONTRAST = """
() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = numbers(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const ratio = (element) => {
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const texts = [...document.body.querySelectorAll("*")].filter(hasText);
  return texts.map((element) => [element.textContent.trim().slice(0, 40), ratio(element)]);
}
"""


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.django_db
@pytest.mark.urls("CoffeeShop.tests.test_error_pages")
@pytest.mark.parametrize(
    ("method", "url", "status", "words"),
    [
        ("get", "/nowhere/", 404, "Здесь ничего нет"),
        ("get", "/media/products/" + "0" * 32 + ".png", 404, "Здесь ничего нет"),
        ("post", "/account/reset/", 403, "слишком долго"),
        ("post", "/admin/login/", 403, "слишком долго"),
        ("get", "/broken/", 500, "Это наша ошибка"),
    ],
)
def test_page_that_fails_speaks_to_people_and_leads_back(browser, method, url, status, words):
    page = getattr(browser, method)(url, **RUSSIAN)

    text = page.content.decode()
    assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert words in text
    assert 'href="/"' in text
    assert not any(word in text for word in ("secret", "CSRF", "Traceback", "RuntimeError"))


@pytest.mark.django_db
@pytest.mark.urls("CoffeeShop.tests.test_error_pages")
@pytest.mark.parametrize(("url", "status"), [("/api/nowhere/", 404), ("/api/broken/", 500)])
def test_api_that_fails_speaks_json(browser, url, status):
    answer = browser.get(url, HTTP_ACCEPT="text/html")

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_the_small_pages_can_be_read(chromium, live_server, scheme):
    found = {}
    with browser_page(chromium, live_server.url) as page:
        page.emulate_media(color_scheme=scheme)
        for path in ("/account/verify/?uid=MQ&token=x", "/account/reset/?uid=MQ&token=x", "/nowhere/"):
            page.goto(path)
            found |= dict(page.evaluate(CONTRAST))
            if page.locator("button").count():
                page.evaluate("document.forms[0].noValidate = true")
                with page.expect_navigation():
                    page.click("button")
                found |= dict(page.evaluate(CONTRAST))

    assert len(found) > 8
    assert {text: ratio for text, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/cart/", {"product": 999_999}, "product"),
        ("/api/cart/", {"product": "x"}, "product"),
        ("/api/branch-products/", {"branch": "nope", "product": 1}, "branch"),
    ],
)
def test_field_errors_are_no_developers_words(admin_client, branch, path, body, field):
    text = str(admin_client.post(path, body, **RUSSIAN).json()[field])

    assert not any(word in text for word in ("первичн", "pk", "ключ", "slug", "object", "nope"))
