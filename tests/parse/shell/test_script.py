"""What a script makes of a host: variables, loops, functions, cases, conditions, here-documents."""

import sys

import pytest

from lvsdoctor.model.coverage import Origin
from lvsdoctor.parse.config import config_dump
from lvsdoctor.parse.shell import syntax
from lvsdoctor.parse.shell.script import dump_of
from tests.parse.shell.scripts import addresses, dump, rows, settings, unread

INIT_SCRIPT = """\
#!/bin/bash
# chkconfig: - 90 10
VIP=192.0.2.10
. /etc/rc.d/init.d/functions
[ -f /etc/rc.d/init.d/functions ] && . /etc/rc.d/init.d/functions
[ -x /sbin/ifconfig ] || exit 0
if [ $UID -ne 0 ]; then
    echo "only root may" ; exit 1
fi
case "$1" in
start|restart)
    ifconfig lo:0 $VIP netmask 255.255.255.255 broadcast $VIP up
    /sbin/route add -host $VIP dev lo:0
    echo "1" >/proc/sys/net/ipv4/conf/all/arp_ignore
    echo "2" >/proc/sys/net/ipv4/conf/all/arp_announce
    sysctl -p >/dev/null 2>&1
    ;;
stop)
    ifconfig lo:0 down
    echo "0" >/proc/sys/net/ipv4/conf/all/arp_ignore
    ;;
status)
    ifconfig lo:9 192.0.2.99 up
    ;;
*)
    echo "Usage: $0 {start|stop}"
    exit 1
esac
exit 0
"""


def test_an_init_script_does_what_start_does() -> None:
    assert addresses(INIT_SCRIPT) == ["192.0.2.10/32 lo:0"]
    assert settings(INIT_SCRIPT) == {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"}
    assert unread(INIT_SCRIPT) == []


def test_a_row_shows_the_line_that_says_it() -> None:
    (row,) = rows(INIT_SCRIPT, "addresses")
    assert (row.seen.where, row.seen.line, row.seen.text.strip()) == (
        "rs1/lvs.sh", 12, "ifconfig lo:0 $VIP netmask 255.255.255.255 broadcast $VIP up",
    )  # fmt: skip


def test_what_a_script_sets_comes_after_boot() -> None:
    (file,) = rows(INIT_SCRIPT, "sysctl")
    assert (file.path, file.after_boot, dump(INIT_SCRIPT).origin) == ("", True, Origin.CONFIGURED)


@pytest.mark.parametrize(
    "call",
    ['case "$1" in start) start;; stop) stop;; esac', 'case $1 in\n  stop) stop ;;\n  "start") start ;;\nesac', '"$1"',
     'if [ "$1" = "start" ]; then start; else stop; fi',
     'if [ x = y ]; then stop; elif [ "$1" == start ]; then start; fi',
     '[ "$1" = stop ] && stop || start', 'action=${1:-start}\ncase $action in start) start;; *) stop;; esac',
     'main() { case "$1" in start) start;; *) stop; esac; }\nmain "$@"',
     "start", "(start)", "{ start; }", "stop; start"],
)  # fmt: skip
def test_functions_run_where_they_are_called(call: str) -> None:
    text = f"""\
start() {{
    ip addr add 192.0.2.10/32 dev lo
}}
function stop {{ ip addr del 192.0.2.10/32 dev lo; }}
{call}
"""
    assert addresses(text) == ["192.0.2.10/32 lo"]
    assert unread(text) == []


def test_a_function_that_nobody_calls_does_nothing() -> None:
    assert dump("up() { ip addr add 192.0.2.10/32 dev lo; }\n").facts == {}


def test_a_function_has_arguments() -> None:
    text = "vip() { ifconfig lo:$2 $1 netmask 255.255.255.255; }\nvip 192.0.2.10 0\nvip 192.0.2.11 1\n"
    assert addresses(text) == ["192.0.2.10/32 lo:0", "192.0.2.11/32 lo:1"]


@pytest.mark.parametrize(
    "loop",
    [
        "for vip in 192.0.2.10 192.0.2.11; do",
        "VIPS='192.0.2.10 192.0.2.11'\nfor vip in $VIPS; do",
        'VIPS=(192.0.2.10 192.0.2.11)\nfor vip in "${VIPS[@]}"; do',
        "for vip in 192.0.2.{10,11}\ndo",
        "for n in {10..11}; do vip=192.0.2.$n",
        "for n in $(seq 10 11); do vip=192.0.2.$n",
        "VIPS=192.0.2.10\nVIPS+=' 192.0.2.11'\nfor vip in $VIPS; do",
        "for vip in 192.0.2.10 192.0.2.11 192.0.2.12; do [ $vip = 192.0.2.12 ] && break",
    ],
)
def test_a_loop_over_words_that_are_there_runs_for_each(loop: str) -> None:
    assert addresses(f"{loop}\n  ip addr add $vip/32 dev lo\ndone\n") == ["192.0.2.10/32 lo", "192.0.2.11/32 lo"]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("VIP=192.0.2.10", "${VIP}/32"),
        ("VIP='192.0.2.10'", '"$VIP"/32'),
        ('export VIP="192.0.2.10"', "$VIP/32"),
        ("readonly VIP=192.0.2.10", "${VIP:-198.51.100.1}/32"),
        ("VIP=192.0.2.10/24", "${VIP%/*}/32"),
        ("NET=192.0.2; VIP=$NET.10", "$VIP/32"),
        ("VIP=", "${VIP:-192.0.2.10}/32"),
    ],
)
def test_a_variable_that_the_file_sets_is_known(value: str, word: str) -> None:
    assert addresses(f"{value}\nip addr add {word} dev lo\n") == ["192.0.2.10/32 lo"]


