//! Plan, inspect, execute.
#![allow(unsafe_code, reason = "arrays are made from memory that a plan has measured or filled")]

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

use arrow_buffer::ArrowNativeType;
use arrow_schema::Field;
use ndarray::{
    ArrayD, ArrayView, ArrayView1, ArrayViewD, ArrayViewMut, CowArray, Dimension, IxDyn, ShapeBuilder,
};
use smallvec::SmallVec;

use super::item::Item;
use super::masked::Masked;
use super::options::Options;
use super::ragged::ListOffsets;
use super::source::{Read, Source};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::execute::{Dest, Task, ViewOf};
use crate::mapping::map;
use crate::options::{Options as Words, Order};
use crate::plan::{Facts, Plan, Reason, Step, plan as plan_of};
use crate::source::{Chunk, Column, Offsets, RowBounds};

pub(super) type Dims = SmallVec<[usize; 4]>;

/// A conversion that is planned and not carried out yet: what it costs can be looked at first.
///
/// Printed, it is the plan as a small tree.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::{Options, Reason, plan};
///
/// let array = Int32Array::from(vec![Some(1), None, Some(3)]);
/// let conversion = plan(&array, &Options::new())?;
/// assert!(!conversion.is_view());
/// assert!(matches!(conversion.plan().reasons(), [Reason::Nulls { count: Some(1), .. }]));
/// assert_eq!(conversion.plan().nbytes(), Some(24));
///
/// let values = conversion.execute::<f64>()?;
/// assert_eq!((values[0], values[2]), (1.0, 3.0));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Conversion<'a> {
    plan: Plan,
    read: Kept<'a>,
    allow_copy: bool,
}

/// Plans the conversion of `source`: reads types, null counts and the offsets of lists, and converts nothing.
///
/// The result's dtype is [`Options::dtype`], or that of the [type table](https://github.com/arrownd/arrownd/blob/main/docs/types.md):
/// the field's own, floats for integers with missing values, datetimes for dates.
///
/// A field or schema alone can be planned too: [`Plan::copies`] is `None` where that depends on the data.
///
/// Cost: *O(chunks x fields)*, and one look at the bitmap of what is sliced or nested, at offsets and at codes.
/// It allocates a constant, whatever the length.
///
/// # Errors
/// [`Error::UnsupportedType`] where the type doesn't become numbers (text, binary, maps, unions: the message names
/// it), [`Error::Nulls`] and [`Error::Ragged`] where missing values or lists of different lengths have no place,
/// [`Error::CopyNotAllowed`] where the options forbid the copy that is needed, [`Error::BadValue`] and
/// [`Error::Conflict`] for options that don't fit.
///
/// ```
/// use arrow_array::BooleanArray;
/// use arrownd::{Options, Reason, plan};
///
/// let bits = BooleanArray::from(vec![true, false]);
/// let conversion = plan(&bits, &Options::new())?;
/// assert_eq!(conversion.plan().reasons(), [Reason::BitPacked]);
/// println!("{conversion}");
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn plan<'a>(source: impl Into<Source<'a>>, options: &Options) -> Result<Conversion<'a>> {
    Conversion::new(source.into(), options, &options.words(None)?)
}

impl<'a> Conversion<'a> {
    pub(super) fn new(source: Source<'a>, options: &Options, words: &Words) -> Result<Self> {
        let Read { field, chunks, left_out } = source.read(options.names())?;
        let read = Kept::new(field, chunks, words)?;
        let plan = plan_of(&Facts::of(read.column(), words), words, &left_out)?;
        refuse_objects(&plan)?;
        plan.check_copies(words)?;
        Ok(Self { plan, read, allow_copy: words.allow_copy })
    }

    /// One that makes arrays of `T`.
    pub(super) fn to<T: Item>(source: Source<'a>, options: &Options) -> Result<Self> {
        Self::new(source, options, &options.words_for::<T>(source)?)
    }

