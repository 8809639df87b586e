"""What keeps evidence from being collected."""


class CannotCollect(Exception):
    """Nothing can be collected where the user pointed; the message says why, in a sentence without its full stop."""


class CannotSee(Exception):
    """One fact cannot be seen live; the message is the sentence for the report: why, and how to see it."""
