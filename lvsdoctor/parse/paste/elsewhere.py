"""Commands that run another one elsewhere: on another host, in a namespace, in a container or pod."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from lvsdoctor.parse.paste.commands import words_of
from lvsdoctor.parse.paste.patterns import pattern

_OWN_ROOT = pattern(r"/|/(?:mnt/)?(?:host|hostfs|host-?root|rootfs|noderoot|node-root)/?")
_PLAIN = pattern(r"[\w.@:+-]+")


@dataclass(frozen=True, slots=True)
class Entered:
    """The command behind another that carries it ([]: a shell), and the name of its place ("": where we were)."""

    words: list[str]
    name: str = ""
    local: bool = True
    same_prompt: bool = True


def script_words(words: list[str]) -> list[str]:
    """What is handed over as one word may be several."""
    return words_of(words[0])[:64] if len(words) == 1 and " " in words[0] else words


def remote(name: str, words: list[str]) -> Entered:
    return Entered(script_words(words), _whole(name), local=False, same_prompt=False)


def _whole(name: str) -> str:
    """The name of a host, a FQDN or an address. What a shell would have put in (`$h`) names an unknown host."""
    return name.rpartition("@")[2][:64] or "?"


def _part(name: str) -> str:
    """The name of a part of a host; without dots, behind which a host's own name would end."""
    return name.strip("/").rpartition("/")[2].replace(".", "-")[:64] or "?"


def _inner(name: str, words: list[str], *, same_prompt: bool = False) -> Entered:
    return Entered(script_words(words[1:] if words[:1] == ["--"] else words), _part(name), same_prompt=same_prompt)


def _ssh(words: list[str]) -> Entered | None:
    valued = [f"-{letter}" for letter in "bcDEeFIiJLlmOopQRSWw"]
    rest = without_options(words, valued)
    if not rest:
        return None
    name, rest = rest[0].removeprefix("ssh://"), without_options(rest[1:], valued)
    return remote(name, rest)


def _ip(words: list[str]) -> Entered | None:
    """`ip netns exec NAME command`, and `ip -n NAME addr`, which asks the same question there."""
    options: list[str] = []
    for number, word in enumerate(words):
        rest = words[number + 1 :]
        if word in ("-n", "-netns", "--netns") and len(rest) > 1:
            return _inner(rest[0], ["ip", *options, *rest[1:]], same_prompt=True)
        if word == "netns" and rest[:1] in (["exec"], ["ex"]) and len(rest) > 1:
            return _inner(rest[1], rest[2:], same_prompt=True)
        if not word.startswith("-"):
            return None
        options.append(word)
    return None


def _nsenter(words: list[str]) -> Entered | None:
    """Only where it enters a network does it leave the host. Process 1 of a host is in the network of that host."""
    target, name, network, number = "", "", False, 0
    while number < len(words) and words[number].startswith("-") and words[number] != "--":
        word = words[number]
        long, equals, value = word.partition("=")
        number += 1
        if long in ("--target", "-t") or (word.startswith("-t") and word[2:].isdigit()):
            target = (
                value
                if equals
                else word[2:]
                if word.startswith("-t") and word[2:]
                else "".join(words[number : number + 1])
            )
            number += 0 if equals or (word.startswith("-t") and word[2:]) else 1
        elif long == "--net" or word == "-n" or word.startswith(("-n/", "-n=")):
            network, name = True, value or word[2:].lstrip("=") if long != "--net" else value
        elif long == "--all" or word == "-a":
            network = True
        elif bundle := re.fullmatch(r"-([muinpUCTrwFZaW]+)(t?)(\d*)", word):
            network = network or "n" in bundle[1] or "a" in bundle[1]
            if bundle[2]:
                target = bundle[3] or "".join(words[number : number + 1])
                number += 0 if bundle[3] else 1
        elif word in ("-S", "-G", "--setuid", "--setgid"):
            number += 1
    rest = words[number + 1 :] if words[number : number + 1] == ["--"] else words[number:]
    name = re.sub(r"^/proc/(\w+|\$\S+?)/ns/net$", r"netns-of-\1", name)
    if not network or target == "1" or name == "netns-of-1":
        return Entered(script_words(rest))
    return _inner(name or f"netns-of-{target or '?'}", rest, same_prompt=True)


def _container(words: list[str]) -> Entered | None:
    """docker, podman, nerdctl: `exec [options] NAME command`; `run` makes a new one."""
    rest = without_options(words, _DOCKER)
    while rest and rest[0] in ("container", "compose"):
        rest = without_options(rest[1:], ("-f", "-p", "--file", "--project-name"))
    if rest[:1] not in (["exec"], ["run"]):
        return None
    options = rest[1:]
    rest = without_options(options, _DOCKER)
    if not rest:
        return None
    network = re.search(r"--net(?:work)?[= ](?:(host)|container:(\S+))(?= )", " ".join(options))
    if network and network[1]:
        return Entered(script_words(rest[1:]))
    return _inner(network[2] if network else rest[0], rest[1:])


