"""`python run.py fuzz [--cases N]`: schemathesis in all its phases, as a stranger, a customer, staff, an administrator.

It makes requests up from the document, good and bad ones, and chains of them, and looks at every answer: no 5xx, no
status that is not documented, nothing that the schema does not allow, no token ignored, 405 where there is no method,
and no request accepted that the document calls wrong.
"""

import argparse
import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path

from CoffeeShop import demo
from contract.server import open_shop
from environment import ROOT

PEOPLE = {
    "anonymous": "",
    "customer": ":".join([demo.CUSTOMERS[0][0], demo.CUSTOMERS[0][2]]),
    **{position: f"{name}:{password}" for name, _language, password, position in demo.STAFF},
    "administrator": ":".join([demo.ADMINISTRATOR[0], demo.ADMINISTRATOR[2]]),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py fuzz")
    parser.add_argument("--cases", type=int, default=0, metavar="N", help="go on until so many cases were tried in all")
    parser.add_argument("--seed", type=int, help="of a run to repeat")
    options = parser.parse_args()
    tried, failed = 0, []
    with open_shop("contract.settings") as site:
        for number, (who, credentials) in enumerate(PEOPLE.items(), start=1):
            wanted = options.cases * number // len(PEOPLE)
            for turn in count():
                seed = [] if options.seed is None else ["--seed", str(options.seed + turn)]
                cases, is_clean = fuzz(site, who, credentials, "--max-examples", "100" if turn else "5", *seed)
                tried += cases
                if not is_clean:
                    failed.append(who)
                if tried >= wanted or not is_clean:
                    break
    print(f"\n{tried} cases in all. " + (f"Failed as: {', '.join(failed)}" if failed else "No failure."))
    return 1 if failed else 0


def fuzz(site: str, who: str, credentials: str, *options: str) -> tuple[int, bool]:
    """One run over all operations. Returns how many cases it tried, and whether all went well."""
    print(f"\n=== {who}, {' '.join(options)}", flush=True)
    settings = str(Path(__file__).with_name("schemathesis.toml"))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", settings),
        *("run", f"{site}/swagger.json", "--no-color", "--no-shrink", *options),
    ]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "contract.hooks", "FUZZ_AS": credentials}
    run = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, errors="replace")
    print(run.stdout if run.returncode else run.stdout[run.stdout.rfind("API Operations:") :], flush=True)
    generated = re.search(r"([\d,]+) generated", run.stdout)
    return int(generated[1].replace(",", "")) if generated else 0, run.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
