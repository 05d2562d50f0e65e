//! Which value has which code.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::error::{Error, Result};
use crate::pages::ask_for_huge;

/// No code, whatever bits of a place are one.
const FREE: u32 = u32::MAX;
/// How many places there are at first.
const FEW: usize = 64;

/// Finds the codes of values, which are counted from 0 and lie elsewhere: so that it takes 5 to 10 bytes a code, and less
/// where as many are there as was said.
pub(super) struct Table {
    /// Codes, and in the bits above them some of the hash. A code lies at its hash's place, or in one of the next.
    places: Vec<u32>,
    /// The bits of a code.
    mask: u32,
    /// How many codes there are.
    len: usize,
    /// How many there may be before the table grows, so that places stay free.
    limit: usize,
    /// How many there will be at most.
    most: usize,
    seed: u64,
}

impl Table {
    /// For `most` codes at most.
    pub(super) fn new(most: usize) -> Self {
        // Nobody knows which values make it slow.
        let seed = RandomState::new().build_hasher().finish();
        let mut made = Self { places: Vec::new(), mask: 0, len: 0, limit: 0, most, seed };
        made.set(vec![FREE; FEW]);
        made
    }

    fn set(&mut self, places: Vec<u32>) {
        self.limit = (places.len() / 5 * 4).min(FREE as usize);
        // More than any code, or one could look like a free place.
        self.mask = u32::MAX.checked_shr((self.limit as u32).leading_zeros()).unwrap_or(0);
        self.places = places;
    }

    /// What hashes are made with.
    #[inline(always)]
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    #[inline(always)]
    fn first(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.places.len() as u128) >> 64) as usize
    }

    /// The code of a value, which `is` knows; or where it may be put.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, mut is: impl FnMut(usize) -> bool) -> Result<usize, usize> {
        let mut at = self.first(hash);
        loop {
            let Some(place) = self.places.get(at) else {
                at = 0;
                continue;
            };
            if (place ^ hash as u32) & !self.mask == 0 && *place != FREE {
                let code = (place & self.mask) as usize;
                if is(code) {
                    return Ok(code);
                }
            } else if *place == FREE {
                return Err(at);
            }
            at += 1;
        }
    }

    /// Gives the next code to a value that wasn't found, at the place that [`Table::find`] said. `hash_of` says the hash of each code,
    /// this one too.
    #[inline(never)]
    pub(super) fn insert(&mut self, at: usize, hash: u64, hash_of: impl Fn(usize) -> u64) -> Result<()> {
        self.put(at, hash, self.len);
        self.len += 1;
        if self.len < self.limit { Ok(()) } else { self.grow(hash_of) }
    }

    #[inline(always)]
    fn put(&mut self, at: usize, hash: u64, code: usize) {
        if let Some(place) = self.places.get_mut(at) {
            *place = hash as u32 & !self.mask | code as u32;
        }
    }

    #[cold]
    fn grow(&mut self, hash_of: impl Fn(usize) -> u64) -> Result<()> {
        let refused =
            |why: &str| Error::BadValue(format!("a dictionary of more than {} values: {why}", self.len));
        if self.limit == FREE as usize {
            return Err(refused("none has as many"));
        }
        // With all codes there a fifth stays free.
        let enough = self.most.saturating_add(1).div_ceil(4).saturating_mul(5);
        let size = (self.places.len() * 2).min(enough.max(self.places.len() + FEW));
        // Never there beside the next.
        self.places = Vec::new();
        let mut places = Vec::new();
        places.try_reserve_exact(size).map_err(|_| refused("there is no memory"))?;
        ask_for_huge(places.as_ptr(), size);
        places.resize(size, FREE);
        self.set(places);
        for code in 0..self.len {
            let hash = hash_of(code);
            if let Err(at) = self.find(hash, |_| false) {
                self.put(at, hash, code);
            }
        }
        Ok(())
    }
}

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
const MIX_MORE: u64 = 0xd6e8_feb8_6659_fd93;

