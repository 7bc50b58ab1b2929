"""The two kinds of mistake handgrad tells its user about.

Both are ValueErrors whose text is one sentence for the person who made the mistake: what was
found, where, and what was expected. The command line turns a `DataError` into exit status 1 and a
`UsageError` into exit status 2, and shows a traceback for neither.
"""


class DataError(ValueError):
    """Something in the user's data, file or model is wrong."""


class UsageError(ValueError):
    """A call, an option or a hyperparameter is wrong.

    Where the sentence begins with a parameter's name, `parameter` says so, and the command line
    writes it as the option; `problem` is the rest.
    """

    def __init__(self, sentence: str, parameter: str = ""):
        super().__init__(f"{parameter} {sentence}" if parameter else sentence)
        self.problem, self.parameter = sentence, parameter
