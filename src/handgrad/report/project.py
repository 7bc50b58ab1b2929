"""The zip to hand in: the project's code, and what else is put with it."""

import io
import os
import subprocess
import zipfile
from collections.abc import Iterator, Mapping, Set
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import handgrad
from handgrad.errors import DataError

PACKAGE = Path(handgrad.__file__).parent

MADE = {"runs", "studies", "dist", "build"}
"""Folders at the top of a project that hold what it makes."""

CARRIED_EXTRAS = ("report", "cluster")
"""The extras that an installed package's small project has too: those that its users need."""


def zip_with(top: str, additions: Mapping[str, bytes]) -> bytes:
    """Zip the project in a folder called `top`, with `additions` by their paths in it.

    The same files give the same bytes, whenever and wherever they were written.
    """
    contents = project() | {name: (content, False) for name, content in additions.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, (content, executable) in sorted(contents.items()):
            entry = zipfile.ZipInfo(f"{top}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, whose file modes these are.
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return file.getvalue()


def project() -> dict[str, tuple[bytes, bool]]:
    """Give the contents of the project's files by their paths, and whether they can be executed.

    From a checkout these are the files under version control, as they are now; where there is no
    version control, all but what is made. Installed without its project, the package has a small
    one with it that trains and tests.

    Raises
    ------
    DataError
        If a file's name is not UTF-8, as those in a zip are.
    """
    root = PACKAGE.parents[1]
    if root / "src" / "handgrad" != PACKAGE or not (root / "pyproject.toml").is_file():
        return _small_project()
    paths = _tracked(root) or list(_files(root, MADE))
    return {
        _name_in_zip(path, root): (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in paths
    }


def _name_in_zip(path: Path, root: Path) -> str:
    name = path.relative_to(root).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"{name!r}: a zip cannot hold this file of the project, for its name is not UTF-8; "
            "rename it"
        ) from error
    return name


def _tracked(root: Path) -> list[Path]:
    """List the files under version control; none, if there is no such control."""
    try:
        listing = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    paths = (root / name for name in os.fsdecode(listing).split("\0") if name)
    return [path for path in paths if path.is_file()]


def _files(folder: Path, leave_out: Set[str] = frozenset()) -> Iterator[Path]:
    """Find the files of a folder, leaving out zips and folders that are hidden or compiled."""
    for path in folder.iterdir():
        if path.is_file() and path.suffix != ".zip":
            yield path
        elif path.is_dir() and path.name not in {*leave_out, "__pycache__"} and path.name[0] != ".":
            yield from _files(path)


def _small_project() -> dict[str, tuple[bytes, bool]]:
    import tomli_w

    paths = {
        f"src/handgrad/{path.relative_to(PACKAGE).as_posix()}": path for path in _files(PACKAGE)
    }
    small = PACKAGE / "report" / "small_project"
    paths |= {path.relative_to(small).as_posix(): path for path in _files(small)}
    for file in distribution("handgrad").files or ():
        if file.name == "LICENSE":
            paths["LICENSE"] = Path(str(file.locate()))
    contents = {name: (path.read_bytes(), False) for name, path in paths.items()}
    contents["pyproject.toml"] = (tomli_w.dumps(_pyproject()).encode(), False)
    return contents


def _pyproject() -> dict[str, Any]:
    """Describe the package as it was installed, with what `make test` needs as its extra dev."""
    metadata = distribution("handgrad").metadata
    requirements = metadata.get_all("Requires-Dist") or []
    needed = [each for each in requirements if "extra ==" not in each]
    extras = {extra: list(_needed_by(extra, requirements)) for extra in CARRIED_EXTRAS}
    return {
        "build-system": {"requires": ["hatchling"], "build-backend": "hatchling.build"},
        "project": {
            "name": "handgrad",
            "version": metadata["Version"],
            "requires-python": metadata["Requires-Python"],
            "dependencies": needed,
            "optional-dependencies": extras | {"dev": ["pytest>=8"]},
            "scripts": {"handgrad": "handgrad.__main__:main"},
        },
        "tool": {"hatch": {"build": {"targets": {"wheel": {"packages": ["src/handgrad"]}}}}},
    }


def _needed_by(extra: str, requirements: list[str]) -> Iterator[str]:
    """Find what an extra needs: as installed, each need names its extra behind a semicolon."""
    for requirement in requirements:
        need, _, marker = requirement.partition(";")
        if marker.strip().replace("'", '"') == f'extra == "{extra}"':
            yield need.strip()
