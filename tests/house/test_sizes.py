"""Past a certain size a module is two, a rule is a piece of analysis, and a page is not read."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]

MODULE, RULE, PAGE, MEDIAN = 300, 80, 70, 50  # lines; a page's without its cases

# What is longer today, and how long. Nothing may be added here and nothing grow; what is short enough is taken off.
LONGER_MODULES: Mapping[str, int] = {}
LONGER_RULES: Mapping[str, int] = {
    "rules/address/vip_is_directors_own_address.py": 110,
    "rules/address/vip_mask_on_lo_too_wide.py": 86,
    "rules/address/vip_missing_on_director.py": 108,
    "rules/arp/arp_ignore_only_on_lo.py": 85,
    "rules/arp/vip_answered_by_another_host.py": 118,
    "rules/arp/vip_answered_by_nobody.py": 108,
    "rules/cluster/vip_cached_at_real_server.py": 108,
    "rules/forwarding/director_is_real_servers_gateway.py": 96,
    "rules/forwarding/nat_reply_bypasses_director.py": 90,
    "rules/forwarding/real_server_behind_gateway.py": 121,
    "rules/forwarding/vip_missing_on_real_server.py": 106,
    "rules/tunnel/tunnel_device_missing.py": 86,
}
LONGER_PAGES: Mapping[str, int] = {}
LONGER_MEDIAN: Mapping[str, int] = {"the median of all rules": 76}


def too_long(sizes: Mapping[str, float], most: int, longer: Mapping[str, int]) -> list[str]:
    """What is longer than it may be, and what need not stand on the list any more."""
    grown = [
        f"{name}: {size:g} lines, {'as recorded' if name in longer else 'at most'} {longer.get(name, most)}"
        for name, size in sizes.items()
        if size > max(most, longer.get(name, 0))
    ]
    needless = [f"{name}: take it off the list" for name in longer if sizes.get(name, 0) <= most]
    return grown + needless


def lines_of(*globs: str) -> dict[str, int]:
    files = (path for glob in globs for path in sorted(ROOT.glob(glob)))
    return {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in files}


def prose(page: str) -> int:
    """The lines before the cases."""
    return page.split("\n").index("## Cases")


def test_a_module_has_at_most_300_lines() -> None:
    assert too_long(lines_of("lvsdoctor/**/*.py", "rules/**/*.py", "reports/**/*.py"), MODULE, LONGER_MODULES) == []


def test_a_rule_has_at_most_80_lines() -> None:
    assert too_long(lines_of("rules/*/[!_]*.py"), RULE, LONGER_RULES) == []


def test_half_of_the_rules_have_at_most_50_lines() -> None:
    assert (
        too_long({"the median of all rules": median(lines_of("rules/*/[!_]*.py").values())}, MEDIAN, LONGER_MEDIAN)
        == []
    )


def test_a_page_has_at_most_70_lines_before_its_cases() -> None:
    paths = [path for path in ROOT.glob("rules/*/*.md") if len(path.suffixes) == 1]  # in other languages without cases
    pages = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    assert pages
    assert too_long({name: prose(page) for name, page in pages.items()}, PAGE, LONGER_PAGES) == []


def test_what_is_too_long_is_caught_and_what_stands_on_the_list_may_only_shrink() -> None:
    assert too_long({"a.py": 301, "b.py": 300}, 300, {}) == ["a.py: 301 lines, at most 300"]
    assert too_long({"a.py": 320, "b.py": 310}, 300, {"a.py": 320, "b.py": 320}) == []
    assert too_long({"a.py": 321}, 300, {"a.py": 320}) == ["a.py: 321 lines, as recorded 320"]
    assert too_long({"a.py": 300}, 300, {"a.py": 320}) == ["a.py: take it off the list"]
    assert too_long({}, 300, {"a.py": 320}) == ["a.py: take it off the list"]


def test_cases_do_not_count_as_prose() -> None:
    assert prose("# A rule\n\nWhy.\n\n## Cases\n\n" + "a dump\n" * 100) == 4


def test_the_package_has_ten_rooms_and_at_most_six_files_beside_them() -> None:
    package = ROOT / "lvsdoctor"
    rooms = {path.name for path in package.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert rooms == {
        "model", "parse", "collect", "kernel", "analysis", "probe", "engine", "fixes", "reporting", "cli",
    }  # fmt: skip
    assert len(list(package.glob("*.py"))) <= 6
