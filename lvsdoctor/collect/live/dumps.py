"""The kernel's tables, asked for over netlink. Each function answers decoded messages."""

from collections.abc import Iterator
from typing import Any

from lvsdoctor.collect.live.netlink import messages
from lvsdoctor.collect.live.netlink_socket import GENERIC, NETFILTER, Message, Netlink

GETLINK, GETADDR, GETROUTE, GETNEIGH, GETRULE = 18, 22, 26, 30, 34  # include/uapi/linux/rtnetlink.h
NTF_PROXY = 0x08  # include/uapi/linux/neighbour.h
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 0x10, 3  # include/uapi/linux/genetlink.h
IPVS_CMD_GET_SERVICE, IPVS_CMD_GET_DEST, IPVS_GENL_VERSION = 4, 8, 1  # include/uapi/linux/ip_vs.h
NFNL_SUBSYS_NFTABLES, NFPROTO_ARP = 10, 3  # include/uapi/linux/netfilter/nfnetlink.h, include/uapi/linux/netfilter.h
NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE = 1, 4, 7  # include/uapi/linux/netfilter/nf_tables.h


def links(route: Netlink) -> list[Any]:
    return route.dump(GETLINK, messages().link)


def addresses(route: Netlink) -> list[Any]:
    return route.dump(GETADDR, messages().address)


def routes(route: Netlink) -> list[Any]:
    return route.dump(GETROUTE, messages().route, family=0)  # AF_UNSPEC: every family


def rules(route: Netlink) -> list[Any]:
    return route.dump(GETRULE, messages().rule)


def neighbours(route: Netlink) -> list[Any]:
    """Learned and permanent entries, then the proxy entries, which are another table."""
    neighbour = messages().neighbour
    return route.dump(GETNEIGH, neighbour) + route.dump(GETNEIGH, neighbour, flags=NTF_PROXY)


def ipvs() -> list[tuple[Any, list[Any]]]:
    """Every virtual service with its destinations. Raises OSError (PermissionError without CAP_NET_ADMIN).

    The family is found in the list of all families: asking for it by its name would load ip_vs.
    """
    known = messages()
    with Netlink(GENERIC) as generic:
        families = generic.dump(GENL_ID_CTRL, known.control, cmd=CTRL_CMD_GETFAMILY, version=1)
        numbers = {each.get_attr("CTRL_ATTR_FAMILY_NAME"): each.get_attr("CTRL_ATTR_FAMILY_ID") for each in families}
        if "IPVS" not in numbers:
            raise OSError("the kernel has no generic netlink family named IPVS")

        def ask(command: int, **fields: Any) -> list[Any]:
            return generic.dump(numbers["IPVS"], known.ipvs, cmd=command, version=IPVS_GENL_VERSION, **fields)

        return [
            (service, ask(IPVS_CMD_GET_DEST, attrs=[("IPVS_CMD_ATTR_SERVICE", {"attrs": list(_key_of(service))})]))
            for service in ask(IPVS_CMD_GET_SERVICE)
        ]


def nft_arp() -> tuple[list[Any], list[Any], list[Any]]:
    """The tables, chains and rules of nf_tables' family arp. Raises OSError.

    Only where nf_tables is in the kernel already: opening this socket, or asking it for nf_tables, would load them.
    """
    known = messages()
    with Netlink(NETFILTER) as netfilter:

        def ask(command: int, message: Any) -> list[Any]:
            return netfilter.dump(NFNL_SUBSYS_NFTABLES << 8 | command, message, nfgen_family=NFPROTO_ARP)

        return (
            ask(NFT_MSG_GETTABLE, known.nft_table),
            ask(NFT_MSG_GETCHAIN, known.nft_chain),
            ask(NFT_MSG_GETRULE, known.nft_rule),
        )


def _key_of(message: Message) -> Iterator[tuple[str, Any]]:
    """The attributes that tell the kernel which service is meant, as it sent them."""
    service = message.get_attr("IPVS_CMD_ATTR_SERVICE")
    for name in ("AF", "FWMARK", "PROTOCOL", "ADDR", "PORT"):
        value = service.get_attr(f"IPVS_SVC_ATTR_{name}")
        if value is not None:
            yield f"IPVS_SVC_ATTR_{name}", value
