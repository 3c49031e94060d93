"""CoffeeShop with nothing installed but Python: `python run.py` starts the shop, `python run.py --help` lists the rest.

Keep the syntax of this file within Python 3.6: older ones must get as far as the sentence that says what is needed.
"""

import argparse
import hashlib
import ipaddress
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("CoffeeShop needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info[:2]))

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / ".ci"))
from postgres import PostgresFailed, free_port, throwaway_postgres  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
MANAGE = str(ROOT / "manage.py")
INTERRUPT = signal.SIGTERM if os.name == "nt" else signal.SIGINT
HELP = """\
python run.py                     start the shop with everything it needs
python run.py test [ARGUMENT...]  run pytest on a throwaway PostgreSQL
python run.py check               linters, import rules, migrations, deployment checks
python run.py smoke               start the shop on an empty SQLite and use it over HTTP
python run.py manage ARGUMENT...  run manage.py
python run.py lock                turn requirements*.in into requirements*.txt
"""
DEMO_USERS = """\
  Sign in with (demo data)
    admin / admin123    administrator
    anna  / anna12345   customer, English
    boris / boris12345  customer, Russian
"""


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


def parse(arguments):
    parser = argparse.ArgumentParser(usage=HELP, description="Options of the first form:")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("command", nargs="?", choices=sorted(COMMANDS), help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments[1:] if arguments[:1] == ["start"] else arguments)
    if options.arguments and options.command not in ("test", "manage"):
        parser.error("{} takes no arguments".format(options.command))
    return options


def refuse(sentence, exit_code=1):
    print(sentence, file=sys.stderr)
    raise SystemExit(exit_code)


# --- The environment ------------------------------------------------------------------------------------------------


def prepare(*requirements):
    if not is_sound():
        make_venv()
    for name in requirements or ("requirements.txt", "requirements-dev.txt"):
        install(ROOT / name)


