import logging
import os

from django.core.wsgi import get_wsgi_application

from CoffeeShop.environment import refusing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "CoffeeShop.settings")
with refusing():
    django_application = get_wsgi_application()  # before anything that reads settings

from CoffeeShop import patience
from CoffeeShop.bodies import bounded
from CoffeeShop.checks import warn_of_one_process

patience.install()
application = bounded(django_application)
for warning in warn_of_one_process(None):  # servers run no checks by themselves
    logging.getLogger("CoffeeShop").warning(warning.msg)
