"""lvsdoctor completion: what a shell must be told so that Tab completes verbs, options and their values."""

from argparse import Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from typing import Any

from lvsdoctor.cli.errors import OK

SHELLS = ("bash", "zsh", "fish")
_DESCRIPTION = """Print the completion for a shell, made from the very options that --help shows.

  bash  eval "$(lvsdoctor completion bash)"            in ~/.bashrc
  zsh   source <(lvsdoctor completion zsh)             in ~/.zshrc, after compinit
  fish  lvsdoctor completion fish | source             in ~/.config/fish/config.fish
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `completion`."""
    parser = verbs.add_parser(
        "completion",
        help="print the completion for bash, zsh or fish",
        description=_DESCRIPTION,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Print it."""
    from importlib import import_module

    from lvsdoctor.cli.parser import whole_parser
    from lvsdoctor.cli.verbs import verb_of

    script: str = import_module(f"lvsdoctor.cli.completion.{options.shell}").script(verb_of(whole_parser()))
    print(script, end="")
    return OK
