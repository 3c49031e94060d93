"""Problems of the lines of a cart that keep it from being ordered: gone from the menu, sold out, wrongly chosen."""

from collections import Counter
from datetime import datetime

from django.utils.translation import gettext as _

from cart.lines import Line, quantities
from products.models import Branch, Option, Product
from products.stoplist import missing_ingredients

UNAVAILABLE = {"product_unavailable", "option_unavailable"}


def check_lines(lines: list[Line], *, branch: Branch | None, now: datetime, others: Counter[int] | None = None) -> None:
    """Give every line its problems. `others` are quantities, by product, that are wanted beside these lines."""
    _check_products(lines)
    _check_stock(lines, others or Counter())
    for line in lines:
        _check_options(line)
        _check_choices(line)
    _name_ingredients(lines, branch, now)


def _check_products(lines: list[Line]) -> None:
    for line in lines:
        if not line.product.is_offered:
            line.add_problem("product_unavailable", _("%s is not available here.") % line.product.shown_name)


def _check_stock(lines: list[Line], others: Counter[int]) -> None:
    """Lines of one product share its stock, whatever their options."""
    wanted = quantities(lines) + others
    for line in lines:
        stock = line.product.branch_stock
        if stock is not None and wanted[line.product.pk] > stock:
            detail = _("Only %(stock)d of %(name)s left.") % {"stock": stock, "name": line.product.shown_name}
            line.add_problem("insufficient_stock", detail, available=stock)


def _check_options(line: Line) -> None:
    group_ids = {group.pk for group in line.groups}
    for choice in line.chosen:
        option = choice.option
        if option is None or option.group_id not in group_ids or not option.is_available:
            names = {"option": choice.name, "name": line.product.shown_name}
            line.add_problem(
                "option_unavailable", _("%(option)s is not available for %(name)s.") % names, option=choice.id
            )


def _name_ingredients(lines: list[Line], branch: Branch | None, now: datetime) -> None:
    """Say which ingredient is out, where that is why something cannot be had. Rare, and then two more queries."""
    short = [(problem, line) for line in lines for problem in line.problems if problem["code"] in UNAVAILABLE]
    if not short:
        return
    products = {line.product.pk for problem, line in short if problem["code"] == "product_unavailable"}
    options = {problem["option"] for problem, _line in short if problem.get("option")}
    lacking = {
        "product_unavailable": missing_ingredients(branch=branch, now=now, model=Product, ids=products),
        "option_unavailable": missing_ingredients(branch=branch, now=now, model=Option, ids=options),
    }
    for problem, line in short:
        ingredient = lacking[problem["code"]].get(problem.get("option", line.product.pk))
        if ingredient is not None:
            out = _("%s has run out.") % ingredient.shown_name
            problem |= {"ingredient": ingredient.pk, "detail": f"{problem['detail']} {out}"}


def _check_choices(line: Line) -> None:
    chosen = Counter(option.group_id for option in line.options)
    for group in line.groups:
        names = {"group": group.shown_name, "name": line.product.shown_name}
        if chosen[group.pk] < group.min_choices:
            detail = _("Choose more of %(group)s for %(name)s.") % names
            line.add_problem("too_few_choices", detail, option_group=group.pk, min_choices=group.min_choices)
        elif chosen[group.pk] > group.max_choices:
            detail = _("Choose fewer of %(group)s for %(name)s.") % names
            line.add_problem("too_many_choices", detail, option_group=group.pk, max_choices=group.max_choices)
