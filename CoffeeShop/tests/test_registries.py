"""Lists of our apps that tools read, and that nobody would miss: what is not named there is not tested or checked."""

import configparser
import tomllib

from django.conf import settings

LIBRARIES = {"CoffeeShop", "rest", "realtime"}
OURS = LIBRARIES | set(settings.SHOP_APPS)


def test_tests_of_every_app_are_collected():
    config = configparser.ConfigParser()
    config.read(settings.BASE_DIR / "pytest.ini", encoding="utf-8")

    assert set(config["pytest"]["testpaths"].split()) == OURS | {"drills"}


def test_import_rules_name_every_app():
    rules = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = rules["contracts"][0]["layers"]

    assert set(rules["root_packages"]) == OURS
    assert {name.strip() for layer in layers for name in layer.split("|")} == OURS
