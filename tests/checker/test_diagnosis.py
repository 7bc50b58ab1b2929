"""Wrong layers are diagnosed as what they are; right ones are not accused."""

import ast
from pathlib import Path

import pytest

from handgrad.checker import check_file

SUBMISSIONS = Path(__file__).parent / "submissions"


def expected(name: str) -> dict[str, tuple[str, str]]:
    """By class of a file, what its `mistake` says."""
    found = {}
    for node in ast.parse((SUBMISSIONS / name).read_text()).body:
        for statement in getattr(node, "body", []):
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets) == "mistake":
                found[node.name] = ast.literal_eval(statement.value)
    return found


def test_the_collections_are_large_enough():
    assert len(expected("wrong_linear.py")) + len(expected("wrong_others.py")) >= 40


WRONG = [
    pytest.param(file, name, mistake, id=name)
    for file in ("wrong_linear.py", "wrong_others.py")
    for name, mistake in expected(file).items()
]


@pytest.mark.parametrize(("file", "name", "mistake"), WRONG)
def test_a_wrong_layer_is_diagnosed(judged, file, name, mistake):
    verdict = judged(SUBMISSIONS / file, tuple(expected(file)))[name]
    assert not verdict
    part, slug = mistake
    assert [(p.name, f.slug) for _, p, f in verdict.findings][:1] == [(part, slug)]


@pytest.mark.parametrize(("file", "name", "mistake"), WRONG)
def test_the_line_of_the_mistake_is_in_the_class(judged, file, name, mistake):
    verdict = judged(SUBMISSIONS / file, tuple(expected(file)))[name]
    line = verdict.findings[0][2].line
    assert line is not None
    assert Path(line.file).name == file
    assert line.code == (SUBMISSIONS / file).read_text().splitlines()[line.number - 1].strip()


@pytest.mark.parametrize(
    ("file", "name", "code"),
    [
        ("wrong_linear.py", "LinearTransposed", "self.weights_grad = grad.T @ self.x"),
        ("wrong_linear.py", "LinearTransposedReturned", "dW = np.dot(dout.T, self.X)"),
        ("wrong_linear.py", "LinearUntransposed", "return grad @ self.weights"),
        ("wrong_linear.py", "LinearCachedLate", "self.x = x"),
        ("wrong_linear.py", "LinearChangesInput", "x *= 2"),
        ("wrong_linear.py", "LinearStepAddsBias", "self.bias = self.bias + step_size"),
        ("wrong_linear.py", "LinearUpdatesFirst", "return output_gradient @ self.weights.T"),
        ("wrong_others.py", "SigmoidInPlace", "grad *= self.out * (1 - self.out)"),
        ("wrong_others.py", "ReLUMaskFromGradientWhere", "result"),
        ("wrong_others.py", "SigmoidForwardSign", "np.exp("),
        ("wrong_others.py", "CrossEntropyUndivided", "grad"),
        ("wrong_others.py", "CrossEntropyPairsBackward", "-= 1"),
        ("wrong_others.py", "NetworkForwards", "for layer in self.layers:"),
    ],
)
def test_the_line_is_the_one_that_is_wrong(judged, file, name, code):
    line = judged(SUBMISSIONS / file, tuple(expected(file)))[name].findings[0][2].line
    assert code in line.code


@pytest.mark.parametrize("file", ["right.py", "course.py"])
def test_right_layers_are_not_accused(judged, file):
    verdicts = judged(SUBMISSIONS / file)
    accused = {name: str(verdict) for name, verdict in verdicts.items() if not verdict}
    assert accused == {}
    assert len(verdicts) >= {"right.py": 25, "course.py": 6}[file]


