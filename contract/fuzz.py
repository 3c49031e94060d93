"""`python run.py fuzz [--cases N]`: schemathesis in all its phases, as a stranger, as a customer, as an administrator.

It makes requests up from the document, good and bad ones, and chains of them, and looks at every answer: no 5xx, no
status that is not documented, nothing that the schema does not allow, no token ignored, 405 where there is no method,
and no request accepted that the document calls wrong.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from CoffeeShop import demo
from contract.server import open_shop
from environment import ROOT

PEOPLE = {
    "anonymous": "",
    "customer": ":".join([demo.CUSTOMERS[0][0], demo.CUSTOMERS[0][2]]),
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
            wanted, examples = options.cases * number // len(PEOPLE), 5
            while True:
                cases, is_clean = fuzz(site, who, credentials, examples, options.seed)
                tried += cases
                if not is_clean:
                    failed.append(who)
                if tried >= wanted or not is_clean:
                    break
                examples = 100
    print(f"\n{tried} cases in all. " + (f"Failed as: {', '.join(failed)}" if failed else "No failure."))
    return 1 if failed else 0


def fuzz(site: str, who: str, credentials: str, examples: int, seed: int | None) -> tuple[int, bool]:
    """One run over all operations. Returns how many cases it tried, and whether all went well."""
    print(f"\n=== {who}, up to {examples} examples of each operation", flush=True)
    command = [
        *(
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--config-file",
            str(Path(__file__).with_name("schemathesis.toml")),
        ),
        *("run", f"{site}/swagger.json", "--no-color", "--no-shrink", "--max-examples", str(examples)),
        *(["--seed", str(seed)] if seed is not None else []),
    ]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "contract.hooks", "FUZZ_AS": credentials}
    run = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, errors="replace")
    print(run.stdout if run.returncode else run.stdout[run.stdout.rfind("API Operations:") :], flush=True)
    generated = re.search(r"([\d,]+) generated", run.stdout)
    return int(generated[1].replace(",", "")) if generated else 0, run.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
