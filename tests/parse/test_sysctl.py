"""sysctl -a, sysctl.conf, sysctl.d, and what is not one of them."""

from collections.abc import Sequence

import pytest

from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.model.sysctl_d import ConfiguredFile, conf_path
from lvsdoctor.parse.sysctl import Sysctl
from tests.parse.driving_ipvs import drive, of_corpus, read, unread_of


def rows(text: str) -> list[tuple[str, str, int | None]]:
    settings: tuple[Setting, ...] = tuple(read(Sysctl, text).facts["sysctl"])
    return [(row.key, row.raw, row.seen.line) for row in settings]


def lines(text: str, command: str = "") -> list[tuple[str, str, str | None, int | None]]:
    dump = read(Sysctl, text, command)
    assert dump.origin is Origin.CONFIGURED
    files: Sequence[ConfiguredFile] = dump.facts["configured-sysctl"]
    return [(file.path, line.key, line.raw, line.seen.line) for file in files for line in file.lines]


def test_each_assignment_is_a_row_that_knows_its_line() -> None:
    text = "net.ipv4.ip_forward = 1\n\nnet.ipv4.conf.all.arp_ignore=2\n"
    assert rows(text) == [("net.ipv4.ip_forward", "1", 1), ("net.ipv4.conf.all.arp_ignore", "2", 3)]


def test_a_setting_of_what_no_link_is_called_is_unread() -> None:
    text = """\
net.ipv4.conf.eth0/100.rp_filter = 1
net.ipv4.conf.$(reboot).rp_filter = 1
net.ipv4.conf.//.rp_filter = 1
net.ipv4.conf.abcdefghijklmnop.rp_filter = 1
net.ipv4.neigh.eth\x1b[2J.retrans_time_ms = 1
"""
    assert [key for key, _, _ in rows(text)] == [
        "net.ipv4.conf.eth0/100.rp_filter",
        "net.ipv4.conf.$(reboot).rp_filter",
    ]


def test_a_key_given_twice_stays_twice_and_in_order() -> None:
    text = "vm.swappiness=10\nvm.swappiness = 60"
    assert [raw for _, raw, _ in rows(text)] == ["10", "60"]


@pytest.mark.parametrize(
    "line",
    [
        "net/ipv4/conf/eth0.100/arp_ignore = 1",
        "net.ipv4.conf.eth0/100.arp_ignore = 1",
        "/proc/sys/net/ipv4/conf/eth0.100/arp_ignore = 1",
        "/proc/sys/net/ipv4/conf/eth0.100/arp_ignore:1",
    ],
)
def test_every_spelling_of_a_key_is_the_one_of_sysctl_a(line: str) -> None:
    assert rows(line) == [("net.ipv4.conf.eth0/100.arp_ignore", "1", 1)]


def test_an_assignment_whose_errors_are_ignored_is_a_file_s() -> None:
    assert lines("  -net/ipv4/conf/eth0.100/arp_ignore=1  ") == [("", "net.ipv4.conf.eth0/100.arp_ignore", "1", 1)]


def test_a_value_keeps_its_blanks_and_its_equals_signs() -> None:
    text = "net.ipv4.ip_local_port_range = 32768\t60999\nkernel.core_pattern=|/x --a=%p %e\nkernel.domainname = "
    assert [raw for _, raw, _ in rows(text)] == ["32768\t60999", "|/x --a=%p %e", ""]


def test_a_glob_is_a_line_of_a_file_with_its_key_as_written() -> None:
    assert lines("net.ipv4.conf.*.rp_filter = 2") == [("", "net.ipv4.conf.*.rp_filter", "2", 1)]


def test_an_exclude_is_a_line_without_a_value_in_its_place() -> None:
    text = "net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.eth0.rp_filter\nvm.swappiness = 1\n-vm.swappiness\n"
    assert lines(text) == [
        ("", "net.ipv4.conf.*.rp_filter", "2", 1),
        ("", "net.ipv4.conf.eth0.rp_filter", None, 2),
        ("", "vm.swappiness", "1", 3),
        ("", "vm.swappiness", None, 4),
    ]


