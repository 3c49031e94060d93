from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request


class Metadata(SimpleMetadata):
    """OPTIONS as DRF answers it, but a PUT of a whole collection has no object whose fields could be shown."""

    def determine_actions(self, request: Request, view) -> dict:
        return super().determine_actions(request, view) if view.detail or "put" not in view.action_map else {}
