"""What the guest's own process answers in the words of a command is what the command says."""

import pytest

from tests.lab.cluster import BASES
from tests.lab.guest import Guest
from tests.lab.judge import DUMPS, DUMPS6, SOCKETS, running
from tests.lab.pool import Pool

_SYSCTL, _SYSCTL6 = (next(word for word in dumps if word.startswith("sysctl ")) for dumps in (DUMPS, DUMPS6))


@pytest.mark.parametrize("command", ["iptables-legacy-save", "arptables-legacy -nvL", SOCKETS, _SYSCTL, _SYSCTL6])
def test_it_is_what_the_command_prints(command: str, pool: Pool) -> None:
    def both(guest: Guest) -> tuple[str, int, str]:
        with running(guest, BASES["dr"]()) as lab:
            answered = guest.ask("dump", number=lab.number, hosts={"rs1": [command]})["rs1"][command]
            ((status, printed),) = guest.ask("run", number=lab.number, host="rs1", commands=[command])
            return str(answered), int(status), str(printed)

    answered, status, printed = pool.start(both).result()
    assert status == 0
    assert sorted(answered.splitlines()) == sorted(printed.splitlines())


def test_a_table_that_somebody_made_is_listed_by_the_command_itself(pool: Pool) -> None:
    def listed(guest: Guest) -> dict[str, str]:
        with running(guest, BASES["dr"]()) as lab:
            assert not list(lab.run("rs1", ["iptables -A INPUT -d 192.0.2.10 -j DROP", "arptables -A INPUT -j DROP"]))
            commands = ["iptables-legacy-save", "arptables-legacy -nvL"]
            dumps: dict[str, str] = guest.ask("dump", number=lab.number, hosts={"rs1": commands})["rs1"]
            return dumps

    dumps = pool.start(listed).result()
    assert "-A INPUT -d 192.0.2.10/32 -j DROP" in dumps["iptables-legacy-save"]
    assert "-j DROP" in dumps["arptables-legacy -nvL"]