def test_what_looks_like_an_exclude_in_an_answer_of_sysctl_is_unread() -> None:
    dump = read(Sysctl, "vm.swappiness = 1\n-net.ipv4.conf.eth0.rp_filter\n", "sysctl -a")
    assert (len(dump.facts["sysctl"]), unread_of(dump)) == (1, [(2, "-net.ipv4.conf.eth0.rp_filter")])


def test_an_assignment_without_its_sign_goes_to_unread() -> None:
    dump = read(Sysctl, "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.arp_ignore 1\n")
    assert unread_of(dump) == [(2, "net.ipv4.conf.all.arp_ignore 1")]


def test_comments_hold_no_fact_and_are_dropped() -> None:
    text = "#net.ipv4.conf.lo.arp_ignore = 1\n; kernel.panic = 1\nvm.swappiness = 1\n# a remark\n"
    assert [key for _, key, _, _ in lines(text)] == ["vm.swappiness"]
    assert read(Sysctl, text).unread == ()


def test_a_file_of_nothing_but_comments_tells_of_no_sysctl_at_all() -> None:
    assert read(Sysctl, "#net.ipv4.conf.all.arp_ignore = 1\n#net.ipv4.conf.all.arp_announce = 2\n").facts == {}


@pytest.mark.parametrize("prompt", ["# ip addr show", "# ipvsadm -Ln", "#sysctl -a", "# cat /proc/net/ip_vs"])
def test_a_root_prompt_below_is_not_taken_for_a_comment(prompt: str) -> None:
    account = drive(Sysctl, f"vm.swappiness = 1\n{prompt}\n")
    assert [seen.text for seen in account.refused] == [prompt]


@pytest.mark.parametrize(
    "line",
    [
        "sysctl: permission denied on key 'fs.protected_fifos'",
        'sysctl: reading key "net.ipv6.conf.all.stable_secret"',
        "sysctl: cannot stat /proc/sys/net/bridge: No such file or directory",
        'error: "net.bridge.bridge-nf-call-iptables" is an unknown key',
        "error: permission denied on key 'kernel.cad_pid'",
    ],
)
def test_what_the_tool_says_of_a_key_is_no_unread_line(line: str) -> None:
    dump = read(Sysctl, f"{line}\nvm.swappiness = 1\n{line}\n")
    assert ([row.key for row in dump.facts["sysctl"]], dump.unread) == (["vm.swappiness"], ())


def test_complaints_alone_are_no_dump_and_are_kept() -> None:
    line = "sysctl: cannot stat /proc/sys/net/ipv4/vs/conntrack: No such file or directory"
    dump = read(Sysctl, line)
    assert (dump.facts, unread_of(dump)) == ({}, [(1, line)])


def test_other_words_of_the_tool_go_to_unread() -> None:
    dump = read(Sysctl, "vm.swappiness = 1\nsysctl: something that nobody expects\n")
    assert unread_of(dump) == [(2, "sysctl: something that nobody expects")]


def test_the_files_that_sysctl_system_names_are_headings() -> None:
    text = "* Applying /etc/sysctl.d/99-lvs.conf ...\nnet.ipv4.conf.all.arp_ignore = 1\n"
    assert rows(text) == [("net.ipv4.conf.all.arp_ignore", "1", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "kern.ostype: FreeBSD",
        "net.inet.ip.forwarding: 1",
        "vm.loadavg: { 0.1 = 2 }",
        "PATH=/usr/bin",
        "net.ipv4.ip_forward",
        "user.name = somebody",
        "dev.mode=true",
        "net.example.host = x",
        "debug.level=3",
        "kernel=5.10",
        "virtual_server 192.0.2.10 80 {",
        "# net device names = odd",
        "sysctl -w net.ipv4.ip_forward=1",
        "TCP  192.0.2.10:80 rr",
    ],
)
def test_other_lines_with_equals_signs_or_dots_do_not_start_a_dump(line: str) -> None:
    assert not Sysctl.starts(line)


def test_a_foreign_line_inside_is_refused() -> None:
    account = drive(Sysctl, "fs.inotify.max_user_watches=524288\nkey2=value2\nkern.ostype: FreeBSD\n")
    assert [seen.line for seen in account.refused] == [2, 3]


