"""systemctl(1) in its shapes: what is started at boot, and what has failed."""

import pytest

from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.reader import Dump

EL7 = """[root@lb1 ~]# systemctl status keepalived
● keepalived.service - LVS and VRRP High Availability Monitor
   Loaded: loaded (/usr/lib/systemd/system/keepalived.service; disabled; vendor preset: disabled)
   Active: active (running) since Wed 2026-01-07 18:23:10 CST; 19h ago
  Process: 7218 ExecStart=/usr/sbin/keepalived $KEEPALIVED_OPTIONS (code=exited, status=0/SUCCESS)
 Main PID: 812 (keepalived)
   CGroup: /system.slice/keepalived.service
           ├─812 /usr/sbin/keepalived -D
           └─813 /usr/sbin/keepalived -D

Jan 07 18:23:10 lb1 Keepalived_vrrp[813]: (VI_1) ip address associated with VRID 51 not present in MASTER advert
"""
NEW = """lb1:~# systemctl status ldirectord.service
\u00d7 ldirectord.service - Monitor and administer real servers
     Loaded: loaded (/usr/lib/systemd/system/ldirectord.service; enabled; preset: enabled)
    Drop-In: /etc/systemd/system/ldirectord.service.d
             └─override.conf
     Active: failed (Result: exit-code) since Mon 2026-01-05 12:00:00 UTC; 3min ago
   Main PID: 900 (code=exited, status=1/FAILURE)
"""
ASCII = """[root@lb1 ~]# systemctl status keepalived
* keepalived.service - LVS and VRRP High Availability Monitor
     Loaded: loaded (/usr/lib/systemd/system/keepalived.service; disabled; vendor preset: enabled)
     Active: inactive (dead)
"""
LSB = """ldirectord.service - LSB: Control Linux Virtual Server
   Loaded: loaded (/etc/init.d/ldirectord; generated)
   Active: active (running) since Mon 2026-01-05 12:00:00 UTC; 3min ago
"""
FILES = """UNIT FILE                                  STATE           VENDOR PRESET
proc-sys-fs-binfmt_misc.automount          static          -
dbus.service                               static          -
keepalived.service                         disabled        disabled
getty@.service                             enabled         enabled
systemd-journald.service                   static          -
sysinit.target                             static          -

6 unit files listed.
"""
UNITS = """  UNIT                     LOAD      ACTIVE   SUB     DESCRIPTION
  -.mount                  loaded    active   mounted Root Mount
● keepalived.service       loaded    failed   failed  LVS and VRRP High Availability Monitor
● lvs-old.service          not-found inactive dead    lvs-old.service
  sshd.service             loaded    active   running OpenSSH server daemon

LOAD   = Reflects whether the unit definition was properly loaded.
ACTIVE = The high-level unit activation state, i.e. generalization of SUB.
SUB    = The low-level unit activation state, values depend on unit type.

4 loaded units listed. Pass --all to see loaded but inactive units, too.
To show all installed unit files use 'systemctl list-unit-files'.
"""
CHKCONFIG = """[root@lb1 ~]# chkconfig --list
keepalived      0:off\t1:off\t2:off\t3:off\t4:off\t5:off\t6:off
network         0:off\t1:off\t2:on\t3:on\t4:on\t5:on\t6:off
"""


def dumps_of(text: str) -> list[Dump]:
    return [piece.dump for piece in pieces(text, "paste.txt")]


def states(text: str) -> set[tuple[str, str, str]]:
    rows = [row for dump in dumps_of(text) for row in dump.facts.get("units", ())]
    return {(row.name, row.file_state, row.active) for row in rows}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EL7, {("keepalived.service", "disabled", ""), ("keepalived.service", "", "active")}),
        (NEW, {("ldirectord.service", "enabled", ""), ("ldirectord.service", "", "failed")}),
        (ASCII, {("keepalived.service", "disabled", ""), ("keepalived.service", "", "inactive")}),
        (LSB, {("ldirectord.service", "generated", ""), ("ldirectord.service", "", "active")}),
        (CHKCONFIG, {("keepalived.service", "disabled", ""), ("network.service", "enabled", "")}),
        ("# systemctl is-enabled keepalived ipvsadm.service\nenabled\nmasked\n",
         {("keepalived.service", "enabled", ""), ("ipvsadm.service", "masked", "")}),
        ("lb1:~# systemctl is-active keepalived\nfailed\n", {("keepalived.service", "", "failed")}),
        ("# systemctl list-unit-files | grep keepalived\nkeepalived.service   disabled   enabled\n",
         {("keepalived.service", "disabled", "")}),
    ],
    ids=["EL 7", "new", "ascii", "init script", "chkconfig", "is-enabled", "is-active", "grep"],
)  # fmt: skip
def test_each_shape_tells_the_state_of_its_units(text: str, expected: set[tuple[str, str, str]]) -> None:
    assert states(text) == expected
    assert all(dump.partial is not None for dump in dumps_of(text) if "units" in dump.facts)
    assert not [seen.text for dump in dumps_of(text) for seen in dump.unread]


def test_the_words_of_several_units_in_another_number_are_of_none() -> None:
    assert states("# systemctl is-enabled keepalived ipvsadm\nenabled\n") == set()


def test_a_whole_list_of_unit_files_is_whole() -> None:
    (dump,) = dumps_of(FILES)
    assert dump.partial is None
    assert ("keepalived.service", "disabled", "") in states(FILES)
    assert not dump.unread


@pytest.mark.parametrize(
    "command",
    [
        "systemctl list-unit-files 'keepalived*'",
        "systemctl list-unit-files --state=enabled",
        "systemctl list-unit-files --type=socket",
        "systemctl list-unit-files | grep service",
    ],
)
def test_a_list_of_some_unit_files_is_not_whole(command: str) -> None:
    dumps = [dump for dump in dumps_of(f"lb1:~# {command}\n{FILES}") if "units" in dump.facts]
    assert dumps
    assert all(dump.partial is not None for dump in dumps)


def test_a_list_of_all_services_is_whole() -> None:
    (dump,) = (dump for dump in dumps_of(f"lb1:~# systemctl list-unit-files --type=service\n{FILES}") if dump.facts)
    assert dump.partial is None


def test_a_list_of_units_does_not_tell_what_is_not_loaded() -> None:
    (dump,) = dumps_of(UNITS)
    assert states(UNITS) == {
        ("keepalived.service", "", "failed"),
        ("lvs-old.service", "", "inactive"),
        ("sshd.service", "", "active"),
    }
    assert dump.partial is not None
    assert not dump.unread


def test_what_a_unit_logged_is_read_as_a_log() -> None:
    assert [row.seen.text for dump in dumps_of(EL7) for row in dump.facts.get("log", ())] or not any(
        "Jan 07" in seen.text for dump in dumps_of(EL7) for seen in dump.unread
    )


@pytest.mark.parametrize(
    "text",
    [
        "The keepalived.service - as we said - is fine\n",
        "keepalived.service - see below\n",
        "Created symlink /etc/systemd/system/multi-user.target.wants/keepalived.service.\n",
    ],
)
def test_prose_about_a_service_is_no_state(text: str) -> None:
    assert states(text) == set()
