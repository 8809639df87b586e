"""What the files of sysctl.d make of a key: against systemd-sysctl written down step by step, and what was measured."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import canonical_key
from lvsdoctor.model.sysctl_d import DIRECTORIES, SYSCTL_CONF, ConfiguredFile, ConfiguredLine, ConfiguredSysctl

ALL, ETH0 = "net.ipv4.conf.all.rp_filter", "net.ipv4.conf.eth0.rp_filter"
SCOPES = ("all", "default", "eth0", "eth0.100")
EXISTING = [
    f"net.ipv4.conf.{scope.replace('.', '/')}.{name}" for scope in SCOPES for name in ("rp_filter", "arp_ignore")
]


def file(path: str, *texts: str, leads_to: str = "") -> ConfiguredFile:
    return ConfiguredFile(path, tuple(_line(path, number, text) for number, text in enumerate(texts, 1)), leads_to)


def _line(path: str, number: int, text: str) -> ConfiguredLine:
    key, equals, raw = text.partition("=")
    return ConfiguredLine(key.removeprefix("-"), raw if equals else None, Seen(path, number, text), path)


def table(*files: ConfiguredFile) -> ConfiguredSysctl:
    return ConfiguredSysctl(files, SCOPES)


# -- measured with systemd-sysctl 252 ---------------------------------------------------------------------------------


def test_a_later_line_without_a_value_deletes_an_earlier_assignment() -> None:
    lvs, vendor = f"{ALL}=0", f"-{ALL}"
    assert table(file("/etc/sysctl.d/10-lvs.conf", lvs), file("/etc/sysctl.d/50-vendor.conf", vendor)).get(ALL) is None
    later = table(file("/etc/sysctl.d/10-vendor.conf", vendor), file("/etc/sysctl.d/50-lvs.conf", lvs))
    assert later[ALL].raw == "0"


def test_procps_deletes_nothing() -> None:
    files = table(file("/etc/sysctl.d/10-lvs.conf", f"{ALL}=0"), file("/etc/sysctl.d/50-vendor.conf", f"-{ALL}"))
    line = files.deciding_for_procps(ALL)
    assert line is not None
    assert line.raw == "0"


def test_a_glob_leaves_a_key_with_a_line_of_its_own_alone_in_both_orders() -> None:
    glob, own = "net.ipv4.conf.*.rp_filter=2", f"{ETH0}=1"
    for first, second in ((glob, own), (own, glob)):
        merged = table(file("/etc/sysctl.d/10-a.conf", first), file("/etc/sysctl.d/20-b.conf", second))
        assert (merged[ETH0].raw, merged["net.ipv4.conf.eth0/100.rp_filter"].raw) == ("1", "2")


def test_names_are_ordered_by_their_bytes_in_every_directory() -> None:
    names = ["10-a", "9-x", "90-lvs", "99-sysctl", "99-zz", "lvs", "zz"]
    files = [file(f"{DIRECTORIES[n % 4]}/{name}.conf", f"{ALL}={n}") for n, name in enumerate(names)]
    assert [line.seen.where.rpartition("/")[2] for line in table(*reversed(files)).lines] == [
        f"{n}.conf" for n in names
    ]


def test_sysctl_conf_counts_where_its_link_stands_and_for_procps_last_of_all() -> None:
    link = file("/etc/sysctl.d/99-sysctl.conf", leads_to="../sysctl.conf")
    merged = table(file("/etc/sysctl.d/zz-lvs.conf", f"{ALL}=0"), file(SYSCTL_CONF, f"{ALL}=1"), link)
    assert (merged[ALL].raw, merged.assumed_link) == ("0", False)
    last = merged.deciding_for_procps(ALL)
    assert last is not None
    assert last.raw == "1"


def test_a_mask_takes_the_link_to_sysctl_conf_away() -> None:
    mask = file("/etc/sysctl.d/99-sysctl.conf", leads_to="/dev/null")
    merged = table(file(SYSCTL_CONF, f"{ALL}=1"), mask)
    assert (dict(merged), merged.assumed_link) == ({}, False)


def test_the_link_that_most_distributions_ship_is_assumed_where_no_link_was_seen() -> None:
    merged = table(file("/etc/sysctl.d/90-lvs.conf", f"{ALL}=0"), file(SYSCTL_CONF, f"{ALL}=1"))
    assert (merged[ALL].raw, merged.assumed_link) == ("1", True)


def test_what_is_shown_again_later_replaces_what_was_shown_before() -> None:
    path = "/etc/sysctl.d/90-lvs.conf"
    before = ConfiguredFile(path, (ConfiguredLine(ALL, "1", Seen("paste", 3, ""), path),))
    after = ConfiguredFile(path, (ConfiguredLine(ETH0, "1", Seen("paste", 9, ""), path),))
    assert dict(table(before, after)).keys() == {ETH0}


@pytest.mark.parametrize(
    "pattern", ["net.ipv4.conf.*.rp_filter", "net/ipv4/conf/*/rp_filter", "net.ipv4.*.*.rp_filter"]
)
def test_a_star_ends_at_a_directory_and_takes_a_link_with_a_dot(pattern: str) -> None:
    line = ConfiguredLine(canonical_key(pattern), "1", Seen("x", 1, ""))
    assert line.matches("net.ipv4.conf.eth0/100.rp_filter")
    assert not line.matches("net.ipv4.conf.eth0/100.arp_ignore")
    assert not line.matches("net.ipv4.rp_filter")


# -- against every step of systemd-sysctl -----------------------------------------------------------------------------

KEYS = [*EXISTING, "net.ipv4.conf.*.rp_filter", "net.ipv4.conf.eth*.rp_filter", "net.ipv4.*.*.arp_ignore"]
TEXTS = st.builds(
    lambda key, raw, sign: f"{'-' if sign or raw is None else ''}{key}{'' if raw is None else f'={raw}'}",
    st.sampled_from(KEYS),
    st.sampled_from([None, "0", "1", "2"]),
    st.booleans(),
)
PATHS = st.builds(
    lambda directory, name: f"{directory}/{name}.conf",
    st.sampled_from(DIRECTORIES[:4]),
    st.sampled_from(["10-a", "9-b", "50-default", "zz", "Z"]),
)
FILES = st.dictionaries(PATHS, st.one_of(st.none(), st.lists(TEXTS, max_size=4)), max_size=6)


def step_by_step(files: dict[str, list[str] | None]) -> dict[str, str]:
    """conf_files_list(), parse_file() and apply_all(); None is a link to /dev/null."""
    winners: dict[str, str] = {}
    for directory in DIRECTORIES:
        for path in files:
            if path.rpartition("/")[0] == directory:
                winners.setdefault(path.rpartition("/")[2], path)
    options: dict[str, str | None] = {}
    for name in sorted(winners, key=str.encode):
        for text in files[winners[name]] or ():
            key, equals, raw = text.removeprefix("-").partition("=")
            if key in options and options[key] != (raw if equals else None):
                del options[key]
            options.setdefault(key, raw if equals else None)
    kernel: dict[str, str] = {}
    for key, value in options.items():
        if value is None:
            continue
        if "*" not in key:
            kernel[key] = value
        else:
            kernel.update({real: value for real in EXISTING if _fits(real, key) and real not in options})
    return kernel


def _fits(key: str, pattern: str) -> bool:
    words, globs = key.split("."), pattern.split(".")
    return len(words) == len(globs) and all(map(fnmatchcase, words, globs))


@settings(derandomize=True, deadline=None, max_examples=500)
@given(FILES, st.permutations(range(6)))
def test_the_files_make_what_systemd_sysctl_makes_of_them_in_whatever_order_they_come(
    files: dict[str, list[str] | None], places: list[int]
) -> None:
    collected: Sequence[ConfiguredFile] = [
        file(path, leads_to="/dev/null") if texts is None else file(path, *texts) for path, texts in files.items()
    ]
    expected = step_by_step(files)
    shuffled = [collected[place] for place in places if place < len(collected)]
    for order in (collected, shuffled):
        merged = table(*order)
        assert {key: row.raw for key, row in merged.items()} == expected
        assert {key: row.raw for key in EXISTING if (row := merged.setting(key)) is not None} == expected


@settings(derandomize=True, deadline=None, max_examples=200)
@given(FILES)
def test_the_line_that_decides_has_the_value_and_is_about_the_key(files: dict[str, list[str] | None]) -> None:
    merged = table(*(file(path, *texts) for path, texts in files.items() if texts is not None))
    for key in EXISTING:
        line = merged.deciding(key)
        assert (None if line is None else line.raw) == (merged[key].raw if key in merged else None)
        assert line is None or line in merged.about(key)


def test_what_grep_shows_of_a_file_is_in_it_already() -> None:
    path = "/etc/sysctl.d/90-lvs.conf"
    excerpt = replace(file(path, f"{ETH0}=1"), excerpt=True)
    assert dict(table(file(path, f"{ALL}=1", f"{ETH0}=1"), excerpt)).keys() == {ALL, ETH0}
    assert dict(table(file(path, f"{ALL}=1"), excerpt)).keys() == {ALL, ETH0}


def test_a_line_s_number_is_its_first_word_as_the_kernel_reads_it() -> None:
    seen = Seen("/etc/sysctl.d/90-lvs.conf", 1, "net.ipv4.conf.all.arp_ignore = 0x1 ...")
    assert ConfiguredLine("net.ipv4.conf.all.arp_ignore", "0x1 ...", seen).value == 1
    assert ConfiguredLine("net.ipv4.conf.all.arp_ignore", None, seen).value == 0
