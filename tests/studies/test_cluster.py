"""The same study on a Dask cluster: a real scheduler and two real workers on this machine."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from handgrad.datasets import write_npz
from handgrad.errors import DataError
from handgrad.studies import read_study
from handgrad.studies.board import new_board
from handgrad.studies.cluster import connected
from handgrad.studies.folder import plan_study
from handgrad.studies.runner import run_study

pytestmark = pytest.mark.long

STUDY = """
[defaults]
max_epochs = 4
batch_size = 50
[data]
data = "few.npz"
[[run]]
name = "huge"
hidden_dim = 1_000_000_000_000
[grid]
seed = [1, 2, 3, 4]
"""

KEPT = ("model.safetensors", "epochs.csv")


@contextlib.contextmanager
def started(folder, *command):
    """A process that leaves its temporary files, if it is killed, in this folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(folder)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a scheduler, its process, and those of its two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    with contextlib.ExitStack() as stack:
        there = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        scheduler = started(folder, "scheduler", *there, "--scheduler-file", str(file))
        scheduler = stack.enter_context(scheduler)
        worker = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
        worker += ["--scheduler-file", str(file), "--local-directory", str(folder)]
        workers = [stack.enter_context(started(folder, "worker", *worker)) for _ in range(2)]
        deadline = time.monotonic() + 30
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        with connected(address) as client:
            client.wait_for_workers(2, timeout=30)
        yield address, scheduler, workers


@pytest.fixture
def plan(tmp_path, few):
    write_npz(tmp_path / "few.npz", few[0])

    def plan(name, text=STUDY):
        (tmp_path / "my.toml").write_text(text, encoding="utf-8")
        return plan_study(read_study(tmp_path / "my.toml"), tmp_path / name)

    return plan


def carry_out(plan, client=None, jobs=None):
    with new_board(len(plan.tasks)) as board:
        return {ending.name: ending for ending in run_study(plan, board, jobs, client)}


def results(folder: Path):
    names = ("config.toml", "iterations.csv", "model.safetensors", "learning-curves.png")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.glob("runs/*/*")
        if path.name in names
    }


def test_the_same_bits_and_a_failure_reported(cluster, plan, tmp_path):
    address, *_ = cluster
    with connected(address) as client:
        endings = carry_out(plan("there"), client)
    carry_out(plan("here"), jobs=1)
    assert results(tmp_path / "there") == results(tmp_path / "here")
    assert endings.pop("huge").status == "failed"
    assert {ending.status for ending in endings.values()} == {"finished"}
    assert plan("there").states == ("new", *["finished"] * 4)


def test_an_unfinished_run_goes_on_there_from_its_checkpoint(cluster, plan, tmp_path):
    """One as a kill leaves it, and one as a kill does just when its folder is being replaced."""
    address, *_ = cluster
    carry_out(plan("out"), jobs=1)
    runs = tmp_path / "out" / "runs"
    kept = [runs / run / file for run in ("seed=1", "seed=2") for file in KEPT]
    before = {path: path.read_bytes() for path in kept}
    for run in ("seed=1", "seed=2"):
        (runs / run / "summary.json").unlink()
    (runs / "seed=2").rename(runs / ".seed=2-before")
    with connected(address) as client:
        endings = carry_out(plan("out"), client)
    assert set(endings) == {"huge", "seed=1", "seed=2"}
    # The very seconds of every epoch are those of before: it was not run again.
    assert {path: path.read_bytes() for path in kept} == before
    assert sorted(path.name for path in runs.iterdir()) == [f"seed={i}" for i in range(1, 5)]


def test_a_study_that_is_finished_runs_nothing_there(cluster, plan, tmp_path):
    address, *_ = cluster
    text = STUDY.replace("1_000_000_000_000", "4")
    carry_out(plan("out", text), jobs=1)
    table = (tmp_path / "out" / "results.csv").read_bytes()
    with connected(address) as client:
        assert carry_out(plan("out", text), client) == {}
    assert (tmp_path / "out" / "results.csv").read_bytes() == table


def test_a_killed_worker_costs_a_retry(cluster, plan, tmp_path):
    """The last of these tests but one: it leaves a single worker."""
    address, _, workers = cluster
    with connected(address) as client, new_board(5) as board:
        endings = run_study(plan("out"), board, cluster=client)
        first = next(endings)
        workers[0].kill()
        rest = list(endings)
    statuses = {ending.name: ending.status for ending in (first, *rest)}
    assert statuses == {"huge": "failed", **{f"seed={i}": "finished" for i in range(1, 5)}}


def test_a_scheduler_that_goes_away_leaves_what_ended_before(cluster, plan, tmp_path, monkeypatch):
    """The last of these tests: it leaves no cluster."""
    monkeypatch.setattr("handgrad.studies.cluster.SECONDS_TO_ANSWER", 1)
    address, scheduler, _ = cluster
    runs = '[[run]]\nname = "short"\n[[run]]\nname = "endless"\nmax_epochs = 1_000_000\n'
    text = STUDY.partition("[[run]]")[0] + runs
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(connected(address))
        board = stack.enter_context(new_board(2))
        endings = run_study(plan("out", text), board, cluster=client)
        assert next(endings).name == "short"
        scheduler.kill()
        with pytest.raises(DataError, match="the scheduler is gone; what ended before is kept"):
            next(endings)
    assert plan("out", text).states == ("finished", "new")


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:1"])
def test_a_cluster_that_does_not_answer(address, monkeypatch):
    monkeypatch.setattr("handgrad.studies.cluster.SECONDS_TO_ANSWER", 1)
    with pytest.raises(DataError, match=address), connected(address):
        pass


def test_an_encrypted_cluster_without_a_certificate():
    with pytest.raises(DataError, match="needs a certificate"), connected("tls://127.0.0.1:1"):
        pass


def test_a_scheduler_that_speaks_another_language(monkeypatch):
    """As one of another version of Dask; what Dask raises then is an ImportError."""

    def refused(*arguments, **options):
        raise ImportError("Mismatched versions found")

    monkeypatch.setattr("distributed.Client", refused)
    message = "does not take this client: Mismatched versions"
    with pytest.raises(DataError, match=message), connected("tcp://127.0.0.1:1"):
        pass


def test_workers_have_what_the_scheduler_left_of_the_ten_seconds(monkeypatch):
    now = iter([100.0, 107.0])
    waited = []

    class Client(contextlib.nullcontext):
        """A client that took seven seconds to connect to a cluster without workers."""

        def __init__(self, *arguments, **options):
            super().__init__()

        def wait_for_workers(self, count, timeout):
            waited.append(timeout)
            raise TimeoutError

    monkeypatch.setattr("distributed.Client", Client)
    clock = SimpleNamespace(monotonic=lambda: next(now))
    monkeypatch.setattr("handgrad.studies.cluster.time", clock)
    with pytest.raises(DataError, match="has no workers"), connected("tcp://127.0.0.1:1"):
        pass
    assert waited == [3.0]


def test_a_missing_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DataError, match=r"pip install 'handgrad\[cluster\]'"), connected("x:1"):
        pass
