"""The files of supportconfig (SUSE): sections with what stands in them, each under a heading.

    #==[ Command ]======================================#
    # /sbin/ip addr

The second line reads as a prompt of root with the command, or as the path of a file. What is left out here is blank,
so that every line keeps its number.
"""

import re

_HEADING = re.compile(r"#==\[ (?P<kind>[A-Za-z ]{1,40}) \]=*#\s*")
_READ = ("Command", "Configuration File")


def without_headings(text: str) -> str:
    """The text without its headings, its banner and the sections that hold no dump; other texts stay as they are."""
    if "#==[ " not in text:
        return text
    lines = text.split("\n")
    headings = [_HEADING.fullmatch(line) for line in lines]
    if not any(headings):
        return text
    kept = False
    for number, heading in enumerate(headings):
        if heading:
            kept = heading["kind"] in _READ
        if heading or not kept or lines[number].endswith(" - File not found"):
            lines[number] = ""
    return "\n".join(lines)
