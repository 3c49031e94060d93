"""The AsyncAPI 3 document of the sockets, made of the schemas that their consumers check and say frames by."""

import functools
from collections.abc import Iterable

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_yasg import openapi
from drf_yasg.app_settings import swagger_settings
from drf_yasg.inspectors import InlineSerializerInspector
from rest_framework.serializers import Serializer

from CoffeeShop.routing import websocket_urlpatterns
from CoffeeShop.schema.examples import CLIENT_ID, EXAMPLES, MOMENT
from realtime.connection import CloseCode, FrameConsumer
from realtime.frames import Schema

# What JSON Schema takes over from Swagger as it is.
KEYWORDS = (
    *("type", "format", "description", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength"),
    *("minItems", "maxItems"),
)
SECURITY = "#/components/securitySchemes/token"
SCALARS = {"string": "…", "integer": 1, "number": 1.0, "boolean": False}
FORMATS = {"date-time": MOMENT, "uuid": CLIENT_ID}


def document(*, scheme: str, host: str) -> dict:
    """Build the AsyncAPI document in the language now in force."""
    channels, actions = parts(get_language())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CoffeeShop sockets",
            "version": "v1",
            "description": _(
                "The support chat and live orders, as JSON objects in text frames. The socket is a fast hint: what"
                " lasts can be had over HTTP, too. Ignore frames of a type that you do not know."
            ),
        },
        "defaultContentType": "application/json",
        "servers": {"shop": {"host": host, "protocol": scheme, "security": [{"$ref": SECURITY}]}},
        "channels": channels,
        "operations": actions,
        "components": {"securitySchemes": {"token": token()}},
    }


@functools.cache
def parts(_language: str) -> tuple[dict, dict]:
    """Channels and operations, made once for each language."""
    channels = {name_of(path): channel(path, consumer) for path, consumer in consumers()}
    return channels, dict(each for path, consumer in consumers() for each in operations(path, consumer))


def token() -> dict:
    how = _(
        "An access token from `POST /api/token/`: browsers send it as the subprotocol `bearer.<token>` beside the"
        " socket's own, everybody else in the header `Authorization: Bearer <token>`, or in a first frame `auth`."
    )
    return {"type": "http", "scheme": "bearer", "description": how}


def consumers() -> list[tuple[str, type[FrameConsumer]]]:
    """Every socket there is, by its path."""
    return [(f"/{route.pattern}", route.callback.consumer_class) for route in websocket_urlpatterns]


def name_of(path: str) -> str:
    return path.strip("/").rpartition("/")[2]


def channel(path: str, consumer: type[FrameConsumer]) -> dict:
    messages = {f"receive-{kind}": message(kind, schema) for kind, schema in consumer.schemas.items()}
    messages |= {f"send-{kind}": message(kind, schema, consumer) for kind, schema in consumer.sends.items()}
    query = {**payload(consumer.query_schema), "required": []}
    return {
        "address": path,
        "title": consumer.subprotocol,
        "description": str(consumer.about),
        "servers": [{"$ref": "#/servers/shop"}],
        "messages": messages,
        "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
        "x-subprotocol": consumer.subprotocol,
        "x-close-codes": {str(code.value): str(code.label) for code in CloseCode},
    }


def operations(path: str, consumer: type[FrameConsumer]) -> Iterable[tuple[str, dict]]:
    """Operations as AsyncAPI says them: `receive` is what the shop receives."""
    name = name_of(path)
    for action, kinds in (("receive", consumer.schemas), ("send", consumer.sends)):
        messages = [{"$ref": f"#/channels/{name}/messages/{action}-{kind}"} for kind in kinds]
        yield (
            f"{name}-{action}",
            {"action": action, "channel": {"$ref": f"#/channels/{name}"}, "messages": messages},
        )


def message(kind: str, schema: Schema, sender: type[FrameConsumer] | None = None) -> dict:
    frame = payload(schema, is_sent=sender is not None)
    if sender is not None and kind == "error":
        frame["properties"]["code"]["enum"] = sorted({error.default_code for error in sender.refusals})
    frame["properties"] = {"type": {}} | frame["properties"] | {"type": {"type": "string", "const": kind}}
    frame["required"] = ["type", *(name for name in frame["required"] if name != "type")]
    example = {"name": kind, "payload": example_of(frame)}
    return {"name": kind, "title": kind, "summary": str(schema.about), "payload": frame, "examples": [example]}


def payload(schema: Schema, *, is_sent: bool = False) -> dict:
    """The JSON Schema of a serializer's class, by way of what makes the Swagger document of it."""
    inspector = InlineSerializerInspector(
        None, "", "", openapi.ReferenceResolver(force_init=True), None, swagger_settings.DEFAULT_FIELD_INSPECTORS
    )
    return json_schema(inspector.get_schema(schema()), schema, is_sent=is_sent)


def json_schema(swagger: openapi.Schema, serializer: type | None = None, *, is_sent: bool) -> dict:
    """Convert a Swagger schema to JSON Schema. What is sent has all its fields, but for the serializer's `optional`
    ones.
    """
    schema = {word: swagger[word] for word in KEYWORDS if word in swagger}
    if "items" in swagger:
        schema["items"] = json_schema(swagger["items"], is_sent=is_sent)
    if schema["type"] == "object":
        serializer = serializer or getattr(swagger, "_NP_serializer", Serializer)
        schema |= object_schema(swagger, serializer, is_sent=is_sent)
    if swagger.get("x-nullable"):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def object_schema(swagger: openapi.Schema, serializer: type, *, is_sent: bool) -> dict:
    properties = swagger.get("properties", {})
    title = serializer.__name__.removesuffix("Serializer").removesuffix("Frame")
    required = [name for name in properties if name not in getattr(serializer, "optional", ())]
    fields = {name: json_schema(field, is_sent=is_sent) for name, field in properties.items()}
    for name, field in fields.items():
        example = EXAMPLES.get(f"{title}.{name}", EXAMPLES.get(name))
        if example is not None and "properties" not in field and "properties" not in field.get("items", {}):
            field["examples"] = [example]
    return {
        "title": title,
        "properties": fields,
        "required": required if is_sent else list(swagger.get("required", [])),
    }


def example_of(schema: dict) -> object:
    """A value that the schema allows."""
    if "const" in schema:
        return schema["const"]
    if "examples" in schema:
        return schema["examples"][0]
    if "properties" in schema:
        return {name: example_of(field) for name, field in schema["properties"].items()}
    if "null" in schema["type"]:
        return None
    if schema["type"] == "array":
        return [example_of(schema["items"])]
    return (schema.get("enum") or [FORMATS.get(schema.get("format"), SCALARS[schema["type"]])])[0]
