"""Two files of one host in two states, as their names say: ipvsadm.bad.txt beside ipvsadm.good.txt.

The one that is called good shows what should be. It is no evidence of the host as it is.
"""

import re

_BAD = frozenset({"bad", "broken", "failing", "failed", "wrong"})
_GOOD = frozenset({"good", "ok", "working", "fixed", "expected"})
_WORDS = re.compile(r"[A-Za-z]+")

LEFT_OUT = "{good} is left out: by its name it shows what should be, and {bad} what is"


def should_be(first: str, second: str) -> str | None:
    """Of two paths that differ in such a word alone the one that is called good; None where they are none such."""
    for bad, good in ((first, second), (second, first)):
        words = zip(_WORDS.findall(bad), _WORDS.findall(good), strict=False)
        of_bad, of_good = next((pair for pair in words if pair[0] != pair[1]), ("", ""))
        if of_bad.lower() in _BAD and of_good.lower() in _GOOD:
            same = re.sub(rf"\b{of_bad}\b", "", bad) == re.sub(rf"\b{of_good}\b", "", good)
            return good if same else None
    return None
