"""CoffeeShop with nothing installed but Python: `python run.py` starts the shop, `python run.py --help` lists the rest.

Keep the syntax of this file within Python 3.6: an older one must get as far as the sentence that says what is needed.
"""

import argparse
import errno
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

if sys.version_info < (3, 11):
    sys.exit("CoffeeShop needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info))
if sysconfig.get_platform() == "win-arm64":
    sys.exit("psycopg2 is not built for Windows on ARM: use the 64-bit (x86-64) Python, which runs there too.")

sys.path.insert(0, str(Path(__file__).resolve().parent / ".ci"))
from CoffeeShop import demo  # plain data, needs no Django
from environment import (
    PYTHON,
    ROOT,
    environment,
    isolated_environment,
    prepare,
    refuse,
    require_writable,
    setting,
    site_packages,
)
from postgres import PostgresFailed, free_port, throwaway_postgres
from processes import require, run, running, stop_on_signals

MANAGE = str(ROOT / "manage.py")
TOOLS = ("requirements.txt", "requirements-dev.txt")
NO_DEMO = 2  # how `seed_demo` ends then
INTERRUPT = signal.SIGTERM if os.name == "nt" else signal.SIGINT
HELP = """\
python run.py [--host HOST] [--port PORT]  start the shop with everything it needs
       python run.py test [ARGUMENT ...]          run pytest on a throwaway PostgreSQL
       python run.py check                        linters, import rules, migrations, deployment checks
       python run.py smoke                        start the shop on an empty SQLite and use it over HTTP
       python run.py drill [--short] [NAME ...]   break things under load, on purpose; -h lists the drills
       python run.py day [--watch] [--short]      a whole day of a chain, counted; -h lists its options
       python run.py fuzz [--cases N]             hold the shop to its Swagger document with made-up requests
       python run.py client                       generate a client from the document and order with it
       python run.py bench [--short] [NAME ...]   measure the shop beside its rivals; -h lists the benchmarks
       python run.py manage [ARGUMENT ...]        run manage.py
       python run.py lock                         turn requirements*.in into requirements*.txt"""


def main(arguments):
    options = parse(arguments)
    stop_on_signals()
    try:
        if options.command is None:
            return start(options.host, options.port)
        return COMMANDS[options.command](*options.arguments)
    except KeyboardInterrupt:
        return 130
    except PostgresFailed as error:
        refuse(str(error))
    except OSError as error:  # a disk that is full, a folder that is not ours
        if error.filename is None and error.errno is None:
            raise
        refuse("CoffeeShop cannot go on: {} ({}).".format(error.strerror, error.filename or "no file named"))


def parse(arguments):
    parser = argparse.ArgumentParser(usage=HELP)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("command", nargs="?", choices=sorted(COMMANDS), help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments[1:] if arguments[:1] == ["start"] else arguments)
    if options.arguments and options.command not in ("test", "drill", "day", "fuzz", "bench", "manage"):
        parser.error(f"{options.command} takes no arguments")
    return options


# --- Starting the shop ----------------------------------------------------------------------------------------------


def start(host, port):
    is_embedded = not setting("DATABASE_URL")
    if is_embedded:
        keep_demo_private(host)
        require_writable(ROOT)
    listening = addresses(host, port)
    prepare("requirements.txt")
    env = shop_environment(host, port)
    is_demo = is_embedded and migrate_and_seed(env)
    if not is_embedded:
        migrate(env)
    if not is_embedded and not is_loopback(host):
        require(MANAGE, "seed_demo", "--absent", env=env)
    try:
        with shop(listening, port, env) as processes:
            announce(host, port, is_demo)
            watch(processes)
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def keep_demo_private(host):
    for name in (host, urlsplit(setting("SITE_URL") or "http://localhost").hostname or ""):
        if not is_loopback(name):
            refuse(f"{name} would offer the demo's well-known passwords to the network: set DATABASE_URL first.", 2)


def is_loopback(host):
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def addresses(host, port):
    """Addresses to listen on: `localhost` is 127.0.0.1 and, where there is IPv6, ::1, as browsers may try either."""
    if not 0 < port < 65536:
        refuse(f"--port must be between 1 and 65535, not {port}.", 2)
    try:
        names = ("127.0.0.1", "::1") if host.lower() == "localhost" else (host,)  # whatever /etc/hosts says
        found = [socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0] for name in names]
        free = [place[0] for family, *_, place in found if is_there(place[0], port, family)]
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        refuse(f"Cannot use port {port} on {host} ({reason}); choose another one with --port.", 2)
    return free or refuse(f"{host} is no address of this machine.", 2)


