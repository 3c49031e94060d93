"""The Swagger document: what is known of an operation, its fields and the whole."""

SETTINGS = {
    "DEFAULT_AUTO_SCHEMA_CLASS": "CoffeeShop.schema.operations.AutoSchema",
    "DEFAULT_GENERATOR_CLASS": "CoffeeShop.schema.document.Generator",
    "DEFAULT_INFO": "CoffeeShop.schema.document.INFO",
    "DEFAULT_FIELD_INSPECTORS": [
        "drf_yasg.inspectors.ReferencingSerializerInspector",
        "CoffeeShop.schema.inspectors.FieldInspector",
        "drf_yasg.inspectors.ChoiceFieldInspector",
        "drf_yasg.inspectors.FileFieldInspector",
        "drf_yasg.inspectors.RelatedFieldInspector",
        "drf_yasg.inspectors.SerializerMethodFieldInspector",
        "drf_yasg.inspectors.SimpleFieldInspector",
        "drf_yasg.inspectors.StringDefaultFieldInspector",
    ],
    "DEFAULT_FILTER_INSPECTORS": ["CoffeeShop.schema.inspectors.FilterInspector"],
    "DEFAULT_PAGINATOR_INSPECTORS": ["CoffeeShop.schema.inspectors.PaginatorInspector"],
    "SECURITY_DEFINITIONS": {
        "Bearer": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "`Bearer <access token>`, from `POST /api/token/`",
        }
    },
    "USE_SESSION_AUTH": False,
    "DEFAULT_MODEL_RENDERING": "example",
    "DOC_EXPANSION": "none",  # six lines to choose from, and not a hundred and thirty
}
