"""Whatever a paste holds, no rule crashes and every report is written."""

import io

from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.collect.decoding import decoded
from lvsdoctor.engine.contradictions import settled
from lvsdoctor.engine.loader import load_report
from lvsdoctor.engine.runner import examine
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.reportkit import Output
from tests.laws.worlds import World, any_world, law, rules

COMMANDS = {
    "ip-addr": "ip addr", "ip-link": "ip -d link", "ip-route": "ip route", "ip-rule": "ip rule", "ip-neigh": "ip neigh",
    "sysctl": "sysctl -a", "arptables": "arptables -nvL", "ipvsadm": "ipvsadm -Sn", "arping": "arping -c 1 192.0.2.10",
}  # fmt: skip
ODD = (
    "...", "[root@rs9 ~]# ip addr", "LVS director:", "==> rs9/sysctl.txt <==", "lb1 | CHANGED | rc=0 >>", "0", "-> ",
    "99999999999999999999", "255.255.255.255/33", "::/0", "inet", "default via", "-A -t", "net.ipv4.conf.", "│",
    "1: lo:", "\x00",
)  # fmt: skip


def paste(world: World) -> list[str]:
    lines: list[str] = []
    for host, where, text in world.dumps:
        command = COMMANDS.get(where.rpartition("/")[2], f"cat /{where.partition('/')[2]}")
        lines += [f"[root@{host} ~]# {command}", *text.splitlines()]
    return lines


@st.composite
def damaged_pastes(draw: st.DrawFn) -> bytes:
    """Lines of two worlds, some lost, doubled, cut, in another place, or with what belongs elsewhere; and odd bytes."""
    lines = paste(draw(any_world()))
    if draw(st.booleans()):
        other = paste(draw(any_world()))
        lines[draw(st.integers(0, len(lines))) :] = other[draw(st.integers(0, len(other))) :]
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(lines) - 1, 0)))
        line = lines[at] if lines else ""
        cut = draw(st.integers(0, len(line)))
        odd = draw(st.sampled_from(ODD))
        changed: tuple[list[str], ...] = ([], [line, line], [line[:cut]], [line[cut:]], [odd], [f"{line} {odd}"])
        lines[at : at + 1] = draw(st.sampled_from(changed))
    data = "\n".join(lines).encode(draw(st.sampled_from(("utf-8", "utf-16", "latin-1"))), "replace")
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=3)) + data[at:]
    return data


@law
@given(damaged_pastes())
def test_no_paste_makes_a_rule_or_a_report_fail(data: bytes) -> None:
    text = decoded(data)
    if text is None:
        return  # a binary file, which is an error that says so
    nodes = nodes_of([NodeDump(piece, "stdin", "standard input") for piece in pieces(text, "stdin")])
    examination = examine(settled(nodes, rules(), with_standing), rules())
    assert [outcome.traceback for outcome in examination.outcomes if outcome.traceback] == []
    for form in ("json", "terminal"):
        load_report(form)(examination, Output(io.StringIO(), color=False, verbose=1))
