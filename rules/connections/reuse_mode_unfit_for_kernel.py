"""net.ipv4.vs.conn_reuse_mode does not suit the kernel: new connections wait a second, or go to removed servers."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Citation, Finding, Fix, Node, Severity, assume, cite, rule, set_sysctls, unfit_reuse_mode

DELAYS = "{node} drops the first SYN of a client that takes a source port again (conn_reuse_mode={value}, conntrack=1)"
IF_OLD = "{node} drops the first SYN of a client that takes a source port again, if the kernel is below 5.9"
STICKS = "{node} keeps a client that takes a source port again at its old real server (conn_reuse_mode=0)"
LATER = "New connections take a second longer while clients reuse their source ports."
LOST = "Clients that reuse their source ports stay at a real server of weight 0."
KEY = "net.ipv4.vs.conn_reuse_mode"
NODEST = "net.ipv4.vs.expire_nodest_conn"
UNSURE = Fix(persist=(f"# only on a kernel before 5.9 (uname -r): sysctl -w {KEY}=0 {NODEST}=1",))


@rule(
    name="reuse-mode-unfit-for-kernel",
    code="CONN004",
    severity=Severity.WARNING,
    needs={"sysctl"},
)
def reuse_mode_unfit_for_kernel(node: Node) -> Iterator[Finding]:
    unfit = unfit_reuse_mode(node)
    if unfit is None:
        return
    evidence: list[Citation] = [cite(unfit.reuse, "an old entry of the same source port is not used again")]
    if unfit.conntrack is not None:
        kernel = (
            f"no fix of Linux 5.9 was taken over into {unfit.kernel}" if unfit.kernel else "the kernel is below 5.9"
        )
        evidence += [cite(unfit.conntrack, "the SYN is dropped with the conntrack of the old entry")]
        evidence += [assume("sysctl", kernel, settle="uname -r")]
    else:
        evidence = [cite(unfit.reuse, "this kernel, {kernel}, needs no 0 here", kernel=unfit.kernel)]
    yield Finding(
        STICKS if not unfit.delays else DELAYS if unfit.kernel else IF_OLD,
        clients=LATER if unfit.delays else LOST,
        about={"key": KEY},
        value=unfit.reuse.value,
        severity=None if unfit.kernel else Severity.NOTE,
        evidence=evidence,
        fix=UNSURE if not unfit.kernel else set_sysctls({KEY: 0, NODEST: 1} if unfit.delays else {KEY: 1}),
    )
