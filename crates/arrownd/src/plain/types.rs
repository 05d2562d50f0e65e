//! What the planner says of flat arrays.

use std::sync::OnceLock;

use arrow_schema::{DataType, Field};
use smallvec::SmallVec;

use super::{Flat, Plain, PlainView};
use crate::dtype::DType;
use crate::mapping::map_storage;
use crate::options::Options;
use crate::plan::{Facts, FactsNode, LeafFacts, Op, Plan, Step, Transfer, plan, viewed_as};
use crate::source::{Bits, Keys, Way, flat_type};

/// The formats without parameters whose values have a fixed width; timestamps among them without a zone.
const FORMATS: [&str; 29] = [
    "l", "g", "i", "f", "L", "I", "s", "S", "c", "C", "e", "tsu:", "tsn:", "tsm:", "tss:", "tDu", "tDn",
    "tDm", "tDs", "tdm", "tdD", "tts", "ttm", "ttu", "ttn", "tiM", "tiD", "tin", "b",
];

/// A type of flat arrays, with the planner's word on it under default options.
///
/// ```
/// use arrownd::engine::FlatType;
/// use arrownd::{DType, Unit};
///
/// let seconds = FlatType::of("tss:").unwrap();
/// assert_eq!((seconds.width(), seconds.viewed()), (8, Some(DType::datetime(Unit::Second))));
/// // Bits are never viewed, and text isn't flat.
/// assert_eq!(FlatType::of("b").unwrap().viewed(), None);
/// assert!(FlatType::of("u").is_none());
/// ```
#[derive(Debug)]
pub struct FlatType {
    key: u32,
    pub(super) field: Field,
    /// Bytes of each value, 0 for bits.
    pub(super) width: usize,
    full: Verdict,
    with_nulls: Verdict,
    /// The values of a dictionary.
    looked_up: Verdict,
}

/// The values of a flat array.
///
/// ```
/// use arrownd::engine::{FlatType, FlatValues};
///
/// // Two bytes are no value of four.
/// let int32 = FlatType::of("i").unwrap();
/// let view = int32.array(1, FlatValues::Bytes(&[0; 4]), None);
/// assert!(view.is_some());
/// ```
#[derive(Debug, Clone, Copy)]
pub enum FlatValues<'a> {
    /// Values of a fixed number of bytes.
    Bytes(&'a [u8]),
    /// Booleans.
    Bits(Bits<'a>),
}

#[derive(Debug)]
enum Verdict {
    View(DType),
    Copy(Box<Plan>),
    /// An error, or a copy that takes more than the core.
    Elsewhere,
}

/// A format as a number: its bytes, then zeros.
fn key(format: &[u8]) -> u32 {
    format.iter().rev().fold(0, |key, byte| key << 8 | u32::from(*byte))
}

fn known() -> &'static [FlatType] {
    static KNOWN: OnceLock<Vec<FlatType>> = OnceLock::new();
    KNOWN.get_or_init(|| FORMATS.iter().filter_map(|format| FlatType::new(format)).collect())
}

impl FlatType {
    fn new(format: &str) -> Option<Self> {
        let data_type = flat_type(format)?;
        let width = map_storage(&data_type).element.width();
        let field = Field::new("", data_type, true);
        let (flat, dictionary) = (Way::default(), Way { dictionary: true, ..Way::default() });
        let (full, with_nulls) = (verdict(&field, 0, &flat), verdict(&field, 1, &flat));
        let looked_up = verdict(&field, 0, &dictionary);
        Some(Self { key: key(format.as_bytes()), field, width, full, with_nulls, looked_up })
    }

