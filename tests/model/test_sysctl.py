"""Settings: their keys in every spelling, their values as the kernel reads them."""

import pickle

import pytest

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, SettingRows, canonical_key, conf_key


@pytest.mark.parametrize(
    ("spelled", "key"),
    [
        ("net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_ignore"),
        ("net/ipv4/conf/eth0.100/arp_ignore", "net.ipv4.conf.eth0/100.arp_ignore"),
        ("net.ipv4.conf.eth0/100.arp_ignore", "net.ipv4.conf.eth0/100.arp_ignore"),
        ("net/ipv4/ip_forward", "net.ipv4.ip_forward"),
    ],
)
def test_the_first_separator_decides_how_a_key_is_spelled(spelled: str, key: str) -> None:
    assert canonical_key(spelled) == key


def test_a_dot_in_a_link_s_name_is_a_slash_in_its_key() -> None:
    assert conf_key("eth0.100", "arp_ignore") == "net.ipv4.conf.eth0/100.arp_ignore"


@pytest.mark.parametrize(("raw", "value"), [("1", 1), ("0", 0), ("010", 8), ("0x2", 2), ("-1", -1), ("3\t50", 3)])
def test_a_value_is_read_as_the_kernel_reads_it(raw: str, value: int) -> None:
    assert Setting("k", raw, Seen("x", 1, raw)).value == value


@pytest.mark.parametrize("raw", ["", "yes", "{{ level }}", "1x", "08"])
def test_what_is_no_number_is_not_taken_for_one(raw: str) -> None:
    assert not Setting("k", raw, Seen("x", 1, raw)).is_number


def test_rows_that_another_process_read_are_the_same_rows() -> None:
    plain = ("f", 1, "net.ipv4.ip_forward = 1")
    written = Setting("net.ipv4.vs.conntrack", "0", Seen("g", 2, "net/ipv4/vs/conntrack=0"))
    rows = SettingRows([("net.ipv4.ip_forward", plain), (written.key, written), ("vm.swappiness", ("f", 3, "x = 60"))])

    sent = pickle.loads(pickle.dumps(rows))
    again = pickle.loads(pickle.dumps(sent))

    assert (len(sent), list(sent.keys)) == (3, ["net.ipv4.ip_forward", "net.ipv4.vs.conntrack", "vm.swappiness"])
    assert sent.by_key == again.by_key == rows.by_key
    assert (sent[0].raw, sent[1], sent[2].seen.line) == ("1", written, 3)
    assert not pickle.loads(pickle.dumps(SettingRows()))
