"""What hosts are called: in the texts themselves, and by the names of their files."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from lvsdoctor.collect.documents import Document, HostSection, NodeDump, identity_of, short_name, without_domain
from lvsdoctor.collect.file_names import host_word, looks_like_a_host, root_above
from lvsdoctor.collect.host_identity import Relation, related


def several_hosts(groups: Mapping[str, Iterable[NodeDump]]) -> bool:
    """Are these the dumps of several hosts, by the names of the groups and by what is in them?"""
    parts = {name: [HostSection(tuple(dumps))] for name, dumps in groups.items()}
    return len(parts) > 1 and (_proven(parts) or all(map(looks_like_a_host, parts)))


class HostKeys:
    """The same host by the name of its prompt (rs1) and by its whole name (rs1.example.net), unless two domains have
    an rs1."""

    def __init__(self, hosts: Iterable[str]) -> None:
        domains: dict[str, set[str]] = {}
        for host in hosts:
            if "." in host:
                domains.setdefault(short_name(host), set()).add(host.lower())
        self._ambiguous = {short for short, names in domains.items() if len(names) > 1}

    def of(self, host: str) -> str:
        return self.shown(host).lower()

    def shown(self, host: str) -> str:
        return host if short_name(host) in self._ambiguous else without_domain(host)


def host_parts(texts: Sequence[Document]) -> dict[str, str]:
    """The host's name in the name of each file, where these names tell hosts apart, by the document's `where`."""
    candidates: dict[str, list[Document]] = {}
    for text in texts:
        if text.name.host and (text.facts or text.name.kinds):
            candidates.setdefault(text.name.host, []).append(text)
    if len(candidates) == 1 and any(section.host for text in texts for section in text.sections):
        # Beside texts that name their host, a file that is called after one is that one's.
        return {text.where: name for name, group in candidates.items() for text in group if looks_like_a_host(name)}
    if len(candidates) < 2:
        candidates = _by_directory(texts) or _of_rivals(texts)
    if len(candidates) < 2:
        return {}
    if not (
        _of_roots(candidates)
        or _rivals(candidates)
        or _proven(_sections(candidates))
        or _crossed(candidates)
        or _of_a_pair(candidates)
    ):
        candidates = {name: group for name, group in candidates.items() if looks_like_a_host(name)}
        if len(candidates) < 2:
            return {}
    names = _joined(candidates)
    return {text.where: names[name] for name, group in candidates.items() for text in group}


def _by_directory(texts: Sequence[Document]) -> dict[str, list[Document]]:
    """Files named one by one, of several directories: rs1/ip-addr.txt rs2/ip-addr.txt rs3/etc/sysctl.conf."""
    groups: dict[str, list[Document]] = {}
    for text in texts:
        dump = text.sections[0].dumps[0]
        if not dump.place and "/" in dump.inside and text.facts:
            groups.setdefault(root_above(dump.inside) or dump.inside.split("/")[-2], []).append(text)
    return groups


def _of_roots(groups: Mapping[str, Sequence[Document]]) -> bool:
    """Does the path of each show the root of another host? (lb1/etc/keepalived/keepalived.conf lb2/etc/...)"""
    files = ((name, text.sections[0].dumps[0]) for name, group in groups.items() for text in group)
    return all(not mine.place and root_above(mine.inside) == name for name, mine in files)


def _of_rivals(texts: Sequence[Document]) -> dict[str, list[Document]]:
    """Files that one keepalived cannot have together, by the host's part of their names: keepalived/lb01.conf and
    keepalived/lb02.conf."""
    groups: dict[str, list[Document]] = {}
    for text in texts:
        name = host_word(text.sections[0].dumps[0].inside)
        if name and any(_instances(text)):
            groups.setdefault(name, []).append(text)
    return groups if _rivals(groups) else {}


def _rivals(groups: Mapping[str, Sequence[Document]]) -> bool:
    """Has each group an instance of VRRP with the name or with a VIP of another one's?"""
    known = {name: {key for text in group for key in _instances(text)} for name, group in groups.items()}
    return len(groups) > 1 and all(
        any(not keys.isdisjoint(others) for other, others in known.items() if other != name)
        for name, keys in known.items()
    )


def _instances(text: Document) -> Iterator[object]:
    for mine in (mine for section in text.sections for mine in section.dumps):
        for instance in mine.piece.dump.facts.get("vrrp", ()):
            yield instance.name
            yield from instance.vips


def _sections(groups: Mapping[str, Sequence[Document]]) -> dict[str, list[HostSection]]:
    return {name: [section for text in group for section in text.sections] for name, group in groups.items()}


def _proven(groups: Mapping[str, Sequence[HostSection]]) -> bool:
    """Do two of the groups show links that no host has both of?"""
    identities = [known for group in groups.values() if (known := identity_of(group))]
    return any(related(first, second).relation is Relation.OTHER for first, second in pairwise(identities))


def _crossed(groups: Mapping[str, Sequence[Document]]) -> bool:
    """Do two of the groups have two kinds of dump in common, as two hosts would that were asked the same?"""
    kinds = Counter(kinds for group in groups.values() for kinds in {text.name.kinds for text in group} if kinds)
    return sum(number > 1 for number in kinds.values()) > 1


def _of_a_pair(groups: Mapping[str, Sequence[Document]]) -> bool:
    """Has each its own keepalived.conf with an instance of VRRP? (keepalived_master.conf, keepalived_backup.conf)"""
    return all(any(map(_is_a_director_s, group)) for group in groups.values())


def _is_a_director_s(text: Document) -> bool:
    dumps = (mine.piece.dump for section in text.sections for mine in section.dumps)
    return "keepalived" in text.name.kinds and any("vrrp" in dump.facts for dump in dumps)


def _joined(groups: Mapping[str, Sequence[Document]]) -> dict[str, str]:
    """Names that are evidently of one host, and not called as hosts are, get the first of them."""
    sections = _sections(groups)
    identities = {name: identity_of(sections[name]) for name in groups}
    proper = {name for name in groups if looks_like_a_host(name)}
    names = {name: name for name in groups}
    for name in groups:
        if name not in proper:
            others = (o for o in groups if o != name and names[o] == o)
            same = (o for o in others if related(identities[o], identities[name]).relation is Relation.SAME)
            names[name] = next(same, name)
    return names


def own_names(texts: Sequence[Document], parts: Mapping[str, str]) -> dict[str, str]:
    """A host is called as it calls itself, not as its files are."""
    names: dict[str, set[str]] = {}
    for text in texts:
        if part := parts.get(text.where):
            names.setdefault(part, set()).update(section.host for section in text.sections if section.host)
    return {part: next(iter(hosts)) for part, hosts in names.items() if len(set(map(short_name, hosts))) == 1}
