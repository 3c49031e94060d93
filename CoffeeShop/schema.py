from drf_yasg import openapi
from drf_yasg.inspectors import SwaggerAutoSchema

INFO = openapi.Info(title="CoffeeShop API", default_version="v1")


class AutoSchema(SwaggerAutoSchema):
    pass
