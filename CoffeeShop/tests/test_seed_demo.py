import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command

from CoffeeShop.management.commands import seed_demo
from CoffeeShop.management.commands.seed_demo import PICTURES
from CoffeeShop.storefront import views
from products.models import Branch, BranchHours, BranchProduct, Category, Product, StockMovement
from promotions.models import PromoCode
from users.models import CustomUser
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_pictures(settings, tmp_path, monkeypatch) -> None:
    """Drawing them takes longer than all the rest, and most of what is tested here has nothing to do with them."""
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(seed_demo, "PICTURES", tmp_path / "nothing")


@pytest.fixture
def pictures(no_pictures, settings, monkeypatch) -> Path:
    monkeypatch.setattr(seed_demo, "PICTURES", PICTURES)
    return settings.MEDIA_ROOT


def weight(content: bytes) -> int:
    """On the wire, as any server compresses it."""
    return len(gzip.compress(content, 6))


def weight_of_file(name: str) -> int:
    return weight(Path(finders.find(name)).read_bytes())


def figures() -> list[int]:
    return [model.objects.count() for model in (CustomUser, Branch, Category, Product, BranchProduct, StockMovement)]


def test_seed_demo_fills_an_empty_shop_only_once(branch):
    call_command("seed_demo")
    first = figures()
    Product.objects.filter(name="Latte").update(price="1.00")

    call_command("seed_demo")

    assert figures() == first
    assert first[:4] == [5, 3, 8, 41]
    assert Product.objects.get(name="Latte").price == 1


def test_seed_demo_leaves_alone_what_somebody_changed_since(branch):
    call_command("seed_demo")
    Branch.objects.filter(slug="main").update(is_default=False)
    Branch.objects.filter(slug="nevsky").update(name="Our own", slug="ours", is_default=True)
    BranchHours.objects.all().delete()
    Product.objects.filter(name="Latte").delete()
    CustomUser.objects.filter(username="admin").delete()
    changed = figures()

    call_command("seed_demo")

    assert figures() == changed
    assert Branch.objects.get(is_default=True).name == "Our own"
    assert not BranchHours.objects.exists()


def test_seed_demo_accepts_a_default_branch_with_another_name(branch):
    Branch.objects.filter(pk=branch.pk).update(slug="ours")

    call_command("seed_demo")

    assert Branch.objects.get(is_default=True).slug == "ours"


def test_seed_demo_gives_every_product_a_picture(branch, pictures):
    call_command("seed_demo")

    assert not Product.objects.filter(image="").exists()
    assert max(file.stat().st_size for file in pictures.rglob("*.webp")) < 25_000


def test_seed_demo_makes_a_promo_code_and_stamp_card(branch, anonymous):
    call_command("seed_demo")

    programme = anonymous.get("/api/stamps/programme/").json()

    assert PromoCode.objects.get().code == "WELCOME"
    assert programme["is_active"]
    assert len(programme["categories"]) == 5


def test_first_visit_to_the_demo_weighs_little(branch, pictures, anonymous):
    call_command("seed_demo")
    answers = ["/", "/api/branches/?page_size=100", "/api/branches/main/menu/", "/api/branches/main/"]
    files = [*views.STYLES, "storefront/icon.svg"]

    rest = sum(weight(anonymous.get(path).content) for path in answers) + sum(map(weight_of_file, files))
    script = sum(map(weight_of_file, views.SCRIPTS))

    assert script <= 40_000
    assert script + rest <= 70_000


def test_seed_demo_lets_its_people_sign_in(branch, anonymous):
    call_command("seed_demo")

    for username, password, role in [("admin", "admin123", "admin"), ("anna", "anna12345", "user")]:
        access = anonymous.post("/api/token/", {"username": username, "password": password}).json()["access"]
        profile = anonymous.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {access}").json()
        assert profile["role"] == role


def test_seed_demo_finds_russian_words_whatever_their_case(branch, anonymous):
    call_command("seed_demo")

    names = [product["name"] for product in anonymous.get("/api/products/?search=ЛАТТЕ").json()["results"]]

    assert "Latte" in names


def test_seed_demo_speaks_both_languages(branch, anonymous):
    call_command("seed_demo")

    for header, is_russian in [("ru", True), ("en", False)]:
        menu = anonymous.get("/api/branches/nevsky/menu/", HTTP_ACCEPT_LANGUAGE=header).json()
        texts = [menu["branch"]["name"].removeprefix("CoffeeShop ")]
        for category in menu["categories"]:
            texts.append(category["name"])
            for product in category["products"]:
                options = [option["name"] for group in product["option_groups"] for option in group["options"]]
                texts += [product["name"], product["description"], *options]
        assert [bool(re.search("[а-яё]", text)) for text in texts] == [is_russian] * len(texts)


def test_seed_demo_refuses_a_database_that_is_in_use(branch):
    UserFactory()

    with pytest.raises(CommandError):
        call_command("seed_demo")

    assert CustomUser.objects.count() == 1


def test_known_passwords_are_found_until_changed_or_blocked(branch):
    call_command("seed_demo", absent=True)
    call_command("seed_demo")

    with pytest.raises(CommandError, match="admin"):
        call_command("seed_demo", absent=True)

    for user in CustomUser.objects.exclude(username="boris"):
        user.set_password("nobody knows this one")
        user.save()
    CustomUser.objects.filter(username="boris").update(is_active=False)
    call_command("seed_demo", absent=True)


def test_seed_demo_refuses_a_public_address(branch, settings):
    settings.SITE_URL = "https://shop.example"

    with pytest.raises(CommandError):
        call_command("seed_demo")

    assert not CustomUser.objects.exists()
