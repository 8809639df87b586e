"""Completion for bash (its manual: Programmable Completion). Where it offers nothing, bash completes file names."""

from collections.abc import Iterator
from shlex import quote

from lvsdoctor.cli.completion.values import ValueKind, kind_of, steps, words_of
from lvsdoctor.cli.verbs import Option, Verb, every_verb

_SCRIPT = r"""# bash completion for lvsdoctor; made by `lvsdoctor completion bash`
_lvsdoctor() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' i
    # Readline parts words at =, too: --color=al is three of them.
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$verb ${COMP_WORDS[i]}" in
            @verbs@) verb="${verb:+$verb }${COMP_WORDS[i]}" ;;
        esac
    done
    COMPREPLY=()
    case "$verb $prev" in
@values@
    esac
    case "$verb" in
@words@
    esac
}
complete -o default -F _lvsdoctor lvsdoctor
"""
_BY_KIND = {
    ValueKind.FILE: ":",
    ValueKind.DIRECTORY: 'mapfile -t COMPREPLY < <(compgen -d -- "$cur")',
    ValueKind.LINK: 'mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$cur")',
    ValueKind.NETNS: 'mapfile -t COMPREPLY < <(compgen -W "$(ls /run/netns 2>/dev/null)" -- "$cur")',
    ValueKind.ANY: ":",
}


def script(program: Verb) -> str:
    """The whole completion."""
    values: list[str] = []
    words: list[str] = []
    for path, verb in every_verb(program):
        values += _values(" ".join(path), verb)
        words += _words(" ".join(path), verb)
    filled = _SCRIPT.replace("@verbs@", " | ".join(map(quote, steps(program))))
    return filled.replace("@values@", "\n".join(values)).replace("@words@", "\n".join(words))


def _values(path: str, verb: Verb) -> Iterator[str]:
    """A case for every option that takes a value."""
    for option in verb.options:
        if option.value:
            names = " | ".join(quote(f"{path} {name}") for name in option.names)
            yield f"        {names})\n            {_offer(option)}\n            return\n            ;;"


def _words(path: str, verb: Verb) -> Iterator[str]:
    """The options, where a - was typed, and otherwise what an argument can be."""
    names = " ".join(name for option in verb.options for name in option.names)
    yield f"        {quote(path)})"
    yield f"            if [[ $cur == -* ]]; then\n                {_compgen(names)}"
    offered = " ".join(below.name for below in verb.verbs)
    offered = offered or " ".join(word for argument in verb.arguments for word in words_of(argument))
    if offered:
        yield f"            else\n                {_compgen(offered)}"
    yield "            fi\n            ;;"


def _offer(option: Option) -> str:
    words = words_of(option)
    return _compgen(" ".join(words)) if words else _BY_KIND[kind_of(option)]


def _compgen(words: str) -> str:
    return f'mapfile -t COMPREPLY < <(compgen -W {quote(words)} -- "$cur")'