@pytest.mark.parametrize(
    "value",
    ["", "VIP=$1", "VIP=${1:-192.0.2.10}", "VIP=$(hostname -i)", "VIP=`cat /etc/vip`", ". /etc/lvs.conf", "read VIP",
     "VIP=192.0.2.10\nunset VIP", "VIP=192.0.2.10\nif [ -f /x ]; then VIP=192.0.2.11; fi", "VIP={{ vip }}"],
)  # fmt: skip
def test_a_value_that_is_not_known_leaves_its_row_out_and_nothing_else(value: str) -> None:
    text = f"{value}\nip addr add $VIP/32 dev lo\nip addr add 192.0.2.20/32 dev lo\n"
    assert addresses(text) == ["192.0.2.20/32 lo"]
    assert [seen.text for seen in dump(text).unread] == ["ip addr add $VIP/32 dev lo"]


@pytest.mark.parametrize(
    "text",
    [
        "if [ -f /etc/lvs ]; then ip addr add 192.0.2.10/32 dev lo; fi",
        "if ip addr show | grep -q 192.0.2.10; then :; else ip addr add 192.0.2.10/32 dev lo; fi",
        "[ -f /etc/lvs ] && ip addr add 192.0.2.10/32 dev lo",
        "while read x; do ip addr add 192.0.2.10/32 dev lo; done",
        "for x in $(cat /etc/vips); do ip addr add 192.0.2.10/32 dev lo; done",
        "case $(uname) in Linux) ip addr add 192.0.2.10/32 dev lo;; esac",
        "case $1 in master) ip addr add 192.0.2.10/32 dev lo;; esac",
        "up() { ip addr add 192.0.2.10/32 dev lo; }\ntest -f /x && up",
    ],
)
def test_what_may_run_or_not_makes_no_row_and_is_named(text: str) -> None:
    assert addresses(text) == []
    assert [seen.line for seen in dump(text).unread] == [1]


def test_a_command_that_sets_something_up_is_taken_to_succeed() -> None:
    assert addresses("modprobe ip_vs && ip addr add 192.0.2.10/32 dev lo && echo done || echo failed") == [
        "192.0.2.10/32 lo"
    ]


def test_what_stands_behind_exit_does_not_run() -> None:
    assert addresses("ip addr add 192.0.2.10/32 dev lo\nexit 0\nip addr add 192.0.2.11/32 dev lo\n") == [
        "192.0.2.10/32 lo"
    ]


def test_a_here_document_into_sysctl_d_is_a_file() -> None:
    text = "IF=eth0\ncat > /etc/sysctl.d/90-lvs.conf <<EOF\n# ARP\nnet.ipv4.conf.$IF.arp_ignore = 1\nnonsense\nEOF\n"
    (file,) = rows(text, "sysctl")
    (line,) = file.lines
    assert (file.path, file.after_boot, line.key, line.raw, line.seen.line, line.seen.text) == (
        "/etc/sysctl.d/90-lvs.conf", False, "net.ipv4.conf.eth0.arp_ignore", "1", 4, "net.ipv4.conf.$IF.arp_ignore = 1",
    )  # fmt: skip
    assert unread(text) == [5]


@pytest.mark.parametrize(
    "writes",
    [
        'echo "net.ipv4.conf.all.arp_ignore = 1" >> /etc/sysctl.conf',
        "cat >> /etc/sysctl.conf <<'EOF'\nnet.ipv4.conf.all.arp_ignore = 1\nEOF",
        "cat <<EOF | sudo tee -a /etc/sysctl.conf\nnet.ipv4.conf.all.arp_ignore = 1\nEOF",
        "cat <<EOF >> /etc/sysctl.conf\nnet.ipv4.conf.all.arp_ignore = 1\nEOF",
        "tee -a /etc/sysctl.conf <<-EOF\n\tnet.ipv4.conf.all.arp_ignore = 1\n\tEOF",
        "printf 'net.ipv4.conf.all.arp_ignore = 1\\n' >> /etc/sysctl.conf",
    ],
)
def test_a_line_is_added_to_sysctl_conf_in_many_ways(writes: str) -> None:
    (file,) = rows(writes, "sysctl")
    assert (file.path, file.excerpt, [(line.key, line.raw) for line in file.lines]) == (
        "/etc/sysctl.conf", True, [("net.ipv4.conf.all.arp_ignore", "1")],
    )  # fmt: skip
    assert settings(f"{writes}\nsysctl -p\n") == {"net.ipv4.conf.all.arp_ignore": "1"}


