"""`import handgrad` brings numpy and nothing heavier; imports run one way."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import handgrad

HEAVY = ("matplotlib", "rich", "cyclopts", "safetensors", "joblib", "typst", "sklearn", "torch",
         "jax", "autograd", "pandas", "dask", "scipy", "threadpoolctl")  # fmt: skip


def modules_after(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_import_loads_nothing_heavy():
    loaded = modules_after("import handgrad")
    assert "numpy" in loaded
    assert not loaded.intersection(HEAVY)
    assert "numpy.random" not in loaded  # A third of the time that handgrad itself takes.


def test_training_needs_no_machine_learning_package():
    loaded = modules_after(
        "import handgrad as h; d = h.small_mnist(); next(h.Training(d.train, d.validation))"
    )
    assert not loaded.intersection({"sklearn", "torch", "jax", "autograd", "pandas", "matplotlib"})


def test_the_process_of_somebodys_file_loads_no_judge():
    loaded = modules_after("import handgrad.checker.child")
    assert "handgrad.checker.observing" in loaded
    assert not any("judge" in name for name in loaded)


def test_pictures_know_nothing_of_what_asks_for_them():
    loaded = modules_after("import handgrad.plots.studies, handgrad.plots.curves")
    assert not loaded.intersection({"handgrad.runs", "handgrad.studies", "handgrad.report"})


def rooms():
    """The modules and packages on CONTRIBUTING's map, with the line that each is on."""
    lines = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8").split("\n")
    cells = [(number, line.split("|")[1]) for number, line in enumerate(lines) if line[:3] == "| `"]
    return {
        name: number for number, cell in cells for name in re.findall(r"`(\w+)(?:\.py|/)`", cell)
    }


def imported_by(path):
    """The modules and packages directly in handgrad that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "handgrad":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("handgrad."):
            yield node.module.split(".")[1]


def test_imports_run_one_way_down_the_map():
    house, on_map = Path(handgrad.__file__).parent, rooms()
    upwards = set()
    for path in house.rglob("*.py"):
        room = path.relative_to(house).parts[0].removesuffix(".py")
        if room not in ("__init__", "__main__"):
            others = imported_by(path)
            upwards |= {(room, other) for other in others if on_map.get(other, 0) > on_map[room]}
    assert upwards == {("models", "naive_bayes")}  # `load_model`, when it is called.
