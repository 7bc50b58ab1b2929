"""The process in which somebody else's file runs: `python -m handgrad.checker.child ANSWER`.

Its standard input is a request, one line of JSON; ANSWER is the file it writes what it sees to, a
line of JSON for each event. Nothing it prints is read by anybody.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from handgrad.checker import names
from handgrad.checker.attempts import Failure, attempt, limit_each_call
from handgrad.checker.discovery import class_name, is_handgrads, subjects_in
from handgrad.checker.layout import in_columns
from handgrad.checker.loading import load
from handgrad.checker.network_ways import networks_in_columns
from handgrad.checker.observation import Observation, misses_a_name, to_json
from handgrad.checker.observing import observe
from handgrad.checker.subjects import Subject
from handgrad.checker.training_trials import TRAINING, observe_training

_STARTING = {
    "os.fork",
    "os.forkpty",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.startfile",
    "os.kill",
    "os.killpg",
    "subprocess.Popen",
    "pty.spawn",
    "socket.connect",
    "socket.bind",
}
_CHANGING = {
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.symlink",
    "shutil.rmtree",
    "shutil.move",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


MEMORY = 2 * 2**30
"""Bytes of address space; numpy with one BLAS thread takes a tenth of it."""

FILE_SIZE = 16 * 2**20
"""Bytes in any one file that is written, the answer among them."""

_CACHES = ("cache", "config")


def main() -> None:
    """Load the file, try out its layers, and write down what was seen."""
    request = json.loads(sys.stdin.readline())
    sys.stdin = open(os.devnull)  # noqa: SIM115 - stays open as long as the process
    with open(sys.argv[1], "w", encoding="utf-8") as answer:
        _limit(request["seconds"])
        sys.addaudithook(_guard(Path.cwd()))
        limit_each_call(request["seconds_per_call"])
        sys.argv = [request["file"]]
        _work(request, _teller(answer))
        answer.flush()
        os._exit(0)


def _limit(seconds: float) -> None:
    """Limit this process's time, memory, files and processes, where the system can."""
    try:
        import resource
    except ImportError:
        return
    limits = {"CPU": int(seconds) + 1, "AS": MEMORY, "FSIZE": FILE_SIZE, "CORE": 0, "NPROC": 0}
    for name, most in limits.items():
        which = getattr(resource, f"RLIMIT_{name}", None)
        if which is not None:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(which, (most, most))


def _guard(folder: Path) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that allows no new process, no connection, and no change outside `folder`."""
    allowed = (folder, Path(os.devnull), *(Path.home() / f".{d}/matplotlib" for d in _CACHES))

    def outside(path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        real = Path(os.path.realpath(os.fsdecode(path)))
        return not any(real.is_relative_to(place) for place in allowed)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _STARTING:
            raise PermissionError(f"{event} is not allowed while the file is judged")
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        # What is moved or linked has two paths: where it was, and where it is to be.
        paths = arguments if event in _CHANGING else arguments[:1] if writes else ()
        for path in paths:
            if outside(path):
                raise PermissionError(f"changing {path} is not allowed while it is judged")

    return hook


def _teller(answer: IO[str]) -> Callable[..., None]:
    def tell(event: str, **values: Any) -> None:
        answer.write(json.dumps({"event": event, **values}) + "\n")
        answer.flush()

    return tell


def _work(request: dict[str, Any], tell: Callable[..., None]) -> None:
    """Try out the file's definitions, and the whole file where they do not stand alone.

    Classes to `skip` have been tried out; those that `ended` the process that did are let be.
    """
    path, layers, skip = Path(request["file"]), request["layers"], request["skip"]
    for whole in (False, True):
        tell("begin", name="", kind="")
        module, failure, undefined = load(path, whole)
        subjects, left_out, missing = subjects_in(module, path.parent, layers)
        text = None if failure is None else str(failure)
        missing = [name for name in missing if name not in undefined]
        tell("loaded", failure=text, left_out=left_out, missing=missing)
        unmade = list(_unmade(undefined, layers))
        for observation in unmade:
            tell("observation", observation=to_json(observation))
        everything = subjects_in(module, path.parent, [])[0]
        tried = [s for s in everything if s.name not in request["ended"]]
        linear = [s for s in tried if s.kind == "linear"]
        columns = in_columns(_announced(linear, tell))
        if not linear:
            networks = (s for s in tried if s.kind == "network")
            announced = _announced(networks, tell)
            columns, _ = attempt(path.parent, networks_in_columns, announced, everything)
        complete = bool(subjects) and not any(map(misses_a_name, unmade))
        for subject in subjects:
            if subject.name in skip:
                continue
            tell("begin", name=subject.name, kind=subject.kind)
            observation = _observed(subject, everything, columns)
            tell("observation", observation=to_json(observation))
            complete &= not misses_a_name(observation)
        if complete:
            break
    if not layers and TRAINING not in skip:
        tell("begin", name=TRAINING, kind="training")
        trained = observe_training(subjects)
        if trained is not None:
            tell("observation", observation=to_json(trained))
    tell("end")


def _unmade(undefined: dict[str, Failure], layers: list[str]) -> Iterator[Observation]:
    """Observations of the classes that could not be defined, if they are among those to judge."""
    wanted = {class_name(text) for text in layers}
    for name, failure in undefined.items():
        kind = names.kind_of(name)
        if name in wanted or (kind is not None and not wanted):
            yield Observation(name, kind or "unknown", failure, defined=False)


def _observed(subject: Subject, others: list[Subject], columns: bool | None) -> Observation:
    """What is seen of one class, if it is the file's own work."""
    if is_handgrads(subject.cls):
        borrowed = Failure("Handgrad's", "forward or backward is handgrad's own")
        return Observation(subject.name, subject.kind, borrowed)
    observation, stopped = attempt(subject.folder, observe, subject, others, columns)
    return observation or Observation(subject.name, subject.kind, stopped)


def _announced(subjects: Iterable[Subject], tell: Callable[..., None]) -> Iterator[Subject]:
    """The same, each told of first: it may end the process."""
    for subject in subjects:
        tell("begin", name=subject.name, kind=subject.kind)
        yield subject


if __name__ == "__main__":
    main()
