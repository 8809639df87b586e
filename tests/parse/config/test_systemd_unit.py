"""Units of systemd: what starting the service does, in the order in which it does it."""

from typing import cast

import pytest

from lvsdoctor.model.sysctl_d import ConfiguredFile
from lvsdoctor.parse.config import config_dump
from lvsdoctor.parse.reader import Dump
from tests.parse.config.driving import addresses, read, unread

WHERE = "rs1/etc/systemd/system/lvs-vip.service"


def settings(dump: Dump) -> dict[str, tuple[str | None, int | None]]:
    files = cast(tuple[ConfiguredFile, ...], dump.facts.get("configured-sysctl", ()))
    return {line.key: (line.raw, line.seen.line) for file in files for line in file.lines}


def unit(*lines: str) -> str:
    return "\n".join(["[Unit]", "Description=VIP", "[Service]", "Type=oneshot", *lines, "[Install]", "WantedBy=x"])


def test_what_starts_the_service_has_its_effects_and_what_stops_it_has_none() -> None:
    dump = read(
        unit("ExecStart=/sbin/ip addr add 192.0.2.10/24 dev lo", "ExecStop=/sbin/ip addr del 192.0.2.10/24 dev lo"),
        WHERE,
    )
    assert addresses(dump) == ["192.0.2.10/24 lo @5"]


def test_commands_run_in_the_order_of_systemd_not_of_their_lines() -> None:
    dump = read(
        unit(
            "ExecStartPost=/sbin/sysctl -w net.ipv4.conf.all.arp_announce=2",
            "ExecStart=/sbin/ip addr add 192.0.2.10/32 dev lo",
            "ExecStartPre=-/sbin/sysctl -w net.ipv4.conf.all.arp_ignore=1",
        ),
        WHERE,
    )
    assert [row.seen.line for row in dump.facts["configured-order"]] == [7, 6, 5]


def test_a_shell_that_a_unit_calls_is_followed() -> None:
    dump = read(
        unit("ExecStart=/bin/sh -c 'echo 1 > /proc/sys/net/ipv4/conf/lo/arp_ignore; ip a a 192.0.2.9/32 dev lo'"), WHERE
    )
    assert settings(dump) == {"net.ipv4.conf.lo.arp_ignore": ("1", 5)}
    assert addresses(dump) == ["192.0.2.9/32 lo @5"]


def test_a_loop_in_the_shell_of_a_unit_is_followed() -> None:
    pytest.importorskip("tree_sitter_bash")
    dump = read(unit("ExecStart=/bin/bash -c 'for v in 10 11; do ip addr add 192.0.2.$$v/32 dev lo; done'"), WHERE)
    assert addresses(dump) == ["192.0.2.10/32 lo @5", "192.0.2.11/32 lo @5"]


def test_variables_of_the_unit_and_its_instance_are_known() -> None:
    text = unit("Environment=VIP=192.0.2.10 'DEV=lo'", "ExecStart=/sbin/ip addr add ${VIP}/32 dev $DEV label lo:%i")
    assert addresses(read(text, "rs1/etc/systemd/system/vip@7.service")) == ["192.0.2.10/32 lo:7 @6"]


def test_a_variable_of_a_file_that_is_not_read_leaves_its_line_unread() -> None:
    text = unit("Environment=VIP=192.0.2.1", "EnvironmentFile=/etc/default/vip", "ExecStart=ip addr add ${VIP} dev lo")
    dump = read(text, WHERE)
    assert addresses(dump) == []
    assert unread(dump) == [7]


def test_an_empty_line_takes_back_what_stands_above_it() -> None:
    text = unit("ExecStart=ip addr add 192.0.2.1/32 dev lo", "ExecStart=", "ExecStart=ip addr add 192.0.2.2/32 dev lo")
    assert addresses(read(text, WHERE)) == ["192.0.2.2/32 lo @7"]


def test_several_commands_of_a_line_are_parted_by_a_semicolon_of_its_own() -> None:
    text = unit("ExecStart=ip link add vip0 type dummy ; ip addr add 192.0.2.2/32 dev vip0")
    assert addresses(read(text, WHERE)) == ["192.0.2.2/32 vip0 @5"]


def test_the_table_of_a_director_comes_from_its_unit() -> None:
    text = unit("ExecStart=/sbin/ipvsadm -A -t 192.0.2.10:80 -s rr", "ExecStart=/sbin/ipvsadm -a -t 192.0.2.10:80 -r "
                "192.0.2.21:80 -g", "ExecStop=/sbin/ipvsadm -C")  # fmt: skip
    (service,) = read(text, "lb/etc/systemd/system/ipvs.service").facts["configured-ipvs"]
    assert [row.seen.line for row in (service, *service.destinations)] == [5, 6]


def test_what_restores_another_file_leaves_nothing_unread() -> None:
    dump = read(unit('ExecStart=/bin/bash -c "exec /sbin/ipvsadm-restore < /etc/sysconfig/ipvsadm"'), WHERE)
    assert (dump.facts, dump.unread) == ({}, ())


def test_a_unit_that_sets_nothing_up_is_read_to_no_effect() -> None:
    dump = read(unit("ExecStart=/usr/sbin/keepalived --dont-fork"), WHERE)
    assert (dump.facts, dump.unread, dump.unread_kinds) == ({}, (), ())


def test_a_drop_in_is_read_as_a_unit_is() -> None:
    text = "[Service]\nExecStartPost=/usr/sbin/ip addr add 192.0.2.10/32 dev lo\n"
    assert addresses(read(text, "rs1/etc/systemd/system/nginx.service.d/vip.conf")) == ["192.0.2.10/32 lo @2"]


@pytest.mark.parametrize("text", ["[Timer]\nOnBootSec=5\n", "notes\n[Service]\nExecStart=ip addr add 192.0.2.1 dev lo"])
def test_another_unit_and_a_text_that_only_quotes_one_are_none(text: str) -> None:
    assert config_dump(text, "notes.txt") is None
