//! A stretch of values, and what is done to it.

use arrow_schema::DataType;

use super::dest::Run;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::{self, Failed, Window};
use crate::mapping::{Element, map};
use crate::options::Fill;
use crate::plan::{LeafStep, Op, Plan};
use crate::source::{Bits, Block, Data, Leaf, Octets, Part, ViewRow, low_mask};

/// A stretch of values of one part, and the memory they go to.
///
/// ```
/// use arrow_array::StringArray;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
/// use std::mem::MaybeUninit;
///
/// let array = StringArray::from(vec![Some("one"), None, Some("three")]);
/// let field = Field::new("", DataType::Utf8, true);
/// let (chunks, options) = ([chunk_of(&array)], Options::default());
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// let mut memory = [MaybeUninit::<usize>::uninit(); 3];
/// let mut seen = Vec::new();
/// planned.task().objects(&mut Dest::from_slice(&mut memory, &[3]).unwrap(), &mut |visit| {
///     let block = visit.block(0);
///     let octets = visit.octets(&block);
///     let there = (0..block.len).filter(|at| block.valid >> at & 1 == 1);
///     seen.extend(there.map(|at| octets.each()[at].to_vec()));
///     Ok::<(), arrownd::Error>(())
/// })?;
/// assert_eq!(seen, [b"one".to_vec(), b"three".to_vec()]);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Visit<'v> {
    /// The leaf's plan.
    pub plan: &'v Plan,
    /// How it is carried out.
    pub step: &'v LeafStep,
    /// The leaf.
    pub leaf: &'v Leaf<'v>,
    /// The part.
    pub part: &'v Part<'v>,
    /// The first value, counted in the part.
    pub start: usize,
    /// The first value, counted in the leaf.
    pub position: usize,
    /// Where the values go: as many as it is long.
    pub run: Run<'v>,
}

impl<'v> Visit<'v> {
    /// Where the values from `at` on lie, counted in the run: up to 64 of them. *O(64 x depth)*.
    ///
    /// ```
    /// # use arrow_array::{Array, StringArray};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = StringArray::from(vec![Some("one"), None, Some("three")]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 8];
    /// # let mut dest = Dest::from_slice(&mut memory[..array.len()], &[array.len()]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     let block = visit.block(0);
    ///     assert_eq!((block.len, block.valid), (3, 0b101));
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn block(&self, at: usize) -> Block {
        let mut block = self.part.block(self.start + at, self.run.len().saturating_sub(at));
        if self.step.element == Element::Null {
            block.valid = 0;
        }
        block
    }

    /// [`Visit::block`] into one that is there: moving it takes as long as following keys. *O(64 x depth)*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Block, Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array: DictionaryArray<Int8Type> = ["red", "blue", "red"].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 8];
    /// # let mut dest = Dest::from_slice(&mut memory[..array.len()], &[array.len()]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     let mut block = Block::empty();
    ///     for at in (0..visit.run.len()).step_by(64) {
    ///         visit.read_block(at, &mut block);
    ///         // Where the values lie in the dictionary.
    ///         assert_eq!(block.index[..block.len], [0, 1, 0]);
    ///     }
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    pub fn read_block(&self, at: usize, block: &mut Block) {
        if self.part.is_direct() || self.step.element == Element::Null {
            *block = self.block(at);
        } else {
            self.part.follow(self.start + at, self.run.len().saturating_sub(at), block);
        }
    }

    /// Booleans from `at` on, up to 64 of them: which are true, and which are there. Zeros past the end.
    /// *O(depth)*.
    ///
    /// ```
    /// # use arrow_array::{Array, BooleanArray};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Data, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = BooleanArray::from(vec![Some(true), None, Some(false)]);
    /// # let field = Field::new("", DataType::Boolean, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 8];
    /// # let mut dest = Dest::from_slice(&mut memory[..array.len()], &[array.len()]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     if let Data::Bits(bits) = &*visit.part.data {
    ///         assert_eq!(visit.booleans(bits, 0), (0b001, 0b101));
    ///     }
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn booleans(&self, bits: &Bits<'_>, at: usize) -> (u64, u64) {
        let (word, valid) = self.part.bit_words(bits, self.start + at);
        let all = low_mask(self.run.len().saturating_sub(at));
        (word & all, valid & all)
    }

