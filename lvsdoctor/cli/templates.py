"""What `lvsdoctor rules new` writes."""

RULE = '''"""One sentence: what is wrong."""

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
            about={{}},
            value=setting.value,
            evidence=[cite(setting, "set here")],
            fix=Fix(now=("sysctl -w net.ipv4.ip_forward=0",)),
        )
'''

PAGE = """# {name}

One sentence: what is wrong.

## What you see

The symptom, in the words of whoever sees it first.

## Why

What the kernel does, with its function's name.

## Fix

### Now

    sysctl -w net.ipv4.ip_forward=0

### After a reboot

    printf '%s\\n' 'net.ipv4.ip_forward = 0' >> /etc/sysctl.d/zz-lvs.conf

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
