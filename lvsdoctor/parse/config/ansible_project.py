"""A tree of Ansible: its plays, roles, variables and inventories, and what they make of each host.

Where no inventory names the hosts, what a play calls its hosts is one; a role that no play runs is for a host of its
own. So what is for several hosts is never one host's.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.ansible_host import ManagedHost, TaskFile
from lvsdoctor.parse.config.ansible_hostvars import HostVariables
from lvsdoctor.parse.config.ansible_inventory import Inventory, plain, read_inventory
from lvsdoctor.parse.config.ansible_tasks import run_tasks
from lvsdoctor.parse.config.ansible_words import in_tree, is_all, is_play, is_task, items, names_in
from lvsdoctor.parse.config.jinja import is_known, resolved
from lvsdoctor.parse.config.yaml_text import Listing, Scalar, Table, YamlNode, documents
from lvsdoctor.parse.reader import Dump

__all__ = ["HostOfProject", "Project"]

_YAML = re.compile(r"\.ya?ml$")
_ROLE = re.compile(r"((?:.*/)?roles/([^/]+))/tasks/main\.ya?ml$")
_IN_ROLE = re.compile(r"(?:^|/)roles/[^/]+/")
_VARIABLES = re.compile(r"((?:.*/)?)(group|host)_vars/([^/]+?)(?:\.ya?ml|\.json)?(?:/.+)?$")
_INVENTORY = re.compile(
    r"(?:^|/)(?:inventor(?:y|ies)(?:/.+|[\w.-]*)|hosts(?:\.(?:ini|ya?ml))?|[\w-]*(?:hosts|inventory)\.(?:ini|ya?ml))$"
)
_MOST_STEPS = 200_000


class HostOfProject(NamedTuple):
    """What a project makes of a host."""

    name: str
    dump: Dump


class _Play(NamedTuple):
    table: YamlNode
    path: str
    pattern: str


@dataclass(slots=True)
class Project:
    """A directory of Ansible files: `paths` within it, `read` gives the text of one, `where` its name in the evidence.

    `name` is for a host that nothing else names. `claimed` are the files that are Ansible's, once hosts() is through.
    """

    name: str
    paths: Sequence[str]
    read: Callable[[str], str | None]
    where: Callable[[str], str]
    claimed: set[str] = field(default_factory=set)
    _known: dict[str, tuple[YamlNode | None, list[str], tuple[Seen, ...]]] = field(default_factory=dict)
    _roles: dict[str, str] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _steps: list[int] = field(default_factory=lambda: [_MOST_STEPS])
    _all: set[str] = field(default_factory=set)
    _by_stem: dict[str, list[str]] = field(default_factory=dict)
    _mappings: dict[str, dict[str, Any]] = field(default_factory=dict)
    _beside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._all = set(self.paths)
        beside: dict[str, None] = {}
        for path in self.paths:
            stems = {path, re.sub(r"\.(?:ya?ml|json)$", "", path)}
            if (match := _VARIABLES.fullmatch(path)) is not None:
                beside[match[1]] = None
                stems.add(f"{match[1]}{match[2]}_vars/{match[3]}")
            elif (inner := re.match(r"(.*/(?:defaults|vars)/main)/", path)) is not None:
                stems.add(inner[1])
            for stem in stems:
                self._by_stem.setdefault(stem, []).append(path)
        # Variables beside another inventory are that one's.
        self._beside = sorted(base for base in beside if "inventor" not in base)

    def hosts(self) -> Iterator[HostOfProject]:
        """Every host that the plays, or roles alone, are for. Raises PyYamlMissing."""
        for path in self.paths:
            if (match := _ROLE.fullmatch(path)) is not None:
                self._roles.setdefault(match[2], match[1])
        plays = [play for path in self.paths if self._may_be_a_playbook(path) for play in self._plays(path)]
        inventories = self._inventories()
        hosts: dict[str, ManagedHost] = {}
        self._claim()
        matched: set[int] = set()
        for inventory in inventories:
            for number, play in enumerate(plays):
                names = inventory.matching(play.pattern)
                if names is None:
                    continue
                matched.add(number)
                for name in names:
                    key = name if len(inventories) == 1 else self._unique(name, inventory, inventories)
                    host = hosts.get(key) or hosts.setdefault(key, self._host(name, inventory))
                    self._run(play, host)
        free = [play for number, play in enumerate(plays) if number not in matched]
        names = list(dict.fromkeys(name for play in free for name in names_in(play.pattern)))
        for play in free:
            for name in names_in(play.pattern) or (names or [self.name] if is_all(play.pattern) else []):
                pseudo = Inventory(directory=play.path.rpartition("/")[0], hosts={name: {}})
                pseudo.group(name).hosts[name] = None
                self._run(play, hosts.get(name) or hosts.setdefault(name, self._host(name, pseudo)))
        for role in self._roles:
            if role not in self._used:
                host = hosts.setdefault(role, self._host(role, Inventory(hosts={role: {}})))
                self._role(role, host, {})
        yield from (HostOfProject(name, host.dump()) for name, host in hosts.items())
        yield from self._lone_tasks(plays)

    def _lone_tasks(self, plays: Sequence[_Play]) -> Iterator[HostOfProject]:
        """Files of tasks that are all there is: one role's own tree, or a file alone."""
        if plays or self._roles:
            return
        for path in self.paths:
            root, _, unread = self._yaml(path) if _YAML.search(path) else (None, [], ())
            if root is not None and any(map(is_task, root.items)) and not re.search(r"(?:^|/)handlers/", path):
                self.claimed.add(path)
                lone = len(self.paths) > 1 and not re.search(r"(?:^|/)tasks/main\.ya?ml$", path)
                base = path.rpartition("/")[0]
                base = base.removesuffix("tasks").rstrip("/") if base.endswith("tasks") else base
                host = self._host(self.name, Inventory())
                host.variables |= {**self._mapping(f"{base}/defaults/main"), **self._mapping(f"{base}/vars/main")}
                run_tasks(root.items, host, self._task_file(path, base))
                for seen in unread:
                    host.effects.note(seen)
                name = path.rpartition("/")[2].partition(".")[0] if lone else self.name
                yield HostOfProject(name, host.dump())

    # -- files --------------------------------------------------------------------------------------------------------

    def _yaml(self, path: str) -> tuple[YamlNode | None, list[str], tuple[Seen, ...]]:
        if path not in self._known:
            text = self.read(path)
            if text is None or text.startswith("$ANSIBLE_VAULT"):
                self._known[path] = (None, [], ())
            else:
                yaml = documents(text, self.where(path))
                root = yaml.roots[0] if yaml.roots else None
                self._known[path] = (root, [line.rstrip("\r") for line in text.split("\n")], yaml.unread)
        return self._known[path]

    def _first(self, *names: str) -> str | None:
        return next((path for path in map(in_tree, names) if path in self._all), None)

    def _mapping(self, stem: str) -> dict[str, Any]:
        """The variables of stem.yml, or of the files below stem/."""
        stem = in_tree(stem)
        if stem not in self._mappings:
            found: dict[str, Any] = {}
            self.claimed |= set(self._by_stem.get(stem, ()))
            for path in self._by_stem.get(stem, ()):
                root = self._yaml(path)[0]
                found |= plain(root) if isinstance(root, Table) else {}
            self._mappings[stem] = found
        return self._mappings[stem]

    def _claim(self) -> None:
        self.claimed |= {path for path in self.paths if _IN_ROLE.search(path) or _VARIABLES.fullmatch(path)}

    # -- inventories --------------------------------------------------------------------------------------------------

    def _inventories(self) -> list[Inventory]:
        by_directory: dict[str, Inventory] = {}
        for path in self.paths:
            if not _INVENTORY.search(path) or _VARIABLES.fullmatch(path) or _IN_ROLE.search(path):
                continue
            text, directory = self.read(path), path.rpartition("/")[0]
            fresh = Inventory(path, directory)
            if text is not None and read_inventory(text, self.where(path), fresh):
                self.claimed.add(path)
                known = by_directory.get(directory)
                if known is None:
                    by_directory[directory] = fresh
                else:
                    read_inventory(text, self.where(path), known)
        return list(by_directory.values())

    @staticmethod
    def _unique(name: str, inventory: Inventory, inventories: Sequence[Inventory]) -> str:
        if sum(name in other.hosts for other in inventories) == 1:
            return name
        return f"{inventory.directory.rpartition('/')[2] or inventory.where}/{name}"

    def _host(self, name: str, inventory: Inventory) -> ManagedHost:
        groups = inventory.groups_of(name)
        order = ["all", *(group for group in groups if group != "all")]
        places = list(dict.fromkeys((f"{inventory.directory}/".lstrip("/"), *self._beside)))
        values: dict[str, Any] = {}
        for group in order:
            values |= inventory.groups[group].variables if group in inventory.groups else {}
        for group in order:
            for place in places:
                values |= self._mapping(f"{place}group_vars/{group}")
        values |= inventory.hosts.get(name, {})
        for place in places:
            values |= self._mapping(f"{place}host_vars/{name}")
        values |= {
            "inventory_hostname": name, "inventory_hostname_short": name.partition(".")[0],
            "group_names": list(groups), "hostvars": HostVariables(self._host, inventory),
            "groups": {group: inventory.hosts_in(group) for group in inventory.groups} | {"all": list(inventory.hosts)},
        }  # fmt: skip
        return ManagedHost(name, values, self.where(inventory.where) if inventory.where else "")

    # -- plays and roles ----------------------------------------------------------------------------------------------

    def _may_be_a_playbook(self, path: str) -> bool:
        return bool(_YAML.search(path)) and not _IN_ROLE.search(path) and not _VARIABLES.fullmatch(path)

    def _plays(self, path: str) -> Iterator[_Play]:
        root, _, _ = self._yaml(path)
        if not isinstance(root, Listing) or not any(map(is_play, root.items)):
            return
        self.claimed.add(path)
        for item in root.items:
            hosts = item.at("hosts")
            if hosts is None:
                continue  # import_playbook: that file is in the tree, or is not seen
            words = [part.text for part in (hosts.items or (hosts,))]
            pattern = resolved(",".join(words), plain(vars_) if (vars_ := item.at("vars")) is not None else {})
            yield _Play(item, path, pattern if is_known(pattern) else path.rpartition("/")[2].partition(".")[0])

    def _run(self, play: _Play, host: ManagedHost) -> None:
        outer = host.variables
        own = play.table.at("vars")
        host.variables = {**outer, **(plain(own) if isinstance(own, Table) else {})}
        directory = play.path.rpartition("/")[0]
        for node in items(play.table.at("vars_files")):
            stem = re.sub(r"\.ya?ml$", "", resolved(node.text, host.variables))
            host.variables |= self._mapping(f"{directory}/{stem}")
        file = self._task_file(play.path, directory)
        run_tasks(items(play.table.at("pre_tasks")), host, file)
        for node in items(play.table.at("roles")):
            self._role_of(node, host)
        run_tasks(items(play.table.at("tasks")), host, file)
        run_tasks(items(play.table.at("post_tasks")), host, file)
        host.end_play()
        host.variables = {**outer, **host.set_facts}

    def _role_of(self, node: YamlNode, host: ManagedHost) -> None:
        name = node if isinstance(node, Scalar) else node.at("role") or node.at("name")
        if name is None:
            return
        own = node.at("vars")
        parameters = {key.text: plain(value) for key, value in node.pairs if key.text not in ("role", "name", "tags")}
        parameters |= plain(own) if isinstance(own, Table) else {}
        when = node.at("when")
        if not self._role(resolved(name.text, host.variables), host, parameters, uncertain=when is not None):
            host.effects.note(name.seen)

    def _role(self, name: str, host: ManagedHost, parameters: Mapping[str, Any], *, uncertain: bool = False) -> bool:
        """Runs a role on the host; False where the tree does not have it."""
        base = self._roles.get(name.rpartition(".")[2])
        if base is None or host.depth > 15:
            return False
        self._used.add(name.rpartition(".")[2])
        main = self._first(f"{base}/tasks/main.yml", f"{base}/tasks/main.yaml")
        root, _, unread = self._yaml(main) if main else (None, [], ())
        outer = host.variables
        defaults, own = self._mapping(f"{base}/defaults/main"), self._mapping(f"{base}/vars/main")
        host.variables = {**defaults, **outer, **own, **parameters}
        host.depth += 1
        meta = self._first(f"{base}/meta/main.yml", f"{base}/meta/main.yaml")
        depends = self._yaml(meta)[0] if meta else None
        for node in items(depends.at("dependencies") if depends is not None else None):
            self._role_of(node, host)
        for seen in unread:
            host.effects.note(seen)
        if root is not None and main:
            run_tasks(root.items, host, self._task_file(main, base), uncertain=uncertain)
        host.depth -= 1
        host.variables = {**outer, **host.set_facts}
        return True

    def _task_file(self, path: str, base: str) -> TaskFile:
        here = path.rpartition("/")[0]

        def include(name: str, host: ManagedHost, *, uncertain: bool) -> bool:
            found = self._first(f"{here}/{name}", f"{base}/tasks/{name}", f"{base}/{name}")
            if found is None or (root := self._yaml(found)[0]) is None:
                return False
            self.claimed.add(found)
            run_tasks(root.items, host, self._task_file(found, base), uncertain=uncertain)
            return True

        def file(name: str) -> tuple[str, str] | None:
            _, _, rest = name.partition("/")
            found = self._first(f"{base}/{name}", f"{base}/{rest}", f"{here}/{name}", f"{here}/{rest}")
            if found is None or (text := self.read(found)) is None:
                return None
            self.claimed.add(found)
            return text, self.where(found)

        return TaskFile(self._yaml(path)[1], include, self._role, file, self._steps)
