"""`check` and `assert_right`, for one's own tests, and the statistics of a class."""

import errno
import importlib.util
import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import handgrad
from handgrad.checker import assert_right, check, check_file, check_folder
from handgrad.checker.files import mistakes_in
from handgrad.checker.rubric import grade
from handgrad.errors import DataError, UsageError


class Linear:
    def __init__(self, input_dim, output_dim):
        self.W = np.ones((input_dim, output_dim))
        self.b = np.zeros(output_dim)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T

    def step(self, step_size):
        self.W -= step_size * self.dW
        self.b -= step_size * self.db


class WrongLinear(Linear):
    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.dW.T


@pytest.mark.parametrize(
    "layer",
    [
        handgrad.Linear,
        handgrad.Linear(7, 3, rng=0, dtype=np.float64),
        handgrad.Linear(3, 7, rng=0),
        handgrad.Linear(4, 4, rng=0),
        handgrad.Sigmoid,
        handgrad.Sigmoid(),
        handgrad.ReLU(),
        handgrad.Tanh,
        Linear,
        Linear(2, 6),
    ],
)
def test_right_layers_are_right(layer):
    assert_right(layer)
    assert check(layer)


@pytest.mark.parametrize("layer", [WrongLinear, WrongLinear(6, 5)], ids=["class", "object"])
def test_a_wrong_layer_is_named(layer):
    (_, part, finding), *others = check(layer).findings
    assert (part.name, finding.slug, others) == (
        "input gradient",
        "gradient instead of weights",
        [],
    )
    with pytest.raises(AssertionError, match="gradient of the weights instead of the weights"):
        assert_right(layer)


def test_a_layer_whose_source_cannot_be_read_is_judged():
    """As in a REPL or a notebook."""
    module = {"np": np, "__name__": "__main__"}
    exec("".join(map(inspect.getsource, (Linear, WrongLinear))), module)
    assert_right(module["Linear"])
    (_, _, finding), *others = check(module["WrongLinear"]).findings
    assert (finding.slug, others) == ("gradient instead of weights", [])


def test_methods_that_are_lambdas_are_judged():
    class ReLU:
        forward = lambda self, x: np.maximum(vars(self).setdefault("x", x.copy()), 0)  # noqa: E731
        backward = lambda self, grad: grad * (vars(self).pop("x") > 0)  # noqa: E731

    assert_right(ReLU)


def test_a_method_that_is_not_written_is_named():
    class Unwritten(Linear):
        def backward(self, grad):
            """Return the gradient with respect to the input."""

    slugs = {finding.slug for _, _, finding in check(Unwritten, kind="linear").findings}
    assert "not written yet" in slugs


def test_the_layer_itself_is_left_alone():
    layer = Linear(3, 2)
    check(layer)
    assert vars(layer).keys() == {"W", "b"}
    np.testing.assert_array_equal(layer.W, np.ones((3, 2)))


def test_the_kind_can_be_told():
    class Gate:
        def forward(self, x):
            self.x = x
            return np.maximum(x, 0)

        def backward(self, grad):
            return grad * (grad > 0)

    assert check(Gate).findings[0][2].slug == "mask from the gradient"
    assert check(Gate, kind="relu").findings[0][2].slug == "mask from the gradient"
    with pytest.raises(UsageError, match=r"kind must be one of linear, .*, got 'gate'"):
        check(Gate, kind="gate")


def test_what_is_no_layer_is_refused():
    with pytest.raises(UsageError, match="a layer needs a forward method, and int has none"):
        check(3)


def with_the_mean_in_its_layers(text):
    """A file whose linear layers divide their gradients by n."""
    layers = text.replace("self.x.T @ grad\n", "self.x.T @ grad / len(grad)\n", 1)
    return layers.replace("np.sum(grad, axis=0, keepdims=True)", "grad.mean(axis=0, keepdims=True)")