    /// What will be done: dtype, shape, view or copy, reasons, bytes, notes. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Float32Array;
    /// # use arrownd::{DType, Options, plan};
    /// let array = Float32Array::from(vec![1.0, 2.0]);
    /// let conversion = plan(&array, &Options::new())?;
    /// assert_eq!(conversion.plan().dtype(), Some(DType::Float32));
    /// assert_eq!(conversion.plan().copies(), Some(false));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the result is a view of the Arrow memory. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Float32Array;
    /// # use arrownd::{Options, plan};
    /// assert!(plan(&Float32Array::from(vec![1.0]), &Options::new())?.is_view());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn is_view(&self) -> bool {
        self.plan.copies() == Some(false)
    }

    /// The result's shape: rows (0 for a schema alone), then a dimension for each level of lists, or the fields.
    /// *O(dimensions)*.
    ///
    /// Fixed-size binary is executed as `u8`, with its width as one more dimension, which isn't in here.
    ///
    /// ```
    /// # use arrow_array::Float32Array;
    /// # use arrownd::{Options, plan};
    /// assert_eq!(plan(&Float32Array::from(vec![1.0]), &Options::new())?.shape(), [1]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        self.job().dims().to_vec()
    }

    pub(super) fn column(&self) -> &Column<'_> {
        self.read.column()
    }

    pub(super) fn job(&self) -> Job<'_, 'a> {
        Job { task: Task::of(&self.plan, self.read.column()), arrays: PhantomData }
    }

    /// Carries the plan out: a view of the Arrow memory, or one pass into a new array.
    ///
    /// `T` is the type of the planned dtype; `i64` for datetimes and durations, whose ticks these are; `u8` for
    /// fixed-size binary, which gets one more dimension.
    ///
    /// Cost: *O(1), shares memory*, or *copies n x `size_of::<T>()` bytes*, which is all that it allocates.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] where `T` isn't the planned dtype's, [`Error::LossyCast`] where a value can't be
    /// held exactly, [`Error::Conflict`] where missing values are masked: that is [`Conversion::execute_masked`].
    ///
    /// ```
    /// use arrow_array::TimestampSecondArray;
    /// use arrownd::{DType, Options, Unit, plan};
    ///
    /// let array = TimestampSecondArray::from(vec![1, 2]);
    /// let options = Options::new().dtype(DType::datetime(Unit::Millisecond));
    /// let ticks = plan(&array, &options)?.execute::<i64>()?;
    /// assert_eq!(ticks.as_slice(), Some(&[1000, 2000][..]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn execute<T: Item>(&self) -> Result<CowArray<'a, T, IxDyn>> {
        if self.plan.masked() {
            return Err(Error::Conflict(
                "missing values are masked, and execute makes no mask: use execute_masked or to_masked"
                    .to_owned(),
            ));
        }
        self.job().values()
    }

    /// As [`Conversion::execute`], with a mask where values are missing and [`Nulls::Mask`](crate::Nulls::Mask)
    /// leaves them as they lie.
    ///
    /// Cost: as [`Conversion::execute`], and one byte a value where something is missing.
    ///
    /// # Errors
    /// As [`Conversion::execute`], but for the mask.
    ///
    /// ```
    /// use arrow_array::Int16Array;
    /// use arrownd::{Nulls, Options, plan};
    ///
    /// let array = Int16Array::from(vec![Some(1), None]);
    /// let masked = plan(&array, &Options::new().nulls(Nulls::Mask))?.execute_masked::<i16>()?;
    /// assert!(masked.values().is_view());
    /// assert_eq!(masked.mask(), Some(&ndarray::array![false, true].into_dyn()));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn execute_masked<T: Item>(&self) -> Result<Masked<'a, T, IxDyn>> {
        Masked::of(&self.job())
    }

    /// Writes the values into `out`, whatever its strides; nothing is allocated.
    ///
    /// Cost: *copies n x `size_of::<T>()` bytes*, also where [`Conversion::execute`] gives a view.
    ///
    /// # Errors
    /// As [`Conversion::execute`]; [`Error::BadValue`] where `out` has another shape, and
    /// [`Error::CopyNotAllowed`] where copies aren't allowed. After an error `out` holds anything.
    ///
    /// ```
    /// use arrow_array::Int16Array;
    /// use arrownd::{Options, plan};
    /// use ndarray::{Array2, s};
    ///
    /// let mut table = Array2::<i16>::zeros((3, 2));
    /// let array = Int16Array::from(vec![1, 2, 3]);
    /// plan(&array, &Options::new())?.write_into(table.slice_mut(s![.., 1]))?;
    /// assert_eq!(table, ndarray::array![[0, 1], [0, 2], [0, 3]]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn write_into<T: Item, D: Dimension>(&self, out: ArrayViewMut<'_, T, D>) -> Result<()> {
        if self.plan.masked() {
            return Err(Error::Conflict(
                "missing values are masked, and write_into writes no mask: use write_masked_into".to_owned(),
            ));
        }
        self.write(out)
    }

    /// Writes the values, and a mask that is true where one is missing, whatever their strides; nothing is
    /// allocated.
    ///
    /// Cost: *copies n x (`size_of::<T>()` + 1) bytes*.
    ///
    /// # Errors
    /// As [`Conversion::write_into`], but for the mask.
    ///
    /// ```
    /// use arrow_array::Int16Array;
    /// use arrownd::{Nulls, Options, plan};
    /// use ndarray::Array1;
    ///
    /// let array = Int16Array::from(vec![Some(5), None]);
    /// let (mut values, mut mask) = (Array1::<i16>::zeros(2), Array1::from_elem(2, false));
    /// let conversion = plan(&array, &Options::new().nulls(Nulls::Mask))?;
    /// conversion.write_masked_into(values.view_mut(), mask.view_mut())?;
    /// assert_eq!((values[0], mask[0], mask[1]), (5, false, true));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn write_masked_into<T: Item, D: Dimension>(
        &self,
        out: ArrayViewMut<'_, T, D>,
        mut mask: ArrayViewMut<'_, bool, D>,
    ) -> Result<()> {
        let job = self.job();
        check_shape(mask.shape(), &job.dims(), "the mask")?;
        self.write(out)?;
        if self.plan.masked() {
            job.task.fill_mask(&mut dest(&mut mask, None))
        } else {
            mask.fill(false);
            Ok(())
        }
    }

    fn write<T: Item, D: Dimension>(&self, mut out: ArrayViewMut<'_, T, D>) -> Result<()> {
        let job = self.job();
        let bytes = job.bytes_in::<T>()?;
        check_shape(out.shape(), &job.shape(bytes), "out")?;
        if !self.allow_copy && !out.is_empty() {
            let reasons = vec![Reason::Requested { option: "write_into" }];
            return Err(Error::CopyNotAllowed { path: String::new(), reasons });
        }
        if bytes.is_some_and(|n| n > 1) && out.strides().last().is_some_and(|step| *step != 1) {
            return Err(Error::BadValue(
                "the bytes of a value have to lie one after the other: pass an out whose last dimension does"
                    .to_owned(),
            ));
        }
        job.task.fill_values(&mut dest(&mut out, bytes))
    }
}

