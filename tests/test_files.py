import contextlib
import errno
import os
from pathlib import Path

import pytest

from handgrad.errors import UsageError
from handgrad.files import joined, locked, naming, replacing, write_text


def test_the_old_file_stays_when_writing_fails(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("named", [None, "b.txt"])
def test_an_error_of_the_system_names_a_file(tmp_path, named):
    with pytest.raises(OSError, match="No space left") as caught, naming(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device", named)
    assert caught.value.filename == (named or str(tmp_path / "a.txt"))


def test_a_pipe_is_named_as_it_was_and_not_replaced():
    reader, writer = os.pipe()
    with pytest.raises(OSError, match="is not replaced") as caught:
        write_text(Path(f"/dev/fd/{writer}"), "text")
    assert caught.value.filename == f"/dev/fd/{writer}"
    os.close(reader)
    os.close(writer)


def test_text_is_written_as_utf8_and_nothing_is_left_beside_it(tmp_path):
    write_text(tmp_path / "a.txt", "Naïve\n")
    assert (tmp_path / "a.txt").read_bytes() == "Naïve\n".encode()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path):
    path = tmp_path / "secret.txt"
    write_text(path, "old")
    path.chmod(0o600)
    write_text(path, "new")
    assert path.stat().st_mode & 0o777 == 0o600


def test_workers_hold_their_folder_after_the_process_that_locked_it(tmp_path, monkeypatch):
    monkeypatch.setattr("handgrad.files.PATIENCE", 0.0)
    with contextlib.ExitStack() as worker:
        with locked(tmp_path, with_workers=True):
            worker.enter_context(joined(tmp_path))
        with pytest.raises(UsageError, match="another process"), locked(tmp_path):
            pass
    with locked(tmp_path), pytest.raises(UsageError, match="another process"), joined(tmp_path):
        pass