@pytest.mark.parametrize(
    "line", ["kernel.x=" + "y" * 1_000_000, "net." + "a" * 1_000_000, "net.ipv4.\0=\x1b", "-net.="]
)
def test_absurd_lines_are_survived(line: str) -> None:
    drive(Sysctl, f"vm.swappiness = 1\n{line}")


@of_corpus("sysctl/*", "sysctl-conf/*", "cases/*/*sysctl*", "sosreport-tree/*/**/sysctl*/*")
def test_no_line_of_the_corpus_is_lost(text: str) -> None:
    account = drive(Sysctl, text)
    assert [line for line in account.silent if not line.lstrip().startswith(("#", ";", "sysctl: ", "error: "))] == []


@of_corpus("sysctl/hotsos*", "sysctl/rhcos*", "sysctl/*ubuntu*")
def test_a_linux_sysctl_a_is_read_to_the_last_line(text: str) -> None:
    account = drive(Sysctl, text)
    assert account.refused == []
    assert len(account.dumps) == 1
    assert [line for line in account.unread if not line.startswith("sysctl: ")] == []


@of_corpus("sysctl/*freebsd*", "sysctl/*macos*")
def test_a_bsd_sysctl_a_is_nothing_of_ours(text: str) -> None:
    assert drive(Sysctl, text).taken == []


def test_a_value_that_is_no_number_is_counted_as_not_understood() -> None:
    found = read(
        Sysctl, "net.ipv4.conf.all.arp_ignore = {{ level }}\nnet.ipv4.conf.eth0.arp_ignore =\nnet.ipv4.ip_forward = 1\n"
    )
    assert [row.key for row in found.facts["sysctl"]] == ["net.ipv4.ip_forward"]
    assert [seen.line for seen in found.unread] == [1, 2]


def test_of_the_settings_of_ipv6_links_only_the_secret_is_no_number() -> None:
    text = "net.ipv6.conf.eth0.proxy_ndp = lo\nnet.ipv6.conf.eth0.stable_secret = 2001:db8::1\n"
    found = read(Sysctl, text)
    assert [row.key for row in found.facts["sysctl"]] == ["net.ipv6.conf.eth0.stable_secret"]
    assert [seen.line for seen in found.unread] == [1]


@pytest.mark.parametrize("name", ["conntrack", "expire_nodest_conn", "expire_quiescent_template", "backup_only"])
def test_a_setting_of_ipvs_that_a_rule_reads_is_a_number_or_not_understood(name: str) -> None:
    found = read(Sysctl, f"net.ipv4.vs.{name} = secondary\nnet.ipv4.vs.sync_threshold = 3\t50\n")
    assert [row.key for row in found.facts["sysctl"]] == ["net.ipv4.vs.sync_threshold"]
    assert [seen.line for seen in found.unread] == [1]


FILE = "/etc/sysctl.d/90-lvs.conf"


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("cat /etc/sysctl.conf", "/etc/sysctl.conf"),
        (f"cat {FILE}", FILE),
        (f"grep -v ^# {FILE} |", FILE),
        ("cat 90-lvs.conf", FILE),
        ("cat /etc/sysctl.d/*.conf", "/etc/sysctl.d/*.conf"),
        ("cat /etc/sysctl.conf /etc/sysctl.d/*.conf", ""),
        ("systemd-analyze cat-config sysctl.d", ""),
        ("cat <<EOF |", ""),
    ],
)
def test_what_a_command_shows_of_files_is_configured(command: str, path: str) -> None:
    assert lines("vm.swappiness = 1\n", command) == [(path, "vm.swappiness", "1", 1)]


@pytest.mark.parametrize("command", ["sysctl -a", f"sysctl -p {FILE}", "sysctl --system", "sysctl -w vm.swappiness=1"])
def test_what_sysctl_prints_is_what_runs(command: str) -> None:
    dump = read(Sysctl, "vm.swappiness = 1\n# a remark\nvm.laptop_mode = 0\n", command)
    assert (dump.origin, list(dump.facts)) == (Origin.RUNTIME, ["sysctl"])


