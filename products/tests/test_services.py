from datetime import time

import pytest
from django.db import IntegrityError

from products.models import Branch, BranchHours, OptionGroup
from products.services import save_branch, save_option_group
from products.tests.factories import BranchHoursFactory, OptionFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_option_group_is_saved_with_all_options_or_none():
    group = OptionFactory(name="Oat", group__name="Milk").group

    with pytest.raises(IntegrityError):
        save_option_group(group=group, name="Size", options=[{"name": "S"}, {"name": "S"}])

    assert list(OptionGroup.objects.values_list("name", "options__name")) == [("Milk", "Oat")]


def test_branch_is_saved_with_all_hours_or_none(branch):
    BranchHoursFactory(branch=branch, weekday=0, opens="08:00", closes="18:00")
    wrong = {"weekday": 7, "opens": time(8), "closes": time(18)}

    with pytest.raises(IntegrityError):
        save_branch(name="Brooklyn", is_default=True, hours=[wrong])

    assert list(Branch.objects.values_list("slug", "is_default")) == [("main", True)]
    assert BranchHours.objects.get().weekday == 0
