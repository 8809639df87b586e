"""Which row of a service with two methods is the odd one."""

from lvsdoctor.analysis.mixed_methods import MixedMethods, mixed_methods
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.parse.paste.stream import pieces

VIP_ON_LO = "    inet 192.0.2.10/32 scope global lo\n"
DIRECTOR = (
    "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n"
    "    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff\n"
    "    inet 192.0.2.2/24 scope global eth0\n    inet 192.0.2.10/32 scope global eth0"
)
LIKE_DR, LIKE_NAT = (VIP_ON_LO, "192.0.2.1"), ("", "192.0.2.2")


def mix(*rows: tuple[str, tuple[str, str] | None], conntrack: str = "0", kube: str = "") -> MixedMethods:
    """A director that reaches 192.0.2.21 and so on by these methods; each real server as (VIP, gateway), or none."""
    table = ["-A -t 192.0.2.10:80 -s rr"]
    dumps = {("lb1", "lb1/ip-addr.txt"): DIRECTOR + kube}
    dumps["lb1", "lb1/sysctl.txt"] = f"net.ipv4.ip_forward = 1\nnet.ipv4.vs.conntrack = {conntrack}"
    for number, (method, prepared) in enumerate(rows, 1):
        table.append(f"-a -t 192.0.2.10:80 -r 192.0.2.2{number}:80 {method} -w 1")
        if prepared is None:
            continue
        vip, gateway = prepared
        dumps[f"rs{number}", f"rs{number}/ip-addr.txt"] = (
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN\n"
            f"    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n{vip}"
            "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n"
            f"    link/ether 02:00:00:00:00:2{number} brd ff:ff:ff:ff:ff:ff\n"
            f"    inet 192.0.2.2{number}/24 scope global eth0"
        )
        dumps[f"rs{number}", f"rs{number}/ip-route.txt"] = (
            f"default via {gateway} dev eth0\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2{number}"
        )
    dumps["lb1", "lb1/ipvsadm.txt"] = "\n".join(table)
    nodes = with_standing(
        nodes_of([NodeDump(piece, at, at) for (at, where), text in dumps.items() for piece in pieces(text, where)])
    )
    (findings,) = mixed_methods(next(node for node in nodes if node.name == "lb1"))
    return findings


def odd(findings: MixedMethods) -> tuple[list[str], Forwarding | None, bool]:
    return [str(real.ip) for real in findings.odd], findings.usual, bool(findings.refuted)


def test_two_rows_of_which_nothing_else_is_known_have_no_odd_one() -> None:
    assert odd(mix(("-g", None), ("-m", None))) == ([], None, False)
    assert odd(mix(("-g", LIKE_DR), ("-m", LIKE_NAT))) == ([], None, False)


def test_the_dumps_of_a_real_server_tell_that_its_row_is_the_odd_one() -> None:
    findings = mix(("-g", LIKE_DR), ("-m", LIKE_DR))
    assert odd(findings) == (["192.0.2.22"], Forwarding.DR, True)
    quoted = [line.seen.text.strip() for line in findings.refuted[0].because if not line.assumed]
    assert quoted == [
        "inet 192.0.2.10/32 scope global lo",
        "default via 192.0.2.1 dev eth0",
        "net.ipv4.vs.conntrack = 0",
    ]
    assert odd(mix(("-m", LIKE_NAT), ("-g", LIKE_NAT))) == (["192.0.2.22"], Forwarding.NAT, True)
    assert odd(mix(("-g", None), ("-m", LIKE_DR))) == (["192.0.2.22"], Forwarding.DR, True)


def test_rows_that_the_dumps_contradict_are_odd_however_many_they_are() -> None:
    assert odd(mix(("-g", LIKE_DR), ("-m", LIKE_DR), ("-m", LIKE_DR)))[0] == ["192.0.2.22", "192.0.2.23"]


def test_dumps_that_contradict_each_other_leave_the_number_of_the_rows() -> None:
    assert odd(mix(("-g", LIKE_NAT), ("-m", LIKE_DR), ("-g", LIKE_DR))) == (["192.0.2.22"], Forwarding.DR, False)


def test_a_masqueraded_real_server_may_hold_the_vip_if_the_director_is_its_gateway() -> None:
    assert odd(mix(("-g", LIKE_DR), ("-m", (VIP_ON_LO, "192.0.2.2")))) == ([], None, False)


def test_kube_proxy_changes_the_source_so_the_gateway_tells_nothing() -> None:
    kube = (
        "\n3: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 state DOWN\n"
        "    link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff\n"
        "    inet 203.0.113.9/32 scope global kube-ipvs0"
    )
    assert odd(mix(("-g", LIKE_DR), ("-m", LIKE_DR), conntrack="1", kube=kube)) == ([], None, False)
