"""What ends a script, a function or a loop before its last command."""


class ScriptEnd(Exception):
    """`exit`."""


class FunctionEnd(Exception):
    """`return` of a function."""


class LoopEnd(Exception):
    """`break`, or `continue` where the next round follows."""

    def __init__(self, *, goes_on: bool) -> None:
        self.goes_on = goes_on