impl fmt::Display for Conversion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.plan, f)
    }
}

/// A plan, or a part of one, with what it reads: arrays that are borrowed for `'a`.
#[derive(Clone, Copy)]
pub(super) struct Job<'s, 'a> {
    pub(super) task: Task<'s>,
    arrays: PhantomData<&'a [u8]>,
}

impl<'s, 'a> Job<'s, 'a> {
    pub(super) fn plan(&self) -> &'s Plan {
        self.task.plan()
    }

    /// The first of the fields, or the values of lists.
    pub(super) fn child(&self) -> Option<Self> {
        self.task.children().next().map(|task| Self { task, ..*self })
    }

    /// The planned shape.
    pub(super) fn dims(&self) -> Dims {
        let plan = self.plan();
        std::iter::once(plan.rows.unwrap_or(0)).chain(plan.trailing.iter().copied()).collect()
    }

    fn shape(&self, bytes: Option<usize>) -> Dims {
        let mut shape = self.dims();
        shape.extend(bytes);
        shape
    }

    fn columns_first(&self) -> bool {
        matches!(self.plan().step, Step::Matrix { order: Order::F, .. })
    }

    /// A view, or a new array that was filled.
    pub(super) fn values<T: Item>(&self) -> Result<CowArray<'a, T, IxDyn>> {
        let bytes = self.bytes_in::<T>()?;
        if let Some(view) = self.task.view() {
            return self.view(&view, bytes).map(CowArray::from);
        }
        let fill = |dest: &mut Dest<'_>| self.task.fill_values(dest);
        filled(&self.shape(bytes), self.columns_first(), bytes, fill).map(CowArray::from)
    }

    /// The producer's own offsets, where they serve.
    pub(super) fn offsets(&self) -> Option<ListOffsets<'a>> {
        let (rows, _) = self.task.rows()?;
        let RowBounds::Own(offsets) = rows.bounds else { return None };
        // SAFETY: the offsets lie in arrays that are borrowed for 'a.
        let offsets: Offsets<'a> = unsafe { std::mem::transmute::<Offsets<'_>, Offsets<'a>>(offsets) };
        // arrow-rs aligns its arrays.
        Some(match offsets {
            Offsets::I32(_) => {
                ListOffsets::I32(ArrayView1::from(bytemuck::try_cast_slice(offsets.bytes()).ok()?).into())
            }
            Offsets::I64(_) => {
                ListOffsets::I64(ArrayView1::from(bytemuck::try_cast_slice(offsets.bytes()).ok()?).into())
            }
        })
    }

    /// True where a value is missing.
    pub(super) fn mask(&self) -> Result<ArrayD<bool>> {
        filled(&self.dims(), self.columns_first(), None, |dest| self.task.fill_mask(dest))
    }

    /// The view that is planned; `T` is what the planned dtype is stored as.
    pub(super) fn viewed<T: ArrowNativeType>(&self) -> Result<ArrayViewD<'a, T>> {
        let bytes = match self.plan().dtype {
            Some(DType::Void(n)) => Some(n),
            _ => None,
        };
        match self.task.view() {
            Some(view) => self.view(&view, bytes),
            // There is nothing to view.
            None => ArrayView::from_shape(IxDyn(&self.shape(bytes)), &[])
                .map_err(|why| Error::BadValue(why.to_string())),
        }
    }

    /// The producer's memory as an array.
    fn view<T: Copy + 'static>(&self, view: &ViewOf<'_>, bytes: Option<usize>) -> Result<ArrayViewD<'a, T>> {
        // arrow-rs aligns its arrays.
        if !view.ptr.cast::<T>().is_aligned() {
            let what = format!("an array isn't aligned to {} bytes", align_of::<T>());
            return Err(Error::InvalidArrow { path: String::new(), what });
        }
        // SAFETY: the plan measured the memory of arrays that are borrowed for 'a; its values have the size of
        // `T`, or of `bytes` bytes, and are aligned.
        let shown: ArrayViewD<'a, MaybeUninit<T>> = unsafe { borrow(view, bytes) };
        if TypeId::of::<T>() == TypeId::of::<bool>() {
            // SAFETY: a bool is a byte, and the memory is initialised.
            let byte = |x: &MaybeUninit<T>| unsafe { x.as_ptr().cast::<u8>().read() };
            if shown.iter().any(|x| byte(x) > 1) {
                return Err(Error::UnsupportedType {
                    path: self.plan().path().to_owned(),
                    from: format!("{} with bytes above 1", self.plan().source_name()),
                    to: "a view of bool".to_owned(),
                    remedy: "take it as i8".to_owned(),
                });
            }
        }
        // SAFETY: initialised memory of the producer's; any bits are a `T`, or were looked at.
        Ok(unsafe { shown.assume_init() })
    }

    /// How many `u8` a value of the planned dtype is; `None` where it is one `T`.
    ///
    /// # Errors
    /// Where the plan makes something else, or there is no data.
    fn bytes_in<T: Item>(&self) -> Result<Option<usize>> {
        if self.plan().rows.is_none() {
            return Err(Error::BadValue(
                "a schema was planned, which has no values: plan the data".to_owned(),
            ));
        }
        match (self.plan().dtype, T::DTYPE) {
            (Some(planned), asked) if planned == asked => Ok(None),
            (Some(DType::Datetime(_) | DType::Timedelta(_)), DType::Int64) => Ok(None),
            (Some(DType::Void(n)), DType::UInt8) => Ok(Some(n)),
            (planned, asked) => Err(Error::UnsupportedType {
                path: String::new(),
                from: self.plan().source_name(),
                to: asked.to_string(),
                remedy: planned.map_or_else(String::new, |planned| {
                    format!("the plan makes {planned}: execute that, or plan with Options::dtype")
                }),
            }),
        }
    }
}

