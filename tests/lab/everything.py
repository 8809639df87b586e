"""A director and a real server with a bit of everything that a node can say, for the live collector to see."""

import sys

from tests.lab.cluster import BACK, FRONT, VIP, Cluster, Host

DIRECTOR, REAL_SERVER = "lb1", "rs1"
# The port of two services, TCP and UDP, that somebody uses, and of one whose real server answers through the director.
COUNTED, ANSWERED = 99, 98
MODULES = """
    ip_vs_dh ip_vs_fo ip_vs_lblc ip_vs_mh ip_vs_nq ip_vs_ovf ip_vs_sed ip_vs_pe_sip sctp
    8021q macvlan macvtap ipvlan bonding team vrf vxlan ip_gre ip6_gre ip6_tunnel ip_vti ip6_vti sit
    br_netfilter nf_tables
""".split()

VIP6 = "2001:db8::10"
IPVS = f"""
-A -t {VIP}:80 -s rr
-a -t {VIP}:80 -r 192.0.2.21:80 -g -w 1
-a -t {VIP}:80 -r 192.0.2.22:80 -g -w 0
-a -t {VIP}:80 -r 192.0.2.23:80 -g -w 65535 -x 2147483647 -y 7
-A -t {VIP}:81 -s wlc
-a -t {VIP}:81 -r 198.51.100.21:81 -i -w 1
-a -t {VIP}:81 -r 198.51.100.22:81 -i -w 2 --tun-type gue --tun-port 6080 --tun-nocsum
-a -t {VIP}:81 -r 198.51.100.23:81 -i -w 3 --tun-type gue --tun-port 6081 --tun-csum
-a -t {VIP}:81 -r 198.51.100.24:81 -i -w 4 --tun-type gue --tun-port 6082 --tun-remcsum
-a -t {VIP}:81 -r 198.51.100.25:81 -i -w 5 --tun-type gre --tun-nocsum
-a -t {VIP}:81 -r 198.51.100.26:81 -i -w 6 --tun-type gre --tun-csum
-a -t {VIP}:81 -r [2001:db8:1::27]:81 -i -w 7
-A -t {VIP}:82 -s wrr -p 1234
-a -t {VIP}:82 -r 198.51.100.21:8082 -m -w 100 -x 10
-a -t {VIP}:82 -r 198.51.100.22:8083 -m -w 0 -x 100 -y 50
-a -t {VIP}:82 -r 192.0.2.2:8084 -g -w 1
-A -t {VIP}:0 -s lc -p 300 -M 255.255.255.0
-a -t {VIP}:0 -r 192.0.2.21:0 -g -w 1
-A -t {VIP}:83 -s sh -b sh-port,sh-fallback
-A -t {VIP}:84 -s sh -b sh-port
-A -t {VIP}:85 -s mh -b mh-fallback
-A -t {VIP}:86 -s mh -b mh-fallback,mh-port -p 60
-A -t {VIP}:87 -s dh -b flag-1,flag-3
-A -t {VIP}:88 -s lblc
-A -t {VIP}:89 -s fo
-A -t {VIP}:90 -s nq
-A -t {VIP}:91 -s ovf
-A -t {VIP}:92 -s sed
-A -t {VIP}:{COUNTED} -s rr
-a -t {VIP}:{COUNTED} -r 192.0.2.21:{COUNTED} -g -w 1
-A -u {VIP}:{COUNTED} -s rr
-a -u {VIP}:{COUNTED} -r 192.0.2.21:{COUNTED} -g -w 1
-A -u {VIP}:{ANSWERED} -s rr
-a -u {VIP}:{ANSWERED} -r 198.51.100.21:{ANSWERED} -m -w 1
-A -u {VIP}:53 -s rr -o
-a -u {VIP}:53 -r 192.0.2.21:53 -g -w 1
-A -u {VIP}:5060 -s rr -p 60 --pe sip
-a -u {VIP}:5060 -r 192.0.2.21:5060 -m -w 1
-A --sctp-service {VIP}:2905 -s rr
-a --sctp-service {VIP}:2905 -r 192.0.2.21:2905 -m -w 1
-A -f 1 -s rr
-a -f 1 -r 192.0.2.21:0 -g -w 1
-a -f 1 -r 198.51.100.21:0 -i -w 1 --tun-type gue --tun-port 6083
-A -f 1 -6 -s wlc -p 120 -M 48
-a -f 1 -6 -r [2001:db8::21]:0 -g -w 3
-A -f 4294967295 -s sh -p 3600 -M 255.255.0.0
-A -f 2 -6 -s rr
-A -t [{VIP6}]:80 -s rr
-a -t [{VIP6}]:80 -r [2001:db8::21]:80 -g -w 1
-a -t [{VIP6}]:80 -r [2001:db8::22]:80 -g -w 0 -x 20 -y 5
-A -t [{VIP6}]:81 -s wrr -p 600 -M 64
-a -t [{VIP6}]:81 -r [2001:db8:1::21]:8081 -m -w 1
-a -t [{VIP6}]:81 -r [2001:db8:1::22]:8081 -i -w 1
-a -t [{VIP6}]:81 -r 198.51.100.22:8081 -i -w 1 --tun-type gue --tun-port 6080
-A -t [{VIP6}]:82 -s lc -p 60
-A -u [{VIP6}]:53 -s rr -o
-a -u [{VIP6}]:53 -r [2001:db8::21]:53 -m -w 1
-A --sctp-service [{VIP6}]:2905 -s rr
"""

