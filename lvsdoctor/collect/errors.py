"""What keeps evidence from being collected."""


class CannotCollect(Exception):
    """Nothing can be collected from where the user pointed; the message says why, in a few words without a full stop."""


class CannotSee(Exception):
    """One fact cannot be seen live; the message is the sentence for the report: why, and how to see it."""