/// What is no array of numbers names its type.
fn refuse_objects(plan: &Plan) -> Result<()> {
    let made = match plan.dtype {
        Some(DType::Object) => "an array of numbers".to_owned(),
        Some(
            dtype @ (DType::Unicode(_)
            | DType::ByteString(_)
            | DType::Strings { .. }
            | DType::Record(_)
            | DType::Complex64
            | DType::Complex128),
        ) => dtype.to_string(),
        _ => return Ok(()),
    };
    // A column of numbers becomes objects because another one does.
    let by_itself = |child: &&Plan| {
        let field = Field::new("", child.source.clone(), true);
        let nulls = child.reasons().iter().any(|reason| matches!(reason, Reason::Nulls { .. }));
        map(&field).is_ok_and(|mapped| mapped.dtype == DType::Object || mapped.dtype == DType::Bool && nulls)
    };
    let mut culprit = plan;
    while let Some(child) = culprit.children.iter().find(by_itself) {
        culprit = child;
    }
    let missing = culprit.reasons().iter().any(|reason| matches!(reason, Reason::Nulls { .. }));
    let remedy = if !culprit.path.is_empty() && !missing {
        "choose others with Options::columns"
    } else if missing {
        "pass Nulls::Fill or Nulls::Mask for the missing values"
    } else if plan.children.is_empty() {
        "text, and what is made of several values, has no element type"
    } else {
        "the columns have no common type: pass Options::dtype, or convert them one by one"
    };
    Err(Error::UnsupportedType {
        path: culprit.path.clone(),
        from: culprit.source_name(),
        to: made,
        remedy: remedy.to_owned(),
    })
}

