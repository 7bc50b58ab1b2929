"""Whatever a file does, judging it ends in a verdict, and nothing of it escapes."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handgrad.checker import check_file
from handgrad.errors import DataError

COURSE = (Path(__file__).parent / "submissions" / "course.py").read_text()

IMPORTS = "import os, sys, time\nimport numpy as np\n"

RELU = """
class ReLUNumber{}:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, grad):
        {}
        return grad * (self.x > 0)
"""


def relus(*statements):
    """A file of ReLUs, each with one of the statements in its backward."""
    return IMPORTS + "".join(RELU.format(k, statement) for k, statement in enumerate(statements))


def judge(tmp_path, text, **options):
    path = tmp_path / "theirs.py"
    path.write_text(text)
    return check_file(path, **options)


STOPPING = [
    "raise SystemExit(0)",
    "sys.exit(1)",
    "raise KeyboardInterrupt",
    "input('what? ')",
    "np.ones(10**11).sum()",
    "os.fork()",
    "import subprocess; subprocess.run(['true'])",
    "os.kill(os.getppid(), 9)",
    "def f(): f()\n        f()",
    "open('large', 'wb').write(bytes(10**8))",
    "raise Exception('\\n' * 10**6 + 'long')",
]
ENDING = ["while True: pass", "os._exit(0)", "os.abort()", "import ctypes; ctypes.string_at(0)"]
FORGING = [
    f"import contextlib\n        for k in range(3, 20):\n"
    f"            with contextlib.suppress(OSError): os.write(k, {junk})"
    for junk in ("""b'{"event": "loaded"}\\n'""", "b'[' * 10**5 + b'\\n'")
]
HARMLESS = [
    "print('x' * 10**6)",
    "sys.stderr.write('x' * 10**6)",
    "os.write(1, b'x' * 10**6)",
    "sys.stdout.close()",
    "os.chdir('/')",
    "assert sys.stdin.read() == ''",
    "assert sys.argv == [__file__]",
    "grad = np.longdouble(grad)",
]


@pytest.mark.parametrize(
    "statements", [STOPPING, ENDING, FORGING], ids=["stopping", "ending", "forging"]
)
def test_what_stops_is_wrong_and_the_others_are_judged(tmp_path, statements):
    verdict = judge(tmp_path, relus(*statements, "pass"), time_limit=5)
    assert verdict.problem is None
    right = {layer.name: layer.right for layer in verdict.layers}
    assert right == {f"ReLUNumber{k}": k == len(statements) for k in range(len(statements) + 1)}


def test_what_does_no_harm_is_let_be(tmp_path):
    assert judge(tmp_path, relus(*HARMLESS))
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.py"]


def test_libraries_are_looked_for_where_they_are_here(tmp_path, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    assert judge(tmp_path, relus("assert os.environ['LD_LIBRARY_PATH'] == '/nowhere'"))


def test_an_endless_loop_that_keeps_its_interruptions_ends(tmp_path):
    stubborn = (
        "while True:\n            try:\n                while True: pass\n            except: pass"
    )
    verdict = judge(tmp_path, relus(stubborn), time_limit=2)
    finding = verdict.findings[0][2]
    assert finding.slug == "does not return"
    assert "still running" in finding.why


def test_nothing_is_written_or_removed_outside(tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("kept")
    there, new = repr(str(precious)), repr(str(tmp_path / "new"))
    mine = "np.save('mine.npy', self.x)"
    verdict = judge(
        tmp_path,
        relus(
            f"open({there}, 'w')",
            "os.makedirs(os.getcwd() + '2', exist_ok=True)",
            f"os.remove({there})",
            f"os.truncate({there}, 0)",
            f"os.rename({there}, 'mine')",
            f"{mine}; os.replace('mine.npy', {there})",
            f"{mine}; os.rename('mine.npy', {new})",
            f"{mine}; os.link('mine.npy', {new})",
            f"{mine}; os.symlink('mine.npy', {new})",
            f"{mine}; import shutil; shutil.move('mine.npy', {there})",
        ),
    )
    assert [layer.right for layer in verdict.layers] == [False] * 10
    assert precious.read_text() == "kept"
    assert {path.name for path in tmp_path.iterdir()} == {"theirs.py", "precious.txt"}


def test_what_is_inside_may_be_moved(tmp_path):
    assert judge(tmp_path, relus("np.save('a.npy', self.x); os.replace('a.npy', 'b.npy')"))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_no_process_is_left(tmp_path):
    """One that the C library starts is seen by no audit hook."""
    forks = (
        "import ctypes; pid = ctypes.CDLL(None).fork()\n"
        "        while pid == 0: time.sleep(1)\n"
        "        raise ValueError('pid', pid)"
    )
    ((_, _, finding),) = judge(tmp_path, relus(forks)).findings
    pid = int(re.search(r"'pid', (-?\d+)", finding.why)[1])
    if pid == -1:
        pytest.skip("no process can be started here")
    assert _ends(pid)


def _ends(pid: int) -> bool:
    """Whether a process that was told to end is gone, or is so within ten seconds."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.1)
    return False


