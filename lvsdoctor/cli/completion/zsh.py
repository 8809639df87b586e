"""Completion for zsh (zshcompsys(1): _arguments, _describe)."""

from collections.abc import Iterator

from lvsdoctor.cli.completion.values import ValueKind, kind_of, words_of
from lvsdoctor.cli.verbs import Option, Verb, every_verb

_BY_KIND = {
    ValueKind.FILE: "_files",
    ValueKind.DIRECTORY: "_files -/",
    ValueKind.LINK: "_net_interfaces",
    ValueKind.NETNS: "_files -W /run/netns",
    ValueKind.ANY: "",
}
_END = """
# Sourced it registers itself; found in fpath it is the completion.
if [[ ${funcstack[1]} == _lvsdoctor ]]; then
    _lvsdoctor "$@"
else
    compdef _lvsdoctor lvsdoctor
fi
"""


def script(program: Verb) -> str:
    """The whole completion: a function for each verb."""
    head = "#compdef lvsdoctor\n# zsh completion for lvsdoctor; made by `lvsdoctor completion zsh`\n"
    functions = [_function(path, verb) for path, verb in every_verb(program)]
    return head + "".join(reversed(functions)) + _END


def _function(path: tuple[str, ...], verb: Verb) -> str:
    name = "_".join(("_lvsdoctor", *path))
    specs = " \\\n        ".join([*_options(verb), *_arguments(verb)])
    if not verb.verbs:
        return f"\n{name}() {{\n    _arguments -s \\\n        {specs}\n}}\n"
    described = "\n        ".join(_quoted(f"{below.name}:{below.help}") for below in verb.verbs)
    cases = "\n".join(f"        ({below.name}) {name}_{below.name} ;;" for below in verb.verbs)
    return f"""
{name}() {{
    local curcontext=$curcontext state line
    local -a verbs=(
        {described}
    )
    _arguments -C -s \\
        {specs} '1: :->verb' '*:: :->rest'
    case $state in
    (verb) _describe verb verbs ;;
    (rest)
        case ${{words[1]}} in
{cases}
        esac
        ;;
    esac
}}
"""


def _options(verb: Verb) -> Iterator[str]:
    yield "'(- *)'{-h,--help}'[show the help]'"
    for option in verb.options:
        for name in option.names:
            if "=" not in name and name not in ("-h", "--help"):
                ends = "=" if option.value and name.startswith("--") else ""
                value = f":{_escaped(option.value)}:{_action(option)}" if option.value else ""
                yield _quoted(f"*{name}{ends}[{_escaped(option.help)}]{value}")


def _arguments(verb: Verb) -> Iterator[str]:
    for place, argument in enumerate(verb.arguments, 1):
        number = "*" if argument.repeated else str(place)
        yield _quoted(f"{number}:{_escaped(argument.value)}:{_action(argument)}")


def _action(option: Option) -> str:
    words = words_of(option)
    return f"({' '.join(words)})" if words else _BY_KIND[kind_of(option)]


def _escaped(text: str) -> str:
    """Inside the brackets and between the colons of a specification."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
