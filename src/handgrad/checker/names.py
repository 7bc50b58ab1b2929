"""What people call things: from the names in somebody's code to the roles they play."""

import functools
import re
from collections.abc import Iterable

METHODS = {
    "forward": """forward forward_pass forward_propagation forward_propagate forward_prop
        feedforward feed_forward""",
    "backward": """backward backward_pass backward_propagation backward_propagate backward_prop
        backprop back_prop backpropagation back_propagation backpropagate back_propagate""",
    "loss": """loss compute_loss get_loss calculate_loss calc_loss loss_function loss_fn cost
        compute_cost calculate_cost calc_cost get_cost cost_function cross_entropy
        cross_entropy_loss _loss _compute_loss _cost _compute_cost""",
    "step": """step update update_parameters update_params update_weights apply_grad apply_grads
        apply_gradients""",
    "add": """add add_layer append""",
    "clear": """zero_grad zero_grads zero_gradient zero_gradients zero_grad_parameters clear_grad
        clear_grads clear_gradients reset_grad reset_grads reset_gradients""",
}
"""What methods are called, by the role they play."""

OF_NETWORKS = {
    "forward": "predict",
    "backward": "gradient gradients compute_gradient compute_gradients",
}
"""What these may be called in a network that has none of the names above for them."""

ARGUMENTS = {
    "input_dim": """input_dim in_dim inputdim input_size in_size in_features n_in nin num_in
        input_nodes num_inputs n_inputs n_input input_units in_units d_in din dim_in size_in fan_in
        d in input_shape num_features n_features input_width in_width inputs in_channels""",
    "output_dim": """output_dim out_dim output_size out_size out_features n_out nout num_out
        num_outputs n_outputs n_output output_units out_units d_out dout dim_out size_out fan_out c
        out units num_units n_units neurons n_neurons num_neurons num_classes n_classes
        output_width out_width output_nodes classes outputs out_channels""",
    "hidden_dim": """hidden_dim hidden_size n_hidden num_hidden hidden_units hidden h hid_dim
        hidden_width width hidden_features hidden_nodes h1 h2 h3 hidden1 hidden2 hidden3 n_h1 n_h2
        n_hidden1 n_hidden2 hidden_dim1 hidden_dim2 hidden_size1 hidden_size2 n_h""",
    "layer_sizes": """layer_sizes sizes layer_dims layers_dims dims dimensions architecture topology
        layer_widths widths units_per_layer shape""",
    "num_layers": "num_layers n_layers nlayers layers depth l num_linear_layers",
    "num_hidden_layers": "num_hidden_layers n_hidden_layers hidden_layers",
    "activation": "activation act activation_function activation_fn nonlinearity activation_name",
    "step_size": """step_size lr learning_rate learn_rate lrate alpha eta learningrate stepsize rate
        optimizer_lr eps epsilon""",
    "own_step_size": """step_size stepsize lr lrate learning_rate learn_rate alpha eta
        optimizer_lr""",
    "seed": "seed random_state random_seed rng generator",
    "labels": """labels label y targets target y_true ytrue true t classes truth ground_truth
        y_batch expected y_onehot y_one_hot y_hot y_oh y_enc y_encoded yb y_train y_actual actual
        target_onehot targets_onehot label_onehot labels_onehot onehot one_hot desired
        desired_output desired_outputs expected_output label_vec""",
    "scores": """logits logit scores score z x input inputs predictions prediction pred y_pred
        y_hat yhat p probs outputs output""",
    "input": "x input inputs a a_prev data batch input_data",
    "gradient": """grad gradient g dout d_out delta upstream grad_output output_gradient dz da
        output_grad d_output dvalues dl_dout grad_out output_error error dy d_loss loss_grad
        previous_partial_gradient upstream_gradient dldz dlda dldy""",
    "output": """output outputs out y_pred y_hat yhat pred prediction predictions p probs
        probabilities scores logits al""",
    "cache": "cache caches ctx context saved",
    "gradients": "grads gradients grad gradient derivatives dparams",
    "weights": "w weight weights kernel",
    "bias": "b bias biases",
    "optimizer": "optimizer optimiser optim opt",
    "training": "training train is_training is_train train_mode training_mode mode train_flg",
}

_ROLES: dict[str, set[str]] = {
    role: {re.sub("[^a-z0-9]", "", name) for name in names.split()}
    for role, names in ARGUMENTS.items()
}


def plain(name: str) -> str:
    """A name without case and punctuation: `Grad_W` and `gradW` are the same."""
    return re.sub("[^a-z0-9]", "", name.lower())


def argument_role(name: str, roles: Iterable[str]) -> str | None:
    """Which of `roles` an argument of this name plays, if any."""
    return next((role for role in roles if plain(name) in _ROLES[role]), None)


