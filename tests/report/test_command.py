"""`handgrad report` as its users call it, on a small course, read as its readers would."""

import csv
import errno
import io
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader

from handgrad.cli import run

PDF, ZIP, HTML = "hw3-report.pdf", "hw3.zip", "hw3-report.html"
WRITTEN = (PDF, ZIP)


def report(*arguments):
    return run(["report", *arguments])


def text_of(path):
    """The text of a PDF, its lines and spaces as one space, long words in one piece."""
    pages = PdfReader(io.BytesIO(Path(path).read_bytes())).pages
    text = " ".join(page.extract_text() for page in pages).replace("\u200b", "")
    return " ".join(text.split())


def headings(path):
    """The titles of a PDF's outline, without their numbers."""

    def flat(outline):
        for item in outline:
            if isinstance(item, list):
                yield from flat(item)
            else:
                yield item.title.partition(" ")[2]

    return list(flat(PdfReader(path).outline))


def change_accuracy(name, accuracy):
    """Change the accuracy after the last epoch of a run, in both files that have it."""
    path = Path("studies/small/runs") / name / "summary.json"
    summary = json.loads(path.read_text())
    summary["final"]["validation_accuracy"] = accuracy
    path.write_text(json.dumps(summary))
    path = path.with_name("epochs.csv")
    *lines, last = path.read_text().splitlines()
    fields = last.split(",")
    fields[3] = str(accuracy)
    path.write_text("\n".join([*lines, ",".join(fields)]) + "\n")


def refused(capsys, status, *arguments):
    """Call it, see it refuse in one line, with nothing written; give the line."""
    before = {path.name for path in Path().iterdir()}
    assert report(*arguments) == status
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert {path.name for path in Path().iterdir()} == before
    return captured.err


@pytest.fixture
def here(here, blank_pictures):
    """A copy of that folder as in other modules, but pictures are blank."""
    return here


@pytest.fixture(scope="module")
def text(reported):
    return text_of(reported / PDF)


def test_the_course_has_all_its_sections_in_the_outline(reported):
    found = headings(reported / PDF)
    titles = [
        "Naïve Bayes",
        "Bernoulli Naïve Bayes is a linear classifier",
        "Copied features make it over-confident",
        "The network and its gradients",
        "The linear layer's backward pass",
        "The default run",
        "How far is a step?",
        "Why is that?",
        "And by chance?",
        "The contest entry",
        "Debriefing",
        "How to repeat it",
    ]
    assert [title for title in found if title in titles] == titles


