"""Runs on a Dask cluster: its workers need handgrad, but share no files with this machine.

The data go to each worker once; each run is carried out in a temporary folder there, from the files
of its last checkpoint if it has one, and comes back as the contents of its files. A worker that
dies costs its run a retry on another, which Dask sees to.
"""

import contextlib
import logging
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from handgrad.datasets import Data
from handgrad.errors import DataError
from handgrad.studies.board import Board
from handgrad.studies.work import Ending, Task, carry_out

SECONDS_TO_ANSWER = 10

Files = dict[str, bytes]

_one_at_a_time = threading.Lock()
"""Held by a worker's run: the number of BLAS threads is that of a process, not of a thread."""


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Give a Dask client.

    Raises
    ------
    DataError
        If Dask is not installed, or no scheduler with a worker answers within ten seconds.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise DataError(
            "--cluster needs Dask, which is not installed: pip install 'handgrad[cluster]'"
        ) from error
    # Its accounts of lost connections are for its developers; the sentences here are the user's.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    _check_address(address)
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    try:
        client = Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise DataError(
            f"{address}: no Dask scheduler answers there within {SECONDS_TO_ANSWER} seconds"
        ) from error
    except ImportError as error:
        raise DataError(f"{address}: the scheduler does not take this client: {error}") from error
    with client:
        try:
            # Dask would take 0 for no limit.
            client.wait_for_workers(1, timeout=max(deadline - time.monotonic(), 0.1))
        except TimeoutError as error:
            raise DataError(f"{address}: the cluster has no workers") from error
        yield client


def _check_address(address: str) -> None:
    """Refuse what Dask cannot connect to; of a client that cannot, it waits for the end in vain."""
    from distributed.comm.addressing import get_address_host_port
    from distributed.security import Security

    try:
        get_address_host_port(address)
    except (ValueError, ImportError) as error:
        raise DataError(
            f"{address}: not an address; expected a scheduler's, such as tcp://host:8786"
        ) from error
    encrypted = address.startswith("tls://")
    if encrypted and Security().get_connection_args("client")["ssl_context"] is None:
        raise DataError(
            f"{address}: needs a certificate, and Dask's configuration has none for its client "
            "(distributed.comm.tls)"
        )


def run_on_cluster(
    client: Any, tasks: Sequence[Task], data: Data, board: Board
) -> Iterator[Ending]:
    """Carry out the runs on a cluster's workers, and yield how each ended, as it ends."""
    from distributed import as_completed

    if not tasks:
        return
    # A topic of its own: others may be running studies on the same cluster.
    topic = f"handgrad-progress-{uuid.uuid4().hex}"
    client.subscribe_topic(topic, lambda event: board.write(*event[1]))
    everywhere = client.scatter(data, broadcast=True, hash=False)
    under_way = {_submit(client, task, everywhere, topic): task for task in tasks}
    for future in as_completed(under_way, loop=client.loop):
        # Held no longer, a result is forgotten once it is written.
        task = under_way.pop(future)
        if future.status == "finished":
            ending, files = future.result()
            if ending.status != "failed":
                _put(files, task.folder)
            yield ending
        elif future.status == "error":
            error = future.exception()
            yield Ending(task.name, "failed", f"{type(error).__name__}: {error}")
        else:
            raise DataError(
                f"{client.scheduler.address}: the scheduler is gone; what ended before is kept, "
                "and the same command goes on with the rest"
            )


def _submit(client: Any, task: Task, data: Any, topic: str) -> Any:
    """Send a run to the cluster with what there is of it already, and give its future."""
    _take_back(task.folder)
    return client.submit(_on_worker, task, _get(task.folder), data, topic, pure=False)


def _on_worker(task: Task, files: Files, data: Data, topic: str) -> tuple[Ending, Files]:
    """Carry out a run in a folder of the worker's own, and give its ending and its files."""
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="handgrad-") as temporary:
        folder = Path(temporary) / "run"
        if files:
            _put(files, folder)
        report = _reporter(task.number, topic)
        ending = carry_out(replace(task, folder=folder), lambda _: data, report)
        return ending, _get(folder)


def _reporter(number: int, topic: str) -> Callable[[int, float], None]:
    """Send progress through the scheduler, four times a second at most."""
    from distributed import get_worker

    worker, last = get_worker(), 0.0

    def report(epoch: int, accuracy: float) -> None:
        nonlocal last
        if time.monotonic() - last >= 0.25:
            last = time.monotonic()
            worker.log_event(topic, (number, epoch, accuracy))

    return report


def _get(folder: Path) -> Files:
    """Read a run's folder; there are no files where there is no folder."""
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def _before(folder: Path) -> Path:
    """Where a run's folder is while another takes its place."""
    return folder.with_name(f".{folder.name}-before")


def _take_back(folder: Path) -> None:
    """Put a run's folder back that was being replaced when the command was killed."""
    if _before(folder).exists() and not folder.exists():
        _before(folder).rename(folder)


def _put(files: Files, folder: Path) -> None:
    """Write a run's folder, which takes the place of what was there, whole."""
    beginning = folder.with_name(f".{folder.name}")
    shutil.rmtree(beginning, ignore_errors=True)
    beginning.mkdir(parents=True)
    for name, content in files.items():
        (beginning / name).write_bytes(content)
    if folder.exists():
        before = _before(folder)
        shutil.rmtree(before, ignore_errors=True)
        folder.rename(before)
        beginning.rename(folder)
        shutil.rmtree(before)
    else:
        beginning.rename(folder)
