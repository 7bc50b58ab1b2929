"""From what was seen of a file to the verdict on it."""

from collections.abc import Mapping

from handgrad.checker import quantities
from handgrad.checker.attempts import Failure
from handgrad.checker.judge_activation import judge_activation, judge_by_own_forward
from handgrad.checker.judge_layer import NOT_WRITTEN
from handgrad.checker.judge_linear import judge_linear
from handgrad.checker.judge_loss import JudgedLoss, judge_loss
from handgrad.checker.judge_network import judge_network
from handgrad.checker.judge_training import judge_training
from handgrad.checker.judging import failed_by_itself, is_unexplained
from handgrad.checker.lines import Line, line_of
from handgrad.checker.observation import Observation
from handgrad.checker.sandbox import Seen
from handgrad.checker.verdict import NO_LAYER, Finding, LayerVerdict, Part, Verdict

BREAKS = (
    "does not return",
    "Trying it out came to a bad end",
    "Is there a loop that does not end, a call that ends the program, or an array of a size nobody "
    "meant?",
)


def judge_all(subject: str, observations: list[Observation]) -> Verdict:
    """The verdict on classes that belong together."""
    verdict = Verdict(subject)
    losses = {
        o.name: judge_loss(o)
        for o in observations
        if o.kind == "loss" and not (o.problem or o.unjudged)
    }
    for observation in observations:
        layer = _judge_one(observation, losses, verdict)
        of_random = observation.kind == "training" and any(o.random for o in observations)
        if observation.random or of_random:
            layer.parts = [_unless_random(part) for part in layer.parts]
        if observation.random_in_training:
            note = "what is random in training, and its gradient, is not judged"
            layer.parts.append(Part("dropout", "absent", note=note, unjudged=True))
        verdict.layers.append(layer)
    return verdict


def _unless_random(part: Part) -> Part:
    """What is known of a part of a layer whose forward is random: no number but a step's."""
    unwritten = part.finding is not None and part.finding.slug == NOT_WRITTEN.slug
    known = part.status == "right" or part.name == quantities.STEP.part
    if known or unwritten or failed_by_itself(part):
        return part
    return Part(part.name, "absent", note="its forward is random", unjudged=True)


def _judge_one(
    observation: Observation, losses: Mapping[str, JudgedLoss], so_far: Verdict
) -> LayerVerdict:
    """The verdict on one class, with what those before it tell."""
    if observation.problem is not None:
        return _unusable(observation)
    if observation.unjudged and observation.kind != "network":
        parts = [Part("forward", "absent", note=observation.unjudged, unjudged=True)]
        return LayerVerdict(observation.name, observation.kind, parts)
    loss = next(iter(losses.values()), None)
    match observation.kind:
        case "linear":
            layer = judge_linear(observation, loss.divides_by_n if loss else None)
            fits = any(part.status == "right" and "gradient" in part.name for part in layer.parts)
            return (
                judge_by_own_forward(observation) if observation.own_forward and not fits else layer
            )
        case "loss":
            if _mean_in_layers(so_far):
                return judge_loss(observation, mean_in_layers=True).verdict
            return losses[observation.name].verdict
        case "network":
            network = judge_network(
                observation,
                layers_are_right=all(
                    layer.right for layer in so_far.layers if layer.kind != "loss"
                ),
                mean_in_layers=_mean_in_layers(so_far),
                loss_takes=loss.takes if loss else None,
                loss_is_right=loss is not None and loss.verdict.right,
            )
            if _regularized(so_far):
                network.parts = [_unjudged_if_unknown(part) for part in network.parts]
            return network
        case "training":
            return judge_training(
                observation, so_far.right, _mean_in_layers(so_far), _regularized(so_far)
            )
    return judge_activation(observation)


def _mean_in_layers(so_far: Verdict) -> bool:
    """Whether the linear layers divide by n, in the place of the loss."""
    return any(layer.divides_by_n for layer in so_far.layers)


def _regularized(so_far: Verdict) -> bool:
    """Whether a weight decay, clipping, or a step with a memory in backward was found."""
    return any(part.regularized for layer in so_far.layers for part in layer.parts)


def _unjudged_if_unknown(part: Part) -> Part:
    """The part of a network; unjudged where it may be off by what its layers put into gradients."""
    if not is_unexplained(part):
        return part
    note = "its layers put more than the gradient of the loss into it"
    return Part(part.name, "absent", note=note, unjudged=True)


def _unusable(observation: Observation) -> LayerVerdict:
    """The verdict on a class that could not be constructed, or not be tried to the end."""
    problem = observation.problem
    assert problem is not None
    verdict = LayerVerdict(observation.name, observation.kind)
    if problem.kind == "Ended":
        slug, title, hint = BREAKS
        finding = Finding(slug, title, f"While it was tried out, {problem.message}.", hint)
    elif problem.kind == "CannotGuessError":
        finding = Finding(
            "arguments unknown",
            "It needs arguments that cannot be guessed",
            f"Nothing says what to pass for: {problem.message}.",
            f"Say how to make one: {_example_call(observation)}.",
        )
    elif problem.kind == "Handgrad's":
        finding = Finding(
            "handgrad's own",
            "Its work is done by handgrad",
            f"The class is derived from one of handgrad's: its {problem.message}.",
            "Which equation does each of the two methods compute?",
        )
    elif not observation.defined:
        finding = Finding(
            "not defined",
            "Its definition fails",
            f"Where the class is defined, Python stops: {problem}.",
            "Run the file from top to bottom in a new Python. What does it say?",
            line=_place(problem),
        )
    else:
        finding = Finding(
            "cannot be tried out",
            "It cannot be constructed and tried out",
            f"The attempt stops: {problem}.",
            f"If it needs other arguments, say how to make one: {_example_call(observation)}.",
            line=_place(problem),
        )
    verdict.parts = [Part("construction", "wrong", finding)]
    return verdict


def _place(problem: Failure) -> Line | None:
    """The line that a failure names."""
    if problem.file is None or problem.line is None:
        return None
    return line_of(problem.file, problem.line)


def _example_call(observation: Observation) -> str:
    """How to say what to pass to a constructor."""
    if observation.kind == "network":
        return f'for d inputs, h hidden units and c outputs, --layer "{observation.name}(d, h, c)"'
    if observation.kind == "loss":
        return f'for c classes, --layer "{observation.name}(c)"'
    return f'for d inputs and c outputs, --layer "{observation.name}(d, c)"'


def judge_seen(subject: str, seen: Seen) -> Verdict:
    """The verdict on a file."""
    verdict = judge_all(subject, seen.observations)
    if seen.left_out:
        verdict.remarks.append(
            f"Not judged, for want of a name that says what it is: {', '.join(seen.left_out)}. "
            f"Ask for it with --layer {seen.left_out[0]}."
        )
    if seen.failure and verdict.layers:
        verdict.remarks.append(f"A part of the file could not be run: {seen.failure}.")
    verdict.problem = _problem(seen, bool(verdict.layers))
    return verdict


def _problem(seen: Seen, judged: bool) -> str | None:
    if seen.problem is not None:
        return f"could not be loaded: {seen.problem}"
    if seen.missing:
        return f"has no class with a forward and a backward named {', '.join(seen.missing)}"
    if judged:
        return None
    if seen.failure is not None:
        return f"could not be loaded: {seen.failure}"
    if seen.left_out:
        return (
            f"has no class whose name says what layer it is; found {', '.join(seen.left_out)}: "
            f"ask for it with --layer {seen.left_out[0]}"
        )
    return NO_LAYER
