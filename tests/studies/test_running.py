"""Running a study: the same results however it is run, and nothing lost, whatever happens."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace

import psutil
import pytest

from handgrad.datasets import small_mnist, write_csv, write_npz
from handgrad.errors import DataError, UsageError
from handgrad.files import joined, locked
from handgrad.studies import RunSpec, Study, read_study
from handgrad.studies.board import new_board
from handgrad.studies.folder import definition, plan_study
from handgrad.studies.pictures import draw
from handgrad.studies.pool import RETRIES, run_here
from handgrad.studies.results import best_result, read_failures, read_results, write_results
from handgrad.studies.runner import run_study
from handgrad.studies.work import Task

STUDY = """
[defaults]
max_epochs = 4
batch_size = 50
[data]
data = "few.npz"
[grid]
step_size = [0.01, 1]
hidden_dim = [4, 8]
"""

HUGE = '[[run]]\nname = "huge"\nhidden_dim = 1_000_000_000_000\n'
NEW = ("huge", "more", "most")

HEAT_MAP = """
[[question]]
name = "asked"
title = "Asked"
picture = "heat map"
"""


pytestmark = pytest.mark.usefixtures("blank_pictures")


@pytest.fixture
def study(tmp_path, few):
    """Write a study on a few digits, and read it."""
    write_npz(tmp_path / "few.npz", few[0])

    def read(text=STUDY):
        (tmp_path / "my.toml").write_text(text, encoding="utf-8")
        return read_study(tmp_path / "my.toml")

    return read


def carry_out(study, folder, jobs=1):
    """Run a study to its end; its endings, by name."""
    with new_board(len(study.runs)) as board:
        return {ending.name: ending for ending in run_study(plan_study(study, folder), board, jobs)}


def rows_but_for_seconds(folder):
    with (folder / "results.csv").open(newline="") as file:
        return [row[:-1] for row in csv.reader(file)]


def results_of_runs(folder):
    """All that two studies of the same runs have in common: every byte but times and paths."""
    contents = {}
    for path in sorted((folder / "runs").glob("*/*")):
        if path.name in ("iterations.csv", "model.safetensors", "learning-curves.png"):
            contents[f"{path.parent.name}/{path.name}"] = path.read_bytes()
        elif path.name == "epochs.csv":
            lines = path.read_text().splitlines()
            contents[f"{path.parent.name}/{path.name}"] = [line.rsplit(",")[:-1] for line in lines]
    return contents


@pytest.fixture(scope="module")
def finished(few, tmp_path_factory):
    """The study, run in this process."""
    folder = tmp_path_factory.mktemp("finished")
    write_npz(folder / "few.npz", few[0])
    (folder / "my.toml").write_text(STUDY, encoding="utf-8")
    carry_out(read_study(folder / "my.toml"), folder / "out")
    return folder / "out"


@pytest.fixture
def reference(finished, tmp_path):
    """A copy of the finished study, to do with as one likes."""
    shutil.copytree(finished, tmp_path / "reference")
    return tmp_path / "reference"


def test_a_study_leaves_a_folder_for_each_run_a_table_and_a_picture(study, reference):
    names = [run.name for run in study().runs]
    assert sorted(path.name for path in (reference / "runs").iterdir()) == sorted(names)
    for name in names:
        assert (reference / "runs" / name / "learning-curves.png").exists()
    assert (reference / "heat-map.png").read_bytes().startswith(b"\x89PNG")
    rows = rows_but_for_seconds(reference)
    assert rows[0][:4] == ["run", "step_size", "hidden_dim", "status"]
    assert [row[0] for row in rows[1:]] == names
    assert {row[3] for row in rows[1:]} == {"finished"}


def test_every_run_is_recorded_with_one_thread(study, reference):
    for path in reference.glob("runs/*/summary.json"):
        assert json.loads(path.read_text())["threads"] == 1


def test_two_at_a_time_give_the_same_bits(study, reference, tmp_path):
    carry_out(study(), tmp_path / "two", jobs=2)
    assert results_of_runs(tmp_path / "two") == results_of_runs(reference)
    assert rows_but_for_seconds(tmp_path / "two") == rows_but_for_seconds(reference)


def test_the_best_is_the_highest_final_accuracy_and_of_equals_the_least_loss(study, reference):
    results = list(read_results(study(), reference))
    best = best_result(study(), reference)
    assert best.validation_accuracy == max(result.validation_accuracy for result in results)
    equals = [r for r in results if r.validation_accuracy == best.validation_accuracy]
    assert best.validation_loss == min(result.validation_loss for result in equals)


def test_a_run_that_diverged_is_not_the_best(study, reference):
    best = best_result(study(), reference)
    summary = reference / "runs" / best.name / "summary.json"
    summary.write_text(summary.read_text().replace('"finished"', '"diverged"'))
    assert best_result(study(), reference).name != best.name


def test_why_a_run_failed_is_in_the_table_until_the_study_goes_on(study, reference):
    grown = study(STUDY + HUGE)
    assert carry_out(grown, reference)["huge"].status == "failed"
    assert read_failures(reference)["huge"].problem.startswith("MemoryError")
    table = (reference / "results.csv").read_bytes()
    with new_board(len(grown.runs)) as board:
        going_on = run_study(plan_study(grown, reference), board, jobs=1)
        next(going_on)
        assert read_failures(reference) == {}
        going_on.close()
    carry_out(grown, reference)
    assert (reference / "results.csv").read_bytes() == table


def test_a_table_looks_at_each_run_a_few_times_however_many_there_are(tmp_path):
    class Watched:
        """Hyperparameters, all the same, that count how often they are looked at."""

        looks = 0

        def __getattr__(self, name):
            Watched.looks += 1
            return 1

    def looks(count):
        runs = tuple(RunSpec(f"run {i}", Watched()) for i in range(count))
        before = Watched.looks
        write_results(Study(name="s", title="S", runs=runs, questions=()), tmp_path, {})
        return Watched.looks - before

    assert looks(100) < 3 * looks(50)


def statuses(folder):
    with (folder / "results.csv").open(newline="") as file:
        return {row["run"]: row["status"] for row in csv.DictReader(file)}


def test_a_study_that_goes_on_and_stops_again_keeps_the_table_of_what_has_ended(study, reference):
    grown = study(STUDY + HUGE + '[[run]]\nname = "more"\n[[run]]\nname = "most"\n')
    before = rows_but_for_seconds(reference)
    with new_board(len(grown.runs)) as board:
        endings = run_study(plan_study(grown, reference), board, jobs=1)
        assert next(endings).name == "huge"
        during = statuses(reference)
        assert next(endings).name == "more"
        endings.close()
    after = statuses(reference)
    assert during == {
        **{row[0]: "finished" for row in before[1:]},
        **dict.fromkeys(NEW, "unfinished"),
    }
    assert after == during | {"huge": "failed", "more": "finished"}
    assert [row for row in rows_but_for_seconds(reference) if row[0] not in NEW] == before


def test_finished_runs_are_not_run_again(study, reference):
    before = {path: path.stat().st_mtime_ns for path in reference.glob("runs/*/*")}
    table = (reference / "results.csv").read_bytes()
    assert carry_out(study(), reference) == {}
    assert {path: path.stat().st_mtime_ns for path in reference.glob("runs/*/*")} == before
    assert (reference / "results.csv").read_bytes() == table


def test_a_study_that_grows_runs_what_is_new(study, reference):
    grown = study(STUDY + '[[run]]\nname = "more"\n')
    assert list(carry_out(grown, reference)) == ["more"]
    assert len(rows_but_for_seconds(reference)) == 6
    assert read_study(reference) == grown


def test_a_question_asked_later_has_only_the_gradients_measured(study, reference):
    asked = STUDY + '[[question]]\nname = "why"\ntitle = "Why?"\npicture = "gradients"\n'
    models = {path: path.stat().st_mtime_ns for path in reference.glob("runs/*/model.safetensors")}
    endings = carry_out(study(asked), reference)
    assert {ending.status for ending in endings.values()} == {"finished"}
    assert (reference / "why.png").exists()
    for path, written in models.items():
        assert path.with_name("gradients.csv").exists()
        assert path.stat().st_mtime_ns == written
    assert carry_out(study(asked), reference) == {}


def test_a_run_that_was_asked_for_something_else_is_refused(study, reference):
    changed = study(STUDY.replace("max_epochs = 4", "max_epochs = 5"))
    with pytest.raises(UsageError, match="was run with max_epochs = 4, not 5"):
        plan_study(changed, reference)


def test_runs_on_other_data_are_refused(study, reference, few, tmp_path):
    write_npz(tmp_path / "few.npz", few[1])
    with pytest.raises(UsageError, match="other data"):
        plan_study(study(), reference)


def test_runs_on_images_of_another_shape_are_refused(study, tmp_path):
    shaped = STUDY.replace('data = "few.npz"', 'data = "few.npz"\nimage_shape = [{}]')
    write_csv(tmp_path / "few.csv", small_mnist().train.rows(slice(60)))
    shaped = shaped.replace("few.npz", "few.csv").replace("[4, 8]", "[4]")
    carry_out(study(shaped.format("28, 28")), tmp_path / "out")
    with pytest.raises(UsageError, match="was run with other data"):
        plan_study(study(shaped.format("14, 56")), tmp_path / "out")


def test_a_run_that_another_study_began_since_the_plan_is_not_taken_over(study, tmp_path):
    other = STUDY.replace("max_epochs = 4", "max_epochs = 3")
    late = plan_study(study(other), tmp_path / "out")
    carry_out(study(), tmp_path / "out")
    before = results_of_runs(tmp_path / "out")
    with (
        new_board(len(late.tasks)) as board,
        pytest.raises(UsageError, match="was run with max_epochs = 4, not 3"),
    ):
        list(run_study(late, board, jobs=1))
    assert results_of_runs(tmp_path / "out") == before
    assert "max_epochs = 4" in (tmp_path / "out" / "study.toml").read_text()


def test_a_study_that_was_stopped_before_it_wrote_anything_begins_again(study, tmp_path):
    (tmp_path / "out" / "runs").mkdir(parents=True)
    assert len(carry_out(study(), tmp_path / "out")) == 4


def test_a_folder_that_is_no_study_is_refused(study, tmp_path):
    with pytest.raises(UsageError, match="exists already: choose another --out"):
        plan_study(study(), tmp_path)


def test_two_at_once_in_one_folder_are_refused(study, tmp_path):
    plan = plan_study(study(), tmp_path / "out")
    with new_board(len(plan.tasks)) as board:
        first = run_study(plan, board, jobs=1)
        next(first)
        with pytest.raises(UsageError, match="another process"):
            next(run_study(plan, board, jobs=1))
        assert len(list(first)) == len(plan.tasks) - 1


def test_data_are_read_before_anything_runs(study, tmp_path):
    (tmp_path / "few.npz").unlink()
    with pytest.raises(DataError, match=r"few\.npz"):
        plan_study(study(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unfinished_run_goes_on_from_its_checkpoint(study, reference, tmp_path):
    """As a kill between two checkpoints leaves it: rows beyond the model, and no summary."""
    name = study().runs[0].name
    longer = STUDY.replace("max_epochs = 4", "max_epochs = 8")
    carry_out(study(longer), tmp_path / "straight")
    stopped = tmp_path / "stopped"
    shutil.copytree(reference, stopped)
    for path in stopped.glob("runs/*/config.toml"):
        path.write_text(path.read_text().replace("max_epochs = 4", "max_epochs = 8"))
    for path in stopped.glob("runs/*/summary.json"):
        path.unlink()
    with (stopped / "runs" / name / "epochs.csv").open("a") as file:
        file.write("5,40,0.1,")
    carry_out(study(longer), stopped)
    assert results_of_runs(stopped) == results_of_runs(tmp_path / "straight")


def test_a_beginning_that_never_became_a_run_is_in_nobodys_way(study, tmp_path):
    plan = plan_study(study(), tmp_path / "out")
    half = plan.tasks[0].folder.with_name(f".{plan.tasks[0].name}")
    half.mkdir(parents=True)
    (half / "config.toml").write_text("half")
    (tmp_path / "out" / "study.toml").write_text(definition(study().document))
    endings = carry_out(study(), tmp_path / "out")
    assert {ending.status for ending in endings.values()} == {"finished"}
    assert not half.exists()


TROUBLE = """
[data]
data = "few.npz"
[defaults]
max_epochs = 2
[[run]]
name = "diverges"
activation = "ReLU"
num_layers = 3
step_size = 1e20
[[run]]
name = "fails"
hidden_dim = 1_000_000_000_000
[[run]]
name = "fine"
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_fails_or_diverges_is_reported_and_the_others_finish(study, tmp_path, jobs):
    endings = carry_out(study(TROUBLE), tmp_path / "out", jobs)
    assert {name: ending.status for name, ending in endings.items()} == {
        "diverges": "diverged",
        "fails": "failed",
        "fine": "finished",
    }
    assert "step_size smaller" in endings["diverges"].problem
    assert "MemoryError" in endings["fails"].problem
    rows = {row[0]: row for row in rows_but_for_seconds(tmp_path / "out")}
    assert "diverged" in rows["diverges"]
    assert "failed" in rows["fails"]
    assert "finished" in rows["fine"]
    assert (tmp_path / "out" / "curves.png").exists()


