"""Whose is it? Dumps to hosts: by the names in them, by the names of their files, and by what no two hosts share.

A name says whose a dump is, and evidence has the last word: two MACs of one link are two hosts, whatever they are
called, and what cannot be told apart is not judged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from lvsdoctor.collect.documents import HostSection, NodeDump, documents, identity_of, short_name
from lvsdoctor.collect.host_identity import Identity, Related, Relation, identity, related
from lvsdoctor.collect.host_names import HostKeys, host_parts, own_names
from lvsdoctor.collect.interleaved import interleaved
from lvsdoctor.model.contradiction import Contradiction
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump

_TWO_HOSTS = "{link} has two values of its {what}, {value} and {another}, so these are lines of two hosts"
_TWO_NAMES = "{first} and {second} are two host names in one place, and which lines are of which host is not known"


@dataclass(slots=True)
class HostEvidence:
    """The dumps of one host. `named`: it has a name of its own, not that of the place where it was found."""

    name: str
    dumps: list[NodeDump]
    named: bool = False
    notes: list[str] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        return _identity(self.dumps)

    @property
    def place(self) -> tuple[str, str]:
        return self.dumps[0].node, self.dumps[0].place


def hosts_of(dumps: Iterable[NodeDump]) -> list[HostEvidence]:
    """The hosts that these dumps are of, in the order in which they turn up."""
    places: dict[tuple[str, str], list[NodeDump]] = {}
    for mine in dumps:
        places.setdefault((mine.node, mine.place), []).append(mine)
    hosts = _by_name([host for group in places.values() for host in _hosts_of_place(group)])
    order = {id(mine): number for number, mine in enumerate(mine for group in places.values() for mine in group)}
    for host in hosts:
        host.dumps.sort(key=lambda mine: order[id(mine)])  # in a document they follow each other in time
    return hosts


# -- one place: a directory, the files that were named, a paste -------------------------------------------------------


def _hosts_of_place(group: Sequence[NodeDump]) -> Iterator[HostEvidence]:
    texts = documents(group)
    place = group[0].node
    parts = host_parts(texts)
    aliases = own_names(texts, parts)
    keys = HostKeys((*parts.values(), *(section.host for text in texts for section in text.sections)))
    named: dict[str, _Named] = {}
    unnamed: list[HostSection] = []
    hosts: list[tuple[str, list[HostSection]]] = []  # in the order in which the place shows them
    own: dict[str, list[HostSection]] = {}
    for text in texts:
        part = parts.get(text.where, "")
        for section in text.sections:
            if name := section.host or ("" if section.leads else aliases.get(part, part)):
                if (key := keys.of(name)) not in named:
                    named[key] = _Named(keys.shown(name))
                    hosts.append((key, named[key].sections))
                named[key].sections.append(section)
            else:
                unnamed.append(section)
                # What stands before the first name of a text is of one host; what has no name is the place's.
                key = f"\0{text.where}" if section.leads else ""
                if key not in own:
                    own[key] = []
                    hosts.append((key, own[key]))
    strangers = {key for key, host in named.items() if any(_is_another_s(section, host) for section in unnamed)}
    for section in unnamed:
        owner = _owner(section, place, named, strangers)
        if owner is None:
            text_key = f"\0{section.where}" if section.leads else ""
            own[text_key].append(section)
        else:
            owner.sections.append(section)
    for key, sections in hosts:
        if not sections:
            continue
        if key in named:
            yield from _apart(named[key].shown, True, sections)
        elif key:
            yield from _apart(_stem(sections, place), False, sections)
        else:
            yield from _place_s_own(place, sections, named)


@dataclass(slots=True)
class _Named:
    """A host that has a name, and what of the place is of it."""

    shown: str
    sections: list[HostSection] = field(default_factory=list)
    _known: Identity | None = None

    @property
    def identity(self) -> Identity:
        if self._known is None:
            self._known = identity_of(self.sections)
        return self._known


def _is_another_s(section: HostSection, host: _Named) -> bool:
    return bool(mine := section.identity) and related(mine, host.identity).relation is Relation.OTHER


def _owner(section: HostSection, place: str, named: Mapping[str, _Named], strangers: Set[str]) -> _Named | None:
    """The named host that a section without a name belongs to, None if that is not known.

    Beside what is another host's than a named one (`strangers`), nothing is that one's for want of others.
    """
    mine = section.identity
    other = set(strangers)
    for key, host in named.items() if mine else ():
        relation = related(mine, host.identity).relation
        if relation is Relation.SAME:
            return host
        if relation is Relation.OTHER:
            other.add(key)
    if section.leads:
        where = section.where
        first = next(k for k, host in named.items() if any(theirs.where == where for theirs in host.sections))
        same = first not in other and (not section.facts or first == short_name(place))
        return named[first] if same else None
    # One host's directory has one name in it: that of the file `hostname`, say.
    only_names = [k for k, host in named.items() if any(theirs.names_only for theirs in host.sections)]
    for candidates in (list(named), only_names):
        if len(candidates) == 1:
            return None if candidates[0] in other else named[candidates[0]]
    return None


def _place_s_own(place: str, sections: Sequence[HostSection], named: Mapping[str, _Named]) -> Iterator[HostEvidence]:
    """What nothing gives to a host by name. Two names, of which either may be this host's, are told."""
    names = [
        Seen(theirs.where, None, host.shown)
        for host in named.values()
        for theirs in host.sections[:1]
        if theirs.names_only
    ]
    for host in _apart(place, False, sections):
        if len(names) > 1 and any(section.facts for section in sections):
            fields = {"first": names[0].text, "second": names[1].text}
            host.contradictions.append(Contradiction("links", _TWO_NAMES, names[0], names[1], fields))
        yield host