# ipvsadm makes neither of these, but other programs can (include/uapi/linux/ip_vs.h: struct ip_vs_service_user and
# struct ip_vs_dest_user, IP_VS_SO_SET_ADDDEST): a service's real servers that are the director itself, or bypassed.
ADD_LOCAL_AND_BYPASS = f"""{sys.executable} -c '
import socket, struct
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
vip, port = socket.inet_aton("{VIP}"), struct.pack("!H", 80)
for rip, flags in (("192.0.2.2", 1), ("192.0.2.29", 4)):
    service = struct.pack("=H2x4s2s2xI16sII4s", 6, vip, port, 0, b"rr", 0, 0, b"")
    destination = struct.pack("=4s2s2xIiII", socket.inet_aton(rip), port, flags, 1, 0, 0)
    raw.setsockopt(socket.IPPROTO_IP, 64 + 1024 + 64 + 7, service + destination)
'"""

_DIRECTOR = f"""
addr add 192.0.2.2/24 brd + dev eth0
addr add {VIP}/32 dev eth0 label eth0:vip
addr add 198.51.100.2/24 dev eth1
addr add 198.51.100.5/24 dev eth1
addr add 2001:db8::2/64 dev eth0
addr add {VIP6}/128 dev eth0 nodad
addr add 2001:db8:1::2/64 dev eth1 nodad
route add default via 192.0.2.1 proto static
-6 route add default via 2001:db8::1 dev eth0 metric 10
-6 route add local 2001:db8:f::/64 dev lo table 100
rule add fwmark 1 lookup 100 priority 90
-6 rule add fwmark 1/0xf lookup 100 priority 90
route add local default dev lo table 100
neigh add 192.0.2.21 lladdr 02:00:00:00:03:00 dev eth0 nud permanent
neigh add 198.51.100.21 lladdr 02:00:00:00:03:01 dev eth1 nud permanent
"""

