//! The root of RFC 6962's Merkle tree, over leaf hashes that arrive one after the other.

use sha2::{Digest as _, Sha256};

use super::hash::{Hash, pair};

/// A tree of which only the roots of its complete subtrees are kept: one hash for each bit of the
/// number of leaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    leaves: u64,
    /// Roots of complete subtrees, the largest first; as many as `leaves` has ones in binary.
    roots: Vec<Hash>,
}

impl Tree {
    /// How many leaves there are.
    pub(super) const fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Appends a leaf hash.
    pub(super) fn push(&mut self, leaf: Hash) {
        let mut root = leaf;
        // Each trailing one is a complete subtree that the new one of the same size joins.
        for _ in 0..self.leaves.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = pair(&left, &root);
            }
        }
        self.roots.push(root);
        self.leaves += 1;
    }

    /// The root of the leaves so far; SHA-256 of nothing when there are none.
    pub(super) fn root(&self) -> Hash {
        let joined = self.roots.iter().rev().copied();
        joined
            .reduce(|right, left| pair(&left, &right))
            .unwrap_or_else(|| Sha256::digest([]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::hex;
    use super::*;

    /// RFC 6962, section 2.1, as it is written there.
    fn reference(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let largest_power = 1 << (leaves.len() - 1).ilog2();
                let (left, right) = leaves.split_at(largest_power);
                pair(&reference(left), &reference(right))
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_definition_for_every_size() {
        let leaves: Vec<Hash> = (0..=200).map(|n| [n; 32]).collect();
        let mut tree = Tree::default();
        for size in 0..leaves.len() {
            assert_eq!(tree.leaves(), size as u64);
            assert_eq!(tree.root(), reference(&leaves[..size]), "{size} leaves");
            tree.push(leaves[size]);
        }
    }

    /// The test vectors of the certificate transparency project's own trees.
    #[test]
    fn published_roots_are_found() {
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect()
        };
        let mut tree = Tree::default();
        for (input, root) in inputs.into_iter().zip(roots) {
            let mut leaf = vec![0];
            leaf.extend(bytes(input));
            tree.push(Sha256::digest(leaf).into());
            assert_eq!(hex(&tree.root()), root);
        }
    }
}