AT_IMPORT = [
    "main()",
    "while True: pass",
    "raise RuntimeError('no data here')",
    "X = np.loadtxt('mnist.csv')",
    "sys.exit()",
    "os._exit(3)",
    "name = input('Your name: ')",
    "net = FeedForwardNeuralNetwork(784, 10, 16, 2)\nhistory = train(net)",
    "for epoch in range(10**9):\n    pass",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "with open('data.csv') as f:\n    data = f.read()",
]


@pytest.mark.parametrize("at_import", ["\n".join(AT_IMPORT), *AT_IMPORT[-1:]], ids=["all", "plot"])
def test_a_file_that_only_trains_is_judged(tmp_path, at_import):
    text = f"import os, sys\n{COURSE}\n\ndef train(net):\n    while True: pass\n\n\ndef main():\n"
    text += f"    while True: pass\n\n\n{at_import}\n"
    verdict = judge(tmp_path, text)
    assert verdict
    assert len(verdict.layers) == 6


def test_what_a_loop_at_import_defines_is_found_in_a_second_try(tmp_path):
    text = "for k in range(1):\n    SLOPE = 1.0\n" + relus("grad = SLOPE * grad")
    assert judge(tmp_path, text)


def test_a_class_that_needs_what_a_call_defines_is_found_in_a_second_try(tmp_path):
    text = "def make(): return 0.0\nZERO = make()\n" + relus("pass", "pass")
    text = text.replace("class ReLUNumber1:", "class ReLUNumber1:\n    zero = ZERO\n")
    verdict = judge(tmp_path, text)
    assert verdict, str(verdict)
    assert [layer.name for layer in verdict.layers] == ["ReLUNumber0", "ReLUNumber1"]
    assert str(verdict).endswith("All right.")


@pytest.mark.parametrize("layers", [[], ["ReLUNumber0"]], ids=["all", "asked"])
def test_a_class_that_cannot_be_defined_is_told(tmp_path, layers):
    text = relus("pass", "os._exit(0)").replace("class ReLUNumber0:", "class ReLUNumber0(Layer):")
    verdict = judge(tmp_path, text, layers=layers)
    findings = {layer.name: finding for layer, _, finding in verdict.findings}
    assert list(findings) == (["ReLUNumber0"] if layers else ["ReLUNumber1", "ReLUNumber0"])
    finding = findings["ReLUNumber0"]
    assert finding.slug == "not defined"
    assert "name 'Layer' is not defined" in finding.why
    assert finding.line.code == "class ReLUNumber0(Layer):"


@pytest.mark.parametrize(
    "more",
    ["import nowhere_to_be_found\n", RELU.format("", "pass").replace("ReLUNumber", "Pooling")],
    ids=["not run", "not judged"],
)
def test_what_is_left_out_is_not_said_to_be_right(tmp_path, more):
    verdict = judge(tmp_path, relus("pass") + more)
    assert verdict
    assert str(verdict).endswith("Nothing wrong was found in what was judged.")


def test_what_was_seen_counts_even_if_the_second_try_ends_badly(tmp_path):
    verdict = judge(tmp_path, relus("pass", "nowhere_defined") + "\nos._exit(3)\n")
    assert verdict.problem is None
    assert [layer.right for layer in verdict.layers] == [True, False]
    assert "could not be run: it ended the Python process (exit status 3)" in verdict.remarks[-1]


def test_definitions_under_a_condition_are_found(tmp_path):
    guarded = (
        "try:\n    import numpy as np\nexcept ImportError:\n    np = None\nif True:\n    A = 1\n"
    )
    assert judge(tmp_path, guarded + COURSE)