def test_headings_name_the_files_of_the_lines_below() -> None:
    text = f"==> {FILE} <==\nvm.swappiness = 1\n\n==> /etc/sysctl.conf <==\nvm.swappiness = 2\n"
    assert [(path, raw) for path, _, raw, _ in lines(text)] == [(FILE, "1"), ("/etc/sysctl.conf", "2")]
    text = f"# /usr/lib/sysctl.d/50-default.conf\n# a remark\nvm.swappiness = 1\n\n# {FILE}\n-vm.swappiness\n"
    assert [(path, raw) for path, _, raw, _ in lines(text, "systemd-analyze cat-config sysctl.d")] == [
        ("/usr/lib/sysctl.d/50-default.conf", "1"),
        (FILE, None),
    ]


def test_grep_names_the_file_of_each_line() -> None:
    text = f"{FILE}:3:vm.swappiness = 1\n/etc/sysctl.conf:#vm.swappiness = 5\n/etc/sysctl.conf:vm.swappiness = 2\n"
    assert [(path, raw) for path, _, raw, _ in lines(text)] == [(FILE, "1"), ("/etc/sysctl.conf", "2")]


def test_a_file_shown_below_an_answer_of_sysctl_is_another_dump() -> None:
    account = drive(Sysctl, f"vm.swappiness = 60\n==> {FILE} <==\nvm.swappiness = 1\n")
    assert [list(dump.facts) for dump in account.dumps] == [["sysctl"], ["configured-sysctl"]]


def test_files_that_ls_lists_are_no_headings() -> None:
    assert not Sysctl.starts("/etc/sysctl.d/90-lvs.conf")


def test_comments_between_settings_make_a_file_unless_a_kernel_speaks() -> None:
    text = "vm.swappiness = 1\n# why\nvm.laptop_mode = 0\n"
    assert read(Sysctl, text).origin is Origin.CONFIGURED
    assert read(Sysctl, f"kernel.ostype = Linux\n{text}").origin is Origin.RUNTIME


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("rs1/etc/sysctl.d/90-lvs.conf", "/etc/sysctl.d/90-lvs.conf"),
        ("rs1/usr/lib/sysctl.d/50-default.conf", "/usr/lib/sysctl.d/50-default.conf"),
        ("/srv/golden/usr/local/lib/sysctl.d/a.conf", "/usr/local/lib/sysctl.d/a.conf"),
        ("run/sysctl.d/a.conf", "/run/sysctl.d/a.conf"),
        ("rs1/sysctl.d/90-lvs.conf", "/etc/sysctl.d/90-lvs.conf"),
        ("rs1/sysctl.d/old/90-lvs.conf", "/etc/sysctl.d/old/90-lvs.conf"),
        ("rs1/etc/sysctl.d/90-lvs.conf.rpmsave", "/etc/sysctl.d/90-lvs.conf.rpmsave"),
        ("rs1/etc_sysctl.d_90-lvs.conf", "/etc/sysctl.d/90-lvs.conf"),
        ("rs1/90-lvs.conf", "/etc/sysctl.d/90-lvs.conf"),
        ("rs1/90-lvs.conf.bak", "/etc/sysctl.d/90-lvs.conf.bak"),
        ("rs1/etc/sysctl.conf", "/etc/sysctl.conf"),
        ("rs1-sysctl.conf", "/etc/sysctl.conf"),
        ("sysctl.conf.txt", "/etc/sysctl.conf"),
        ("sysctl.conf.orig", "/etc/sysctl.d/sysctl.conf.orig"),
        ("99-sysctl.conf", "/etc/sysctl.d/99-sysctl.conf"),
        ("rs1/sysctl.txt", ""),
        ("rs1/sysctl", ""),
        ("sos_commands/kernel/sysctl_-a", ""),
        ("stdin", ""),
    ],
)
def test_a_name_tells_where_a_file_lies_on_its_host(where: str, path: str) -> None:
    assert conf_path(where) == path


def test_a_file_may_begin_with_a_line_that_only_excludes() -> None:
    assert lines("-net.ipv4.conf.all.rp_filter\n") == [("", "net.ipv4.conf.all.rp_filter", None, 1)]
    assert not Sysctl.starts("-net.ipv4 and more words")
    assert not Sysctl.starts("-a -t 192.0.2.10:80 -r 192.0.2.21:80")
