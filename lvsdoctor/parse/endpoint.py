"""`192.0.2.10:80`, `[2001:db8::10]:http`, `C000020A:0050`: an address and a port, as the IPVS dumps write them."""

from ipaddress import IPv4Address, IPv6Address

from lvsdoctor.model.connection import Endpoint
from lvsdoctor.parse.words import read_ip, read_number

__all__ = ["PORTS", "Endpoint", "endpoint", "hex_endpoint"]

# The names that `ipvsadm -L` prints without -n. Not /etc/services: a dump means the same on every machine.
PORTS = {
    "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "tftp": 69, "http": 80, "www": 80,
    "kerberos": 88, "pop3": 110, "sunrpc": 111, "ntp": 123, "imap": 143, "imap2": 143, "snmp": 161, "snmp-trap": 162,
    "ldap": 389, "https": 443, "submissions": 465, "urd": 465, "ssmtp": 465, "submission": 587, "rtsp": 554,
    "ldaps": 636, "rsync": 873, "imaps": 993, "pop3s": 995, "openvpn": 1194, "ms-sql-s": 1433, "radius": 1812,
    "radius-acct": 1813, "mqtt": 1883, "nfs": 2049, "squid": 3128, "mysql": 3306, "ms-wbt-server": 3389, "sip": 5060,
    "sip-tls": 5061, "xmpp-client": 5222, "postgres": 5432, "postgresql": 5432, "amqps": 5671, "amqp": 5672,
    "redis": 6379, "http-alt": 8080, "webcache": 8080, "tproxy": 8081, "pcsync-https": 8443, "git": 9418,
    "zabbix-agent": 10050, "memcached": 11211,
}  # fmt: skip
_HEX = frozenset("0123456789abcdefABCDEF")


def endpoint(text: str, port: int | None = None) -> Endpoint | None:
    """Splits `address:port`; `port` is the one meant where the text gives none. None: it is no endpoint."""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and rest[0] != ":"):
            return None
        word = rest[1:] if rest else None
    elif ":" in text:
        host, _, word = text.rpartition(":")
    else:
        host, word = text, None
    if word is not None:
        port = read_number(word) if word.isdigit() else PORTS.get(word)
        if not word or not word.isprintable() or (word.isdigit() and (port is None or port > 65535)):
            return None
    if not host or not host.isprintable():
        return None
    address = read_ip(host)
    return Endpoint(address, port, "" if address is not None and port is not None else text)


def hex_endpoint(text: str, certain: bool = False) -> Endpoint | None:
    """Reads /proc/net/ip_vs's spelling, and only that (net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_info_seq_show()).

    IPv6 is `[%pI6]:%04X`, which `ipvsadm -Ln` may spell just so with a decimal port: then `certain` decides.
    """
    host, _, word = text.rpartition(":")
    if len(word) != 4 or not _HEX.issuperset(word):
        return None
    if len(host) == 8 and _HEX.issuperset(host):
        return Endpoint(IPv4Address(int(host, 16)), int(word, 16))
    if len(host) == 41 and host[0] == "[" and host[-1] == "]" and (certain or word[0] == "0" or not word.isdigit()):
        address = read_ip(host[1:-1])
        return Endpoint(address, int(word, 16)) if isinstance(address, IPv6Address) else None
    return None