    /// Where text or binary values from `at` on follow each other and are all there, up to 64 of them: the buffer,
    /// and in `bounds` where in it each begins, the last one's end after them. *Reads 64 offsets, shares memory*.
    ///
    /// ```
    /// # use arrow_array::{Array, StringArray};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of, is_utf8};
    /// # use std::mem::MaybeUninit;
    /// let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 8];
    /// # let mut dest = Dest::from_slice(&mut memory[..array.len()], &[array.len()]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     let mut bounds = [0; 65];
    ///     let values = visit.row(0, &mut bounds).unwrap_or_default();
    ///     assert_eq!((values, &bounds[..3]), (&b"onethree"[..], &[0, 3, 8][..]));
    ///     // Up to 64 values are checked as one text.
    ///     assert!(is_utf8(values, &bounds[..3]));
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn row(&self, at: usize, bounds: &mut [usize; 65]) -> Option<&'v [u8]> {
        let len = self.run.len().saturating_sub(at).min(64);
        let there = self.part.is_direct() && !self.part.validity.word(self.start + at) & low_mask(len) == 0;
        match &*self.part.data {
            Data::Binary { offsets, values } if there => {
                offsets.read_row(self.start + at, bounds.get_mut(..=len)?).then_some(*values)
            }
            _ => None,
        }
    }

    /// [`Visit::row`] for views (`utf8_view`, `binary_view`). *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::{Array, StringViewArray};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = StringViewArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8View, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 8];
    /// # let mut dest = Dest::from_slice(&mut memory[..array.len()], &[array.len()]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     let row = visit.view_row(0);
    ///     assert!(row.is_some_and(|row| row.is_ascii() && row.each().eq([&b"one"[..], b"three"])));
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn view_row(&self, at: usize) -> Option<ViewRow<'v>> {
        let len = self.run.len().saturating_sub(at).min(64);
        let first = self.start + at;
        let there = self.part.is_direct() && !self.part.validity.word(first) & low_mask(len) == 0;
        match &*self.part.data {
            Data::Views { views, buffers } if there => {
                Some(ViewRow { views: views.get(first..first + len)?, buffers })
            }
            _ => None,
        }
    }

    /// The bytes of a block's text or binary values. *Reads 64 offsets or views, shares memory*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array: DictionaryArray<Int8Type> = ["red", "blue", "red"].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 8];
    /// # let mut dest = Dest::from_slice(&mut memory[..array.len()], &[array.len()]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     let block = visit.block(0);
    ///     let octets = visit.octets(&block);
    ///     assert_eq!(octets.each()[..block.len], [&b"red"[..], b"blue", b"red"]);
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn octets(&self, block: &Block) -> Octets<'v> {
        match &*self.part.data {
            Data::Fixed(bytes) => Octets::fixed(bytes, self.step.element.width(), &block.index, block.valid),
            data => Octets::new(data, &block.index, block.valid),
        }
    }

    /// The error for text that isn't UTF-8, at a position counted in the run. *Allocates the message*.
    ///
    /// ```
    /// # use arrow_array::{Array, BinaryArray};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// // A producer may call this text.
    /// let array = BinaryArray::from(vec![&b"one"[..], b"\xff"]);
    /// # let field = Field::new("", DataType::Binary, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 8];
    /// # let mut dest = Dest::from_slice(&mut memory[..array.len()], &[array.len()]).unwrap();
    /// let checked = planned.task().objects(&mut dest, &mut |visit| {
    ///     let block = visit.block(0);
    ///     let octets = visit.octets(&block);
    ///     match octets.not_utf8() {
    ///         Some((at, why)) => Err(visit.invalid_text(at, why)),
    ///         None => Ok(()),
    ///     }
    /// });
    /// let message = checked.unwrap_err().to_string();
    /// assert!(message.contains("text that isn't UTF-8") && message.ends_with("at position 1"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[cold]
    #[must_use]
    pub fn invalid_text(&self, at: usize, why: std::str::Utf8Error) -> Error {
        Error::InvalidArrow {
            path: self.plan.path.clone(),
            what: format!("text that isn't UTF-8 ({why}) at position {}", self.position + at),
        }
    }

    pub(super) fn convert(mut self) -> Result<()> {
        let LeafStep { element, op, fill, check, .. } = self.step;
        let Some(dtype) = self.plan.dtype.map(|dtype| dtype.complex_part().unwrap_or(dtype)) else {
            return Ok(());
        };
        let bytes = match *self.part.data {
            Data::Fixed(bytes) => bytes,
            _ => &[][..],
        };
        let window = Window { bytes, part: self.part, start: self.start };
        let fill = fill.as_ref();
        let run = &mut self.run;
        let done = match op {
            Op::Same => {
                kernels::copy_opaque(dtype, window, run, fill);
                Ok(())
            }
            Op::Unpack => {
                if let Data::Bits(bits) = &*self.part.data {
                    let fill = fill.map(|fill| matches!(fill, Fill::Bool(true)));
                    kernels::bits::unpack(bits, window, run, fill);
                }
                Ok(())
            }
            Op::Cast => kernels::cast(&self.part.data, *element, dtype, window, run, fill, *check),
            Op::Scale { .. } | Op::Calendar { .. } => {
                kernels::ticks(*element, *op, window, run, fill, *check)
            }
            Op::Nothing => {
                kernels::fill_nothing(dtype, run, fill.unwrap_or(&Fill::Int(0)));
                Ok(())
            }
            Op::Text => return kernels::text(&mut self, dtype),
            Op::Object => Ok(()),
        };
        done.map_err(|Failed(index)| self.lossy(index, dtype))
    }

    fn lossy(&self, index: usize, dtype: DType) -> Error {
        let width = self.step.element.width();
        let own = self.part.index(index).unwrap_or(0);
        let bytes = match *self.part.data {
            Data::Fixed(bytes) => bytes.get(own * width..(own + 1) * width).unwrap_or_default(),
            _ => &[],
        };
        let by_nulls = self.step.fill.is_some() && dtype.is_float() && self.step.element.is_integer();
        let remedy = if by_nulls {
            "pass Nulls::Mask or Nulls::Fill to keep the dtype, or Options::safe(false) to round"
        } else {
            "pass a wider dtype, or Options::safe(false) to round or cut"
        };
        Error::LossyCast {
            path: self.plan.path.clone(),
            value: value_text(self.leaf, self.step.element, bytes),
            position: self.position + (index - self.start),
            dtype: dtype.to_string(),
            remedy: remedy.to_owned(),
        }
    }
}

