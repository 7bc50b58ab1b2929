"""A question of a study as a section: its picture, its runs, and the answer its claims give."""

from collections.abc import Iterator
from statistics import mean

from handgrad.hyperparameters import Hyperparameters
from handgrad.report.chance import asked_in, chance, reference_runs
from handgrad.report.collecting import StudyResults, marked
from handgrad.report.sections import Pictures, Section, breakable, decimal, listed, percent, table
from handgrad.runs import read_history
from handgrad.studies import Question, Study
from handgrad.studies.claims import Verdict, judge
from handgrad.studies.folder import run_folder
from handgrad.studies.pictures import draw, merit
from handgrad.studies.quantities import QUANTITIES
from handgrad.studies.results import Result, rank
from handgrad.studies.study import written
from handgrad.wording import counted

MOST_ROWS = 20
"""How many runs a question's table shows: the best by validation accuracy."""

MOST_PROBLEMS = 4
"""How many reasons for which runs failed are told; a study's table has them all."""

MOST_COLUMNS = 4
"""How many hyperparameters have a column of their own; more share one."""

CAPTIONS = {
    "curves": (
        "Loss and accuracy over the iterations; in brackets the validation accuracy after the last "
        "epoch. Training is the mean over an epoch's batches, taken while the weights still move: "
        "that is why it begins behind validation, which is measured at the epoch's end."
    ),
    "heat map": "Validation accuracy after the last epoch; the best has a frame.",
    "gradients": "The norm of each layer's gradient, before training and after the first epochs.",
}

WIDE = 8.6
"""The width at which pictures of two panels are drawn, in inches."""


def study_sections(collected: StudyResults, pictures: Pictures) -> Iterator[Section]:
    """Compose a section for each question, and one before them for the default run, if there is.

    Raises
    ------
    DataError
        If a run's folder is damaged.
    """
    study, accuracies = collected.study, collected.accuracies
    default = collected.results.get("default")
    if default and default.validation_accuracy is not None:
        yield _default_run(collected, pictures)
    verdicts = judge(study, collected.folder)
    about_chance = asked_in(study, reference_runs(study, accuracies))
    for number, question in enumerate(study.questions):
        own = [verdict for verdict in verdicts if verdict.claim.question == question.name]
        section = _question(collected, question, own, pictures)
        # What gradients show is why the runs of the question before came out as they did.
        section["level"] = 2 if number and question.picture == "gradients" else 1
        if question is about_chance:
            section["chance"] = chance(study, accuracies, collected.validation_examples)
        yield section


def _default_run(collected: StudyResults, pictures: Pictures) -> Section:
    from handgrad.plots.curves import learning_curves

    result = collected.results["default"]
    history = read_history(run_folder(collected.folder, "default"))
    first, last = history.epochs[0], history.epochs[-1]
    sentences = [
        f"In {counted(last.epoch, 'epoch')} of {counted(first.iteration, 'iteration')} each the "
        f"validation loss goes from {decimal(first.validation_loss, 3)} after the first to "
        f"{decimal(last.validation_loss, 3)} after the last."
    ]
    sentences += _trend([epoch.validation_loss for epoch in history.epochs])
    sentences.append(
        f"The validation accuracy after the last epoch is {percent(last.validation_accuracy)}; the "
        f"best, after epoch {result.best_epoch}, is {percent(result.best_validation_accuracy)}."
    )
    if result.status == "diverged":
        sentences.append("Then it diverged: its loss was no longer finite.")
    picture = pictures.add(
        learning_curves(history),
        "Learning curves of the default run: faint, a point per batch; solid, a point per epoch.",
        (7.4, 4.3),
    )
    return {
        "kind": "default-run",
        "title": "The default run",
        "sentences": sentences,
        "picture": picture,
    }


def _trend(losses: list[float]) -> Iterator[str]:
    """Say whether a loss was still falling: by means, for a single epoch may be chance."""
    tenth = len(losses) // 10
    if tenth < 2:
        return
    before, last = mean(losses[-2 * tenth : -tenth]), mean(losses[-tenth:])
    falling = "still falling" if round(last, 3) < round(before, 3) else "no longer falling"
    yield (
        f"At the end it was {falling}: its mean over the last {tenth} epochs is "
        f"{decimal(last, 3)}, over the {tenth} before {decimal(before, 3)}."
    )


def _question(
    collected: StudyResults, question: Question, verdicts: list[Verdict], pictures: Pictures
) -> Section:
    study = collected.study
    own = [collected.results[run.name] for run in study.runs_of(question)]
    section: Section = {
        "kind": "question",
        "title": question.title,
        "text": " ".join(question.text.split()),
        "lead": lead(own),
        "table": _runs_table(study, question, own),
        "summary": summary(verdicts),
        "answers": answers(verdicts),
        "thresholds": _thresholds(verdicts),
    }
    figure = draw(study, collected.folder, question)
    if figure is not None:
        width, height = figure.get_size_inches()
        size = (width, height) if question.picture == "heat map" else (WIDE, 0.44 * WIDE)
        section["picture"] = pictures.add(figure, CAPTIONS[question.picture], size)
    return section


