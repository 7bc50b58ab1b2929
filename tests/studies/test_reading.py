"""Studies as TOML: what is read, and every mistake as one line with file, key and expectation."""

import tomllib

import pytest
import tomli_w

from handgrad.datasets import Reading
from handgrad.errors import UsageError
from handgrad.hyperparameters import Hyperparameters
from handgrad.studies import course_study, read_study


@pytest.fixture
def study(tmp_path):
    """Write a TOML file and read it."""

    def read(text):
        path = tmp_path / "my.toml"
        path.write_text(text, encoding="utf-8")
        return read_study(path)

    return read


RUN = '[[run]]\nname = "a"\n'
QUESTION = RUN + '[[question]]\nname = "q"\ntitle = "Q"\n'


def claim(**changes):
    keys = {
        "question": "q",
        "says": "s",
        "runs": ["a"],
        "quantity": "roughness",
        "above": 1,
        "because": "b",
    }
    table = {key: value for key, value in (keys | changes).items() if value is not None}
    return QUESTION + "[[claim]]\n" + tomli_w.dumps(table)


def test_runs_differ_from_the_defaults_by_what_they_name(study):
    read = study(
        '[defaults]\nmax_epochs = 5\n[[run]]\nname = "a"\n'
        '[[run]]\nname = "b"\nstep_size = 1\nmax_epochs = 6\n'
    )
    assert [run.name for run in read.runs] == ["a", "b"]
    assert read.runs[0].hyperparameters == Hyperparameters(max_epochs=5)
    assert read.runs[1].hyperparameters == Hyperparameters(max_epochs=6, step_size=1.0)
    assert read.varied == ["step_size", "max_epochs"]


def test_a_file_may_begin_with_a_byte_order_mark(study):
    assert study("\ufeff" + RUN).runs[0].name == "a"


def test_a_grid_is_every_combination(study):
    read = study("[grid]\nstep_size = [0.01, 1]\nhidden_dim = [4, 8, 16]\n")
    pairs = [(run.hyperparameters.step_size, run.hyperparameters.hidden_dim) for run in read.runs]
    assert pairs == [(0.01, 4), (0.01, 8), (0.01, 16), (1.0, 4), (1.0, 8), (1.0, 16)]
    assert read.runs[0].name == "step_size=0.01,hidden_dim=4"
    assert len({run.name for run in read.runs}) == 6


def test_a_name_writes_numbers_and_widths_briefly(study):
    read = study(
        "[defaults]\nnum_layers = 3\n[grid]\nhidden_dim = [[64, 32], 8]\nstep_size = [1]\n"
    )
    assert [run.name for run in read.runs] == [
        "hidden_dim=64-32,step_size=1",
        "hidden_dim=8,step_size=1",
    ]
    assert read.runs[0].hyperparameters.hidden_dim == (64, 32)


def test_a_grid_of_many_keys_makes_long_names(study):
    read = study(
        '[defaults]\nwarps = true\nschedule = "cosine"\n[grid]\n'
        "warp_rotation = [10, 12.5]\nwarp_elastic = [0.5, 1.25]\nlabel_smoothing = [0.05, 0.1]\n"
        "weight_decay = [0.0001, 0.0002]\ndropout = [0.25, 0.5]\ninput_dropout = [0, 0.1]\n"
    )
    assert len(read.runs) == 64
    assert max(len(run.name) for run in read.runs) > 100


@pytest.mark.parametrize("name", ["a", "_x", "5", "a" * 200, "1, 2. and 3", "seed=1+2-"])
def test_a_name_that_a_file_may_have(study, name):
    assert study(f'[[run]]\nname = "{name}"\n').runs[0].name == name


def test_a_grid_whose_single_value_gets_a_second_keeps_its_runs(study):
    before = study("[grid]\nstep_size = [0.01, 1]\nseed = [1]\n")
    after = study("[grid]\nstep_size = [0.01, 1]\nseed = [1, 2]\n")
    assert set(before.runs) < set(after.runs)


def test_grid_and_runs_together(study):
    read = study(RUN + "[grid]\nhidden_dim = [4, 8]\n")
    assert [run.name for run in read.runs] == ["a", "hidden_dim=4", "hidden_dim=8"]
    assert [run.name for run in read.grid_runs] == ["hidden_dim=4", "hidden_dim=8"]


