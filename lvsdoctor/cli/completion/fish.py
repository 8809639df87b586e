"""Completion for fish (its complete(1))."""

from collections.abc import Iterator

from lvsdoctor.cli.completion.values import ValueKind, kind_of, steps, words_of
from lvsdoctor.cli.verbs import Option, Verb, every_verb

_HEAD = """# fish completion for lvsdoctor; made by `lvsdoctor completion fish`
function __lvsdoctor_in --description 'Is this the verb that was typed?'
    set -l verb ''
    for word in (commandline -opc)[2..-1]
        if contains -- "$verb $word" @verbs@
            set verb (string trim -- "$verb $word")
        end
    end
    test "$verb" = "$argv[1]"
end
complete -c lvsdoctor -f
"""
_BY_KIND = {
    ValueKind.FILE: "-r -F",
    ValueKind.DIRECTORY: "-x -a '(__fish_complete_directories)'",
    ValueKind.LINK: "-x -a '(command ls /sys/class/net 2>/dev/null)'",
    ValueKind.NETNS: "-x -a '(command ls /run/netns 2>/dev/null)'",
    ValueKind.ANY: "-x",
}


def script(program: Verb) -> str:
    """The whole completion."""
    lines = [line for path, verb in every_verb(program) for line in _lines(" ".join(path), verb)]
    return _HEAD.replace("@verbs@", " ".join(map(_quoted, steps(program)))) + "\n".join(lines) + "\n"


def _lines(path: str, verb: Verb) -> Iterator[str]:
    here = f"complete -c lvsdoctor -n {_quoted(f'__lvsdoctor_in {_quoted(path)}')}"
    for below in verb.verbs:
        yield f"{here} -a {below.name} -d {_quoted(below.help)}"
    for option in verb.options:
        names = [name for name in option.names if "=" not in name]
        flags = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in names)
        value = f" {_value(option)}" if option.value else ""
        yield f"{here} {flags}{value} -d {_quoted(option.help)}"
    for argument in verb.arguments:
        yield f"{here} {_value(argument).removeprefix('-x ').removeprefix('-r ')}"


def _value(option: Option) -> str:
    words = words_of(option)
    return f"-x -a {_quoted(' '.join(words))}" if words else _BY_KIND[kind_of(option)]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