def is_sound():
    """Missing, moved, half made or left by another Python: each of these shows when it is asked for pip."""
    try:
        test = [PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
        return subprocess.run(test, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def make_venv():
    require_writable(ROOT)
    print("Making .venv ...", flush=True)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode:
        refuse("Could not make .venv with {}; the reason is above.".format(sys.executable))


def install(requirements):
    """A stamp inside the environment says which list was installed last; it is written after success only."""
    stamp = VENV / (requirements.stem + ".sha256")
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    require_writable(VENV)
    how_long = "they have changed" if stamp.exists() else "first run, about a minute"
    print("Installing packages from {} ({}) ...".format(requirements.name, how_long), flush=True)
    stamp.unlink(missing_ok=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if subprocess.run([*pip, "-r", str(requirements)]).returncode:
        refuse("Could not download packages; check the network and run again.")
    stamp.write_text(wanted)


def require_writable(folder):
    if not os.access(str(folder), os.W_OK):
        refuse("Cannot write to {}: copy CoffeeShop to a directory of your own and run it there.".format(folder))


def environment(**changes):
    """A DJANGO_SETTINGS_MODULE of another project must not win; texts are UTF-8 on every terminal."""
    ours = {"DJANGO_SETTINGS_MODULE": "CoffeeShop.settings", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **ours, **changes}


def isolated_environment(**changes):
    """For tests and checks: nothing of a developer's own configuration leaks in."""
    own = {"REDIS_URL", "EMAIL_URL", "SITE_URL", "DEBUG", "ALLOWED_HOSTS", "CELERY_BROKER_URL", "CURRENCY", "NUM_PROXIES"}
    fresh = {"ENV_FILE": os.devnull, "SECRET_KEY": secrets.token_urlsafe(50), **changes}
    inherited = environment().items()
    return {**{name: value for name, value in inherited if name not in own and not name.startswith("PG")}, **fresh}


def setting(name):
    """What the settings will see: the environment first, then the file, in which the last line wins."""
    if name in os.environ:
        return os.environ[name]
    file = Path(os.environ.get("ENV_FILE", str(ROOT / ".env")))
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    found = re.findall(r"^(?:export )?{}=(.*)$".format(name), text, re.MULTILINE)
    return found[-1].strip("'\"") if found else ""


# --- Processes ------------------------------------------------------------------------------------------------------


def stop_on_signals():
    """The first signal unwinds whatever is running; more of them must not interrupt the tidying up."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]

    def stop(number, frame):
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        under_nohup = signal.getsignal(number) == signal.SIG_IGN and number != signal.SIGINT
        if not under_nohup:
            signal.signal(number, stop)


@contextmanager
def running(*arguments, env, stop_with=signal.SIGTERM):
    """A Python process of the environment. In a session of its own, so that Ctrl-C reaches it once, through us."""
    process = subprocess.Popen([PYTHON, *arguments], cwd=str(ROOT), env=env, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(stop_with)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(*arguments, env):
    return subprocess.run([PYTHON, *arguments], cwd=str(ROOT), env=env).returncode


def require(*arguments, env):
    if run(*arguments, env=env):
        refuse("{} failed; the reason is above.".format(" ".join(arguments[:2])))


# --- Starting the shop ----------------------------------------------------------------------------------------------


def start(host, port):
    is_demo = not setting("DATABASE_URL")
    if is_demo and not is_loopback(host):
        refuse("Refusing --host {}: the demo's passwords are public. Set DATABASE_URL to a database of yours.".format(host), 2)
    check_port(host, port)
    if is_demo:
        require_writable(ROOT)
    prepare("requirements.txt")
    env = shop_environment(host, port)
    fill_database(env, with_demo=is_demo)
    with shop(host, port, env) as processes:
        announce(host, port, is_demo)
        try:
            watch(processes)
        except KeyboardInterrupt:
            print("\nStopping ...")
    return 0


def is_loopback(host):
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_port(host, port):
    if not 0 < port < 65536:
        refuse("--port must be between 1 and 65535, not {}.".format(port), 2)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = error.strerror or error
        refuse("Cannot use port {} on {} ({}). Choose another one with --port.".format(port, host, reason), 2)


def shop_environment(host, port):
    env = environment()
    if not setting("SITE_URL"):
        env["SITE_URL"] = "http://" + address(host, port)
    if not is_loopback(host):
        named = "[{}]".format(host) if ":" in host else host
        env["ALLOWED_HOSTS"] = ",".join(filter(None, [setting("ALLOWED_HOSTS"), named]))
    return env


def reachable(host):
    """Where a client on this machine finds a server that listens everywhere."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def address(host, port):
    name = reachable(host)
    return "[{}]:{}".format(name, port) if ":" in name else "{}:{}".format(name, port)


def fill_database(env, with_demo):
    print("Preparing the database ...", flush=True)
    require(MANAGE, "migrate", "--verbosity=0", env=env)
    if with_demo:
        require(MANAGE, "seed_demo", env=env)


@contextmanager
def shop(host, port, env):
    """The server and, beside it, the sender of queued mail; yields when the server answers."""
    server = running("-m", "daphne", "-b", host, "-p", str(port), "CoffeeShop.asgi:application", env=env)
    mail = running(MANAGE, "send_queued_mail", "--loop", env=env)
    with server as daphne, mail as sender:
        processes = {"the server": daphne, "the mail sender": sender}
        wait_until_open(reachable(host), port, processes)
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
            refuse("Stopping: {} ended by itself with code {}.".format(name, process.returncode))


def announce(host, port, is_demo):
    here = address(host, port)
    print("\nCoffeeShop is running; Ctrl-C ends it.\n")
    for name, path in (("Site", "/"), ("Swagger", "/swagger/"), ("ReDoc", "/redoc/"), ("Admin", "/admin/")):
        print("  {:<8} http://{}{}".format(name, here, path))
    print("  {:<8} ws://{}/ws/support/\n".format("Chat", here))
    print(DEMO_USERS if is_demo else "", flush=True)


# --- Other commands -------------------------------------------------------------------------------------------------


def test(*arguments):
    prepare()
    with throwaway_postgres(packages()) as url:
        env = isolated_environment(DATABASE_URL=url)
        with running("-m", "pytest", *arguments, env=env, stop_with=INTERRUPT) as pytest:
            return pytest.wait()


def packages():
    ask = [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"]
    return subprocess.run(ask, stdout=subprocess.PIPE, check=True).stdout.decode().strip()


def check():
    """Everything is checked and shown, also after a failure."""
    prepare()
    checks = {
        "ruff check": ("-m", "ruff", "check", "."),
        "ruff format": ("-m", "ruff", "format", "--check", "."),
        "import rules": ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo'])"),
        "migrations": (MANAGE, "makemigrations", "--check", "--dry-run"),
        "deployment": (MANAGE, "check", "--deploy", "--fail-level", "WARNING"),
    }
    with throwaway_postgres(packages()) as url:
        env = isolated_environment(
            DATABASE_URL=url, SITE_URL="https://shop.example", REDIS_URL="redis://127.0.0.1:6379/0"
        )
        failed = [name for name, command in checks.items() if print("--", name, flush=True) or run(*command, env=env)]
    print("Failed: {}.".format(", ".join(failed)) if failed else "All checks passed.")
    return 1 if failed else 0


def smoke():
    prepare("requirements.txt")
    port = free_port()
    here = "http://" + address("127.0.0.1", port)
    with tempfile.TemporaryDirectory(prefix="coffeeshop-smoke-") as folder:
        database = "sqlite:///" + (Path(folder) / "smoke.sqlite3").as_posix()
        env = isolated_environment(DATABASE_URL=database, SITE_URL=here, MEDIA_ROOT=folder)
        fill_database(env, with_demo=True)
        with shop("127.0.0.1", port, env):
            return run(str(ROOT / ".ci" / "smoke.py"), here, env=env)


def manage(*arguments):
    with running(MANAGE, *arguments, env=environment(), stop_with=INTERRUPT) as process:
        return process.wait()


def lock():
    prepare()
    options = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url")
    for name in ("requirements", "requirements-dev"):
        files = (name + ".in", "-o", name + ".txt")
        comment = ("--custom-compile-command", "python run.py lock")
        require("-m", "uv", "pip", "compile", "--quiet", *options, *comment, *files, env=environment())
    return 0


COMMANDS = {"test": test, "check": check, "smoke": smoke, "manage": manage, "lock": lock}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