def test_a_picture_goes_when_none_of_its_runs_came_to_something(study, tmp_path):
    huge = '[data]\ndata = "few.npz"\n[defaults]\nmax_epochs = 1\n' + HUGE
    carry_out(study(huge.replace("1_000_000_000_000", "4")), tmp_path / "out")
    assert (tmp_path / "out" / "curves.png").exists()
    shutil.rmtree(tmp_path / "out" / "runs" / "huge")
    assert carry_out(study(huge), tmp_path / "out")["huge"].status == "failed"
    assert not (tmp_path / "out" / "curves.png").exists()


def test_what_diverged_would_again_and_what_failed_may_not(study, tmp_path):
    carry_out(study(TROUBLE), tmp_path / "out")
    assert plan_study(study(TROUBLE), tmp_path / "out").states == ("diverged", "new", "finished")


def test_a_killed_worker_costs_a_retry(study, reference, tmp_path):
    read = study()
    with new_board(len(read.runs)) as board:
        endings = run_study(plan_study(read, tmp_path / "out"), board, jobs=2)
        first = next(endings)
        workers = [
            process
            for process in psutil.Process().children(recursive=True)
            if any("Loky" in word for word in process.cmdline())
        ]
        assert workers
        workers[0].kill()
        rest = list(endings)
    assert {ending.status for ending in (first, *rest)} == {"finished"}
    assert len(rest) == len(read.runs) - 1
    assert results_of_runs(tmp_path / "out") == results_of_runs(reference)


