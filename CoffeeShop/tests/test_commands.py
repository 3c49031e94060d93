"""Containers, process managers and drills start the same processes by the same commands."""

import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
HERE = {
    "${ADDRESS:-127.0.0.1}": "0.0.0.0",  # noqa: S104
    "${PORT:-8000}": "8000",
    "${PORT:-8001}": "8000",
    "${TMPDIR:-/tmp}": "/tmp",  # noqa: S108
}


def procfile() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def in_a_container(command: str) -> str:
    for variable, value in HERE.items():
        command = command.replace(variable, value)
    return command


def test_containers_run_what_the_procfile_says():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    ours = {
        name: service["command"]
        for name, service in services.items()
        if service.get("image", "").startswith("coffeeshop:")
    }

    expected = {name: in_a_container(command) for name, command in procfile().items()}
    assert ours == {name: command for name, command in expected.items() if name != "mail"}  # which the worker does


def test_units_run_what_the_procfile_says():
    units = ROOT / "deploy" / "systemd"
    files = {"web": "coffeeshop-web@.service", "ws": "coffeeshop-ws@.service", "mail": "coffeeshop-mail.service"}

    for name, file in files.items():
        command = re.sub(r"\$\{PORT:-\d+\}", "%i", procfile()[name]).replace("${ADDRESS:-127.0.0.1}", "127.0.0.1")
        assert f"ExecStart=/srv/coffeeshop/.venv/bin/{command}\n" in (units / file).read_text(), name


def test_pods_run_what_the_procfile_says():
    folder = ROOT / "deploy" / "kubernetes"
    manifests = [each for file in folder.glob("*.yaml") for each in yaml.safe_load_all(file.read_text())]
    pods = [each["spec"]["template"]["spec"] for each in manifests if each["kind"] in {"Deployment", "Job"}]

    for container in (pod["containers"][0] for pod in pods):
        assert " ".join(container["command"]) == in_a_container(procfile()[container["name"]])


def test_image_runs_the_web_process_unless_told_otherwise():
    (command,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert " ".join(re.findall('"([^"]*)"', command)) == in_a_container(procfile()["web"])


def test_image_takes_every_package_of_ours_along():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert kept >= {"CoffeeShop", "manage.py", "requirements.txt", *settings.SHOP_APPS}


def test_containers_set_only_what_the_settings_know():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    code = "".join((ROOT / "CoffeeShop" / name).read_text() for name in ("settings.py", "gunicorn.py"))

    for name in services["web"]["environment"]:
        assert f'"{name}"' in code, name


def test_every_setting_reaches_the_containers():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    code = "".join((ROOT / "CoffeeShop" / name).read_text() for name in ("settings.py", "gunicorn.py"))
    names = set(re.findall(r'env\.(?:\w+)\(\s*"([A-Z_]+)"', code))

    of_the_image = {"MEDIA_ROOT"}
    not_for_real = {"DEBUG", "REDIS_PREFIX"}
    assert names - set(services["web"]["environment"]) == of_the_image | not_for_real


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_health_of_a_container_is_that_of_its_process(status, code):
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    _cmd, _python, *command = services["web"]["healthcheck"]["test"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_once, args=(server, status), daemon=True).start()
        asked = [part.replace("8000", str(server.getsockname()[1])) for part in command]
        done = subprocess.run([sys.executable, *asked], capture_output=True, timeout=120)

    assert (done.returncode, done.stderr) == (code, b"")


def answer_once(server: socket.socket, status: int) -> None:
    client, _address = server.accept()
    with client:
        client.recv(4096)
        client.sendall(b"HTTP/1.1 %d So\r\nContent-Length: 0\r\n\r\n" % status)


def test_one_service_builds_the_image():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]

    assert [name for name, service in services.items() if "build" in service] == ["web"]


def test_an_upgrade_does_not_exchange_the_proxy():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]

    # Compose 2.26 counts it to what a service is, and `up --no-deps` leaves it out: the service has changed then.
    assert "depends_on" not in services["proxy"]


def test_guide_prints_the_processes_as_the_procfile_has_them():
    guide = (ROOT / "docs" / "operations.md").read_text()
    here = {"${ADDRESS:-127.0.0.1}": "127.0.0.1", "${PORT:-8000}": "8000", "${PORT:-8001}": "8001"}

    for name in ("web", "ws", "mail"):
        command = procfile()[name]
        for variable, value in here.items():
            command = command.replace(variable, value)
        assert command.replace("python", ".venv/bin/python", 1) in guide, name


def test_guide_names_only_commands_that_there_are():
    guide = (ROOT / "docs" / "operations.md").read_text()

    assert set(re.findall(r"manage\.py (\w+)", guide)) <= set(get_commands())