def test_a_rule_set_of_ipvs_may_stand_in_a_here_document() -> None:
    (service,) = rows(
        "VIP=192.0.2.10\nipvsadm -R <<EOF\n-A -t $VIP:80 -s rr\n-a -t $VIP:80 -r 192.0.2.21:80 -g\nEOF\n", "ipvs"
    )
    assert [row.seen.line for row in (service, *service.destinations)] == [3, 4]


def test_a_script_that_does_none_of_it_makes_no_fact() -> None:
    made = dump("#!/bin/sh\ntar czf /backup.tgz /etc\n")
    assert (made.facts, made.unread, made.unread_kinds) == ({}, (), ())


def test_a_case_without_its_end_is_read_as_far_as_it_goes() -> None:
    assert addresses(INIT_SCRIPT[: INIT_SCRIPT.index("status)")]) == ["192.0.2.10/32 lo:0"]


def test_without_tree_sitter_the_script_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    syntax._parser.cache_clear()
    monkeypatch.setitem(sys.modules, "tree_sitter_bash", None)
    made = dump(INIT_SCRIPT)
    monkeypatch.undo()
    syntax._parser.cache_clear()
    assert made.facts == {}
    assert ["lvsdoctor[golden]" in kind.name for kind in made.unread_kinds] == [True]


@pytest.mark.parametrize(
    "path",
    ["rs1/lvs_rs.sh", "rs1/etc/init.d/realserver", "rs1/etc/rc.local", "rs1/etc/network/if-up.d/lvs", "rs1/realserver"],
)
def test_a_script_is_known_by_its_name_or_by_what_it_does(path: str) -> None:
    made = config_dump("VIP=192.0.2.10\nifconfig lo:0 $VIP netmask 255.255.255.255 up\n", path)
    assert made is not None
    assert [str(row) for row in made.facts["configured-addresses"]] == ["192.0.2.10/32"]


def test_a_paste_with_prompts_is_no_script() -> None:
    assert dump_of("#!/bin/sh\nroot@rs1:~# ip addr add 192.0.2.10/32 dev lo\n", "paste") is None
    assert config_dump("root@rs1:~# ifconfig lo:0 192.0.2.10 up\n", "notes") is None


def test_what_a_script_adds_only_where_it_is_not_there_yet_is_added() -> None:
    text = (
        "ip addr show lo | grep -q 192.0.2.1 || ip addr add 192.0.2.1/32 dev lo\n"
        "if ! /sbin/ip -4 a s lo 2>/dev/null | grep -qw 192.0.2.2; then ip addr add 192.0.2.2/32 dev lo; fi\n"
        "if ip addr show eth0 | grep -q 192.0.2.3; then logger master; else ip addr add 192.0.2.3/32 dev lo; fi\n"
        "ping -c1 192.0.2.9 | grep ttl || ip addr add 192.0.2.4/32 dev lo\n"
    )
    assert addresses(text) == ["192.0.2.1/32 lo", "192.0.2.2/32 lo"]
    assert unread(text) == [3, 4]


def test_the_star_of_a_shortened_value_is_no_glob() -> None:
    text = "for k in ignore:1 announce:2; do echo ${k#*:} > /proc/sys/net/ipv4/conf/all/arp_${k%:*}; done\n"
    assert settings(text) == {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"}


def test_a_loop_over_the_indices_of_a_list_is_followed() -> None:
    text = 'V=(192.0.2.1 192.0.2.2)\nfor i in "${!V[@]}"; do ifconfig lo:$i ${V[$i]} netmask 255.255.255.255 up; done\n'
    assert addresses(text) == ["192.0.2.1/32 lo:0", "192.0.2.2/32 lo:1"]


def test_each_line_of_an_ip_batch_is_a_command_of_its_own() -> None:
    text = "#!/bin/sh\nip -batch - <<END\naddr add 192.0.2.10/32 dev lo  # the VIP\nlink set lo up\nEND\n"
    dump = dump_of(text, "up.sh")
    assert dump is not None
    assert [(str(row.ip), row.seen.line) for row in dump.facts["configured-addresses"]] == [("192.0.2.10", 3)]