def test_the_mean_may_be_in_the_layers_if_it_is_not_in_the_loss(submissions, tmp_path):
    text = (submissions / "course.py").read_text()
    layers = with_the_mean_in_its_layers(text)
    loss = "return grad / len(grad)"
    (tmp_path / "both.py").write_text(layers)
    (tmp_path / "here.py").write_text(layers.replace(loss, "return grad"))
    (tmp_path / "neither.py").write_text(text.replace(loss, "return grad"))
    both, here, neither = check_folder(tmp_path)
    assert {f.slug for _, _, f in both.findings} == {"divided by n twice"}
    assert {f.slug for _, _, f in neither.findings} == {"not divided by n"}
    assert here.findings == []


def test_training_is_not_judged_where_there_is_no_step(submissions, tmp_path):
    text = (submissions / "columns.py").read_text()
    (tmp_path / "layers.py").write_text(text.replace("def update(", "def apply("))
    verdict = check_file(tmp_path / "layers.py")
    assert verdict, str(verdict)
    assert "there is no step to train with" in str(verdict)
    ((_, earned, possible, _),) = grade(verdict, {"training": {"training run": 4}})
    assert (earned, possible) == (0, 4)


def test_a_folder_and_its_mistakes(submissions, tmp_path):
    text = (submissions / "course.py").read_text()
    wrong = text.replace("self.x.T @ grad", "grad.T @ self.x")
    for name, content in {"ada": text, "ben": wrong, "cy": wrong, "di": "x = (\n"}.items():
        (tmp_path / f"{name}.py").write_text(content)
    (tmp_path / "eve").mkdir()
    (tmp_path / "eve" / "layers.py").write_text(text)
    (tmp_path / "eve" / "helpers.py").write_text("x = 1\n")
    verdicts = check_folder(tmp_path)
    names = ["ada.py", "ben.py", "cy.py", "di.py", "eve/layers.py"]
    assert [v.subject for v in verdicts] == names
    assert [bool(v) for v in verdicts] == [True, False, False, False, True]
    mistakes = mistakes_in(verdicts)
    assert mistakes["linear, weights gradient: transposed"] == ["ben.py", "cy.py"]


def test_odd_entries_of_a_folder_do_not_stop_the_others(submissions, tmp_path, monkeypatch):
    text = (submissions / "course.py").read_text()
    for name in ("ada.py", "closed.py"):
        (tmp_path / name).write_text(text)
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "link.py").symlink_to("nowhere.py")
    read = Path.read_bytes

    def refuse(path):
        if path.name == "closed.py":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    ada, closed = check_folder(tmp_path)
    assert ada
    assert (closed.subject, closed.problem) == ("closed.py", "cannot be read: Permission denied")


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match="no Python file"):
        check_folder(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        check_folder(tmp_path / "none")


def test_the_report_is_json(submissions):
    spec = importlib.util.spec_from_file_location("course", submissions / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    report = json.loads(json.dumps(check(module.LinearLayer).as_dict()))
    assert report["right"] is True
    assert [part["status"] for part in report["layers"][0]["parts"]] == ["right"] * 5


@pytest.mark.parametrize(
    ("right", "wrong", "mistake"),
    [
        ("return grad / len(grad)", "return -grad", "sign flipped"),
        ("return grad / len(grad)", "return grad - 0.5", "unknown"),
        ("e.sum(axis=1, keepdims=True)", "e.sum()", "not normalised by rows"),
    ],
)
def test_a_wrong_loss_accuses_no_layers_that_have_its_mean(
    submissions, tmp_path, right, wrong, mistake
):
    text = with_the_mean_in_its_layers((submissions / "course.py").read_text())
    assert right in text
    text = text.replace(right, wrong).replace("return grad / len(grad)", "return grad")
    (tmp_path / "layers.py").write_text(text)
    (verdict,) = check_folder(tmp_path)
    assert {(layer.kind, f.slug) for layer, _, f in verdict.findings} == {("loss", mistake)}
