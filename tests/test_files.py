import contextlib
import errno
import os
from pathlib import Path

import pytest

from handgrad.errors import UsageError
from handgrad.files import joined, locked, naming, new_folder, replacing, write_text


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


def test_a_file_is_written_through_a_link_to_it(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    (tmp_path / "link").symlink_to("a.txt")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a.txt").read_text() == "new"


@pytest.mark.parametrize("name", ["no/a.txt", "file/a.txt"])
def test_a_folder_that_is_not_there_is_named(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError, match="no such folder") as caught:
        write_text(tmp_path / name, "text")
    assert caught.value.filename == str((tmp_path / name).parent)


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path):
    write_text(tmp_path / ("a" * 251 + ".txt"), "content")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["content"]


def test_several_files_are_replaced_at_once(tmp_path):
    with replacing(tmp_path / "a.txt") as one, replacing(tmp_path / "b.txt") as other:
        one.write_text("a")
        other.write_text("b")
    assert [(tmp_path / f"{name}.txt").read_text() for name in "ab"] == ["a", "b"]


def test_an_error_of_the_temporary_file_names_the_one_it_is_for(tmp_path):
    path = tmp_path / "a.txt"
    with pytest.raises(OSError, match="Input/output") as caught, replacing(path) as temporary:
        raise OSError(errno.EIO, "Input/output error", str(temporary))
    assert caught.value.filename == str(path)


def test_a_file_being_written_has_its_suffix(tmp_path):
    with replacing(tmp_path / "a.png") as temporary:
        temporary.touch()
    assert temporary.suffix == ".png"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_new_folder_goes_again_with_those_above_it_when_the_work_fails(tmp_path, error):
    (tmp_path / "old").mkdir()
    with pytest.raises(error), new_folder(tmp_path / "old" / "new" / "newer"):
        raise error
    assert list(tmp_path.rglob("*")) == [tmp_path / "old"]


def test_a_folder_that_was_there_before_stays_when_the_work_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path):
        raise ZeroDivisionError
    assert tmp_path.is_dir()


def test_what_was_written_to_a_new_folder_stays_when_the_work_fails(tmp_path):
    def fail():
        with new_folder(tmp_path / "new"):
            write_text(tmp_path / "new" / "a.txt", "half of it")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "new" / "a.txt").read_text() == "half of it"


def test_a_folder_that_cannot_be_written_to_is_named_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("handgrad.files.os.access", lambda path, mode: False)
    with pytest.raises(PermissionError) as caught, new_folder(tmp_path / "new"):
        pytest.fail("the work was begun")
    assert caught.value.filename == str(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_let_go_meanwhile_is_waited_for(tmp_path, monkeypatch):
    with contextlib.ExitStack() as other:
        other.enter_context(locked(tmp_path))
        monkeypatch.setattr("handgrad.files.time.sleep", lambda seconds: other.close())
        with locked(tmp_path):
            pass


def test_workers_hold_their_folder_after_the_process_that_locked_it(tmp_path, monkeypatch):
    monkeypatch.setattr("handgrad.files.PATIENCE", 0.0)
    with contextlib.ExitStack() as worker:
        with locked(tmp_path, with_workers=True):
            worker.enter_context(joined(tmp_path))
        with pytest.raises(UsageError, match="another process"), locked(tmp_path):
            pass
    with locked(tmp_path), pytest.raises(UsageError, match="another process"), joined(tmp_path):
        pass
