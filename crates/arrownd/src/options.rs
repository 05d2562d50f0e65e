//! What the caller wishes, in the caller's words.

use std::fmt;

use half::f16;

use crate::dtype::{DType, Resolution};
use crate::error::{Error, Result};
use crate::record::RecordType;

/// What becomes of missing values.
///
/// ```
/// use arrownd::engine::{Nulls, Options};
///
/// assert_eq!(Options::default().nulls, Nulls::Nan);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nulls {
    /// The dtype's own marker: NaN (integers become float), NaT, or None.
    #[default]
    Nan,
    /// The values as they lie, and a mask beside them.
    Masked,
    /// An error.
    Raise,
}

/// Memory order of a 2-D result.
///
/// ```
/// use arrow_array::{Float64Array, RecordBatch};
/// use arrownd::{Options, Order, to_matrix};
/// use std::sync::Arc;
///
/// let column = |x: f64| Arc::new(Float64Array::from(vec![x, x + 0.5])) as _;
/// let batch = RecordBatch::try_from_iter([("x", column(1.0)), ("y", column(2.0))]).unwrap();
/// let rows = to_matrix::<f64>(&batch, &Options::new().order(Order::C))?;
/// assert_eq!(rows.as_slice(), Some(&[1.0, 2.0, 1.5, 2.5][..]));
/// assert_eq!(rows, to_matrix::<f64>(&batch, &Options::new().order(Order::F))?);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Columns contiguous.
    #[default]
    F,
    /// Rows contiguous.
    C,
}

/// One value to put where one is missing. Floats compare by their bits, so that a plan equals itself.
///
/// ```
/// use arrownd::Fill;
///
/// assert_eq!(Fill::from(3u8), Fill::Int(3));
/// assert_eq!(Fill::from(0.5f32), Fill::Float(0.5));
/// assert_eq!(Fill::from(f64::NAN), Fill::Float(f64::NAN));
/// assert_eq!(Fill::from(true).to_string(), "true");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fill {
    /// `true` or `false`.
    Bool(bool),
    /// Any integer.
    Int(i128),
    /// Any float.
    Float(f64),
    /// A datetime64 or timedelta64; `i64::MIN` ticks are NaT, which needs no resolution.
    Temporal {
        /// Ticks since 1970, or of the span.
        ticks: i64,
        /// What a tick is.
        resolution: Option<Resolution>,
        /// A datetime64, not a timedelta64.
        datetime: bool,
    },
    /// The bytes of one element.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// Something that only the caller's side can hold (a Python object); the text is for messages.
    Object(String),
}

macro_rules! fills {
    ($($t:ty)*, $variant:ident, $wide:ty) => { $(
        impl From<$t> for Fill {
            fn from(x: $t) -> Self {
                Self::$variant(<$wide>::from(x))
            }
        }
    )* };
}
fills! { bool, Bool, bool }
fills! { i8 i16 i32 i64 i128 u8 u16 u32 u64, Int, i128 }
fills! { f16 f32 f64, Float, f64 }

impl PartialEq for Fill {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (
                Self::Temporal { ticks: a, resolution: ra, datetime: da },
                Self::Temporal { ticks: b, resolution: rb, datetime: db },
            ) => (a, ra, da) == (b, rb, db),
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Text(a), Self::Text(b)) | (Self::Object(a), Self::Object(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(x) => write!(f, "{x}"),
            Self::Int(x) => write!(f, "{x}"),
            Self::Float(x) if x.is_nan() => f.write_str("nan"),
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Temporal { ticks: i64::MIN, .. } => f.write_str("NaT"),
            Self::Temporal { ticks, resolution: Some(r), .. } => write!(f, "{ticks} [{r}]"),
            Self::Temporal { ticks, .. } => write!(f, "{ticks}"),
            Self::Bytes(x) => write!(f, "{x:?}"),
            Self::Text(text) => write!(f, "'{}'", text.escape_debug()),
            Self::Object(text) => f.write_str(text),
        }
    }
}

/// The fill of every field, or of some by name.
///
/// ```
/// use arrownd::Fill;
/// use arrownd::engine::{Fills, Options};
///
/// let zeros = Options { na_value: Some(Fills::All(Fill::Int(0))), ..Options::default() };
/// assert!(zeros.check().is_ok());
/// let some = Fills::Fields(vec![("x".to_owned(), Fill::Float(-1.0))]);
/// assert_ne!(zeros.na_value, Some(some));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Fills {
    /// One for all.
    All(Fill),
    /// By field name; a field that isn't named has its marker.
    Fields(Vec<(String, Fill)>),
}

impl Fills {
    pub(crate) fn of(&self, name: &str) -> Option<&Fill> {
        match self {
            Self::All(fill) => Some(fill),
            Self::Fields(fields) => fields.iter().find(|(n, _)| n == name).map(|(_, fill)| fill),
        }
    }
}

/// The array to write into, as far as the plan needs to know it.
///
/// ```
/// use arrow_array::Float32Array;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Options, OutSpec, Outs, Planned, chunk_of};
/// use arrownd::{DType, Reason};
///
/// let array = Float32Array::from(vec![0.5, 1.5]);
/// let field = Field::new("", DataType::Float32, true);
/// let out = OutSpec { dtype: DType::Float32, shape: vec![2], record: None };
/// let (chunks, options) = ([chunk_of(&array)], Options { out: Some(Outs::One(out)), ..Options::default() });
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// assert_eq!(planned.plan().reasons(), [Reason::Requested { option: "write_into" }]);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutSpec {
    /// Its dtype.
    pub dtype: DType,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What its records are made of, where its dtype is structured.
    pub record: Option<RecordType>,
}