_KINDS = (
    (
        "loss",
        r"crossentropy|softmaxloss|softmaxce|nll|negativeloglikelihood|softmaxwithloss",
    ),
    (
        "network",
        r"network|neuralnet|mlp|perceptron|(?<![crgk])nn$|net\d*$|layernet|(classifier|regressor)$|^(sequential|model)$",
    ),
    (
        "linear",
        r"^(?!.*(norm|dropout|svm)).*((?<!non)(?<!rectified)linear|dense|affine|fullyconnected)|"
        r"^fc(layer)?$",
    ),
    ("sigmoid", r"sigmoid|logistic"),
    ("relu", r"relu|rectifiedlinear"),
    ("tanh", r"tanh|hyperbolictangent"),
    ("softmax", r"softmax"),
)


_OTHER_NETWORKS = r"embedding|autoencoder|recurrent|convolution|hopfield|boltzmann"
_OTHER_LAYERS = (
    r"leaky|parametric|^[lpersc]relu|^elu|selu|gelu|relu[6x]|hardsigmoid|hardtanh|"
    r"log(linear|sigmoid|softmax)|bilinear|(?<!rectified)linearunit|binary|sigmoidcross|regression"
)
"""What is called like one of the kinds, and is none."""


@functools.cache
def spellings(choices: str) -> list[str]:
    """Names of methods in both spellings, as `zero_grad` and as `zeroGrad`."""
    found = []
    for name in choices.split():
        first, *rest = name.split("_")
        found += [name, first + "".join(map(str.capitalize, rest))]
    return list(dict.fromkeys(found))


def kind_of(class_name: str) -> str | None:
    """The kind of layer that a class of this name is, or None where the name does not say."""
    name = plain(class_name)
    found = next((kind for kind, pattern in _KINDS if re.search(pattern, name)), None)
    others = _OTHER_NETWORKS if found == "network" else f"{_OTHER_NETWORKS}|{_OTHER_LAYERS}"
    return None if re.search(others, name) else found


def loss_takes(class_name: str) -> tuple[str, ...]:
    """What a loss of this name may be given: scores, or what the name leaves open."""
    name = plain(class_name)
    if re.search(r"softmax|logit", name):
        return ("scores",)
    if re.search(r"nll|negativeloglikelihood", name):
        return ("scores", "probabilities", "log-probabilities")
    return ("scores", "probabilities")


_WEIGHTS = {"w", "weight", "weights", "kernel", "theta", "wts", "wt", "matrix"}
_BIAS = {"b", "bias", "biases", "beta", "intercept", "offset"}
_INPUT = {"x", "in", "input", "inputs", "a", "prev", "previous", "z"}
_MARKS = re.compile(
    r"gradients|gradient|grads(?=$|\d|[wbx]|input|param)|grad|deltas|delta|nabla|partial|dldz|"
    r"derivative|^dloss|^dl(?=d)|^d(?!ata|im|type)|^g(?=[wb]\d*$)|^(loss)?wrt"
)
_LAYER = re.compile(r"^d(?!([wb]|weights?|bias(es)?|params?|parameters?|theta)?$)")
"""A `dense1` or `decoder` that holds arrays is a layer, and no gradient as `dparams` is."""


def parameter_role(path: str) -> str | None:
    """Which parameter an attribute of this name is: "weights", "bias", or None."""
    if is_gradient(path):
        return None
    name = re.sub(r"(\.\d+)+$", "", path)
    role = gradient_of(f"d_{name.rpartition('.')[2]}")
    return role if role in ("weights", "bias") else None


def place_and_name(path: str) -> tuple[str, str]:
    """Where an array is kept, and its name there: params and W1, layers.0 and W, "" and W.0."""
    found = re.search(r"(?:^|(?<=\.))[^.\d][^.]*(\.\d+)*$", path)
    name = found.group() if found else path
    return path.removesuffix(name).rstrip("."), name


def differ_in_numbers(one: str, other: str) -> bool:
    """Whether two names differ in a number alone, as layers.1 and layers.2 do."""
    return re.sub(r"\d+", "", one) == re.sub(r"\d+", "", other)


def is_gradient(path: str) -> bool:
    """Whether an attribute's name says that it holds a gradient: dW, grad_weights, W.grad, …"""
    *holders, leaf = re.sub(r"(\.\d+)+$", "", path).split(".")
    return bool(_MARKS.search(plain(leaf))) or any(
        _MARKS.search(plain(holder)) and not _LAYER.search(plain(holder)) for holder in holders
    )


def without_marks(name: str) -> str:
    """A plain name without what marks it as a gradient's: `w` for dW, W_grad or nabla_W."""
    rest = plain(name)
    for _ in range(3):
        rest = _MARKS.sub("", rest, count=1)
    return rest


def gradient_of(path: str) -> str | None:
    """What an attribute of this name is the gradient of: "weights", "bias", "input" or unknown."""
    if not is_gradient(path):
        return None
    for part in reversed(path.split(".")):
        rest = re.sub(r"\d+$|^(wrt|of|for)", "", without_marks(part))
        for role, names in (("weights", _WEIGHTS), ("bias", _BIAS), ("input", _INPUT)):
            if rest in names:
                return role
    return None