pub(super) fn check_shape(found: &[usize], wanted: &[usize], what: &str) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::BadValue(format!("{what} has shape {found:?}, and the result {wanted:?}")))
}

/// The elements of an array as memory to fill; with `bytes`, its last dimension are the bytes of an element.
fn dest<'o, T, D: Dimension>(out: &'o mut ArrayViewMut<'_, T, D>, bytes: Option<usize>) -> Dest<'o> {
    let itemsize = bytes.unwrap_or(size_of::<T>());
    let dims = out.ndim().saturating_sub(usize::from(bytes.is_some()));
    let size = size_of::<T>() as isize;
    let strides: SmallVec<[isize; 4]> = out.strides().iter().take(dims).map(|step| step * size).collect();
    let shape: Dims = out.shape().iter().take(dims).copied().collect();
    let ptr = NonNull::new(out.as_mut_ptr()).unwrap_or(NonNull::dangling());
    // SAFETY: a unique borrow of all elements, which lie at these strides from the first one.
    unsafe { Dest::from_raw(ptr.cast(), &shape, &strides, itemsize) }
}

/// A new array that `fill` writes all of.
fn filled<T: Item>(
    shape: &[usize],
    columns_first: bool,
    bytes: Option<usize>,
    fill: impl FnOnce(&mut Dest<'_>) -> Result<()>,
) -> Result<ArrayD<T>> {
    let len = shape.iter().try_fold(1usize, |a, n| a.checked_mul(*n)).unwrap_or(usize::MAX);
    let mut memory: Vec<MaybeUninit<T>> = Vec::new();
    memory
        .try_reserve_exact(len)
        .map_err(|why| Error::BadValue(format!("no memory for a result of shape {shape:?}: {why}")))?;
    // SAFETY: uninitialised elements are what `MaybeUninit` is for, and the capacity is there.
    unsafe { memory.set_len(len) };
    let layout = IxDyn(shape).set_f(columns_first);
    let mut array = ArrayD::from_shape_vec(layout, memory).map_err(|e| Error::BadValue(e.to_string()))?;
    fill(&mut dest(&mut array.view_mut(), bytes))?;
    // SAFETY: the plan wrote every element of its shape.
    Ok(unsafe { array.assume_init() })
}

/// # Safety
/// The view's memory lives for `'a` and holds aligned elements of the size of `T`, or of `bytes` of them.
unsafe fn borrow<'a, T>(view: &ViewOf<'_>, bytes: Option<usize>) -> ArrayViewD<'a, MaybeUninit<T>> {
    let size = size_of::<T>().max(1) as isize;
    let dims = || std::iter::once(&view.rows).chain(&view.trailing);
    let mut shape: Dims = dims().map(|(n, _)| *n).collect();
    let mut strides: Dims = dims().map(|(_, step)| (step / size) as usize).collect();
    if let Some(n) = bytes {
        shape.push(n);
        strides.push(1);
    }
    let shape = IxDyn(&shape).strides(IxDyn(&strides));
    // SAFETY: the caller's promise; shape and strides are those that the plan found.
    unsafe { ArrayViewD::from_shape_ptr(shape, view.ptr.cast()) }
}

