"""Regular expressions that are compiled when they are first asked.

Most of what a paste may be dressed in is in no given scan, and compiling all of it takes longer than reading the dumps.
"""

import re
from typing import TYPE_CHECKING, Any

__all__ = ["pattern"]

if TYPE_CHECKING:

    def pattern(text: str, flags: int | re.RegexFlag = 0) -> re.Pattern[str]:
        """re.compile(text, flags), later."""

else:

    class pattern:
        """re.compile(text, flags), later. Its methods are looked up once, then they are the compiled one's own."""

        def __init__(self, text: str, flags: int | re.RegexFlag = 0) -> None:
            self.pattern, self.flags = text, flags

        def __getattr__(self, name: str) -> Any:
            value = getattr(re.compile(self.pattern, self.flags), name)
            setattr(self, name, value)
            return value
