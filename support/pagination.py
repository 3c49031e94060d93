from rest.pagination import EndlessPagination


class NewestFirst(EndlessPagination):
    ordering = ("-created_at", "-pk")