def is_there(name, port, family):
    try:
        socket.create_server((name, port), family=family).close()
        return True
    except OSError as error:
        if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise
        return False


def shop_environment(host, port):
    env = environment()
    if not setting("SITE_URL"):
        env["SITE_URL"] = "http://" + address(host, port)
    if not is_loopback(host):
        named = f"[{host}]" if ":" in host else host
        env["ALLOWED_HOSTS"] = ",".join(filter(None, [setting("ALLOWED_HOSTS"), named]))
    return env


def reachable(host):
    """Address at which a client on this machine finds a server that listens everywhere."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def address(host, port):
    name = reachable(host)
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def migrate(env):
    print("Preparing the database ...", flush=True)
    require(MANAGE, "migrate", "--verbosity=0", env=env)


def migrate_and_seed(env):
    """Migrate and seed in one process, as starting one takes a second. Returns whether the database is the demo's."""
    print("Preparing the database and the demo ...", flush=True)
    code = run(MANAGE, "seed_demo", "--migrate", env=env)
    # The command leaves a database with somebody's own data alone, and says so: that is no reason not to start.
    if code not in (0, NO_DEMO):
        refuse("The database could not be prepared; the reason is above.")
    return code == 0


@contextmanager
def shop(listening, port, env):
    """The server and, beside it, the sender of queued mail; yields when the server answers."""
    # E-mails are printed here, too: a line for each request would drown them.
    daphne = ["-m", "daphne", "--access-log", os.devnull]
    for name in listening:
        daphne += ["--endpoint", "tcp:port={}:interface={}".format(port, name.replace(":", r"\:"))]
    server = running(*daphne, "CoffeeShop.asgi:application", env=env)
    mail = running(MANAGE, "send_queued_mail", "--loop", env=env)
    with server as daphne, mail as sender:
        processes = {"the server": daphne, "the mail sender": sender}
        for name in listening:
            wait_until_open(reachable(name), port, processes)
        yield processes


def wait_until_open(host, port, processes):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        require_alive(processes)
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    refuse("The server did not answer within a minute.")


def watch(processes):
    while True:
        require_alive(processes)
        time.sleep(0.5)


def require_alive(processes):
    for name, process in processes.items():
        if process.poll() is not None:
            refuse(f"Stopping: {name} ended by itself with code {process.returncode}.")


def announce(host, port, is_demo):
    here = address(host, port)
    print("\nCoffeeShop is running; Ctrl-C ends it.\n")
    pages = {"Shop": "/", "Board": "/board/", "Admin": "/admin/", "Developers": "/developers/", "Swagger": "/swagger/"}
    for name, path in pages.items():
        print(f"  {name:<10} http://{here}{path}")
    print(f"  {'Chat':<10} ws://{here}/ws/support/\n")
    if is_demo:
        announce_people(
            {
                "administrator": [demo.ADMINISTRATOR],
                "customer": demo.CUSTOMERS,
                **{f"{position} of the main branch": [person] for *person, position in demo.STAFF},
            }
        )


def announce_people(people_by_role):
    print("  Demo accounts:")
    for role, people in people_by_role.items():
        for name, language, password in people:
            print(f"    {name} / {password}  ({role}, language {language})")
    print(flush=True)


