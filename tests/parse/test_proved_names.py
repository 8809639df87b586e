"""A word above dumps is a host's name where the dumps prove it: one interface has two MACs below two of them."""

import pytest

from lvsdoctor.parse.paste.stream import pieces


def shown(number: int, link: str = "ens192") -> str:
    return (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n"
        "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
        "    inet 127.0.0.1/8 scope host lo\n"
        f"2: {link}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n"
        f"    link/ether 02:00:00:00:00:{number:02x} brd ff:ff:ff:ff:ff:ff\n"
        f"    inet 192.0.2.{number}/24 brd 192.0.2.255 scope global {link}\n"
    )


def hosts(text: str) -> list[str]:
    return [piece.host for piece in pieces(text, "paste") if piece.dump.facts]


@pytest.mark.parametrize(
    "dress",
    [
        "## {}",
        "**{}**",
        "Сервер {}:",
        "[b]{}[/b]",
        "<h3>{}</h3>",
        "===== {}: ip addr =====",
        "{}: ip addr",
        "h3. {}",
        "Auf {}:",
        "Output from box {}:",
    ],
)
def test_words_in_one_dress_above_contradicting_dumps_are_hosts(dress: str) -> None:
    text = "".join(f"{dress.format(name)}\n\n{shown(number)}\n" for name, number in (("frontal", 2), ("nginx-a", 21)))
    assert hosts(text) == ["frontal", "nginx-a"]


def test_roles_before_the_names_may_differ() -> None:
    assert hosts(f"【调度器】frontal\n{shown(2)}\n【真实服务器1】nginx-a\n{shown(21)}") == ["frontal", "nginx-a"]


def test_words_above_two_interfaces_of_one_host_are_no_names() -> None:
    text = f"## uplink\n\n{shown(2, 'eth0')}\n## inside\n\n{shown(3, 'eth1')}"
    assert "uplink" not in hosts(text)


def test_words_above_equal_dumps_are_no_names() -> None:
    assert set(hosts(f"## monday\n\n{shown(2)}\n## tuesday\n\n{shown(2)}")) == {""}


def test_one_word_alone_proves_nothing() -> None:
    assert "frontal" not in hosts(f"{shown(2)}\n## frontal\n\n{shown(21)}")


def test_a_name_with_two_macs_below_it_is_no_host() -> None:
    text = f"## first\n\n{shown(2)}\n{shown(3)}\n## second\n\n{shown(4)}"
    assert not {"first", "second"} & set(hosts(text))


def test_a_named_command_is_no_part_of_the_host_above() -> None:
    text = f"rs1: ip addr\n{shown(21)}rs2: ip addr\n{shown(22)}"
    assert hosts(text) == ["rs1", "rs2"]


SYSCTL = "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n"


@pytest.mark.parametrize(
    ("echo", "host"),
    [
        ("# ip netns exec rs2 ip addr", "rs2"),
        ("# ssh root@rs2 ip addr", "rs2"),
        ("# docker exec rs2 ip addr", "rs2"),
    ],
)
def test_a_roots_command_elsewhere_below_settings_is_no_comment(echo: str, host: str) -> None:
    assert hosts(f"# ip netns exec rs1 sysctl -a\n{SYSCTL}{echo}\n{shown(22)}") == ["rs1", host]


def test_a_comment_about_such_a_command_stays_one() -> None:
    assert hosts(f"{SYSCTL}# ssh needs this\nnet.ipv4.ip_forward = 0\n") == [""]


def test_a_banner_below_settings_names_the_next_host() -> None:
    banner = "##########\n# rs2\n##########\n"
    assert hosts(f"# rs1\n{shown(21)}+ sysctl -a\n{SYSCTL}{banner}+ ip addr\n{shown(22)}")[-1] == "rs2"


def test_a_banner_above_more_settings_is_a_comment() -> None:
    assert hosts(f"{SYSCTL}##########\n# web1\n##########\nnet.ipv4.ip_forward = 0\n") == [""]


def test_a_prompt_at_the_right_end_names_its_host() -> None:
    text = "".join(
        f"$ ip addr                       root@{name} 12:00:01\n{shown(number)}"
        for name, number in (("a-lb", 2), ("rs1", 21))
    )
    assert hosts(text) == ["a-lb", "rs1"]


def test_letters_that_were_taken_back_are_not_read() -> None:
    text = f"\x1b[?2004hroot@rs1:~# ip x\x08\x1b[Kaddr\r\n\x1b[?2004l\r{shown(21)}"
    assert hosts(text) == ["rs1"]


def test_a_prompt_behind_a_key_that_was_cut_names_the_next_host() -> None:
    text = f"[root@rs1 ~]# sysctl -a\n{SYSCTL}net.ipv4.conf.default.shared_media =[root@rs2 ~]# ip addr\n{shown(22)}"
    assert hosts(text) == ["rs1", "rs2"]


@pytest.mark.parametrize("names", [("edge6", "w61"), ("w1", "w2"), ("n61", "n62")])
def test_a_letter_and_a_number_is_a_name_where_the_dumps_prove_it(names: tuple[str, str]) -> None:
    text = "".join(f"## {name}\n```\n{shown(number)}```\n" for number, name in enumerate(names, 21))
    assert hosts(text) == list(names)


def test_two_times_of_one_host_are_no_two_hosts() -> None:
    assert len(set(hosts(f"## t1\n```\n{shown(21)}```\n## t2\n```\n{shown(21)}```\n"))) == 1
