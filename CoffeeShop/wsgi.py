import logging
import os

from django.core.wsgi import get_wsgi_application

from CoffeeShop.environment import refusing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "CoffeeShop.settings")
with refusing():
    django_application = get_wsgi_application()  # before anything that reads settings

from CoffeeShop.backends import client_timeout
from CoffeeShop.checks import warn_of_one_process
from CoffeeShop.serving import periodic
from CoffeeShop.serving.bodies import Utf8Request, bounded

client_timeout.install()
django_application.request_class = Utf8Request
application = bounded(django_application)
for warning in warn_of_one_process(None):  # servers run no checks by themselves
    logging.getLogger("CoffeeShop").warning(warning.msg)
periodic.start()
