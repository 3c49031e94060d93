"""The shop with a clock that is off, by as many seconds as the file says that `SHIFT` names.

Served instead of `CoffeeShop.wsgi`.
"""

import os
import time
from pathlib import Path

from CoffeeShop.wsgi import application  # noqa: F401 - what gunicorn serves
from drills import clock

shift = Path(os.environ["SHIFT"])
true_time = time.time
clock.install(lambda: true_time() + float(shift.read_text()))
time.time = lambda: true_time() + float(shift.read_text())