# What else there is of routes, rules and neighbours: tests/collect/live/everything.ip, whose kernel is the machine's.
_REAL_SERVER = """
link add dummy0 type dummy
link add br0 type bridge vlan_filtering 1 nf_call_arptables 1
link add br1 type bridge
link add in-br0 type veth peer name of-br0
link set in-br0 master br0 up
link set of-br0 up
link add bond0 type bond mode active-backup
link add under-bond0 type dummy
link set under-bond0 master bond0
link add bond1 type bond mode 802.3ad
link add team0 type team
link add eth0.10 link eth0 type vlan id 10
link add eth0.20 link eth0 type vlan protocol 802.1ad id 20
link add mac0 link eth0 type macvlan mode bridge
link add mac1 link eth0 type macvlan mode private
link add mac2 link eth0 type macvtap mode vepa
link add ipv0 link eth1 type ipvlan mode l3s
link add vrf0 type vrf table 77
link add of-vrf0 type dummy
link set of-vrf0 master vrf0
link add vx0 type vxlan id 42 remote 203.0.113.9 local 192.0.2.21 dstport 4789 dev eth0 ttl 64
link add vx1 type vxlan external dstport 4790 local 192.0.2.21 ttl 9
link add vx2 type vxlan id 43 group 239.1.1.1 dev eth0 dstport 4789
link add vx3 type vxlan id 44 remote 2001:db8::9 dstport 4789
link add ipip1 type ipip local 192.0.2.21 remote 192.0.2.2 ttl 64
link add ipip4 type ipip external
link add gre1 type gre local 192.0.2.21 remote 192.0.2.2 dev eth0
link add gre2 type gre local 192.0.2.21 remote 192.0.2.3 key 7 ttl inherit
link add gretap1 type gretap local 192.0.2.21 remote 192.0.2.2
link add ip6tnl1 type ip6tnl local 2001:db8::21 remote 2001:db8::2 mode any
link add ip6gre1 type ip6gre local 2001:db8::21 remote 2001:db8::2
link add ip6gretap1 type ip6gretap local 2001:db8::21 remote 2001:db8::2
link add vti1 type vti local 192.0.2.21 remote 192.0.2.2 key 3
link add gre3 type gre external
link add gretap3 type gretap external
link add ip6tnl3 type ip6tnl external
link add ip6gre3 type ip6gre external
link add erspan1 type erspan seq key 5 local 192.0.2.21 remote 192.0.2.9 erspan_ver 1 erspan 7 ttl 7
link add erspan2 type ip6erspan seq key 5 local 2001:db8::21 remote 2001:db8::9 erspan_ver 1 erspan 7
link add vti2 type vti6 local 2001:db8::21 remote 2001:db8::2 key 3
link add sit1 type sit local 192.0.2.21 remote 192.0.2.2 ttl 32
link set dummy0 up
link set br0 up
link set bond0 up
link set under-bond0 up
link set eth0.10 up
link set mac0 up allmulticast on promisc on
link set vrf0 up
link set of-vrf0 up
link set ipv0 up
link set tunl0 up
link set ipip1 up
link set gre1 up
link set br1 arp off mtu 1400
link set vx0 alias an-alias

addr add 192.0.2.21/24 dev eth0
addr add 192.0.2.22/24 dev eth0
addr add 192.0.2.23/32 dev eth0 label eth0:x
addr add 192.0.2.10/32 dev lo label lo:0
addr add 192.0.2.11/32 dev lo scope link
addr add 192.0.2.12/32 dev tunl0 scope host
addr add 10.9.0.0/16 dev lo
addr add 198.51.100.1 peer 198.51.100.2/32 dev dummy0
addr add 198.51.100.3 peer 198.51.101.0/24 dev dummy0
addr add 203.0.113.5/24 dev dummy0 noprefixroute valid_lft 4000 preferred_lft 3000
addr add 198.51.100.21/24 brd + dev eth1
addr add 10.10.0.1/16 brd 10.10.255.254 dev eth0.10
addr add 10.77.0.1/24 dev of-vrf0
addr add 2001:db8::21/64 dev eth0
addr add 2001:db8::22/64 dev eth0 nodad noprefixroute
addr add 2001:db8::10/128 dev lo nodad preferred_lft 0
addr add 2001:db8:1::1/128 peer 2001:db8:1::2/128 dev dummy0 nodad
addr add 2001:db8:2::1/64 dev dummy0 home
addr add 2001:db8:3::1/64 dev dummy0 scope site nodad

route add default via 192.0.2.1 dev eth0 proto static metric 100
route add default via 192.0.2.3 dev eth0 proto bird metric 200 src 192.0.2.22
route add 10.1.0.0/16 dev eth0 scope link src 192.0.2.22 mtu 1300 advmss 1200
route add 10.2.0.0/16 via 10.250.0.1 dev eth0 onlink
route add 10.3.0.0/16 via inet6 2001:db8::99 dev eth0
route add 10.4.0.7 dev dummy0 tos 0x10 metric 7
route add blackhole 10.5.0.0/16
route add unreachable 10.6.0.0/16 metric 4000
route add prohibit 10.7.0.0/16 table 100
route add throw 10.8.0.0/16 table 100
route add default via 192.0.2.4 dev eth0 table 4000
route add local 192.0.2.200 dev lo
route add local 203.0.113.128/25 dev lo table 100
route add broadcast 10.30.0.255 dev eth0 table 100
route add multicast 239.0.0.0/8 dev eth0
route add 10.20.0.0/16 proto 77 nexthop via 192.0.2.2 dev eth0 weight 3 nexthop via 198.51.100.9 dev eth1 weight 256
nexthop add id 5 via 192.0.2.9 dev eth0
nexthop add id 6 via 192.0.2.8 dev eth0
nexthop add id 10 group 5,7/6,2
route add 10.21.0.0/16 nhid 5
route add 10.22.0.0/16 nhid 10
-6 route add default proto static nexthop via 2001:db8::1 dev eth0 weight 2 nexthop via 2001:db8::2 dev eth0
-6 route add default via 2001:db8::3 dev eth0 table 100
-6 route add 2001:db8:5::/48 via 2001:db8::1 dev eth0 proto ra metric 50
-6 route add 2001:db8:9::/48 via fe80::1 dev eth0 src 2001:db8::22 pref high
-6 route add blackhole 2001:db8:6::/48
-6 route add unreachable 2001:db8:7::/48 metric 9
-6 route add prohibit 2001:db8:7:1::/64
-6 route add local 2001:db8:8::/48 dev lo

rule add priority 10 from 192.0.2.0/24 to 198.51.100.7 iif eth0 lookup 100
rule add priority 11 fwmark 0x10/0xff lookup 4000
rule add priority 12 fwmark 1 oif dummy0 lookup main suppress_prefixlength 0
rule add priority 13 not from 10.0.0.0/8 tos 0x10 lookup 100
rule add priority 14 from all ipproto tcp dport 80 lookup 100
rule add priority 15 from all ipproto udp sport 1000-2000 uidrange 0-99 lookup 100
rule add priority 16 goto 20
rule add priority 17 blackhole to 10.66.0.0/16
rule add priority 18 prohibit from 10.67.0.0/16
rule add priority 19 unreachable from 10.68.0.0/16
rule add priority 20 nop from 10.69.0.0/16
rule add priority 21 iif nosuchlink lookup 78
rule add priority 22 ipproto sctp lookup default proto static
rule add priority 23 tun_id 7 lookup 100 suppress_ifgroup default
rule add priority 24 goto 31000
-6 rule add priority 10 from 2001:db8::/32 lookup 100
-6 rule add priority 11 fwmark 7 to 2001:db8:5::1 lookup local
-6 rule add priority 12 not fwmark 0x20/0xf0 iif eth0 unreachable

neigh add 192.0.2.100 lladdr 02:00:00:00:01:00 dev eth0 nud permanent
neigh add 198.51.100.5 lladdr 02:00:00:00:02:01 dev eth1 nud permanent
neigh add 192.0.2.31 lladdr 02:00:00:00:00:31 dev eth0 nud permanent
neigh add 192.0.2.32 lladdr 02:00:00:00:00:32 dev eth0 nud noarp
neigh add 192.0.2.33 dev eth0 nud failed
neigh add 192.0.2.35 lladdr 02:00:00:00:00:35 dev eth0 nud stale
neigh add 192.0.2.34 lladdr 02:00:00:00:00:34 dev dummy0 nud permanent extern_learn
neigh add 2001:db8::31 lladdr 02:00:00:00:00:36 dev eth0 nud permanent router
neigh add 2001:db8::33 dev eth0 nud failed
neigh add proxy 192.0.2.77 dev eth0
neigh add proxy 2001:db8::77 dev eth0
"""

