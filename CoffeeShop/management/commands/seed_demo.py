from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from CoffeeShop import demo
from products.images import set_image
from products.models import (
    Branch,
    BranchHours,
    BranchProduct,
    BranchStaff,
    Category,
    Ingredient,
    Option,
    OptionGroup,
    Product,
)
from products.stock import save_branch_product
from promotions.models import Kind, PromoCode, StampProgramme
from users.models import CustomUser, Role

# Addresses that can belong to nobody mark the demo's own accounts: RFC 2606.
DOMAIN = "demo.example"
PICTURES = Path(settings.BASE_DIR, "CoffeeShop", "storefront", "pictures", "drawn")


class NoDemo(CommandError):
    def __init__(self, sentence: str):
        super().__init__(sentence, returncode=2)


class Command(BaseCommand):
    help = "Fills an empty database with a demo: a menu, three branches, and people whose passwords everybody knows."

    def add_arguments(self, parser):
        parser.add_argument(
            "--absent", action="store_true", help="add nothing; fail if somebody still has a password of the demo"
        )
        parser.add_argument("--migrate", action="store_true", help="migrate first; exit 2 if it is no demo")

    def handle(self, *, absent: bool, migrate: bool, **options):
        if absent:
            refuse_known_passwords()
            return
        if migrate:
            call_command("migrate", verbosity=0)
        refuse_unless_demo()
        if is_seeded():
            self.stdout.write("The demo is there already: nothing is changed.")
        else:
            self.seed()

    @transaction.atomic
    def seed(self) -> None:
        seed_people()
        branches = seed_branches()
        seed_staff(branches["main"])
        seed_menu(seed_option_groups())
        seed_ingredients()
        seed_differences(branches)
        seed_promotions()
        seed_pictures()
        self.stdout.write(f"The demo has {Product.objects.count()} products at {len(branches)} branches.")


def is_seeded() -> bool:
    """True once demo accounts exist. What somebody renamed or deleted since then stays so."""
    return CustomUser.objects.filter(email__endswith=f"@{DOMAIN}").exists()


def refuse_unless_demo() -> None:
    """Known passwords must never reach a shop that somebody relies on."""
    if urlsplit(settings.SITE_URL).hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise NoDemo(f"{settings.SITE_URL} is a public address: known passwords do not belong there.")
    if not is_seeded() and (CustomUser.objects.exists() or Product.objects.exists()):
        raise NoDemo("This database is in use and is no demo: known passwords do not belong there.")


def refuse_known_passwords() -> None:
    for username, _language, password in demo.PEOPLE:
        user = CustomUser.objects.active().with_login(username).first()
        if user is not None and user.check_password(password):
            raise CommandError(f"{username} still has the demo's password, which everybody knows.")


def seed_people() -> None:
    for username, language, password in demo.PEOPLE:
        role = Role.ADMIN if username == demo.ADMINISTRATOR[0] else Role.USER
        if not CustomUser.objects.with_login(username).exists():
            CustomUser.objects.create_user(
                username, f"{username}@{DOMAIN}", password, language=language, role=role, is_verified=True
            )


def seed_staff(branch: Branch) -> None:
    for username, _language, _password, position in demo.STAFF:
        user = CustomUser.objects.with_login(username).get()
        BranchStaff.objects.get_or_create(user=user, branch=branch, defaults={"position": position})


def seed_ingredients() -> None:
    for name, (russian, option) in demo.INGREDIENTS.items():
        ingredient, _ = Ingredient.objects.get_or_create(name=name, defaults={"translations": in_russian(russian)})
        Option.objects.get(name=option).ingredients.add(ingredient)


def in_russian(name: str, description: str = "") -> dict:
    return {"ru": {"name": name, "description": description} if description else {"name": name}}


def seed_branches() -> dict[str, Branch]:
    rows = demo.BRANCHES
    branches, has_default = {}, Branch.objects.filter(is_default=True).exclude(slug="main").exists()
    for slug, name, name_ru, address, address_ru, phone, latitude, longitude, timezone, language, hours in rows:
        values = {
            "name": name, "translations": {"ru": {"name": name_ru, "address": address_ru}},
            "language": language, "address": address,
            "phone": phone, "latitude": latitude, "longitude": longitude,
            "timezone": timezone, "is_default": slug == "main" and not has_default,
        }  # fmt: skip
        branches[slug], _ = Branch.objects.update_or_create(slug=slug, defaults=values)
        for weekday in range(7) if hours else []:
            BranchHours.objects.get_or_create(
                branch=branches[slug], weekday=weekday, opens=hours[0], defaults={"closes": hours[1]}
            )
    return branches


def seed_option_groups() -> dict[str, OptionGroup]:
    groups = {}
    for name, (russian, min_choices, max_choices, options) in demo.OPTION_GROUPS.items():
        values = {"translations": in_russian(russian), "min_choices": min_choices, "max_choices": max_choices}
        groups[name], _ = OptionGroup.objects.get_or_create(name=name, defaults=values)
        for position, (option, russian_option, price_delta) in enumerate(options):
            values = {"translations": in_russian(russian_option), "price_delta": price_delta, "position": position}
            Option.objects.get_or_create(group=groups[name], name=option, defaults=values)
    return groups


def seed_menu(groups: dict[str, OptionGroup]) -> None:
    for position, (category_name, (russian_category, products)) in enumerate(demo.MENU.items()):
        values = {"translations": in_russian(russian_category), "position": position}
        category, _ = Category.objects.get_or_create(name=category_name, defaults=values)
        for place, (name, price, description, russian, group_names) in enumerate(products):
            values = {"price": price, "description": description, "category": category, "position": place}
            values["translations"] = in_russian(*russian)
            product, is_new = Product.objects.get_or_create(name=name, defaults=values)
            if is_new:
                product.option_groups.set(groups[group_name] for group_name in group_names)


def seed_differences(branches: dict[str, Branch]) -> None:
    differences = {}
    for field, table in [("stock", demo.STOCK), ("low_stock_threshold", demo.LOW_FROM), ("price", demo.PRICES)]:
        for name, values in table.items():
            for slug, value in values.items():
                differences.setdefault((slug, name), {})[field] = value
    for name, slugs in demo.UNLISTED.items():
        differences |= {(slug, name): {"is_listed": False} for slug in slugs}
    for (slug, name), values in differences.items():
        seed_difference(branches[slug], Product.objects.get(name=name), values)


def seed_promotions() -> None:
    code, per_cent = demo.PROMO_CODE
    PromoCode.objects.get_or_create(
        code=code, defaults={"kind": Kind.PERCENT, "value": per_cent, "is_first_order_only": True}
    )
    programme = StampProgramme.objects.current()
    programme.is_active, programme.stamps_needed = True, demo.STAMPS_NEEDED
    programme.save()
    programme.categories.set(Category.objects.filter(name__in=demo.STAMPED))


def seed_difference(branch: Branch, product: Product, values: dict) -> None:
    if not BranchProduct.objects.filter(branch=branch, product=product).exists():
        save_branch_product(BranchProduct(branch=branch, product=product, **values), changed=[], by=None)


def seed_pictures() -> None:
    """Through the same door as any picture: judged, drawn anew, stored under a random name."""
    for product in Product.objects.filter(image=""):
        file = PICTURES / f"{slugify(product.name)}.webp"
        if file.is_file():
            set_image(product_id=product.pk, upload=SimpleUploadedFile(file.name, file.read_bytes()))
