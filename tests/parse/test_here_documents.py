"""Here-documents that somebody typed: what they write into a file is no answer of a command."""

import pytest

from lvsdoctor.parse.paste.stream import pieces

pytest.importorskip("tree_sitter_bash")

SETTING = "net.ipv4.conf.lo.arp_ignore = 1"


def _rows(text: str, fact: str) -> list[tuple[str, int]]:
    rows = (row for piece in pieces(text, "p") for row in piece.dump.facts.get(fact, ()))
    lines = (line for row in rows for line in (getattr(row, "lines", None) or (row,)))
    return [(piece.seen.text.strip(), piece.seen.line or 0) for piece in lines]


@pytest.mark.parametrize(
    "text",
    [
        f"$ cat > /etc/sysctl.d/lvs.conf <<EOF\n{SETTING}\nEOF\n$ sysctl --system\n",
        f"root@rs1:~# cat <<'EOF' > /etc/sysctl.d/lvs.conf\n{SETTING}\nEOF\nroot@rs1:~# ip addr\n",
        f"[root@rs1 ~]# cat >> /etc/sysctl.conf << EOF\n> {SETTING}\n> EOF\n[root@rs1 ~]# sysctl -p\n",
        f"sudo tee /etc/sysctl.d/lvs.conf >/dev/null <<-EOF\n{SETTING}\nEOF\nsudo sysctl --system\n",
    ],
)
def test_settings_in_a_here_document_are_a_file_s(text: str) -> None:
    assert _rows(text, "sysctl") == []
    assert set(_rows(text, "configured-sysctl")) == {(SETTING, 2)}


def test_a_table_that_is_restored_from_a_here_document_is_typed() -> None:
    table = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g\n"
    text = f"# ipvsadm -R <<EOF\n{table}EOF\n"
    assert _rows(text, "ipvs") == []
    assert [line for _, line in _rows(text, "configured-ipvs")] == [2]


@pytest.mark.parametrize(
    "text",
    [
        f"$ cat <<EOF\n{SETTING}\nEOF\n",
        f"$ cat > /etc/sysctl.d/lvs.conf <<EOF\n{SETTING}\n",
        f"$ sysctl -a | grep arp << EOF\n{SETTING}\n```\nEOF\n",
    ],
)
def test_what_ends_nowhere_or_is_printed_is_read_as_it_stands(text: str) -> None:
    assert _rows(text, "configured-sysctl") == []


def test_a_saved_filter_that_a_command_shows_is_a_file_s() -> None:
    rules = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"
    facts = [set(piece.dump.facts) for piece in pieces(f"root@lb1:~# cat /etc/iptables/rules.v4\n{rules}", "p")]
    assert {"configured-iptables"} in facts