# Odd values, two of them negative, and a link whose name has a dot.
SYSCTLS = {
    "net.ipv4.conf.all.arp_ignore": "1",
    "net.ipv4.conf.default.rp_filter": "2",
    "net.ipv4.conf.eth0.arp_announce": "2",
    "net.ipv4.conf.eth0.medium_id": "-1",
    "net.ipv4.conf.eth0/10.arp_ignore": "8",
    "net.ipv4.ip_nonlocal_bind": "1",
    "net.ipv4.vs.conn_reuse_mode": "0",
    "net.ipv6.conf.eth0.accept_ra": "2",
    "net.ipv6.conf.eth1.accept_dad": "-1",
    "net.ipv6.conf.all.forwarding": "1",
    "net.ipv6.conf.mac1.disable_ipv6": "1",
}

ARPTABLES = """
-A INPUT -d 192.0.2.10 -j DROP
-A INPUT -i eth0 ! -s 192.0.2.0/24 --opcode 1 -j ACCEPT
-A INPUT -i eth+ -d 198.51.0.0/20 --opcode 2
-A INPUT --src-mac 02:00:00:00:00:01 ! --dst-mac 02:00:00:00:00:02 -j DROP
-A OUTPUT -s 192.0.2.10 ! -o eth1 -j mangle --mangle-ip-s 192.0.2.21
-A OUTPUT -s 192.0.2.11 -j mangle --mangle-ip-d 192.0.2.22 --mangle-target CONTINUE
-N vips
-N unused
-A INPUT -j vips
-A vips -s 192.0.2.99 -j RETURN
-A vips -d 192.0.2.11 -j DROP
-P OUTPUT DROP
"""


def lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line)


def of_family_6(text: str) -> str:
    """The lines that begin with -6, as a command: one `ip -batch` has one family."""
    return "ip -6 -batch - <<END\n" + "\n".join(line[3:] for line in lines(text) if line.startswith("-6 ")) + "\nEND"


def _python(*lines: str) -> str:
    """A process that does this and stays."""
    before = "import socket, time; udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
    return f'{sys.executable} -c "{"; ".join((before, *lines, "time.sleep(1000)"))}" >/dev/null 2>&1 &'


# For a shell of each host, when all are there.
AFTERWARDS = {
    REAL_SERVER: (
        of_family_6(_REAL_SERVER),
        # One stays tentative, one fails, as the director has it.
        "sysctl -qw net.ipv6.conf.eth0/10.dad_transmits=900; ip addr add 2001:db8:a::1/64 dev eth0.10",
        "ip addr add 2001:db8:1::2/64 dev eth1",
        "sysctl -qw " + " ".join(f"{key}={value}" for key, value in SYSCTLS.items()),
        ";".join(f"arptables-legacy {line} || exit" for line in lines(ARPTABLES)),
        _python(
            f"kept = socket.create_server(('', {COUNTED}))",
            f"udp.bind(('198.51.100.21', {ANSWERED})); udp.sendto(b'an answer', udp.recvfrom(9)[1])",
        ),
        "serve 127.0.0.1:8080 [::]:8081",
    ),
    DIRECTOR: (
        of_family_6(_DIRECTOR),
        ADD_LOCAL_AND_BYPASS,
        _python(f"udp.bind(('198.51.100.5', 0)); udp.sendto(b'question', ('{VIP}', {ANSWERED}))"),
    ),
    # A connection that stays (active), and a datagram (inactive): both are counted, and then there is silence.
    "client": (
        _python(
            f"kept = socket.create_connection(('{VIP}', {COUNTED}), 5)",
            f"udp.sendto(b'question', ('{VIP}', {COUNTED}))",
        ),
    ),
}
# Until what is to settle has settled: the counters, which are added up every two seconds, and duplicate address
# detection. Within bounds: what the tests say of it is clearer.
_SETTLED = {
    DIRECTOR: f"[ $(ipvsadm -Ln --stats --exact | grep -cE '{VIP}:({COUNTED} *1|{ANSWERED} *1 *1 *1) ') = 3 ]",
    REAL_SERVER: "! ip -6 -o addr show tentative | grep -v eth0.10 | grep -v dadfailed",
}
SETTLED = {
    host: f"for i in $(seq 100); do if {settled}; then break; fi; sleep 0.1; done" for host, settled in _SETTLED.items()
}


def everything() -> Cluster:
    links = {"eth0": FRONT, "eth1": BACK}

    def host(text: str, *ipvs: str) -> Host:
        return Host(links, tuple(line for line in lines(text) if not line.startswith("-6 ")), ipvs=ipvs)

    hosts = {
        "client": Host({"eth0": FRONT}, ("addr add 192.0.2.100/24 dev eth0",)),
        DIRECTOR: host(_DIRECTOR, *lines(IPVS)),
        REAL_SERVER: host(_REAL_SERVER),
    }
    return Cluster(hosts, {REAL_SERVER: "192.0.2.21"})
