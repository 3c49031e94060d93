"""`CoffeeShop.wsgi` by the clock of the day."""

from drills.day import clock

clock.install()

from CoffeeShop.wsgi import application  # noqa: E402, F401 - what gunicorn serves
