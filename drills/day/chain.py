"""The chain before it opens: the demo's menu, branches in one time zone, who works there, regulars and promo codes."""

import uuid
from dataclasses import dataclass, field
from datetime import time

from drills.day.plan import ZONE, Plan

PASSWORD = "strong coffee 7"  # noqa: S105 - of everybody the day brings along, for a day
CODES = {"MORNING10": (None, 1), "FIRST30": (30, None), "SUMMER": (None, None)}  # in total, of each customer
FIRST, LAST = time(8), time(21)  # doors stay open a little, for those who come late
STAMPS_NEEDED = 5  # so that a regular's cup of the day may be free
PLACES = ["main", "harbour", "station", "park", "theatre", "market", "campus", "bridge", "square"]


@dataclass(frozen=True)
class Account:
    id: int
    username: str
    token: str


@dataclass
class Chain:
    admins: list[Account] = field(default_factory=list)
    staff: dict[str, list[Account]] = field(default_factory=dict)  # two of each branch: at the bar, at the till
    regulars: list[Account] = field(default_factory=list)


def build(plan: Plan) -> Chain:
    from django.core.management import call_command

    from products.models import Branch, Position

    call_command("seed_demo", verbosity=0)
    Branch.objects.exclude(slug="main").update(is_active=False)
    branches = [open_branch(slug, plan) for slug in PLACES[: plan.branches]]
    stock_up(branches)
    chain = Chain(admins=hire(2, "answers"), regulars=hire(min(60, max(4, plan.orders // 10)), "regular"))
    make_admins(chain.admins)
    for branch in branches:
        chain.staff[branch.slug] = hire(2, f"works-{branch.slug}")
        take_on(chain.staff[branch.slug], branch, Position.BARISTA)
    offer_codes()
    return chain


def open_branch(slug: str, plan: Plan):
    from products.models import Branch, BranchHours

    values = {"timezone": str(ZONE), "baristas": plan.baristas, "pickup_place": "At the bar"}
    names = {} if slug == "main" else {"name": f"CoffeeShop {slug.capitalize()}"}
    branch, _ = Branch.objects.update_or_create(slug=slug, defaults=values | names)
    branch.hours.all().delete()
    for weekday in range(7) if not plan.is_watched else ():
        BranchHours.objects.create(branch=branch, weekday=weekday, opens=FIRST, closes=LAST)
    return branch


def stock_up(branches: list) -> None:
    """Some of what is baked, so that it runs out at some branches and not at others."""
    from products.models import BranchProduct, Product
    from products.stock import save_branch_product

    for place, branch in enumerate(branches):
        for name, stock in {"Croissant": 12 + 12 * place, "Brownie": 8, "Carrot cake": 10}.items():
            product = Product.objects.get(name=name)
            row = BranchProduct.objects.filter(branch=branch, product=product).first()
            if row is None:
                row = BranchProduct(branch=branch, product=product, stock=stock)
                save_branch_product(row, changed=[], by=None)


def hire(number: int, name: str) -> list[Account]:
    from django.contrib.auth.hashers import make_password

    from users.models import CustomUser
    from users.tokens import start_family

    password, accounts = make_password(PASSWORD), []
    for index in range(1, number + 1):
        username = f"{name}-{index}"
        values = {"username_key": username, "first_name": username.capitalize(), "is_verified": True}
        user = CustomUser(username=username, email=f"{username}@day.example", password=password, **values)
        user.save()
        accounts.append(Account(user.pk, username, start_family(user)["access"]))
    return accounts


def make_admins(accounts: list[Account]) -> None:
    from users.models import CustomUser, Role

    CustomUser.objects.filter(pk__in=[account.id for account in accounts]).update(role=Role.ADMIN)


def take_on(accounts: list[Account], branch, position: str) -> None:
    from products.models import BranchStaff

    for account in accounts:
        BranchStaff.objects.create(user_id=account.id, branch=branch, position=position)


def offer_codes() -> None:
    from promotions.models import PromoCode, StampProgramme

    kinds = {"MORNING10": ("percent", "10"), "FIRST30": ("amount", "1.00"), "SUMMER": ("percent", "20")}
    for code, (total, per_user) in CODES.items():
        kind, value = kinds[code]
        limits = {"limit_total": total, "limit_per_user": per_user}
        PromoCode.objects.create(code=code, kind=kind, value=value, is_active=code != "SUMMER", **limits)
    programme = StampProgramme.objects.current()
    programme.is_active, programme.stamps_needed = True, STAMPS_NEEDED
    programme.save()
    programme.categories.clear()  # the demo's is for drinks only; here each cup counts, whatever is in it


def new_key() -> str:
    return uuid.uuid4().hex
