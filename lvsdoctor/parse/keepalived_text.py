"""A keepalived.conf between other text: from the line that opens its first block to the last that belongs to it."""

import re
from typing import ClassVar

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.keepalived_conf import config_id, dump_from
from lvsdoctor.parse.keepalived import keepalived_conf
from lvsdoctor.parse.keepalived.lines import without_comment
from lvsdoctor.parse.paste.echo import echo_in
from lvsdoctor.parse.paste.prompts import prompt_in
from lvsdoctor.parse.reader import Dump, Reader

_OPENS = re.compile(
    r"\s*(?:@\^?\S+[ \t]+)?(?:global_defs|static_(?:ipaddress|routes|rules)"
    r"|vrrp_(?:instance|sync_group|script|track_process|track_file)[ \t]+\S+|bfd_instance[ \t]+\S+|garp_group"
    r"|(?:local|deny)_address_group[ \t]+\S+"  # of DPVS
    r"|virtual_server(?:_group)?[ \t]+\S+(?:[ \t]+\S+){0,2})[ \t]*\{?[ \t]*(?:[!#].*)?"
)
# Between the blocks of such a file; a # may as well be a prompt or a heading.
_BETWEEN = re.compile(r"\s*(?:[!{}]|@\^?\S+[ \t]|\$[A-Za-z_]\w*=|~(?:SEQ|LST)|include[rmwba]?[ \t])")
# A block of a dialect (DPVS has local_address_group), or one that is not known yet.
_OTHER_BLOCK = re.compile(r"[a-zA-Z]\w*_\w+(?:[ \t]+[^\s{}]+){0,2}[ \t]*\{[ \t]*(?:[!#].*)?")
# The line that distributions put above the first block.
_TITLE = re.compile(r"[ \t]*![ \t]*Configuration File for keepalived[ \t]*")
_QUOTED = re.compile(r'"[^"]*"')


class KeepalivedText(Reader):
    """Its blocks are told by their braces: what a prompt follows inside of one is a block that is never closed."""

    name: ClassVar[str] = "keepalived-conf"
    unread_may_be_rows = False  # it tells itself whether it is whole

    def __init__(self) -> None:
        self._taken: list[Seen] = []
        self._depth = 0

    @classmethod
    def starts(cls, text: str) -> bool:
        return len(text) < 400 and bool(_OPENS.fullmatch(text) or _TITLE.fullmatch(text))

    def feed(self, seen: Seen) -> bool:
        text = seen.text.lstrip()
        if self._depth and text[:1] not in ("#", "!", "$", "@") and prompt_in(text):
            return False
        comment = text.startswith("#") and not echo_in(text)
        if not self._depth and not comment and not self._goes_on(seen.text):
            return False
        self._taken.append(seen)
        bare = _QUOTED.sub("", without_comment(seen.text))
        self._depth = max(0, self._depth + bare.count("{") - bare.count("}"))
        return True

    def _goes_on(self, text: str) -> bool:
        return bool(self.starts(text) or _BETWEEN.match(text) or _OTHER_BLOCK.fullmatch(text))

    def dump(self) -> Dump:
        where = self._taken[0].where
        return dump_from(keepalived_conf(self._taken, where, config_id(self._taken, where)))
