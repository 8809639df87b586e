"""What a crontab runs when the host comes up."""

import pytest

from lvsdoctor.parse.config import config_dump

pytest.importorskip("tree_sitter_bash")

VIP = "ip addr add 192.0.2.10/24 dev lo"


def _addresses(text: str, where: str) -> list[tuple[str, int]]:
    dump = config_dump(text, where)
    assert dump is not None
    return [(str(row), row.seen.line) for row in dump.facts.get("configured-addresses", ())]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"SHELL=/bin/sh\n# the VIP\n@reboot root {VIP}\n", "rs1/etc/cron.d/lvs"),
        (f"SHELL=/bin/sh\n\n@reboot\troot\t{VIP}\n", "rs1/etc/crontab"),
        (f"MAILTO=\"\"\n\n@reboot {VIP}\n", "rs1/var/spool/cron/root"),
        (f"LEN = 24\n\n@reboot {VIP.replace('24', '$LEN')} >/dev/null 2>&1\n", "rs1/var/spool/cron/crontabs/root"),
        (f"\n\n@reboot /bin/sh -c '{VIP}' % no input\n", "var/spool/cron/root"),
    ],
)  # fmt: skip
def test_what_runs_at_reboot_is_configured(text: str, where: str) -> None:
    assert _addresses(text, where) == [("192.0.2.10/24", 3)]


@pytest.mark.parametrize("when", ["*/5 * * * *", "@hourly", "0 3 * * sun"])
def test_what_runs_at_other_times_is_not_known_to_have_run(when: str) -> None:
    dump = config_dump(f"{when} root {VIP}\n{when} root logger alive\n", "rs1/etc/cron.d/lvs")
    assert dump is not None
    assert not dump.facts
    assert [seen.line for seen in dump.unread] == [1]


def test_a_crontab_without_an_entry_is_none() -> None:
    assert config_dump("# m h dom mon dow command\nPATH=/bin\n", "rs1/etc/cron.d/empty") is None