def test_a_worker_that_cannot_read_the_data_says_so(few, study, tmp_path):
    class Gone:
        """A source that was there when the study began."""

        def load(self):
            raise DataError("few.npz: no such file")

    task = plan_study(study(), tmp_path / "out").tasks[0]
    (tmp_path / "out" / "runs").mkdir(parents=True)
    task = Task(0, task.name, task.folder, task.hyperparameters, Gone())
    with new_board(1) as board:
        [ending] = run_here([task], few, 2, board)
    assert (ending.status, ending.problem) == ("failed", "few.npz: no such file")


@dataclass(frozen=True)
class Deadly:
    """A source that ends the process it is loaded in."""

    def load(self):
        os._exit(1)


def test_a_run_that_kills_its_worker_takes_no_other_with_it(few, study, tmp_path):
    tasks = list(plan_study(study(), tmp_path / "out").tasks)
    (tmp_path / "out" / "runs").mkdir(parents=True)
    tasks[1] = replace(tasks[1], source=Deadly())
    with new_board(len(tasks)) as board:
        endings = {ending.name: ending for ending in run_here(tasks, few, 2, board)}
    assert len(endings) == len(tasks)
    deadly = endings.pop(tasks[1].name)
    assert deadly.status == "failed"
    assert f"died {RETRIES + 1} times" in deadly.problem
    assert {ending.status for ending in endings.values()} == {"finished"}


