from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from products.models import BranchStaff, Position
from products.serializers.branches import BranchSerializer, HoursSerializer
from rest.fields import CharField, ChoiceField, ModelSerializer
from users.models import CustomUser
from users.serializers import PersonSerializer


class MyBranchSerializer(serializers.Serializer):
    """A branch you work at."""

    branch = serializers.CharField(help_text="Its slug.")
    name = serializers.CharField()
    position = serializers.ChoiceField(choices=Position.choices)


class BranchStaffSerializer(ModelSerializer):
    user = PersonSerializer(read_only=True)

    class Meta:
        model = BranchStaff
        fields = ["id", "user", "position"]


class PositionSerializer(ModelSerializer):
    class Meta:
        model = BranchStaff
        fields = ["position"]


class AddStaffSerializer(serializers.Serializer):
    username = CharField(max_length=150, source="user")
    position = ChoiceField(choices=Position.choices)

    def validate_username(self, value: str) -> CustomUser:
        user = CustomUser.objects.active().with_login(value).first() if "@" not in value else None
        if user is None:
            raise serializers.ValidationError(_("There is no such user."), code="does_not_exist")
        return user


class OpeningTimesSerializer(BranchSerializer):
    """The whole of a branch's hours, and of its special days where they are sent. No hours means always open."""

    hours = HoursSerializer(many=True, max_length=50)

    class Meta(BranchSerializer.Meta):
        fields = ["hours", "special_days"]
        extra_kwargs = {}