@pytest.mark.parametrize("file", ["columns.py", "probabilities.py"])
def test_a_file_in_other_conventions_is_right_on_the_whole(file):
    verdict = check_file(SUBMISSIONS / file)
    assert verdict, str(verdict)
    names = [layer.name for layer in verdict.layers]
    assert {"Softmax", "training run"} <= set(names)
    assert len(names) == (6 if file == "probabilities.py" else 5)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "part", "mistake"),
    [
        ("columns.py", "(dP * self.P).sum(axis=0)", "(dP * self.P).sum(axis=1, keepdims=True)",
         ("Softmax", "input gradient"), "wrong axis"),
        ("columns.py", " / self.Y.shape[1]", "", ("SoftmaxCrossEntropy", "input gradient"),
         "not divided by n"),
        ("columns.py", "reversed(self.layers)", "self.layers", ("MLP", "gradients"),
         "layers not reversed"),
        ("columns.py", "        return X\n", "        return np.exp(X) / np.exp(X).sum(axis=0)\n",
         ("MLP", "forward"), "softmax after the last layer"),
        ("probabilities.py", "= -1 / self.P[rows, self.y]", "= 1 / self.P[rows, self.y]",
         ("CategoricalCrossEntropy", "input gradient"), "sign flipped"),
    ],
)  # fmt: skip
def test_a_mistake_in_other_conventions_is_found(tmp_path, file, right, wrong, part, mistake):
    text = (SUBMISSIONS / file).read_text()
    assert right in text
    (tmp_path / file).write_text(text.replace(right, wrong))
    findings = check_file(tmp_path / file).findings
    assert [(x.name, p.name, f.slug) for x, p, f in findings] == [(*part, mistake)]


@pytest.mark.parametrize(
    ("loss", "status", "conventions"),
    [
        ("loss = SoftmaxCrossEntropy(); loss.forward(self.Z, Y); dZ = loss.backward()",
         "right", "cross-entropy of the softmax, the mean over the batch; one-hot labels"),
        ("dZ = self.undefined", "absent", ""),
    ],
)  # fmt: skip
def test_a_network_that_has_its_loss_in_backward(tmp_path, loss, status, conventions):
    text = (SUBMISSIONS / "columns.py").read_text()
    before = "        return X\n\n    def backward(self, dZ):\n"
    assert before in text
    after = f"        self.Z = X\n        return X\n\n    def backward(self, Y):\n        {loss}\n"
    text = text.replace(before, after)
    (tmp_path / "labels.py").write_text(text)
    verdict = check_file(tmp_path / "labels.py")
    assert verdict, str(verdict)
    (network,) = (layer for layer in verdict.layers if layer.kind == "network")
    assert network.part("gradients").status == status
    assert network.conventions == conventions


def test_nothing_of_the_course_layers_is_left_unjudged(judged, submissions):
    verdicts = judged(submissions / "course.py")
    parts = [part for verdict in verdicts.values() for x in verdict.layers for part in x.parts]
    assert {part.status for part in parts} == {"right"}


def test_the_smallest_failing_case_is_shown_where_no_mistake_matches(judged):
    file = SUBMISSIONS / "wrong_linear.py"
    finding = judged(file, tuple(expected(file.name)))["LinearNothingKnown"].findings[0][2]
    assert finding.slug == "unknown"
    assert "X = [[" in finding.example
    assert "yours [[" in finding.example


def solutions() -> set[str]:
    """The expressions of right layers: X.T, products, differences, comparisons, axes."""
    text = (SUBMISSIONS / "course.py").read_text().replace("self.", "")
    kinds = ast.BinOp | ast.Compare | ast.keyword
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    transposes = [n for n in ast.walk(ast.parse(text)) if getattr(n, "attr", None) == "T"]
    return {ast.unparse(node) for node in [*nodes, *transposes]}


def test_the_hint_is_not_the_solution(judged):
    codes = solutions()
    assert {"x.T @ grad", "grad @ weights.T", "axis=0", "x.T", "x > 0"} <= codes
    for file in ("wrong_linear.py", "wrong_others.py"):
        for verdict in judged(SUBMISSIONS / file, tuple(expected(file))).values():
            for _, _, finding in verdict.findings:
                assert finding.hint
                told = finding.hint.replace("self.", "")
                assert [code for code in codes if code in told] == []
