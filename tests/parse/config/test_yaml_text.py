import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.parse.config.yaml_text import DEEPEST, LARGEST, PyYamlMissing, Scalar, YamlNode, documents, is_template


def root(text: str) -> YamlNode:
    (node,) = documents(text, "f.yaml").roots
    return node


def node(text: str, *path: str) -> YamlNode:
    below = root(text).at(*path)
    assert below is not None
    return below


def test_every_node_knows_its_line() -> None:
    network = node(
        "# a comment\nnetwork:\n  lo:\n    addresses:\n      - 192.0.2.10/32\n", "network", "lo", "addresses"
    )
    (address,) = network.items
    assert (address.text, str(address.seen), address.seen.text) == (
        "192.0.2.10/32",
        "f.yaml:5",
        "      - 192.0.2.10/32",
    )


def test_a_line_is_counted_as_editors_count_it() -> None:
    assert node("a: \x85 x\u2028\r\nb: y\r\n", "b").seen.line == 2
    assert node("a: x\r\nb: y\r\n", "b").seen.text == "b: y"


def test_a_scalar_stays_as_it_is_written() -> None:
    table = root("a: 08\nb: 'no'\nc: no\nd:\n")
    assert [value.text for _, value in table.pairs] == ["08", "no", "no", ""]
    assert [value.plain for _, value in table.pairs if isinstance(value, Scalar)] == [True, False, True, True]


def test_documents_above_an_error_stay_and_the_error_has_its_line() -> None:
    yaml = documents("a: 1\n---\nb: [\n- c: d: e\n", "f")
    assert [key.text for root in yaml.roots for key, _ in root.pairs] == ["a"]
    assert [seen.line for seen in yaml.unread] == [4]


def test_templates_stay_what_they_are_quoted_or_not() -> None:
    listing = node("a:\n- {{ vip }}/32\n- '{{ x }}'\n{% for i in y %}\n- {{ i['z'] }}\n{% endfor %}\n- 9\n", "a")
    assert [(item.text, item.seen.line) for item in listing.items] == [
        ("{{ vip }}/32", 2), ("{{ x }}", 3), ("{{ i['z'] }}", 5), ("9", 7),
    ]  # fmt: skip
    assert is_template(listing.items[0].text)


def test_a_block_keeps_its_templates_and_knows_where_it_begins() -> None:
    block = node("a: !x\n  b: |-\n    echo {{ x }}\n    {% if y %}\n    # z\n", "a", "b")
    assert isinstance(block, Scalar)
    assert (block.text, block.block, block.first_line) == ("echo {{ x }}\n{% if y %}\n# z", "|", 3)


def test_the_last_of_a_key_that_stands_there_twice_counts() -> None:
    table = root("a: 1\nb: 2\na: 3\n")
    assert [(key.text, value.text, value.seen.line) for key, value in table.pairs] == [("b", "2", 2), ("a", "3", 3)]
    assert [key.seen.line for key in getattr(table, "duplicates", ())] == [1]


def test_an_alias_is_the_node_of_its_anchor_and_merges() -> None:
    table = node("base: &base {a: 1, b: 2}\nown:\n  <<: *base\n  b: 3\n", "own")
    assert {key.text: value.text for key, value in table.pairs} == {"a": "1", "b": "3"}


def test_aliases_that_would_make_too_many_nodes_are_unread() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    yaml = documents("\n".join(rows), "f")
    assert yaml.unread
    assert size(yaml.roots[0]) <= LARGEST


def size(node: YamlNode) -> int:
    return 1 + sum(map(size, node.items)) + sum(size(value) + 1 for _, value in node.pairs)


@pytest.mark.parametrize("text", ["a: &x [*x]", "[*nowhere]"])
def test_an_alias_without_an_anchor_is_unread(text: str) -> None:
    yaml = documents(text, "f")
    assert [seen.line for seen in yaml.unread] == [1]


@pytest.mark.parametrize("text", ["[", "- ", "{", "? ", "{a: ", "{{", "{% "])
def test_what_is_nested_deeper_than_a_walk_may_go_is_an_error(text: str) -> None:
    yaml = documents(text * 20_000, "f")
    assert not yaml.roots or all(depth(root) <= DEEPEST + 1 for root in yaml.roots)


def depth(node: YamlNode) -> int:
    return 1 + max((depth(below) for below in (*node.items, *(value for _, value in node.pairs))), default=0)


@pytest.mark.parametrize(
    "text", ["\ud800", "a\x00b", "\ufffe", "a: \ue0f07\ue0f1", "%YAML 9.9\n--- a", "!!binary x", "\t- a"]
)
def test_what_no_yaml_has_raises_nothing(text: str) -> None:
    documents(text, "f")


@given(st.text(alphabet="ab:-{}[]&*!|>'\"#%,? \n\t\r\ue0f0\ue0f11\x85<", max_size=60))
def test_no_text_raises(text: str) -> None:
    yaml = documents(text, "f")
    for root in yaml.roots:
        assert size(root) >= 1


def test_without_pyyaml_the_file_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(PyYamlMissing) as missing:
        documents("a: 1", "f")
    unread = missing.value.unread("netplan", "a netplan file", "\n---\nnetwork:\n", "f.yaml")
    assert "lvsdoctor[golden]" in unread.name
    assert str(unread.seen) == "f.yaml:3"
