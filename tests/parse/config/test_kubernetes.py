import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.kube import Announcer, KubeNode, KubeProxy
from lvsdoctor.parse.config.kubernetes import dump_of, dumps_of
from lvsdoctor.parse.reader import Dump

pytest.importorskip("yaml")
pytest.importorskip("tree_sitter_bash")

PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
POD = """apiVersion: v1
kind: Pod
metadata: {name: real}
spec:
  hostNetwork: HOST
  containers:
    - name: arp
      securityContext: {privileged: true}
      env:
        - {name: VIP, value: 192.0.2.10}
      command: [sh, -c]
      args:
        - |
          # on the host
          ip addr add $VIP/32 dev lo
          sysctl -w net.ipv4.conf.all.arp_ignore=$LEVEL
"""


def proxy(text: str) -> KubeProxy:
    dump = dump_of(text, "f.yaml")
    assert dump is not None
    assert dump.origin is Origin.CONFIGURED
    (row,) = dump.facts["kube"]
    assert isinstance(row, KubeProxy)
    return row


def test_strict_arp_is_quoted_by_its_own_line() -> None:
    row = proxy(f"{PROXY}mode: ipvs\nipvs:\n  scheduler: wrr\n  strictARP: false\n  excludeCIDRs: [192.0.2.10/32]\n")
    assert row.answers_for_services
    assert str(row.strict_arp_seen) == "f.yaml:6"
    assert (row.scheduler, row.excluded) == ("wrr", ("192.0.2.10/32",))


def test_strict_arp_left_out_is_false_and_a_template_is_not_known() -> None:
    assert proxy(f"{PROXY}mode: ipvs\n").answers_for_services
    row = proxy(f"{PROXY}mode: ipvs\nipvs:\n  strictARP: {{{{ strict }}}}\n")
    assert not row.strict_arp_known
    assert not row.answers_for_services


def test_a_config_map_holds_lines_of_the_outer_file() -> None:
    inner = "".join(f"    {line}\n" for line in f"{PROXY}mode: ipvs\nipvs:\n  strictARP: false".split("\n"))
    row = proxy(f"apiVersion: v1\nkind: ConfigMap\ndata:\n  config.conf: |\n{inner}")
    assert str(row.strict_arp_seen) == "f.yaml:9"
    assert row.strict_arp_seen is not None
    assert row.strict_arp_seen.text == "      strictARP: false"


def test_announcers_are_called_as_their_projects_call_them() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  config: |\n    address-pools:\n    - protocol: layer2\n"
        "      addresses: [192.0.2.0/28]\n---\napiVersion: metallb.io/v1beta1\nkind: L2Advertisement\n"
    )
    dump = dump_of(text, "f.yaml")
    assert dump is not None
    announcers = [(row.name, row.seen.line) for row in dump.facts["kube"] if isinstance(row, Announcer)]
    assert announcers == [("MetalLB's layer2 pool", 6), ("MetalLB's L2Advertisement", 10)]


def test_a_container_on_the_hosts_network_changes_the_host() -> None:
    (dump,) = [dump for dump in dumps_of(POD.replace("HOST", "true"), "f.yaml") if dump.host]
    assert dump.host == "real"
    (address,) = dump.facts["configured-addresses"]
    assert (str(address.ip), address.seen.line) == ("192.0.2.10", 15)
    assert [seen.line for seen in dump.unread] == [16]  # $LEVEL is set by nobody


def test_a_container_in_a_network_of_its_own_changes_no_host() -> None:
    assert not any(dump.facts for dump in dumps_of(POD.replace("HOST", "false"), "f.yaml"))


def test_two_workloads_are_two_hosts() -> None:
    text = POD.replace("HOST", "true")
    hosts = [dump.host for dump in dumps_of(f"{text}---\n{text.replace('real', 'other')}", "f.yaml")]
    assert hosts == ["real", "other"]


def test_notes_that_begin_like_a_manifest_are_no_manifest() -> None:
    assert dump_of(f"{PROXY}mode: ipvs\nroot@node1:~# ip addr\n1: lo: <LOOPBACK> x: y: z\n", "notes.txt") is None