def _apart(name: str, named: bool, sections: Sequence[HostSection]) -> Iterator[HostEvidence]:
    """A host, or several where the sections of one name are evidently of several."""
    groups: list[list[HostSection]] = []
    pending: list[HostSection] = []
    for section in sections:
        mine = section.identity
        if not mine:
            pending.append(section)
            continue
        relations = [related(identity_of(group), mine).relation for group in groups]
        if Relation.SAME in relations:
            groups[relations.index(Relation.SAME)].append(section)
        elif groups and all(relation is Relation.OTHER for relation in relations):
            groups.append([section])
        elif groups:
            pending.append(section)
        else:
            groups.append([section])
    if len(groups) > 1 and not any(section.facts for section in pending):
        for number, group in enumerate(groups):
            group += pending if number == 0 else []
            yield _host(name if named else _stem(group, name), named, group)
        return
    yield _host(name, named, sections)


def _stem(group: Sequence[HostSection], name: str) -> str:
    """The name of the file that a host without a name is in."""
    inside = group[0].dumps[0].inside
    return inside.rpartition("/")[2].partition(".")[0] or name


def _host(name: str, named: bool, sections: Sequence[HostSection]) -> HostEvidence:
    dumps = [mine for section in sections for mine in section.dumps]
    host = HostEvidence(name, dumps, named)
    if conflict := _conflict(dumps) or interleaved(dumps):
        host.contradictions.append(conflict)
    return host


def _conflict(dumps: Sequence[NodeDump]) -> Contradiction | None:
    """Two dumps of what was taken for one host that are of two."""
    known: list[Dump] = []
    for mine in dumps:
        dump = mine.piece.dump
        relation = (
            related(identity(known), identity([dump])) if identity([dump]) and known else Related(Relation.UNKNOWN)
        )
        if relation.relation is Relation.OTHER and relation.first and relation.second:
            value, another = relation.values
            fields = {"link": relation.link, "what": relation.what, "value": value, "another": another}
            return Contradiction("links", _TWO_HOSTS, relation.first, relation.second, fields)
        known.append(dump)
    return None


# -- two places, one name ---------------------------------------------------------------------------------------------


def _by_name(hosts: list[HostEvidence]) -> list[HostEvidence]:
    """What is of one host in two places joined, and what only has the same name left apart, with a note."""
    joined: dict[str, list[HostEvidence]] = {}
    for host in hosts:
        others = joined.setdefault(short_name(host.name), [])
        for other in others:
            relation = related(other.identity, host.identity)
            if _is_same(other, host, relation):
                other.dumps += host.dumps
                other.contradictions += host.contradictions
                break
        else:
            for other in others[:1]:
                host.notes.append(_namesake(host.name, related(other.identity, host.identity)))
            others.append(host)
    kept = {id(host) for group in joined.values() for host in group}
    return [host for host in hosts if id(host) in kept]


def _is_same(first: HostEvidence, second: HostEvidence, relation: Related) -> bool:
    if relation.relation is not Relation.UNKNOWN:
        return relation.relation is Relation.SAME
    # Two directories of other names than the host's may be two hosts that were never given a name.
    own = [short_name(host.place[0]) == short_name(host.name) for host in (first, second)]
    return first.place[0] == second.place[0] or any(own)


def _namesake(name: str, relation: Related) -> str:
    if relation.first is None or relation.second is None:
        return f"another host of this scan is called {name}, too; nothing shows that they are the same"
    return (
        f"another host of this scan is called {name}, too: the {relation.what} of its {relation.link} is "
        f"{relation.values[0]} ({relation.first}), not {relation.values[1]} ({relation.second})"
    )


def _identity(dumps: Iterable[NodeDump]) -> Identity:
    return identity(mine.piece.dump for mine in dumps)
