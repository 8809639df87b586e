"""Paths of a tree: below its top, and where an absolute link that names the top itself leads."""

Real = tuple[str, ...]


class LeadsOut(Exception):
    """A link leads out of the tree."""


def is_above(here: list[str], parts: list[str]) -> bool:
    """Does a path lead to the top, or to a directory above it?"""
    return bool(parts) and len(here) <= len(parts) and here == parts[: len(here)]


def below_top(here: list[str], parts: list[str]) -> Real:
    """The path below the top, whose own is `parts`. Raises LeadsOut."""
    if here[: len(parts)] != parts:
        raise LeadsOut
    return tuple(here[len(parts) :])


def as_the_top(target: str, parts: list[str], named: list[str]) -> str:
    """An absolute path that goes to the top as the user named it, without the links in that."""
    words = [part for part in target.split("/") if part]
    return "/".join([*parts, *words[len(named) :]]) if words[: len(named)] == named else target
