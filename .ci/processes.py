"""Starting Python processes of the environment, and ending them. Standard library only."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from environment import PYTHON, ROOT, refuse


def stop_on_signals() -> None:
    """The first signal unwinds whatever is running; more of them must not interrupt the tidying up."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]

    def stop(number, frame):
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        under_nohup = number != signal.SIGINT and signal.getsignal(number) == signal.SIG_IGN
        if not under_nohup:
            signal.signal(number, stop)


@contextmanager
def running(
    *arguments: str, env: dict[str, str], stop_with: int = signal.SIGTERM, **streams: object
) -> Iterator[subprocess.Popen]:
    """A Python process in a session of its own, so that Ctrl-C reaches it once and through us; ended with the block."""
    process = subprocess.Popen([PYTHON, *arguments], cwd=ROOT, env=env, start_new_session=True, **streams)
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


def run(*arguments: str, env: dict[str, str]) -> int:
    return subprocess.run([PYTHON, *arguments], cwd=ROOT, env=env).returncode


def require(*arguments: str, env: dict[str, str]) -> None:
    if run(*arguments, env=env):
        refuse(f"`{' '.join(arguments)}` failed; the reason is above.")
