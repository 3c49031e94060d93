import pytest
from django.db import IntegrityError, transaction

from products.models import Branch, BranchStaff, Position, is_staff_at, position_at
from products.tests.factories import BranchFactory, BranchStaffFactory
from users.tests.factories import AdminFactory

pytestmark = pytest.mark.django_db


def test_position_holds_at_its_branch_only():
    held = BranchStaffFactory(position=Position.MANAGER)
    other = BranchFactory()

    assert position_at(held.user, held.branch) == Position.MANAGER
    assert position_at(held.user, other) is None
    assert not is_staff_at(held.user, other)
    assert list(Branch.objects.staffed_by(held.user)) == [held.branch]


def test_administrator_is_manager_everywhere(branch, admin_user):
    other = BranchFactory()

    assert position_at(admin_user, other) == Position.MANAGER
    assert set(Branch.objects.staffed_by(admin_user)) == {branch, other}


def test_branch_out_of_business_is_staffed_by_nobody(admin_user):
    held = BranchStaffFactory(branch=BranchFactory(is_active=False))

    assert not Branch.objects.staffed_by(held.user).exists()
    assert not Branch.objects.staffed_by(admin_user).filter(pk=held.branch.pk).exists()


@pytest.mark.parametrize("is_known", [True, False])
def test_blocked_user_has_no_position(is_known):
    held = BranchStaffFactory()
    before = type(held.user).objects.get(pk=held.user.pk)  # read before the block
    held.user.is_active = False
    held.user.save()

    user = held.user if is_known else before
    assert position_at(user, held.branch) is None
    assert not Branch.objects.staffed_by(user).exists()


def test_blocked_administrator_has_no_position(branch):
    blocked = AdminFactory(is_active=False)

    assert position_at(blocked, branch) is None
    assert not Branch.objects.staffed_by(blocked).exists()


def test_database_keeps_one_position_per_user_and_branch():
    held = BranchStaffFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        BranchStaff.objects.create(user=held.user, branch=held.branch, position=Position.MANAGER)


def test_database_knows_positions():
    with pytest.raises(IntegrityError), transaction.atomic():
        BranchStaffFactory(position="owner")
