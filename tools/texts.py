"""What operators read, taken from sources, pages and templates: for the lint of our wording, and for translators.

A template's text is what the source can say: branches are told apart, a value that only a run shows is `{}`.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

from lvsdoctor.rulekit import QUESTIONS

TOO_MANY = 64  # spellings of one template that are looked at
SPELT = {  # calls that take a text: which argument is one, and what it is
    "Finding": ((0, "message"), ("message", "message"), ("clients", "clients")),
    "amended": (("message", "message"), ("clients", "clients")),
    "cite": ((1, "note"), ("note", "note")),
    "Citation": ((1, "note"), ("note", "note")),
    "assume": ((1, "assumed"), ("text", "assumed")),
    "yes": ((0, "note"),),
    "no": ((0, "note"),),
    "Fix": (("now", "command"), ("persist", "command"), ("warning", "careful")),
}


@dataclass(frozen=True, slots=True)
class Text:
    """What is read at one place: `kind` is message, clients, note, assumed, careful, command, prose or other."""

    kind: str
    line: int
    says: str


_MARKUP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|(?<=>)[^<>{}]+(?=[<{])", re.DOTALL)
_STRING = re.compile(r'"([A-Z][^"{}=]*)"')

# -- what a source says ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Speller:
    """Spells the expressions of one module; what cannot be known is a value."""

    module: ast.Module
    constants: dict[str, list[ast.expr]] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.constants = _assigned([item for item in self.module.body if isinstance(item, ast.Assign | ast.AnnAssign)])
        self.functions = {item.name: item for item in ast.walk(self.module) if isinstance(item, ast.FunctionDef)}

    def texts(self) -> Iterator[Text]:
        yield from self._of(self.module.body, {})

    def _of(self, body: Sequence[ast.stmt], names: Mapping[str, list[ast.expr]]) -> Iterator[Text]:
        for statement in body:
            if isinstance(statement, ast.FunctionDef):
                yield from self._of(statement.body, {**names, **_assigned(statement.body)})
            elif isinstance(statement, ast.ClassDef):
                yield from self._of(statement.body, names)
            else:
                for call in ast.walk(statement):
                    if isinstance(call, ast.Call):
                        yield from self._call(call, names)

    def _call(self, call: ast.Call, names: Mapping[str, list[ast.expr]]) -> Iterator[Text]:
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        spelt: set[str] = set()
        for at, kind in SPELT.get(name, ()):
            if isinstance(at, int):
                given = call.args[at] if at < len(call.args) else None
            else:
                given = next((keyword.value for keyword in call.keywords if keyword.arg == at), None)
            if given is not None:
                spelt.add(kind)
                for says in self.spellings(given, names):
                    yield Text(kind, given.lineno, says)
        if name == "Finding" and "clients" not in spelt:
            yield Text("clients", call.lineno, "")

    def asked(self, marks: Mapping[str, int]) -> Iterator[str]:
        """The texts that calls of these names are given, at the place that is named."""
        for statement, names in self.statements():
            for call in ast.walk(statement):
                if isinstance(call, ast.Call):
                    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
                    if name in marks and marks[name] < len(call.args):
                        yield from self.spellings(call.args[marks[name]], names)
                    if name == "map" and getattr(call.args[0], "id", "") in marks:
                        yield from self.spellings(call.args[1], names)

    def statements(self) -> Iterator[tuple[ast.stmt, Mapping[str, list[ast.expr]]]]:
        """Those of the module and of its functions and classes, with the names that are known there."""
        yield from self._statements(self.module.body, {})

    def _statements(
        self, body: Sequence[ast.stmt], names: Mapping[str, list[ast.expr]]
    ) -> Iterator[tuple[ast.stmt, Mapping[str, list[ast.expr]]]]:
        for statement in body:
            if isinstance(statement, ast.FunctionDef):
                yield from ((ast.Expr(decorator), names) for decorator in statement.decorator_list)
                yield from self._statements(statement.body, {**names, **_assigned(statement.body)})
            elif isinstance(statement, ast.ClassDef):
                yield from self._statements(statement.body, names)
            else:
                yield statement, names

    def spellings(self, given: ast.expr, names: Mapping[str, list[ast.expr]], depth: int = 6) -> list[str]:
        """All texts that an expression can be, the branches told apart; `{}` for a value that only a run shows."""
        if depth == 0:
            return ["{}"]
        texts = list(dict.fromkeys(self._spelt(given, names, depth)))
        return texts[:TOO_MANY]

    def _spelt(self, given: ast.expr, names: Mapping[str, list[ast.expr]], depth: int) -> Iterator[str]:
        def again(part: ast.expr) -> list[str]:
            return self.spellings(part, names, depth - 1)

        match given:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=parts):
                yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)  # type: ignore[misc]
            case ast.IfExp(body=body, orelse=orelse):
                yield from (*again(body), *again(orelse))
            case ast.BoolOp(values=parts):
                for part in parts:
                    yield from again(part)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from (first + second for first, second in product(again(left), again(right)))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    yield from again(part)
            case ast.Starred(value=part) | ast.NamedExpr(value=part):
                yield from again(part)
            case ast.Subscript(value=ast.Dict(values=parts)):
                for part in parts:
                    yield from again(part)
            case ast.Subscript(value=ast.Name(id=name)) if name in self.constants:
                for part in self.constants[name]:
                    if isinstance(part, ast.Dict):
                        for value in part.values:
                            yield from again(value)
            case ast.Name(id=name) if name in names or name in self.constants:
                for part in names.get(name, self.constants.get(name, [])):
                    yield from again(part)
            case ast.Call(func=ast.Name(id=name)) if name not in self.functions and (home := _home(name)) is not None:
                yield from home.spellings(given, {}, depth)
            case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                statements = self.functions[name].body
                inner = {**self.constants, **_assigned(statements)}
                for item in (item for statement in statements for item in ast.walk(statement)):
                    if isinstance(item, ast.Return) and item.value is not None:
                        yield from self.spellings(item.value, inner, depth - 1)
            case ast.Call(func=ast.Attribute(attr="format", value=part)):
                yield from again(part)
            case _:
                yield "{}"


@cache
def _home(name: str) -> "_Speller | None":
    """The module of a sentence that several rules say: of a function of the rulekit that returns a text."""
    home = next((home for homes in QUESTIONS.values() for home, names in homes.items() if name in names.split()), None)
    if home is None:
        return None
    path = Path(__file__).parents[1] / "lvsdoctor" / f"{home.replace('.', '/')}.py"
    speller = _Speller(ast.parse(path.read_text(encoding="utf-8")))
    function = speller.functions.get(name)
    return speller if function is not None and getattr(function.returns, "id", "") == "str" else None


def _assigned(body: Sequence[ast.stmt]) -> dict[str, list[ast.expr]]:
    """What stands on the right of a name, in all branches."""
    found: dict[str, list[ast.expr]] = {}
    for item in (item for statement in body for item in ast.walk(statement)):
        match item:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                for target, value in zip(names, values, strict=True):
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.setdefault(name, []).append(value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                begun = found.get(name, [])
                found[name] = [ast.copy_location(ast.BinOp(first, ast.Add(), value), first) for first in begun]
            case _:
                pass
    return found


def templates(source: str) -> list[Text]:
    """Every message, clients sentence, note, assumption, warning and command of a module."""
    speller = _Speller(ast.parse(source))
    texts = [text for text in speller.texts() if text.says or text.kind == "clients"]
    # What a rule hands about in rows before it is said.
    seen = {text.says for text in texts}
    for expression in (expression for values in speller.constants.values() for expression in values):
        for says in speller.spellings(expression, {}):
            if says.startswith("{node} ") and says not in seen:
                texts.append(Text("message", expression.lineno, says))
    return list(dict.fromkeys(texts))


def strings(source: str) -> list[Text]:
    """Every string of a module that reads like a text."""
    return [text for text in literals(source) if re.search(r"[a-z]{2,}[,.:;]? [a-z]{2,}", text.says)]


def literals(source: str) -> list[Text]:
    """Every string of a module, but its docstrings."""
    tree = ast.parse(source)
    skipped = {id(item.value) for item in ast.walk(tree) if isinstance(item, ast.Expr)}
    for item in ast.walk(tree):  # "ip addr link".split() is a list of words
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr == "split":
            skipped.add(id(item.func.value))
    for item in ast.walk(tree):
        if isinstance(item, ast.JoinedStr):
            skipped |= {id(part) for part in item.values}
    texts: list[Text] = []
    for item in ast.walk(tree):
        if id(item) in skipped:
            continue
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            texts.append(Text("other", item.lineno, item.value))
        elif isinstance(item, ast.JoinedStr):
            says = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in item.values)
            texts.append(Text("other", item.lineno, says))
    return texts


# -- what is to be translated ------------------------------------------------------------------------------------------

_MARKS = {"translated": 0, "labelled": 0, "leading": 0, "template": 0, "plural": 0}
_ASKED = re.compile(r"(?:(?<![\w.])_|\.labelled|\.leading)\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)")
_COUNTED = re.compile(r"(?<![\w.])counted\([^()]*(?:\([^()]*\)[^()]*)*,\s*\"([^\"]+)\"\)")


def marked(source: str) -> list[str]:
    """What a module says of itself that it translates: the texts of `translated`, `labelled`, `template`."""
    texts = _Speller(ast.parse(source)).asked(_MARKS)
    # One with a hole for an expression is made of marked ones.
    return list(dict.fromkeys(text for text in texts if "{}" not in text and re.search(r"[A-Za-z,;]", text)))


# Calls that take a template or a sentence of ours for a report, and which of their arguments it is.
_REASONS: Mapping[str, tuple[int | str, ...]] = {
    "StepVerdict": (2, "reason"),
    "RoleEvidence": (1, "reason"),
    "Answer": (1, "reason"),
    "NotCollected": (2, "wanted"),
    "assume_without": (1, "text", "note"),
    "Partial": (0, "reason"),
    "Contradiction": (1, "reason"),
    "Confirmation": (1, "why", "perhaps"),
    "Remark": (0, "message"),
    "Missing": ("reason",),
    "UnreadPath": (1, "why"),
    "Unread": (1, "name"),
    "replace": ("why",),
    "Holder": ("why",),
    "RecordedWalk": (2, "reason"),
    "undecided": (2,),
    "RuleOption": (2, "meaning"),
}


def reasons(source: str) -> list[str]:
    """What a module hands to the model's nouns, but for what the lint reads."""
    speller, found = _Speller(ast.parse(source)), list[str]()
    for statement, names in speller.statements():
        for call in (item for item in ast.walk(statement) if isinstance(item, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            given = [call.args[at] for at in _REASONS.get(name, ()) if isinstance(at, int) and at < len(call.args)]
            given += [item.value for item in call.keywords if item.arg in _REASONS.get(name, ())]
            for expression in given:
                found += speller.spellings(expression, names)
    words = re.compile(r"[a-z]{2,} | [a-z]{2,}")
    return list(dict.fromkeys(text for text in found if words.search(re.sub(r"\{[^{}]*\}", "", text))))


def nouns(source: str) -> list[str]:
    """What is counted in a module or a template: `counted(3, "rule")`, and the nouns in COUNTED."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return list(dict.fromkeys(_COUNTED.findall(source)))
    found = [says for says in _Speller(tree).asked({"counted": 1}) if re.fullmatch(r"[A-Za-z][A-Za-z ]*", says)]
    for item in tree.body:
        match item:
            case ast.Assign(targets=[ast.Name(id="COUNTED")], value=ast.Tuple(elts=elements)):
                found += [element.value for element in elements if isinstance(element, ast.Constant)]
            case _:
                pass
    return list(dict.fromkeys(found))


def asked_for(source: str) -> list[str]:
    """What a template of a page translates: `_("...")`."""
    without = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    return list(dict.fromkeys(ast.literal_eval(f"({literals})") for literals in _ASKED.findall(without)))


def phrases(source: str) -> list[str]:
    """Sentences and parts of them that a module keeps as constants and says later, by whatever way; no commands."""
    found = []
    body = ast.parse(source).body
    classes = [item for item in body if isinstance(item, ast.ClassDef)]
    for item in (*body, *(part for own in classes for part in own.body)):
        if not isinstance(item, ast.Assign | ast.AnnAssign) or item.value is None:
            continue
        inside = {
            id(part) for string in ast.walk(item.value) if isinstance(string, ast.JoinedStr) for part in string.values
        }
        for part in ast.walk(item.value):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in inside:
                found.append(part.value)
    return list(dict.fromkeys(text for text in found if _PHRASE.search(text) and not _NO_PHRASE.search(text)))


_PHRASE = re.compile(
    r"\b(?:is|are|was|were|has|have|not|no|the|of|does|do|to|and|for|with|its|by|an?|on|but|may|which|that)\b"
)
# Comments and commands, patterns, lists of words, the beginning of a line that a program prints.
_NO_PHRASE = re.compile(
    r"^#|\n|\\|\(\?|\[[a-z]|[a-z]:$| \+|^[. ]|^(?:Module|IPVS:|Error:) |^(?:from|to|auto|if) [a-z]+ [a-z]+ |, setting |"
    r"^\S*[a-z]+ -[a-zA-Z]|^(?:ip|ipvsadm|sysctl|nft|kubectl|systemctl|arping|ndisc6|cat|find|modprobe|look|give|run) |"
    r"^(?:load|start|correct|keep|let|make|set|use|put|check|raise|lower|add|remove|allow|compare) |^[\w-]+$|"
    r"^(?:[\w.-]+ ){4,}[\w.-]+$(?<!\.)(?<![a-z]{3})"
)


def jinja_strings(source: str) -> list[Text]:
    """What a template of a page says: between its tags, and as quoted strings in what it computes."""
    texts: list[Text] = []
    source = re.sub(r"\{#.*?#\}", lambda remark: "\n" * remark[0].count("\n"), source, flags=re.DOTALL)
    for part in _MARKUP.finditer(source):
        line = source.count("\n", 0, part.start()) + 1
        says = _STRING.findall(part[0]) if part[0].startswith("{") else [part[0]]
        texts += [Text("other", line, text.strip()) for text in says if re.search("[a-z]{2}", text)]
    return texts


# -- what a page says --------------------------------------------------------------------------------------------------

_UNDER = re.compile(r"^### (.*)$")


def prose(page: str) -> list[Text]:
    """The paragraphs of a page before its cases; code blocks are left out, a list item is a paragraph."""
    texts: list[Text] = []
    start = 0
    lines: list[str] = []
    for number, line in enumerate([*page.split("\n## Cases", 1)[0].split("\n"), ""], 1):
        item = line.startswith(("- ", "* "))
        if lines and (item or not line.strip() or line.startswith(("#", "    "))):
            texts.append(Text("prose", start, " ".join(lines)))
            lines = []
        if line.strip() and not line.startswith(("#", "    ")):
            start = start if lines else number
            lines.append(line.removeprefix("- ").removeprefix("* ").strip())
    return texts


def parts_of_fix(page: str) -> dict[str, str]:
    """What stands under each heading of Fix."""
    fix = page.partition("\n## Fix\n")[2].partition("\n## ")[0]
    parts: dict[str, list[str]] = {}
    current = ""
    for line in fix.split("\n"):
        if heading := _UNDER.match(line):
            current = heading[1]
        parts.setdefault(current, []).append(line)
    return {name: "\n".join(lines[1:]).strip("\n") for name, lines in parts.items() if name}
