from rest_framework.routers import SimpleRouter

OF_COLLECTION = {"put": "replace", "patch": "amend", "delete": "clear"}


class Router(SimpleRouter):
    """The API's router: ids are ASCII digits that fit a 64-bit column, and a collection can be PUT (`replace`),
    PATCHed (`amend`) and DELETEd (`clear`)."""

    def __init__(self):
        super().__init__()
        collection, *rest = self.routes
        self.routes = [collection._replace(mapping={**collection.mapping, **OF_COLLECTION}), *rest]

    def get_lookup_regex(self, viewset, lookup_prefix=""):
        if not hasattr(viewset, "lookup_value_regex"):
            viewset.lookup_value_regex = "[1-9][0-9]{0,17}"
        return super().get_lookup_regex(viewset, lookup_prefix)