@given(st.lists(st.sampled_from([*POD, "\n", "- ", ": ", "{", "|\n", PROXY, "kind: List\nitems:\n", "&a ", "*a"])))
@settings(max_examples=150, deadline=None)
def test_nothing_is_raised(parts: list[str]) -> None:
    assert all(isinstance(dump, Dump) for dump in dumps_of(PROXY + "".join(parts), "f.yaml"))


@pytest.mark.parametrize("cut", range(0, len(POD), 7))
def test_a_manifest_that_is_cut_short_raises_nothing(cut: int) -> None:
    assert all(isinstance(dump, Dump) for dump in dumps_of(POD.replace("HOST", "true")[:cut], "f.yaml"))


LIVE = """apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata: {name: node2, uid: a-b}
  status:
    addresses:
    - {address: 192.0.2.32, type: InternalIP}
    - {address: node2, type: Hostname}
    conditions:
    - {type: MemoryPressure, status: "False"}
    - {type: Ready, status: "False"}
- apiVersion: v1
  kind: Service
  metadata: {name: shop, uid: c-d}
  spec:
    type: LoadBalancer
    externalIPs: [192.0.2.32]
    ports: [{port: 80, protocol: TCP}]
  status:
    loadBalancer:
      ingress:
      - ip: 192.0.2.40
      - hostname: www.example.net
"""


def test_what_kubectl_shows_as_yaml_are_the_cluster_s_own_addresses() -> None:
    dump = dump_of(LIVE, "all.yaml")
    assert dump is not None
    assert set(dump.facts) == {"kube-state"}
    node, *services = dump.facts["kube-state"]
    assert isinstance(node, KubeNode)
    assert (node.name, node.ready, node.seen.line) == ("node2", False, 9)
    assert [str(ip) for ip in node.addresses] == ["192.0.2.32"]
    assert [(row.service, str(row.ip), row.external, row.seen.line) for row in services] == [
        ("shop", "192.0.2.32", True, 19),
        ("shop", "192.0.2.40", False, 24),
    ]


def test_a_manifest_that_no_api_server_has_numbered_shows_no_cluster() -> None:
    dump = dump_of(LIVE.replace("metadata: {name: shop, uid: c-d}", "metadata: {name: shop}"), "all.yaml")
    assert dump is not None
    assert [type(row) for row in dump.facts["kube-state"]] == [KubeNode]


def test_values_of_a_chart_hold_the_configuration_of_kube_proxy() -> None:
    values = f"kubeProxy:\n  config:\n    {PROXY.strip().replace(chr(10), chr(10) + '    ')}\n    mode: ipvs\n"
    assert proxy(values).answers_for_services


def test_keepalived_conf_in_a_config_map_is_that_of_a_host() -> None:
    conf = "virtual_server 192.0.2.10 80 {\n  lb_kind DR\n  real_server 192.0.2.21 80 {\n  }\n}"
    inner = "".join(f"    {line}\n" for line in conf.split("\n"))
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: lvs}}\ndata:\n  keepalived.conf: |\n{inner}"
    (dump,) = dumps_of(text, "f.yaml")
    (service,) = dump.facts["configured-ipvs"]
    assert (dump.host, str(service.seen), str(service.destinations[0].seen)) == ("lvs", "f.yaml:6", "f.yaml:8")


@pytest.mark.parametrize(
    ("version", "kind"),
    [("purelb.io/v1", "purelb"), ("network.kubesphere.io/v1alpha2", "openelb"), ("loxilb.io/v1", "loxilb")],
)
def test_what_else_brings_service_addresses_to_nodes_is_called_by_its_name(version: str, kind: str) -> None:
    dump = dump_of(f"apiVersion: {version}\nkind: ServiceGroup\nmetadata:\n  name: lan\n", "lan.yaml")
    assert dump is not None
    assert [(unread.kind, unread.seen.line) for unread in dump.unread_kinds] == [(kind, 2)]
