"""What keeps evidence from being collected."""


class CannotCollect(Exception):
    """Nothing can be collected where the user pointed; the message says why, in a sentence without its full stop."""


class NoDump(CannotCollect):
    """The user pointed at what holds no dump, an empty file say; other PATHs may hold some."""

    def __init__(self, name: str, why: str) -> None:
        self.why = why
        super().__init__(f"{name}: {why}")


class NoText(CannotCollect):
    """A file that holds no text."""


class CannotSee(Exception):
    """One fact cannot be seen live; the message is the sentence for the report: why, and how to see it."""
