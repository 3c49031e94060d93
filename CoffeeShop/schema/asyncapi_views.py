"""Views of the AsyncAPI document: as JSON and YAML, in English as Swagger is, and as a page in both languages."""

import json
from collections.abc import Iterator

import yaml
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from CoffeeShop.schema.asyncapi import document

WRITERS = {
    "json": ("application/json", lambda made: json.dumps(made, ensure_ascii=False, indent=1)),
    "yaml": ("application/yaml", lambda made: yaml.safe_dump(made, allow_unicode=True, sort_keys=False)),
}


def document_for(request: HttpRequest) -> dict:
    return document(scheme="wss" if request.is_secure() else "ws", host=request.get_host())


@require_safe
def asyncapi(request: HttpRequest, format: str) -> HttpResponse:
    if format not in WRITERS:
        raise Http404
    media_type, write = WRITERS[format]
    with override("en"):
        return HttpResponse(write(document_for(request)), f"{media_type}; charset=utf-8")


class AsyncapiPage(TemplateView):
    template_name = "asyncapi.html"

    def get_context_data(self, **context) -> dict:
        made = document_for(self.request)
        (server,) = made["servers"].values()
        (security,) = made["components"]["securitySchemes"].values()
        sockets = [
            socket(name, channel, f"{server['protocol']}://{server['host']}")
            for name, channel in made["channels"].items()
        ]
        return super().get_context_data(
            about=made["info"]["description"], token=with_code(security["description"]), sockets=sockets
        )


def socket(name: str, channel: dict, server: str) -> dict:
    """A channel as the page shows it."""
    messages = channel["messages"]
    return {
        "name": name,
        "address": server + channel["address"],
        "about": with_code(channel["description"]),
        "subprotocol": channel["x-subprotocol"],
        "query": list(rows(channel["bindings"]["ws"]["query"])),
        "closes": channel["x-close-codes"],
        "directions": [
            (gettext("You send"), [frame(name, key, each) for key, each in messages.items() if key[0] == "r"]),
            (gettext("You hear"), [frame(name, key, each) for key, each in messages.items() if key[0] == "s"]),
        ],
    }


def frame(socket_name: str, key: str, message: dict) -> dict:
    (example,) = message["examples"]
    return {
        "id": f"{socket_name}-{key}",
        "type": message["name"],
        "about": with_code(message["summary"]),
        "fields": list(rows(message["payload"])),
        "example": json.dumps(example["payload"], ensure_ascii=False, indent=2),
    }


def rows(schema: dict, prefix: str = "") -> Iterator[dict]:
    """A line for each field, those of objects within after their object's."""
    for name, field in schema["properties"].items():
        is_list = field["type"] == "array"
        yield {
            "name": prefix + name,
            "type": type_of(field),
            "is_optional": name not in schema["required"],
            "about": with_code(gettext(field["description"])) if "description" in field else "",
        }
        inner = field["items"] if is_list else field
        if "properties" in inner:
            yield from rows(inner, f"{prefix}{name}{'[]' if is_list else ''}.")


def with_code(text: str) -> SafeString:
    """Render the text between backticks as `<code>`."""
    parts = [format_html("<code>{}</code>", part) if place % 2 else part for place, part in enumerate(text.split("`"))]
    return format_html_join("", "{}", ((part,) for part in parts))


def type_of(field: dict) -> str:
    if "const" in field:
        return json.dumps(field["const"])
    if "enum" in field:
        return " | ".join(json.dumps(value) for value in field["enum"])
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    named = [field.get("format", each) if each == "string" else each for each in types]
    if named[0] == "array":
        named[0] = f"{type_of(field['items'])}[]"
    return " | ".join(named)
