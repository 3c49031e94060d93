"""The last category or branch that something is bound to stays: bound to none, it would be good for all."""

from django.db import models


def protect_last(links: type[models.Model], target: str) -> None:
    """Refuse, as PROTECT does, to delete the last `target` of an owner; others go with their links.

    Django makes the model of these links by itself, and lets nobody name its `on_delete`.
    """
    link = links._meta.get_field(target)
    (owner,) = (field for field in links._meta.fields if field.is_relation and field is not link)

    def on_delete(collector, field, rows: models.QuerySet, using: str) -> None:
        going = dict(rows.values_list("pk", owner.attname))
        left = links._base_manager.using(using).exclude(pk__in=going).values_list(owner.attname, flat=True)
        bare = set(going.values()) - set(left.filter(**{f"{owner.name}__in": set(going.values())}))
        if bare:
            owners = owner.related_model._base_manager.using(using).filter(pk__in=bare)
            raise models.ProtectedError("the last one that something is good for", set(owners))
        models.CASCADE(collector, field, rows, using)

    link.remote_field.on_delete = on_delete
