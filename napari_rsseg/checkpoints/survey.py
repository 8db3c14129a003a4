"""What a pickle would do, read off before any of it is done."""

from __future__ import annotations

import pickletools
from dataclasses import dataclass, field
from typing import IO, Any

__all__ = ["PickleRefusedError", "Survey", "survey", "would_run"]

_DEEPEST = 200
"""Nesting of values; published files have some ten. Hashing a deeper tuple would break the interpreter."""
_MOST_OPERATIONS = 20_000_000
_BUILTINS = (
    "exec", "eval", "compile", "open", "__import__", "input", "breakpoint", "setattr", "delattr", "print",
    "globals", "locals", "vars", "apply", "execfile", "reload", "file", "memoryview",
)  # fmt: skip
_RUNNING = (
    *(f"{module}.{name}" for module in ("builtins", "__builtin__") for name in _BUILTINS),
    "os.", "posix.", "nt.", "posixpath.", "ntpath.", "subprocess.", "sys.", "importlib.", "runpy.",
    "shutil.", "socket.", "ctypes.", "pty.", "codeop.", "webbrowser.", "marshal.", "pdb.", "bdb.",
    "timeit.", "cProfile.", "asyncio.", "pickle.", "_pickle.", "multiprocessing.",
    "code.interact", "code.Interactive", "commands.get", "pip.main", "pip._internal", "profile.run",
    "trace.Trace", "types.FunctionType", "types.CodeType", "numpy.testing.", "numpy.f2py.",
    "torch.hub.", "torch.jit.", "torch.package.", "torch.ops.", "torch.distributed.",
    "torch.serialization.load", "torch.load", "torch.utils.cpp_extension", "torch.utils.collect_env",
    "torch.utils._config_module", "torch.utils.bottleneck",
)  # fmt: skip
"""Beginnings of names that are in no file of weights and in many that attack; none of them is ever called."""
_STRINGS = {
    "SHORT_BINUNICODE",
    "BINUNICODE",
    "BINUNICODE8",
    "UNICODE",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
}
_JOINING = {"SETITEM", "SETITEMS", "APPEND", "APPENDS", "ADDITEMS", "BUILD"}


class PickleRefusedError(Exception):
    """A pickle does what no file of weights needs."""


def would_run(name: str) -> bool:
    """Whether a name in a pickle is there to run code, not to hold data."""
    return name.startswith(_RUNNING)


@dataclass(frozen=True)
class _Value:
    """A value on the stack: how deep it is, and its text where it is a string."""

    depth: int = 0
    text: str | None = None


@dataclass
class Survey:
    """What a pickle names and where it ends.

    Attributes
    ----------
    names : set of str
        Classes and functions, ``module.name``.
    end : int
        Position after the pickle.
    """

    names: set[str] = field(default_factory=set)
    end: int = 0
    _stack: list[_Value | None] = field(default_factory=list)  # None: a mark
    _memo: dict[int, _Value] = field(default_factory=dict)

    def take(self, name: str, opcode: Any, argument: Any) -> None:
        """Follow one operation."""
        if name == "MARK":
            self._stack.append(None)
        elif name in _STRINGS:
            self._stack.append(_Value(text=str(argument)))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._remember(len(self._memo) if name == "MEMOIZE" else int(argument))
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[int(argument)])
        elif name in ("GLOBAL", "INST"):
            self.names.add(".".join(str(argument).split(" ", 1)))
            self._follow(opcode)
        elif name == "STACK_GLOBAL":
            module, attribute = self._stack[-2:]
            if module is None or attribute is None or module.text is None or attribute.text is None:
                raise PickleRefusedError("it hides the name of what it calls")
            self.names.add(f"{module.text}.{attribute.text}")
            self._follow(opcode)
        elif name == "DUP":
            self._stack.append(self._stack[-1])
        else:
            self._follow(opcode, joins=name in _JOINING)

    def _remember(self, place: int) -> None:
        if place > len(self._memo) + 1_000_000:  # readers keep a table of that many places
            raise PickleRefusedError(f"it claims to remember {place:,} values")
        value = self._stack[-1]
        if value is not None:
            self._memo[place] = value

    def _follow(self, opcode: Any, *, joins: bool = False) -> None:
        """Pop and push as an operation does; what it makes is as deep as the deepest part, and one more."""
        taken: list[_Value | None] = []
        before = list(opcode.stack_before)
        if pickletools.markobject in before:
            while self._stack and self._stack[-1] is not None:
                taken.append(self._stack.pop())
            before = before[: before.index(pickletools.markobject) + 1]
        if len(before) > len(self._stack):
            raise PickleRefusedError("it takes what is not there")
        taken += [self._stack.pop() for _ in before]
        depths = [value.depth for value in taken if value is not None]
        whole = depths.pop() if joins and depths else 0  # the container was pushed first
        depth = max(whole, max(depths, default=-1) + 1)
        if depth > _DEEPEST:
            raise PickleRefusedError(f"its values are nested more than {_DEEPEST} deep")
        self._stack += [_Value(depth)] * len(opcode.stack_after)


def survey(stream: IO[bytes]) -> Survey:
    """Read a pickle up to its end without carrying it out.

    Raises
    ------
    PickleRefusedError
        It hides names, nests or claims more than files of weights do.
    ValueError, LookupError
        It is damaged or cut off.
    """
    found = Survey()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if number > _MOST_OPERATIONS:
            raise PickleRefusedError(f"it has more than {_MOST_OPERATIONS:,} operations")
        found.take(opcode.name, opcode, argument)
    found.end = stream.tell()
    return found
