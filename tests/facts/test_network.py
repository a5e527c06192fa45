"""The network of live ties: cut vertices, bridges, parts and ways."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kam_expert.facts.network import Network

Edge = tuple[int, int]
EDGES = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda e: e[0] != e[1]), max_size=14
)


def parts(nodes: set[int], edges: list[Edge]) -> int:
    """Count the connected parts by joining labels."""
    label = {node: node for node in nodes}
    for one, other in edges * len(nodes):
        label[one] = label[other] = min(label[one], label[other])
    return len(set(label.values()))


@given(EDGES)
def test_a_cut_vertex_is_one_without_which_there_are_more_parts(edges: list[Edge]) -> None:
    nodes = {node for edge in edges for node in edge}
    whole = parts(nodes, edges)
    network = Network(edges)

    assert set(network.cut_vertices()) == {
        node
        for node in nodes
        if parts(nodes - {node}, [edge for edge in edges if node not in edge]) > whole
    }
    for node in nodes:
        left = network.parts_without(node)
        assert len(left) == parts(nodes - {node}, [e for e in edges if node not in e]) - whole + 1


@given(EDGES)
def test_a_bridge_is_an_edge_without_which_there_are_more_parts(edges: list[Edge]) -> None:
    nodes = {node for edge in edges for node in edge}
    whole = parts(nodes, edges)
    pairs = {frozenset(edge) for edge in edges}

    assert {frozenset(edge) for edge in Network(edges).bridges()} == {
        pair
        for pair in pairs
        if parts(nodes, [edge for edge in edges if frozenset(edge) != pair]) > whole
    }


def test_a_way_is_the_shortest_from_the_first_start() -> None:
    network = Network([("a", "b"), ("b", "d"), ("c", "d"), ("x", "y")])

    assert network.way(["a", "c"], "d") == ("c", "d")
    assert network.way(["d"], "d") == ("d",)
    assert network.way(["a"], "x") == ()
    assert network.way([], "a") == ()
    assert network.way(["nobody"], "a") == ()
