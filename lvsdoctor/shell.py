"""Words and commands for a shell: whatever is printed for somebody to paste is put together here, word by word.

A link may be named `$(reboot)`: the kernel takes it (net/core/dev.c: dev_valid_name()), and so do our parsers. In a
comment such a word is quoted as well, for an interactive zsh knows no comments; which is also why no comment of ours
has an apostrophe: it would open a quote, and leave what is quoted behind it outside.
"""

import re
from shlex import quote

from lvsdoctor.legible import visible


def word(value: object) -> str:
    """The value as one word of a POSIX shell, and as itself where it needs no quotes; never more than one line.

    A character that cannot be seen becomes an escape, so the word is another one then, and names nothing.
    """
    quoted = quote(visible(str(value)))
    if quoted.startswith("="):
        return f"'{quoted}'"  # zsh looks for a program of that name
    # Two # stand only within the quotes: `'#''#[error]'` is the same word, and no command to a CI's runner.
    return re.sub("#(?=#)", "#''", quoted)


def command(*words: object) -> str:
    """One shell command. Names come from strangers' dumps, so every word is quoted where a shell would care."""
    return " ".join(map(word, words))