def test_a_run_that_kills_its_worker_does_not_take_the_command_when_it_is_the_last(
    study, reference, monkeypatch
):
    monkeypatch.setattr("handgrad.studies.pool.RETRIES", 0)
    plan = plan_study(study(), reference)
    shutil.rmtree(plan.tasks[2].folder)
    deadly = replace(plan.tasks[2], source=Deadly())
    plan = replace(plan, tasks=(*plan.tasks[:2], deadly, plan.tasks[3]))
    with new_board(len(plan.tasks)) as board:
        [ending] = run_study(plan, board)
    assert ending.status == "failed"
    assert "the process that ran it died" in ending.problem


def test_with_a_single_core_runs_go_one_at_a_time_in_the_order_of_the_study(
    few, study, tmp_path, monkeypatch
):
    monkeypatch.setattr("handgrad.studies.pool.available_cores", lambda: 1)
    tasks = plan_study(study(), tmp_path / "out").tasks[:2]
    (tmp_path / "out" / "runs").mkdir(parents=True)
    with new_board(len(tasks)) as board:
        endings = run_here(tasks, few, None, board)
        first = next(endings)
        started = [board.started(task.number) for task in tasks]
        rest = [ending.name for ending in endings]
    assert [first.name, *rest] == [task.name for task in tasks]
    assert started == [True, False]


