"""Many single-use codes at once, for flyers and partners."""

import secrets

from promotions.models import PromoCode
from promotions.models.codes import code_key
from rest.transactions import retrying_atomic

# Without what is mistaken for something else: 0 and O, 1, I and L.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 8  # 31 ** 8: of a thousand codes one is hit by 850 million guesses
MAX_NUMBER = 1000


@retrying_atomic
def generate_codes(*, template: PromoCode, number: int, prefix: str = "") -> list[PromoCode]:
    """Create so many new codes, each for one order, that are otherwise as the template: kind, value, dates, what it is
    for.
    """
    codes = PromoCode.objects.bulk_create(_copy(template, f"{prefix}{_random()}") for _ in range(number))
    for name in ("branches", "categories"):
        through = getattr(PromoCode, name).through
        field = getattr(PromoCode, name).field.m2m_reverse_field_name() + "_id"
        ids = list(getattr(template, name).values_list("pk", flat=True))
        through.objects.bulk_create(through(promocode=code, **{field: pk}) for code in codes for pk in ids)
    return codes


def _random() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def _copy(template: PromoCode, code: str) -> PromoCode:
    names = ("kind", "value", "starts_at", "ends_at", "min_total", "is_first_order_only", "is_active")
    values = {name: getattr(template, name) for name in names}
    return PromoCode(code=code, code_key=code_key(code), limit_total=1, limit_per_user=1, **values)