/// A column, beside the field and the chunks that it borrows.
pub(super) struct Kept<'a> {
    column: ManuallyDrop<Column<'a>>,
    field: NonNull<Field>,
    chunks: NonNull<[Chunk<'a>]>,
}

// SAFETY: all three are plain data and shared references to it, and only lent out by shared references.
unsafe impl Send for Kept<'_> {}
// SAFETY: as above.
unsafe impl Sync for Kept<'_> {}

impl<'a> Kept<'a> {
    pub(super) fn new(field: Field, chunks: Option<Box<[Chunk<'a>]>>, words: &Words) -> Result<Self> {
        let known = chunks.is_some();
        let field = NonNull::from(Box::leak(Box::new(field)));
        let chunks = NonNull::from(Box::leak(chunks.unwrap_or_default()));
        let free = Lent { field, chunks };
        // SAFETY: on the heap, freed by `Drop` alone, after the column: nothing sees it for longer than `Kept` lives.
        let lent_field: &'a Field = unsafe { field.as_ref() };
        // SAFETY: as above.
        let lent_chunks: &'a [Chunk<'a>] = unsafe { chunks.as_ref() };
        let column = if known {
            Column::new(lent_field, lent_chunks, words)?
        } else {
            Column::of_schema(lent_field, words)?
        };
        let column = ManuallyDrop::new(column);
        std::mem::forget(free);
        Ok(Self { column, field, chunks })
    }

    /// The column, for no longer than this lives.
    pub(super) fn column(&self) -> &Column<'_> {
        &self.column
    }
}

impl fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.column().fmt(f)
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        // SAFETY: dropped once, here, before what it borrows.
        unsafe { ManuallyDrop::drop(&mut self.column) };
        drop(Lent { field: self.field, chunks: self.chunks });
    }
}

/// Frees what a column borrows.
struct Lent<'a> {
    field: NonNull<Field>,
    chunks: NonNull<[Chunk<'a>]>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // SAFETY: leaked by `Kept::new`, and no column borrows it any more.
        drop(unsafe { Box::from_raw(self.field.as_ptr()) });
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.chunks.as_ptr()) });
    }
}