/// What the caller wants written into.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::{OutSpec, Outs};
///
/// let x = OutSpec { dtype: DType::Int8, shape: vec![3], record: None };
/// let both = Outs::Fields(vec![("x".to_owned(), x.clone()), ("y".to_owned(), x.clone())]);
/// assert_ne!(both, Outs::One(x));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outs {
    /// One array.
    One(OutSpec),
    /// An array a field, by name.
    Fields(Vec<(String, OutSpec)>),
}

/// The form of a struct or table.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Facts, Form, Options, plan};
///
/// let table = Field::new("", DataType::Struct(vec![Field::new("x", DataType::Int8, true)].into()), false);
/// let options = Options { form: Form::Columns, ..Options::default() };
/// let column = Column::of_schema(&table, &options)?;
/// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
/// assert_eq!((plan.dtype(), plan.children()[0].name()), (None, Some("x")));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// One 2-D array.
    #[default]
    Matrix,
    /// One array a field.
    Columns,
    /// The values of all lists, and where each begins.
    Ragged,
}

/// What becomes of lists of variable size.
///
/// ```
/// use arrow_array::{ListArray, types::Int32Type};
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Facts, Lists, Options, chunk_of, plan};
///
/// let lists = [Some(vec![Some(1), Some(2)]), Some(vec![Some(3)])];
/// let array = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
/// let field = Field::new_list("", Field::new("item", DataType::Int32, true), true);
/// let chunks = [chunk_of(&array)];
/// let options = Options { lists: Some(Lists::Pad), ..Options::default() };
/// let column = Column::new(&field, &chunks, &options)?;
/// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
/// assert_eq!(plan.shape(), Some(vec![Some(2), Some(2)]));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lists {
    /// One more dimension: all have the same length.
    #[default]
    Dense,
    /// An array for each.
    Object,
    /// One more dimension, filled up at the end.
    Pad,
}

/// What the caller wishes. The default is what `to_numpy(obj)` means.
///
/// ```
/// use arrownd::engine::{Fills, Nulls, Options};
/// use arrownd::{DType, Fill};
///
/// let options = Options { dtype: Some(DType::Float32), ..Options::default() };
/// assert!(options.safe && options.allow_copy && !options.writable);
/// let fill = Some(Fills::All(Fill::Int(0)));
/// assert!(Options { nulls: Nulls::Masked, na_value: fill, ..options }.check().is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one word of the public signature")]
pub struct Options {
    /// The wanted dtype; `None` for the type table's.
    pub dtype: Option<DType>,
    /// Structs become records, at any depth.
    pub structured: bool,
    /// The wanted record of a structured result; `None` for what the fields are on their own.
    pub record: Option<RecordType>,
    /// Refuse every copy of values when false.
    pub allow_copy: bool,
    /// The result shares nothing.
    pub writable: bool,
    /// What becomes of missing values.
    pub nulls: Nulls,
    /// What to put where a value is missing.
    pub na_value: Option<Fills>,
    /// The fields to take, in that order.
    pub columns: Option<Vec<String>>,
    /// What becomes of lists; `None` is dense, and Python lists where the dtype is object.
    pub lists: Option<Lists>,
    /// The length that the outermost lists are filled up to; `None` for the longest.
    pub pad_to: Option<usize>,
    /// Memory order of a matrix.
    pub order: Order,
    /// The array, or arrays, to write into.
    pub out: Option<Outs>,
    /// The mask to write into, with `nulls` masked.
    pub out_mask: Option<OutSpec>,
    /// Structured results have a mask for each part of a record, as `np.ma` wants it.
    pub record_masks: bool,
    /// Check that every value is held exactly.
    pub safe: bool,
    /// The form of a struct or table.
    pub form: Form,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dtype: None,
            structured: false,
            record: None,
            allow_copy: true,
            writable: false,
            nulls: Nulls::default(),
            na_value: None,
            columns: None,
            lists: None,
            pad_to: None,
            order: Order::default(),
            out: None,
            out_mask: None,
            record_masks: false,
            safe: true,
            form: Form::default(),
        }
    }
}

impl Options {
    /// Refuses combinations that make no sense. *O(1)*.
    ///
    /// # Errors
    /// [`Error::Conflict`] for `na_value` beside masked or raise.
    ///
    /// ```
    /// use arrownd::engine::{Fills, Nulls, Options};
    /// use arrownd::{ErrorKind, Fill};
    ///
    /// let na_value = Some(Fills::All(Fill::Int(0)));
    /// let options = Options { nulls: Nulls::Raise, na_value, ..Options::default() };
    /// assert_eq!(options.check().map_err(|error| error.kind()), Err(ErrorKind::Conflict));
    /// ```
    pub fn check(&self) -> Result<()> {
        // Padding has to be something where missing values are an error.
        let pads = self.nulls == Nulls::Raise && self.lists == Some(Lists::Pad);
        if self.na_value.is_some() && self.nulls != Nulls::Nan && !pads {
            let word = if self.nulls == Nulls::Masked { "Masked" } else { "Raise" };
            return Err(Error::Conflict(format!(
                "Options::na_value has no place beside Nulls::{word}: leave out one of them"
            )));
        }
        Ok(())
    }
}
