"""Every reader there is, in the order in which they are asked whether a line is theirs."""

from lvsdoctor.parse.arp import ArpA, ArpN, ProcNetArp
from lvsdoctor.parse.arptables import Arptables
from lvsdoctor.parse.identity import Uname
from lvsdoctor.parse.ip_addr import IpAddr
from lvsdoctor.parse.ip_json import IpJson
from lvsdoctor.parse.ip_neigh import IpNeigh
from lvsdoctor.parse.ip_route import IpRoute
from lvsdoctor.parse.ip_rule import IpRule
from lvsdoctor.parse.ipvsadm_list import IpvsadmList
from lvsdoctor.parse.ipvsadm_save import IpvsadmSave
from lvsdoctor.parse.proc_ip_vs import ProcIpVs
from lvsdoctor.parse.reader import Reader
from lvsdoctor.parse.route_n import RouteN
from lvsdoctor.parse.sysctl import Sysctl

READERS: tuple[type[Reader], ...] = (
    Sysctl,
    IpAddr,
    IpRule,
    IpNeigh,
    IpRoute,
    IpvsadmList,
    ProcIpVs,
    IpvsadmSave,
    Arptables,
    IpJson,
    RouteN,
    ArpA,
    ArpN,
    ProcNetArp,
    Uname,
)
