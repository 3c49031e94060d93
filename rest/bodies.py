from rest_framework.request import Request
from rest_framework.serializers import Serializer


def validated(request: Request, serializer_class: type[Serializer], **options) -> dict:
    """Validate the body by a serializer that only reads it. Raises ValidationError."""
    serializer = serializer_class(data=request.data, **options)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
