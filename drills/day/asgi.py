"""`CoffeeShop.asgi` by the clock of the day."""

from drills.day import clock

clock.install()

from CoffeeShop.asgi import application  # noqa: E402, F401 - what daphne serves