def _pod(words: list[str]) -> Entered | None:
    """kubectl, oc: `-n NAMESPACE exec POD [-c CONTAINER] -- command`. Namespaces may have pods of the same name."""
    head, dashes, command = words, False, list[str]()
    if "--" in words:
        place = words.index("--")
        head, dashes, command = words[:place], True, words[place + 1 :]
    space = ""
    for number, word in enumerate(head):
        option, equals, value = word.partition("=")
        if option in ("-n", "--namespace"):
            space = value if equals else "".join(head[number + 1 : number + 2])
        elif word.startswith("-n") and len(word) > 2:
            space = word[2:].lstrip("=")
    rest = without_options(head, _KUBECTL)
    if rest[:1] == ["kubectl"]:
        rest = without_options(rest[1:], _KUBECTL)
    if rest[:1] not in (["exec"], ["rsh"], ["attach"], ["debug"]):
        return None
    rest = without_options(rest[1:], _KUBECTL)
    if not rest:
        return None
    name = _part(rest[0])
    behind = command if dashes else without_options(rest[1:], _KUBECTL)
    return Entered(script_words(behind), f"{_part(space)}/{name}" if space else name, local=False, same_prompt=False)


def _chroot(words: list[str]) -> Entered | None:
    """/host is the host itself, as `kubectl debug node/NAME` mounts it; other directories may be of any host."""
    rest = without_options(words, ("--groups", "--userspec"))
    if not rest:
        return None
    if _OWN_ROOT.fullmatch(rest[0]):
        return Entered(script_words(rest[1:]))
    return _inner(rest[0], rest[1:])


def _first_then(valued: str, verbs: str = "") -> Callable[[list[str]], Entered | None]:
    """`[VERB] [options] NAME [--] command`."""

    def entering(words: list[str]) -> Entered | None:
        rest = without_options(words, valued.split())
        if verbs:
            if not rest or rest[0] not in verbs.split():
                return None
            rest = without_options(rest[1:], valued.split())
        if rest[:1] == ["--"]:
            rest = rest[1:]
        if not rest:
            return None
        return _inner(
            rest[0].rpartition("@")[2], without_options(rest[1:], valued.split()) if rest[1:2] != ["--"] else rest[1:]
        )

    return entering


def _lxc_attach(words: list[str]) -> Entered | None:
    for number, word in enumerate(words):
        if word in ("-n", "--name"):
            return _inner(
                "".join(words[number + 1 : number + 2]), without_options(words[number + 2 :], ("-P", "-s", "-u", "-g"))
            )
        if word.startswith(("--name=", "-n")) and len(word) > 2:
            return _inner(
                word.partition("=")[2] or word[2:], without_options(words[number + 1 :], ("-P", "-s", "-u", "-g"))
            )
        if not word.startswith("-"):
            return _inner(word, words[number + 1 :])
    return None


def _gcloud(words: list[str]) -> Entered | None:
    """`gcloud compute ssh NAME [options] -- command`, or with --command."""
    if words[:2] != ["compute", "ssh"]:
        return None
    head = words[2 : words.index("--")] if "--" in words else words[2:]
    command = words[len(head) + 3 :]
    for number, word in enumerate(head):
        if word.startswith("--command"):
            command = [word.partition("=")[2]] if "=" in word else head[number + 1 : number + 2]
    names = without_options(head, ("--zone", "--project", "--command", "--region"))
    return remote(names[0], command) if names else None


def _vagrant(words: list[str]) -> Entered | None:
    if words[:1] != ["ssh"]:
        return None
    names = [word for word in without_options(words[1:], ("-c", "--command", "-p")) if _PLAIN.fullmatch(word)]
    script = next((words[n + 1 : n + 2] for n, word in enumerate(words) if word in ("-c", "--command")), [])
    return remote(names[0] if names and names[:1] != script else "vagrant", script)


def without_options(words: list[str], valued: Collection[str]) -> list[str]:
    """What stands behind the options. `--` ends them and goes, too."""
    while words and words[0].startswith("-") and words[0] != "-":
        if words[0] == "--":
            return words[1:]
        counted = words[0] == "-n" and words[1:2] and words[1][:1].isdigit()  # watch -n 2, but ssh -n HOST
        words = words[2:] if words[0] in valued or counted else words[1:]
    return words


_DOCKER = frozenset(
    """-u --user -e --env -w --workdir --env-file --detach-keys -H --host -c --context --config -l --log-level -v
    --volume --name --net --network --cap-add --cap-drop -h --hostname --entrypoint -p --publish --pid --ipc --index
    --namespace --userns --uts --mount --label --security-opt --device --add-host --restart --runtime --memory
    --cpus""".split()
)
_KUBECTL = frozenset(
    """-n --namespace -c --container --context --kubeconfig --cluster --user -s --server --as -f --filename --image
    --pod-running-timeout --request-timeout --profile --target --copy-to""".split()
)
ENTERING: Mapping[str, Callable[[list[str]], Entered | None]] = {
    "ssh": _ssh, "autossh": _ssh, "mosh": _ssh, "ip": _ip, "nsenter": _nsenter, "docker": _container,
    "podman": _container, "nerdctl": _container, "kubectl": _pod, "oc": _pod, "k": _pod, "lxc-attach": _lxc_attach,
    "crictl": _first_then("-r --runtime-endpoint -i --image-endpoint -c --config -t --timeout", "exec"),
    "lxc": _first_then("--env --user --group --cwd --mode --project", "exec"),
    "incus": _first_then("--env --user --group --cwd --mode --project", "exec"),
    "machinectl": _first_then("-M --machine -H --host --uid -E --setenv", "shell login"),
    "multipass": _first_then("-d --working-directory", "exec shell"), "limactl": _first_then("--workdir", "shell"),
    "pct": _first_then("", "exec enter"), "vzctl": _first_then("", "exec enter"), "runc": _first_then("", "exec"),
    "distrobox": _first_then("-n --name", "enter"), "chroot": _chroot,
    "systemd-nspawn": _first_then(""), "vagrant": _vagrant, "gcloud": _gcloud,
}  # fmt: skip