def test_the_figures_of_results_csv_are_in_the_text(reported, text):
    with open(reported.parent / "studies/course/results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    for row in rows:
        assert row["run"] in text
        assert f"{float(row['validation_accuracy']):.1%}" in text
        assert f"{float(row['best_validation_accuracy']):.1%}" in text
        assert f"{float(row['validation_loss']):.4f}" in text


def test_the_code_and_the_commands_are_in_the_text(text):
    assert "np.matmul(X.T, output_gradient, out=self.weights_gradient)" in text
    assert "p /= len(Z)" in text
    asked = "--threshold 127 --alpha 1.0 --priors learned --network studies"
    assert f"handgrad bayes tiny.npz {asked}" in text.replace("\\ ", "")
    assert "handgrad study studies/course/study.toml --out studies/course" in text
    asked = "handgrad report studies/course --bayes runs/bayes --contest runs/contest"
    assert asked in text.replace("\\ ", "")


def test_apostrophes_are_set_as_such_and_code_and_commands_stay_as_typed(text, reported):
    page = (reported / HTML).read_text(encoding="utf-8")
    for own in (text, page):
        assert "layer’s own parameters" in own  # The template's.
        assert "the mean over an epoch’s batches" in own  # What is composed.
    assert "store every parameter's gradient" in text
    assert "pip install --editable '.[report]'" in text


def test_the_same_results_make_the_same_bytes(made, reported, tmp_path, monkeypatch):
    monkeypatch.chdir(made)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    for format, names in (("pdf", WRITTEN), ("html", [HTML])):
        assert report("--quiet", "--format", format, "--out", str(tmp_path / "again")) == 0
        for name in names:
            assert (tmp_path / "again" / name).read_bytes() == (reported / name).read_bytes()


def test_the_commands_work_where_the_zip_is_unpacked(here, monkeypatch):
    assert report("small.toml", "--quiet") == 0
    with zipfile.ZipFile(ZIP) as archive:
        archive.extract("hw3/studies/small/study.toml")
    shutil.copy("tiny.npz", "hw3")
    shutil.rmtree("studies")
    monkeypatch.chdir("hw3")
    assert str(here) not in Path("studies/small/study.toml").read_text()
    assert run(["study", "studies/small/study.toml", "--out", "studies/small", "--quiet"]) == 0
    assert report("studies/small", "--quiet") == 0


def test_a_result_that_changes_changes_the_sentences(here):
    change_accuracy("fast", 0.4321)
    for accuracy, lead in (
        (0.1234, "The run fast ends with the highest validation accuracy, 43.2%, and slow with"),
        (0.9876, "The run slow ends with the highest validation accuracy, 98.8%, and fast with"),
    ):
        change_accuracy("slow", accuracy)
        assert report("small.toml", "--quiet") == 0
        text = text_of(PDF)
        assert lead in text
        assert f"last epoch: {accuracy:.1%}, where above 100.0% was expected" in text


def test_nothing_of_the_users_is_markup(here):
    title = "#set text(red); *a* _b_ $c$ @d <e> \\ `f` // [g] & <script>"
    Path("debrief.toml").write_text("comments = '#panic() *stars*'\n")
    arguments = ("small.toml", "--quiet", "--debrief", "debrief.toml", "--title", title)
    assert report(*arguments) == 0
    text = text_of(PDF)
    for said in ("Is *it* $fast$ #x @y?", "As far as *this* #goes.", "#panic() *stars*", title):
        assert said in text
    assert PdfReader(PDF).metadata.title == title
    assert report(*arguments, "--format", "html") == 0
    assert "<script>" not in Path(HTML).read_text(encoding="utf-8")


def test_pictures_are_vectors(reported):
    pages = PdfReader(reported / PDF).pages
    lines = [len(re.findall(rb"\sl\s", page.get_contents().get_data())) for page in pages]
    assert sum(lines) > 1000


def test_the_page_stands_alone(reported):
    page = (reported / HTML).read_text(encoding="utf-8")
    assert 'name="viewport"' in page
    assert page.count("<math") > 50
    assert page.count('src="data:image/svg') == page.count("<img") > 6
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    for title in ("How far is a step?", "And by chance?", "How to repeat it"):
        assert title in page


def test_what_the_person_says_is_there_and_the_rest_stays_blank(reported, here, capsys):
    assert (reported / HTML).read_text(encoding="utf-8").count('class="blank"') == 6
    assert report("--debrief-template") == 0
    assert "wrote debrief.toml" in capsys.readouterr().out
    arguments = ("small.toml", "--debrief", "debrief.toml", "--format", "html", "--quiet")
    assert report(*arguments) == 0
    assert Path(HTML).read_text(encoding="utf-8").count('class="blank"') == 6
    Path("debrief.toml").write_text(
        'name = "Ada"\nhours = 12.5\nunderstanding = 80\ncomments = "Well.\\nMore."\n'
    )
    assert report(*arguments) == 0
    page = Path(HTML).read_text(encoding="utf-8")
    assert page.count('class="blank"') == 2
    for said in ("<strong>12.5</strong>", "<strong>80%</strong>", "Ada", "<p>More.</p>"):
        assert said in page


def test_the_template_does_not_replace_what_was_filled_in(here, capsys):
    Path("debrief.toml").write_text("hours = 1\n")
    assert "exists already" in refused(capsys, 2, "--debrief-template")
    assert Path("debrief.toml").read_text() == "hours = 1\n"


@pytest.mark.parametrize(
    "others", [["course"], ["--out", "there"], ["--format", "html"], ["--name", "x"], ["--run"]]
)
def test_the_template_is_all_that_is_written(tmp_path, monkeypatch, capsys, others):
    monkeypatch.chdir(tmp_path)
    told = refused(capsys, 2, "--debrief-template", *others)
    assert "takes no other option but --debrief and --quiet" in told
    assert report("--debrief-template", "--debrief", "mine.toml", "--quiet") == 0
    assert (tmp_path / "mine.toml").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hourz = 1", "did you mean hours?"),
        ("hours = 'many'", "expected a number"),
        ("understanding = 101", "from 0 to 100"),
        ("hours = ", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_debriefing_is_one_line(here, capsys, text, said):
    (here / "debrief.toml").write_text(text)
    line = refused(capsys, 2)
    assert "debrief.toml" in line
    assert said in line


def test_what_is_missing_is_left_open_and_the_command_said(here, capsys):
    Path("runs").rename("elsewhere")
    assert report("--bayes", "elsewhere/bayes", "--format", "html") == 0
    output = capsys.readouterr().out
    assert "handgrad bayes" not in output
    assert "`handgrad contest --out runs/contest` makes it" in output
    page = Path(HTML).read_text(encoding="utf-8")
    assert "No entry was at hand. <code>handgrad contest --out runs/contest</code>" in page
    assert "No results were at hand" not in page


def test_another_study_has_a_section_for_each_of_its_questions(here, capsys):
    Path("my own.toml").write_text(
        '[defaults]\nmax_epochs = 2\n[data]\ndata = "tiny.npz"\n'
        "[grid]\nstep_size = [0.1, 1]\nhidden_dim = [2, 3]\nseed = [1, 2, 3]\n"
    )
    assert "`handgrad study 'my own.toml'` does it" in refused(capsys, 2, "my own.toml")
    assert report("my own.toml", "small.toml", "--run", "--quiet") == 0
    assert headings(PDF) == ["my own", "Is *it* $fast$ #x @y?", "How to repeat it"]
    text = text_of(PDF)
    assert "seed=3 differ in nothing but the seed" in text
    assert "Debriefing" not in text


def test_a_run_that_failed_is_reported_and_the_rest_too(here, capsys):
    huge = '[[run]]\nname = "huge"\nhidden_dim = 1_000_000_000_000\n'
    some = Path("small.toml").read_text().replace("[[question]]", f"{huge}[[question]]", 1)
    Path("some.toml").write_text(some)
    Path("all.toml").write_text(f'[data]\ndata = "tiny.npz"\n{huge}')
    assert report("some.toml", "all.toml", "--run", "--quiet") == 0
    assert capsys.readouterr().err.count("run huge failed: MemoryError") == 2
    text = text_of(PDF)
    assert text.count("Failed (") == 2
    assert "The run fast ends with" in text
    assert report("all.toml", "--quiet") == 0
    assert "Failed (" in text_of(PDF)


@pytest.mark.parametrize(
    ("damage", "status", "said"),
    [
        (lambda run: (run / "summary.json").unlink(), 1, "has not come to its end"),
        (lambda run: (run / "summary.json").write_text("{"), 1, "summary.json: damaged"),
        (lambda run: (run / "summary.json").write_text("[]"), 1, "summary.json: damaged"),
        (
            lambda run: (run / "summary.json").write_text('{"status": "finished"}'),
            1,
            "summary.json: damaged",
        ),
        (lambda run: (run / "epochs.csv").write_text("epoch\n1\n"), 1, "epochs.csv: damaged"),
        (lambda run: (run / "iterations.csv").unlink(), 1, "iterations.csv: missing"),
    ],
)
def test_a_damaged_run_is_one_line(here, capsys, damage, status, said):
    damage(here / "studies" / "small" / "runs" / "fast")
    line = refused(capsys, status, "small.toml")
    assert said in line
    assert "fast" in line


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("bayes", "config.toml"),
        ("bayes", "summary.json"),
        ("bayes", "model.safetensors"),
        ("contest", "config.toml"),
        ("contest", "summary.json"),
        ("contest", "model.safetensors"),
    ],
)
@pytest.mark.parametrize("damage", ["nonsense", None])
def test_damaged_parts_are_one_line(here, capsys, folder, file, damage):
    path = here / "runs" / folder / file
    path.unlink() if damage is None else path.write_text(damage)
    assert f"runs/{folder}" in refused(capsys, 1)


