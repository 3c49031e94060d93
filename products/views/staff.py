"""Views for those who work at a branch."""

from django.db.models import F
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from drf_yasg.utils import swagger_auto_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from products.exceptions import AlreadyStaff
from products.models import Branch, BranchStaff, Position
from products.permissions import IsManagerThere, IsStaffThere
from products.serializers.branches import BarSerializer
from products.serializers.staff import (
    AddStaffSerializer,
    BranchStaffSerializer,
    MyBranchSerializer,
    OpeningTimesSerializer,
    PositionSerializer,
)
from products.services import add_staff, set_bar, set_opening_times
from products.views.branches import BranchViewSet
from rest.bodies import validated


class OfBranchMixin:
    """Branch of routes below `/api/branches/{slug}/`."""

    @cached_property
    def branch(self) -> Branch:
        """The one of the address; one out of business is there for administrators only."""
        branches = Branch.objects.all() if self.request.user.is_admin else Branch.objects.active()
        return get_object_or_404(branches, slug=self.kwargs["slug"])


class StaffedBranchViewSet(OfBranchMixin, GenericViewSet):
    """A branch as those see it who work there."""

    queryset = Branch.objects.all()
    serializer_class = OpeningTimesSerializer
    lookup_field = "slug"
    lookup_value_regex = BranchViewSet.lookup_value_regex

    def get_permissions(self) -> list:
        if "slug" not in self.kwargs:
            return [IsAuthenticated()]
        return [IsStaffThere() if self.action in {"bar", "set_bar"} else IsManagerThere()]

    @swagger_auto_schema(responses={200: MyBranchSerializer(many=True)})
    @action(detail=False, methods=["get"], pagination_class=None)
    def mine(self, request: Request) -> Response:
        """List the branches you work at, and as what. Administrators are managers everywhere."""
        branches = Branch.objects.staffed_by(request.user)
        if not request.user.is_admin:
            branches = branches.annotate(position=F("staff__position"))
        shown = [
            {
                "branch": branch.slug,
                "name": branch.shown_name,
                "position": getattr(branch, "position", Position.MANAGER),
            }
            for branch in branches
        ]
        return Response(MyBranchSerializer(shown, many=True).data)

    @swagger_auto_schema(responses={200: OpeningTimesSerializer})
    @action(detail=True, methods=["get"], pagination_class=None)
    def hours(self, request: Request, slug: str) -> Response:
        """Show the branch's hours and special days, as the branch itself shows them."""
        return Response(OpeningTimesSerializer(self.branch).data)

    @swagger_auto_schema(request_body=OpeningTimesSerializer, responses={200: OpeningTimesSerializer})
    @hours.mapping.put
    def set_hours(self, request: Request, slug: str) -> Response:
        """Replace the branch's hours, and its special days if they are sent."""
        set_opening_times(branch=self.branch, **validated(request, OpeningTimesSerializer))
        return Response(OpeningTimesSerializer(self.branch).data)

    @swagger_auto_schema(responses={200: BarSerializer})
    @action(detail=True, methods=["get"], pagination_class=None)
    def bar(self, request: Request, slug: str) -> Response:
        """Show who works at the bar, and its pause."""
        return Response(BarSerializer(self.branch).data)

    @swagger_auto_schema(request_body=BarSerializer, responses={200: BarSerializer})
    @bar.mapping.patch
    def set_bar(self, request: Request, slug: str) -> Response:
        """Say how many work at the bar now, or pause it: it then takes orders for a `pickup_at` only.

        Promises follow; a pause ends by itself within 24 hours, or with null.
        """
        branch = set_bar(branch=self.branch, **validated(request, BarSerializer, partial=True))
        return Response(BarSerializer(branch).data)


class BranchStaffViewSet(
    OfBranchMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, GenericViewSet
):
    """Staff of a branch. Its managers see, add and remove baristas; managers are the administrators' business."""

    queryset = BranchStaff.objects.select_related("user")
    serializer_class = BranchStaffSerializer
    permission_classes = [IsManagerThere]
    raises = {"create": [AlreadyStaff]}

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return BranchStaff.objects.none()
        there = super().get_queryset().filter(branch=self.branch)
        return there if self.request.user.is_admin else there.filter(position=Position.BARISTA)

    @swagger_auto_schema(request_body=AddStaffSerializer, responses={201: BranchStaffSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Give a user a position here. Whoever has one already is 409 `already_staff`."""
        values = validated(request, AddStaffSerializer)
        self._check(values)
        row = add_staff(branch=self.branch, **values)
        return Response(self.get_serializer(row).data, status.HTTP_201_CREATED)

    @swagger_auto_schema(request_body=PositionSerializer, responses={200: BranchStaffSerializer})
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Change the position."""
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        self._check(serializer.validated_data)
        serializer.save()
        return Response(serializer.data)

    def _check(self, values: dict) -> None:
        if values.get("position") == Position.MANAGER and not self.request.user.is_admin:
            raise PermissionDenied