/// Both halves of a product: each bit of it depends on each bit of the two.
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The hash of a number.
#[inline(always)]
pub(super) fn hash_word(seed: u64, value: u64) -> u64 {
    fold(value ^ seed, MIX)
}

/// The hash of a number of 128 bits.
#[inline(always)]
pub(super) fn hash_words(seed: u64, value: u128) -> u64 {
    fold(fold(value as u64 ^ seed, (value >> 64) as u64 ^ MIX) ^ seed, MIX_MORE)
}

/// The hash of bytes.
#[inline(always)]
pub(super) fn hash_bytes(seed: u64, bytes: &[u8]) -> u64 {
    let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes));
    let half = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u64::from(u32::from_ne_bytes(*bytes)));
    let len = bytes.len();
    let (mut seed, mut rest) = (seed ^ len as u64, bytes);
    while rest.len() > 16 {
        let (these, others) = rest.split_at(16);
        let (first, second) = these.split_at(8);
        seed = fold(word(first) ^ seed, word(second) ^ MIX);
        rest = others;
    }
    // What is left, the ends of which may overlap.
    let n = rest.len();
    let (first, second) = if n >= 8 {
        (word(rest), word(rest.get(n - 8..).unwrap_or_default()))
    } else if n >= 4 {
        (half(rest), half(rest.get(n - 4..).unwrap_or_default()))
    } else {
        (rest.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0)
    };
    fold(fold(first ^ seed, second ^ MIX) ^ seed, MIX_MORE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn codes(values: &[u64], most: usize, hash: impl Fn(u64, u64) -> u64) -> (Vec<usize>, Table) {
        let (mut table, mut known, mut codes) = (Table::new(most), Vec::new(), Vec::new());
        for value in values {
            let seed = table.seed();
            match table.find(hash(seed, *value), |code| known[code] == *value) {
                Ok(code) => codes.push(code),
                Err(at) => {
                    codes.push(known.len());
                    known.push(*value);
                    table.insert(at, hash(seed, *value), |code| hash(seed, known[code])).unwrap();
                }
            }
        }
        (codes, table)
    }

    #[test]
    fn each_value_keeps_its_code() {
        for distinct in [1, 50, 51, 52, 53, 1_000, 40_000] {
            let values: Vec<u64> = (0..100_000).map(|i| i * 7 % distinct * 1_000_003).collect();
            let mut first = std::collections::HashMap::new();
            let expected: Vec<usize> = values
                .iter()
                .map(|value| {
                    let next = first.len();
                    *first.entry(*value).or_insert(next)
                })
                .collect();
            assert_eq!(codes(&values, values.len(), hash_word).0, expected);
        }
    }

    #[test]
    fn values_of_one_hash_have_codes_of_their_own() {
        let values: Vec<u64> = (0..600).chain(0..600).collect();
        for same in [0, 1 << 63, u64::MAX] {
            let (found, _) = codes(&values, values.len(), |_, _| same);
            assert!(found.iter().enumerate().all(|(i, code)| *code == i % 600));
        }
    }

    #[test]
    fn it_takes_ten_bytes_a_code_and_five_for_as_many_as_was_said() {
        let values: Vec<u64> = (0..100_000).collect();
        for n in [1_000, 10_000, 52_429, 100_000] {
            let (_, table) = codes(&values[..n], usize::MAX, hash_word);
            assert!(table.places.len() * 4 <= 10 * n + 64, "{n}");
            let (_, table) = codes(&values[..n], n, hash_word);
            assert!(table.places.len() * 4 <= 5 * n + 512, "{n}");
        }
    }

    #[test]
    fn bytes_of_any_length_are_told_apart() {
        let text: Vec<u8> = (0..100).collect();
        let mut seen = std::collections::HashSet::new();
        for len in 0..text.len() {
            for changed in 0..=len {
                let mut own = text[..len].to_vec();
                if let Some(byte) = own.get_mut(changed) {
                    *byte ^= 0x80;
                }
                assert!(seen.insert(hash_bytes(7, &own)), "{len} {changed}");
            }
        }
    }
}
