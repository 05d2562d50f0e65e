//! A flat array that is copied.

use std::borrow::Cow;

use super::types::{FlatType, FlatValues};
use crate::dtype::DType;
use crate::error::Result;
use crate::execute::{Dest, Task};
use crate::plan::Plan;
use crate::source::{Bits, Column, Data, Keys};

/// Copies pieces one after the other into contiguous memory; false where it isn't, or they don't fill it.
/// *Copies n x itemsize bytes*.
///
/// ```
/// use arrownd::engine::{Dest, join};
/// use std::mem::MaybeUninit;
///
/// let mut memory = [MaybeUninit::<u8>::uninit(); 5];
/// let mut dest = Dest::from_slice(&mut memory, &[5]).unwrap();
/// assert!(join(&[&[1, 2], &[3, 4, 5]], &mut dest));
/// assert!(!join(&[&[1, 2]], &mut dest));
/// ```
#[must_use]
pub fn join(pieces: &[&[u8]], dest: &mut Dest<'_>) -> bool {
    let (mut at, width) = (0, dest.itemsize().max(1));
    for piece in pieces {
        let n = piece.len() / width;
        let copied = dest.runs(at, n, |_, mut run| {
            let whole = run.len() == n && run.copy_bytes(piece, 0, width);
            if whole { Ok(()) } else { Err(()) }
        });
        if copied.is_err() {
            return false;
        }
        at += n;
    }
    at == dest.elements()
}

/// A flat array, and the plan by which it is copied under default options.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::{Bits, Dest, FlatType, FlatValues, Plain};
/// use std::mem::MaybeUninit;
///
/// let bits = Bits::new(&[0b101], 0, 3).unwrap();
/// let of = FlatType::of("b").unwrap();
/// let Some(Plain::Copy(flat)) = of.array(3, FlatValues::Bits(bits), None) else { panic!() };
/// assert_eq!((flat.dtype(), flat.len()), (DType::Bool, 3));
/// let mut memory = [MaybeUninit::new(false); 3];
/// flat.fill(&mut Dest::from_slice(&mut memory, &[3]).unwrap())?;
/// // SAFETY: every element was initialised above.
/// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [true, false, true]);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Flat<'a> {
    of: &'static FlatType,
    plan: &'static Plan,
    dtype: DType,
    len: usize,
    values: FlatValues<'a>,
    /// A bitmap with so many zeros.
    validity: Option<(Bits<'a>, usize)>,
    /// Where the values are a dictionary's: which of them is meant. Nobody has checked them yet.
    keys: Option<Keys<'a>>,
}

impl<'a> Flat<'a> {
    /// `None` where there aren't as many values as are said.
    pub(super) fn new(
        of: &'static FlatType,
        plan: &'static Plan,
        len: usize,
        values: FlatValues<'a>,
        validity: Option<(Bits<'a>, usize)>,
    ) -> Option<Self> {
        let there = match values {
            FlatValues::Bytes(bytes) => Some(bytes.len()) == len.checked_mul(of.width),
            FlatValues::Bits(bits) => bits.len() == len && of.width == 0,
        };
        if !there || validity.is_some_and(|(bits, _)| bits.len() != len) {
            return None;
        }
        plan.dtype().map(|dtype| Self { of, plan, dtype, len, values, validity, keys: None })
    }

    /// Values of a dictionary.
    pub(super) fn looked_up(
        of: &'static FlatType,
        plan: &'static Plan,
        keys: Keys<'a>,
        values: &'a [u8],
    ) -> Option<Self> {
        let whole = of.width > 0 && values.len().is_multiple_of(of.width);
        let (len, values, validity) = (keys.len(), FlatValues::Bytes(values), None);
        let dtype = plan.dtype().filter(|_| whole)?;
        Some(Self { of, plan, dtype, len, values, validity, keys: Some(keys) })
    }

    /// The result's dtype. *O(1)*.
    ///
    /// ```
    /// # use arrownd::engine::{FlatType, FlatValues, Plain};
    /// // 32 bits a day become 64.
    /// let days = FlatType::of("tdD").unwrap().array(2, FlatValues::Bytes(&[0; 8]), None);
    /// let Some(Plain::Copy(flat)) = days else { panic!() };
    /// assert_eq!(flat.dtype().to_string(), "datetime64[D]");
    /// assert_eq!(flat.dtype().itemsize() * flat.len(), 16);
    /// ```
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// How many values. *O(1)*.
    ///
    /// ```
    /// # use arrownd::engine::{Bits, FlatType, FlatValues, Plain};
    /// # let bits = Bits::new(&[0b101], 0, 3).unwrap();
    /// let bools = FlatType::of("b").unwrap().array(3, FlatValues::Bits(bits), None);
    /// let Some(Plain::Copy(flat)) = bools else { panic!() };
    /// // The result's only dimension.
    /// assert_eq!(flat.len(), 3);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none. *O(1)*.
    ///
    /// ```
    /// # use arrownd::engine::{Bits, FlatType, FlatValues, Plain};
    /// # let bits = Bits::new(&[], 0, 0).unwrap();
    /// let bools = FlatType::of("b").unwrap().array(0, FlatValues::Bits(bits), None);
    /// let Some(Plain::Copy(flat)) = bools else { panic!() };
    /// assert!(flat.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Converts every value into `dest`, which has as many and the dtype. *Copies n x itemsize bytes*.
    ///
    /// # Errors
    /// As [`Task::fill_values`]; and any error where an index of a dictionary isn't one of its values', which the
    /// general way has the words for.
    ///
    /// ```
    /// use arrownd::engine::{Bits, Dest, FlatType, FlatValues, Plain};
    /// use std::mem::MaybeUninit;
    ///
    /// let bytes = [1i16, 2, 3].map(i16::to_ne_bytes);
    /// // The second is missing.
    /// let validity = Bits::new(&[0b101], 0, 3);
    /// let array = FlatType::of("s").unwrap().array(3, FlatValues::Bytes(bytes.as_flattened()), validity);
    /// let Some(Plain::Copy(flat)) = array else { panic!() };
    /// let mut memory = [MaybeUninit::new(0f32); 3];
    /// flat.fill(&mut Dest::from_slice(&mut memory, &[3]).unwrap())?;
    /// // SAFETY: initialised from the start.
    /// let [one, missing, three] = memory.map(|x| unsafe { x.assume_init() });
    /// assert!(missing.is_nan() && (one, three) == (1.0, 3.0));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn fill(&self, dest: &mut Dest<'_>) -> Result<()> {
        let data = match self.values {
            FlatValues::Bytes(bytes) => Data::Fixed(bytes),
            FlatValues::Bits(bits) => Data::Bits(bits),
        };
        let field = Cow::Borrowed(&self.of.field);
        match self.keys {
            Some(keys) => Task::of(self.plan, &Column::looked_up(field, keys, data)).fill_looked_up(dest),
            None => {
                Task::of(self.plan, &Column::flat(field, self.len, data, self.validity)).fill_values(dest)
            }
        }
    }
}
