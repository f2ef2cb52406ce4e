"""`install` replaces nbgrader's grading, and refuses an nbgrader that it does not know, in one line."""

from __future__ import annotations

import pkgutil
import sys
from pathlib import Path

import pytest
from nbgrader import api as database
from nbgrader import converters
from nbgrader.apps import api, autogradeapp
from nbgrader.converters.base import BaseConverter
from traitlets.config import Config

from grader.nbgrader_plugin import install
from grader.nbgrader_plugin.converter import Autograde
from grader.nbgrader_plugin.course import CONFIG_FILE, PROJECT
from grader.nbgrader_plugin.install import REQUIRED, TESTED_VERSION
from tests.helpers.course_fixture import ASSIGNMENT, LOSSES, command, hand_in, make_course

OPTIONS = (
    "Autograde.exporter_class",
    "Autograde.sanitize_preprocessors",
    "Autograde.autograde_preprocessors",
    "GenerateFeedback.exporter_class",
    "GenerateFeedback.preprocessors",
    "ExportApp.plugin_class",
)
MODULE_NAMES = [name for name in REQUIRED if isinstance(pkgutil.resolve_name(name), type)]
ANOTHER_NBGRADER = """
import nbgrader.apps.autogradeapp
del nbgrader.apps.autogradeapp.Autograde
"""


def test_installing_twice_is_the_same_as_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """nbgrader reads its configuration several times."""
    original = getattr(database.create_engine, "__wrapped__", database.create_engine)
    monkeypatch.setattr(database, "create_engine", original)
    for app in (api, autogradeapp):
        monkeypatch.setattr(app, "Autograde", converters.Autograde)
    first, second = Config(), Config()
    install(first)
    install(second)
    assert first == second
    assert api.Autograde is autogradeapp.Autograde is Autograde
    assert database.create_engine.__wrapped__ is original
    assert database.create_engine("sqlite://") is database.create_engine("sqlite://")


def test_every_class_in_the_configuration_exists() -> None:
    config = Config()
    install(config)
    for option in OPTIONS:
        section, name = option.split(".")
        value = config[section][name]
        for dotted_name in value if isinstance(value, list) else [value]:
            assert isinstance(pkgutil.resolve_name(dotted_name), type)


def refusal(config: Config) -> str:
    with pytest.raises(SystemExit) as caught:
        install(config)
    message = str(caught.value)
    assert "\n" not in message
    assert TESTED_VERSION in message
    return message


@pytest.mark.parametrize("name", [*MODULE_NAMES, "nbgrader.api.create_engine"])
def test_a_missing_name_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, _, attribute = name.rpartition(".")
    monkeypatch.delattr(pkgutil.resolve_name(owner), attribute)
    config = Config()
    assert name in refusal(config)
    assert not config


@pytest.mark.parametrize("method", ["init_destination", "init_single_notebook_resources"])
def test_a_changed_signature_is_refused(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseConverter, method, lambda self, submission: True)
    monkeypatch.setattr(BaseConverter, "set_permissions", lambda self, submission: True)
    message = refusal(Config())
    assert f"nbgrader.converters.Autograde.{method}" in message
    assert "nbgrader.converters.Autograde.set_permissions" in message


@pytest.mark.parametrize(
    "arguments",
    [["nbgrader", "autograde", ASSIGNMENT], [sys.executable, "-m", "grader", "grade", "--course", "."]],
    ids=["nbgrader", "grader"],
)
def test_commands_refuse_in_one_line_and_run_nothing(arguments: list[str], tmp_path: Path) -> None:
    """nbgrader would otherwise log a traceback and run students' code itself."""
    course = make_course(tmp_path, ["losses"])
    hand_in(course, "alice", LOSSES)
    (tmp_path / CONFIG_FILE).write_text(ANOTHER_NBGRADER + (PROJECT / CONFIG_FILE).read_text())
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "nbgrader.apps.autogradeapp.Autograde" in line
    assert not course.folder("autograded", "alice").exists()
