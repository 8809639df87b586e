from lvsdoctor.model.kube import KubeNode, ServiceAddress
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

SERVICES = """NAMESPACE   NAME         TYPE           CLUSTER-IP    EXTERNAL-IP                 PORT(S)         AGE
default     kubernetes   ClusterIP      198.51.100.1  <none>                      443/TCP          3d    <none>
web         api          LoadBalancer   198.51.100.7  192.0.2.20                  443:30044/TCP    3d    app=api
web         dual         NodePort       2001:db8::7   192.0.2.31,2001:db8::31     53:30053/UDP     3d    app=d,tier=x
web         waiting      LoadBalancer   198.51.100.8  <pending>                   80:30080/TCP     3d    <none>
web         elsewhere    ExternalName   <none>        www.example.net             <none>           3d    <none>
web         headless     ClusterIP      None          <none>                      <none>           3d    <none>
"""
NODES = """NAME       STATUS                        ROLES           AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE
node1      Ready                         control-plane   3d    v1.30.0   192.0.2.31    203.0.113.9   Debian GNU/Linux 12
node2      NotReady,SchedulingDisabled   <none>          3d    v1.30.0   192.0.2.32    <none>        Debian GNU/Linux 12
"""


def read(text: str) -> Dump:
    (dump,) = (piece.dump for piece in pieces(text, "x") if piece.dump.facts)
    return dump


def test_services_have_the_addresses_of_their_cluster_and_from_outside() -> None:
    dump = read(SERVICES)
    rows = [row for row in dump.facts["kube-state"] if isinstance(row, ServiceAddress)]
    outside = [(row.service, str(row.ip), row.external, row.ports) for row in rows if not row.internal]
    assert outside == [
        ("api", "192.0.2.20", False, ("443/tcp",)),
        ("dual", "192.0.2.31", True, ("53/udp",)),
        ("dual", "2001:db8::31", True, ("53/udp",)),
    ]
    assert [row.service for row in rows if row.internal] == ["kubernetes", "api", "dual", "waiting"]
    assert [row.seen.line for row in rows if row.service == "dual"] == [4, 4, 4]
    assert (dump.unread, dump.partial) == ((), None)


def test_nodes_are_ready_or_not_and_have_the_addresses_of_the_wide_table() -> None:
    first, second = (row for row in read(NODES).facts["kube-state"] if isinstance(row, KubeNode))
    assert (first.name, first.ready, [str(ip) for ip in first.addresses]) == (
        "node1",
        True,
        ["192.0.2.31", "203.0.113.9"],
    )
    assert (second.name, second.ready, [str(ip) for ip in second.addresses]) == ("node2", False, ["192.0.2.32"])


def test_the_narrow_table_shows_no_address() -> None:
    text = "\n".join("   ".join(line.split()[:5]) for line in NODES.splitlines())
    assert [row.addresses for row in read(text).facts["kube-state"]] == [(), ()]


def test_both_tables_of_one_command_are_read_without_the_kind_in_their_names() -> None:
    text = NODES.replace("\nnode", "\nnode/node") + "\n" + SERVICES.replace("   api ", "   service/api ")
    rows = [row for piece in pieces(text, "x") for row in piece.dump.facts.get("kube-state", ())]
    assert {"node1", "node2"} <= {row.name for row in rows if isinstance(row, KubeNode)}
    assert "api" in {row.service for row in rows if isinstance(row, ServiceAddress)}


def test_a_table_of_one_namespace_or_one_object_is_a_part() -> None:
    for command in (
        "kubectl get svc -n web",
        "kubectl get svc -o wide api",
        "kubectl get nodes node1",
        "kubectl get svc -l a=b",
    ):
        dump = read(f"root@lb1:~# {command}\n{SERVICES}")
        assert dump.partial is not None, command
        assert (dump.partial.seen and dump.partial.seen.line) == 1
    for command in ("kubectl get svc -A -o wide", "kubectl get nodes -o wide", "kubectl get nodes,services -A -o wide"):
        assert read(f"root@lb1:~# {command}\n{SERVICES}").partial is None, command


def test_an_address_that_was_cut_or_masked_makes_the_table_partial() -> None:
    for cell in ("192.0.2.20,192...", "192.0.2.xx", "192.0.2.20,192.0.x.x"):
        dump = read(SERVICES.replace("192.0.2.20", cell))
        assert [seen.line for seen in dump.unread] == [3], cell
        assert dump.partial is not None
    row = SERVICES.splitlines()[2]
    assert read(SERVICES.replace(row, row[:45])).unread
