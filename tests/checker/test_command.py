"""`handgrad check` from the command line."""

import json

import pytest

from handgrad.cli import run

WRONG = ("np.sum(grad, axis=0, keepdims=True)", "np.sum(grad)")

UNNAMED = (
    "class Mystery:\n    def forward(self, X): return X\n    def backward(self, G): return G\n"
)


@pytest.fixture
def right(submissions, tmp_path):
    path = tmp_path / "right.py"
    text = (submissions / "course.py").read_text()
    path.write_text(text.split("class FeedForward")[0])
    return path


@pytest.fixture
def wrong(right):
    path = right.with_name("wrong.py")
    path.write_text(right.read_text().replace(*WRONG))
    return path


def test_right(right, capsys):
    assert run(["check", str(right)]) == 0
    assert "All right." in capsys.readouterr().out


def test_wrong(wrong, capsys):
    assert run(["check", str(wrong)]) == 1
    told = capsys.readouterr().out
    number = wrong.read_text().splitlines().index("        self.grad_bias = np.sum(grad)") + 1
    assert f"{number} self.grad_bias = np.sum(grad)" in told
    assert "Summed over everything, to one number" in told
    assert "∂L/∂b = Σₖ ∂L/∂Zₖ" in told
    assert "axis=0" not in told
    assert "slope 1" not in told


def test_explain(wrong, capsys):
    assert run(["check", str(wrong), "--explain"]) == 1
    assert "with the slope 1" in " ".join(capsys.readouterr().out.split())


def test_one_layer(wrong):
    assert run(["check", str(wrong), "--layer", "Sigmoid", "--layer", "ReLU()"]) == 0
    assert run(["check", "--layer", "LinearLayer(d, c)", str(wrong)]) == 1


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_json(wrong, option, capsys):
    assert run(["check", str(wrong), *option]) == 1
    report = json.loads(capsys.readouterr().out)
    findings = [p["finding"] for x in report["layers"] for p in x["parts"] if p["finding"]]
    assert [f["slug"] for f in findings] == ["summed over everything"]


def test_rubric(wrong, capsys):
    rubric = wrong.with_name("rubric.toml")
    rubric.write_text(
        '[linear]\nforward = 1\n"bias gradient" = 3\n[relu]\n"input gradient" = 2.5\n'
        "[tanh]\nforward = 4\n"
    )
    assert run(["check", str(wrong), "--rubric", str(rubric), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["score"] == 3.5
    assert report["points"]["linear: bias gradient"] == {"score": 0, "of": 3}
    assert run(["check", str(wrong), "--rubric", str(rubric)]) == 1
    assert "10.5  all" in capsys.readouterr().out


def test_a_file_that_cannot_be_judged_is_not_passed_over(right, capsys):
    """Of a submission in a folder of its own, only files that attempt no layer are left out."""
    folder = right.parent / "alice"
    folder.mkdir()
    right.rename(folder / "linear.py")
    (folder / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    assert run(["check", "--all", str(right.parent)]) == 0
    (folder / "relu.py").write_text("import no_such_module\n")
    (folder / "sigmoid.py").write_text(
        "class Sigmoid:\n    def forward(self, X):\n        return\n"
    )
    (folder / "tanh.py").write_text("class Tanh(:\n")
    capsys.readouterr()
    assert run(["check", "--all", str(right.parent), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    problems = {verdict["subject"]: verdict["problem"] for verdict in told["submissions"]}
    assert "not valid Python" in problems["alice/tanh.py"]
    assert "no_such_module" in problems["alice/relu.py"]
    assert "has no layer" in problems["alice/sigmoid.py"]
    assert len(problems) == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[linear\n", "is not valid TOML"),
        ("[conv]\nforward = 1\n", "kind of layer 'conv' is unknown; there are linear, "),
        ("[linear]\nspeed = 1\n", "part of linear 'speed' is unknown; there are forward, "),
        ("[linear]\nforward = 'a'\n", "linear.forward must be a number of points, got 'a'"),
        ("[linear]\nforward = -1\n", "linear.forward must be a number of points, got -1"),
        ("linear = 3\n", "[linear] must be a table of points by part"),
        ("", "there are no points in it"),
    ],
)
def test_a_bad_rubric_is_one_sentence(right, text, told, capsys):
    rubric = right.with_name("rubric.toml")
    rubric.write_text(text)
    assert run(["check", str(right), "--rubric", str(rubric)]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_gradescope(wrong, capsys):
    out = wrong.with_name("results.json")
    assert run(["check", str(wrong), "--format", "gradescope", "--out", str(out)]) == 1
    results = json.loads(out.read_text())
    assert results["score"] == sum(test["score"] for test in results["tests"])
    by_name = {test["name"]: test for test in results["tests"]}
    assert by_name["linear: bias gradient"]["score"] == 0
    assert by_name["linear: weights gradient"]["score"] == 1
    assert "to one number" in by_name["linear: bias gradient"]["output"]
    assert str(out) in capsys.readouterr().out


def test_gradescope_needs_a_result_for_an_unusable_file_too(right, capsys):
    right.write_text("import numpy as np\nclass (:\n")
    assert run(["check", str(right), "--format", "gradescope"]) == 1
    results = json.loads(capsys.readouterr().out)
    assert results["score"] == 0
    assert "not valid Python, line 2" in results["output"]


def test_a_class(right, wrong, capsys):
    assert run(["check", "--all", str(right.parent)]) == 1
    told = capsys.readouterr().out
    assert "Nothing wrong was found in 1 of 2 submissions." in told
    assert "bias gradient: summed over everything" in told
    assert run(["check", "--all", str(right.parent), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["mistakes"] == {"linear, bias gradient: summed over everything": ["wrong.py"]}
    wrong.write_text(right.read_text() + UNNAMED)
    assert run(["check", "--all", str(right.parent)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "in 2 of 2 submissions, of which 1 could not be judged in full." in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give either a FILE"),
        (["x.py", "--all", "."], "give either a FILE"),
        (["."], ". is a folder: judge the files in it with --all ."),
        (["--all", ".", "--format", "gradescope"], "one FILE"),
        (["x.py", "--json", "--format", "gradescope"], "give one"),
        (["x.py", "--time-limit", "0"], "--time-limit must be above 0"),
        (["x.py", "--layer", "3 +"], "a layer is named as Name"),
        (["x.py", "--format", "xml"], "xml"),
    ],
)
def test_a_wrong_call(arguments, told, capsys):
    assert run(["check", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_an_unusable_file_is_one_line(right, capsys):
    right.write_text("x = 1\n")
    assert run(["check", str(right)]) == 1
    error = capsys.readouterr().err
    assert (
        error == f"handgrad: {right} has no layer: no class with a forward and a backward "
        "(or feedforward, backprop, …) was found\n"
    )
    assert run(["check", "nowhere.py"]) == 1
    assert capsys.readouterr().err == "handgrad: nowhere.py: there is no such file\n"
