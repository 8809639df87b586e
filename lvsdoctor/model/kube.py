"""Kubernetes as its files configure it: kube-proxy, who announces service addresses, which these are; and its nodes."""

from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class KubeProxy:
    """A KubeProxyConfiguration (kubeproxy.config.k8s.io). `seen` is the line that says of which kind it is.

    `strict_arp` is None where the file leaves it out, which is false, or where its value cannot be known
    (`strict_arp_known`). `gate` is what featureGates says of KubeProxyIPVS.
    """

    mode: str
    seen: Seen
    mode_seen: Seen
    strict_arp: bool | None = None
    strict_arp_seen: Seen | None = None
    strict_arp_known: bool = True
    scheduler: str = ""
    excluded: tuple[str, ...] = ()
    gate: bool | None = None

    @property
    def answers_for_services(self) -> bool:
        """Does it leave arp_ignore alone, so that every node answers for the addresses on kube-ipvs0?"""
        return self.mode == "ipvs" and self.strict_arp_known and not self.strict_arp


@dataclass(frozen=True, slots=True)
class Announcer:
    """What announces service addresses by ARP and NDP: `name` as its project calls it ("MetalLB's L2Advertisement")."""

    name: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class ServiceRange:
    """Addresses that MetalLB gives to services, as the file has them ("192.0.2.200-192.0.2.210", "192.0.2.0/28")."""

    ranges: tuple[str, ...]
    seen: Seen


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """An address that a Service has or asks for: of externalIPs (`external`), of its cluster (`internal`), or of its
    load balancer. `ports` are such as "80/tcp"."""

    service: str
    ip: IP
    seen: Seen
    external: bool
    ports: tuple[str, ...] = ()
    internal: bool = False


@dataclass(frozen=True, slots=True)
class KubeNode:
    """A node as `kubectl get nodes` shows it. `ready` is None where that is not shown, `addresses` are its internal and
    external IPs, () where they are not shown (without -o wide)."""

    name: str
    seen: Seen
    ready: bool | None = None
    addresses: tuple[IP, ...] = ()


@dataclass(frozen=True, slots=True)
class Kustomization:
    """A kustomization.yaml: the files and directories that it takes in, and the files that change these, by their path.

    `unread` is a line of a patch of kube-proxy's configuration whose outcome is not known.
    """

    seen: Seen
    resources: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    unread: Seen | None = None


KubeState = KubeNode | ServiceAddress
KubeRow = KubeProxy | Announcer | ServiceRange | ServiceAddress | Kustomization
