//! What is converted: sizes, bitmaps, numbers, text; the same in every run.

use std::fmt;
use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, PrimitiveArray, StringArray};
use arrow_buffer::{ArrowNativeType, NullBuffer};

/// How many values, or rows: a power of ten, shown as one, which divan sorts as it should.
#[derive(Clone, Copy)]
pub(crate) struct Size(pub(crate) usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1e{}", self.0.ilog10())
    }
}

/// Where divan runs everything once and times nothing, one small size does.
fn is_timed() -> bool {
    let has = |word: &str| std::env::args().any(|argument| argument == word);
    has("--bench") && !has("--test")
}

fn some(sizes: &[usize]) -> Vec<Size> {
    if is_timed() { sizes.iter().map(|n| Size(*n)).collect() } else { vec![Size(1_000)] }
}

/// A call, what the second cache holds, and what none holds.
pub(crate) fn sizes() -> Vec<Size> {
    some(&[1_000, 100_000, 10_000_000])
}

/// For values of many bytes: a tenth of the largest.
pub(crate) fn rows() -> Vec<Size> {
    some(&[1_000, 100_000, 1_000_000])
}

/// For many kernels beside each other.
pub(crate) fn one_size() -> Vec<Size> {
    some(&[100_000])
}

/// Which values are missing.
#[derive(Clone, Copy)]
pub(crate) enum Nulls {
    None,
    /// One in 10,000.
    Sparse,
    Tenth,
    Half,
    /// Stretches of up to 2,000, every other one of them missing.
    Runs,
}

impl Nulls {
    pub(crate) const SOME: [Self; 4] = [Self::Sparse, Self::Tenth, Self::Half, Self::Runs];

    /// A bitmap that misses at least one value, so that no density makes a view.
    pub(crate) fn bitmap(self, n: usize) -> Option<NullBuffer> {
        let mut random = Random(7);
        let mut valid: Vec<bool> = match self {
            Self::None => return None,
            Self::Sparse => (0..n).map(|_| random.below(10_000) > 0).collect(),
            Self::Tenth => (0..n).map(|_| random.below(10) > 0).collect(),
            Self::Half => (0..n).map(|_| random.below(2) > 0).collect(),
            Self::Runs => {
                let mut valid = Vec::with_capacity(n);
                while valid.len() < n {
                    let (there, next) = (valid.last() == Some(&false), valid.len() + 1 + random.below(2_000));
                    valid.resize(next.min(n), there);
                }
                valid
            }
        };
        valid[n / 2] = false;
        Some(valid.into())
    }
}

impl fmt::Display for Nulls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no nulls",
            Self::Sparse => "0.01 %",
            Self::Tenth => "10 %",
            Self::Half => "50 %",
            Self::Runs => "runs",
        })
    }
}

/// A size, and which of its values are missing.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) n: usize,
    pub(crate) nulls: Nulls,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", Size(self.n), self.nulls)
    }
}

/// Every size with every density.
pub(crate) fn cases() -> Vec<Case> {
    let of = |Size(n)| Nulls::SOME.map(|nulls| Case { n, nulls });
    sizes().into_iter().flat_map(of).collect()
}

/// xorshift*, seeded.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

/// Numbers below a hundred, which every type holds, times `unit`.
pub(crate) fn numbers_of<T: ArrowPrimitiveType>(n: usize, nulls: Nulls, unit: usize) -> PrimitiveArray<T> {
    let mut random = Random(11);
    let values = (0..n).map(|_| T::Native::usize_as(unit * random.below(100)));
    PrimitiveArray::new(values.collect(), nulls.bitmap(n))
}

pub(crate) fn numbers<T: ArrowPrimitiveType>(n: usize, nulls: Nulls) -> PrimitiveArray<T> {
    numbers_of(n, nulls, 1)
}

pub(crate) fn array<T: ArrowPrimitiveType>(n: usize, nulls: Nulls) -> ArrayRef {
    Arc::new(numbers::<T>(n, nulls))
}

/// Text of one alphabet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// Up to 12 letters.
    Short,
    /// 30 to 60 letters.
    Long,
    /// Up to 12 letters, of which every sixth isn't ASCII.
    NonAscii,
}

impl Text {
    pub(crate) const ALL: [Self; 3] = [Self::Short, Self::Long, Self::NonAscii];

    pub(crate) fn texts(self, n: usize) -> Vec<String> {
        let mut random = Random(13);
        let letter = |random: &mut Random| match self {
            Self::NonAscii if random.below(6) == 0 => ['\u{e4}', '\u{65e5}', '\u{1f600}'][random.below(3)],
            _ => char::from(b'a' + random.below(26) as u8),
        };
        let text = |_| {
            let len = if matches!(self, Self::Long) { 30 + random.below(31) } else { random.below(13) };
            (0..len).map(|_| letter(&mut random)).collect()
        };
        (0..n).map(text).collect()
    }

    pub(crate) fn strings(self, n: usize, nulls: Nulls) -> StringArray {
        let (offsets, values, _) = StringArray::from(self.texts(n)).into_parts();
        StringArray::new(offsets, values, nulls.bitmap(n))
    }
}