@pytest.mark.parametrize(
    ("text", "picture"),
    [
        (RUN, "curves"),
        ("[grid]\nseed = [1, 2]\n", "curves"),
        ("[grid]\nseed = [1, 2]\nbatch_size = [10]\n", "curves"),
        ("[grid]\nseed = [1, 2]\nbatch_size = [10, 20]\n", "heat map"),
    ],
)
def test_the_picture_suits_what_was_varied(study, text, picture):
    assert [question.picture for question in study(text).questions] == [picture]


def test_paths_are_relative_to_the_file_and_recorded_absolute(study, tmp_path):
    read = study('[data]\ndata = "d.csv"\nvalidation = "v.csv"\nlabel = "first"\n' + RUN)
    assert read.source.data == tmp_path / "d.csv"
    assert read.source.validation == tmp_path / "v.csv"
    assert read.source.reading == Reading(label="first")
    assert read.document["data"]["data"] == str(tmp_path / "d.csv")


def test_the_recorded_document_reads_back_as_the_same_study(study, tmp_path):
    read = study('[data]\ndata = "d.csv"\n' + claim() + "[grid]\nseed = [1, 2]\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "study.toml").write_text(tomli_w.dumps(read.document), encoding="utf-8")
    assert read_study(elsewhere) == read


def test_the_course_is_its_twelve_runs_each_different_from_the_default_by_what_is_named():
    default = Hyperparameters()
    runs = {run.name: run.hyperparameters for run in course_study().runs}
    assert len(runs) == 12
    differences = {
        name: {
            key: value for key, value in vars(run).items() if value != vars(default)[key]
        }
        for name, run in runs.items()
    }  # fmt: skip
    assert differences == {
        "default": {},
        "step-0.0001": {"step_size": 0.0001},
        "step-5": {"step_size": 5.0},
        "step-10": {"step_size": 10.0},
        "sigmoid-5-layers": {"num_layers": 5},
        "sigmoid-5-layers-step-0.1": {"num_layers": 5, "step_size": 0.1},
        "relu-5-layers": {"num_layers": 5, "activation": "ReLU"},
        **{f"seed-{seed}": {"seed": seed} for seed in range(1, 6)},
    }


def test_every_question_of_the_course_has_claims_and_every_claim_a_reason():
    course = course_study()
    assert {claim.question for claim in course.claims} == {q.name for q in course.questions}
    assert all(len(claim.because) > 10 for claim in course.claims)


MILLION = "[grid]\n" + "".join(
    f"{key} = {list(range(1, 11))}\n"
    for key in ("seed", "hidden_dim", "batch_size", "num_layers", "max_epochs", "step_size")
)

MISTAKES = {
    "defaults = [": ["not valid TOML"],
    "[defaults]\nhiden_dim = 3\n": ["[defaults]", "'hiden_dim'", "did you mean hidden_dim?"],
    "[defaults]\ncolor = 3\n" + RUN: ["'color'", "expected one of seed,"],
    "runs = 3\n" + RUN: ["'runs'"],
    RUN + 'hidden_dim = "x"\n': ["[[run]] 1", "hidden_dim", "a whole number", "'x'"],
    RUN + "hidden_dim = 1.5\n": ["hidden_dim", "a whole number", "1.5"],
    RUN + "hidden_dim = true\n": ["hidden_dim", "a whole number", "True"],
    RUN + 'step_size = "1"\n': ["step_size", "a number", "'1'"],
    RUN + 'activation = "relu"\n': ["activation", "one of Sigmoid, ReLU, Tanh", "'relu'"],
    RUN + "step_size = -1\n": ["[[run]] 1", "step_size", "above 0"],
    RUN + "step_size = nan\n": ["step_size", "above 0"],
    "[[run]]\nseed = 1\n": ["[[run]] 1", "name is missing"],
    "[[run]]\nname = 1\n": ["[[run]] 1, name", "text"],
    f'[[run]]\nname = "{"数" * 80}"\n': ["name", "200 bytes"],
    "[grid]\nwarp_shift = [1, 2]\nseed = [1, 2]\n": ["[grid], warp_shift", "without warps"],
    f'[[run]]\nname = "{"a" * 201}"\n': ["name", "200 bytes"],
    '[[run]]\nname = "../a"\n': ["name", "'../a'", "letters, digits"],
    '[[run]]\nname = "-a"\n': ["name", "'-a'", "beginning with a letter, a digit or _"],
    '[[run]]\nname = "a,"\n': ["name", "'a,'", "not ending with a space, a full stop or a comma"],
    RUN + "decay = 0.5\n": ["[[run]] 1, 'a', decay", "nothing without schedule exponential or"],
    RUN + RUN: ["two runs are called 'a'"],
    RUN + '[[run]]\nname = "A"\n': ["'a' and 'A', which differ in nothing but case"],
    RUN + '[[run]]\nname = "seed=1"\n[grid]\nseed = [1]\n': ["two runs are called 'seed=1'"],
    "": ["nothing to run", "[[run]]", "[grid]"],
    "[grid]\n": ["[grid]", "empty"],
    "[grid]\nseed = []\n": ["[grid], seed", "a list of values"],
    "[grid]\nseed = 3\n": ["[grid], seed", "a list of values", "3"],
    "[grid]\nseed = [1, 1]\n": ["[grid], seed", "twice"],
    "[grid]\nstep_size = [1, 1.0]\n": ["[grid], step_size", "twice"],
    '[grid]\nseed = [1, "x"]\n': ["[grid], seed", "a whole number", "'x'"],
    "[grid]\nseed = [1, -1]\n": ["[grid], seed=-1", "0 or more"],
    "[grid]\nsead = [1]\n": ["[grid]", "did you mean seed?"],
    MILLION: ["[grid]", "1,000,000", "at most 10,000"],
    "run = [1]\n": ["run", "[[run]]"],
    "grid = 1\n": ["grid", "[grid]"],
    "title = 1\n" + RUN: ["title", "text"],
    '[data]\nlabel = "first"\n' + RUN: ["[data]", "data", "missing"],
    "[data]\ndata = 3\n" + RUN: ["[data], data", "a path"],
    '[data]\ndata = "x"\nlabel = "middle"\n' + RUN: ["[data], label", "last, first, none"],
    '[data]\ndata = "x"\nclasses = "ten"\n' + RUN: ["[data], classes", "a whole number"],
    QUESTION + 'runs = ["b"]\n': ["[[question]] 1, runs", "no run called 'b'"],
    QUESTION + 'runs = "a"\n': ["[[question]] 1, runs", "a list"],
    QUESTION + 'picture = "pie"\n': ["[[question]] 1, picture", "curves"],
    QUESTION + 'picture = "heat map"\n': ["[[question]] 1, picture", "[grid]"],
    QUESTION + '[[question]]\nname = "q"\ntitle = "R"\n': ["two questions are called 'q'"],
    claim(question="r"): ["[[claim]] 1, question", "'r'", "expected one of q"],
    claim(runs=["b"]): ["[[claim]] 1, runs", "no run called 'b'"],
    claim(runs=[]): ["[[claim]] 1", "name one run"],
    claim(runs=["a", "a"]): ["[[claim]] 1", "statistic"],
    claim(relative_to="b"): ["[[claim]] 1, relative_to", "no run called 'b'"],
    claim(quantity="beauty"): ["[[claim]] 1", "quantity", "roughness", "'beauty'"],
    claim(above=None): ["[[claim]] 1", "above or below"],
    claim(above=float("nan")): ["[[claim]] 1", "finite number, got nan"],
    claim(above=2, below=1): ["[[claim]] 1", "above 2", "below 1"],
    claim(because=None): ["[[claim]] 1", "because is missing"],
    claim(above="x"): ["[[claim]] 1, above", "a number"],
    claim(above=10**400): ["[[claim]] 1, above", "a number"],
    f"[defaults]\nstep_size = {10**400}\n": ["[defaults], step_size", "a number"],
    f"[grid]\nweight_decay = [{10**400}]\n": ["[grid], weight_decay", "a number"],
    '[data]\ndata = "a\\u0000b"\n' + RUN: ["[data], data", "cannot name a file"],
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_line_with_file_key_and_what_is_expected(study, text):
    with pytest.raises(UsageError) as caught:
        study(text)
    sentence = str(caught.value)
    assert "my.toml" in sentence
    assert "\n" not in sentence
    for part in MISTAKES[text]:
        assert part in sentence


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(UsageError, match="no study there"):
        read_study(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="no study there"):
        read_study(tmp_path)
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not TOML"):
        read_study(tmp_path / "x.toml")


def test_the_claims_of_the_course_are_plain_toml():
    """Somebody's own study may copy them: nothing of them is beyond the format."""
    document = course_study().document
    assert tomllib.loads(tomli_w.dumps(document)) == document
