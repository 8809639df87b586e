"""How to verify a fix on the wire: a command for the decision that a finding explains, with the addresses of the
finding; where that has none, what the page of its rule says, if this needs no address."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from math import ceil

from lvsdoctor.language import template, translated
from lvsdoctor.model.examination import AppliedRule, Diagnosis
from lvsdoctor.model.link import EVERY_INTERFACE
from lvsdoctor.model.walk import Decision
from lvsdoctor.reporting.rule_page import BadPage, page_of
from lvsdoctor.reporting.wording import VERIFY
from lvsdoctor.sanitize import command, unwrapped, word


@dataclass(frozen=True, slots=True)
class Verification:
    """What is to be seen, and where, and the command that shows it; of a page no command: its text has them."""

    says: str
    command: str = ""


ANSWERS = template("on a third host in the network segment, only the active director answers, with one MAC:")
SENDER = template("on a third host in the network segment, only the active director is a sender, for one minute:")
OPEN = template("on a client, each connection opens, and this command prints nothing:")
REACHABLE = template("on the director, {rip} is REACHABLE after a ping:")

# A connection that opens shows that all of these say yes.
_PASSED = frozenset(
    {
        Decision.SOURCE_VALIDATION,
        *(Decision.INPUT_FILTER, Decision.IPVS, Decision.REAL_SERVER, Decision.FORWARD_FILTER, Decision.OUTPUT_FILTER),
        *(Decision.ROUTE, Decision.DECAPSULATION, Decision.LOCAL_DELIVERY, Decision.LISTENER, Decision.REPLY_ROUTE),
        Decision.RETURN_PATH,
    }
)
_FEWEST, _MOST = 6, 100  # connections that are opened
# What pages call a VIP, the RIP and the interface of their cases; another example leaves the page's text out.
_EXAMPLES = {"192.0.2.10": "vip", "192.0.2.21": "rip", "eth0": "link", "VIP": "vip", "RIP": "rip"}
_EXAMPLE = re.compile(
    r"(?<![\w.:-])(?:\d+\.\d+\.\d+\.\d+|2001:db8[\w:]*|eth\d[\w.]*|tunl\d"
    r"|(?:[VRDC]IP|PORT|ADDR|KEY)(?=[^`]*`(?:[^`]*`[^`]*`)*[^`]*$))(?![\w-])"  # the words in commands alone
)
_PLAIN = re.compile(r"[\w.:@-]+", re.ASCII)
# Ports of examples, and what cuts connections to show something.
_NOT_AS_IT_STANDS = ("http", "nc -", "systemctl stop")


def verification(together: Sequence[Diagnosis], rule: AppliedRule | None) -> Verification | None:
    """Of findings that are alike; None where they suggest no fix, or nothing short tells that it works."""
    if not any(diagnosis.fix.now or diagnosis.fix.persist for diagnosis in together):
        return None
    of_kube = rule is not None and rule.code.startswith("K8S")  # another than a director serves these addresses
    own = () if of_kube else (_of_decision(diagnosis) for diagnosis in together)
    return next(filter(None, own), None) or _of_page(rule, together[0].about)


def _of_decision(diagnosis: Diagnosis) -> Verification | None:
    decision = diagnosis.explains.decision if diagnosis.explains is not None else None
    about = {**diagnosis.finding.fields, **diagnosis.about}
    vip, link, rip = (about.get(name, "") for name in ("vip", "link", "rip"))
    link = "" if link == EVERY_INTERFACE else link  # no command knows an interface that no file names
    if decision is Decision.ARP_REPLY and vip and link:
        asking = command("ndisc6", vip, link) if ":" in vip else command("arping", "-I", link, "-c", 3, vip)
        return Verification(translated(ANSWERS), asking)
    if decision is Decision.ARP_SENDER and vip and link and ":" not in vip:
        return Verification(translated(SENDER), command("tcpdump", "-eni", link, "arp", "src", "host", vip))
    if decision is Decision.NEIGHBOUR and rip:
        asking = f"{command('ping', '-c', 1, rip)}; {command('ip', 'neigh', 'show', rip)}"
        return Verification(translated(REACHABLE, rip=rip), asking)
    if (decision in _PASSED or decision is Decision.ARP_REPLY) and (
        service := next(_services(diagnosis), None)
    ) is not None:
        return Verification(translated(OPEN), _opening(*service, _times(diagnosis)))
    return None


def _services(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    """VIP and port of the services of TCP that it is about, or that suffer from it; of a mark there is no port."""
    concerned: Iterable[str] = diagnosis.impact.services if diagnosis.impact is not None else ()
    named: Mapping[str, str] = {**diagnosis.finding.fields, **diagnosis.about}
    for service in (named.get("service", ""), *concerned):
        protocol, _, place = service.partition(" ")
        vip, _, port = place.rpartition(":")
        if protocol.lower() == "tcp" and port.isdecimal() and port != "0" and _is_usable(vip.strip("[]")):
            yield vip.strip("[]"), port


def _is_usable(vip: str) -> bool:
    try:
        address = ip_address(vip)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_multicast or address.is_unspecified or address.is_reserved)


def _times(diagnosis: Diagnosis) -> int:
    """So many that each real server that suffers gets some: twice as many as there are shares of this size."""
    share = diagnosis.impact.share if diagnosis.impact is not None else 0.0
    return min(_MOST, max(_FEWEST, ceil(2 / share))) if share else 2 * _FEWEST


def _opening(vip: str, port: str, times: int) -> str:
    return f"for i in $(seq {times}); do nc -zw 3 {word(vip)} {word(port)} || echo lost; done"


def _of_page(rule: AppliedRule | None, about: Mapping[str, str]) -> Verification | None:
    """What the page says, with the addresses of the finding in the place of its examples. Nothing where it has others,
    or names a port."""
    if rule is None:
        return None
    try:
        text = page_of(rule).sections["Fix"]
    except (OSError, UnicodeError, BadPage):
        return None
    for heading in dict.fromkeys((translated(VERIFY), VERIFY)):
        section = text.partition(f"### {heading}\n")[2].strip()
        if section:
            break
    says = unwrapped(section.splitlines())
    values = {example: about.get(_EXAMPLES.get(example, ""), "") for example in _EXAMPLE.findall(says)}
    if (
        not says
        or "\n\n" in section
        or any(part in says for part in _NOT_AS_IT_STANDS)
        or not all(map(_PLAIN.fullmatch, values.values()))
    ):
        return None
    return Verification(_EXAMPLE.sub(lambda example: values[example[0]], says))
