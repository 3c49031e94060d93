"""`python -m drills [--short] [NAME ...]`: run drills one after the other, each in a process of its own."""

import sys
import time
from types import ModuleType

import drills
import series


def run(drill: ModuleType, name: str, short: bool) -> bool:
    began = time.monotonic()
    try:
        figures = drill.drill(short)
    except drills.Failed as error:
        print(f"  FAILED: {error}", flush=True)
        return False
    for what, figure in {**figures, "seconds": round(time.monotonic() - began)}.items():
        print(f"  {what}: {figure}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(series.main(drills, "run.py drill", run))
