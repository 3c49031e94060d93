"""The shop with a clock that is off, by as many seconds as the file says that `SHIFT` names.

Served instead of `CoffeeShop.wsgi`. What our code asks is off, not the system: under libfaketime Python cannot sleep.
"""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

import jwt.api_jwt
import rest_framework_simplejwt.utils
from django.utils import timezone

from CoffeeShop.wsgi import application  # noqa: F401 - what gunicorn serves

shift = Path(os.environ["SHIFT"])
true_time = time.time


class ShiftedDatetime(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(seconds=float(shift.read_text()))


for module in (timezone, jwt.api_jwt, rest_framework_simplejwt.utils):
    module.datetime = ShiftedDatetime
time.time = lambda: true_time() + float(shift.read_text())
