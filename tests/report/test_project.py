"""The zip: a project whose README's commands work, whatever it was made from."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from handgrad.errors import DataError
from handgrad.report import project
from handgrad.report.material import Material
from handgrad.report.project import zip_with


@pytest.fixture
def unpacked(tmp_path):
    """Call it to zip the project and to unpack it again: gives the folder."""

    def unpack(**additions):
        path = tmp_path / "hw3.zip"
        path.write_bytes(zip_with("hw3", {"hw3-report.pdf": b"%PDF", **additions}))
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            archive.extractall(tmp_path / "unpacked")
        [top] = (tmp_path / "unpacked").iterdir()
        assert top.name == "hw3"
        return top

    return unpack


def modules(folder):
    return {path.relative_to(folder) for path in folder.rglob("*.py")}


def commands_of(top):
    """What the README's two commands would do, as make says it."""
    readme = (top / "README.md").read_text()
    for command in ("make run", "make test"):
        assert command in readme
        result = subprocess.run(
            [*command.split(), "--dry-run"], cwd=top, capture_output=True, text=True, check=True
        )
        yield result.stdout


def test_a_checkout_is_its_files_and_the_report(unpacked):
    top = unpacked()
    assert (top / "hw3-report.pdf").read_bytes() == b"%PDF"
    for name in ("README.md", "Makefile", "pyproject.toml", "src/handgrad/layers.py"):
        assert (top / name).read_bytes() == (Path(project.PACKAGE).parents[1] / name).read_bytes()
    assert modules(top / "src" / "handgrad") == modules(project.PACKAGE)
    assert not list(top.rglob("__pycache__"))
    assert not (top / ".venv").exists()
    train, test = commands_of(top)
    assert "handgrad train" in train
    assert "pytest" in test


def test_without_version_control_it_is_all_that_is_not_made(unpacked, tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    shutil.copytree(project.PACKAGE, root / "src" / "handgrad")
    for name in (
        ".venv/x",
        "runs/x",
        "src/handgrad/__pycache__/x",
        "old.zip",
        "tests/x",
        ".gitignore",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    (root / "pyproject.toml").write_text("")
    monkeypatch.setattr(project, "PACKAGE", root / "src" / "handgrad")
    top = unpacked()
    assert {path.name for path in top.iterdir()} == {
        "src", "tests", "pyproject.toml", ".gitignore", "hw3-report.pdf",
    }  # fmt: skip
    assert modules(top / "src" / "handgrad") == modules(project.PACKAGE)
    assert not list(top.rglob("__pycache__"))


def test_an_installed_package_brings_a_project_of_its_own(unpacked, tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "handgrad"
    shutil.copytree(project.PACKAGE, package)
    monkeypatch.setattr(project, "PACKAGE", package)
    top = unpacked()
    described = tomllib.loads((top / "pyproject.toml").read_text())["project"]
    assert described["name"] == "handgrad"
    assert any(need.startswith("numpy") for need in described["dependencies"])
    assert not any("typst" in need for need in described["dependencies"])
    named = re.findall(r"\.\[(\w+)\]", " ".join(Material(studies=[]).commands()))
    assert set(named) <= set(described["optional-dependencies"])
    assert [need[:5] for need in described["optional-dependencies"]["report"]] == ["typst"]
    assert modules(top / "src" / "handgrad") == modules(package)
    train, test = commands_of(top)
    assert "handgrad train" in train
    assert "pytest tests" in test
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests"],
        cwd=top,
        env={"PYTHONPATH": str(top / "src"), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_a_name_that_a_zip_cannot_hold_is_told(tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    (root / "src" / "handgrad").mkdir(parents=True)
    (root / "pyproject.toml").write_text("")
    Path(os.fsdecode(bytes(root) + b"/caf\xe9.txt")).write_text("")
    monkeypatch.setattr(project, "PACKAGE", root / "src" / "handgrad")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
        with pytest.raises(DataError, match=r"caf.*its name is not UTF-8; rename it"):
            zip_with("hw3", {})


def test_the_same_files_make_the_same_zip_whenever_they_were_written(tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    (root / "src" / "handgrad").mkdir(parents=True)
    (root / "pyproject.toml").write_text("")
    monkeypatch.setattr(project, "PACKAGE", root / "src" / "handgrad")
    first = zip_with("hw3", {"a": b"1"})
    (root / "pyproject.toml").unlink()
    (root / "pyproject.toml").write_text("")
    assert zip_with("hw3", {"a": b"1"}) == first


def test_what_can_be_executed_still_can(unpacked, tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    (root / "src" / "handgrad").mkdir(parents=True)
    (root / "pyproject.toml").write_text("")
    (root / "go").write_text("#!/bin/sh\n")
    (root / "go").chmod(0o755)
    monkeypatch.setattr(project, "PACKAGE", root / "src" / "handgrad")
    zipped = zipfile.ZipInfo.from_file(root / "go").external_attr >> 16 & 0o777
    assert zipped == 0o755
    path = tmp_path / "x.zip"
    path.write_bytes(zip_with("hw3", {}))
    with zipfile.ZipFile(path) as archive:
        modes = {each.filename: each.external_attr >> 16 & 0o777 for each in archive.infolist()}
    assert modes == {"hw3/go": 0o755, "hw3/pyproject.toml": 0o644}
