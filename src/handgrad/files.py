"""Writing files so that a reader never meets a half-written one."""

import contextlib
import errno
import itertools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from handgrad.errors import UsageError

_number = itertools.count()
"""Of the temporary files of this process."""

PATIENCE = 2.0
"""Seconds to wait for a folder: a process that was just killed may take a moment to let go."""


def real_path(path: Path) -> Path:
    """Give the absolute path, with links followed.

    A link that leads back to itself is left: it is whoever opens it who complains. (`Path.resolve`
    raises an error of its own then.)
    """
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; what is written there takes its place on success.

    The rename is atomic: whoever opens `path`, even after this process was killed, finds the old
    file or the new one, whole. On an exception the temporary file is removed and `path` is left as
    it was. The suffix of `path` is kept, for writers that choose a format by it, and the mode of a
    file that was there.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "is not a file, and is not replaced by one", str(path))
    path = real_path(path)  # A link is followed, not replaced.
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path.parent))
    # Without the name of `path`, which may be as long as the system allows.
    temporary = path.with_name(f".handgrad-{os.getpid()}-{next(_number)}{path.suffix}")
    try:
        with naming(path, temporary):
            yield temporary
            if path.exists():
                shutil.copymode(path, temporary)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a folder, and those above it, for the block to write to after its work.

    If the block fails and leaves them empty, those that were not there before go again.

    Raises
    ------
    OSError
        Before the block, if the folder cannot be made or written to.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for each in made:
                each.rmdir()
        raise


@contextlib.contextmanager
def naming(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Have the system's errors name `path` where they name no file, or `temporary`."""
    try:
        yield
    except OSError as error:
        if error.errno and error.filename in (None, str(temporary)):
            raise type(error)(error.errno, error.strerror, str(path)) from error
        raise


@contextlib.contextmanager
def locked(folder: Path, with_workers: bool = False) -> Iterator[None]:
    """Keep a folder to this process; the lock ends with the block, or with the process.

    With `with_workers` it is kept to this process and to those that have it `joined`: the next can
    lock it when all of them have let go, also where this process was killed before its workers.

    Raises
    ------
    UsageError
        If another process has it. (Where there are no such locks, on Windows, it is not checked.)
    """
    with _holding(folder, "LOCK_EX") as change:
        if with_workers:
            change("LOCK_SH")
        yield


@contextlib.contextmanager
def joined(folder: Path) -> Iterator[None]:
    """Hold a folder together with the process that locked it with its workers, as one of these.

    Raises
    ------
    UsageError
        If a process has it for itself.
    """
    with _holding(folder, "LOCK_SH"):
        yield


@contextlib.contextmanager
def _holding(folder: Path, kind: str) -> Iterator[Callable[[str], None]]:
    """Hold a lock of a kind of fcntl's on a folder, and give a function that changes the kind."""
    try:
        import fcntl
    except ImportError:
        yield lambda kind: None
        return
    handle = os.open(folder, os.O_RDONLY)

    def lock(kind: str, patience: float = 0.0) -> None:
        deadline = time.monotonic() + patience
        while True:
            try:
                return fcntl.flock(handle, getattr(fcntl, kind) | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise UsageError(f"{folder}: another process is writing there") from error
            time.sleep(0.05)

    try:
        lock(kind, PATIENCE)
        yield lock
    finally:
        os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as JSON that people can read, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
