"""Moments in the back office, as the clock of the branch shows them."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import admin
from django.db.models import Model
from django.utils.formats import date_format

from products.models import Branch


def local_time(at: datetime | None, branch: Branch) -> str:
    """A moment as the clock at the branch shows it, with the zone's name."""
    if at is None:
        return ""
    local = at.astimezone(branch.tz)
    return f"{date_format(local, 'SHORT_DATETIME_FORMAT')} {local:%Z}"


def at_branch(name: str, description: str, *, path: str = "branch") -> Callable[[Model], str]:
    """A column of the admin for the moment `name`, by the clock of the branch that `path` leads to."""

    @admin.display(description=description, ordering=name)
    def moment(row: Model) -> str:
        branch = row
        for step in path.split("__"):
            branch = getattr(branch, step)
        return local_time(getattr(row, name), branch)

    return moment