# --- Other commands -------------------------------------------------------------------------------------------------


def test(*arguments):
    prepare(*TOOLS)
    with throwaway_postgres(site_packages()) as database:
        env = isolated_environment(DATABASE_URL=database.url)
        with running("-m", "pytest", *arguments, env=env, stop_with=INTERRUPT) as pytest:
            return pytest.wait()


def check():
    """Everything is checked and shown, also after a failure."""
    prepare(*TOOLS)
    checks = {
        "ruff check": ("-m", "ruff", "check", "."),
        "ruff format": ("-m", "ruff", "format", "--check", "."),
        "import rules": ("-c", "import sys, importlinter.cli as linter; sys.exit(linter.lint_imports(no_logo=True))"),
        "migrations": (MANAGE, "makemigrations", "--check", "--dry-run"),
        "deployment": (MANAGE, "check", "--deploy", "--database", "default", "--fail-level", "WARNING"),
    }
    failed = []
    site = {
        "SITE_URL": "https://shop.example",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "EMAIL_URL": "smtps://mail.example",
    }
    with throwaway_postgres(site_packages()) as database:
        production = {**site, "DATABASE_URL": database.url}
        for name, command in checks.items():
            print(f"-- {name}", flush=True)
            if run(*command, env=isolated_environment(**production)):
                failed.append(name)
    print("Failed: " + ", ".join(failed) if failed else "All checks passed.")
    return 1 if failed else 0


def smoke():
    prepare("requirements.txt")
    port = free_port()
    here = "http://" + address("127.0.0.1", port)
    with tempfile.TemporaryDirectory(prefix="coffeeshop-smoke-") as folder:
        database = "sqlite:///" + (Path(folder) / "smoke.sqlite3").as_posix()
        env = isolated_environment(DATABASE_URL=database, SITE_URL=here, MEDIA_ROOT=folder)
        migrate(env)
        require(MANAGE, "seed_demo", env=env)
        with shop(["127.0.0.1"], port, env):
            return run(str(ROOT / ".ci" / "smoke.py"), here, env=env)


def drill(*arguments):
    prepare(*TOOLS)
    return tool("drills", *arguments)


def day(*arguments):
    prepare(*TOOLS)
    return tool("drills.day", *arguments)


def fuzz(*arguments):
    prepare(*TOOLS, "contract/requirements.txt")
    return tool("contract.fuzz", *arguments)


def client():
    prepare(*TOOLS, "contract/requirements.txt")
    return tool("contract.client")


def bench(*arguments):
    prepare(*TOOLS, "benchmarks/requirements.txt")
    # A few customers order for thousands, and what is filled in has been waiting for years.
    return tool("benchmarks", *arguments, OPEN_ORDERS="1000000", TEND_SECONDS="0")


def tool(module, *arguments, **variables):
    env = isolated_environment(PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / ".ci")]), **variables)
    with running("-m", module, *arguments, env=env, stop_with=INTERRUPT) as process:
        return process.wait()


def manage(*arguments):
    prepare("requirements.txt")
    command = [PYTHON, MANAGE, *arguments]
    if os.name == "posix":
        os.execve(PYTHON, command, environment())  # noqa: S606 -- a shell or a password prompt needs the terminal to itself
    return subprocess.run(command, env=environment()).returncode


def lock():
    prepare(*TOOLS)
    options = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--quiet")
    comment = ("--custom-compile-command", "python run.py lock")
    for name in ("requirements", "requirements-dev", "benchmarks/requirements", "contract/requirements"):
        files = (f"{name}.in", "-o", f"{name}.txt")
        require("-m", "uv", "pip", "compile", *options, *comment, *files, env=environment())
    return 0


COMMANDS = {
    "test": test,
    "check": check,
    "smoke": smoke,
    "drill": drill,
    "day": day,
    "fuzz": fuzz,
    "client": client,
    "bench": bench,
    "manage": manage,
    "lock": lock,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
