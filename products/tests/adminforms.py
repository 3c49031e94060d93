"""Forms of the back office, filled in and sent back as a browser does it."""


def form_of(page) -> dict:
    """What a browser would send back of a page with a form and its inlines, unchanged."""
    fields = {}
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    forms = [page.context["adminform"].form]
    for part in [*forms, *(form for formset in formsets for form in [formset.management_form, *formset.forms])]:
        for bound in part:
            value = bound.value()
            if bound.field.show_hidden_initial:
                fields[bound.html_initial_name] = "" if value is None else value
            if isinstance(value, list | tuple):
                fields[bound.html_name] = [getattr(item, "pk", item) for item in value]
            elif value is not None and value is not False and not hasattr(value, "url"):
                fields[bound.html_name] = "on" if value is True else value
    return fields


def submit(office, url: str, **changes):
    return office.post(url, {**form_of(office.get(url)), **changes}, format="multipart")


def list_form_of(page) -> dict:
    """The same of a list whose columns can be edited."""
    formset, fields = page.context["cl"].formset, {"_save": "Save"}
    for part in [formset.management_form, *formset.forms]:
        for bound in part:
            value = bound.value()
            if bound.field.show_hidden_initial:
                fields[bound.html_initial_name] = "" if value is None else value
            if value is not None and value is not False:
                fields[bound.html_name] = "on" if value is True else value
    return fields