def test_run_makes_what_is_missing_on_the_studys_data(here, monkeypatch):
    Path("runs").rename("elsewhere")

    def train(data, out, **options):
        assert data.name == "tiny.npz"
        shutil.copytree("elsewhere/contest", out)

    monkeypatch.setattr("handgrad.cli.report.make_contest", train)
    assert report("--run", "--quiet", "--format", "html") == 0
    page = Path(HTML).read_text(encoding="utf-8")
    assert "No results were at hand" not in page
    assert "No entry was at hand" not in page


def test_run_goes_on_with_an_entry_that_was_interrupted(here, monkeypatch):
    summary = Path("runs/contest/summary.json")
    content = summary.read_bytes()
    summary.unlink()

    def interrupt(resume, quiet):
        return 130

    def finish(resume, quiet):
        assert resume == Path("runs/contest")
        summary.write_bytes(content)

    monkeypatch.setattr("handgrad.cli.report.make_contest", interrupt)
    assert report("--run", "--quiet", "--format", "html") == 130
    monkeypatch.setattr("handgrad.cli.report.make_contest", finish)
    assert report("--run", "--quiet", "--format", "html") == 0


@pytest.mark.parametrize(
    ("prepare", "arguments", "status", "said"),
    [
        (lambda: Path("mine.toml").write_text("hours = '?'"), ["--debrief=mine.toml"], 2, "hours"),
        (lambda: Path("debrief.toml").write_text("hours = '?'"), [], 2, "hours"),
        (lambda: Path("debrief.toml").write_text("hours = '?'"), ["studies/course"], 2, "hours"),
        (lambda: None, ["course", "none.toml"], 2, "none.toml"),
        (lambda: Path("file").touch(), ["--out=file/there"], 1, "file"),
    ],
)
def test_what_can_be_wrong_is_found_before_anything_runs(
    here, capsys, monkeypatch, prepare, arguments, status, said
):
    prepare()
    monkeypatch.setattr("handgrad.cli.report.make_study", None)
    assert said in refused(capsys, status, "--run", *arguments)


