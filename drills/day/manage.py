"""`manage.py` by the clock of the day, for the mail sender."""

import os
import sys

from django.core.management import execute_from_command_line

from drills.day import clock

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "CoffeeShop.settings")
    clock.install()
    execute_from_command_line(sys.argv)
