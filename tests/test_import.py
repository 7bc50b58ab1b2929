"""`import handgrad` brings numpy and nothing heavier."""

import subprocess
import sys

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


def test_pictures_know_nothing_of_what_asks_for_them():
    loaded = modules_after("import handgrad.plots.studies, handgrad.plots.curves")
    assert not loaded.intersection({"handgrad.runs", "handgrad.studies", "handgrad.report"})
