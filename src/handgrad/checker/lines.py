"""Finding the statement in somebody's method that computes a quantity."""

import ast
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Line:
    """A line of somebody's file."""

    file: str
    number: int
    code: str


@dataclass
class Method:
    """The statements of one method, in the order of the text."""

    file: str
    statements: list[ast.stmt] = field(default_factory=list)
    number: int = 1

    def stored(self, path: str) -> Line | None:
        """Where the attribute at `path` (`weights`, `params.W`) last gets its value."""
        parts = [part for part in path.split(".") if not part.isdigit()]
        found = [s for s in self.statements if _writes(s, parts)] or [
            s for s in self.statements if _writes(s, parts[-1:])
        ]
        return self._origin(found[-1]) if found else None

    def returned(self, index: int | None = None) -> Line | None:
        """Where what is returned (or that item of it) is computed."""
        returns = [s for s in self.statements if isinstance(s, ast.Return) and s.value]
        return self._origin(returns[-1], index) if returns else self.first()

    def changed(self) -> Line | None:
        """Where an argument, or an attribute, is changed in place."""
        for statement in self.statements:
            for target in _targets(statement):
                in_place = isinstance(statement, ast.AugAssign) or isinstance(target, ast.Subscript)
                if in_place or (
                    isinstance(statement, ast.Expr) and "out=" in ast.unparse(statement)
                ):
                    return self._line(statement)
        return next((self._line(s) for s in self.statements if "out=" in ast.unparse(s)), None)

    def kept(self) -> Line | None:
        """Where something is first kept in an attribute."""
        for statement in self.statements:
            if any(ast.unparse(t).startswith("self.") for t in _targets(statement)):
                return self._line(statement)
        return self.first()

    def statement_with(self, text: str) -> Line | None:
        """The first statement whose code has `text` in it."""
        found = [s for s in self.statements if text in ast.unparse(s).splitlines()[0]]
        return next((self._line(s) for s in found), None)

    def last_with_helpers(self, text: str) -> Line | None:
        """The last statement with `text` here, or in a function of the file called from here."""
        helpers = {node.name: node.lineno for node in _functions(_text(self.file))}
        found: list[Line | None] = []
        for statement in self.statements:
            code = ast.unparse(statement).splitlines()[0]
            found += [self._line(statement)] if text in code else []
            called = [name for name in re.findall(r"(\w+)\(", code) if name in helpers]
            found += [method_at(self.file, helpers[name]).statement_with(text) for name in called]
        lines = [line for line in found if line is not None]
        return lines[-1] if lines else self.first()

    def loop_over_attribute(self, text: str) -> Line | None:
        """The first loop over an attribute, in its own order, with `text` in it."""
        loops = [loop for loop in self._loops(text) if isinstance(loop.iter, ast.Attribute)]
        return self._line(loops[0]) if loops else None

    def discarded_in_loop(self, text: str) -> Line | None:
        """The first loop's call of what has `text` in its name, if what it returns is dropped."""
        for loop in self._loops(text):
            calls = [s for s in ast.walk(loop) if isinstance(s, ast.Assign | ast.Expr | ast.Return)]
            calls = [s for s in calls if text in ast.unparse(s)]
            if calls and all(isinstance(s, ast.Expr) for s in calls):
                return self._line(calls[0])
        return None

    def _loops(self, text: str) -> list[ast.For]:
        return [s for s in self.statements if isinstance(s, ast.For) and text in ast.unparse(s)]

    def first(self) -> Line | None:
        """The line with the method's name."""
        return line_of(self.file, self.number)

    def text(self) -> str:
        """The method's code, without comments."""
        return "\n".join(ast.unparse(s) for s in self.statements)

    def _origin(self, statement: ast.stmt, index: int | None = None) -> Line | None:
        """The statement where the value came from, followed through variables and attributes."""
        value: Any = getattr(statement, "value", None)
        if index is not None and isinstance(value, ast.Tuple) and index < len(value.elts):
            value = value.elts[index]
        for _ in range(3):
            earlier = [s for s in self.statements if s.lineno < statement.lineno]
            if isinstance(value, ast.Name):
                before = [s for s in earlier if _writes(s, [value.id], plain=True)]
            elif isinstance(value, ast.Attribute):
                kept = ast.unparse(value)
                before = [s for s in earlier if kept in map(ast.unparse, _targets(s))]
            else:
                break
            if not before:
                break
            statement = before[-1]
            value = getattr(statement, "value", None)
        return self._line(statement)

    def _line(self, statement: ast.stmt) -> Line | None:
        return line_of(self.file, statement.lineno)


def method_at(file: str, number: int) -> Method:
    """The method that starts at a line of a file; without statements where there is none."""
    method = Method(file, number=number)
    for node in _functions(_text(file)):
        if number in (node.lineno, *(d.lineno for d in node.decorator_list)):
            inner = [s for s in ast.walk(node) if isinstance(s, ast.stmt) and s is not node]
            method.statements = sorted(inner, key=lambda s: s.lineno)
            method.number = node.lineno
    return method


def line_of(file: str, number: int) -> Line | None:
    """A line of a file with its text, or None where there is none."""
    lines = _text(file).splitlines()
    return Line(file, number, lines[number - 1].strip()) if 0 < number <= len(lines) else None


def is_unwritten(method: Method) -> bool:
    """Whether the method has a docstring, `pass` or `...` only, or raises at once.

    False where its statements are not known: in a REPL there is no file to read them from.
    """
    empty = (ast.Pass, ast.Raise)
    statements = [
        s
        for s in method.statements
        if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
    ]
    return bool(method.statements) and all(isinstance(s, empty) for s in statements)


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


@lru_cache(maxsize=8)
def _functions(text: str) -> tuple[ast.FunctionDef, ...]:
    try:
        nodes = ast.walk(ast.parse(text))
    except (SyntaxError, ValueError):
        return ()
    return tuple(node for node in nodes if isinstance(node, ast.FunctionDef))


def _targets(statement: ast.stmt) -> list[ast.expr]:
    match statement:
        case ast.Assign(targets=targets):
            return [t for target in targets for t in getattr(target, "elts", [target])]
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return [target]
        case ast.Expr(value=ast.Call(keywords=keywords)):
            return [k.value for k in keywords if k.arg == "out"]
    return []


def _writes(statement: ast.stmt, parts: list[str], plain: bool = False) -> bool:
    """Whether a statement assigns to something that names all of `parts`."""
    for target in _targets(statement):
        names = {
            getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "value", None)
            for node in ast.walk(target)
        }
        if plain and not isinstance(target, ast.Name | ast.Subscript):
            continue
        if all(part in [name for name in names if isinstance(name, str)] for part in parts):
            return True
    return False