def test_a_debriefing_is_the_courses(here):
    Path("debrief.toml").write_text("hours = '?'")
    assert report("small.toml", "--quiet") == 0


def test_results_of_naive_bayes_that_are_not_whole_are_not_taken_for_them(here, capsys):
    Path("runs/bayes/summary.json").unlink()
    said = refused(capsys, 1, "--run", "--quiet")
    assert "runs/bayes: not all of what `handgrad bayes` writes" in said


@pytest.mark.parametrize(
    "arguments", [["none.toml"], ["--name", "a/b"], ["--name", ""], ["--format", "docx"]]
)
def test_a_wrong_call_is_one_line(here, capsys, arguments):
    refused(capsys, 2, *arguments)


def test_a_study_that_was_not_run_names_its_command(here, capsys):
    (here / "studies").rename(here / "elsewhere")
    assert "`handgrad study` does it, and so does --run" in refused(capsys, 2)


def test_a_full_disk_leaves_the_old_report(here, capsys, monkeypatch):
    for name in WRITTEN:
        (here / name).write_text("old")
    before = {path.name for path in here.iterdir()}
    write = Path.write_bytes

    def full(path, content):
        if path.suffix == ".zip":
            write(path, content[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert report("small.toml") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "hw3.zip: No space left on device" in error
    assert {path.name for path in here.iterdir()} == before
    assert [(here / name).read_text() for name in WRITTEN] == ["old", "old"]


def test_without_typst_it_says_what_to_install(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setattr("handgrad.cli.report.make_study", None)
    assert "pip install 'handgrad[report]'" in refused(capsys, 1, "small.toml", "--run")
