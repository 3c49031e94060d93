import os

from django.core.wsgi import get_wsgi_application

from CoffeeShop.environment import refusing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "CoffeeShop.settings")
with refusing():
    application = get_wsgi_application()