def lead(results: list[Result]) -> str:
    """Say which run ended highest, which lowest, and which diverged or failed, and why."""
    ended = [result for result in results if result.status == "finished"]
    sentences = []
    if ended:
        best, worst = max(ended, key=rank), min(ended, key=rank)
        sentence = (
            f"The run {breakable(best.name)} ends with the highest validation accuracy, "
            f"{percent(best.validation_accuracy)}"
        )
        if worst is not best:
            sentence += (
                f", and {breakable(worst.name)} with the lowest, "
                f"{percent(worst.validation_accuracy)}"
            )
        sentences.append(f"{sentence}.")
    diverged = [result.name for result in results if result.status == "diverged"]
    if diverged:
        sentences.append(f"Diverged, its loss being no longer finite: {listed(diverged)}.")
    by_problem: dict[str, list[str]] = {}
    for result in results:
        if result.status == "failed":
            by_problem.setdefault(result.problem, []).append(result.name)
    problems = list(by_problem.items())
    for problem, names in problems[:MOST_PROBLEMS]:
        sentences.append(f"Failed{f' ({problem})' if problem else ''}: {listed(names)}.")
    others = [name for _, names in problems[MOST_PROBLEMS:] for name in names]
    if others:
        sentences.append(f"Failed for other reasons, which results.csv has: {listed(others)}.")
    return " ".join(sentences)


def summary(verdicts: list[Verdict]) -> str:
    """Say how many of the claims hold."""
    if not verdicts:
        return ""
    hold = sum(verdict.holds is True for verdict in verdicts)
    fail = sum(verdict.holds is False for verdict in verdicts)
    unknown = len(verdicts) - hold - fail
    parts = [f"{hold} hold{'s' if hold == 1 else ''}"]
    if fail:
        parts.append(f"{fail} {'does' if fail == 1 else 'do'} not hold")
    if unknown:
        parts.append(f"{unknown} could not be measured")
    return f"Of {counted(len(verdicts), 'statement')} held against these runs, {listed(parts)}."


def answers(verdicts: list[Verdict]) -> list[Section]:
    """Compose the answer: for each thing spoken of, what holds of it and what does not.

    What a claim says up to a colon is what it speaks of; claims that speak of the same stand
    together.
    """
    by_subject: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_subject.setdefault(_split(verdict)[0], []).append(verdict)
    return [
        {"subject": _capital(subject), "statements": list(map(_statement, own))}
        for subject, own in by_subject.items()
    ]


def _statement(verdict: Verdict) -> Section:
    quantity = QUANTITIES[verdict.claim.quantity].text
    if len(verdict.claim.runs) > 1:
        quantity += f", of {listed(verdict.claim.runs)}"
    if verdict.holds is None:
        figures = f"{quantity} could not be measured"
    elif verdict.holds:
        figures = f"{quantity}: {verdict.measured}"
    else:
        figures = f"{quantity}: {verdict.measured}, where {verdict.threshold} was expected"
    says = breakable(_capital(_split(verdict)[1]))
    return {"says": says, "result": verdict.result, "figures": breakable(figures)}


def _split(verdict: Verdict) -> tuple[str, str]:
    subject, colon, rest = verdict.claim.says.partition(": ")
    return (subject, rest) if colon else ("", subject)


def _capital(text: str) -> str:
    """Begin with a capital letter, unless the first word is a symbol, such as σ′."""
    return text[:1].upper() + text[1:] if text[:1].isascii() else text


def _thresholds(verdicts: list[Verdict]) -> Section | None:
    if not verdicts:
        return None
    rows = [
        (verdict.claim.says, verdict.result, verdict.threshold, verdict.claim.because)
        for verdict in verdicts
    ]
    return table(("statement", "result", "holds if", "because"), rows, "What it takes to hold")


def _runs_table(study: Study, question: Question, results: list[Result]) -> Section:
    runs = {run.name: run.hyperparameters for run in study.runs_of(question)}
    first = next(iter(runs.values()))
    varied = [
        key
        for key in study.varied
        if any(getattr(asked, key) != getattr(first, key) for asked in runs.values())
    ]
    best = sorted(results, key=merit, reverse=True)[:MOST_ROWS]
    if len(varied) > MOST_COLUMNS:
        settings: dict[str, tuple[str, ...]] = {
            name: (_differences(asked, first, varied),) for name, asked in runs.items()
        }
        headings = ["what differs from the first"]
    else:
        settings = {
            name: tuple(written(getattr(asked, key)) for key in varied)
            for name, asked in runs.items()
        }
        headings = [key.replace("_", " ") for key in varied]
    rows = [
        (marked(result), *settings[result.name], *_figures(result))
        for result in results
        if result in best
    ]
    caption = "The runs: validation loss and accuracy after the last epoch, and the best epoch"
    if len(best) < len(results):
        caption += f"; the best {len(best)} of {len(results)}"
    return table(("run", *headings, "loss", "accuracy", "best"), rows, caption)


def _differences(asked: Hyperparameters, first: Hyperparameters, varied: list[str]) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {written(getattr(asked, key))}"
        for key in varied
        if getattr(asked, key) != getattr(first, key)
    )


def _figures(result: Result) -> tuple[str, str, str]:
    if result.validation_loss is None:
        return "–", "–", "–"
    return (
        decimal(result.validation_loss, 3),
        percent(result.validation_accuracy),
        f"{percent(result.best_validation_accuracy)} ({result.best_epoch})",
    )
