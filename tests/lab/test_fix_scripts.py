"""One script of `lvsdoctor fix` for a cluster that is broken in several places. (tests/lab/judge.py runs those of every
rule's scenarios.)"""

from lvsdoctor.engine.runner import examine
from lvsdoctor.model.finding import Severity
from tests.lab.cluster import BASES, VIP
from tests.lab.fix_scripts import scripts_for
from tests.lab.guest import Guest
from tests.lab.judge import nodes_from, rules, running
from tests.lab.pool import Pool

BROKEN = {
    "lb1": [f"ip addr del {VIP}/32 dev eth0"],
    "rs1": ["sysctl -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0"],
    "rs2": [f"ip addr del {VIP}/32 dev lo", f"ip addr add {VIP}/24 dev eth0"],
}


def test_one_script_heals_a_cluster_that_is_broken_on_every_host(pool: Pool) -> None:
    pool.start(_heal).result()


def _heal(guest: Guest) -> None:
    with running(guest, BASES["dr"]()) as lab:
        for host, commands in BROKEN.items():
            assert list(lab.run(host, commands)) == []
        assert lab.measure().symptoms
        scripts = scripts_for(nodes_from(lab.dumps()), rules())
        # The director is made to speak when the real servers are silent.
        assert list(scripts.now) == ["rs1", "rs2", "lb1"]
        assert scripts.untried == ()
        for host, text in scripts.now.items():
            assert list(lab.run(host, [text])) == []
        assert lab.measure().symptoms == ()
        found = examine(nodes_from(lab.dumps()), rules()).diagnoses
        assert [diagnosis.message for diagnosis in found if diagnosis.severity is Severity.ERROR] == []
        # Whoever runs it twice breaks nothing.
        for host, text in scripts.now.items():
            assert list(lab.run(host, [text])) == []
        assert lab.measure().symptoms == ()