    /// The type of that format of Arrow's, `None` where it isn't one of the commonest. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::FlatType;
    ///
    /// assert_eq!(FlatType::of("g").map(|float64| float64.width()), Some(8));
    /// // Timestamps with a zone, text and what is nested go the general way.
    /// assert!(["tsu:UTC", "u", "+l"].iter().all(|format| FlatType::of(format).is_none()));
    /// ```
    #[must_use]
    pub fn of(format: &str) -> Option<&'static Self> {
        if format.len() > 4 {
            return None;
        }
        Self::of_key(key(format.as_bytes()))
    }

    #[inline]
    pub(super) fn of_key(key: u32) -> Option<&'static Self> {
        known().iter().find(|known| known.key == key)
    }

    /// Bytes of each value, 0 for bits. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::FlatType;
    ///
    /// let (date32, bools) = (FlatType::of("tdD").unwrap(), FlatType::of("b").unwrap());
    /// assert_eq!((date32.width(), bools.width()), (4, 0));
    /// ```
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// As what values are viewed of which none is missing; `None` where they aren't. *O(1)*.
    ///
    /// ```
    /// use arrownd::DType;
    /// use arrownd::engine::FlatType;
    ///
    /// let viewed = |format| FlatType::of(format).and_then(|of| of.viewed());
    /// assert_eq!(viewed("e"), Some(DType::Float16));
    /// // 32 bits a day become 64.
    /// assert_eq!(viewed("tdD"), None);
    /// ```
    #[inline]
    #[must_use]
    pub fn viewed(&self) -> Option<DType> {
        match self.full {
            Verdict::View(dtype) => Some(dtype),
            _ => None,
        }
    }

    /// What becomes of an array of this type; `None` where the general way has to look. *Reads the bitmap
    /// once*, to count.
    ///
    /// ```
    /// use arrownd::engine::{Bits, FlatType, FlatValues, Plain};
    ///
    /// let float32 = FlatType::of("f").unwrap();
    /// let values = FlatValues::Bytes(&[0; 8]);
    /// assert!(matches!(float32.array(2, values, None), Some(Plain::View(_))));
    /// // A bitmap without a zero leaves it a view.
    /// assert!(matches!(float32.array(2, values, Bits::new(&[0b11], 0, 2)), Some(Plain::View(_))));
    /// assert!(matches!(float32.array(2, values, Bits::new(&[0b01], 0, 2)), Some(Plain::Copy(_))));
    /// ```
    #[must_use]
    pub fn array<'a>(
        &'static self,
        len: usize,
        values: FlatValues<'a>,
        validity: Option<Bits<'a>>,
    ) -> Option<Plain<'a>> {
        let missing = validity.map_or(0, |bits| bits.len() - bits.count_ones());
        let validity = validity.filter(|_| missing > 0).map(|bits| (bits, missing));
        match (if missing > 0 { &self.with_nulls } else { &self.full }, values) {
            (Verdict::View(dtype), FlatValues::Bytes(bytes)) => Some(Plain::View(PlainView {
                ptr: bytes.as_ptr(),
                len,
                trailing: SmallVec::default(),
                dtype: *dtype,
                width: self.width,
            })),
            (Verdict::Copy(plan), _) => Flat::new(self, plan, len, values, validity).map(Plain::Copy),
            _ => None,
        }
    }
}

impl FlatType {
    /// What becomes of a dictionary of such values, with indexes of that type, none of which is missing; `None` where the
    /// general way has to look.
    pub(super) fn dictionary<'a>(
        &'static self,
        index: &Self,
        keys: &'a [u8],
        values: &'a [u8],
    ) -> Option<Flat<'a>> {
        let keys = Keys::new(index.field.data_type(), keys)?;
        match &self.looked_up {
            Verdict::Copy(plan) => Flat::looked_up(self, plan, keys, values),
            _ => None,
        }
    }
}

/// The planner's word on values of so many bytes of which none is missing: as what they are viewed.
pub(super) fn void(width: usize) -> Option<DType> {
    let width = i32::try_from(width).ok().filter(|width| *width > 0)?;
    viewed_as(&map_storage(&DataType::FixedSizeBinary(width)))
}

/// The planner's word on an array of which so many values are missing: neither how many values there are nor where
/// makes a difference.
fn verdict(field: &Field, missing: usize, way: &Way) -> Verdict {
    let leaf = LeafFacts {
        field,
        dims: &[],
        axes: &[],
        chunks: 1,
        missing,
        first_missing: 0,
        padded: 0,
        alignment: 64,
        way,
        rows: None,
        longest: None,
    };
    let facts = Facts { field, rows: Some(2), node: FactsNode::Leaf(leaf) };
    let Ok(plan) = plan(&facts, &Options::default(), &[]) else { return Verdict::Elsewhere };
    match (plan.transfer(), plan.step(), plan.dtype()) {
        (Transfer::View, _, Some(dtype)) => Verdict::View(dtype),
        (Transfer::Copy(_), Step::Leaf(step), Some(_)) => match step.op {
            Op::Same | Op::Unpack | Op::Cast | Op::Scale { .. } | Op::Calendar { .. } => {
                Verdict::Copy(Box::new(plan))
            }
            Op::Nothing | Op::Text | Op::Object => Verdict::Elsewhere,
        },
        _ => Verdict::Elsewhere,
    }
}