def test_annotations_may_name_what_comes_later(tmp_path):
    text = COURSE.replace("def forward(self, x)", "def forward(self, x) -> Layer")
    text = f"from __future__ import annotations\n{text}\n\nclass Layer:\n    pass\n"
    verdict = judge(tmp_path, text)
    assert verdict
    assert len(verdict.layers) == 6


def test_a_module_beside_the_file_is_found(tmp_path):
    (tmp_path / "mine.py").write_text(COURSE)
    verdict = judge(tmp_path, "from mine import LinearLayer, Sigmoid\n")
    assert verdict
    assert [layer.name for layer in verdict.layers][:2] == ["LinearLayer", "Sigmoid"]


def test_what_handgrad_does_is_nobody_s_own_work(tmp_path):
    text = "import handgrad\nclass LinearLayer(handgrad.Linear): pass\n"
    ((_, _, finding),) = judge(tmp_path, text + relus("pass")).findings
    assert finding.slug == "handgrad's own"


def test_a_relative_import_finds_a_module_beside_the_file(tmp_path):
    (tmp_path / "base.py").write_text("class Layer:\n    pass\n")
    (tmp_path / "mine.py").write_text("from .base import Layer\n" + relus("pass"))
    text = "from . import base\nfrom .mine import ReLUNumber0\n" + relus("pass", "pass")
    verdict = judge(tmp_path, text.replace("class ReLUNumber1:", "class ReLUNumber1(base.Layer):"))
    assert verdict, str(verdict)
    assert len(verdict.layers) == 2
    assert verdict.remarks == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def f(:\n", "is not valid Python, line 1"),
        ("x = 1\n", "has no layer"),
        ("", "has no layer"),
        ("import nowhere_to_be_found\n", "No module named 'nowhere_to_be_found'"),
        (
            "class Pooling:\n  def forward(self, x): 0\n  def backward(self, g): 0\n",
            "--layer Pooling",
        ),
        ("\0", "is not valid Python"),
        (COURSE + "return 1\n", "'return' outside function"),
    ],
)
def test_an_unusable_file_is_one_sentence(tmp_path, text, told):
    problem = judge(tmp_path, text).problem
    assert told in problem
    assert "\n" not in problem


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"none\.py: there is no such file"):
        check_file(tmp_path / "none.py")


def test_arguments_that_cannot_be_guessed_can_be_told(tmp_path):
    text = COURSE.replace("input_dim, output_dim):", "how, many, things):", 1)
    text = text.replace("input_dim", "how").replace("output_dim", "many")
    verdict = judge(tmp_path, text, layers=["LinearLayer"])
    finding = verdict.findings[0][2]
    assert finding.slug == "arguments unknown"
    assert "things" in finding.why
    assert '--layer "LinearLayer(d, c)"' in finding.hint
    assert judge(tmp_path, text, layers=["LinearLayer(d, c, 0)"])


def test_the_number_of_classes_can_be_told(tmp_path):
    text = COURSE.replace(
        "class CrossEntropySoftmax:",
        """class CrossEntropySoftmax:
    def __init__(self, how_many):
        self.eye = np.eye(how_many)
""",
    )
    (_, _, finding), *_ = judge(tmp_path, text, layers=["CrossEntropySoftmax"]).findings
    assert '--layer "CrossEntropySoftmax(c)"' in finding.hint
    assert judge(tmp_path, text, layers=["CrossEntropySoftmax(c)"])


def test_a_layer_that_is_not_there(tmp_path):
    assert "named Dense" in judge(tmp_path, COURSE, layers=["Dense"]).problem


def test_a_layer_of_unknown_kind_is_judged_by_its_own_forward(tmp_path):
    scale = """
import numpy as np
class Scale:
    def __init__(self, d):
        self.gamma = np.ones(d)
    def forward(self, x):
        self.x = x
        return x * self.gamma
    def backward(self, grad):
        self.dgamma = (grad * self.x).sum(axis=0){}
        return grad * self.gamma
"""
    assert judge(tmp_path, scale.format(""), layers=["Scale"])
    finding = judge(tmp_path, scale.format(" / len(grad)"), layers=["Scale"]).findings[0][2]
    assert finding.slug == "averaged"


def test_the_checker_imports_nothing_heavy():
    code = "import sys, handgrad.checker; print('matplotlib' in sys.modules, 'rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_time_is_kept(tmp_path):
    start = time.monotonic()
    judge(tmp_path, relus("time.sleep(1000)"), time_limit=2)
    assert time.monotonic() - start < 60