def test_a_study_killed_half_way_and_started_again(study, tmp_path):
    """SIGKILL to the command alone: its workers must not write beside those that go on."""
    longer = STUDY.replace("max_epochs = 4", "max_epochs = 30").replace("[4, 8]", "[4, 8, 16]")
    read = study(longer)
    carry_out(read, tmp_path / "straight", jobs=2)
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "handgrad"]
    arguments = ["study", str(tmp_path / "my.toml"), "--out", str(out), "--jobs", "2", "--quiet"]
    # What a killed process leaves among temporary files goes with the test's own.
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen([*command, *arguments], env=environment)
    while process.poll() is None and len(list(out.glob("runs/*/summary.json"))) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = {path.parent.name for path in out.glob("runs/*/summary.json")}
    assert 2 <= len(done) < len(read.runs)
    endings = carry_out(read, out, jobs=2)
    assert set(endings).isdisjoint(done)
    assert [ending.problem for ending in endings.values() if ending.status != "finished"] == []
    assert rows_but_for_seconds(out) == rows_but_for_seconds(tmp_path / "straight")
    assert results_of_runs(out) == results_of_runs(tmp_path / "straight")


@pytest.mark.parametrize(
    ("end", "said", "status"),
    [
        # As a terminal sends it: to the command and to its workers alike.
        (
            lambda process: os.killpg(process.pid, signal.SIGINT),
            "handgrad: interrupted; the same command goes on where it stopped\n",
            130,
        ),
        # As the system sends it, to the command alone.
        (lambda process: process.terminate(), "", 143),
    ],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_signal_ends_the_command_and_its_workers(study, tmp_path, end, said, status):
    endless = STUDY.replace("max_epochs = 4", "max_epochs = 1_000_000")
    read, out = study(endless), tmp_path / "out"
    command = [sys.executable, "-m", "handgrad", "study", str(tmp_path / "my.toml")]
    # Where these tests run in the background they may ignore SIGINT, which processes inherit.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*command, "--out", str(out), "--jobs", "2", "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    while process.poll() is None and len(list(out.glob("runs/[!.]*/config.toml"))) < 2:
        time.sleep(0.01)
    end(process)
    assert process.communicate() == ("", said)
    assert process.returncode == status
    with locked(out / "runs"):  # Which is refused as long as a worker is left.
        states = plan_study(read, out).states
    assert sorted(states) == ["new", "new", "unfinished", "unfinished"]
    assert set(statuses(out).values()) == {"unfinished"}


def test_a_study_does_not_go_on_beside_the_workers_of_one_that_was_killed(
    study, reference, monkeypatch
):
    monkeypatch.setattr("handgrad.files.PATIENCE", 0.0)
    name = study().runs[0].name
    shutil.rmtree(reference / "runs" / name)
    runs = reference / "runs"
    with joined(runs), pytest.raises(UsageError, match="runs: another process is"):
        carry_out(study(), reference)
    assert list(carry_out(study(), reference)) == [name]


def test_workers_of_another_folder_write_where_the_study_is(study, tmp_path, monkeypatch):
    for name in ("first", "second"):  # The workers of the first serve the second too.
        (tmp_path / name).mkdir()
        write_npz(tmp_path / name / "few.npz", study().source.load()[0])
        (tmp_path / name / "my.toml").write_text(STUDY, encoding="utf-8")
        monkeypatch.chdir(tmp_path / name)
        endings = carry_out(read_study("my.toml"), "out", jobs=2)
        assert {ending.status for ending in endings.values()} == {"finished"}
        assert len(list((tmp_path / name / "out").glob("runs/*/summary.json"))) == 4


def test_another_study_does_not_take_the_place_of_one(study, reference):
    other = STUDY.replace("step_size = [0.01, 1]", "step_size = [0.02, 2]")
    before = (reference / "results.csv").read_bytes()
    with pytest.raises(UsageError, match="has another study, with no run of these"):
        plan_study(study(other), reference)
    assert (reference / "results.csv").read_bytes() == before


def test_a_study_of_another_name_does_not_take_the_place_of_one(study, reference):
    before = {path: path.read_bytes() for path in reference.glob("*.*")}
    other = study('name = "other"\n' + STUDY.replace("[4, 8]", "[4]"))
    with pytest.raises(UsageError, match="has the study 'my', not 'other': choose another --out"):
        carry_out(other, reference)
    assert {path: path.read_bytes() for path in reference.glob("*.*")} == before


def test_a_study_that_shrinks_keeps_the_runs_that_it_may_have_again(study, reference):
    table = (reference / "results.csv").read_bytes()
    carry_out(study(STUDY.replace("[4, 8]", "[4]")), reference)
    assert len(rows_but_for_seconds(reference)) == 3
    assert carry_out(study(), reference) == {}
    assert (reference / "results.csv").read_bytes() == table


def test_a_study_toml_of_ones_own_and_what_is_beside_it_is_left_alone(study, tmp_path):
    study()
    own = tmp_path / "own"
    own.mkdir()
    for name, text in (("study.toml", "# Mine.\n" + STUDY), ("results.csv", "mine")):
        (own / name).write_text(text)
    (tmp_path / "few.npz").rename(own / "few.npz")
    with pytest.raises(UsageError, match=r"own/study\.toml does not begin with '# Written by"):
        carry_out(read_study(own), own)
    assert sorted(path.name for path in own.iterdir()) == ["few.npz", "results.csv", "study.toml"]
    assert (own / "study.toml").read_text() == "# Mine.\n" + STUDY


def test_a_study_folder_that_is_edited_keeps_its_comments(study, reference):
    path = reference / "study.toml"
    grown = path.read_text() + '\n# Mine.\n[[run]]\nname = "more"\nmax_epochs = 1\n'
    path.write_text(grown)
    assert list(carry_out(read_study(reference), reference)) == ["more"]
    assert path.read_text() == grown


def test_a_grid_of_lists_of_widths_is_drawn(study, tmp_path):
    widths = STUDY.replace("hidden_dim = [4, 8]", "hidden_dim = [[4], [8]]")
    carry_out(study(widths), tmp_path / "out")
    assert (tmp_path / "out" / "heat-map.png").exists()
    assert len(rows_but_for_seconds(tmp_path / "out")) == 5


def test_a_summary_without_figures_is_damaged(study, reference):
    name = study().runs[0].name
    (reference / "runs" / name / "summary.json").write_text('{"status": "finished"}')
    with pytest.raises(DataError, match=r"summary\.json: damaged"):
        carry_out(study(), reference)


def test_what_a_study_no_longer_asks_or_claims_does_not_stay(study, tmp_path):
    claimed = '''
[[claim]]
question = "asked"
says = """this |
that"""
runs = ["step_size=1,hidden_dim=4"]
quantity = "roughness"
above = -1
because = "it is"
'''
    folder = tmp_path / "out"
    carry_out(study(STUDY + HEAT_MAP + claimed), folder)
    assert r"| this \| that |" in (folder / "claims.md").read_text()
    carry_out(study(STUDY + HEAT_MAP.replace("asked", "other")), folder)
    names = {path.name for path in folder.iterdir()}
    assert "other.png" in names
    assert not names & {"asked.png", "claims.json", "claims.md"}


def test_a_picture_says_how_many_runs_it_leaves_out(study, tmp_path):
    many = STUDY.replace("[0.01, 1]", "[0.01, 0.1, 1]").replace("[4, 8]", "[2, 3, 4]")
    read = study(many + HEAT_MAP.replace("heat map", "curves"))
    carry_out(read, tmp_path / "out")
    figure = draw(read, tmp_path / "out", read.questions[0], "Asked")
    assert len(figure.legends[0].texts) == 8
    assert "the best 8 of 9 runs" in figure.get_suptitle()


def test_curves_show_a_diverged_run_as_such_and_not_as_one_of_the_best(study, tmp_path):
    many = STUDY.replace("[0.01, 1]", "[0.01, 0.1, 1]").replace("[4, 8]", "[2, 3, 4]")
    read = study(many + HEAT_MAP.replace("heat map", "curves"))
    carry_out(read, tmp_path / "out")
    for name, accuracy in (("step_size=1,hidden_dim=2", 0.99), ("step_size=1,hidden_dim=3", 0.0)):
        path = tmp_path / "out" / "runs" / name / "summary.json"
        summary = json.loads(path.read_text())
        summary["status"] = "diverged"
        summary["final"]["validation_accuracy"] = accuracy
        path.write_text(json.dumps(summary))
    figure = draw(read, tmp_path / "out", read.questions[0])
    labels = [text.get_text() for text in figure.legends[0].texts]
    assert len(labels) == 8
    assert [label for label in labels if not label.endswith("%)")] == [
        "step_size=1,hidden_dim=2 (diverged)"
    ]


@pytest.mark.parametrize("picture", ["curves", "gradients"])
def test_a_picture_names_the_runs_that_it_lacks(study, tmp_path, picture):
    one = STUDY.partition("[grid]")[0].replace("4", "1") + '[[run]]\nname = "learns"\n'
    question = HEAT_MAP.replace("heat map", picture)
    carry_out(study(one + question), tmp_path / "out")
    read = study(one + "".join(f'[[run]]\nname = "lost {i}"\n' for i in range(6)) + question)
    title = draw(read, tmp_path / "out", read.questions[0], "Asked").get_suptitle()
    assert title.endswith(
        "without a curve: lost 0 (failed), lost 1 (failed), lost 2 (failed), lost 3 (failed), "
        "2 more"
    )


def test_a_heat_map_shows_the_runs_that_are_asked_about(study, tmp_path):
    runs = 'runs = ["step_size=0.01,hidden_dim=4", "step_size=1,hidden_dim=8"]'
    read = study(STUDY + HEAT_MAP + runs)
    carry_out(read, tmp_path / "out")
    figure = draw(read, tmp_path / "out", read.questions[0])
    assert len(figure.axes[0].texts) == 2
