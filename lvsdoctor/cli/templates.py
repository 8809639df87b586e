"""What `lvsdoctor rules new` writes."""

RULE = '''"""One sentence: what the host does that it should not do."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, rule


@rule(
    name="{name}",
    code="{code}",
    severity=Severity.WARNING,
    needs={{"sysctl"}},
)
def {function}(node: Node) -> Iterator[Finding]:
    setting = node.sysctl("net.ipv4.ip_forward")
    if setting.value == 1:
        yield Finding(
            "{{node}} forwards packets (net.ipv4.ip_forward={{value}})",
            clients="Clients get an answer all the same.",
            about={{}},
            value=setting.value,
            evidence=[cite(setting, "set here")],
            fix=Fix(now=("sysctl -w net.ipv4.ip_forward=0",)),
        )
'''

PAGE = """# {name}

One sentence: what the host does that it should not do.

## What you see

The symptom, as users and operators describe it.

## Why

What the kernel does, with its function's name.

## Fix

### Now

    sysctl -w net.ipv4.ip_forward=0

### For good

    printf '%s\\n' 'net.ipv4.ip_forward = 0' >> /etc/sysctl.d/zz-lvs.conf

### Verify

On the same host: `sysctl net.ipv4.ip_forward` → 0.

## When it is fine

The look-alike that is no fault.

## Cases

### Fires: it is on

```sysctl lb1
net.ipv4.ip_forward = 1    <-- cited
```

> lb1 forwards packets (net.ipv4.ip_forward=1)

### Quiet: it is off

```sysctl lb1
net.ipv4.ip_forward = 0
```

### Not checked: no sysctl was collected

```ip-rule lb1
0:	from all lookup local
```

## References

- Linux: `Documentation/networking/ip-sysctl.rst`
"""
