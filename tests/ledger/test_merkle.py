"""The tree against the reference vectors of Certificate Transparency, and paths that lead to the root or nowhere."""

import pytest

from ledger import merkle

INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(9))
def test_the_roots_are_those_of_the_reference(count: int):
    assert merkle.root(INPUTS[:count]).hex() == ROOTS[count]


def test_every_path_of_every_tree_leads_to_its_root():
    leaves = [bytes([number]) * 32 for number in range(33)]
    for count in range(1, 34):
        tree = leaves[:count]
        for index in range(count):
            beside = merkle.path(tree, index)
            assert merkle.root_of_path(tree[index], index, count, beside) == merkle.root(tree)


def test_another_leaf_place_count_or_path_leads_elsewhere():
    leaves = [bytes([number]) * 32 for number in range(7)]
    root, beside = merkle.root(leaves), merkle.path(leaves, 4)

    assert merkle.root_of_path(leaves[5], 4, 7, beside) != root
    assert merkle.root_of_path(leaves[4], 5, 7, beside) != root
    assert merkle.root_of_path(leaves[4], 4, 7, beside[::-1]) != root
    assert merkle.root_of_path(leaves[4], 4, 7, beside[:-1]) is None
    assert merkle.root_of_path(leaves[4], 4, 7, [*beside, root]) is None
    assert merkle.root_of_path(leaves[4], 7, 7, beside) is None
    assert merkle.root_of_path(leaves[4], 4, 3, beside) is None


def test_a_node_can_not_be_passed_off_as_a_leaf():
    left, right = bytes(32), bytes([1]) * 32
    inner = merkle.path([left, right, left, right], 0)[1]

    assert merkle.root([inner]) != inner
