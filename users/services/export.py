"""Everything that is a person's, for themselves."""

from collections.abc import Callable

from users.models import CustomUser

# What other apps have of a person, as what JSON knows, by its name in the answer; added in their `ready`.
exported_parts: dict[str, Callable[[CustomUser], object]] = {}


def export_of(user: CustomUser) -> dict[str, object]:
    sign_ins = user.token_families.order_by("created_at").values("created_at", "rotated_at", "expires_at")
    return {"sign_ins": list(sign_ins), **{name: part(user) for name, part in exported_parts.items()}}
