"""Keeps track of the host whose shell is at work in a paste: prompts, headings and ssh change it, exit returns."""

from dataclasses import dataclass, field

from lvsdoctor.parse.paste.echo import Echo
from lvsdoctor.parse.words import read_ip


@dataclass(frozen=True, slots=True)
class _Shell:
    """A shell that was entered from that of `outer`; the prompt of that named `prompt`, and looks the same within."""

    outer: str
    prompt: str
    same_prompt: bool


@dataclass(slots=True)
class Whose:
    """The host of the section at hand is `host`, "" before any was named."""

    host: str = ""
    _shell: str = ""  # whose shell waits for the next command
    _prompt: str = ""  # the name in its prompts
    _left: list[_Shell] = field(default_factory=list)

    def follow(self, echo: Echo) -> None:
        """Go where a prompt, a heading or a command leads."""
        if echo.asked:
            if echo.asked != (self.host,):
                self._left.clear()
                self.host = self._shell = self._prompt = ""
            return
        if echo.leaves and not echo.host:
            self._leave()
            self.host = self._shell
            return
        if echo.heading and echo.host:
            self._left.clear()
            self._shell = self._prompt = echo.host
        elif echo.host:
            self._prompted(echo.host)
        if echo.leaves:
            self._leave()
        self.host = self._place(echo) if echo.inside else self._shell
        if echo.stays:
            self._left.append(_Shell(self._shell, self._prompt, echo.same_prompt))
            self._shell = self.host
            self._prompt = self._prompt if echo.same_prompt else ""

    def named(self, host: str) -> None:
        """The host said its name itself."""
        self.host = self._shell = host

    def _prompted(self, host: str) -> None:
        # The prompt is that of the machine: in a namespace of it, too.
        if self._left and self._left[-1].same_prompt and host == self._prompt:
            return
        for number, shell in enumerate(self._left):
            if shell.prompt == host:
                self._shell = shell.outer
                del self._left[number:]
                break
        else:
            self._shell = host
        self._prompt = host

    def _place(self, echo: Echo) -> str:
        if not echo.local or not self._shell:
            return echo.inside
        return f"{short(self._shell)}/{echo.inside}"

    def _leave(self) -> None:
        if self._left:
            shell = self._left.pop()
            self._shell, self._prompt = shell.outer, shell.prompt


def short(host: str) -> str:
    """A host's name without its domain."""
    return host if read_ip(host) is not None or "/" in host else host.partition(".")[0]