/// A value as a message shows it.
fn value_text(leaf: &Leaf<'_>, element: Element, bytes: &[u8]) -> String {
    fn read<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().unwrap_or([0; N])
    }
    let number = match element {
        Element::I8 => i8::from_ne_bytes(read(bytes)).to_string(),
        Element::I16 => i16::from_ne_bytes(read(bytes)).to_string(),
        Element::I32 => i32::from_ne_bytes(read(bytes)).to_string(),
        Element::I64 => i64::from_ne_bytes(read(bytes)).to_string(),
        Element::U8 => u8::from_ne_bytes(read(bytes)).to_string(),
        Element::U16 => u16::from_ne_bytes(read(bytes)).to_string(),
        Element::U32 => u32::from_ne_bytes(read(bytes)).to_string(),
        Element::U64 => u64::from_ne_bytes(read(bytes)).to_string(),
        Element::Wide { signed: true } => i128::from_ne_bytes(read(bytes)).to_string(),
        Element::Wide { signed: false } => u128::from_ne_bytes(read(bytes)).to_string(),
        Element::Decimal { scale, .. } => kernels::DecimalText::of(bytes, scale).to_string(),
        Element::F16 => half::f16::from_ne_bytes(read(bytes)).to_string(),
        Element::F32 => format!("{:?}", f32::from_ne_bytes(read(bytes))),
        Element::F64 => format!("{:?}", f64::from_ne_bytes(read(bytes))),
        _ => format!("{bytes:?}"),
    };
    match (leaf.field.data_type(), map(&leaf.field).map(|mapped| mapped.meaning)) {
        (DataType::Date32 | DataType::Date64 | DataType::Timestamp(..), Ok(DType::Datetime(Some(r)))) => {
            format!("datetime64({number}, '{r}')")
        }
        (_, Ok(DType::Timedelta(Some(r)))) => format!("timedelta64({number}, '{r}')"),
        _ => number,
    }
}
