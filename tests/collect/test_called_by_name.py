"""A file that tells nothing of a host is called by what it is, and a script of nft is read under any name."""

from pathlib import Path

import pytest

from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.text_pieces import pieces_of
from lvsdoctor.model.coverage import Origin

NFT = "#!/usr/sbin/nft -f\nflush ruleset\n"
NFT += "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0;\n\t}\n}\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("#kernel.panic = 10\n# kernel.sysrq = 0\n", "comments"),
        ("virtual_server vip 80 80 {\n    lb_algo rr\n}\n", "keepalived"),
        ("virtual=vip\n\treal=192.0.2.21:80 gate\n", "ldirectord"),
        ("kern.ostype: FreeBSD\nkern.osrelease: 12.1-RELEASE\n", "sysctl-bsd"),
        ("priority 150\n", "keepalived-words"),
        ("ff00::/16\nff01::/16 dev\nff02::/16 dev enp0s25 metric\n", "routes-cut"),
        ("This file is now deprecated. Please refer to doc/man/man5/keepalived.conf.5\n", "manual"),
        ("{% set vip = '192.0.2.10' %}\nnet.ipv4.ip_forward:\n  sysctl.present:\n    - value: 1\n", "salt"),
        ("vip on lo:\n  cmd.run:\n    - name: ip addr add 192.0.2.10/32 dev lo\n", "salt"),
        ("# Cookbook:: lvs\npackage 'ipvsadm'\n", "chef"),
        ("execute 'vip' do\n  command 'ip addr add 192.0.2.10/32 dev lo'\nend\n", "chef"),
        ('resource "null_resource" "rs" {\n  provisioner "remote-exec" {\n  }\n}\n', "terraform"),
        ("class lvs::real {\n  exec { '/sbin/ip addr add 192.0.2.10/32 dev lo': }\n}\n", "puppet"),
        ("FROM debian:12\nRUN apt-get install -y keepalived\n", "dockerfile"),
        ("#cloud-config\nruncmd:\n  - ip addr add 192.0.2.10/32 dev lo\n", "cloud-init"),
    ],
)
def test_what_tells_nothing_has_a_name(text: str, kind: str) -> None:
    kinds = [unread.kind for piece in pieces_of(text, "dump.txt") for unread in piece.dump.unread_kinds]
    assert kinds == [kind]


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        (
            "Vagrantfile",
            "Vagrant.configure('2') do |c|\n  c.vm.provision 'shell', inline: <<-S\n    IP\n  S\nend\n",
            "vagrant",
        ),
        ("infra/Makefile", "rs:\n\tIP\n", "make"),
        ("rs1.ks", "#version=RHEL8\n%post\nIP\n%end\n", "kickstart"),
        ("preseed.cfg", "d-i preseed/late_command string \\\nIP\n", "preseed"),
        ("ci/Jenkinsfile", "pipeline {\n  agent any\n  sh '''\n  IP\n  '''\n}\n", "jenkins"),
        ("docker-compose.yml", "services:\n  rs:\n    image: x\n    command: |\n      IP\n", "compose"),
        ("x/.gitlab-ci.yml", "deploy:\n  script: |\n    IP\n", "ci"),
        ("ha/haresources", "lb1 192.0.2.10/24/eth0 ldirectord::ldirectord.cf\n", "haresources"),
        ("crm.txt", "primitive vip ocf:heartbeat:IPaddr2 params ip=192.0.2.10 nic=lo\n", "pacemaker"),
    ],
)
def test_commands_for_hosts_that_a_tool_builds_are_of_no_host_of_the_scan(path: str, text: str, kind: str) -> None:
    (piece,) = pieces_of(text.replace("IP", "ip addr add 192.0.2.10/24 dev lo"), path)
    assert ([unread.kind for unread in piece.dump.unread_kinds], dict(piece.dump.facts), piece.host) == ([kind], {}, "")


def test_a_script_of_nft_is_what_is_loaded_under_any_name() -> None:
    (piece,) = pieces_of(NFT, "firewall.txt")
    assert piece.dump.origin is Origin.CONFIGURED
    assert set(piece.dump.facts) == {"configured-iptables", "configured-ip6tables"}


def test_a_paste_that_begins_with_a_script_of_nft_keeps_its_other_dumps() -> None:
    text = f"{NFT}$ ip rule\n0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
    assert [fact for piece in pieces_of(text, "paste.txt") for fact in piece.dump.facts] == ["policy-rules"]


def test_settings_that_are_commented_out_are_a_file_that_sets_nothing() -> None:
    text = "#net.ipv4.conf.lo.arp_ignore = 1\n# net.ipv4.conf.all.arp_announce = 2\n"
    (piece,) = (piece for piece in pieces_of(text, "dump.txt") if piece.dump.facts)
    assert piece.dump.origin is Origin.CONFIGURED
    assert [file.lines for file in piece.dump.facts["configured-sysctl"]] == [()]


@pytest.mark.parametrize(
    "text",
    [
        "...\n\tchain prerouting {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
        "\t\ttcp dport 80 redirect to :8080\n\t}\n}\n",
        "\t\tip daddr 192.0.2.10 tcp dport 80 redirect to :8080\n\t}\n}\n",
        "\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n",
    ],
    ids=["a chain", "a rule", "a policy"],
)
def test_what_is_left_of_an_nftables_rule_set_hides_what_it_may_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "rs1").mkdir()
    (tmp_path / "rs1" / "nft.txt").write_text(text)
    (tmp_path / "rs1" / "sysctl.txt").write_text("net.ipv4.conf.all.arp_ignore = 0\n")
    (node,) = collect_paths([str(tmp_path / "rs1")])
    (kind,) = node.unread_kinds
    assert (kind.kind, kind.hides) == ("nftables", frozenset({"packets", "arp"}))
