"""The same dumps in any packing give the same finding: whose a dump is, and what was put around it, adds no fact."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.collect.decoding import decoded
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.node import Node
from lvsdoctor.parse.paste.stream import pieces
from tests.collect import packings

RULES = load_rules()
COPIES = st.lists(st.sampled_from(sorted(packings.COPIES)), max_size=2, unique=True).filter(
    # Nobody numbers the lines twice, nor makes the source of a page bold.
    lambda copies: len(packings.NUMBERS.intersection(copies)) < 2 and "a page with breaks" not in copies
)
BASE = packings.pasted("[root@{host} ~]# ")
LAW = settings(derandomize=True, deadline=None, max_examples=500)


def nodes(data: bytes) -> tuple[Node, ...]:
    text = decoded(data)
    assert text is not None
    return with_standing(nodes_of([NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin")]))


def loud(scanned: tuple[Node, ...]) -> list[tuple[str, str, str]]:
    found = examine(scanned, RULES).diagnoses
    return [(d.severity.value, d.code, d.node) for d in found if d.severity.value != "note"]


def is_the_cluster(text: str, encoding: str = "utf-8", names: tuple[str, ...] = packings.HOSTS) -> None:
    scanned = nodes(text.encode(encoding))
    assert tuple(node.name for node in scanned) == names
    assert loud(scanned) == [("error", "ARP002", names[2])]


@pytest.mark.parametrize("prompt", packings.PROMPTS)
def test_a_prompt_in_any_dress_names_its_host(prompt: str) -> None:
    is_the_cluster(packings.pasted(prompt))


@pytest.mark.parametrize("carrier", packings.CARRIERS)
@pytest.mark.parametrize("prompt", ["[root@labhost ~]# ", "# "])
def test_a_command_that_enters_another_host_is_of_that_host(carrier: str, prompt: str) -> None:
    scanned = nodes(packings.pasted(prompt, carrier).encode())
    names = [node.name for node in scanned]
    assert [name[-3:] for name in names] == list(packings.HOSTS)
    assert loud(scanned) == [("error", "ARP002", names[2])]


@pytest.mark.parametrize(("heading", "names"), [*packings.HEADINGS, *packings.PHRASES])
@pytest.mark.parametrize("prompt", ["$ ", "# ", ""])
def test_a_heading_in_words_names_its_host(heading: str, names: dict[str, str], prompt: str) -> None:
    scanned = nodes(packings.headed(heading, names, prompt).encode())
    assert [node.name for node in scanned] == [names.get(host, host) for host in packings.HOSTS]
    assert loud(scanned) == [("error", "ARP002", scanned[2].name)]


@pytest.mark.parametrize(("head", "path"), packings.FILES)
def test_a_file_s_name_above_its_text_names_the_host(head: str, path: str) -> None:
    is_the_cluster(packings.filed(head, path))


@pytest.mark.parametrize("copy", packings.COPIES.values(), ids=packings.COPIES)
@pytest.mark.parametrize(
    "text",
    [BASE, packings.headed("{host}:", packings.CODES), packings.filed("==> {path} <==")],
    ids=["prompts", "headings", "files"],
)
def test_what_a_copy_adds_to_the_lines_changes_no_finding(copy: Callable[[str], str], text: str) -> None:
    assert loud(nodes(copy(text).encode())) == loud(nodes(text.encode()))


@pytest.mark.parametrize("encoding", packings.ENCODINGS)
def test_an_encoding_changes_no_finding(encoding: str) -> None:
    is_the_cluster(BASE, encoding)
    is_the_cluster(packings.headed("【{host}】", packings.CHINESE), encoding, tuple(packings.CHINESE.values()))


@given(
    prompt=st.sampled_from(packings.PROMPTS),
    copies=COPIES,
    encoding=st.sampled_from(packings.ENCODINGS),
    hosts=st.permutations(packings.HOSTS),
)
@LAW
def test_packings_within_each_other_change_no_finding(
    prompt: str, copies: list[str], encoding: str, hosts: list[str]
) -> None:
    text = packings.pasted(prompt, hosts=hosts)
    for copy in sorted(copies, key=packings.MARGINS.__contains__):  # nobody makes the > of a mail bold
        text = packings.COPIES[copy](text)
    scanned = nodes(text.encode(encoding))
    names = {node.name.partition(".")[0] for node in scanned}
    assert names == set(packings.HOSTS)
    assert [(severity, code, node[:3]) for severity, code, node in loud(scanned)] == [("error", "ARP002", "rs2")]


@given(
    heading=st.sampled_from(packings.HEADINGS),
    prompt=st.sampled_from(["$ ", "# ", "", "➜  ~ ", "bash-5.1# ", "/ # ", "~ # ", "% ", "[12:00:01] $ "]),
    copies=st.lists(st.sampled_from(sorted(packings.COPIES)), max_size=1),
)
@LAW
def test_headings_in_copies_name_their_hosts(
    heading: tuple[str, dict[str, str]], prompt: str, copies: list[str]
) -> None:
    text = packings.headed(*heading, prompt)
    for copy in copies:
        text = packings.COPIES[copy](text)
    scanned = nodes(text.encode())
    assert loud(scanned) == [("error", "ARP002", heading[1].get("rs2", "rs2"))]


@given(carriers=st.lists(st.sampled_from(packings.CARRIERS), min_size=3, max_size=3), quoted=st.booleans())
@LAW
def test_each_host_may_be_entered_by_a_command_of_its_own(carriers: list[str], quoted: bool) -> None:
    parts = []
    for host, carrier in zip(packings.HOSTS, carriers, strict=True):
        text = packings.pasted("[root@labhost ~]# ", carrier, hosts=[host])
        parts.append(packings.COPIES["a mail"](text) if quoted else text)
    scanned = nodes("".join(parts).encode())
    assert [node.name[-3:] for node in scanned] == list(packings.HOSTS)
    assert [(code, node[-3:]) for _, code, node in loud(scanned)] == [("ARP002", "rs2")]
