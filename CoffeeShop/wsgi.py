import os

from django.core.wsgi import get_wsgi_application

from CoffeeShop.environment import refusing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "CoffeeShop.settings")
with refusing():
    django_application = get_wsgi_application()  # before anything that reads settings

from CoffeeShop.bodies import bounded

application = bounded(django_application)
