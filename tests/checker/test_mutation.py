"""Every change of one token in right backward passes is caught, if it changes a number."""

import ast
import copy
import importlib.util
import warnings

import numpy as np
import pytest

from handgrad.checker import sandbox
from handgrad.checker.judge import judge_all
from handgrad.checker.judging import UNNAMED

OPERATORS = [ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.MatMult()]
COMPARISONS = [ast.Lt(), ast.LtE(), ast.Gt(), ast.GtE(), ast.Eq(), ast.NotEq()]
CLASSES = ("LinearLayer", "Sigmoid", "ReLU", "CrossEntropySoftmax")
NAMES = {
    "LinearLayer": ["grad", "self.x", "self.weights", "self.bias"],
    "Sigmoid": ["grad", "self.out"],
    "ReLU": ["grad", "self.x"],
    "CrossEntropySoftmax": ["self.probs", "self.labels", "grad"],
}


def alternatives(node, names):
    """What may stand in the place of a node: one token is another, or gone, or one more."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            for other in OPERATORS:
                if type(other) is not type(op):
                    yield "operator", ast.BinOp(left, other, right)
        case ast.AugAssign(target=target, op=op, value=value):
            for other in OPERATORS[:4]:
                if type(other) is not type(op):
                    yield "operator", ast.AugAssign(target, other, value)
        case ast.Compare(left=left, ops=[op], comparators=comparators):
            for other in COMPARISONS:
                if type(other) is not type(op):
                    yield "operator", ast.Compare(left, [other], comparators)
        case ast.Attribute(attr="T", value=value):
            yield "transpose", value
        case ast.Constant(value=bool()):
            yield "constant", ast.Constant(not node.value)
        case ast.Constant(value=int(number)):
            yield "axis or constant", ast.Constant(1 - number)
        case ast.keyword(arg="axis"):
            yield "axis or constant", ast.keyword("axis", ast.Constant(None))
    if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
        text = ast.unparse(node)
        if text in names:
            yield "sign", ast.UnaryOp(ast.USub(), node)
            yield "transpose", ast.Attribute(node, "T", ast.Load())
            for name in names:
                if name != text:
                    yield "name", ast.parse(name, mode="eval").body


def mutants(tree):
    """Every mutant of every backward, as a class of its own, by name, with the kind of change."""
    found = {}
    for cls in tree.body:
        if not isinstance(cls, ast.ClassDef) or cls.name not in CLASSES:
            continue
        where = next(k for k, f in enumerate(cls.body) if getattr(f, "name", "") == "backward")
        for index, node in enumerate(ast.walk(cls.body[where])):
            for kind, new in alternatives(node, NAMES[cls.name]):
                twin = copy.deepcopy(cls)
                target = list(ast.walk(twin.body[where]))[index]
                twin.name = f"{cls.name}Mutant{len(found)}"
                replace(twin, target, new)
                found[twin.name] = (kind, ast.fix_missing_locations(twin))
    return found


def replace(tree, target, new):
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if value is target:
                setattr(node, name, copy.deepcopy(new))
            elif isinstance(value, list) and any(item is target for item in value):
                value[[item is target for item in value].index(True)] = copy.deepcopy(new)


def behaviour(cls):
    """All numbers that come of backward, for three sizes; None where it stops with an error."""
    seen = []
    for n, d, c in ((5, 4, 3), (3, 2, 6), (4, 4, 4)):
        rng = np.random.default_rng([n, d, c])
        X, G = rng.standard_normal((n, d)), rng.standard_normal((n, c))
        try:
            if "Linear" in cls.__name__:
                layer = cls(d, c)
                layer.weights, layer.bias = rng.standard_normal((d, c)), rng.standard_normal((1, c))
                layer.forward(X.copy())
                result = layer.backward(G.copy())
                seen += [result, layer.grad_weights, layer.grad_bias]
            elif "Entropy" in cls.__name__:
                layer = cls()
                layer.forward(G, rng.integers(0, c, n))
                seen.append(layer.backward())
            else:
                layer = cls()
                layer.forward(X.copy())
                seen.append(layer.backward(rng.standard_normal(X.shape)))
        except Exception:
            seen.append(None)
    return seen


def same(one, other):
    if one is None or other is None:
        return one is other
    one, other = np.squeeze(one), np.squeeze(other)
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-9, equal_nan=True)


@pytest.fixture(scope="module")
def trial(submissions, tmp_path_factory):
    """The verdict on each mutant, whether it changes a number, and the kind of change."""
    tree = ast.parse((submissions / "course.py").read_text())
    found = mutants(tree)
    imports = [node for node in tree.body if isinstance(node, ast.Import)]
    body = [*imports, *(node for _, node in found.values())]
    path = tmp_path_factory.mktemp("mutants") / "mutants.py"
    path.write_text(ast.unparse(ast.Module(body, [])))
    seen = sandbox.run(path, list(found), time_limit=120)
    verdicts = {o.name: judge_all(o.name, [o]) for o in seen.observations}
    modules = [load(submissions / "course.py"), load(path)]
    rows = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        right = {name: behaviour(getattr(modules[0], name)) for name in CLASSES}
        for name, (kind, _) in found.items():
            numbers = behaviour(getattr(modules[1], name))
            changed = not all(map(same, numbers, right[name.split("Mutant")[0]]))
            changed = changed or len(numbers) != len(right[name.split("Mutant")[0]])
            rows.append((name, kind, changed, verdicts[name], ast.unparse(found[name][1])))
    return rows


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_mutant_that_changes_a_number_is_caught(trial):
    assert len(trial) > 100
    missed = [code for _, _, changed, verdict, code in trial if changed and verdict]
    assert missed == []


def test_no_mutant_that_changes_no_number_is_accused(trial):
    accused = [
        (code, str(verdict))
        for _, _, changed, verdict, code in trial
        if not changed
        and not verdict
        and not all("changed in place" in f.slug for _, _, f in verdict.findings)
    ]
    assert accused == []


def test_most_mutants_are_named(trial, record_property):
    caught = [row for row in trial if row[2]]
    named = [row for row in caught if row[3].findings[0][2].slug not in UNNAMED]
    record_property("caught", len(caught))
    record_property("named", len(named))
    assert len(named) / len(caught) >= 0.8
