from datetime import timedelta

import pytest
from django.utils import timezone

from orders.boards import board_connected, renew_boards
from orders.models import BoardPresence
from products.tests.factories import BranchFactory

pytestmark = pytest.mark.django_db


def test_board_is_connected_while_any_server_says_so():
    here, there = BranchFactory(), BranchFactory()
    renew_boards(server="a", branch_ids=[here.pk, there.pk])
    renew_boards(server="b", branch_ids=[here.pk])

    renew_boards(server="a", branch_ids=[])

    assert (board_connected(here.pk), board_connected(there.pk)) == (True, False)


def test_board_expires_in_30_seconds_when_its_server_died(branch):
    renew_boards(server="a", branch_ids=[branch.pk, branch.pk])
    BoardPresence.objects.update(until=timezone.now() - timedelta(seconds=1))

    died = board_connected(branch.pk)
    renew_boards(server="a", branch_ids=[branch.pk])

    assert (died, board_connected(branch.pk)) == (False, True)
