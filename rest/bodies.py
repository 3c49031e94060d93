from rest_framework.request import Request
from rest_framework.serializers import Serializer

from rest.pagination import refuse_repetition


def validated(request: Request, serializer_class: type[Serializer], **options) -> dict:
    """Validate the body by a serializer that only reads it. Raises ValidationError."""
    serializer = serializer_class(data=request.data, **options)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def validated_query(request: Request, serializer_class: type[Serializer], **options) -> dict:
    """Validate the query string by a serializer, each parameter once. Raises ValidationError."""
    for name in serializer_class().fields:
        refuse_repetition(request.query_params, name)
    serializer = serializer_class(data=request.query_params.dict(), **options)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
