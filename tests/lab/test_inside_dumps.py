"""What the guest's own process answers in the words of a command is what the command says."""

from collections.abc import Sequence

import pytest

from tests.lab.cluster import BASES
from tests.lab.guest import Guest
from tests.lab.inside_dumps import BATCHES, parted
from tests.lab.judge import ALL_BASES, DUMPS, DUMPS6, SOCKETS, running
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


@pytest.mark.parametrize(("base", "dumps"), [("dr", DUMPS), ("tun", DUMPS), ("dr6", DUMPS6)])
def test_commands_that_one_process_answers_print_what_each_prints_alone(
    base: str, dumps: Sequence[str], pool: Pool
) -> None:
    commands = [command for batch in BATCHES.values() for command in batch if command in dumps]

    def dumped(guest: Guest) -> list[dict[str, str]]:
        with running(guest, ALL_BASES[base]()) as lab:
            made = [
                "ip neigh add 192.0.2.66 lladdr 02:00:00:00:00:66 dev eth0",
                "ip rule add from 192.0.2.66 lookup 66",
            ]
            made += ["ip -6 rule add from 2001:db8::66 lookup 66", "ip -6 neigh add proxy 2001:db8::66 dev eth0"]
            assert not list(lab.run("rs1", made))
            asked = {"number": lab.number, "hosts": {"rs1": commands}}
            for _ in range(20):  # an address that is checked for duplicates is another one a moment later
                both = [guest.ask("dump", itself=itself, **asked)["rs1"] for itself in (False, True)]
                if both[0] == both[1]:
                    break
            return both

    together, alone = pool.start(dumped).result()
    assert together == alone
    assert all(alone.values())


def test_where_a_batch_cannot_be_parted_nothing_is_known() -> None:
    batch = BATCHES["-6",]
    routes, rules, proxies = (
        "::/0 via fe80::1 dev eth0\n",
        "0:\tfrom all lookup local\n",
        "2001:db8::1 dev eth0 proxy\n",
    )
    assert list(parted(routes + rules + proxies, batch).values()) == [routes, rules, proxies]
    assert list(parted(routes + rules, batch).values()) == [routes, rules, ""]
    assert parted(routes + proxies, batch) == {}


def test_a_complaint_about_a_peer_in_the_midst_of_the_links_ends_no_output() -> None:
    complaint, links = "Error: Peer netns reference is invalid.\n", ["1: lo: <UP>\n", "2: eth0@if9: <UP>\n"]
    entries = "192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 STALE\n"
    output = links[0] + complaint + links[1] + entries
    assert list(parted(output, BATCHES["-d",]).values()) == ["".join(links), entries]


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
