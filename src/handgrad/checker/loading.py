"""Running the definitions in somebody's file, and none of the rest.

A file that is handed in often trains when it is imported, asks for input, or opens windows. What is
judged are its classes, so only the statements that define something are run: imports, functions,
classes, and assignments that call nothing of the file's own but constructors.
"""

import ast
import builtins
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from handgrad.checker import names
from handgrad.checker.attempts import Failure, attempt

MODULE_NAME = "submission"

_HARMLESS = {
    "abs",
    "bool",
    "dict",
    "enumerate",
    "float",
    "frozenset",
    "int",
    "len",
    "list",
    "map",
    "max",
    "min",
    "object",
    "pow",
    "range",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
}


def load(path: Path, whole: bool = False) -> tuple[ModuleType, Failure | None, dict[str, Failure]]:
    """Run the definitions in the file at `path`, or all of it where `whole`, as a module.

    It is a package, too: a relative import finds the files beside it.

    Returns
    -------
    module, failure, undefined
        The module with all that could be defined; why an import or a class failed, if one did; and
        by the names of the classes with a forward and a backward that could not be, why not.

    Raises
    ------
    SyntaxError
        If the file is not Python.
    """
    text = path.read_bytes()
    tree = ast.parse(text, str(path))
    sys.path.insert(0, str(path.parent))
    module = ModuleType(MODULE_NAME)
    module.__file__ = str(path)
    module.__package__, module.__path__ = MODULE_NAME, [str(path.parent)]
    sys.modules[MODULE_NAME] = module
    # Some of what Python refuses is seen only here: a `return` outside of functions, say.
    _, failure = attempt(path.parent, compile, tree, str(path), "exec")
    if failure is not None:
        return module, failure, {}
    undefined: dict[str, Failure] = {}
    # Each statement is compiled alone, and what it is to mean depends on these.
    futures = [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    for statement in tree.body if whole else _definitions(tree.body, _functions(tree)):
        code = compile(ast.Module([*futures, statement], []), str(path), "exec")
        _, problem = attempt(path.parent, exec, code, vars(module))
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.Try | ast.ClassDef):
            failure = failure or problem
        if problem is not None:
            undefined |= {cls.name: problem for cls in _layer_classes(statement)}
    return module, failure, {n: why for n, why in undefined.items() if not hasattr(module, n)}


def _layer_classes(tree: ast.AST) -> Iterator[ast.ClassDef]:
    """The classes in whose own text there are a forward and a backward."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods = {s.name for s in node.body if isinstance(s, ast.FunctionDef)}
            wanted = (names.spellings(names.METHODS[role]) for role in ("forward", "backward"))
            if all(methods.intersection(spelled) for spelled in wanted):
                yield node


def parse_problem(path: Path) -> str | None:
    """Why the file at `path` cannot be read or is not Python, as a sentence, or None if it is."""
    try:
        ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        return f"is not valid Python{where}: {error.msg}"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"is not valid Python: {error}"
    return None


def attempts_a_layer(path: Path) -> bool:
    """Whether a file has a class that is called as a layer is and has a forward or a `__call__`."""
    forward = {"__call__", *names.spellings(names.METHODS["forward"])}
    classes = (
        node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ClassDef)
    )
    return any(
        names.kind_of(node.name) is not None
        and any(isinstance(s, ast.FunctionDef) and s.name in forward for s in node.body)
        for node in classes
    )


def _functions(tree: ast.Module) -> set[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def _definitions(body: list[ast.stmt], own_functions: set[str]) -> Iterator[ast.stmt]:
    for statement in body:
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
                yield statement
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if value is not None:
                if _only_defines(value, own_functions):
                    yield statement
            case ast.If() | ast.Try():
                yield from _definitions_within(statement, own_functions)


def _definitions_within(statement: ast.If | ast.Try, own_functions: set[str]) -> Iterator[ast.stmt]:
    """The same `if` or `try` around definitions alone; nothing of a main guard."""
    if isinstance(statement, ast.If):
        if "__name__" in ast.unparse(statement.test) or not _only_defines(
            statement.test, own_functions
        ):
            return
    elif not any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in statement.body):
        return
    for blocks in ("body", "orelse", "finalbody"):
        inner = getattr(statement, blocks, None)
        if inner:
            setattr(statement, blocks, list(_definitions(inner, own_functions)) or [ast.Pass()])
    for handler in getattr(statement, "handlers", []):
        handler.body = list(_definitions(handler.body, own_functions)) or [ast.Pass()]
    yield ast.fix_missing_locations(statement)


def _only_defines(value: ast.expr, own_functions: set[str]) -> bool:
    """Whether computing `value` calls nothing but constructors, libraries and harmless builtins."""
    for call in _calls(value):
        root = call.func
        while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
            root = root.func if isinstance(root, ast.Call) else root.value
        if not isinstance(root, ast.Name) or root.id in own_functions:
            return False
        if hasattr(builtins, root.id) and root.id not in _HARMLESS:
            return False
        if isinstance(call.func, ast.Attribute) and call.func.attr in own_functions:
            return False
    return True


def _calls(value: ast.expr) -> Iterator[ast.Call]:
    """The calls made when `value` is computed; what a lambda calls is called later."""
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(ast.iter_child_nodes(node))
