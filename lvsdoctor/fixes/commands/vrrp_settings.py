"""What to change in keepalived.conf so that two directors are one virtual router. A password is not shown."""

from lvsdoctor.analysis.vrrp.pairs import VrrpPair
from lvsdoctor.model.finding import Fix
from lvsdoctor.sanitize import word

_RELOAD = "# then reload keepalived: systemctl reload keepalived"
_LASTS = ("# the file is what lasts",)


def same_vrrp_values(pair: VrrpPair) -> Fix:
    """What the other has."""
    other, peer = pair.other, word(pair.peer.name)
    values = {
        "virtual_router_id": f"virtual_router_id {other.router_id}",
        "version": f"version {other.version}",
        "advert_int": f"advert_int {other.advert_int:g}",
        "authentication": f"the same auth_type and auth_pass as on {peer}",
        "virtual_ipaddress": f"the same virtual_ipaddress as on {peer}",
        "unicast_peer": f"on both hosts: unicast_src_ip and, of the other host, unicast_peer, as {peer} needs them",
    }
    now = tuple(f"# in keepalived.conf: {values[reason.what]}" for reason in pair.differences)
    return Fix(
        now=(*now, _RELOAD),
        persist=_LASTS,
        warning="The director with the lower priority gives up the VIP, and loses the connections that it has.",
    )


def in_keepalived_conf(what: str) -> Fix:
    """One change of the file that is left to a person, such as "another virtual_router_id"."""
    return Fix(now=(f"# in keepalived.conf: {what}", _RELOAD), persist=_LASTS)
